"""What qapps_mock uses of Moto, botocore and responses, and what happens when that is gone or changed."""

from __future__ import annotations

import ast
import collections
import inspect
import os
import re
import sys
import textwrap
import time
import types
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from importlib.metadata import version
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
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from freezegun import freeze_time
from moto import backend_index, mock_aws, settings
from moto.backends import get_backend
from moto.core import config as moto_config
from moto.core import models as moto_core
from moto.core import responses_custom_registry
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.exceptions import ServiceNotWhitelisted
from moto.moto_api import recorder
from moto.server import ThreadedMotoServer

import qapps_mock
from qapps_mock import endpoints, mock_qapps, models
from qapps_mock.bridge import json_writer, moto_requests, registration, start, table, waiting
from qapps_mock.bridge.table import TABLE, Touch
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
from tests.s3.posts import error_of

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
STUBBER = moto_core.botocore_stubber


def release(library: str) -> str:
    return "this Python's socket" if library == "socket" else f"{library} {version(library)}"


def parameters(function: Callable[..., Any]) -> str:
    """Return the names and defaults of a function's parameters, without its types."""
    signature = inspect.signature(function)
    bare = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(bare))


def prepared(url: str, method: str = "GET") -> AWSPreparedRequest:
    return AWSPreparedRequest(method, url, HTTPHeaders(), b"", False)


# --- One place for all of it


# Names that Python documents, although they start with an underscore.
DOCUMENTED = {"_asdict", "_fields", "_getframe", "_replace"}


def private_touches(path: Path) -> list[str]:
    """Return the private attributes of others that a module reads or sets; a class may use those of its own."""
    attributes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    own = {
        node.attr
        for node in attributes
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    }
    return [
        f"{path.name}:{node.lineno} {ast.unparse(node)}"
        for node in attributes
        if re.match(r"_[^_]", node.attr) and node.attr not in own | DOCUMENTED
    ]


def test_only_the_bridge_touches_anything_private_of_others():
    assert qapps_mock.__file__ is not None
    modules = list(Path(qapps_mock.__file__).parent.rglob("*.py"))

    found = {path: private_touches(path) for path in modules}

    assert [each for path, touches in found.items() for each in touches if path.parent.name != "bridge"] == []
    assert [each for path, touches in found.items() for each in touches if path.parent.name == "bridge"]


# --- The table

# Libraries that not every environment has: tests/test_aiobotocore.py and tests/test_lookups.py have their rows.
_EXTRA = {"aiobotocore", "aiohttp", "httpcore", "httpcore2", "httpx", "httpx2", "uvloop"}
ROWS = [touch for touch in TABLE if touch.library not in _EXTRA]
# Python's own functions do not disappear.
OPTIONAL = [touch for touch in ROWS if not touch.needed and touch.library not in sys.stdlib_module_names]


def use(mock: Any) -> None:
    """Create an app and upload a file for it, by clients of every kind."""
    boto3.client("identitystore", region_name="us-east-1").list_users(IdentityStoreId="d-1234567890")
    client = mock.client(region_name="us-east-1")
    create_app(client)
    mock.fail("CreateQApp", "ThrottlingException")
    create_app(client)
    granted = grant(client)
    form = {"data": granted["presignedUrlFields"], "files": {"file": CONTENT}}
    assert requests.post(granted["presignedUrl"], **form).status_code == 204
    form["files"] = {"file": b"other bytes"}
    assert "BadDigest" in requests.post(granted["presignedUrl"], **form).text
    assert mock.uploads[granted["fileId"]].content == CONTENT
    assert start.depth() > 0
    mock_qapps(type("Tests", (), {}))
    moto_requests.check_uploads()  # as a request by Moto's general route does
    mock.reset()


@pytest.mark.parametrize("touch", ROWS, ids=str)
def test_every_touch_fits_todays_libraries(touch):
    # An attribute of an instance: it needs the instance.
    owner = mock_aws() if touch.name == "_user_config_mock" else None
    owner = botocore.loaders.create_loader() if touch.name == "_cache" else owner
    owner = HeadersDict() if touch.name == "_dict" else owner

    with mock_aws():  # `_patcher` is None otherwise
        assert touch.find(owner) is not None


