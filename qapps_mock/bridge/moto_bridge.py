"""Every private touch of Moto, botocore and responses, each with its reason.

tests/test_moto_bridge.py holds each of them to what these libraries are today, so that a release
that changes one of them fails there, with a plain sentence.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import os
import re
import socket
import sys
import time
import types
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.endpoint
import botocore.hooks
import botocore.loaders
import botocore.retries.bucket
import botocore.session
import responses as responses_library
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from moto import backend_index, mock_aws, settings
from moto.backends import get_service_from_url
from moto.core import config as moto_config
from moto.core import custom_responses_mock, responses_custom_registry
from moto.core import models as moto_core
from moto.core.botocore_stubber import MockRawResponse
from moto.core.model_instances import model_data
from moto.core.utils import get_equivalent_url_in_aws_domain

from qapps_mock import endpoints, models
from qapps_mock.s3 import gate
from qapps_mock.server import dashboard
from qapps_mock.service import dispatch, s3_requests

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from moto.core.config import DefaultConfig
    from werkzeug.serving import WSGIRequestHandler

SERVICE = "qapps"
_NOT_MOCKED = (
    "qapps_mock: nothing reaches AWS while a mock is active, and neither qapps_mock nor Moto serves {} "
    "(to let it through, name it in mock_qapps(config={{'core': {{'passthrough': {{'urls': [...]}}}}}}))"
)
_UPLOADS_IN_PROCESS = (
    "; presigned URLs are served in process to requests only, "
    "and with mock_qapps(upload_host='loopback') to every HTTP client"
)
_MOCK_HAS_ENDED = (
    "qapps_mock: this client was made inside a mock that has ended, so nothing is sent to {}: "
    "use it while a mock is active, or make a new one"
)
# What Moto's general route answers for a host of AWS that it does not know.
_MOTOS_NOT_MOCKED: tuple[int, dict[str, str], str] = (404, {}, "Not yet implemented")


# --- Moto learns of the service


def register() -> None:
    """Plug qapps into Moto: plain ``mock_aws`` and Moto's server serve it from now on.

    Moto has no hook for a service from outside: its routes come from `backend_index`, and its
    backends from modules named ``moto.<service>``.
    """
    patterns = backend_index.backend_url_patterns
    if sys.modules.get(f"moto.{SERVICE}") is models:
        return
    pattern = re.compile(endpoints.QAPPS_BASE)
    if any(name == SERVICE and each != pattern for name, each in patterns):
        warnings.warn(
            "This release of Moto has a qapps of its own; qapps_mock takes its place.", stacklevel=2
        )
    if (SERVICE, pattern) not in patterns:  # it is there when only the module was forgotten, as pytester does
        patterns.insert(0, (SERVICE, pattern))
    sys.modules[f"moto.{SERVICE}"] = models
    # Moto's dashboard shows what is here: its models enter themselves, by their metaclass.
    model_data[SERVICE] = dict(dashboard.TABLES)
    _callbacks.cache_clear()
    if moto_core.botocore_stubber.enabled:  # a running mock_aws has its callbacks already
        for method in moto_core.RESPONSES_METHODS:
            callback = _callback(method, pattern, moto_core.botocore_stubber.process_prepared_request)
            moto_core.responses_mock.add(callback)


def moto_server() -> tuple[WSGIApplication, type[WSGIRequestHandler]]:
    """Return the application of Moto's server, and its handler of requests.

    Moto offers a whole server only (`ThreadedMotoServer`), with no place for an application in front.
    """
    from moto.moto_server import werkzeug_app
    from werkzeug.serving import WSGIRequestHandler

    register()
    application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    # It keeps the underscores in names of S3's metadata. Older releases have none.
    return application, getattr(werkzeug_app, "MotoRequestHandler", WSGIRequestHandler)


# --- Moto starts, cheaply


@contextlib.contextmanager
def moto_started(config: DefaultConfig | None) -> Iterator[None]:
    """Keep ``mock_aws`` active, and leave Moto's own settings as they were."""
    register()
    mock = mock_aws(config=config)
    mock._default_session_mock = _NoDefaultSession()  # type: ignore[assignment]  # no patch of mock, on purpose
    if type(mock) is moto_core.MockAWS:  # not in Moto's server and proxy modes
        mock._enable_patching = functools.partial(_enable_patching, mock)  # type: ignore[method-assign]  # of this one mock only
    found: dict[str, Any] = dict(moto_config.default_user_config)
    count, started, left, own = mock._nested_count, False, None, None
    try:
        _settings_found.append(found)
        mock.start()
        started = True
        yield
    finally:
        # Moto itself leaves a start that fails half done; one that was not counted cannot be stopped.
        if started or mock._nested_count > count:
            left = mock._nested_count - 1
        try:
            own = dict(moto_config.default_user_config)
            _stop(mock, left)
            _settings_back(mock, found, own)
        except BaseException:  # an interrupt came on the way
            _stop(mock, left)
            _settings_back(mock, found, own or found)
            raise


