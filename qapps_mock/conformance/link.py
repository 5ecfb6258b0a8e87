"""A presigned link to S3, from its description in a probe: what is signed, and what is sent instead.

A description says what differs from a link with which S3 sends an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from botocore.auth import HmacV1QueryAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from qapps_mock.conformance.form import Signer
from qapps_mock.conformance.probe import require_known

_LIFETIME = 600
_KNOWN = {
    "method", "key", "bucket", "url", "headers", "sign", "secret", "access_key", "region", "service", "age", "expires",
    "signed_method", "parameters", "after_signing",
}  # fmt: skip


def build(what: Mapping[str, Any], url: str, host: Mapping[str, str], signer: Signer) -> AWSRequest:
    """Return the request that *what* describes.

    Args:
        what: members of the step.
        url: of the object.
        host: the header Host, if the URL does not name the host.
        signer: whose keys sign.

    Raises:
        ProbeError: an unknown member.
    """
    require_known(what, _KNOWN, "a link")
    method = what.get("method", "GET")
    if "url" in what:
        link = what["url"]
    else:
        sign = {"v4": _sign_v4, "v2": _sign_v2}[what.get("sign", "v4")]
        link = sign(what, AWSRequest(what.get("signed_method", method), url, dict(host)), signer)
    changes = what.get("after_signing", {})
    return AWSRequest(method, _changed(link, changes), {**host, **what.get("headers", {})})


def _changed(link: str, changes: Mapping[str, str | None]) -> str:
    if not changes:
        return link
    url, _, query = link.partition("?")
    return _with_query(url, {**dict(parse_qsl(query, keep_blank_values=True)), **changes})


def _with_query(url: str, parameters: Mapping[str, object]) -> str:
    given = {name: value for name, value in parameters.items() if value is not None}
    return f"{url}?{urlencode(given, quote_via=quote, safe='-_.~')}"


def _sign_v4(what: Mapping[str, Any], request: AWSRequest, signer: Signer) -> str:
    keys = Credentials(what.get("access_key", signer.access_key), what.get("secret", signer.secret))
    auth = S3SigV4QueryAuth(keys, what.get("service", "s3"), what.get("region", signer.region))
    moment = signer.now - timedelta(seconds=what.get("age", 0))
    request.context["timestamp"] = f"{moment:%Y%m%dT%H%M%SZ}"
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": auth.scope(request),
        "X-Amz-Date": request.context["timestamp"],
        "X-Amz-Expires": what.get("expires", _LIFETIME),
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Security-Token": signer.token,
    }
    request.url = _with_query(request.url, {**parameters, **what.get("parameters", {})})
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    return f"{request.url}&X-Amz-Signature={auth.signature(to_sign, request)}"


def _sign_v2(what: Mapping[str, Any], request: AWSRequest, signer: Signer) -> str:
    keys = Credentials(signer.access_key, what.get("secret", signer.secret), signer.token)
    path = urlsplit(request.url).path
    in_path = path.startswith(f"/{signer.bucket}/")
    request.auth_path = path if in_path else f"/{signer.bucket}{path}"
    request.url = _with_query(request.url, what.get("parameters", {})).rstrip("?")
    HmacV1QueryAuth(keys, expires=what.get("expires", _LIFETIME)).add_auth(request)
    return str(request.url)
