"""The control API over HTTP, and `MockQApps` in Moto's server mode, which uses it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from moto import mock_aws, settings
from moto.server import ThreadedMotoServer

from qapps_mock import Call, MockQApps, Upload, mock_qapps, register
from qapps_mock.control.active import ACTIVE
from qapps_mock.models.upload import Refusal
from qapps_mock.server.control_client import RemoteControl
from qapps_mock.server.server import Server
from tests.conftest import (
    APP,
    CONTENT,
    DIGEST,
    INSTANCE,
    ONE_ATTEMPT,
    console_server,
    create_app,
    grant,
)
from tests.running import QUERY, query_card, start

SAY = "/moto-api/static/qapps"
PREDICTION = {"title": "Predicted", "appDefinition": {"cards": []}}


@pytest.fixture
def say(qapps_server):
    """Ask for a resource, and return status and JSON."""

    def ask(method, resource, members=None, data=None):
        answer = requests.request(
            method, f"{qapps_server}{SAY}/{resource}", json=members, data=data, timeout=30
        )
        assert answer.headers["Content-Type"] == "application/json"
        return answer.status_code, answer.json()

    return ask


def post(granted, content=CONTENT):
    return requests.post(
        granted["presignedUrl"],
        data=granted["presignedUrlFields"],
        files={"file": content},
        timeout=30,
    ).status_code


# --- Over HTTP


def test_a_failure_is_scripted(say, qapps_client):
    script = {
        "operation": "create_q_app",
        "exception": "ConflictException",
        "resourceId": "r",
        "message": "No.",
    }

    assert say("POST", "failures", script) == (200, {})

    with pytest.raises(ClientError) as refused:
        create_app(qapps_client)
    assert refused.value.response["Error"] == {"Code": "ConflictException", "Message": "No."}
    assert refused.value.response["resourceId"] == "r"
    assert create_app(qapps_client)["appVersion"] == 1


def test_a_failure_may_last(say, qapps_mock, qapps_client):
    say("POST", "failures", {"operation": "*", "exception": "ThrottlingException", "times": None})

    for _ in range(2):
        with pytest.raises(ClientError, match="ThrottlingException"):
            create_app(qapps_client)


def test_calls_are_shown(say, qapps_client):
    app = create_app(qapps_client, title="Shown")
    with pytest.raises(ClientError):
        qapps_client.get_q_app(instanceId=INSTANCE, appId=APP)

    status, everything = say("GET", "calls")
    _, some = say("GET", "calls?operation=get_q_app")

    created, missed = everything["calls"]
    assert status == 200
    assert (created["operation"], created["error"], created["account"], created["region"]) == (
        "CreateQApp",
        None,
        "123456789012",
        "us-east-1",
    )
    assert created["params"] == {"instanceId": INSTANCE, "title": "Shown", "appDefinition": {"cards": []}}
    assert created["result"]["appId"] == app["appId"]
    assert datetime.fromisoformat(created["at"]).tzinfo == timezone.utc
    assert (missed["error"], missed["result"]) == ("ResourceNotFoundException", None)
    assert some == {"calls": [missed]}


def test_uploads_are_shown(say, qapps_client):
    granted = grant(qapps_client)
    post(granted, b"other")
    post(granted)

    status, shown = say("GET", "uploads")

    upload = shown["uploads"][granted["fileId"]]
    (refusal,) = upload["refused"]
    assert status == 200
    assert (upload["file_name"], upload["content"]) == ("figures.txt", "UXVhcnRlcmx5IGZpZ3VyZXM=")
    assert datetime.fromisoformat(upload["uploaded_at"]).tzinfo == timezone.utc
    assert refusal["code"] == "BadDigest"


def card_of(client, session):
    found = client.get_q_app_session(instanceId=INSTANCE, sessionId=session)
    return found["cardStatus"][QUERY]


def test_answers_are_scripted(say, qapps_client):
    assert say("POST", "answers", {"card": "Summary", "values": ["One.", {"error": "No."}]}) == (200, {})

    first, second = (start(qapps_client, query_card("Say")) for _ in range(2))

    assert card_of(qapps_client, first)["currentValue"] == "One."
    assert card_of(qapps_client, second)["currentState"] == "ERROR"


def test_a_prediction_is_scripted(say, qapps_client):
    assert say("POST", "predictions", {"app": PREDICTION}) == (200, {})

    predicted = qapps_client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": "Any"})

    assert predicted["app"] == PREDICTION


def test_progress_is_set_and_sessions_are_advanced(say, qapps_client):
    before = say("GET", "progress")
    after = say("PUT", "progress", {"progress": "manual"})
    session = start(qapps_client, query_card("Say"))
    waiting = card_of(qapps_client, session)["currentState"]

    assert say("POST", "advance", {"session_id": session}) == (200, {})

    assert (before, after) == ((200, {"progress": "immediate"}), (200, {"progress": "manual"}))
    assert (waiting, card_of(qapps_client, session)["currentState"]) == ("IN_PROGRESS", "COMPLETED")


def test_a_user_has_an_id_and_keys(say, qapps_mock, qapps_server):
    status, ann = say("POST", "users", {"email": "ann@example.com"})

    client = boto3.client(
        "qapps",
        region_name="us-east-1",
        endpoint_url=qapps_server,
        aws_access_key_id=ann["accessKeyId"],
        aws_secret_access_key=ann["secretAccessKey"],
    )
    assert status == 200
    assert create_app(client)["createdBy"] == ann["user"] == qapps_mock.user("ann@example.com")


def test_options_are_read_and_changed_while_it_runs(say, qapps_mock, qapps_client):
    before = say("GET", "options")

    after = say("PUT", "options", {"url_lifetime": 60, "strict": False, "max_file_size": 5})

    options = {
        "strict": False,
        "url_lifetime": 900.0,
        "max_file_size": 50 * 1024 * 1024,
        "enforce_all_posts": False,
    }
    assert before == (200, options)
    assert after == (200, {**options, "url_lifetime": 60.0, "max_file_size": 5})
    life = grant(qapps_client)["presignedUrlExpiration"] - qapps_mock.calls()[0].at
    assert timedelta(seconds=59) < life <= timedelta(seconds=61)


def test_reset_empties_state_scripts_and_history(say, qapps_mock, qapps_client):
    app = create_app(qapps_client)
    qapps_mock.fail("GetQApp", "ThrottlingException")

    assert say("POST", "reset") == (200, {})

    assert qapps_mock.calls() == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        qapps_client.get_q_app(instanceId=INSTANCE, appId=app["appId"])


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        (
            {},
            "TypeError",
            "missing a required argument: 'operation'; the members are: operation, exception",
        ),
        ({"operation": "GetQApp"}, "TypeError", "missing a required argument: 'exception'"),
        (
            {"operation": "GetQap", "exception": "ThrottlingException"},
            "ValueError",
            "Did you mean 'GetQApp'?",
        ),
        ({"operation": "GetQApp", "exception": "Throttling"}, "ValueError", "ThrottlingException"),
        (
            {"operation": "GetQApp", "exception": "ContentTooLargeException"},
            "ValueError",
            "It documents: AccessDenied",
        ),
        (
            {"operation": 5, "exception": "ThrottlingException"},
            "TypeError",
            "operation is 5: ",
        ),
        ({"operation": None, "exception": "X"}, "TypeError", "operation is null: it must be a string"),
        ({"operation": "GetQApp", "exception": []}, "TypeError", "exception is []: it must be a string"),
        ({"operation": "*", "exception": "ThrottlingException", "message": 1}, "TypeError", "message is 1"),
        (
            {"operation": "*", "exception": "ThrottlingException", "times": 0},
            "ValueError",
            "a whole number, 1 or more",
        ),
        ({"operation": "*", "exception": "ThrottlingException", "times": "2"}, "ValueError", "times is '2'"),
        (
            {"operation": "*", "exception": "ThrottlingException", "x": 1},
            "TypeError",
            "Its members are: message",
        ),
        ({"operation": "*", "exception": "ThrottlingException", "mock": 1}, "TypeError", "multiple values"),
        ({"operation": "*", "exception": "ThrottlingException", "self": 1}, "TypeError", "multiple values"),
        (
            {"operation": "*", "exception": "ThrottlingException", "retryAfterSeconds": "3"},
            "TypeError",
            "retryAfterSeconds must be of type integer",
        ),
    ],
)
def test_a_wrong_failure_is_refused_with_what_is_valid(say, qapps_client, members, error, message):
    status, refused = say("POST", "failures", members)

    assert (status, refused["error"]) == (400, error)
    assert message in refused["message"]
    assert create_app(qapps_client)["appVersion"] == 1


@pytest.mark.parametrize(
    ("members", "error", "message"),
    [
        ({"strict": "yes"}, "ValueError", "strict is 'yes': it must be True or False"),
        ({"enforce_all_posts": 1}, "ValueError", "enforce_all_posts is 1: it must be True or False"),
        ({"url_lifetime": 0}, "ValueError", "url_lifetime is 0: it must be a timedelta"),
        ({"url_lifetime": None}, "ValueError", "url_lifetime is None: it must be a timedelta"),
        ({"url_lifetime": 1e300}, "ValueError", "at most 7 days (604800 seconds)"),
        (
            {"max_file_size": 0},
            "ValueError",
            "max_file_size is 0: it must be a whole number of bytes, 1 or more",
        ),
        ({"upload_host": "loopback"}, "TypeError", "A server has no option 'upload_host'."),
        ({"strict": True, "lifetime": 1}, "TypeError", "A server has no option 'lifetime'."),
    ],
)
def test_wrong_options_are_refused_and_change_nothing(say, members, error, message):
    before = say("GET", "options")

    status, refused = say("PUT", "options", members)

    assert (status, refused["error"]) == (400, error)
    assert message in refused["message"]
    assert say("GET", "options") == before


@pytest.mark.parametrize(
    ("resource", "members", "message"),
    [
        ("answers", {}, "missing a required argument: 'card'; the members are: card, values"),
        ("predictions", {}, "missing a required argument: 'app'; the members are: app"),
        ("users", {}, "missing a required argument: 'email'; the members are: email"),
        ("users", {"name": "x"}, "missing a required argument: 'email'; the members are: email"),
        ("reset", {"all": True}, "got an unexpected keyword argument 'all'; the members are: none"),
    ],
)
def test_other_wrong_members_are_refused(say, resource, members, message):
    status, refused = say("POST", resource, members)

    assert (status, refused["message"]) == (400, message)


@pytest.mark.parametrize(
    ("resource", "members", "message"),
    [
        ("answers", {"card": "c", "values": []}, "answer() needs one or more values for the card"),
        ("answers", {"card": ["c"], "values": ["a"]}, "card is ['c']: "),
        ("answers", {"card": "", "values": ["a"]}, "card is '': "),
        ("answers", {"card": "c", "values": "a"}, 'values is "a": '),
        ("answers", {"card": "c", "values": [1]}, "1 is not a valid card answer"),
        ("answers", {"card": "c", "values": [{"error": 1}]}, '{"error": 1} is not a valid card answer'),
        ("users", {"email": 5}, "5 is not a user"),
        ("users", {"email": ""}, "'' is not a user"),
        ("predictions", {"app": {"title": "t"}}, "PredictQApp cannot return this app."),
        ("predictions", {"app": None}, "PredictQApp cannot return this app."),
        ("advance", {"session_id": {}}, "No session {}."),
        ("advance", {"session_id": "nobody"}, "No session 'nobody'."),
    ],
)
def test_wrong_scripts_are_refused(say, resource, members, message):
    status, refused = say("POST", resource, members)

    assert status == 400
    assert message in refused["message"]


@pytest.mark.parametrize("value", [0, -1, True, None, "slow", [], {}, 1.5])
def test_wrong_progress_is_refused_with_what_is_valid(say, value):
    status, refused = say("PUT", "progress", {"progress": value})

    assert (status, refused["error"]) == (400, "ValueError")
    assert "it must be 'immediate', 'manual', or a whole number, 1 or more" in refused["message"]
    assert say("GET", "progress") == (200, {"progress": "immediate"})


@pytest.mark.parametrize("query", ["operation=Nothing", "operation="])
def test_calls_of_an_unknown_operation_are_refused(say, query):
    status, refused = say("GET", f"calls?{query}")

    assert (status, refused["error"]) == (400, "ValueError")
    assert "The operations are: AssociateLibraryItemReview" in refused["message"]


@pytest.mark.parametrize("resource", ["calls?user=ann", "uploads?file=1", "options?strict=1"])
def test_unknown_parameters_are_refused(say, resource):
    status, refused = say("GET", resource)

    assert (status, refused["error"]) == (400, "TypeError")
    assert "got an unexpected keyword argument" in refused["message"]


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"{", '"{"'),
        (b"\xff", r'"\ufffd"'),
        (b"[" * 100_000, f'"{"[" * 80}"'),
        (b"[1, 2]", "[1, 2]"),
        (b"null", "null"),
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(say, data, what):
    status, refused = say("POST", "failures", data=data)

    assert (status, refused["error"]) == (400, "Refused")
    assert refused["message"].endswith(f", not {what}")


@pytest.mark.parametrize("resource", ["", "nothing", "calls/", "Calls"])
def test_an_unknown_resource_is_refused(say, resource):
    status, refused = say("GET", resource)

    assert (status, refused["error"]) == (404, "Refused")
    assert refused["message"].startswith(f"No resource {SAY}/{resource}. ")


@pytest.mark.parametrize(
    ("method", "resource", "allowed"),
    [("DELETE", "calls", "GET"), ("GET", "failures", "POST"), ("POST", "options", "GET, PUT")],
)
def test_another_method_is_refused_with_the_valid_ones(qapps_server, method, resource, allowed):
    answer = requests.request(method, f"{qapps_server}{SAY}/{resource}", timeout=30)

    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.json()["message"].endswith(f" allows {allowed}, not {method}")


def test_without_an_active_mock_the_control_api_refuses():
    with Server() as server:
        answer = requests.get(f"{server.url}{SAY}/calls", timeout=30)

    assert (answer.status_code, answer.json()["error"]) == (409, "Refused")


# --- MockQApps in Moto's server mode


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


def test_reset_empties_the_server(remote):
    create_app(remote.client())

    remote.reset()

    assert remote.calls() == []


def test_wrong_input_raises_what_it_raises_in_process(remote):
    for wrong, kind, message in (
        (lambda: remote.fail("GetQap", "ThrottlingException"), ValueError, "Did you mean 'GetQApp'"),
        (lambda: remote.fail("GetQApp", "ThrottlingException", x=1), TypeError, "has no member 'x'"),
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


def test_each_mock_sets_its_options_and_restores_those_of_the_server(server_mode):
    def options():
        return requests.get(f"{server_mode}{SAY}/options", timeout=30).json()

    with mock_qapps(url_lifetime=60, max_file_size=7):
        inside = options()

    assert (inside["strict"], inside["url_lifetime"], inside["max_file_size"]) == (False, 60.0, 7)
    assert (options()["strict"], options()["url_lifetime"]) == (True, 900.0)


def test_each_mock_finds_the_server_empty_and_leaves_it_so(server_mode):
    with mock_qapps() as first:
        create_app(first.client())
    calls = requests.get(f"{server_mode}{SAY}/calls", timeout=30).json()
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


def test_a_server_of_another_kind_is_an_error_that_names_it(monkeypatch, server_mode):
    with moto_server() as other:
        monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", other)

        with pytest.raises(RuntimeError, match=f"^{other}{SAY}/options responded with status 404. "):
            mock_qapps().start()


def test_without_server_mode_it_is_the_mock_of_this_process():
    assert type(mock_qapps()) is MockQApps
    assert not isinstance(MockQApps(), RemoteControl)


def test_the_mode_is_seen_before_moto_is_imported(run_python):
    program = "import sys; from qapps_mock import mock_qapps; print(type(mock_qapps()).__name__, 'moto' in sys.modules)"

    assert run_python(program, TEST_SERVER_MODE="true") == "RemoteMockQApps False"
    assert run_python(program, TEST_SERVER_MODE="false") == "MockQApps False"


BEHAVIOUR = f"""
import base64, hashlib, boto3, pytest, requests
from botocore.exceptions import ClientError
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
    (tmp_path / "test_it.py").write_text(BEHAVIOUR)
    server = {"TEST_SERVER_MODE": "true", "TEST_SERVER_MODE_ENDPOINT": endpoint} if mode == "server" else {}

    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pytest", "-q", "-p", "no:asyncio", str(tmp_path)],
        env={**os.environ, **server},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert "5 passed" in done.stdout, done.stdout


def test_motos_own_server_has_q_apps_once_registered(environment_keys):
    register()
    with moto_server() as url:
        client = boto3.client("qapps", region_name="us-east-1", endpoint_url=url)

        granted = grant(client)

    assert granted["presignedUrl"].startswith(f"{url}/qapps-uploaded-files-us-east-1-")
