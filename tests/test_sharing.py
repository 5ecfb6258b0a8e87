"""Who can use a session: its host, and if it is shared all other users, within limits."""

from __future__ import annotations

import pytest

from qapps_mock import mock_qapps
from tests.conftest import INSTANCE, create_app
from tests.running import (
    FORM,
    NOBODY,
    TEXT,
    denied,
    form_card,
    given,
    look,
    missing,
    refusal,
    responses_to,
    share,
    start,
    states,
    submission,
    text_card,
    update,
)


@pytest.fixture
def mock():
    with mock_qapps() as mock:
        yield mock


@pytest.fixture
def ann(mock):
    """The host."""
    return mock.client(user="ann@example.com")


@pytest.fixture
def bob(mock):
    return mock.client(user="bob@example.com")


@pytest.fixture
def eve(mock):
    return mock.client(user="eve@example.com")


def metadata(client, session):
    return client.get_q_app_session_metadata(instanceId=INSTANCE, sessionId=session)


def data(client, session):
    return client.list_q_app_session_data(instanceId=INSTANCE, sessionId=session)["sessionData"]


def names(client, session):
    return [each["value"]["name"] for each in data(client, session)]


def sharing(enabled, accept_responses=True, reveal_cards=True):
    return {"enabled": enabled, "acceptResponses": accept_responses, "revealCards": reveal_cards}


def outsider(mock, session):
    return denied(f"Session {session} is not shared with user {mock.user('bob@example.com')}.")


def no_host(mock, session):
    return denied(f"User {mock.user('bob@example.com')} is not the host of session {session}.")


# Metadata


def test_a_new_session_is_not_shared(ann):
    session = start(ann, text_card())

    answer = metadata(ann, session)

    del answer["ResponseMetadata"]
    arn = look(ann, session)["sessionArn"]
    assert answer == {
        "sessionId": session,
        "sessionArn": arn,
        "sharingConfiguration": sharing(False),
        "sessionOwner": True,
    }


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, sharing(True)),
        ({"acceptResponses": False}, sharing(True, accept_responses=False)),
        ({"revealCards": False}, sharing(True, reveal_cards=False)),
    ],
)
def test_a_shared_session_accepts_and_reveals_responses_by_default(ann, members, expected):
    session = start(ann, text_card())

    answer = share(ann, session, **members)

    assert answer["sharingConfiguration"] == expected
    assert metadata(ann, session)["sharingConfiguration"] == expected


def test_an_update_of_the_metadata_replaces_the_whole_sharing(ann):
    session = start(ann, text_card())
    share(ann, session, acceptResponses=False, revealCards=False)

    share(ann, session)

    assert metadata(ann, session)["sharingConfiguration"] == sharing(True)


def test_an_update_of_the_metadata_returns_the_new_state(ann):
    session = start(ann, text_card())

    answer = ann.update_q_app_session_metadata(
        instanceId=INSTANCE,
        sessionId=session,
        sessionName="Lunch",
        sharingConfiguration={"enabled": False},
    )

    del answer["ResponseMetadata"]
    assert answer == {
        "sessionId": session,
        "sessionArn": look(ann, session)["sessionArn"],
        "sessionName": "Lunch",
        "sharingConfiguration": sharing(False),
    }


def test_the_name_of_a_session_stays_until_another_is_given(ann):
    session = start(ann, text_card())
    ann.update_q_app_session_metadata(
        instanceId=INSTANCE,
        sessionId=session,
        sessionName="Lunch",
        sharingConfiguration={"enabled": False},
    )

    share(ann, session)

    assert metadata(ann, session)["sessionName"] == "Lunch"
    assert look(ann, session)["sessionName"] == "Lunch"


@pytest.mark.parametrize("call", [metadata, share, data], ids=["GetMetadata", "UpdateMetadata", "ListData"])
def test_an_unknown_session_has_neither_metadata_nor_data(ann, call):
    assert refusal(call, ann, NOBODY) == missing("Session", NOBODY)


