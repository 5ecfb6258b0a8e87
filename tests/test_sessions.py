"""Sessions: start, get, update, stop; which cards wait, and which values are accepted."""

from __future__ import annotations

import pytest
from freezegun import freeze_time

from qapps_mock import mock_qapps, models
from tests.conftest import DIGEST, INSTANCE, create_app
from tests.running import (
    FILE,
    NOBODY,
    QUERY,
    SECOND,
    TEXT,
    form_card,
    given,
    invalid,
    look,
    missing,
    query_card,
    refusal,
    start,
    states,
    text_card,
    update,
    upload_card,
    value_of,
)

OTHER_INSTANCE = "11111111-89cc-4aa8-9aae-aa91cbec699f"


@pytest.fixture
def mock():
    with mock_qapps() as mock:
        yield mock


@pytest.fixture
def client(mock):
    return mock.client()


def imported(client, app, name="a.txt", **members):
    return client.import_document(
        **{
            "instanceId": INSTANCE,
            "appId": app,
            "cardId": FILE,
            "fileContentsBase64": "QQ==",
            "fileName": name,
            "scope": "APPLICATION",
            **members,
        }
    )["fileId"]


def begin(client, app, version=1, **members):
    return client.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=version, **members)


# Start


def test_a_session_has_an_id_and_the_arn_of_its_app(client):
    app = create_app(client, text_card())

    session = begin(client, app["appId"])

    assert session["sessionArn"] == f"{app['appArn']}/session/{session['sessionId']}"


def test_every_start_makes_a_session_of_its_own(client):
    app = create_app(client, text_card())["appId"]

    first = begin(client, app, initialValues=given({TEXT: "dogs"}))["sessionId"]
    second = begin(client, app)["sessionId"]

    assert [states(client, first), states(client, second)] == [
        ["COMPLETED", "COMPLETED"],
        ["WAITING", "WAITING"],
    ]


def test_an_unknown_app_has_no_sessions(client):
    assert refusal(begin, client, NOBODY) == missing("App", NOBODY)


@pytest.mark.parametrize("version", [0, 2])
def test_an_unknown_version_cannot_be_started(client, version):
    app = create_app(client, text_card())["appId"]

    assert refusal(begin, client, app, version) == {
        "Code": "ResourceNotFoundException",
        "Message": f"App {app} has no version {version}.",
        "resourceId": app,
        "resourceType": "AppVersion",
    }


def test_the_host_gets_a_session_back_by_its_id(client):
    app = create_app(client, text_card())["appId"]
    session = begin(client, app)

    again = begin(client, app, sessionId=session["sessionId"], initialValues=given({TEXT: "dogs"}))

    assert (again["sessionId"], again["sessionArn"]) == (session["sessionId"], session["sessionArn"])
    assert value_of(client, session["sessionId"], TEXT) == "dogs"


def test_a_session_that_does_not_exist_cannot_be_joined(client):
    app = create_app(client, text_card())["appId"]

    assert refusal(begin, client, app, sessionId="nonsense") == missing("Session", "nonsense")


def test_a_session_of_another_app_cannot_be_joined(client):
    session = start(client, text_card())
    other = create_app(client, text_card())["appId"]

    assert refusal(begin, client, other, sessionId=session) == invalid(
        f"Session {session} is not a session of app {other}."
    )


def test_a_refused_start_leaves_no_session(client):
    app = create_app(client, upload_card())["appId"]

    refusal(begin, client, app, initialValues=given({FILE: "dogs"}))

    assert [list(backend._sessions) for backend in models.all_backends()] == [[]]


# Get


def test_a_look_shows_the_whole_session(client):
    session = start(client, text_card(), query_card(f"About @{TEXT}."), TEXT="dogs")

    seen = look(client, session)

    del seen["ResponseMetadata"]
    assert seen == {
        "sessionId": session,
        "sessionArn": seen["sessionArn"],
        "appVersion": 1,
        "status": "COMPLETED",
        "cardStatus": {
            TEXT: {"currentState": "COMPLETED", "currentValue": "dogs"},
            QUERY: {
                "currentState": "COMPLETED",
                "currentValue": "[qapps_mock: no real answer] Summary: About dogs.",
            },
        },
        "userIsHost": True,
    }


@pytest.mark.parametrize("operation", ["get_q_app_session", "update_q_app_session", "stop_q_app_session"])
def test_an_unknown_session_is_not_found(client, operation):
    call = getattr(client, operation)

    assert refusal(call, instanceId=INSTANCE, sessionId=NOBODY) == missing("Session", NOBODY)


