"""`MockQApps` in Moto's server mode: it uses the control API of a server."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
import unittest
from datetime import datetime, timedelta, timezone

import boto3
import pytest
import requests
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError, ConnectionClosedError
from moto import mock_aws, settings
from moto.core.config import DefaultConfig
from moto.server import ThreadedMotoServer
from werkzeug.serving import make_server

from qapps_mock import Call, MockQApps, Upload, mock_qapps, register
from qapps_mock.bridge.server_mode import send_to_server
from qapps_mock.control.active import ACTIVE
from qapps_mock.models.upload import Refusal
from qapps_mock.server.control_client import RemoteControl
from tests.conftest import (
    APP,
    CONTENT,
    DIGEST,
    INSTANCE,
    ONE_ATTEMPT,
    NetworkUsed,
    console_server,
    create_app,
    grant,
)
from tests.running import card_of, query_card, start

CONTROL = "/moto-api/static/qapps"
NOT_JSON = "cannot be sent to a server as JSON: pass texts, numbers, True, False, None, lists and dicts"
PREDICTION = {"title": "Predicted", "appDefinition": {"cards": []}}


def post(granted, content=CONTENT):
    return requests.post(
        granted["presignedUrl"],
        data=granted["presignedUrlFields"],
        files={"file": content},
        timeout=30,
    ).status_code


@contextlib.contextmanager
def moto_server():
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


@pytest.fixture(scope="module")
def endpoint():
    with console_server("--strict") as console:
        yield console.url


@pytest.fixture
def server_mode(endpoint, monkeypatch):
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", endpoint)
    return endpoint


@pytest.fixture
def remote(server_mode):
    with mock_qapps() as qapps:
        yield qapps


def test_a_mock_gets_everything_from_the_server(remote, server_mode):
    client = remote.client(region_name="us-west-2")

    app = create_app(client)

    (call,) = remote.calls()
    assert isinstance(remote, MockQApps)
    assert client.meta.endpoint_url == server_mode
    assert isinstance(call, Call)
    assert (call.operation, call.region, call.error) == ("CreateQApp", "us-west-2", None)
    assert call.params["title"] == "Title"
    assert call.result is not None
    assert call.result["appId"] == app["appId"]
    assert timedelta(0) <= datetime.now(timezone.utc) - call.at < timedelta(minutes=1)
    assert remote.calls("create_q_app")[0].params == call.params
    assert remote.calls("GetQApp") == []


def test_failures_are_scripted_in_the_server(remote):
    client = remote.client(config=ONE_ATTEMPT)
    remote.fail("CreateQApp", "ThrottlingException", retryAfterSeconds=7)

    with pytest.raises(ClientError) as refused:
        create_app(client)

    assert refused.value.response["retryAfterSeconds"] == 7
    assert [call.error for call in remote.calls()] == ["ThrottlingException"]
    assert remote.calls()[0].result is None


def test_no_test_waits_for_the_retries_of_botocore(remote, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: pytest.fail(f"waited {seconds} s"))
    remote.fail("CreateQApp", "ThrottlingException", times=2)

    create_app(remote.client())

    assert [call.error for call in remote.calls()] == ["ThrottlingException"] * 2 + [None]


def test_answers_are_scripted_in_the_server(remote):
    client = remote.client()
    remote.answer("Summary", "One.", ValueError("No."), KeyError)

    sessions = [start(client, query_card("Say")) for _ in range(3)]

    cards = [card_of(client, each) for each in sessions]
    assert cards[0]["currentValue"] == "One."
    assert [each["currentState"] for each in cards] == ["COMPLETED", "ERROR", "ERROR"]


def test_predictions_and_progress_are_scripted_in_the_server(remote):
    client = remote.client()
    remote.predict(PREDICTION)
    remote.progress = "manual"
    session = start(client, query_card("Say"))

    remote.advance(session)

    predicted = client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": "Any"})
    assert predicted["app"] == PREDICTION
    assert remote.progress == "manual"
    assert card_of(client, session)["currentState"] == "COMPLETED"


def test_a_callable_answer_is_refused_since_a_server_cannot_call_it(remote):
    with pytest.raises(TypeError, match="cannot be called by a server"):
        remote.answer("Summary", str.upper)


def test_uploads_come_back_whole(remote):
    granted = grant(remote.client())
    post(granted, b"other")
    post(granted)

    upload = remote.uploads[granted["fileId"]]

    assert isinstance(upload, Upload)
    assert (upload.file_name, upload.content) == ("figures.txt", CONTENT)
    assert upload.uploaded_at is not None
    assert upload.uploaded_at.tzinfo == timezone.utc
    assert [type(each) for each in upload.refused] == [Refusal]
    assert upload.refused[0].code == "BadDigest"


def test_an_upload_that_has_not_come_has_no_content(remote):
    granted = grant(remote.client())

    upload = remote.uploads[granted["fileId"]]

    assert (upload.content, upload.uploaded_at, upload.refused) == (None, None, [])


def test_users_are_known_to_the_server(remote):
    created = create_app(remote.client(user="ann@example.com"))

    assert created["createdBy"] == remote.user("ann@example.com")
    assert created["createdBy"] != create_app(remote.client())["createdBy"]


def test_ids_of_users_and_the_default_user_are_the_servers(remote):
    client = remote.client()
    assert remote.user("ann@example.com", id="ann") == "ann"

    with remote.as_user("ann@example.com") as ann:
        first = create_app(client)
    second = create_app(client)

    assert (ann, first["createdBy"]) == ("ann", "ann")
    assert second["createdBy"] == remote.user("user@example.com")
    with pytest.raises(ValueError, match="has the id 'ann' already"):
        remote.user("ann@example.com", id="other")


def test_reset_empties_the_server(remote):
    create_app(remote.client())

    remote.reset()

    assert remote.calls() == []


def test_wrong_input_raises_what_it_raises_in_process(remote):
    for wrong, kind, message in (
        (lambda: remote.fail("GetQap", "ThrottlingException"), ValueError, "Did you mean 'GetQApp'"),
        (lambda: remote.fail("GetQApp", "ThrottlingException", x=1), TypeError, "has no member 'x'"),
        (lambda: remote.fail("GetQApp", "ThrottlingException", self=1), TypeError, "has no member 'self'"),
        (lambda: remote.calls("GetQap"), ValueError, "Did you mean 'GetQApp'"),
        (lambda: remote.user(""), ValueError, "'' is not a user"),
        (lambda: remote.answer("Summary"), TypeError, "needs one or more values"),
        (lambda: remote.answer("Summary", 1), ValueError, "1 is not a valid card answer: pass a str"),
        (lambda: remote.predict({}), ValueError, "PredictQApp cannot return this app"),
        (lambda: setattr(remote, "progress", 0), ValueError, "progress is 0: it must be 'immediate'"),
        (lambda: remote.advance("nobody"), ValueError, "No session 'nobody'."),
    ):
        with pytest.raises(kind, match=message):
            wrong()


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda mock: setattr(mock, "progress", {1}), "progress is {1}: it must be 'immediate', 'manual', "),
        (lambda mock: mock.predict({"title": {1}}), "PredictQApp cannot return this app. "),
        (lambda mock: mock.load({"apps": {1}}), f"The document is not JSON: {{1}} {NOT_JSON}"),
        (
            lambda mock: mock.fail("GetQApp", "AccessDeniedException", when={"appId": {1}}),
            f"{{1}} {NOT_JSON}",
        ),
        (
            lambda mock: mock.fail("GetQApp", "AccessDeniedException", when=len),
            "when is <built-in function len>, which a server cannot call: pass a mapping of parameters",
        ),
    ],
)
def test_what_json_cannot_have_is_refused(remote, act, message):
    with pytest.raises((TypeError, ValueError), match="^" + re.escape(message)):
        act(remote)


def test_a_mock_that_is_not_active_needs_no_server(monkeypatch):
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", "http://127.0.0.1:9")

    with pytest.raises(RuntimeError, match=r"^as_user\(\): this mock of Q Apps is not active\."):
        mock_qapps().as_user("ann@example.com").__enter__()


def test_the_repr_counts_the_calls_of_the_server(remote):
    create_app(remote.client())

    assert repr(remote) == "<MockQApps active, 1 call>"


def test_each_mock_sets_its_options_and_restores_those_of_the_server(server_mode):
    def options():
        return requests.get(f"{server_mode}{CONTROL}/options", timeout=30).json()

    with mock_qapps(url_lifetime=60, max_file_size=7):
        inside = options()

    assert (inside["strict"], inside["url_lifetime"], inside["max_file_size"]) == (False, 60.0, 7)
    assert (options()["strict"], options()["url_lifetime"]) == (True, 900.0)


def test_the_keys_of_a_mock_are_valid_besides_those_of_the_server(server_mode):
    def keys(**changes):
        url = f"{server_mode}{CONTROL}/options"
        answer = requests.put(url, json=changes, timeout=30) if changes else requests.get(url, timeout=30)
        return answer.json()["upload_credentials"]

    keys(upload_credentials={"KEY": "SECRET"})
    with mock_qapps():
        assert keys() == {"KEY": "SECRET"}
    with mock_qapps(upload_credentials={"OTHER": "x"}):
        assert keys() == {"KEY": "SECRET", "OTHER": "x"}

    assert keys() == {"KEY": "SECRET"}


def test_each_mock_finds_the_server_empty_and_leaves_it_so(server_mode):
    with mock_qapps() as first:
        create_app(first.client())
    calls = requests.get(f"{server_mode}{CONTROL}/calls", timeout=30).json()
    with mock_qapps() as second:
        assert second.calls() == []

    assert calls == {"calls": []}


def test_within_mock_aws_it_is_empty_at_first_too(server_mode):
    with mock_aws():
        with mock_qapps() as first:
            create_app(first.client())
        with mock_qapps() as second:
            assert second.calls() == []


def test_decorated_functions_use_the_server_too(server_mode):
    @mock_qapps(strict=False)
    def test():
        return boto3.client("qapps", region_name="us-east-1").meta.endpoint_url

    assert test() == server_mode
    assert ACTIVE.runs == ()


def test_a_server_that_is_not_there_is_an_error_and_leaves_nothing(monkeypatch, server_mode):
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("MOTO_CALL_RESET_API", "false")

    with pytest.raises(OSError, match="refused"):
        mock_qapps().start()

    assert ACTIVE.runs == ()


@pytest.mark.parametrize("url", ["localhost:5000", "nonsense", "http://", ""])
def test_an_endpoint_that_is_not_a_url_is_named(monkeypatch, server_mode, url):
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", url)

    with pytest.raises(ValueError, match="TEST_SERVER_MODE_ENDPOINT is ") as refused:
        mock_qapps().start()

    assert str(refused.value) == (
        f"TEST_SERVER_MODE_ENDPOINT is {url!r}: it must be a URL, for example http://127.0.0.1:5000"
    )


def test_a_server_of_another_kind_is_an_error_that_names_it(monkeypatch, server_mode):
    with moto_server() as other:
        monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", other)

        with pytest.raises(RuntimeError, match=f"^{other}{CONTROL}/options responded with status 404. "):
            mock_qapps().start()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>"), (404, b"[1]"), (404, b'{"error": []}')])
def test_a_server_that_is_not_ours_is_named(monkeypatch, status, body):
    def application(environ, start_response):
        start_response(f"{status} X", [("Content-Length", str(len(body)))])
        return [body]

    with make_server("127.0.0.1", 0, application) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
        monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", url)
        try:
            with pytest.raises(RuntimeError) as refused:
                mock_qapps().start()
        finally:
            server.shutdown()

    assert str(refused.value) == (
        f"{url}{CONTROL}/options responded with status {status}. "
        "Was that server started with qapps-mock server?"
    )


def test_without_server_mode_it_is_the_mock_of_this_process():
    assert type(mock_qapps()) is MockQApps
    assert not isinstance(MockQApps(), RemoteControl)


def test_the_mode_is_seen_before_moto_is_imported(run_python):
    program = "import sys; from qapps_mock import mock_qapps; print(type(mock_qapps()).__name__, 'moto' in sys.modules)"

    assert run_python(program, TEST_SERVER_MODE="true") == "RemoteMockQApps False"
    assert run_python(program, TEST_SERVER_MODE="false") == "MockQApps False"


BEHAVIOUR = f"""
import base64, hashlib, boto3, pytest, requests
from botocore.exceptions import ClientError, ConnectionClosedError
from qapps_mock import mock_qapps

