"""What qapps_mock relies on inside Moto, botocore and responses, and what its bridge makes of it.

Each test of the first part holds one private touch to what the library is today. When a release
changes it, the assertion's sentence says what is gone.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.endpoint
import botocore.handlers
import botocore.hooks
import botocore.httpsession
import botocore.loaders
import botocore.retries.bucket
import botocore.session
import pytest
import requests
import responses
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from moto import backend_index, mock_aws, settings
from moto.backends import get_backend
from moto.core import botocore_stubber, custom_responses_mock, responses_custom_registry
from moto.core import config as moto_config
from moto.core import models as moto_core
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import ServiceNotWhitelisted
from moto.moto_api import recorder
from moto.server import ThreadedMotoServer

import qapps_mock
from qapps_mock import endpoints, mock_qapps, models
from qapps_mock.bridge import moto_bridge
from qapps_mock.control.active import ACTIVE
from qapps_mock.s3 import service_bucket
from tests.conftest import (
    APP,
    CONTENT,
    INSTANCE,
    ONE_ATTEMPT,
    NetworkUsed,
    create_app,
    grant,
    qapps,
    surroundings,
)

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
STUBBER = moto_core.botocore_stubber


def parameters(function: Callable[..., Any]) -> str:
    """Return the names and defaults of a function's parameters, without its types."""
    signature = inspect.signature(function)
    bare = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(bare))


def prepared(url: str, method: str = "GET") -> AWSPreparedRequest:
    return AWSPreparedRequest(method, url, HTTPHeaders(), b"", False)


# --- One place for all of it


def private_touches(path: Path) -> list[str]:
    """Return the private attributes of others that a module reads or sets."""
    return [
        f"{path.name}:{node.lineno} {ast.unparse(node)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and re.match(r"_[^_]", node.attr)
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    ]


def test_only_the_bridge_touches_anything_private_of_others():
    assert qapps_mock.__file__ is not None
    modules = list(Path(qapps_mock.__file__).parent.rglob("*.py"))

    found = {path.name: private_touches(path) for path in modules}

    assert found.pop("moto_bridge.py")
    assert [touch for touches in found.values() for touch in touches] == []


# --- Moto: where services are known


def test_motos_routes_are_a_list_of_names_and_patterns():
    routes = backend_index.backend_url_patterns

    assert type(routes) is list, "moto.backend_index.backend_url_patterns is no longer a list to add to"
    assert all(type(name) is str and type(pattern) is re.Pattern for name, pattern in routes), (
        "moto.backend_index.backend_url_patterns no longer holds pairs of a name and a compiled pattern"
    )


def test_moto_finds_a_backend_by_the_name_of_its_module():
    moto_bridge.register()

    find: Any = get_backend
    backend = find("qapps")

    assert backend is models.qapps_backends, (
        "moto.backends no longer takes the backends of a service from the module moto.<service>"
    )


def test_moto_finds_the_urls_beside_the_backends_module():
    backend = models.QAppsBackend("us-east-1", "123456789012")

    [(pattern, answer)] = backend.urls.items()

    assert re.match(pattern, "https://data.qapps.us-east-1.amazonaws.com/apps.get"), (
        "Moto's BaseBackend.urls no longer builds its patterns from url_bases and url_paths"
    )
    assert answer.__module__ == "qapps_mock.urls", "Moto no longer finds urls.py from the models module"


def test_the_regions_of_motos_backends_can_be_added_to():
    account = models.qapps_backends["123456789012"]

    account.regions.append("moon-7")

    assert account["moon-7"].region_name == "moon-7", (
        "a region added to Moto's backends is no longer accepted"
    )
    models.reset_all()


# --- Moto: start and stop


def test_mock_aws_is_made_of_the_parts_that_the_bridge_exchanges():
    mock = mock_aws()

    assert type(mock) is moto_core.MockAWS, "mock_aws() no longer makes a MockAWS"
    for part in ("_default_session_mock", "_user_config_mock"):
        assert callable(getattr(mock, part).start) and callable(getattr(mock, part).stop), (  # noqa: PT018  # two halves of one sentence
            f"MockAWS.{part} is no longer a patch with start and stop"
        )
    assert mock._nested_count == 0, "MockAWS no longer counts its starts in _nested_count"
    assert parameters(moto_core.MockAWS._enable_patching) == "(self, reset=True)", (
        "MockAWS._enable_patching has other parameters now"
    )