def _stop(mock: Any, left: int | None) -> None:
    """Stop Moto, so that *left* mocks are active (None: it is not active); it may be done twice."""
    if left is None:
        return
    if mock._nested_count > left:
        mock.stop()
    elif left == 0:  # Moto was interrupted after it had counted
        type(mock)._mocks_active = False
        mock._disable_patching(True)


class _NoDefaultSession:
    """Stands for Moto's patch of boto3's default session, which stays active when mocks stop in the wrong order.

    `patched` puts the session back.
    """

    def start(self) -> None:
        boto3.DEFAULT_SESSION = None

    def stop(self) -> None:
        """Leave it to `patched`."""


# Moto's settings as each active mock found them, outermost first.
_settings_found: list[dict[str, Any]] = []


def _settings_back(mock: Any, found: dict[str, Any], own: dict[str, Any]) -> None:
    """Put back the settings that a mock *found*, in place of its *own*; it may be done twice.

    Moto undoes those of the last mock that stops, and those of a nested one never.
    """
    places = [place for place, each in enumerate(_settings_found) if each is found]
    if not places:
        return
    later = _settings_found[places[0] + 1 :]
    if later:  # one that started later goes on: it keeps its own
        _replace(later[0], found)
    mock._user_config_mock.stop()
    _replace(moto_config.default_user_config, own if later else found)
    del _settings_found[places[0]]


def _replace(settings: Any, others: dict[str, Any]) -> None:
    settings.clear()
    settings.update(others)


def _enable_patching(mock: Any, reset: bool = True) -> None:
    """Do what `MockAWS._enable_patching` does, without making 1,288 callbacks anew (2.4 ms)."""
    moto_core.botocore_stubber.enabled = True
    if reset:
        mock.reset()
    moto_core.responses_mock.start()
    moto_core.responses_mock._registry = _Registry()


@functools.cache
def _callbacks() -> dict[str, list[Any]]:
    """Return Moto's callbacks by HTTP method: the same for every start."""
    routes = [
        (pattern, moto_core.botocore_stubber.process_prepared_request)
        for _, pattern in backend_index.backend_url_patterns
    ]
    routes.append(
        (re.compile(r"https?://.+\.amazonaws.com/.*"), custom_responses_mock.not_implemented_callback)
    )
    return {
        method: [_callback(method, url, callback) for url, callback in routes]
        for method in moto_core.RESPONSES_METHODS
    }


def _callback(method: str, url: re.Pattern[str], callback: Callable[[Any], Any]) -> Any:
    return custom_responses_mock.CallbackResponse(method=method, url=url, callback=callback)


class _Registry(responses_custom_registry.CustomRegistry):
    """Moto's registry, filled with the callbacks that are made once."""

    def __init__(self) -> None:
        self._registered = defaultdict(list, {method: list(each) for method, each in _callbacks().items()})

    def find(self, request: Any) -> tuple[Any, list[str]]:
        """Find the callback for *request*; Q Apps' uploads first, without a walk over 184 patterns."""
        if endpoints.s3_url(request.url) and not responses_library.registered():
            answer = _at_the_doors(request)
            if answer is not None:
                return _answered(request, answer), []
        match, reasons = super().find(request)
        if getattr(match, "callback", None) is custom_responses_mock.not_implemented_callback:
            return _answered(request, _not_mocked(request.url)), []
        # A copy: each response keeps the requests it served, and these live as long as the process.
        return _fresh(match), reasons


def _fresh(match: Any) -> Any:
    if type(match) is not custom_responses_mock.CallbackResponse:
        return match
    fresh = copy.copy(match)
    fresh._calls = type(match._calls)()
    return fresh


def _answered(request: Any, answer: dispatch.Answer) -> Any:
    # To Moto's class, a response to HEAD that names the length of an object is cut short.
    kind = custom_responses_mock.CallbackResponse if answer[2] else responses_library.CallbackResponse
    response = kind(method=request.method, url=re.compile(""), callback=lambda _: answer)
    response.content_type = None  # else an answer without one gets text/plain
    return response


# --- The doors: requests on their way out