@pytest.fixture
def fresh_reports(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Any:
    monkeypatch.setattr(table, "_reported", set())
    return caplog


def hide(monkeypatch: pytest.MonkeyPatch, touch: Touch) -> None:
    """Hide a name from the bridge, as if its library had renamed it."""
    original = Touch.find

    def find(self: Touch, owner: Any = None) -> Any:
        return self._report() if self is touch else original(self, owner)

    monkeypatch.setattr(Touch, "find", find)
    monkeypatch.delitem(table._made, touch, raising=False)  # an earlier start has found it


@pytest.mark.parametrize("touch", OPTIONAL, ids=str)
def test_without_a_touch_that_is_not_needed_the_mock_works_and_logs_one_warning(
    monkeypatch, fresh_reports, touch, no_waiting
):
    hide(monkeypatch, touch)
    monkeypatch.delitem(sys.modules, "moto.qapps", raising=False)  # to register again

    for _ in range(2):
        with mock_qapps() as mock:
            use(mock)

    library = touch.library
    assert [each.getMessage() for each in fresh_reports.records if each.name == "qapps_mock"] == [
        f"qapps_mock works without this: {release(library)} has no "
        f"{touch} that fits. It is used so that {touch.gain}."
    ]


@pytest.mark.parametrize("touch", [touch for touch in ROWS if touch.needed], ids=str)
def test_a_missing_touch_that_is_needed_is_one_sentence_and_nothing_was_started(monkeypatch, touch):
    before = surroundings()
    hide(monkeypatch, touch)
    at_start = {"moto.backend_index", "moto.core.config", "moto.core.models", "moto.core.utils", "socket"}
    first_use = mock_qapps().start if touch.module in at_start else touch.find

    with pytest.raises(RuntimeError) as refused:
        first_use()

    library = touch.library
    assert str(refused.value) == (
        f"qapps_mock does not work with this release of {library}: {release(library)} has no "
        f"{touch} that fits, which is needed so that {touch.gain}. "
        f"Install another release of {library}, or a newer release of qapps-mock."
    )
    assert surroundings() == before


# Those without which their library itself does not work: botocore and Moto look them up by these names.
_OF_THE_LIBRARY = {
    "__call__",
    "__init__",
    "_patcher",
    "_registered",
    "_dict",
    "add_call",
    "BUILTIN_HANDLERS",
    "time",
    "create_loader",
    "_nested_count",
    "_cache",
    "_user_config_mock",
    "_user_enabled",
    "FakeKey",
    "add_headers",
    "FixtureFunctionMarker",
    "model_data",
    "mock_random",
    "get_auth_instance",
    "create_endpoint",
    "get_credentials",
    "identitystore_backends",
    "is_responses_0_17_x",
    "retrieve_iam_role_credentials",
    "unbound_on_send",
}


@pytest.mark.parametrize(
    "touch",
    [each for each in OPTIONAL if each.name not in _OF_THE_LIBRARY],
    ids=str,
)
def test_a_name_that_is_really_removed_stops_nothing(monkeypatch, touch, no_waiting):
    owner = touch.find_owner()
    value = getattr(owner, touch.name)
    monkeypatch.delattr(owner, touch.name)
    if touch.name == "_enable_patching":  # Moto then calls it by another name
        monkeypatch.setattr(owner, "_enable", value, raising=False)
        code = inspect.getsource(owner.start).replace("_enable_patching", "_enable")
        names: dict[str, Any] = {}
        exec(textwrap.dedent(code), vars(moto_core), names)
        monkeypatch.setattr(owner, "start", names["start"])

    with mock_qapps() as mock:
        use(mock)


@pytest.mark.parametrize("touch", [each for each in OPTIONAL if each.parameters], ids=str)
def test_a_function_with_other_parameters_is_left_alone(monkeypatch, fresh_reports, touch):
    owner, name = touch.find_owner(), touch.name
    original = getattr(owner, name)

    def other(them: Any, *, more: Any = None) -> Any:
        raise NotImplementedError  # a function with other parameters may not be called

    def any_of_them(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, other)
    assert touch.find() is None
    monkeypatch.setattr(owner, name, any_of_them)
    assert touch.find() is any_of_them


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


# --- Moto: where services are known


def test_motos_routes_are_a_list_of_names_and_patterns():
    routes = backend_index.backend_url_patterns

    assert type(routes) is list, "moto.backend_index.backend_url_patterns is no longer a list to add to"
    assert all(type(name) is str and type(pattern) is re.Pattern for name, pattern in routes), (
        "moto.backend_index.backend_url_patterns no longer holds pairs of a name and a compiled pattern"
    )


def test_moto_finds_a_backend_by_the_name_of_its_module():
    registration.register()

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


def test_motos_settings_are_one_dictionary_that_its_functions_read(monkeypatch):
    passthrough = {"urls": ["https://mine/"], "services": ["s3"]}
    core = {"passthrough": passthrough, "service_whitelist": ["sqs"]}

    monkeypatch.setitem(moto_config.default_user_config, "core", core)

    assert moto_config.passthrough_url("https://mine/x"), "core.passthrough.urls is read elsewhere now"
    assert moto_config.passthrough_service("s3"), "core.passthrough.services is read elsewhere now"
    assert not moto_config.service_whitelisted("s3"), "core.service_whitelist is read elsewhere now"


def test_one_attribute_of_the_recorder_shows_whether_it_runs():
    assert recorder._user_enabled is False, "moto.moto_api.recorder._user_enabled is gone"
    recorder.start_recording()
    running = recorder._user_enabled
    recorder.stop_recording()

    assert (running, recorder._user_enabled) == (True, False), "the recorder no longer sets _user_enabled"


# --- Moto: requests on their way


def test_a_stubber_that_is_not_enabled_does_not_respond():
    assert BotocoreStubber()("before-send", prepared("https://sqs.us-east-1.amazonaws.com/")) is None, (
        "BotocoreStubber.enabled no longer switches Moto on and off"
    )


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
def test_botocore_sends_only_requests_without_a_response_of_a_handler(monkeypatch, answered):
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


def test_botocore_sleeps_through_the_module_time_of_its_endpoint():
    assert botocore.endpoint.time is time, "botocore.endpoint no longer imports the module time"
    assert "time.sleep(handler_response)" in inspect.getsource(botocore.endpoint.Endpoint._needs_retry), (
        "botocore.endpoint.Endpoint._needs_retry no longer sleeps through time.sleep"
    )
    used = set(re.findall(r"\btime\.(\w+)", inspect.getsource(botocore.endpoint)))
    with mock_qapps():
        gone = [name for name in used if not hasattr(botocore.endpoint.time, name)]
    assert gone == [], "botocore uses a part of time that is gone"


def test_botocore_waits_for_its_rate_limit_in_one_method():
    acquire = botocore.retries.bucket.TokenBucket.acquire

    bucket = botocore.retries.bucket.TokenBucket(max_rate=1000, clock=botocore.retries.bucket.Clock())
    time.sleep(0.01)
    assert acquire(bucket) is True, "TokenBucket.acquire no longer answers True"


def test_sessions_make_their_loader_through_the_name_that_is_exchanged(monkeypatch):
    asked = []

    def create_loader(search_path_string: str | None = None) -> Any:
        asked.append(search_path_string)
        return botocore.loaders.create_loader(search_path_string)

    monkeypatch.setattr(botocore.session, "create_loader", create_loader)

    botocore.session.Session().get_component("data_loader")

    assert asked == [None], "botocore's sessions no longer make their loader through create_loader"


def test_botocore_keeps_the_names_of_events_in_one_dictionary_of_the_aliaser():
    aliaser = botocore.hooks.EventAliaser(botocore.hooks.HierarchicalEmitter())

    aliaser.emit("before-call.cloudwatch.PutAlarm")

    assert aliaser._event_aliases == botocore.hooks.EVENT_ALIASES, "botocore has other aliases of events now"
    assert aliaser._alias_name_cache == {
        "before-call.cloudwatch.PutAlarm": "before-call.cloudwatch.PutAlarm"
    }, "botocore.hooks.EventAliaser no longer keeps the names it has worked out"


# --- What the bridge makes of it: handlers, loaders, callbacks, responses


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


def test_sessions_in_a_mock_share_what_their_loaders_have_read():
    def endpoints_of() -> Any:
        return botocore.session.Session().get_component("data_loader").load_data("endpoints")

    with mock_qapps():
        assert endpoints_of() is endpoints_of()

    assert endpoints_of() is not endpoints_of()


def test_a_folder_of_models_that_one_test_adds_is_not_seen_by_the_next(tmp_path):
    (tmp_path / "mine" / "2026-01-01").mkdir(parents=True)
    (tmp_path / "mine" / "2026-01-01" / "service-2.json").write_text("{}")

    def services(*folders: str) -> list[str]:
        loader = botocore.session.Session().get_component("data_loader")
        loader.search_paths.extend(folders)
        return list(loader.list_available_services("service-2"))

    with mock_qapps():
        assert "mine" not in services()
        assert "mine" in services(str(tmp_path))
        assert "mine" not in services()
    with mock_qapps():
        assert "mine" not in services()


def test_a_session_with_a_folder_of_models_of_its_own_has_its_own_loader(monkeypatch, tmp_path):
    with mock_qapps():
        shared = botocore.session.Session().get_component("data_loader")
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))

        own = botocore.session.Session().get_component("data_loader")

    assert own is not shared
    assert str(tmp_path) in own.search_paths