@pytest.mark.parametrize("operation", ["get_q_app_session", "update_q_app_session", "stop_q_app_session"])
def test_a_session_of_another_instance_is_not_found(client, operation):
    session = start(client, text_card())
    call = getattr(client, operation)

    assert refusal(call, instanceId=OTHER_INSTANCE, sessionId=session) == missing("Session", session)


def test_an_app_without_cards_completes_immediately(client):
    session = start(client)

    assert states(client, session) == ["COMPLETED"]


def test_a_published_version_is_shown(client):
    app = create_app(client, text_card())["appId"]
    session = begin(client, app)["sessionId"]

    client.create_library_item(instanceId=INSTANCE, appId=app, appVersion=1, categories=[])

    assert look(client, session)["latestPublishedAppVersion"] == 1


# Update


def test_cards_wait_until_the_user_gives_a_value(client):
    session = start(client, text_card(), query_card(f"About @{TEXT}."))
    before = states(client, session)

    update(client, session, TEXT="dogs")

    assert before == ["WAITING", "WAITING", "WAITING"]
    assert states(client, session) == ["COMPLETED", "COMPLETED", "COMPLETED"]


def test_an_update_returns_the_session(client):
    session = start(client, text_card())

    answer = update(client, session, TEXT="dogs")

    assert answer["sessionId"] == session
    assert answer["sessionArn"].endswith(f"/session/{session}")


def test_a_default_value_is_not_given_by_the_service(client):
    session = start(client, text_card(defaultValue="dogs"))

    assert states(client, session) == ["WAITING", "WAITING"]


def test_an_empty_text_is_not_a_value(client):
    session = start(client, text_card(), TEXT="")

    assert states(client, session) == ["WAITING", "WAITING"]


def test_an_update_without_values_does_not_move_the_session(client):
    session = start(client, text_card())

    client.update_q_app_session(instanceId=INSTANCE, sessionId=session)

    assert states(client, session) == ["WAITING", "WAITING"]


@pytest.mark.parametrize("values", [{}, {TEXT: "cats"}])
def test_a_session_in_which_no_card_waits_refuses_updates(client, values):
    session = start(client, text_card(), TEXT="dogs")

    answer = refusal(update, client, session, *given(values))

    assert answer == invalid(f"No card of session {session} is waiting for a value.")


def test_values_of_cards_that_do_not_wait_are_ignored(client):
    session = start(client, text_card(), text_card(SECOND, "Place"), query_card("Hello"), TEXT="dogs")

    update(client, session, TEXT="cats", QUERY="Mine", SECOND="home")

    assert [value_of(client, session, card) for card in (TEXT, SECOND)] == ["dogs", "home"]
    assert value_of(client, session, QUERY) == "[qapps_mock: no real answer] Summary: Hello"


def test_the_last_of_two_values_for_a_card_counts(client):
    session = start(client, text_card())

    update(client, session, *given({TEXT: "dogs"}), *given({TEXT: "cats"}))

    assert value_of(client, session, TEXT) == "cats"


def test_a_submission_mutation_is_for_forms_only(client):
    session = start(client, text_card())
    mutation = {"submissionId": NOBODY, "mutationType": "add"}

    answer = refusal(
        update, client, session, {"cardId": TEXT, "value": "dogs", "submissionMutation": mutation}
    )

    assert answer == invalid(
        f"Card {TEXT} takes no submissionMutation: it is for form cards with the computeMode append."
    )


# Files


def test_the_value_of_a_file_card_is_the_id_of_a_file(client):
    app = create_app(client, upload_card())["appId"]
    session = begin(client, app)["sessionId"]
    file_id = imported(client, app)

    update(client, session, FILE=file_id)

    assert states(client, session) == ["COMPLETED", "COMPLETED"]
    assert value_of(client, session, FILE) == file_id


@pytest.mark.parametrize("value", ["", NOBODY, "report.pdf"])
def test_a_file_that_does_not_exist_is_refused(client, value):
    session = start(client, upload_card())

    assert refusal(update, client, session, FILE=value) == invalid(f"File {value} does not exist.")
    assert states(client, session) == ["WAITING", "WAITING"]


def test_a_file_of_another_app_is_refused(client):
    session = start(client, upload_card())
    foreign = imported(client, create_app(client, upload_card())["appId"])

    assert refusal(update, client, session, FILE=foreign) == invalid(
        f"File {foreign} belongs to another app or session."
    )


