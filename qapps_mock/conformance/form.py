"""A form upload to S3, from its description in a probe: fields, policy, signature and bytes.

A description says what differs from a form that S3 stores. So a probe has only what it asks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from qapps_mock.conformance.probe import require_known

_BOUNDARY = "qapps-mock-conformance"
_KNOWN = {
    "fields", "also", "after_signing", "after_file", "sign", "secret", "access_key", "credential", "date", "policy",
    "policy_text", "expires", "conditions", "only", "uncovered", "content", "size", "file", "file_name", "files",
    "content_type", "headers", "body", "chunked", "grant", "quote", "field_file_name", "line_end", "path", "query", "bucket", "part_headers", "last",
}  # fmt: skip


class Form(NamedTuple):
    """A form as it is sent."""

    headers: dict[str, str]
    body: bytes


class Signer(NamedTuple):
    """Whose keys sign, when, and for which bucket and region."""

    access_key: str
    secret: str
    token: str | None
    now: datetime
    region: str
    bucket: str


def build(what: Mapping[str, Any], key: str, signer: Signer) -> Form:
    """Return the form that *what* describes.

    Raises:
        ProbeError: an unknown member.
    """
    require_known(what, _KNOWN, "a form")
    fields = {"key": key, **what.get("fields", {})}
    fields = {name: value for name, value in fields.items() if value is not None}
    sign = {"v4": _sign_v4, "v2": _sign_v2, "none": _unsigned}[what.get("sign", "v4")]
    fields = {**sign(what, fields, signer), **what.get("after_signing", {})}
    pairs = [*((name, value) for name, value in fields.items() if value is not None), *what.get("also", [])]
    parts = [(name, str(value), what.get("field_file_name")) for name, value in pairs]
    content_type = what.get("content_type", f"multipart/form-data; boundary={_BOUNDARY}")
    headers = {**({} if content_type is None else {"Content-Type": content_type}), **what.get("headers", {})}
    body = what["body"].encode() if "body" in what else _multipart(what, parts)
    return Form(headers, body)


def content(what: Mapping[str, Any]) -> str:
    """Return the content of the file."""
    return "x" * what["size"] if "size" in what else str(what.get("content", "content"))


def _multipart(what: Mapping[str, Any], parts: list[Any]) -> bytes:
    file_name = what.get("file_name", "f.txt")
    files = [(what.get("file", "file"), content(what), file_name)] * what.get("files", 1)
    after = [(name, str(value), None) for name, value in what.get("after_file", {}).items()]
    end = what.get("line_end", "\r\n")
    more = "".join(f"{line}{end}" for line in what.get("part_headers", []))
    quote = what.get("quote", '"')
    text = "".join(
        f"--{_BOUNDARY}{end}Content-Disposition: form-data; name={_quoted(name, quote)}"
        + ("" if sent_as is None else f"; filename={_quoted(sent_as, quote)}")
        + f"{end}{more if sent_as is not None else ''}{end}{value}{end}"
        for name, value, sent_as in parts + files + after
    )
    last: str = what.get("last", f"--{_BOUNDARY}--{end}")
    return (text + last).encode()


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace('"', "%22") + quote


def _unsigned(what: Mapping[str, Any], fields: Mapping[str, str], signer: Signer) -> dict[str, str]:
    return dict(fields)


def _sign_v4(what: Mapping[str, Any], fields: Mapping[str, str], signer: Signer) -> dict[str, str]:
    day = f"{signer.now:%Y%m%d}"
    access_key = what.get("access_key", signer.access_key)
    signing = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": what.get("credential", f"{access_key}/{day}/{signer.region}/s3/aws4_request"),
        "x-amz-date": what.get("date", f"{signer.now:%Y%m%dT%H%M%SZ}"),
        **({"x-amz-security-token": signer.token} if signer.token else {}),
    }
    signing = {name: value for name, value in signing.items() if name not in fields}
    text = _policy(what, {**fields, **signing}, signer)
    key = f"AWS4{what.get('secret', signer.secret)}".encode()
    for each in (day, signer.region, "s3", "aws4_request"):
        key = hmac.new(key, each.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {**fields, **signing, "policy": text, "x-amz-signature": signature}


def _sign_v2(what: Mapping[str, Any], fields: Mapping[str, str], signer: Signer) -> dict[str, str]:
    token = {"x-amz-security-token": signer.token} if signer.token else {}
    text = _policy(what, {**fields, **token}, signer)
    secret = what.get("secret", signer.secret).encode()
    signature = base64.b64encode(hmac.new(secret, text.encode(), hashlib.sha1).digest()).decode()
    key = what.get("access_key", signer.access_key)
    return {**fields, **token, "AWSAccessKeyId": key, "policy": text, "signature": signature}


def _policy(what: Mapping[str, Any], fields: Mapping[str, str], signer: Signer) -> str:
    if "policy_text" in what:
        return str(what["policy_text"])
    without = set(what.get("uncovered", []))
    conditions = [{name: value} for name, value in {"bucket": signer.bucket, **fields}.items()]
    conditions = [each for each in conditions if not without & each.keys()]
    expiration = signer.now + timedelta(seconds=what.get("expires", 600))
    document = {
        "expiration": f"{expiration:%Y-%m-%dT%H:%M:%S.000Z}",
        "conditions": what.get("only", conditions + what.get("conditions", [])),
    }
    changes = what.get("policy", {})
    if isinstance(changes, str):
        text = changes
    else:
        # None removes a member; the other members of the probe come last.
        text = json.dumps({name: each for name, each in {**document, **changes}.items() if each is not None})
    return base64.b64encode(text.encode()).decode()