@pytest.mark.parametrize("make", [None, lambda: None], ids=["gone", "with other parameters"])
def test_json_is_written_the_same_without_pythons_encoder_in_c(monkeypatch, make):
    value = {"a": [1, 2.5, None, True, "\u00e9\ud800"], "b": {"c": date(2026, 1, 2)}}
    fast = json_writer.json_writer(str)
    monkeypatch.setattr(Touch, "find", lambda touch: make)

    slow = json_writer.json_writer(str)

    assert slow(value) == fast(value) == r'{"a":[1,2.5,null,true,"\u00e9\ud800"],"b":{"c":"2026-01-02"}}'


@pytest.mark.parametrize("kind", [None, dict, collections.UserDict])
def test_the_account_of_the_environment_counts_whatever_stands_in_its_place(monkeypatch, kind):
    monkeypatch.delenv("MOTO_ACCOUNT_ID", raising=False)
    with mock_qapps() as mock, monkeypatch.context() as patched:
        client = mock.client(region_name="us-east-1")
        if kind is not None:
            patched.setattr(os, "environ", kind(os.environ))

        create_app(client)
        patched.setenv("MOTO_ACCOUNT_ID", "111122223333")
        create_app(client)
        patched.setenv("MOTO_ACCOUNT_ID", "")
        create_app(client)

        assert [each.account for each in mock.calls()] == ["123456789012", "111122223333", "123456789012"]


