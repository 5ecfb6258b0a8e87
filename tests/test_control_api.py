"""The control API: how a test controls a server over HTTP."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from qapps_mock import mock_qapps
from qapps_mock.server.server import Server
from tests.conftest import (
    APP,
    CONTENT,
    INSTANCE,
    create_app,
    grant,
)
from tests.running import card_of, query_card, start

CONTROL = "/moto-api/static/qapps"
PREDICTION = {"title": "Predicted", "appDefinition": {"cards": []}}


@pytest.fixture
def control_api(qapps_server):
    """Send a request to the control API, and return status and JSON."""

    def send(method, resource, members=None, data=None):
        response = requests.request(
            method, f"{qapps_server}{CONTROL}/{resource}", json=members, data=data, timeout=30
        )
        assert response.headers["Content-Type"] == "application/json"
        return response.status_code, response.json()

    return send


def post(granted, content=CONTENT):
    return requests.post(
        granted["presignedUrl"],
        data=granted["presignedUrlFields"],
        files={"file": content},
        timeout=30,
    ).status_code


def test_a_failure_is_scripted(control_api, qapps_client):
    script = {
        "operation": "create_q_app",
        "exception": "ConflictException",
        "resourceId": "r",
        "message": "No.",
    }

    status, body = control_api("POST", "failures", script)
    assert (status, list(body)) == (200, ["script"])

    with pytest.raises(ClientError) as refused:
        create_app(qapps_client)
    assert refused.value.response["Error"] == {"Code": "ConflictException", "Message": "No."}
    assert refused.value.response["resourceId"] == "r"
    assert create_app(qapps_client)["appVersion"] == 1


def test_a_failure_may_last(control_api, qapps_mock, qapps_client):
    control_api("POST", "failures", {"operation": "*", "exception": "ThrottlingException", "times": None})

    for _ in range(2):
        with pytest.raises(ClientError, match="ThrottlingException"):
            create_app(qapps_client)


def test_calls_are_shown(control_api, qapps_client):
    app = create_app(qapps_client, title="Shown")
    with pytest.raises(ClientError):
        qapps_client.get_q_app(instanceId=INSTANCE, appId=APP)

    status, everything = control_api("GET", "calls")
    _, some = control_api("GET", "calls?operation=get_q_app")

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


def test_the_attempts_of_a_retried_call_have_one_invocation(control_api, qapps_client):
    control_api("POST", "failures", {"operation": "ListQApps", "exception": "ThrottlingException"})
    qapps_client.list_q_apps(instanceId=INSTANCE)
    qapps_client.list_q_apps(instanceId=INSTANCE)

    _, shown = control_api("GET", "calls")
    _, scripts = control_api("GET", "scripts")

    first, second, third = shown["calls"]
    assert first["invocation"] == second["invocation"] != third["invocation"]
    assert first["arrival"] < second["arrival"] < third["arrival"]
    assert [call["message"] for call in shown["calls"]] == [
        "The requested operation could not be completed because too many requests were sent at once. "
        "Wait a bit and try again later.",
        None,
        None,
    ]
    [script] = scripts["scripts"]
    assert script == {
        "script": script["script"],
        "text": "fail('ListQApps', 'ThrottlingException')",
        "used": 1,
        "times": 1,
    }


def test_uploads_are_shown(control_api, qapps_client):
    granted = grant(qapps_client)
    post(granted, b"other")
    post(granted)

    status, shown = control_api("GET", "uploads")

    upload = shown["uploads"][granted["fileId"]]
    (refusal,) = upload["refused"]
    assert status == 200
    assert (upload["file_name"], upload["content"]) == ("figures.txt", "UXVhcnRlcmx5IGZpZ3VyZXM=")
    assert datetime.fromisoformat(upload["uploaded_at"]).tzinfo == timezone.utc
    assert refusal["code"] == "BadDigest"


def test_answers_are_scripted(control_api, qapps_client):
    values = ["One.", {"error": "No."}]
    assert control_api("POST", "answers", {"card": "Summary", "values": values})[0] == 200

    first, second = (start(qapps_client, query_card("Say")) for _ in range(2))

    assert card_of(qapps_client, first)["currentValue"] == "One."
    assert card_of(qapps_client, second)["currentState"] == "ERROR"


def test_a_prediction_is_scripted(control_api, qapps_client):
    assert control_api("POST", "predictions", {"app": PREDICTION})[0] == 200

    predicted = qapps_client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": "Any"})

    assert predicted["app"] == PREDICTION


def test_unused_scripts_are_listed_by_their_numbers(control_api, qapps_client):
    _, one = control_api("POST", "failures", {"operation": "ListQApps", "exception": "AccessDeniedException"})
    _, two = control_api("POST", "failures", {"operation": "CreateQApp", "exception": "ConflictException"})
    assert two["script"] > one["script"]
    with pytest.raises(ClientError):
        create_app(qapps_client)

    assert control_api("GET", "unused") == (
        200,
        {
            "unused": [
                {
                    "script": one["script"],
                    "text": "fail('ListQApps', 'AccessDeniedException')\n"
                    "    No call of ListQApps came. Called: CreateQApp (1).",
                }
            ]
        },
    )
    with pytest.raises(ClientError):
        qapps_client.list_q_apps(instanceId=INSTANCE)


def test_uploads_fail_and_urls_expire(control_api, qapps_client, qapps_mock):
    granted = grant(qapps_client)
    file_id = granted["fileId"]

    def post():
        form = {"data": granted["presignedUrlFields"], "files": {"file": CONTENT}}
        return requests.post(granted["presignedUrl"], timeout=60, **form).status_code

    assert control_api("POST", "upload-failures", {"code": "InternalError", "file_id": file_id})[0] == 200
    assert post() == 500
    assert control_api("POST", "expirations", {"file_id": file_id}) == (200, {})
    assert post() == 403
    assert control_api("POST", "expirations", {"file_id": "x"}) == (
        400,
        {"error": "ValueError", "message": "No file 'x'. Pass a fileId returned by CreatePresignedUrl."},
    )
    assert control_api("GET", "uploads")[1]["uploads"][file_id]["expired"] is True


def test_failures_depend_on_parameters(control_api, qapps_client):
    script = {
        "operation": "CreateQApp",
        "exception": "ConflictException",
        "when": {"title": "two"},
        "after": 1,
    }
    control_api("POST", "failures", script)

    def fails(title):
        try:
            create_app(qapps_client, title=title)
        except ClientError:
            return True
        return False

    assert [fails(title) for title in ("one", "two", "two")] == [False, False, True]
    query = urlencode({"operation": "CreateQApp", "title": "two", "appDefinition": '{"cards": []}'})
    status, found = control_api("GET", f"calls?{query}")
    assert (status, [call["error"] for call in found["calls"]]) == (200, [None, "ConflictException"])
    assert control_api("GET", "calls?appDefinition=x") == (
        400,
        {
            "error": "ValueError",
            "message": "appDefinition is 'x': it must be JSON, since it is not a string in AWS's model",
        },
    )


def test_progress_is_set_and_sessions_are_advanced(control_api, qapps_client):
    before = control_api("GET", "progress")
    after = control_api("PUT", "progress", {"progress": "manual"})
    session = start(qapps_client, query_card("Say"))
    waiting = card_of(qapps_client, session)["currentState"]

    assert control_api("POST", "advance", {"session_id": session}) == (200, {})

    assert (before, after) == ((200, {"progress": "immediate"}), (200, {"progress": "manual"}))
    assert (waiting, card_of(qapps_client, session)["currentState"]) == ("IN_PROGRESS", "COMPLETED")


def test_a_user_has_an_id_and_keys(control_api, qapps_mock, qapps_server):
    status, ann = control_api("POST", "users", {"email": "ann@example.com"})

    client = boto3.client(
        "qapps",
        region_name="us-east-1",
        endpoint_url=qapps_server,
        aws_access_key_id=ann["accessKeyId"],
        aws_secret_access_key=ann["secretAccessKey"],
    )
    assert status == 200
    assert create_app(client)["createdBy"] == ann["user"] == qapps_mock.user("ann@example.com")


def test_options_are_read_and_changed_while_it_runs(control_api, qapps_mock, qapps_client):
    before = control_api("GET", "options")

    after = control_api("PUT", "options", {"url_lifetime": 60, "strict": False, "max_file_size": 5})

    options = {
        "strict": False,
        "url_lifetime": 900.0,
        "max_file_size": 50 * 1024 * 1024,
        "enforce_all_posts": False,
        "page_size": 100,
        "seed": None,
        "upload_credentials": None,
    }
    assert before == (200, options)
    assert after == (200, {**options, "url_lifetime": 60.0, "max_file_size": 5})
    life = grant(qapps_client)["presignedUrlExpiration"] - qapps_mock.calls()[0].at
    assert timedelta(seconds=59) < life <= timedelta(seconds=61)


def test_a_page_size_and_a_seed_apply_from_the_next_call(control_api, qapps_client):
    control_api("PUT", "options", {"page_size": 1, "seed": 7})

    create_app(qapps_client)
    create_app(qapps_client)
    page = qapps_client.list_q_apps(instanceId=INSTANCE)["apps"]
    with mock_qapps(seed=7) as mock:
        mock.reset()
        create_app(mock.client())
        again = create_app(mock.client())

    assert [app["appId"] for app in page] == [again["appId"]]


def test_reset_empties_state_scripts_and_history(control_api, qapps_mock, qapps_client):
    app = create_app(qapps_client)
    qapps_mock.fail("GetQApp", "ThrottlingException")

    assert control_api("POST", "reset") == (200, {})

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
        (
            {"operation": "*", "exception": "ThrottlingException", "mock": 1},
            "TypeError",
            "has no member 'mock'",
        ),
        (
            json.loads(
                '{"operation": "TagResource", "exception": "ThrottlingException", "when": '
                + 600 * '{"tags": '
                + "1"
                + 601 * "}"
            ),
            "ValueError",
            "The request is nested too deeply.",
        ),
        (
            {"operation": "*", "exception": "ThrottlingException", "self": 1},
            "TypeError",
            "has no member 'self'",
        ),
        (
            {"operation": "*", "exception": "ThrottlingException", "retryAfterSeconds": "3"},
            "TypeError",
            "retryAfterSeconds must be of type integer",
        ),
    ],
)
def test_a_wrong_failure_is_refused_with_what_is_valid(control_api, qapps_client, members, error, message):
    status, refused = control_api("POST", "failures", members)

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
def test_wrong_options_are_refused_and_change_nothing(control_api, members, error, message):
    before = control_api("GET", "options")

    status, refused = control_api("PUT", "options", members)

    assert (status, refused["error"]) == (400, error)
    assert message in refused["message"]
    assert control_api("GET", "options") == before


@pytest.mark.parametrize(
    ("resource", "members", "message"),
    [
        ("answers", {}, "missing a required argument: 'card'; the members are: card, values"),
        ("predictions", {}, "missing a required argument: 'app'; the members are: app"),
        ("users", {}, "missing a required argument: 'email'; the members are: email, id"),
        ("users", {"name": "x"}, "missing a required argument: 'email'; the members are: email, id"),
        ("reset", {"all": True}, "got an unexpected keyword argument 'all'; the members are: none"),
    ],
)
def test_other_wrong_members_are_refused(control_api, resource, members, message):
    status, refused = control_api("POST", resource, members)

    assert (status, refused["message"]) == (400, message)


@pytest.mark.parametrize(
    ("resource", "members", "message"),
    [
        ("answers", {"card": "c", "values": []}, "values is []: it must be a list of texts, or of "),
        ("answers", {"card": ["c"], "values": ["a"]}, "card is ['c']: "),
        ("answers", {"card": "", "values": ["a"]}, "card is '': "),
        ("answers", {"card": "c", "values": "a"}, 'values is "a": '),
        ("answers", {"card": "c", "values": [1]}, "1 is not a valid card answer"),
        ("answers", {"card": "c", "values": [{"error": 1}]}, '{"error": 1} is not a valid card answer'),
        ("users", {"email": 5}, "5 is not a user"),
        ("users", {"email": ""}, "'' is not a user"),
        ("users", {"email": "\ud800"}, r"'\ud800' is not a user"),
        ("predictions", {"app": {"title": "t"}}, "PredictQApp cannot return this app."),
        ("predictions", {"app": None}, "PredictQApp cannot return this app."),
        ("advance", {"session_id": {}}, "No session {}."),
        ("advance", {"session_id": "nobody"}, "No session 'nobody'."),
    ],
)
def test_wrong_scripts_are_refused(control_api, resource, members, message):
    status, refused = control_api("POST", resource, members)

    assert status == 400
    assert message in refused["message"]


@pytest.mark.parametrize("value", [0, -1, True, None, "slow", [], {}, 1.5])
def test_wrong_progress_is_refused_with_what_is_valid(control_api, value):
    status, refused = control_api("PUT", "progress", {"progress": value})

    assert (status, refused["error"]) == (400, "ValueError")
    assert refused["message"] == (
        f'progress is {json.dumps(value)}: it must be "immediate", "manual", a whole number, 1 or more, of '
        'GetQAppSession calls, or {"seconds": N} with a number of more than 0'
    )
    assert control_api("GET", "progress") == (200, {"progress": "immediate"})


@pytest.mark.parametrize("query", ["operation=Nothing", "operation="])
def test_calls_of_an_unknown_operation_are_refused(control_api, query):
    status, refused = control_api("GET", f"calls?{query}")

    assert (status, refused["error"]) == (400, "ValueError")
    assert "The operations are: AssociateLibraryItemReview" in refused["message"]


@pytest.mark.parametrize("resource", ["uploads?file=1", "options?strict=1"])
def test_unknown_parameters_are_refused(control_api, resource):
    status, refused = control_api("GET", resource)

    assert (status, refused["error"]) == (400, "TypeError")
    assert "got an unexpected keyword argument" in refused["message"]


@pytest.mark.parametrize("name", ["user", "self", "mock", "parameters"])
def test_calls_with_a_parameter_that_no_operation_has_are_refused(control_api, name):
    status, refused = control_api("GET", f"calls?{name}=ann")

    assert (status, refused["error"]) == (400, "ValueError")
    assert refused["message"].startswith(f"No operation has a parameter '{name}'.")


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
def test_a_body_that_is_not_a_json_object_is_refused(control_api, data, what):
    status, refused = control_api("POST", "failures", data=data)

    assert (status, refused["error"]) == (400, "Refused")
    assert refused["message"].endswith(f", not {what}")


@pytest.mark.parametrize("resource", ["", "nothing", "calls/", "Calls"])
def test_an_unknown_resource_is_refused(control_api, resource):
    status, refused = control_api("GET", resource)

    assert (status, refused["error"]) == (404, "Refused")
    assert refused["message"].startswith(f"No resource {CONTROL}/{resource}. ")


@pytest.mark.parametrize(
    ("method", "resource", "allowed"),
    [("DELETE", "calls", "GET"), ("GET", "failures", "POST"), ("POST", "options", "GET, PUT")],
)
def test_another_method_is_refused_with_the_valid_ones(qapps_server, method, resource, allowed):
    response = requests.request(method, f"{qapps_server}{CONTROL}/{resource}", timeout=30)

    assert (response.status_code, response.headers["Allow"]) == (405, allowed)
    assert response.json()["message"].endswith(f" allows {allowed}, not {method}")


def test_without_an_active_mock_the_control_api_refuses():
    with Server() as server:
        response = requests.get(f"{server.url}{CONTROL}/calls", timeout=30)

    assert (response.status_code, response.json()["error"]) == (409, "Refused")
