"""Who sends a request, and to which account and region."""

from __future__ import annotations

import os
from typing import NamedTuple

from qapps_mock import credentials, endpoints
from qapps_mock.bridge import moto_names
from qapps_mock.http_message import Headers, header_text

_DEFAULT_ACCOUNT = "123456789012"
_DEFAULT_REGION = "us-east-1"


class Identity(NamedTuple):
    """The account, the region and the user of a request."""

    account: str
    region: str
    email: str


def identify(url: str, headers: Headers) -> Identity:
    """Read account, region and user from a request's URL and signature.

    The account follows Moto's rules: MOTO_ACCOUNT_ID, the header x-moto-account-id, the owner of the access key.
    """
    _, _, scope = header_text(headers.get("Authorization")).partition("Credential=")
    parts = scope.split("/", 3)
    access_key, signed_region = (parts[0], parts[2]) if len(parts) == 4 else ("", "")
    region = endpoints.qapps_region(url) or signed_region or _DEFAULT_REGION
    account = (
        os.environ.get("MOTO_ACCOUNT_ID")
        or header_text(headers.get("x-moto-account-id"))
        or _find_account(access_key)
    )
    return Identity(account, region, credentials.email_of(access_key))


def _find_account(access_key: str) -> str:
    find_account = moto_names.find_loaded(moto_names.ACCOUNT_OF_KEY)
    if find_account is None:  # Moto's IAM has issued no keys
        return _DEFAULT_ACCOUNT
    account: str = find_account(access_key)
    return account
