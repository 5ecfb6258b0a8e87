"""Outgoing requests of botocore's clients and of the library requests."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import responses
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from requests.adapters import HTTPAdapter

from qapps_mock import endpoints
from qapps_mock.bridge import aio, failures, not_mocked, outliving
from qapps_mock.bridge.server_mode import send_to_server
from qapps_mock.bridge.start import RESPONSES, STUBBER, settings
from qapps_mock.bridge.table import Touch, in_place, put_in_place
from qapps_mock.bridge.unanswered import noting_unanswered
from qapps_mock.control.active import ACTIVE
from qapps_mock.http_message import ConnectionFailure, Headers, Response, body_bytes
from qapps_mock.s3 import service_bucket
from qapps_mock.service import dispatch, s3_requests

# --- botocore


def _serve_before_moto(general: Callable[..., Any]) -> Callable[..., Any]:
    def respond(self: Any, event_name: str, request: AWSPreparedRequest, **kwargs: Any) -> Any:
        """Respond for Q Apps before Moto's general route, which costs as much as three whole calls of botocore."""
        if not self.enabled:
            _note_late_import()  # in Moto's server mode
            return None
        ACTIVE.requests += 1
        if aio.CONVERSION.module in sys.modules:
            _note_late_import()
            if inspect.iscoroutinefunction(getattr(request.body, "read", None)):
                return aio.after_its_body(request, functools.partial(respond, self, event_name, **kwargs))
        try:
            response = _respond(request)
            if response is not None:
                return _to_botocore(request, response)
            served = general(self, event_name, request=request, **kwargs)
        except ConnectionFailure as failure:
            raise failures.botocores(failure, request.url) from None
        if not_mocked.is_not_mocked(request.url, served):
            return _to_botocore(request, not_mocked.respond(request))
        return served

    return respond


def _note_late_import() -> None:
    """Put the replacements for aiobotocore in place if it was imported after the mock had started."""
    if aio.CONVERSION.module in sys.modules and aio.CONVERSION not in in_place:
        put_in_place()


def _respond(request: Any) -> Response | None:
    """Respond to a request to Q Apps, and to S3 where the S3 gate does; None: it is Moto's."""
    # HTTP clients do not send a fragment; the library requests keeps it here.
    method, url, body = request.method, request.url.partition("#")[0], request.body
    headers = _plain(request.headers)
    if endpoints.qapps_region(url) is None:
        return s3_requests.respond(method, url, headers, body)
    if _general_route_asked():
        return None
    text = body if isinstance(body, (str, bytes)) else body_bytes(body)
    return dispatch.handle(method, url, headers, text)


def _plain(headers: Any) -> Headers:
    """Return botocore's headers as a dictionary with names in lower case; other headers as they are."""
    found = _HEADERS.find(headers) if type(headers) is HeadersDict else None
    return headers if found is None else {name._lower: value for name, value in found.items()}


class _RawResponse(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **kwargs: object) -> Iterator[bytes]:
        """Return the body, as the only chunk."""
        return iter((self.read(),))