# A session that is not shared


@pytest.mark.parametrize(
    "call",
    [look, metadata, data, lambda client, session: update(client, session, TEXT="dogs")],
    ids=["Get", "GetMetadata", "ListData", "Update"],
)
def test_only_the_host_can_use_a_session_that_is_not_shared(mock, ann, bob, call):
    session = start(ann, text_card())

    assert refusal(call, bob, session) == outsider(mock, session)
    assert states(ann, session) == ["WAITING", "WAITING"]


def test_only_the_host_can_join_a_session_that_is_not_shared(mock, ann, bob):
    app = create_app(ann, text_card())["appId"]
    session = ann.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)["sessionId"]

    answer = refusal(bob.start_q_app_session, instanceId=INSTANCE, appId=app, appVersion=1, sessionId=session)

    assert answer == outsider(mock, session)


def test_a_session_that_is_shared_no_more_is_closed_to_others(mock, ann, bob):
    session = start(ann, text_card())
    share(ann, session)
    look(bob, session)

    share(ann, session, enabled=False)

    assert refusal(look, bob, session) == outsider(mock, session)


# A shared session


def test_others_join_a_shared_session_with_its_id(mock, ann, bob):
    app = create_app(ann, form_card())["appId"]
    session = ann.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)["sessionId"]
    share(ann, session)

    joined = bob.start_q_app_session(
        instanceId=INSTANCE,
        appId=app,
        appVersion=1,
        sessionId=session,
        initialValues=given({FORM: '{"name": "Bob"}'}),
    )

    assert joined["sessionId"] == session
    assert names(ann, session) == ["Bob"]


def test_others_see_a_shared_session_but_are_not_its_host(ann, bob):
    session = start(ann, text_card(), TEXT="dogs")
    share(ann, session)

    seen = look(bob, session)

    assert seen["cardStatus"][TEXT]["currentValue"] == "dogs"
    assert seen["userIsHost"] is False
    assert metadata(bob, session)["sessionOwner"] is False


def test_others_may_give_values_to_a_shared_session(ann, bob):
    session = start(ann, text_card())
    share(ann, session)

    update(bob, session, TEXT="cats")

    assert states(ann, session) == ["COMPLETED", "COMPLETED"]


@pytest.mark.parametrize(
    "operation", ["stop_q_app_session", "export_q_app_session_data", "update_q_app_session_metadata"]
)
@pytest.mark.parametrize("enabled", [True, False])
def test_only_the_host_may_stop_export_and_share(mock, ann, bob, operation, enabled):
    session = start(ann, form_card(), FORM='{"name": "Ann"}')
    share(ann, session, enabled=enabled)
    more = {"sharingConfiguration": sharing(False)} if operation.endswith("metadata") else {}

    answer = refusal(getattr(bob, operation), instanceId=INSTANCE, sessionId=session, **more)

    assert answer == no_host(mock, session)
    assert metadata(ann, session)["sharingConfiguration"] == sharing(enabled)


# Responses


def test_a_session_that_accepts_no_responses_refuses_those_of_participants(ann, bob):
    session = start(ann, form_card())
    share(ann, session, acceptResponses=False)

    answer = refusal(update, bob, session, submission({"name": "Bob"}))

    assert answer == denied(f"Session {session} does not accept responses.")
    assert data(ann, session) == []


def test_a_session_that_accepts_no_responses_refuses_them_whether_a_card_waits_or_not(ann, bob):
    session = start(ann, form_card(computeMode="append"), FORM='{"name": "Ann"}')
    share(ann, session, acceptResponses=False)

    answer = refusal(update, bob, session, submission({"name": "Bob"}))

    assert answer == denied(f"Session {session} does not accept responses.")
    assert names(ann, session) == ["Ann"]


