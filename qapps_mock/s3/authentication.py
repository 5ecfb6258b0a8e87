"""Who sends a form upload: the fields that sign it, and whether its signature is valid."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from qapps_mock.s3 import errors, signature
from qapps_mock.s3.errors import S3Error, invalid_argument
from qapps_mock.s3.signature import Secret

SecretsOf = Callable[[str], Sequence[Secret]]

_ALGORITHM = "AWS4-HMAC-SHA256"
# In the order in which S3 asks for them.
_V4_FIELDS = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
_V2_FIELDS = ("policy", "awsaccesskeyid", "signature")
# The names that S3 prints, where they are not the title-cased ones.
_PRINTED = {"policy": "policy", "awsaccesskeyid": "AWSAccessKeyId"}
# A policy alone signs nothing.
_V4_MARKS, _V2_MARKS = frozenset(_V4_FIELDS[1:]), frozenset(_V2_FIELDS[1:])
# S3 has read dates with five and with nine digits after the T.
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)T(?:(\d\d)(\d\d)(\d\d)|\d+)Z", re.ASCII).fullmatch
_DAY = re.compile(r"\d{8}", re.ASCII).fullmatch


def authenticate(
    fields: Mapping[str, str], *, region: str, now: datetime, secrets_of: SecretsOf
) -> frozenset[str] | None:
    """Check the signature over the policy, SigV4 or SigV2.

    Returns:
        The signing fields that need no condition; None: the upload is anonymous.

    Raises:
        S3Error: the upload is signed, but its signing fields or its signature are not valid.
    """
    # A SigV2 form can carry x-amz-* fields of SigV4 as well: its policy covers them.
    is_v2 = "x-amz-signature" not in fields and bool(_V2_MARKS & fields.keys())
    if not is_v2 and _V4_MARKS & fields.keys():
        _require_fields(fields, _V4_FIELDS)
        _check_v4(fields, region, now, secrets_of)
        return frozenset({"x-amz-signature"})
    if is_v2:
        _require_fields(fields, _V2_FIELDS)
        access_key = fields["awsaccesskeyid"]
        secrets = find_secrets(access_key, fields.get("x-amz-security-token"), now, secrets_of)
        valid = (signature.sign_v2(secret.key, fields["policy"]) for secret in secrets)
        _require_signature(fields, access_key, "signature", valid)
        return _V2_MARKS
    return None


def _require_fields(fields: Mapping[str, str], needed: tuple[str, ...]) -> None:
    for name in needed:
        if name not in fields:
            raise errors.missing_field(_PRINTED.get(name, name.title()))


def _check_v4(fields: Mapping[str, str], region: str, now: datetime, secrets_of: SecretsOf) -> None:
    if fields["x-amz-algorithm"] != _ALGORITHM:
        # The words of versitygw's S3.
        raise invalid_argument(
            f"Only {_ALGORITHM} is supported", name="X-Amz-Algorithm", value=fields["x-amz-algorithm"]
        )
    access_key, day = _read_scope(fields["x-amz-credential"], region)
    if not _is_date(fields["x-amz-date"]):
        raise invalid_argument(
            "X-Amz-Date must be formated via ISO8601 Long format",
            name="X-Amz-Date",
            value=fields["x-amz-date"],
        )
    secrets = find_secrets(access_key, fields.get("x-amz-security-token"), now, secrets_of)
    keys = (signature.signing_key(secret.key, date=day, region=region) for secret in secrets)
    valid = (signature.sign_v4(key, fields["policy"]) for key in keys)
    _require_signature(fields, access_key, "x-amz-signature", valid)


def _is_date(text: str) -> bool:
    """Tell whether S3 can read a date; assumed: not one that the calendar or the clock does not have."""
    match = _DATE(text)
    if match is None:
        return False
    try:
        datetime(*map(int, filter(None, match.groups())))  # type: ignore[arg-type]  # three or six numbers
    except ValueError:
        return False
    return True


def _read_scope(credential: str, region: str) -> tuple[str, str]:
    """Return access key and day of a credential whose other parts are valid."""
    refusal = functools.partial(invalid_argument, name="X-Amz-Credential", value=credential)
    parts = credential.rsplit("/", 4)
    if len(parts) != 5:
        # Here, and for day, service and end of the scope, the words of versitygw's S3.
        expected = '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"'
        raise refusal(f"the Credential is mal-formed; expecting {expected}.")
    access_key, day, its_region, service, end = parts
    if not access_key:
        raise refusal("a non-empty Access Key (AKID) must be provided in the credential.")
    if not _DAY(day):
        expected = 'This date in the credential must be in the format "yyyyMMdd".'
        raise refusal(f'incorrect date format "{day}". {expected}')
    if its_region != region:
        raise refusal(f"the region '{its_region}' is wrong; expecting '{region}'", Region=region)
    if service != "s3":
        raise refusal(f'incorrect service "{service}". This endpoint belongs to "s3".')
    if end != "aws4_request":
        raise refusal(f'incorrect terminal "{end}". This endpoint uses "aws4_request".')
    return access_key, day


def find_secrets(
    access_key: str, token: str | None, now: datetime, secrets_of: SecretsOf
) -> Sequence[Secret]:
    """Return the secrets of *access_key* that the session token belongs to; at least one.

    Raises:
        S3Error: the key is unknown, or the token is missing, belongs to another key or has expired.
    """
    secrets = secrets_of(access_key)
    if token is None:
        secrets = [secret for secret in secrets if not secret.session_token]
    if not secrets:
        raise errors.invalid_access_key(access_key)
    if token is None:
        return secrets
    secrets = [secret for secret in secrets if signature.same(token, secret.session_token or "")]
    if not secrets:
        raise S3Error(
            "InvalidToken", "The provided token is malformed or otherwise invalid.", **{"Token-0": token}
        )
    valid = [secret for secret in secrets if secret.expiration is None or now < secret.expiration]
    if not valid:
        raise S3Error("ExpiredToken", "The provided token has expired.", **{"Token-0": token})
    return valid


def _require_signature(fields: Mapping[str, str], access_key: str, name: str, valid: Iterable[str]) -> None:
    if not any(signature.same(fields[name], each) for each in valid):
        raise errors.signature_mismatch(access_key, fields["policy"], fields[name])