def test_what_a_test_puts_into_botocores_time_is_gone_in_the_next_mock():
    with mock_qapps():
        vars(botocore.endpoint.time)["mine"] = 1

    with mock_qapps():
        assert not hasattr(botocore.endpoint.time, "mine")


def test_handlers_of_the_test_find_the_headers_of_a_response_in_any_case():
    found: list[Any] = []
    with mock_qapps() as mock:
        client = mock.client(region_name="us-east-1")
        client.meta.events.register(
            "after-call.qapps.*", lambda http_response, **_: found.append(http_response)
        )
        create_app(client)

    [response] = found
    headers = response.headers
    assert isinstance(headers, HeadersDict)
    assert sorted(headers) == ["content-type", "x-amzn-requestid"]
    assert len(headers) == 2
    assert headers["Content-Type"] == headers.get("CONTENT-TYPE") == "application/json"
    assert "X-Amzn-RequestId" in headers
    assert "Date" not in headers
    assert headers.get("Date", "none") == "none"
    with pytest.raises(KeyError):
        headers["Date"]
    headers["Date"] = "now"
    del headers["X-Amzn-RequestId"]
    assert dict(headers.copy()) == {"content-type": "application/json", "date": "now"}
    assert repr(headers) == "{'content-type': 'application/json', 'date': 'now'}"
    assert response.text == response.content.decode()


