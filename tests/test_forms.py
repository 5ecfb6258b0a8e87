"""Form cards: valid responses, the number of responses per user, and mutations."""

from __future__ import annotations

import json

import pytest
from freezegun import freeze_time

from qapps_mock import mock_qapps
from tests.conftest import INSTANCE
from tests.running import (
    FORM,
    NOBODY,
    QUERY,
    form_card,
    invalid,
    look,
    query_card,
    refusal,
    responses_to,
    share,
    start,
    states,
    submission,
    text_card,
    update,
    value_of,
)

FIRST = "10000000-0000-4000-8000-000000000000"
ANOTHER = "20000000-0000-4000-8000-000000000000"
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 5}, "age": {"type": "integer"}},
    "required": ["name"],
}
NO_OBJECT = f"The value of form card {FORM} must be the JSON text of an object."
MISFIT = f"The value of form card {FORM} does not match the card's schema: "


@pytest.fixture
def mock():
    with mock_qapps() as mock:
        yield mock


@pytest.fixture
def client(mock):
    return mock.client()


def shared(client, *cards):
    """Start a session that accepts more than one response."""
    session = start(client, *cards)
    share(client, session)
    return session


def ids(client, session):
    submissions = look(client, session)["cardStatus"][FORM]["submissions"]
    return [each["submissionId"] for each in submissions]


# Valid responses


@pytest.mark.parametrize(
    "text",
    ["", "Ann", "[]", "null", '"Ann"', "1", '{"name": "Ann"', '{"a": NaN}', '{"a": 1e999}', "[" * 5000],
)
def test_a_response_must_be_the_json_text_of_an_object(client, text):
    session = start(client, form_card())

    assert refusal(update, client, session, submission(text)) == invalid(NO_OBJECT)
    assert states(client, session) == ["WAITING", "WAITING"]


@pytest.mark.parametrize(
    "response", [{}, {"name": "Ann"}, {"deep": [{"a": None}, 1.5, True, "ü", "\U0001f600"]}]
)
def test_a_response_is_kept_as_it_came(client, response):
    session = start(client, form_card())

    update(client, session, submission(response))

    assert responses_to(client, session) == [response]


def test_a_response_that_matches_the_schema_is_accepted(client):
    session = start(client, form_card(SCHEMA))

    update(client, session, submission({"name": "Ann", "age": 30}))

    assert states(client, session) == ["COMPLETED", "COMPLETED"]


@pytest.mark.parametrize(
    ("response", "complaint"),
    [
        ({}, "'name' is a required property at '/'"),
        ({"name": 1}, "1 is not of type 'string' at '/name'"),
        ({"name": "Margaret"}, "'Margaret' is too long at '/name'"),
        (
            {"name": 1, "age": "old"},
            "1 is not of type 'string' at '/name'; 'old' is not of type 'integer' at '/age'",
        ),
    ],
)
def test_a_response_against_the_schema_is_refused_with_all_its_complaints(client, response, complaint):
    session = start(client, form_card(SCHEMA))

    assert refusal(update, client, session, submission(response)) == invalid(MISFIT + complaint)
    assert states(client, session) == ["WAITING", "WAITING"]


def test_a_complaint_names_the_place_as_a_json_pointer(client):
    schema = {"properties": {"a/b~c": {"type": "array", "items": {"type": "null"}}}}
    session = start(client, form_card(schema))

    answer = refusal(update, client, session, submission({"a/b~c": [None, 1]}))

    assert answer == invalid(f"{MISFIT}1 is not of type 'null' at '/a~1b~0c/1'")


def test_the_schema_states_its_draft(client):
    card = form_card(
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "properties": {"age": {"maximum": 9, "exclusiveMaximum": True}},
        }
    )
    session = start(client, card)

    answer = refusal(update, client, session, submission({"age": 9}))

    assert answer == invalid(f"{MISFIT}9 is greater than or equal to the maximum of 9 at '/age'")