def _process_request(general: Callable[[Any], Any], request: AWSPreparedRequest) -> Any:
    """Serve Q Apps and its uploads before Moto's general route, which costs three calls of botocore."""
    url = request.url
    if endpoints.qapps_region(url) is not None:
        if _general_route_asked():
            return general(request)
        return dispatch.handle(request.method, url, request.headers, request.body)
    answer = _at_the_doors(request)
    if answer is None:
        answer = general(request)
    if answer == _MOTOS_NOT_MOCKED or (answer is None and _goes_to_aws(url)):
        return _not_mocked(url)
    return answer


def _not_mocked(url: str) -> dispatch.Answer:
    return 404, {"Content-Type": "text/plain"}, _NOT_MOCKED.format(url.partition("?")[0]).encode()


def _goes_to_aws(url: str) -> bool:
    """Tell whether *url*, which nobody serves, is one of AWS that the test does not let through."""
    host = urlsplit(url).hostname
    if host is None or not endpoints.is_aws(host):
        return False
    # The spelling that Moto itself holds its settings against.
    clean = get_equivalent_url_in_aws_domain(url)[0]._replace(params="", query="", fragment="").geturl()
    service = get_service_from_url(clean)
    return not (
        moto_config.passthrough_url(clean)
        or (service is not None and moto_config.passthrough_service(service))
    )


def _at_the_doors(request: Any) -> dispatch.Answer | None:
    """Respond to a request that the S3 gate handles; None: it is Moto's."""
    return s3_requests.respond(request.method, request.url, request.headers, request.body)


def _general_route_asked() -> bool:
    """Tell whether one of Moto's own settings needs its general route: whitelist, passthrough, recorder."""
    core = moto_config.default_user_config.get("core", {})
    passthrough = core.get("passthrough", {})
    recording = sys.modules.get("moto.moto_api")
    return bool(
        core.get("service_whitelist") is not None
        or passthrough.get("urls")
        or passthrough.get("services")
        or (recording is not None and recording.recorder._user_enabled)
    )


def _is_barred(host: str) -> bool:
    """Tell whether *host* must not be looked up.

    Whatever the test lets through opens the way for all: a host alone does not show which URL it is for.
    """
    passthrough = moto_config.default_user_config.get("core", {}).get("passthrough", {})
    asked = passthrough.get("urls") or passthrough.get("services")
    return not asked and endpoints.is_aws(host)


def _send(original: Callable[..., Any], endpoint: Any, request: AWSPreparedRequest) -> Any:
    """Give a request to Moto that no handler took: its client is older than Moto's import.

    Moto adds its handler to the list from which botocore makes clients. Here is the last place
    before the network, and a request that Moto's handler has answered never comes here.
    """
    if not moto_core.botocore_stubber.enabled:
        return original(endpoint, request)
    answer = moto_core.botocore_stubber.process_request(request)
    if answer is None:
        return original(endpoint, request)
    status, headers, body = answer
    return AWSResponse(request.url, status, headers, MockRawResponse(body))


class _HTTPSession(URLLib3Session):  # type: ignore[misc]  # botocore has no types
    """The connections of a client that is made inside a mock; its keys are the mock's, also after it."""

    def send(self, request: AWSPreparedRequest) -> Any:
        host = urlsplit(request.url).hostname
        if host is not None and endpoints.is_aws(host) and not moto_core.botocore_stubber.enabled:
            raise RuntimeError(_MOCK_HAS_ENDED.format(request.url.partition("?")[0]))
        return super().send(request)