def test_the_callbacks_that_live_on_keep_no_request():
    with mock_qapps():
        for _ in range(3):
            requests.get("https://s3.us-east-1.amazonaws.com/")
            requests.get("https://data.qapps.us-east-1.amazonaws.com/apps.list")

    assert sum(each.call_count for every in start._callbacks.values() for each in every) == 0


def test_a_response_that_the_test_registered_itself_goes_first():
    with mock_qapps():
        responses.add(responses.POST, "https://bucket.s3.amazonaws.com/", body="mine")
        try:
            answer = requests.post("https://bucket.s3.amazonaws.com/")
        finally:
            responses.reset()

    assert answer.text == "mine"


def test_a_responses_mock_inside_returns_its_responses_and_leaves_boto3_alone():
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
            "acquire",
            "aliaser",
            "calls of requests",
            "create_endpoint",
            "active mocks",
            "environment",
            "get_credentials",
            "loaders",
            "look-ups",
            "look-ups in C",
            "metadata",
            "proxies",
            "requests",
            "send",
            "signer",
            "sleep",
            "sockets",
        }


# --- The fast path


ASIDE: dict[str, Any] = {
    "a whitelist": {"core": {"service_whitelist": ["qapps", "s3"]}},
    "a URL let through": {"core": {"passthrough": {"urls": ["https://mine/"]}}},
    "a service let through": {"core": {"passthrough": {"services": ["sqs"]}}},
}