def test_prompts_that_refer_to_the_form_contain_its_responses(client):
    session = shared(client, form_card(computeMode="append"), query_card(f"Sum up @{FORM}"))

    update(client, session, submission({"name": "Ann"}))
    update(client, session, submission({"name": "Zoë"}))

    assert value_of(client, session, QUERY).endswith('Sum up [{"name": "Ann"}, {"name": "Zoë"}]')


# One response, or many


@pytest.mark.parametrize("begin", [start, shared], ids=["one's own", "shared"])
@pytest.mark.parametrize("others", [(), (text_card(),)], ids=["form alone", "another card waits"])
def test_a_form_stays_open(client, begin, others):
    session = begin(client, form_card(computeMode="append"), *others)

    for number in range(3):
        update(client, session, submission({"n": number}))

    assert responses_to(client, session) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_a_form_accepts_one_response_per_user_by_default(client):
    session = shared(client, form_card())

    with freeze_time("2026-03-01 12:00:00"):
        update(client, session, submission({"n": 1}))
    before = ids(client, session)
    with freeze_time("2026-03-01 13:00:00"):
        update(client, session, submission({"n": 2}))

    (only,) = look(client, session)["cardStatus"][FORM]["submissions"]
    assert only["value"] == {"n": 2}
    assert only["timestamp"].hour == 13
    assert ids(client, session) == before


def test_each_user_has_one_response(mock, client):
    session = shared(client, form_card())
    bob = mock.client(user="bob@example.com")

    update(client, session, submission({"n": 1}))
    update(bob, session, submission({"n": 2}))
    update(client, session, submission({"n": 3}))

    assert responses_to(client, session) == [{"n": 2}, {"n": 3}]


def test_two_forms_keep_their_responses_apart(client):
    session = shared(client, form_card(), form_card(card_id=ANOTHER))

    update(client, session, submission({"n": 1}))
    update(client, session, {"cardId": ANOTHER, "value": '{"n": 2}'})

    assert responses_to(client, session) == [{"n": 1}]
    assert responses_to(client, session, ANOTHER) == [{"n": 2}]


# Mutations


@pytest.mark.parametrize("mutation", ["add", "edit", "delete"])
def test_a_form_for_one_response_accepts_no_mutation(client, mutation):
    session = shared(client, form_card(computeMode="replace"))

    answer = refusal(update, client, session, submission({}, mutation, FIRST))

    assert answer == invalid(
        f"Card {FORM} takes no submissionMutation: it is for form cards with the computeMode append."
    )


def test_an_added_submission_has_the_id_that_was_given(client):
    session = shared(client, form_card(computeMode="append"))

    update(client, session, submission({"n": 1}, "add", FIRST))
    update(client, session, submission({"n": 2}, "add", ANOTHER))

    assert ids(client, session) == [FIRST, ANOTHER]
    assert responses_to(client, session) == [{"n": 1}, {"n": 2}]


def test_a_submission_is_added_once(client):
    session = shared(client, form_card(computeMode="append"))
    update(client, session, submission({"n": 1}, "add", FIRST))

    answer = refusal(update, client, session, submission({"n": 2}, "add", FIRST))

    assert answer == invalid(f"Submission {FIRST} exists already.")
    assert responses_to(client, session) == [{"n": 1}]


def test_an_edit_changes_one_submission(client):
    session = shared(client, form_card(computeMode="append"))
    update(client, session, submission({"n": 1}, "add", FIRST))
    update(client, session, submission({"n": 2}, "add", ANOTHER))

    update(client, session, submission({"n": 3}, "edit", FIRST))

    assert ids(client, session) == [ANOTHER, FIRST]
    assert responses_to(client, session) == [{"n": 2}, {"n": 3}]


def test_an_edit_must_match_the_schema(client):
    session = shared(client, form_card(SCHEMA, computeMode="append"))
    update(client, session, submission({"name": "Ann"}, "add", FIRST))

    answer = refusal(update, client, session, submission({"name": 1}, "edit", FIRST))

    assert answer == invalid(f"{MISFIT}1 is not of type 'string' at '/name'")
    assert responses_to(client, session) == [{"name": "Ann"}]