class _LowerCaseHeaders(HeadersDict):  # type: ignore[misc]  # botocore has no types
    """Headers with names in lower case, found in any case: botocore's own class makes an object for each look-up."""

    def __init__(self, headers: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._dict = {name.lower(): value for name, value in dict(headers).items()}

    def __getitem__(self, key: str) -> Any:
        return self._dict[key.lower()]

    def __setitem__(self, key: str, value: str) -> None:
        self._dict[key.lower()] = value

    def __delitem__(self, key: str) -> None:
        del self._dict[key.lower()]

    def __contains__(self, key: str) -> bool:
        return key.lower() in self._dict

    def __iter__(self) -> Iterator[str]:
        return iter(self._dict)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a header's value."""
        return self._dict.get(key.lower(), default)


def _to_botocore(request: AWSPreparedRequest, response: Response) -> AWSResponse:
    status, headers, body = response
    if dispatch.REQUEST_ID not in headers:  # of S3: its names keep their case
        return AWSResponse(request.url, status, headers, _RawResponse(body))
    made = AWSResponse(request.url, status, {}, _RawResponse(body))
    made.headers = _LowerCaseHeaders(headers)
    return made


def _send_to_moto(original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: AWSPreparedRequest) -> Any:
        """Pass a request to Moto that no handler responded to: its client is older than Moto's import.

        botocore gives a new client the handlers that exist then, and Moto adds its own when it is imported.
        botocore calls this method last, before the network, and only without a response of a handler.
        """
        ACTIVE.requests += 1  # in Moto's server mode no handler counts it
        response = STUBBER.find()("before-send", request=request)
        if response is not None:
            return response
        send_to_server(request)
        with noting_unanswered(request.url):
            return original(self, request)

    return send


def _general_route_asked() -> bool:
    """Tell whether one of Moto's own settings needs its general route: whitelist, passthrough, recorder."""
    core = settings().get("core")
    # This runs in each call, and `passthrough` is slower.
    if core and (core.get("service_whitelist") is not None or any((core.get("passthrough") or {}).values())):
        return True
    api = sys.modules.get("moto.moto_api")
    return api is not None and _RECORDING.find(getattr(api, "recorder", None)) is not False


# --- requests


def _is_ours(request: Any) -> tuple[bool, str]:
    """Tell whether `_respond_to_requests` responds; a response that the test registered itself has priority."""
    method, url = request.method, request.url.partition("#")[0]
    if endpoints.qapps_region(url) is not None:
        ours = not _general_route_asked()
    elif s3_requests.find_responder(method, url, request.headers) is not None:
        ours = True
    else:
        parts = urlsplit(url)
        host = parts.hostname or ""
        # Moto has routes for a host with a port or with a dot at its end, and no response.
        is_plain = parts.port is None and not host.endswith(".")
        served = (is_plain and not_mocked.services_of(url)) or not_mocked.is_let_through(url)
        ours = endpoints.is_aws(host.rstrip(".")) and not served
    return ours and not any(each.matches(request)[0] for each in responses.registered()), ""


def _respond_to_requests(request: Any) -> Response:
    ACTIVE.requests += 1
    try:
        status, headers, body = _respond(request) or not_mocked.respond(request)
    except ConnectionFailure as failure:
        raise failures.of_requests(failure, request) from None
    return status, headers, b"" if request.method == "HEAD" else body


_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
# Moto prefers responses of exactly this class to its own.
_OURS = [
    responses.CallbackResponse(
        method,
        re.compile("https?://(?#qapps_mock)"),
        _respond_to_requests,
        content_type=None,
        match=[_is_ours],
    )
    for method in _METHODS
]
for _each in _OURS:  # they live as long as the process, so they must not keep the bodies of uploads
    _each.calls.add_call = lambda call: None  # type: ignore[method-assign]  # of this list alone


def serve_requests(until: contextlib.ExitStack) -> None:
    """Respond to requests of the library requests: to Q Apps, to its buckets, and to hosts that are not mocked."""
    moto = RESPONSES.find()
    for each in _OURS:
        moto.add(each)
    # Not a context manager from a generator: it would run again when a process ends without a stop.
    until.callback(_leave_requests, moto)


def _leave_requests(moto: Any) -> None:
    outliving.guard_uploads()
    for each in _OURS:
        moto.remove(each)


def _leave_the_rest(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return where Moto sends what it does not mock: to a double of requests that was active before, or to the network."""
    return HTTPAdapter.send


def _record_no_upload(original: Callable[[Any], None]) -> Callable[[Any], None]:
    def add_call(call: Any) -> None:
        """Leave out uploads to the service: Moto's record would keep their bodies for as long as Moto runs."""
        if call.request.method != "POST" or service_bucket.PREFIX not in call.request.url:
            original(call)

    return add_call


_CHEAP_HEADERS = "a header is read in a tenth of the time"
_OTHERS = "responses that the test registered before the mock are used"
_FAST = "a call costs a third of one by Moto's general route"
_OLD = "clients that are older than Moto's import are mocked"
_NO_BODIES = "Moto's record of requests does not hold the bodies of uploads"
_RECORDED = "Moto's recorder sees the calls while it runs"
_STUBBER, _CALLS = "moto.core.botocore_stubber:BotocoreStubber", "moto.core.models:responses_mock._calls"
_PARAMETERS = "self event_name request"

Touch(_STUBBER, "__call__", _FAST, "Q Apps first", False, _PARAMETERS, _serve_before_moto)
Touch("botocore.endpoint:Endpoint", "_send", _OLD, "Moto first", False, "self request", _send_to_moto)
Touch(_CALLS, "add_call", _NO_BODIES, "leaves out uploads", make=_record_no_upload)
Touch(
    "moto.core.models:responses_mock",
    "_real_send",
    _OTHERS,
    "the double before it",
    make=_leave_the_rest,
    anew=True,
)
_HEADERS = Touch("botocore.awsrequest:HeadersDict", "_dict", _CHEAP_HEADERS)
_RECORDING = Touch("moto.moto_api:recorder", "_user_enabled", _RECORDED)