@pytest.fixture
def general_route(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the URLs that take Moto's general route."""
    taken: list[str] = []
    record = recorder._record_request

    def record_request(request: Any, *args: Any) -> Any:
        taken.append(request.url)
        return record(request, *args)

    monkeypatch.setattr(recorder, "_record_request", record_request)
    return taken


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setattr(recorder, "_location", str(tmp_path / "recording"))
    recorder.start_recording()
    yield tmp_path / "recording"
    recorder.stop_recording()


def responses_to_calls(mock: Any) -> list[Any]:
    """Return the responses to calls of every kind, without the values that are different each time."""
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
    return [response_to(each) for each in calls] + [
        (call.operation, call.region, call.user, call.error, call.params) for call in mock.calls()
    ]


def response_to(call: Callable[[], Any]) -> Any:
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


def test_no_request_uses_the_general_route_without_a_reason(general_route):
    with mock_qapps() as mock:
        create_app(mock.client())

    assert general_route == []


@pytest.mark.parametrize("setting", ASIDE)
def test_a_setting_of_moto_disables_the_fast_path_and_the_responses_are_the_same(setting, general_route):
    with mock_qapps() as mock:
        expected = responses_to_calls(mock)
    assert general_route == []

    with mock_qapps(config=ASIDE[setting]) as mock:
        found = responses_to_calls(mock)

    assert found == expected
    assert len(general_route) == 8


def test_the_recorder_disables_the_fast_path_and_the_responses_are_the_same(general_route, request):
    with mock_qapps() as mock:
        expected = responses_to_calls(mock)

    file = request.getfixturevalue("recording")
    with mock_qapps() as mock:
        found = responses_to_calls(mock)

    assert found == expected
    assert len(general_route) == 8
    assert len(file.read_text().splitlines()) == 8


def test_a_nested_mock_decides_for_itself_about_the_fast_path(general_route):
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


def test_after_register_plain_mock_aws_mocks_qapps():
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


def test_what_register_adds_to_motos_routes_matches_qapps_only():
    qapps_mock.register()
    name, pattern = backend_index.backend_url_patterns[0]

    assert name == "qapps"
    assert pattern.pattern == endpoints.QAPPS_BASE
    assert sys.modules["moto.qapps"] is models


@pytest.fixture
def moto_with_qapps(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Add a qapps service to Moto, as a later release might have one."""
    theirs = types.ModuleType("moto.qapps")
    patterns = [each for each in backend_index.backend_url_patterns if each[0] != "qapps"]
    patterns.append(("qapps", re.compile(r"https?://data\.qapps\.(.+)\.amazonaws\.com")))
    monkeypatch.setattr(backend_index, "backend_url_patterns", patterns)
    monkeypatch.setitem(sys.modules, "moto.qapps", theirs)
    return theirs


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


# --- Uploads by Moto's general route and its server


@pytest.fixture(params=["mock_aws", "server"])
def keys_by_moto(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """What a client needs to reach plain mock_aws, and then Moto's own server."""
    if request.param == "server":
        yield {**KEYS, "endpoint_url": request.getfixturevalue("server_url")}
        return
    qapps_mock.register()
    with mock_aws():
        yield KEYS


def post_by_moto(granted: Any, content: bytes = CONTENT, *, path: str = "", **fields: str) -> Any:
    return requests.post(
        granted["presignedUrl"] + path,
        data={**granted["presignedUrlFields"], **fields},
        files={"file": content},
        timeout=30,
    )


def test_an_upload_by_moto_is_checked_against_its_policy(keys_by_moto):
    granted = grant(qapps(**keys_by_moto))
    bucket = granted["presignedUrl"].rstrip("/").rpartition("/")[2].partition(".")[0]
    key = granted["presignedUrlFields"]["key"]
    s3 = boto3.client("s3", region_name="us-east-1", **keys_by_moto)

    refused = [
        error_of(answer.content)["Message"]
        for answer in (
            post_by_moto(granted, b"another file"),
            post_by_moto(granted, more="1"),
            post_by_moto(granted, policy="e30="),
            post_by_moto(granted, path=key),
        )
    ]
    before = s3.list_objects_v2(Bucket=bucket)["KeyCount"]
    accepted = post_by_moto(granted)

    assert refused == [
        "The SHA256 you specified did not match the calculated checksum.",
        "Invalid according to Policy: Extra input fields: more",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        "The specified method is not allowed against this resource.",
    ]
    assert (before, accepted.status_code) == (0, 204)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == CONTENT


def test_a_late_upload_by_moto_is_refused(keys_by_moto):
    with freeze_time("2030-01-01 12:00:00", tick=True) as clock:
        granted = grant(qapps(**keys_by_moto))
        clock.tick(timedelta(minutes=16))

        answer = post_by_moto(granted)

    assert answer.status_code == 403
    assert error_of(answer.content)["Message"] == "Invalid according to Policy: Policy expired."


def test_posts_to_other_buckets_stay_motos(keys_by_moto):
    grant(qapps(**keys_by_moto))
    s3 = boto3.client("s3", region_name="us-east-1", **keys_by_moto)
    s3.create_bucket(Bucket="mine")
    post = s3.generate_presigned_post("mine", "a", Conditions=[["content-length-range", 10, 20]])

    answer = requests.post(post["url"], data=post["fields"], files={"file": b"1"}, timeout=30)

    assert answer.status_code == 204
    assert s3.get_object(Bucket="mine", Key="a")["Body"].read() == b"1"


def test_a_moto_whose_s3_has_other_methods_is_left_alone(monkeypatch, fresh_reports):
    from moto.s3.responses import S3Response

    monkeypatch.setattr(S3Response, "bucket_response", lambda self, something: None)
    monkeypatch.delattr(S3Response, "key_response")

    moto_requests.check_uploads()

    assert "S3Response.bucket_response that fits" in fresh_reports.text
    assert not hasattr(S3Response, "key_response")


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


def test_motos_server_has_qapps(server_url):
    client = served(server_url)

    app = create_app(client)

    assert app["appArn"].startswith("arn:aws:qapps:us-west-2:123456789012:")
    assert client.get_q_app(instanceId=INSTANCE, appId=app["appId"])["title"] == "Title"


def test_motos_server_returns_errors_as_the_mock_does(server_url):
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


def test_loaders_of_many_folders_keep_what_they_read_to_themselves(tmp_path):
    with mock_qapps():
        for number in range(20):
            loader = botocore.session.Session().get_component("data_loader")
            loader.search_paths.append(str(tmp_path / str(number)))
            assert "qapps" in loader.list_available_services("service-2")
            assert loader.list_available_services("service-2") is loader.list_available_services("service-2")
        # The newest are shared, whatever came before.
        newest = botocore.session.Session().get_component("data_loader")
        newest.search_paths.append(str(tmp_path / "19"))
        assert newest.load_data("endpoints") is loader.load_data("endpoints")
    assert waiting._read_from.cache_info().currsize <= 8
