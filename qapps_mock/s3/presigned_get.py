"""Presigned GET links of S3 (SigV4 in the query): made by botocore, checked as S3 checks them.

Codes and messages are those of recorded answers of S3. That a link's last second counts, and that
its expiry is looked at before its signature, is this mock's choice.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials

from qapps_mock.credentials import Credentials
from qapps_mock.s3 import signature
from qapps_mock.s3.authentication import SecretOf
from qapps_mock.s3.errors import S3Error
from qapps_mock.service.protocol import Headers

SIGNATURE = "X-Amz-Signature"
_ALGORITHM = "AWS4-HMAC-SHA256"
_NEEDED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    SIGNATURE,
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)
_WEEK = 604800
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII).fullmatch
_UNRESERVED = "-_.~"


class _Scope(NamedTuple):
    access_key: str
    day: str
    region: str
    service: str


def presign(
    url: str, *, region: str, lifetime: datetime.timedelta, credentials: Credentials
) -> tuple[str, datetime.datetime]:
    """Return a link to *url*, and when it expires."""
    secret = credentials.secret
    keys = SigningCredentials(credentials.access_key, secret.key, secret.session_token)
    request = AWSRequest("GET", url)
    S3SigV4QueryAuth(keys, "s3", region, expires=int(lifetime.total_seconds())).add_auth(request)
    return str(request.url), _moment(request.context["timestamp"]) + lifetime


def refuse_unless_valid(
    method: str, url: str, headers: Headers, *, now: datetime.datetime, secret_of: SecretOf
) -> None:
    """Raise unless S3 would serve a presigned request at the time *now*.

    Raises:
        S3Error: the link has expired, is not signed as it must be, or misses a parameter.
    """
    query = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    given = dict(query)
    if any(name not in given for name in _NEEDED):
        raise _bad_parameters(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    if given["X-Amz-Algorithm"] != _ALGORITHM:
        raise _bad_parameters(f'X-Amz-Algorithm only supports "{_ALGORITHM}"')
    scope = _scope(given["X-Amz-Credential"])
    _refuse_expired(given["X-Amz-Date"], given["X-Amz-Expires"], now)
    secret = secret_of(scope.access_key)
    if secret is None:
        raise S3Error(
            "InvalidAccessKeyId",
            "The AWS Access Key Id you provided does not exist in our records.",
            AWSAccessKeyId=scope.access_key,
        )
    canonical = _canonical_request(method, url, query, given["X-Amz-SignedHeaders"], headers)
    _refuse_other_signature(given, scope, secret, canonical)


def _bad_parameters(message: str) -> S3Error:
    return S3Error("AuthorizationQueryParametersError", message)


def _scope(credential: str) -> _Scope:
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise _bad_parameters(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
            'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    return _Scope(*parts[:4])


def _refuse_expired(date: str, expires: str, now: datetime.datetime) -> None:
    try:
        signed_at = _moment(date)
    except ValueError:
        raise _bad_parameters(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from None
    if not re.fullmatch("-?[0-9]{1,18}", expires):
        raise _bad_parameters("X-Amz-Expires should be a number")
    seconds = int(expires)
    if seconds < 0:
        raise _bad_parameters("X-Amz-Expires must be non-negative")
    if seconds > _WEEK:
        raise _bad_parameters("X-Amz-Expires must be less than a week (in seconds) that is 604800")
    lifetime = datetime.timedelta(seconds=seconds)
    if now - signed_at > lifetime:
        elements = {"X-Amz-Expires": expires, "Expires": f"{signed_at + lifetime:%Y-%m-%dT%H:%M:%SZ}"}
        raise S3Error(
            "AccessDenied", "Request has expired", **elements, ServerTime=f"{now:%Y-%m-%dT%H:%M:%SZ}"
        )


def _moment(text: str) -> datetime.datetime:
    if not _DATE(text):
        raise ValueError(text)
    return datetime.datetime.strptime(f"{text}+0000", "%Y%m%dT%H%M%SZ%z")


def _canonical_request(
    method: str, url: str, query: list[tuple[str, str]], signed_headers: str, headers: Headers
) -> str:
    parts = urlsplit(url)
    pairs = sorted(
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in query
        if name != SIGNATURE
    )
    lines = [
        f"{name}:{_header(name, headers) or (parts.netloc if name == 'host' else '')}"
        for name in signed_headers.split(";")
    ]
    return "\n".join(
        [
            method,
            quote(unquote(parts.path), safe=f"/{_UNRESERVED}") or "/",
            "&".join(f"{name}={value}" for name, value in pairs),
            *lines,
            "",
            signed_headers,
            "UNSIGNED-PAYLOAD",
        ]
    )


def _header(name: str, headers: Headers) -> str:
    value = headers.get(name) or ""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return " ".join(text.split())


def _refuse_other_signature(
    given: dict[str, str], scope: _Scope, secret: signature.Secret, canonical: str
) -> None:
    day, region, service = scope.day, scope.region, scope.service
    digest = hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
    to_sign = f"{_ALGORITHM}\n{given['X-Amz-Date']}\n{day}/{region}/{service}/aws4_request\n{digest}"
    key = signature.signing_key(secret.key, date=day, region=region, service=service)
    if not signature.same(given[SIGNATURE], signature.sign_v4(key, to_sign)):
        raise S3Error(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=scope.access_key,
            StringToSign=to_sign,
            SignatureProvided=given[SIGNATURE],
            StringToSignBytes=to_sign.encode("utf-8", "replace").hex(" "),
            CanonicalRequest=canonical,
            CanonicalRequestBytes=canonical.encode("utf-8", "replace").hex(" "),
        )