def test_mock_aws_starts_with_the_parts_of_the_instance():
    mock: Any = mock_aws()
    used: list[Any] = []
    mock._enable_patching = lambda reset: used.append(f"enabled, {reset=}")
    mock._default_session_mock = types.SimpleNamespace(
        start=lambda: used.append("session started"), stop=lambda: used.append("session stopped")
    )

    mock.start()
    count = mock._nested_count
    moto_core.responses_mock.start()  # what the part left out would have done
    mock.stop()

    assert used == ["session started", "enabled, reset=True", "session stopped"], (
        "MockAWS.start no longer goes through _default_session_mock and _enable_patching of the instance"
    )
    assert count == 1, "MockAWS.start no longer counts in _nested_count"


def test_the_bridge_makes_the_callbacks_that_moto_makes():
    def described(callbacks: dict[str, list[Any]]) -> dict[str, Any]:
        return {
            method: [(each.url.pattern, each.callback, each.method) for each in registered]
            for method, registered in callbacks.items()
        }

    moto_bridge.register()
    with mock_aws():
        registry: Any = moto_core.responses_mock._registry
        made_by_moto = described(registry._registered)

    assert described(moto_bridge._callbacks()) == made_by_moto, (
        "MockAWS._enable_patching registers other callbacks than moto_bridge._callbacks"
    )


def test_mock_aws_enables_what_the_bridge_enables():
    with mock_aws():
        plain = STUBBER.enabled, requests.adapters.HTTPAdapter.send
    with mock_qapps():
        ours = STUBBER.enabled, requests.adapters.HTTPAdapter.send

    assert plain[0] is ours[0] is True
    assert plain[1].__qualname__ == ours[1].__qualname__, "Moto patches requests in another way now"
    assert STUBBER.enabled is False


def test_in_server_mode_mock_aws_makes_another_class(monkeypatch):
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)

    assert type(mock_aws()) is moto_core.ServerModeMockAWS, "settings.TEST_SERVER_MODE no longer decides"
    assert moto_bridge.server_mode()


def test_motos_settings_are_one_dictionary_that_its_functions_read(monkeypatch):
    passthrough = {"urls": ["https://mine/"], "services": ["s3"]}
    core = {"passthrough": passthrough, "service_whitelist": ["sqs"]}

    monkeypatch.setitem(moto_config.default_user_config, "core", core)

    assert moto_config.passthrough_url("https://mine/x"), "core.passthrough.urls is read elsewhere now"
    assert moto_config.passthrough_service("s3"), "core.passthrough.services is read elsewhere now"
    assert not moto_config.service_whitelisted("s3"), "core.service_whitelist is read elsewhere now"


def test_the_recorder_says_in_one_attribute_whether_it_runs():
    assert recorder._user_enabled is False, "moto.moto_api.recorder._user_enabled is gone"
    recorder.start_recording()
    running = recorder._user_enabled
    recorder.stop_recording()

    assert (running, recorder._user_enabled) == (True, False), "the recorder no longer sets _user_enabled"


# --- Moto: requests on their way


def test_motos_stubber_is_a_handler_of_botocore():
    assert ("before-send", STUBBER) in botocore.handlers.BUILTIN_HANDLERS, (
        "Moto no longer adds its stubber to botocore's handlers"
    )
    assert parameters(BotocoreStubber.process_request) == "(self, request)", (
        "BotocoreStubber.process_request has other parameters now"
    )