def _create_endpoint(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return original(*args, **{"http_session_cls": _HTTPSession, **kwargs})


def _getaddrinfo(original: Callable[..., Any], host: Any, *args: Any, **kwargs: Any) -> Any:
    """Bar the way to AWS for every other HTTP client: nothing reaches it while a mock is active."""
    name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else host
    if isinstance(name, str) and _is_barred(name.rstrip(".")):
        why = _NOT_MOCKED.format(f"requests of this client to {name}")
        cure = _UPLOADS_IN_PROCESS if endpoints.s3_url(f"https://{name}") else ""
        raise socket.gaierror(socket.EAI_NONAME, why + cure)
    return original(host, *args, **kwargs)


# --- What a test should not wait for


def _shared_loader(search_path_string: str | None = None) -> Any:
    """Return one loader of botocore's models for all sessions: parsing them again costs 36 ms each."""
    return _loader(search_path_string)


_loader = functools.lru_cache(maxsize=8)(botocore.loaders.create_loader)


def _accepts_kwargs(original: Callable[[Any], Any], handler: Any) -> Any:
    """Look at a flag of the handler's code: `inspect.getfullargspec` takes half of the time of a new session."""
    function = handler.__func__ if type(handler) is types.MethodType else handler
    # What has attributes may have a signature of its own there.
    if type(function) is not types.FunctionType or vars(function):
        return original(handler)
    return function.__code__.co_flags & inspect.CO_VARKEYWORDS


# The names of events as botocore's aliases make them, for all sessions: a new one works out 140 of them.
_EVENT_NAMES: dict[str, str] = {}
_EVENT_ALIASES = dict(botocore.hooks.EVENT_ALIASES)


def _share_event_names(original: Callable[..., None], aliaser: Any, *args: Any, **kwargs: Any) -> None:
    original(aliaser, *args, **kwargs)
    if type(aliaser) is botocore.hooks.EventAliaser and aliaser._event_aliases == _EVENT_ALIASES:
        aliaser._alias_name_cache = _EVENT_NAMES


def _add_call(original: Callable[[Any], None], call: Any) -> None:
    """Keep no record of an upload to the service: it would hold the upload's body for as long as Moto runs."""
    request = call.request
    found = gate.classify(request.method, request.url, request.headers)
    if found is None or found.kind is not gate.Kind.FORM:
        original(call)


# The retries of botocore are made, the seconds between them are not waited.
_TIME = types.SimpleNamespace(**{**vars(time), "sleep": lambda seconds: None})


def _acquire(bucket: Any, amount: int = 1, block: bool = True) -> bool:
    """Let the adaptive retry mode go on at once; it would wait for its rate limit."""
    return True


# --- All of it, on and off


def _replacements() -> Iterator[tuple[Any, str, Any]]:
    stubber = moto_core.botocore_stubber
    endpoint = botocore.endpoint.Endpoint
    yield stubber, "process_request", functools.partial(_process_request, stubber.process_request)
    # A function, not a partial: it must bind to the endpoint.
    original_send = endpoint._send
    yield endpoint, "_send", lambda self, request: _send(original_send, self, request)
    creator = botocore.endpoint.EndpointCreator
    original_create = creator.create_endpoint
    yield (
        creator,
        "create_endpoint",
        lambda *args, **kwargs: _create_endpoint(original_create, *args, **kwargs),
    )
    yield socket, "getaddrinfo", functools.partial(_getaddrinfo, socket.getaddrinfo)
    yield botocore.session, "create_loader", _shared_loader
    yield botocore.loaders, "create_loader", _shared_loader
    yield botocore.hooks, "accepts_kwargs", functools.partial(_accepts_kwargs, botocore.hooks.accepts_kwargs)
    aliaser = botocore.hooks.EventAliaser
    original_init = aliaser.__init__
    yield (
        aliaser,
        "__init__",
        lambda self, *args, **kwargs: _share_event_names(original_init, self, *args, **kwargs),
    )
    calls = moto_core.responses_mock._calls
    yield calls, "add_call", functools.partial(_add_call, calls.add_call)
    yield botocore.endpoint, "time", _TIME
    yield botocore.retries.bucket.TokenBucket, "acquire", _acquire


@contextlib.contextmanager
def patched() -> Iterator[None]:
    """Keep the doors in place; on exit everything is as it was: patches, environment, default session."""
    environment = {name: os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    session = boto3.DEFAULT_SESSION
    restorers: list[Callable[[], None]] = []
    try:
        for owner, name, replacement in _replacements():
            restorers.append(_restorer(owner, name))
            setattr(owner, name, replacement)
        yield
    finally:
        try:
            _put_back(restorers, session, environment)
        except BaseException:  # an interrupt came on the way
            _put_back(restorers, session, environment)
            raise


def _put_back(restorers: list[Callable[[], None]], session: Any, environment: dict[str, str | None]) -> None:
    """Undo all; it may be done twice."""
    for restore in reversed(restorers):
        restore()
    boto3.DEFAULT_SESSION = session
    for variable, value in environment.items():
        _set_variable(variable, value)


def _restorer(owner: Any, name: str) -> Callable[[], None]:
    if name in vars(owner):
        return functools.partial(setattr, owner, name, vars(owner)[name])
    # Not delattr: an interrupt may come before there is anything to delete.
    return functools.partial(vars(owner).pop, name, None)


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def server_mode() -> bool:
    """Tell whether Moto is to talk to a server of its own (``TEST_SERVER_MODE=true``)."""
    return settings.TEST_SERVER_MODE
