"""Who sends a request, and to which account and region."""

from __future__ import annotations

from datetime import datetime

from qapps_mock import credentials
from qapps_mock.bridge import environment, moto_names
from qapps_mock.http_message import Headers, header_text
from qapps_mock.service.exceptions import QAppsError

_DEFAULT_ACCOUNT = "123456789012"
_DEFAULT_REGION = "us-east-1"


class UnrecognizedClientException(QAppsError):
    """The access key does not exist, or its token is wrong (AWS, common errors)."""

    default_message = "The security token included in the request is invalid."
    unmodelled_status = 403


class ExpiredTokenException(QAppsError):
    """The keys are temporary, and have expired (AWS, common errors)."""

    default_message = "The security token included in the request is expired"
    unmodelled_status = 403


def identify(region: str | None, headers: Headers) -> tuple[str, str, str | None, str]:
    """Return account, region, e-mail and access key: what a request's host and signature tell.

    *region* is the one that the host names; it counts more than the signed one. Without an e-mail the request comes
    from the default user. The account follows Moto's rules: MOTO_ACCOUNT_ID, the header x-moto-account-id, the owner
    of the access key.
    """
    _, _, scope = header_text(headers.get("authorization")).partition("Credential=")
    parts = scope.split("/", 3)
    access_key, signed_region = (parts[0], parts[2]) if len(parts) == 4 else ("", "")
    region = region or signed_region or _DEFAULT_REGION
    account = (
        environment.account() or header_text(headers.get("x-moto-account-id")) or _find_account(access_key)
    )
    return account, region, credentials.email_of(access_key), access_key


def _find_account(access_key: str) -> str:
    find_account = moto_names.find_loaded(moto_names.ACCOUNT_OF_KEY)
    if find_account is None:  # Moto's IAM has issued no keys
        return _DEFAULT_ACCOUNT
    account: str = find_account(access_key)
    return account


def require_current_keys(access_key: str, headers: Headers, now: datetime) -> None:
    """Raise when temporary keys of Moto's STS are used without their session token, or after their expiration.

    Keys that nobody issued are accepted. Assumed: at the instant of their expiration, keys have expired.

    Raises:
        UnrecognizedClientException: the session token is not the one of these keys.
        ExpiredTokenException: the keys have expired.
    """
    issued = credentials.issued_by_sts(access_key)
    if issued is None:
        return
    if header_text(headers.get("x-amz-security-token")) != issued.session_token:
        raise UnrecognizedClientException
    if issued.expiration is not None and now >= issued.expiration:
        raise ExpiredTokenException