def ask(client, app="{APP}"):
    return client.create_presigned_url(instanceId="{INSTANCE}", appId=app, cardId="{APP}", fileName="a.txt",
                                       fileContentsSha256="{DIGEST}", scope="APPLICATION")

def test_upload(qapps_mock, qapps_client):
    granted = ask(qapps_client)
    sent = requests.post(granted["presignedUrl"], data=granted["presignedUrlFields"], files={{"file": {CONTENT!r}}})
    assert sent.status_code == 204
    assert qapps_mock.uploads[granted["fileId"]].content == {CONTENT!r}

def test_failure(qapps_mock, qapps_client):
    qapps_mock.fail("CreatePresignedUrl", "ThrottlingException", times=2)
    ask(qapps_client)
    assert [call.error for call in qapps_mock.calls()] == ["ThrottlingException"] * 2 + [None]

@pytest.mark.qapps_mock(strict=True)
def test_options(qapps_client):
    with pytest.raises(ClientError, match="does not exist"):
        ask(qapps_client)

@mock_qapps
def test_decorator():
    assert ask(boto3.client("qapps", region_name="us-east-1"))["fileId"]

def test_server(qapps_mock, qapps_client, qapps_server):
    ask(qapps_client)
    calls = requests.get(qapps_server + "/moto-api/static/qapps/calls").json()["calls"]
    assert [call["operation"] for call in calls] == ["CreatePresignedUrl"] == [c.operation for c in qapps_mock.calls()]