def test_a_delete_removes_one_submission_whatever_its_value(client):
    session = shared(client, form_card(SCHEMA, computeMode="append"))
    update(client, session, submission({"name": "Ann"}, "add", FIRST))
    update(client, session, submission({"name": "Bob"}, "add", ANOTHER))

    update(client, session, submission("", "delete", FIRST))

    assert responses_to(client, session) == [{"name": "Bob"}]


def test_a_form_without_submissions_waits_again(client):
    session = shared(client, form_card(computeMode="append"), query_card(f"Sum up @{FORM}"))
    update(client, session, submission({"n": 1}, "add", FIRST))

    update(client, session, submission("", "delete", FIRST))

    assert states(client, session) == ["WAITING", "WAITING", "WAITING"]


@pytest.mark.parametrize("mutation", ["edit", "delete"])
def test_an_unknown_submission_cannot_be_changed(client, mutation):
    session = shared(client, form_card(computeMode="append"))

    answer = refusal(update, client, session, submission({}, mutation, NOBODY))

    assert answer == invalid(f"You have no submission {NOBODY} to {mutation}.")


@pytest.mark.parametrize("mutation", ["edit", "delete"])
def test_a_submission_of_another_user_cannot_be_changed(mock, client, mutation):
    session = shared(client, form_card(computeMode="append"))
    update(client, session, submission({"n": 1}, "add", FIRST))
    bob = mock.client(user="bob@example.com")

    answer = refusal(update, bob, session, submission({}, mutation, FIRST))

    assert answer == invalid(f"You have no submission {FIRST} to {mutation}.")
    assert responses_to(client, session) == [{"n": 1}]


def test_a_submission_to_another_form_cannot_be_changed(client):
    session = shared(
        client, form_card(computeMode="append"), form_card(card_id=ANOTHER, computeMode="append")
    )
    update(client, session, submission({"n": 1}, "add", FIRST))
    mutation = {"submissionId": FIRST, "mutationType": "edit"}

    answer = refusal(
        update, client, session, {"cardId": ANOTHER, "value": "{}", "submissionMutation": mutation}
    )

    assert answer == invalid(f"You have no submission {FIRST} to edit.")


def test_one_bad_value_of_a_call_leaves_the_others_untaken(client):
    session = start(client, form_card(), text_card())

    refusal(update, client, session, {"cardId": FORM, "value": json.dumps([])}, TEXT="dogs")

    assert states(client, session) == ["WAITING", "WAITING", "WAITING"]


def test_the_data_of_a_session_is_listed_oldest_first(mock, client):
    session = shared(client, form_card(computeMode="append"))
    bob = mock.client(user="bob@example.com")
    for number, (who, name) in enumerate([(client, "Ann"), (bob, "Bob"), (client, "Eve")]):
        with freeze_time(f"2026-03-01 12:0{number}:00"):
            update(who, session, submission({"name": name}))

    answer = client.list_q_app_session_data(instanceId=INSTANCE, sessionId=session)

    assert (answer["sessionId"], answer["sessionArn"].rpartition("/")[2]) == (session, session)
    assert "nextToken" not in answer
    data = answer["sessionData"]
    assert [(each["value"]["name"], each["timestamp"].minute) for each in data] == [
        ("Ann", 0),
        ("Bob", 1),
        ("Eve", 2),
    ]
    assert data[1]["user"] == {"userId": mock.user("bob@example.com")}
    assert {each["cardId"] for each in data} == {FORM}
    assert [each["submissionId"] for each in data] == ids(client, session)


def test_a_session_without_forms_has_no_data(client):
    session = start(client, text_card())

    answer = client.list_q_app_session_data(instanceId=INSTANCE, sessionId=session)

    assert answer["sessionData"] == []
