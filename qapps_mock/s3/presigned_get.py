"""Presigned links of S3 (SigV4 in the query): made and signed by botocore, checked as S3 checks them.

Codes and messages are those of recorded responses of S3. Assumed: a link is valid until the end of
its last second, and its expiry is checked before its signature.
"""

from __future__ import annotations

import datetime
import re
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SigningCredentials

from qapps_mock.credentials import Credentials
from qapps_mock.http_message import Headers, header_text, split_url, without_surrogates
from qapps_mock.s3 import signature
from qapps_mock.s3.authentication import SecretsOf, find_secrets
from qapps_mock.s3.errors import S3Error, hex_bytes, several_mechanisms, signature_mismatch

_SIGNATURE = "X-Amz-Signature"
_ALGORITHM = "AWS4-HMAC-SHA256"
_NEEDED = {
    f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "Signature", "SignedHeaders")
}
_SIGV2 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
_WEEK = 604800
# How far the clock of a caller may be ahead: assumed, the difference that AWS allows in signed requests.
_SKEW = datetime.timedelta(minutes=15)
_LAST = datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)
_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII).fullmatch


def presign(
    url: str, *, region: str, lifetime: datetime.timedelta, credentials: Credentials
) -> tuple[str, datetime.datetime]:
    """Return a link to *url*, and the time at which it expires."""
    secret = credentials.secret
    keys = SigningCredentials(credentials.access_key, secret.key, secret.session_token)
    request = AWSRequest("GET", url)
    S3SigV4QueryAuth(keys, "s3", region, expires=int(lifetime.total_seconds())).add_auth(request)
    return str(request.url), _moment(request.context["timestamp"]) + lifetime


def require_valid(
    method: str, url: str, headers: Headers, *, now: datetime.datetime, secrets_of: SecretsOf
) -> dict[str, str]:
    """Return the decoded query of a presigned request that is valid at the time *now*.

    Raises:
        S3Error: the link has expired or is not yet valid, its signature is not valid, or a parameter is missing or not valid.
    """
    host, path, query = map(without_surrogates, split_url(url))
    pairs = parse_qsl(query, keep_blank_values=True)
    given = dict(pairs)
    _require_parameters(given)
    access_key, region, service = _read_scope(given["X-Amz-Credential"])
    _require_current(given["X-Amz-Date"], given["X-Amz-Expires"], now)
    secrets = find_secrets(access_key, given.get("X-Amz-Security-Token"), now, secrets_of)
    names = given["X-Amz-SignedHeaders"].split(";")
    signed = {name: without_surrogates(header_text(headers.get(name))) for name in names}
    signed["host"] = signed.get("host") or host
    # The host of this URL does not count: a server may have one that no URL can have.
    signed_url = f"https://s3.amazonaws.com{quote(unquote_to_bytes(path), safe='/~')}"
    params = [pair for pair in pairs if pair[0] != _SIGNATURE]
    request = AWSRequest(method, signed_url, signed, params=params)
    request.context["timestamp"] = given["X-Amz-Date"]
    keys = [SigningCredentials(access_key, secret.key) for secret in secrets]
    signers = [S3SigV4QueryAuth(each, service, region) for each in keys]
    _require_signature(signers, request, given[_SIGNATURE])
    return given


def _require_parameters(given: dict[str, str]) -> None:
    if "Signature" in given and "X-Amz-Algorithm" in given:
        raise several_mechanisms("Signature", given["Signature"])  # which one S3 names is assumed
    if "Signature" in given and _SIGNATURE not in given:
        # SigV2: no bucket made after 24 June 2020 accepts it.
        raise S3Error("InvalidRequest", _SIGV2)
    if not given.keys() >= _NEEDED:
        raise _invalid_parameters(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
        )
    if given["X-Amz-Algorithm"] != _ALGORITHM:
        raise _invalid_parameters(f'X-Amz-Algorithm only supports "{_ALGORITHM}"')


def _invalid_parameters(message: str) -> S3Error:
    return S3Error("AuthorizationQueryParametersError", message)


def _read_scope(credential: str) -> tuple[str, str, str]:
    """Return access key, region and service; botocore reads the day from the date."""
    parts = credential.rsplit("/", 4)
    if len(parts) != 5 or parts[4] != "aws4_request":
        raise _invalid_parameters(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
            'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    return parts[0], parts[2], parts[3]


def _require_current(date: str, expires: str, now: datetime.datetime) -> None:
    try:
        signed_at = _moment(date)
    except ValueError:
        raise _invalid_parameters(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from None
    if not re.fullmatch("-?[0-9]{1,18}", expires):
        raise _invalid_parameters("X-Amz-Expires should be a number")
    seconds = int(expires)
    if seconds < 0:
        raise _invalid_parameters("X-Amz-Expires must be non-negative")
    if seconds > _WEEK:
        raise _invalid_parameters("X-Amz-Expires must be less than a week (in seconds) that is 604800")
    lifetime = datetime.timedelta(seconds=seconds)
    until = {"Expires": _iso(signed_at + min(lifetime, _LAST - signed_at)), "ServerTime": _iso(now)}
    if signed_at - now > _SKEW:
        since = {"X-Amz-Date": str(int(signed_at.timestamp() * 1000))}
        raise S3Error("AccessDenied", "Request is not yet valid", **since, **until)
    if now - signed_at > lifetime:
        raise S3Error("AccessDenied", "Request has expired", **{"X-Amz-Expires": expires}, **until)


def _iso(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _moment(text: str) -> datetime.datetime:
    if not _DATE(text):
        raise ValueError(text)
    return datetime.datetime.strptime(f"{text}+0000", "%Y%m%dT%H%M%SZ%z")


def _require_signature(signers: list[S3SigV4QueryAuth], request: AWSRequest, provided: str) -> None:
    # They have the same access key, so they sign the same text.
    canonical = signers[0].canonical_request(request)
    to_sign = signers[0].string_to_sign(request, canonical)
    if not any(signature.same(provided, each.signature(to_sign, request)) for each in signers):
        more = {"CanonicalRequest": canonical, "CanonicalRequestBytes": hex_bytes(canonical)}
        raise signature_mismatch(signers[0].credentials.access_key, to_sign, provided, **more)