@pytest.mark.parametrize("way", ["botocore", "requests"])
def test_both_ways_into_moto_go_through_process_request_of_the_instance(monkeypatch, way):
    stubber = BotocoreStubber()
    stubber.enabled = True
    seen: list[Any] = []

    def process_request(request: Any) -> Any:
        seen.append(request)
        return 200, {"a": "b"}, b"body"

    monkeypatch.setattr(stubber, "process_request", process_request)
    answer: Any
    if way == "botocore":
        answer = stubber("before-send", prepared("https://sqs.us-east-1.amazonaws.com/"))
        answer = answer.status_code, answer.headers, answer.content
    else:
        request = requests.Request(
            "GET", "https://sqs.us-east-1.amazonaws.com/", headers={"a": "1"}
        ).prepare()
        answer = stubber.process_prepared_request(request)

    assert answer == (200, {"a": "b"}, b"body"), "a triple from process_request is no longer an answer"
    assert [type(each) for each in seen] == [AWSPreparedRequest], (
        "Moto's stubber no longer goes through process_request of the instance"
    )


def test_a_stubber_that_is_not_enabled_answers_nothing():
    assert BotocoreStubber()("before-send", prepared("https://sqs.us-east-1.amazonaws.com/")) is None, (
        "BotocoreStubber.enabled no longer switches Moto on and off"
    )


def test_moto_answers_an_unknown_host_of_aws_in_these_words():
    answer = BotocoreStubber().process_request(prepared("https://braket.us-east-1.amazonaws.com/"))

    assert answer == moto_bridge._MOTOS_NOT_MOCKED, "Moto answers an unknown host of AWS in other words now"


def test_moto_leaves_an_unknown_host_outside_amazonaws_com_to_the_network():
    assert BotocoreStubber().process_request(prepared("https://braket.us-east-1.api.aws/")) is None, (
        "Moto's general route answers hosts that the bridge bars"
    )


def test_motos_raw_response_can_be_read_and_streamed():
    assert b"".join(MockRawResponse("text").stream()) == b"text", "MockRawResponse no longer streams text"
    answer = AWSResponse("https://x/", 200, {}, MockRawResponse(b"bytes"))
    assert answer.content == b"bytes", "botocore no longer reads a MockRawResponse"


def test_motos_registry_keeps_its_responses_by_method():
    registry = responses_custom_registry.CustomRegistry()
    response = moto_bridge._callback("GET", re.compile("https://mine/"), lambda request: (200, {}, "x"))

    registry.add(response)

    assert dict(registry._registered) == {"GET": [response]}, (
        "CustomRegistry no longer keeps its responses in _registered, by method"
    )
    assert parameters(responses_custom_registry.CustomRegistry.find) == "(self, request)", (
        "CustomRegistry.find has other parameters now"
    )


def test_motos_registry_finds_a_response_and_reasons():
    registry = responses_custom_registry.CustomRegistry()
    request = requests.Request("GET", "https://mine/").prepare()

    assert registry.find(request) == (None, []), "CustomRegistry.find no longer returns a match and reasons"


def test_the_registry_of_responses_can_be_exchanged(monkeypatch):
    class Registry(responses_custom_registry.CustomRegistry):
        """One that has an answer for everything."""

        def find(self, request: Any) -> tuple[Any, list[str]]:
            return moto_bridge._answered(request, (200, {}, b"from the registry")), []

    with mock_aws():
        moto_core.responses_mock._registry = Registry()
        text = requests.get("https://s3.us-east-1.amazonaws.com/").text

    assert text == "from the registry", "responses no longer looks into RequestsMock._registry"


def test_responses_keeps_the_calls_of_a_response_in_one_list():
    response = moto_bridge._callback("GET", re.compile("https://mine/"), lambda request: (200, {}, "x"))

    assert response.call_count == len(response._calls) == 0, "BaseResponse._calls is gone"


def test_responses_keeps_the_calls_of_a_mock_in_one_list():
    with mock_aws():
        requests.get("https://bucket.s3.amazonaws.com/")

        calls = moto_core.responses_mock._calls
        assert len(calls) == 1, "responses no longer keeps its calls in _calls"
        calls.add_call = lambda call: None  # type: ignore[method-assign]  # to see who calls it
        requests.get("https://bucket.s3.amazonaws.com/")
        del calls.add_call
        assert len(calls) == 1, "responses no longer keeps a call by add_call"


