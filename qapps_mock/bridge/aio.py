"""aiobotocore: responses that can be awaited, request bodies that must be awaited, retries without a wait."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from qapps_mock.bridge.client_keys import remember_used
from qapps_mock.bridge.server_mode import send_to_server
from qapps_mock.bridge.start import STUBBER, mock_keys
from qapps_mock.bridge.table import Touch, in_place
from qapps_mock.bridge.unanswered import noting_unanswered
from qapps_mock.control.active import ACTIVE

if TYPE_CHECKING:
    from aiohttp import StreamReader


class _Body:
    """The part of an aiohttp.ClientResponse that aiobotocore and its users read."""

    def __init__(self, url: str, body: bytes) -> None:
        self.url = url
        self._body = body
        self._reader: StreamReader | None = None

    @property
    def content(self) -> StreamReader:
        """The body as aiohttp's stream."""
        if self._reader is None:
            from aiohttp import StreamReader  # start-up time: only suites with aiobotocore have it
            from aiohttp.base_protocol import BaseProtocol

            loop = asyncio.get_running_loop()
            self._reader = StreamReader(BaseProtocol(loop), limit=len(self._body) or 1, loop=loop)
            self._reader.feed_data(self._body)
            self._reader.feed_eof()
        return self._reader

    async def read(self) -> bytes:
        """Return the whole body."""
        return self._body

    def close(self) -> None:
        """Do nothing: no connection is open."""

    async def __aenter__(self) -> _Body:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()


def _to_async(response: AWSResponse) -> Any:
    body = _Body(response.url, response.content)
    return _RESPONSE.find()(response.url, response.status_code, response.headers, body)


def _convert(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def first_non_none_response(responses: Any) -> Any:
        """Return the response of a handler, in a form that aiobotocore can await."""
        first = original(responses)
        return _to_async(first) if type(first) is AWSResponse else first

    return first_non_none_response


def _send_to_moto(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def send(self: Any, request: AWSPreparedRequest) -> Any:
        """Pass a request to Moto that no handler responded to: its client is older than Moto's import."""
        ACTIVE.requests += 1  # in Moto's server mode no handler counts it
        response = STUBBER.find()("before-send", request=request)
        if isinstance(response, Awaitable):
            response = await response
        if response is not None:
            return _to_async(response)
        send_to_server(request)
        with noting_unanswered(request.url):
            return await original(self, request)

    return send


async def after_its_body(request: AWSPreparedRequest, respond: Callable[..., Any]) -> Any:
    """Read a body that must be awaited, then respond to the request."""
    request.body = await request.body.read()
    return respond(request=request)


def _sign_with_the_mocks_keys(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def get_auth_instance(self: Any, *args: Any, **kwargs: Any) -> Any:
        if in_place and self._credentials is None and kwargs.get("request_credentials") is None:
            kwargs["request_credentials"] = _CREDENTIALS.find()(*mock_keys())
        auth = await original(self, *args, **kwargs)
        remember_used(auth)
        return auth

    return get_auth_instance


def _none_of_the_instance(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def retrieve_iam_role_credentials(self: Any) -> Any:
        return {} if in_place else await original(self)

    return retrieve_iam_role_credentials


async def _no_sleep(delay: float, result: Any = None) -> Any:
    return await asyncio.sleep(0 if in_place else delay, result)


def _without_sleep(original: Any) -> Any:
    return types.SimpleNamespace(**{**vars(asyncio), "sleep": _no_sleep})


def _at_once(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        return True if in_place else await original(self, *args, **kwargs)

    return acquire


_MOCKED = "clients of aiobotocore are mocked in process (without it, use qapps-mock server)"
_OLD = "clients of aiobotocore that are older than Moto's import are mocked"
_NO_WAITING = "no test with aiobotocore waits for the back-off between retries"
_NO_KEYS = "clients of aiobotocore that were made without keys can be used"
_SIGNER = "aiobotocore.signers:AioRequestSigner"
_INSTANCE = "no client of aiobotocore waits for the metadata of an EC2 instance, or gets its keys"
_METADATA = "aiobotocore.utils:AioInstanceMetadataFetcher"
_ENDPOINT, _BUCKET = "aiobotocore.endpoint", "aiobotocore.retries.bucket:AsyncTokenBucket"

_RESPONSE = Touch("aiobotocore.awsrequest", "AioAWSResponse", _MOCKED, needed=True)
_CREDENTIALS = Touch("aiobotocore.credentials", "AioCredentials", _NO_KEYS, needed=True)
CONVERSION = Touch(_ENDPOINT, "first_non_none_response", _MOCKED, "converts", make=_convert)
Touch(f"{_ENDPOINT}:AioEndpoint", "_send", _OLD, "Moto first", False, "self request", _send_to_moto)
Touch(_ENDPOINT, "asyncio", _NO_WAITING, "sleep returns immediately", make=_without_sleep, anew=True)
Touch(_SIGNER, "get_auth_instance", _NO_KEYS, "lends keys, remembers keys", make=_sign_with_the_mocks_keys)
Touch(_BUCKET, "acquire", _NO_WAITING, "no rate limit", False, "self", _at_once)
Touch(_METADATA, "retrieve_iam_role_credentials", _INSTANCE, "finds none", make=_none_of_the_instance)