def test_a_session_that_accepts_no_responses_accepts_other_values_of_participants(ann, bob):
    session = start(ann, form_card(), text_card())
    share(ann, session, acceptResponses=False)

    update(bob, session, TEXT="hello")

    assert look(ann, session)["cardStatus"][TEXT]["currentValue"] == "hello"


def test_a_user_who_joins_gives_no_response_to_a_session_that_accepts_none(ann, bob):
    app = create_app(ann, form_card())["appId"]
    session = ann.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)["sessionId"]
    share(ann, session, acceptResponses=False)
    joining = {"instanceId": INSTANCE, "appId": app, "appVersion": 1, "sessionId": session}

    answer = refusal(bob.start_q_app_session, **joining, initialValues=[submission({"name": "Bob"})])

    assert answer == denied(f"Session {session} does not accept responses.")
    assert bob.start_q_app_session(**joining)["sessionId"] == session


def test_a_form_that_stays_open_opens_no_other_card(ann):
    session = start(ann, form_card(), text_card(), FORM='{"name": "Ann"}', TEXT="hello")
    nothing_waits = {
        "Code": "ValidationException",
        "Message": f"No card of session {session} is waiting for a value.",
    }

    assert refusal(update, ann, session, TEXT="again") == nothing_waits
    assert refusal(update, ann, session) == nothing_waits
    update(ann, session, submission({"name": "Bob"}), TEXT="again")

    assert look(ann, session)["cardStatus"][TEXT]["currentValue"] == "hello"
    assert names(ann, session) == ["Bob"]


def test_an_outsider_does_not_learn_of_which_app_a_session_is(mock, ann, bob):
    session = start(ann, text_card())
    other = create_app(bob, text_card())["appId"]

    answer = refusal(
        bob.start_q_app_session, instanceId=INSTANCE, appId=other, appVersion=1, sessionId=session
    )

    assert answer == outsider(mock, session)


def test_the_host_can_still_respond_to_a_form_that_waits(ann):
    session = start(ann, form_card())
    share(ann, session, acceptResponses=False)

    update(ann, session, submission({"name": "Ann"}))

    assert names(ann, session) == ["Ann"]


def test_a_form_closes_when_its_session_accepts_no_more_responses(ann):
    session = start(ann, form_card(computeMode="append"), FORM='{"name": "Ann"}')
    share(ann, session, acceptResponses=False)

    answer = refusal(update, ann, session, submission({"name": "Ann"}))

    assert answer == {
        "Code": "ValidationException",
        "Message": f"No card of session {session} is waiting for a value.",
    }
    assert names(ann, session) == ["Ann"]


def test_everybody_sees_the_responses_that_are_revealed(ann, bob, eve):
    session = start(ann, form_card())
    share(ann, session)

    update(bob, session, submission({"name": "Bob"}))
    update(eve, session, submission({"name": "Eve"}))

    assert [names(who, session) for who in (ann, bob, eve)] == [["Bob", "Eve"]] * 3


def test_others_see_only_their_own_responses_when_these_are_not_revealed(ann, bob, eve):
    session = start(ann, form_card())
    share(ann, session, revealCards=False)

    update(bob, session, submission({"name": "Bob"}))
    update(eve, session, submission({"name": "Eve"}))

    assert [names(who, session) for who in (ann, bob, eve)] == [["Bob", "Eve"], ["Bob"], ["Eve"]]
    assert responses_to(bob, session) == [{"name": "Bob"}]
    assert responses_to(ann, session) == [{"name": "Bob"}, {"name": "Eve"}]


# Who can start


def test_only_users_who_can_run_an_app_start_a_session_of_it(ann, bob):
    app = create_app(ann, text_card())["appId"]

    answer = refusal(bob.start_q_app_session, instanceId=INSTANCE, appId=app, appVersion=1)

    assert answer["Code"] == "AccessDeniedException"
    assert answer["Message"].startswith(f"Version 1 of app {app} is neither published nor shared with user ")