def test_the_calls_of_requests_hold_no_uploads():
    with mock_aws(), mock_qapps() as mock:
        granted = grant(mock.client(region_name="us-east-1"))
        files = {"file": CONTENT}
        sent = requests.post(granted["presignedUrl"], data=granted["presignedUrlFields"], files=files)
        requests.get("https://bucket.s3.amazonaws.com/")

        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="mine")
        requests.post("https://mine.s3.amazonaws.com/", data={"key": "a"}, files=files)

        assert sent.status_code == 204
        assert [call.request.method for call in moto_core.responses_mock.calls] == ["GET", "POST"]


def test_the_responses_that_a_test_registered_are_public():
    assert responses.registered() == [], "responses.registered is gone"
    assert responses.registered.__self__ is responses._default_mock  # type: ignore[attr-defined]  # it is a bound method


def test_moto_marks_what_it_does_not_serve_with_one_callback():
    with mock_aws():
        request = requests.Request("GET", "https://braket.us-east-1.amazonaws.com/").prepare()
        match, _ = moto_core.responses_mock._registry.find(request)

    assert getattr(match, "callback", None) is custom_responses_mock.not_implemented_callback, (
        "Moto no longer answers unknown hosts with not_implemented_callback"
    )


# --- Moto: what the other modules take from it


def test_moto_knows_the_owner_of_a_bucket_and_of_a_key():
    from moto.iam import models as iam
    from moto.s3.models import s3_backends

    with mock_qapps():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="mine")
        owner = s3_backends.bucket_accounts.get("mine")
        account = iam.get_account_id_from("AKIAIOSFODNN7EXAMPLE")

    assert owner == ("aws", "123456789012"), (
        "s3_backends.bucket_accounts no longer tells partition and account"
    )
    assert account == "123456789012", "moto.iam.models.get_account_id_from is another one now"


def test_moto_empties_all_backends_at_once():
    with mock_qapps():
        create_app(qapps())
        BackendDict.reset()

        assert list(models.all_backends()) == [], "BackendDict.reset no longer empties every backend"
        service_bucket.drop_all()


# --- botocore


def test_botocore_sends_through_one_method_of_its_endpoint():
    assert parameters(botocore.endpoint.Endpoint._send) == "(self, request)", (
        "botocore.endpoint.Endpoint._send has other parameters now"
    )


@pytest.mark.parametrize("answered", [False, True])
def test_botocore_sends_only_what_no_handler_has_answered(monkeypatch, answered):
    sent: list[str] = []

    def send(self: Any, request: Any) -> AWSResponse:
        sent.append(request.url)
        return AWSResponse(request.url, 200, {}, MockRawResponse(b"{}"))

    monkeypatch.setattr(botocore.endpoint.Endpoint, "_send", send)
    client = boto3.session.Session(**KEYS).client("qapps", region_name="us-east-1")
    if answered:
        client.meta.events.register_first(
            "before-send.qapps.*",
            lambda request, **_: AWSResponse(request.url, 200, {}, MockRawResponse(b"{}")),
        )

    client.list_q_apps(instanceId=INSTANCE)

    assert len(sent) == (0 if answered else 1), (
        "Endpoint._send is no longer the last step, for what is not answered"
    )