"""


@pytest.mark.parametrize("mode", ["in process", "server"])
def test_a_file_of_tests_runs_unchanged_against_a_server(tmp_path, endpoint, mode):
    server = {"TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": endpoint} if mode == "server" else {}

    output = run_pytest(tmp_path, BEHAVIOUR, **server)

    assert "5 passed" in output, output


FAILING = """
import pytest
from qapps_mock import mock_qapps

def test_fails(qapps_mock, qapps_client):
    qapps_client.list_q_apps(instanceId="i")
    qapps_mock.fail("ListCategories", "ThrottlingException", times=2)
    qapps_mock.fail("GetQApp", "ThrottlingException", times=3, message="Slow down.")
    qapps_client.list_categories(instanceId="i")
    with mock_qapps():
        qapps_client.list_library_items(instanceId="i")
    with pytest.raises(qapps_client.exceptions.ThrottlingException):
        qapps_client.get_q_app(instanceId="i", appId="00000000-0000-4000-8000-000000000000")
    assert False
"""
REPORT = """
- Amazon Q Apps calls -
ListQApps(instanceId='i') -> {'apps': []}
ListCategories(instanceId='i') -> {'categories': []} (attempt 3, after ThrottlingException, ThrottlingException)
ListLibraryItems(instanceId='i') -> {'libraryItems': []}
GetQApp(instanceId='i', appId='00000000-0000-4000-8000-000000000000') -> ThrottlingException: Slow down. \
(attempt 3, after ThrottlingException, ThrottlingException)
- Amazon Q Apps scripts -
fail('ListCategories', 'ThrottlingException', times=2): 2 of 2 used
fail('GetQApp', 'ThrottlingException', times=3, message='Slow down.'): 3 of 3 used
"""


def run_pytest(folder, program, **environment):
    """Run a file of tests in a process of its own, and return what pytest prints."""
    (folder / "test_it.py").write_text(program)
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "error",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:asyncio",
            "-p",
            "no:randomly",
            str(folder),
        ],
        env={**os.environ, **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    ).stdout


@pytest.mark.parametrize("mode", ["in process", "server"])
def test_the_report_of_a_failed_test_is_the_same_in_server_mode(tmp_path, endpoint, mode):
    server = {"TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": endpoint} if mode == "server" else {}

    output = run_pytest(tmp_path, FAILING, AWS_RETRY_MODE="standard", **server)

    report = re.sub("-{2,}", "-", output)
    assert REPORT in report, report


def test_a_server_that_has_gone_breaks_no_report(tmp_path, endpoint):
    program = """
        import os, pytest

        @pytest.fixture(scope="module")
        def wide():
            from qapps_mock import mock_qapps
            with mock_qapps() as mock:
                yield mock

        def test_first(wide):
            os.environ["TEST_SERVER_MODE_ENDPOINT"] = "http://127.0.0.1:9"
            assert False

        def test_second():
            pass

        def test_third(wide):
            os.environ["TEST_SERVER_MODE_ENDPOINT"] = %r
        """

    output = run_pytest(
        tmp_path,
        textwrap.dedent(program) % endpoint,
        TEST_SERVER_MODE="true",
        TEST_SERVER_MODE_ENDPOINT=endpoint,
    )

    assert "1 failed, 2 passed" in output, output
    assert "unknown: TEST_SERVER_MODE is on, and no server responds at http://127.0.0.1:9 " in output


def test_motos_own_server_has_q_apps_once_registered(environment_keys):
    register()
    with moto_server() as url:
        client = boto3.client("qapps", region_name="us-east-1", endpoint_url=url)

        granted = grant(client)

    assert granted["presignedUrl"].startswith(f"{url}/qapps-uploaded-files-us-east-1-")


@pytest.mark.parametrize("call", [True, False], ids=["hook calls", "hook makes no call"])
def test_the_tests_of_a_class_share_the_state_of_its_hooks(server_mode, call):
    seen: list[list[str]] = []

    @mock_qapps
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            if call:
                boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="hook")

        def test_1(self) -> None:
            s3 = boto3.client("s3", region_name="us-east-1")
            seen.append([each["Name"] for each in s3.list_buckets()["Buckets"]])
            s3.create_bucket(Bucket="test")

        test_2 = test_1 if not call else lambda self: None

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)

    assert result.errors == result.failures == []
    assert seen == ([["hook"]] if call else [[], []])


def test_the_scripts_of_the_hooks_of_a_class_stay_for_each_test_in_server_mode(server_mode):
    q = mock_qapps()
    seen: list[tuple[object, list[str | None], int]] = []

    @q
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            q.fail("CreateQApp", "ConflictException", after=1, times=None)
            q.progress = "manual"

        def test_1(self) -> None:
            client = q.client()
            create_app(client)
            with pytest.raises(client.exceptions.ConflictException):
                create_app(client)
            apps = client.list_q_apps(instanceId=INSTANCE)["apps"]
            seen.append((q.progress, [call.error for call in q.calls("CreateQApp")], len(apps)))

        def test_2(self) -> None:
            client = q.client()
            with pytest.raises(client.exceptions.ConflictException):
                create_app(client)
            apps = client.list_q_apps(instanceId=INSTANCE)["apps"]
            seen.append((q.progress, [call.error for call in q.calls("CreateQApp")], len(apps)))

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)

    assert result.errors == result.failures == []
    assert seen == [
        ("manual", [None, "ConflictException"], 1),
        ("manual", ["ConflictException"], 0),
    ]


def test_every_script_works_in_server_mode(remote):
    client = remote.client(config=ONE_ATTEMPT)
    remote.fail("CreateQApp", "ConflictException", when={"title": "two"}, after=1)
    create_app(client, title="two")
    with pytest.raises(ClientError):
        create_app(client, title="two")
    granted = grant(client)
    remote.fail_upload("InternalError", file_id=granted["fileId"])
    assert post(granted) == 500
    remote.expire(granted["fileId"])
    assert post(granted) == 403

    assert remote.uploads[granted["fileId"]].expired
    assert [call.error for call in remote.calls("CreateQApp", title="two")] == [None, "ConflictException"]
    with pytest.raises(TypeError, match="which a server cannot call: pass a mapping of parameters"):
        remote.fail("GetQApp", "AccessDeniedException", when=callable)


def test_connections_fail_in_server_mode(remote):
    client = remote.client(config=ONE_ATTEMPT)
    remote.fail("ListQApps", "ConnectionClosedError")

    with pytest.raises(ConnectionClosedError):
        client.list_q_apps(instanceId=INSTANCE)


def test_unused_scripts_fail_a_test_in_server_mode(server_mode):
    def nested() -> None:
        with mock_qapps() as outer:
            outer.fail("GetQApp", "AccessDeniedException")
            with mock_qapps(assert_all_used=False) as inner:
                inner.predict({"title": "T", "appDefinition": {"cards": []}})

    with pytest.raises(AssertionError) as failed:
        nested()

    assert str(failed.value).startswith(
        "1 script was not used:\n  fail('GetQApp', 'AccessDeniedException')\n"
    )


def test_a_mock_that_has_ended_still_tells_in_server_mode(server_mode):
    with mock_qapps() as mock:
        grant(mock.client())

    assert [call.operation for call in mock.calls()] == ["CreatePresignedUrl"]
    assert len(mock.uploads) == 1


def test_every_client_calls_the_server_in_server_mode(server_mode):
    keys = {"aws_access_key_id": "k", "aws_secret_access_key": "s", "region_name": "us-east-1"}
    early, s3 = boto3.client("qapps", **keys), boto3.client("s3", **keys)
    with mock_qapps() as mock:
        app = create_app(early)
        listed = boto3.Session().client("qapps", region_name="us-east-1").list_q_apps(instanceId=INSTANCE)
        assert [each["appId"] for each in listed["apps"]] == [app["appId"]]
        assert post(grant(early)) == 204

        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="a/b c", Body=b"Figures")
        assert s3.get_object(Bucket="bucket", Key="a/b c")["Body"].read() == b"Figures"

    assert [call.operation for call in mock.calls()] == ["CreateQApp", "ListQApps", "CreatePresignedUrl"]


@pytest.mark.asyncio
async def test_clients_of_aiobotocore_call_the_server_in_server_mode(remote):
    session = pytest.importorskip("aiobotocore.session").get_session()
    async with session.create_client("qapps", region_name="us-east-1") as client:
        await client.list_q_apps(instanceId=INSTANCE)

    assert [call.operation for call in remote.calls()] == ["ListQApps"]


def test_other_clients_look_up_no_host_of_aws_in_server_mode(remote, monkeypatch):
    with pytest.raises(socket.gaierror) as refused:
        socket.getaddrinfo("s3.amazonaws.com", 443)
    assert refused.value.strerror == (
        "qapps_mock: nothing reaches AWS while a mock is active, and neither qapps_mock nor Moto serves requests of "
        "this client to s3.amazonaws.com (to let it through, name it in "
        "mock_qapps(config={'core': {'passthrough': {'urls': [...]}}}))"
    )

    server = "ec2-203-0-113-1.compute-1.amazonaws.com"
    with monkeypatch.context() as patch:
        patch.setenv("TEST_SERVER_MODE_ENDPOINT", f"http://{server}:5000")
        with pytest.raises(NetworkUsed):  # the tests' own guard
            socket.getaddrinfo(server, 5000)


def test_a_url_that_a_test_lets_through_does_not_go_to_the_server(server_mode):
    config: DefaultConfig = {"core": {"passthrough": {"urls": [".*qapps.*"]}}}
    request = AWSPreparedRequest(
        "GET", "https://data.qapps.us-east-1.amazonaws.com/apps.list", {}, b"", False
    )
    with mock_qapps(config=config):
        send_to_server(request)

    assert request.url == "https://data.qapps.us-east-1.amazonaws.com/apps.list"


def test_progress_after_the_end_is_what_it_was_in_server_mode(server_mode):
    with mock_qapps() as mock:
        mock.progress = 2
    with mock_qapps() as other:
        pass

    assert (mock.progress, other.progress) == (2, "immediate")


def test_a_nested_mock_shows_the_calls_since_its_start_in_server_mode(remote):
    create_app(remote.client())
    with mock_qapps() as nested:
        assert nested.calls() == []
        nested.client().list_q_apps(instanceId=INSTANCE)
    nested_operations = [call.operation for call in nested.calls()]

    assert nested_operations == ["ListQApps"]
    assert [call.operation for call in remote.calls()] == ["CreateQApp", "ListQApps"]


def test_mocks_stop_in_any_order_in_server_mode(server_mode):
    client = boto3.client
    first, second = mock_qapps().start(), mock_qapps().start()

    first.stop()
    second.client().list_q_apps(instanceId=INSTANCE)
    second.stop()

    assert boto3.client is client


def test_without_its_server_a_mock_has_a_repr_and_says_what_is_missing(monkeypatch, remote):
    gone = "http://127.0.0.1:1"
    message = (
        f"TEST_SERVER_MODE is on, and no server responds at {gone} ([Errno 111] Connection refused). "
        "Start one with qapps-mock server, or set TEST_SERVER_MODE_ENDPOINT to its URL."
    )
    with monkeypatch.context() as patch:
        patch.setenv("TEST_SERVER_MODE_ENDPOINT", gone)

        assert repr(remote) == f"<MockQApps, calls unknown: {message}>"
        with pytest.raises(ConnectionError) as error:
            _ = remote.progress
    assert str(error.value) == message
