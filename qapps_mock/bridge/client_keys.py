"""The keys of boto3's clients: lent to those that have none, remembered so that uploads can be signed with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.credentials import Credentials, RefreshableCredentials

from qapps_mock import credentials
from qapps_mock.bridge.start import mock_keys
from qapps_mock.bridge.table import Touch, in_place


def _sign_with_the_mocks_keys(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Use the mock's keys for a client that was made without keys, for example at import time."""
        if in_place and self._credentials is None and kwargs.get("request_credentials") is None:
            kwargs["request_credentials"] = Credentials(*mock_keys())
        auth = original(self, *args, **kwargs)
        remember_used(auth)
        return auth

    return get_auth_instance


def remember_used(auth: Any) -> None:
    """Accept the keys that a client signs with."""
    _remember(getattr(auth, "credentials", None))


def _remember(keys: Any) -> None:
    access_key, secret_key = getattr(keys, "access_key", None), getattr(keys, "secret_key", None)
    if in_place and isinstance(access_key, str) and isinstance(secret_key, str):
        credentials.accept(access_key, secret_key, getattr(keys, "token", None))


def _remember_made(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        """Accept the keys of a client as soon as it is made: other code may sign an upload with them."""
        original(self, *args, **kwargs)
        if not isinstance(self._credentials, RefreshableCredentials):  # reading those can take a request
            _remember(self._credentials)

    return init


def _none_of_the_instance(original: Callable[..., Any]) -> Callable[..., Any]:
    def retrieve_iam_role_credentials(self: Any) -> Any:
        """Find no keys in the instance's metadata: without keys in the environment, clients are lent the mock's."""
        return {} if in_place else original(self)

    return retrieve_iam_role_credentials


_NO_KEYS = "clients that were made without keys can be used"
_MADE = "uploads may be signed with the keys of any client"
_INSTANCE = "no client waits for the metadata of an EC2 instance, or gets its keys"
_SIGNER, _METADATA = "botocore.signers:RequestSigner", "botocore.utils:InstanceMetadataFetcher"

Touch(_SIGNER, "get_auth_instance", _NO_KEYS, "lends keys, remembers keys", make=_sign_with_the_mocks_keys)
Touch(_SIGNER, "__init__", _MADE, "remembers keys", make=_remember_made)
Touch(_METADATA, "retrieve_iam_role_credentials", _INSTANCE, "finds none", make=_none_of_the_instance)