def test_every_client_of_botocore_gets_its_connections_from_a_class_that_can_be_named(monkeypatch):
    made: list[Any] = []
    original = botocore.endpoint.EndpointCreator.create_endpoint

    def create_endpoint(*args: Any, **kwargs: Any) -> Any:
        assert "http_session_cls" not in kwargs, "botocore names the class of its connections itself now"
        made.append(original(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(botocore.endpoint.EndpointCreator, "create_endpoint", create_endpoint)
    boto3.session.Session(**KEYS).client("qapps", region_name="us-east-1")

    [endpoint] = made
    assert type(endpoint.http_session) is botocore.httpsession.URLLib3Session, (
        "botocore's endpoint has other connections now"
    )


def test_botocore_sleeps_through_the_module_time_of_its_endpoint():
    assert botocore.endpoint.time is time, "botocore.endpoint no longer imports the module time"
    assert "time.sleep(handler_response)" in inspect.getsource(botocore.endpoint.Endpoint._needs_retry), (
        "botocore.endpoint.Endpoint._needs_retry no longer sleeps through time.sleep"
    )
    used = set(re.findall(r"\btime\.\w+", inspect.getsource(botocore.endpoint)))
    assert used <= {f"time.{name}" for name in vars(moto_bridge._TIME)}, (
        "botocore uses a part of time that is gone"
    )


def test_botocore_waits_for_its_rate_limit_in_one_method():
    acquire = botocore.retries.bucket.TokenBucket.acquire

    assert parameters(acquire) == parameters(moto_bridge._acquire).replace("bucket", "self"), (
        "botocore.retries.bucket.TokenBucket.acquire has other parameters now"
    )
    bucket = botocore.retries.bucket.TokenBucket(max_rate=1000, clock=botocore.retries.bucket.Clock())
    time.sleep(0.01)
    assert acquire(bucket) is True, "TokenBucket.acquire no longer answers True"


@pytest.mark.parametrize("module", [botocore.session, botocore.loaders], ids=["session", "loaders"])
def test_botocore_makes_its_loaders_with_one_function(module):
    assert parameters(module.create_loader) == parameters(moto_bridge._shared_loader), (
        f"{module.__name__}.create_loader has other parameters now"
    )


def test_sessions_make_their_loader_through_the_name_that_is_exchanged(monkeypatch):
    asked = []

    def create_loader(search_path_string: str | None = None) -> Any:
        asked.append(search_path_string)
        return botocore.loaders.create_loader(search_path_string)

    monkeypatch.setattr(botocore.session, "create_loader", create_loader)

    botocore.session.Session().get_component("data_loader")

    assert asked == [None], "botocore's sessions no longer make their loader through create_loader"


def test_botocore_asks_one_function_whether_a_handler_takes_any_argument(monkeypatch):
    asked = []
    monkeypatch.setattr(botocore.hooks, "accepts_kwargs", lambda handler: asked.append(handler) or "kwargs")  # type: ignore[func-returns-value]  # append, for its effect

    botocore.hooks.HierarchicalEmitter().register("a", print)

    assert asked == [print], "botocore.hooks no longer asks accepts_kwargs before it registers a handler"


def test_botocore_keeps_the_names_of_events_in_one_dictionary_of_the_aliaser():
    aliaser = botocore.hooks.EventAliaser(botocore.hooks.HierarchicalEmitter())

    aliaser.emit("before-call.cloudwatch.PutAlarm")

    assert aliaser._event_aliases == botocore.hooks.EVENT_ALIASES, "botocore has other aliases of events now"
    assert aliaser._alias_name_cache == {
        "before-call.cloudwatch.PutAlarm": "before-call.cloudwatch.PutAlarm"
    }, "botocore.hooks.EventAliaser no longer keeps the names it has worked out"


# --- What the bridge makes of it: handlers, loaders, callbacks, responses


class Handlers:
    def takes(self, **kwargs):
        raise NotImplementedError

    def refuses(self, request):
        raise NotImplementedError


class Odd:
    """Callables that only look like methods, or like functions."""

    __func__ = Handlers.refuses
    static = staticmethod(Handlers.refuses)
    fixed = functools.partialmethod(Handlers.refuses, None)

    def __call__(self, **kwargs):
        raise NotImplementedError


def shown(request: Any) -> None:
    raise NotImplementedError


shown.__signature__ = inspect.signature(Handlers().takes)  # type: ignore[attr-defined]  # functions take any attribute


@pytest.mark.parametrize(
    "handler",
    [
        Handlers().takes,
        Handlers().refuses,
        Handlers.takes,
        shown,
        functools.partial(Handlers.takes, Handlers()),
        functools.partial(Handlers.refuses, Handlers()),
        functools.wraps(shown)(lambda **kwargs: None),
        lambda request, **kwargs: None,
        lambda request: None,
        lambda *args: None,
        STUBBER,
        Odd(),
        Odd.fixed,
        vars(Odd)["static"],
    ],
)
def test_a_mock_takes_the_handlers_that_botocore_takes(handler):
    def takes() -> bool:
        try:
            botocore.hooks.HierarchicalEmitter().register("a", handler)
        except ValueError:
            return False
        return True

    with mock_qapps():
        taken = takes()

    assert taken is takes()


def test_sessions_in_a_mock_share_the_names_of_events():
    def names(aliases: dict[str, str] | None = None) -> Any:
        emitter = botocore.hooks.HierarchicalEmitter()
        return botocore.hooks.EventAliaser(emitter, aliases)._alias_name_cache

    with mock_qapps():
        assert names() is names()
        assert names({"a": "b"}) is not names({"a": "b"})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(botocore.hooks, "EVENT_ALIASES", {"a": "b"})
            assert names() is not names()

    assert names() is not names()


def test_sessions_in_a_mock_share_one_loader():
    def loader() -> Any:
        return botocore.session.Session().get_component("data_loader")

    with mock_qapps():
        assert loader() is loader()

    assert loader() is not loader()


def test_a_session_with_a_folder_of_models_of_its_own_has_its_own_loader(monkeypatch, tmp_path):
    with mock_qapps():
        shared = botocore.session.Session().get_component("data_loader")
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

        own = botocore.session.Session().get_component("data_loader")

    assert own is not shared
    assert str(tmp_path) in own.search_paths


def test_the_callbacks_that_live_on_keep_no_request():
    with mock_qapps():
        for _ in range(3):
            requests.get("https://s3.us-east-1.amazonaws.com/")
            requests.get("https://data.qapps.us-east-1.amazonaws.com/apps.list")

    assert sum(each.call_count for every in moto_bridge._callbacks().values() for each in every) == 0


def test_a_response_that_the_test_registered_itself_goes_first():
    with mock_qapps():
        responses.add(responses.POST, "https://bucket.s3.amazonaws.com/", body="mine")
        try:
            answer = requests.post("https://bucket.s3.amazonaws.com/")
        finally:
            responses.reset()

    assert answer.text == "mine"


def test_a_responses_mock_inside_answers_what_it_has_and_leaves_boto3_alone():
    with mock_qapps() as mock, responses.RequestsMock() as inner:
        inner.add(responses.GET, "https://example.com/", body="mine")
        create_app(qapps())

        assert requests.get("https://example.com/").text == "mine"
        assert [each.operation for each in mock.calls()] == ["CreateQApp"]


def test_a_mock_aws_after_the_mock_has_motos_own_registry():
    with mock_qapps():
        pass

    with mock_aws():
        assert type(moto_core.responses_mock._registry) is responses_custom_registry.CustomRegistry


def test_start_and_stop_leave_everything_as_it_was():
    before = surroundings()

    for _ in range(2):
        mock = mock_qapps().start()
        during = surroundings()
        mock.stop()

        assert surroundings() == before
        assert {name for name in before if during[name] != before[name]} == {
            "Moto's nesting",
            "Moto's stubber",
            "accepts_kwargs",
            "acquire",
            "aliaser",
            "calls of requests",
            "create_endpoint",
            "active mocks",
            "environment",
            "getaddrinfo",
            "loaders",
            "requests",
            "send",
            "sleep",
        }


# --- The fast door


ASIDE: dict[str, Any] = {
    "a whitelist": {"core": {"service_whitelist": ["qapps", "s3"]}},
    "a URL let through": {"core": {"passthrough": {"urls": ["https://mine/"]}}},
    "a service let through": {"core": {"passthrough": {"services": ["sqs"]}}},
}


@pytest.fixture
def general_route(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the URLs that take Moto's general route."""
    taken: list[str] = []
    normalize: Any = vars(botocore_stubber)["normalize_request"]

    def normalize_request(request: Any) -> Any:
        taken.append(request.url)
        return normalize(request)

    monkeypatch.setattr(botocore_stubber, "normalize_request", normalize_request)
    return taken


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setattr(recorder, "_location", str(tmp_path / "recording"))
    recorder.start_recording()
    yield tmp_path / "recording"
    recorder.stop_recording()


def answers(mock: Any) -> list[Any]:
    """Return the answers to calls of every kind, without what is new each time."""
    client = mock.client(region_name="us-west-2", config=ONE_ATTEMPT)
    unchecked = mock.client(config=ONE_ATTEMPT.merge(Config(parameter_validation=False)))
    arn = f"arn:aws:qapps:us-west-2:123456789012:application/{INSTANCE}/qapp/{APP}"
    mock.fail("CreateQApp", "ThrottlingException", retryAfterSeconds=3)
    calls: list[Callable[[], Any]] = [
        lambda: create_app(client),
        lambda: create_app(client, title="Größe"),
        lambda: grant(client, fileName="Übersicht.txt"),
        lambda: grant(client, scope="NONE"),
        lambda: client.get_q_app(instanceId=INSTANCE, appId=APP),
        lambda: client.get_q_app(instanceId=INSTANCE, appId=f"{APP} &=%"),
        lambda: client.tag_resource(resourceARN=f"{arn}/ü", tags={"a": "b"}),
        lambda: unchecked.create_q_app(instanceId=INSTANCE, title=None),
    ]
    return [answer_to(each) for each in calls] + [
        (call.operation, call.region, call.user, call.error, call.params) for call in mock.calls()
    ]


def answer_to(call: Callable[[], Any]) -> Any:
    try:
        answer = call()
    except ClientError as error:
        answer = error.response
        body = {name: each for name, each in answer.items() if name != "ResponseMetadata"}
    else:
        body = {name: type(each) for name, each in answer.items()}
    headers = dict(answer["ResponseMetadata"]["HTTPHeaders"])
    del headers["x-amzn-requestid"]
    return answer["ResponseMetadata"]["HTTPStatusCode"], headers, body


def test_without_a_reason_no_request_takes_the_general_route(general_route):
    with mock_qapps() as mock:
        create_app(mock.client())

    assert general_route == []


@pytest.mark.parametrize("setting", ASIDE)
def test_the_fast_door_stands_aside_for_a_setting_of_moto_and_the_answers_are_the_same(
    setting, general_route
):
    with mock_qapps() as mock:
        expected = answers(mock)
    assert general_route == []

    with mock_qapps(config=ASIDE[setting]) as mock:
        found = answers(mock)

    assert found == expected
    assert len(general_route) == 8


def test_the_fast_door_stands_aside_for_the_recorder_and_the_answers_are_the_same(general_route, request):
    with mock_qapps() as mock:
        expected = answers(mock)

    file = request.getfixturevalue("recording")
    with mock_qapps() as mock:
        found = answers(mock)

    assert found == expected
    assert len(general_route) == 8
    assert len(file.read_text().splitlines()) == 8


def test_a_nested_mock_decides_for_itself_about_the_fast_door(general_route):
    with mock_qapps(config=ASIDE["a whitelist"]):
        with mock_qapps(config={"core": {}}) as inner:
            create_app(inner.client())
        assert general_route == []
        create_app(qapps())

    assert len(general_route) == 1


def test_a_whitelist_without_qapps_is_motos_error():
    config: Any = {"core": {"service_whitelist": ["s3"]}}

    with mock_qapps(config=config) as mock, pytest.raises(ServiceNotWhitelisted):
        create_app(mock.client())


@pytest.mark.parametrize("passthrough", [{"services": ["qapps"]}, {"urls": [r"https://data\.qapps\."]}])
def test_qapps_itself_can_be_let_through(passthrough):
    config: Any = {"core": {"passthrough": passthrough}}

    with mock_qapps(config=config) as mock, pytest.raises(HTTPClientError) as sent:
        create_app(mock.client(config=ONE_ATTEMPT))

    assert isinstance(sent.value.kwargs["error"], NetworkUsed)
    assert mock.calls() == []


# --- register()


def test_before_register_plain_mock_aws_does_not_know_qapps(run_python):
    program = """
import boto3
from moto import mock_aws
import qapps_mock
with mock_aws():
    client = boto3.client("qapps", region_name="us-east-1")
    try:
        client.list_q_apps(instanceId="i")
    except Exception as error:
        print(error.response["Error"]["Message"])
    qapps_mock.register()
    print(client.create_q_app(instanceId="i", title="t", appDefinition={"cards": []})["title"])
"""

    assert run_python(program).splitlines() == ["Not yet implemented", "t"]


def test_after_register_plain_mock_aws_serves_qapps():
    qapps_mock.register()

    with mock_aws():
        app = create_app(qapps())
        found = qapps().get_q_app(instanceId=INSTANCE, appId=app["appId"])
        raw = requests.get(
            "https://data.qapps.us-east-1.amazonaws.com/apps.get",
            params={"appId": app["appId"]},
            headers={"instance-id": INSTANCE},
        )

    assert found["title"] == raw.json()["title"] == "Title"
    with mock_aws(), pytest.raises(ClientError, match="ResourceNotFoundException"):
        qapps().get_q_app(instanceId=INSTANCE, appId=app["appId"])


def test_to_register_again_changes_nothing():
    qapps_mock.register()
    before = list(backend_index.backend_url_patterns)

    qapps_mock.register()

    assert backend_index.backend_url_patterns == before
    assert [name for name, _ in before].count("qapps") == 1


def test_what_register_adds_to_motos_routes_serves_qapps_only():
    qapps_mock.register()
    name, pattern = backend_index.backend_url_patterns[0]

    assert name == "qapps"
    assert pattern.pattern == endpoints.QAPPS_BASE
    assert sys.modules["moto.qapps"] is models


@pytest.fixture
def moto_with_qapps(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    """Put a qapps of its own into Moto, as a later release might have one."""
    theirs = types.ModuleType("moto.qapps")
    patterns = [each for each in backend_index.backend_url_patterns if each[0] != "qapps"]
    patterns.append(("qapps", re.compile(r"https?://data\.qapps\.(.+)\.amazonaws\.com")))
    monkeypatch.setattr(backend_index, "backend_url_patterns", patterns)
    monkeypatch.setitem(sys.modules, "moto.qapps", theirs)
    moto_bridge._callbacks.cache_clear()
    yield theirs
    moto_bridge._callbacks.cache_clear()


def test_a_moto_with_a_qapps_of_its_own_gives_way_with_a_warning(moto_with_qapps):
    warning = "^This release of Moto has a qapps of its own; qapps_mock takes its place.$"

    with pytest.warns(UserWarning, match=warning), mock_qapps(config=ASIDE["a whitelist"]) as mock:
        create_app(qapps())

    assert [each.operation for each in mock.calls()] == ["CreateQApp"]
    assert sys.modules["moto.qapps"] is models


def test_the_warning_comes_once(moto_with_qapps, recwarn):
    for _ in range(2):
        with mock_qapps():
            create_app(qapps())

    assert len(recwarn) == 1


# --- Moto's server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    qapps_mock.register()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def server_url(server: str) -> Iterator[str]:
    yield server
    requests.post(f"{server}/moto-api/reset")


def served(url: str, **kwargs: Any) -> Any:
    return boto3.session.Session(**KEYS).client(
        "qapps", region_name="us-west-2", endpoint_url=url, config=ONE_ATTEMPT, **kwargs
    )


def test_motos_server_serves_qapps(server_url):
    client = served(server_url)

    app = create_app(client)

    assert app["appArn"].startswith("arn:aws:qapps:us-west-2:123456789012:")
    assert client.get_q_app(instanceId=INSTANCE, appId=app["appId"])["title"] == "Title"


def test_motos_server_answers_errors_as_the_mock_does(server_url):
    with pytest.raises(ClientError) as in_server:
        served(server_url).get_q_app(instanceId=INSTANCE, appId=APP)
    with mock_qapps(), pytest.raises(ClientError) as in_process:
        qapps("us-west-2").get_q_app(instanceId=INSTANCE, appId=APP)

    for answer in (in_server.value.response, in_process.value.response):
        del answer["ResponseMetadata"]
    assert in_server.value.response == in_process.value.response


def test_a_reset_of_motos_server_empties_qapps(server_url):
    client = served(server_url)
    app = create_app(client)

    requests.post(f"{server_url}/moto-api/reset")

    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_q_app(instanceId=INSTANCE, appId=app["appId"])


def test_motos_server_shares_the_state_of_a_mock_in_its_process(server_url):
    with mock_qapps() as mock:
        app = create_app(qapps("us-west-2"))

        found = served(server_url).get_q_app(instanceId=INSTANCE, appId=app["appId"])

        assert found["title"] == "Title"
        assert [each.operation for each in mock.calls()] == ["CreateQApp", "GetQApp"]
    assert ACTIVE.runs == ()
