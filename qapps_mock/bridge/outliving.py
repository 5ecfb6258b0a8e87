"""Clients, sessions and presigned URLs that outlive their mock: nothing is sent with the mock's keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import RefreshableCredentials

from qapps_mock import credentials, endpoints
from qapps_mock.bridge.start import STUBBER
from qapps_mock.bridge.table import Touch
from qapps_mock.s3 import service_bucket
from qapps_mock.s3.address import find_address

_MOCK_HAS_ENDED = (
    "qapps_mock: this client was made inside a mock that has ended, so nothing is sent to {}: "
    "use it while a mock is active, or make a new one"
)
_KEYS_OF_A_USER = (
    "qapps_mock: this session has the keys of a user of a mock that has ended, so nothing is sent to {}: "
    "use it while a mock is active, or make a new one"
)


_URL_HAS_ENDED = (
    "qapps_mock: the mock that made this presigned URL has ended, so nothing is sent to {}: "
    "use it while the mock is active, for example by waiting for the threads that a test starts"
)


def _require_mock(url: str, message: str) -> None:
    host = urlsplit(url).hostname or ""
    if endpoints.is_aws(host.rstrip(".")) and not STUBBER.find().enabled:
        raise RuntimeError(message.format(url.partition("?")[0]))


def _guarded(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_endpoint(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Create an endpoint that sends nothing to AWS when no mock is active: its client has the mock's keys."""
        endpoint = original(self, *args, **kwargs)
        send = endpoint.http_session.send

        def guarded(request: Any) -> Any:
            _require_mock(request.url, _MOCK_HAS_ENDED)
            return send(request)

        endpoint.http_session.send = guarded
        return endpoint

    return create_endpoint


def _without_the_mocks_keys(session: Any, kept: Any, found: Any) -> Any:
    """Let a session that has just *found* keys not keep those of the environment, which are the mock's."""
    if kept is None and getattr(found, "method", None) == "env":
        session._credentials = None
    # Reading refreshable ones can take a request.
    elif found is not None and not isinstance(found, RefreshableCredentials):
        _guard_keys_of_a_user(session, found.access_key)
    return found


def _guard_keys_of_a_user(session: Any, access_key: str) -> None:
    if credentials.is_of_user(access_key):
        session.register("before-send", _refuse_keys_of_a_user, unique_id=_KEYS_OF_A_USER)


def _refuse_keys_of_a_user(request: Any, **kwargs: Any) -> None:
    _require_mock(request.url, _KEYS_OF_A_USER)


def _forgetful(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_credentials(self: Any) -> Any:
        """Return the session's keys; after the mock it finds the user's own."""
        return _without_the_mocks_keys(self, self._credentials, original(self))

    return get_credentials


def _forgetful_async(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def get_credentials(self: Any) -> Any:
        """Return the session's keys; after the mock it finds the user's own."""
        return _without_the_mocks_keys(self, self._credentials, await original(self))

    return get_credentials


def _guarding(original: Callable[..., None]) -> Callable[..., None]:
    def set_credentials(self: Any, access_key: str, *args: Any, **kwargs: Any) -> None:
        """Give a session keys; its first client may be made after the mock."""
        original(self, access_key, *args, **kwargs)
        _guard_keys_of_a_user(self, access_key)

    return set_credentials


def guard_uploads() -> None:
    """Let the library requests send nothing to a bucket that a mock has made, once that mock has ended.

    A thread can outlive the mock, and ``requests.post`` makes its session anew each time. So this guard
    stays in place. requests calls this method before it opens a connection, and leaves it to be replaced.
    """
    original = _ADD_HEADERS.find()
    if original is None or original in _guards or not service_bucket.MADE:
        return

    def add_headers(self: Any, request: Any, **kwargs: Any) -> Any:
        """Refuse a request to a bucket of the service when no mock is active."""
        if service_bucket.PREFIX in request.url and not STUBBER.find().enabled:
            address = find_address(request.url, path_style=False)
            if address is not None and address.bucket in service_bucket.MADE:
                raise RuntimeError(_URL_HAS_ENDED.format(request.url.partition("?")[0]))
        return original(self, request, **kwargs)

    _guards.add(add_headers)
    setattr(_ADD_HEADERS.find_owner(), _ADD_HEADERS.name, add_headers)


_guards: set[Callable[..., Any]] = set()
_ADD_HEADERS = Touch(
    "requests.adapters:HTTPAdapter",
    "add_headers",
    "requests sends no file to AWS after the mock that made its presigned URL",
    "refuses the mock's buckets, and stays",
)
_CLIENT = "a client that was made inside a mock sends nothing after it"
_SESSION = "a session that was used inside a mock does not keep the mock's keys"
_USERS = "a session with the keys of a user of a mock sends nothing after it"

for _module, _prefix, _make in (("botocore", "", _forgetful), ("aiobotocore", "Aio", _forgetful_async)):
    _creator, _name = f"{_module}.endpoint:{_prefix}EndpointCreator", "create_endpoint"
    Touch(_creator, _name, _CLIENT, "its client is guarded", make=_guarded)
    _session = f"{_module}.session:{_prefix}Session"
    Touch(_session, "get_credentials", _SESSION, "forgets the mock's keys", make=_make)
    Touch(_session, "set_credentials", _USERS, "is guarded", False, "self access_key", _guarding)