def test_a_file_of_another_session_is_refused(client):
    app = create_app(client, upload_card())["appId"]
    session, other = (begin(client, app)["sessionId"] for _ in range(2))
    foreign = imported(client, app, scope="SESSION", sessionId=other)

    assert refusal(update, client, session, FILE=foreign) == invalid(
        f"File {foreign} belongs to another app or session."
    )


def presigned(client, app):
    return client.create_presigned_url(
        instanceId=INSTANCE,
        appId=app,
        cardId=FILE,
        fileName="a.txt",
        fileContentsSha256=DIGEST,
        scope="APPLICATION",
    )["fileId"]


def test_a_file_may_be_named_before_its_upload(client):
    app = create_app(client, upload_card())["appId"]
    session = begin(client, app)["sessionId"]

    update(client, session, FILE=presigned(client, app))

    assert states(client, session) == ["COMPLETED", "COMPLETED"]


def test_a_strict_mock_refuses_a_file_before_its_upload():
    with mock_qapps(strict=True) as mock:
        client = mock.client()
        app = create_app(client, upload_card())["appId"]
        session = begin(client, app)["sessionId"]
        file_id = presigned(client, app)

        answer = refusal(update, client, session, FILE=file_id)

    assert answer == invalid(f"File {file_id} has not been uploaded yet.")


def test_a_strict_mock_accepts_an_imported_file():
    with mock_qapps(strict=True) as mock:
        client = mock.client()
        app = create_app(client, upload_card())["appId"]
        session = begin(client, app)["sessionId"]

        update(client, session, FILE=imported(client, app))

        assert states(client, session) == ["COMPLETED", "COMPLETED"]


@pytest.mark.parametrize("members", [{}, {"allowOverride": False}])
def test_a_preset_file_stays(client, members):
    app = create_app(client, upload_card(fileId=NOBODY, **members), text_card())["appId"]
    file_id = imported(client, app)

    session = begin(client, app, initialValues=given({FILE: file_id}))["sessionId"]

    assert states(client, session) == ["WAITING", "COMPLETED", "WAITING"]
    assert value_of(client, session, FILE) == NOBODY


def test_a_default_file_can_be_overridden_if_its_card_allows_it(client):
    card = upload_card(fileId=NOBODY, allowOverride=True)
    app = create_app(client, card, query_card(f"Read @{FILE}."))["appId"]
    file_id = imported(client, app)

    session = begin(client, app, initialValues=given({FILE: file_id}))["sessionId"]

    assert value_of(client, session, FILE) == file_id
    assert value_of(client, session, QUERY).endswith(f"Read {file_id}.")


# Stop


def test_a_stopped_session_is_gone(client):
    session = start(client, text_card())

    answer = client.stop_q_app_session(instanceId=INSTANCE, sessionId=session)

    assert set(answer) == {"ResponseMetadata"}
    assert refusal(look, client, session) == missing("Session", session)
    assert refusal(client.stop_q_app_session, instanceId=INSTANCE, sessionId=session) == missing(
        "Session", session
    )


def test_a_stop_leaves_other_sessions_alone(client):
    app = create_app(client, text_card())["appId"]
    stopped, other = (begin(client, app)["sessionId"] for _ in range(2))

    client.stop_q_app_session(instanceId=INSTANCE, sessionId=stopped)

    assert look(client, other)["status"] == "WAITING"


def test_the_sessions_of_an_app_go_when_it_is_deleted(client):
    app, other = (create_app(client, text_card())["appId"] for _ in range(2))
    gone, kept = begin(client, app)["sessionId"], begin(client, other)["sessionId"]

    client.delete_q_app(instanceId=INSTANCE, appId=app)

    assert refusal(look, client, gone) == missing("Session", gone)
    assert look(client, kept)["status"] == "WAITING"


def test_a_form_card_shows_its_submissions_and_an_empty_value(client):
    with freeze_time("2026-03-01 12:00:00"):
        session = start(client, form_card(), FORM='{"name": "Ann"}')

    seen = look(client, session)["cardStatus"].popitem()[1]

    assert (seen["currentState"], seen["currentValue"]) == ("COMPLETED", "")
    (only,) = seen["submissions"]
    assert only["value"] == {"name": "Ann"}
    assert only["timestamp"].isoformat() == "2026-03-01T12:00:00+00:00"
    assert only.keys() == {"value", "submissionId", "timestamp"}
