"""Scripts of a test: answers of cards, predictions, and the progress of sessions."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.control.active import ACTIVE
from tests.conftest import INSTANCE, create_app
from tests.running import (
    PLUGIN,
    QUERY,
    SECOND,
    TEXT,
    look,
    plugin_card,
    query_card,
    start,
    states,
    text_card,
    update,
    value_of,
)

PREDICTION = {
    "title": "Predicted",
    "appDefinition": {"cards": [text_card(), query_card(f"About @{TEXT}.")]},
}


@pytest.fixture
def mock():
    with mock_qapps(assert_all_used=False) as mock:
        yield mock


@pytest.fixture
def client(mock):
    return mock.client()


def exactly(message):
    return f"^{re.escape(message)}$"


def ask(client, prompt="Hello"):
    """Run an app with one query card, and return what the card shows."""
    session = start(client, query_card(prompt))
    return look(client, session)["cardStatus"][QUERY]


def done(value):
    return {"currentState": "COMPLETED", "currentValue": value}


FAILED = {"currentState": "ERROR", "currentValue": ""}
UNSCRIPTED = done("[qapps_mock: no real answer] Summary: Hello")

# Answers


@pytest.mark.parametrize("card", [QUERY, "Summary"])
def test_a_card_is_scripted_by_its_id_or_its_title(mock, client, card):
    mock.answer(card, "An answer")

    assert ask(client) == done("An answer")


def test_an_id_has_precedence_over_a_title(mock, client):
    mock.answer("Summary", "by title")
    mock.answer(QUERY, "by id")

    assert ask(client) == done("by id")


def test_a_card_that_is_not_scripted_shows_its_prompt(mock, client):
    mock.answer("Another", "An answer")

    assert ask(client) == UNSCRIPTED


def test_a_made_up_answer_is_no_longer_than_a_value_may_be(client):
    assert len(ask(client, "x" * 50_000)["currentValue"]) == 40_000


def test_answers_come_in_order_and_the_last_one_repeats(mock, client):
    mock.answer("Summary", "one", "two")

    assert [ask(client)["currentValue"] for _ in range(4)] == ["one", "two", "two", "two"]


def test_a_new_script_of_a_card_replaces_the_old_one(mock, client):
    mock.answer("Summary", "one", "two")
    mock.answer("Summary", "three")

    assert ask(client) == done("three")


def test_a_callable_gets_the_rendered_prompt(mock, client):
    mock.answer("Summary", lambda prompt: prompt.upper())

    session = start(client, text_card(), query_card(f"About @{TEXT}."), TEXT="dogs")

    assert value_of(client, session, QUERY) == "ABOUT DOGS."


def test_plugin_cards_are_scripted_too(mock, client):
    mock.answer("Ticket", "TICKET-1")

    session = start(client, plugin_card("Open one"), query_card(f"Read @{PLUGIN}"))

    assert value_of(client, session, PLUGIN) == "TICKET-1"
    assert value_of(client, session, QUERY).endswith("Read TICKET-1")


def test_an_empty_text_is_an_answer(mock, client):
    mock.answer("Summary", "")

    assert ask(client) == done("")


@pytest.mark.parametrize("failure", [ValueError("no"), ValueError, KeyError])
def test_an_exception_puts_the_card_in_error(mock, client, failure, caplog):
    mock.answer("Summary", failure, "An answer")

    assert ask(client) == FAILED
    assert ask(client) == done("An answer")
    assert caplog.records == []


def test_a_failed_card_puts_the_session_and_what_needs_it_in_error(mock, client):
    mock.answer("Summary", RuntimeError)

    session = start(client, query_card("Hello"), query_card(f"@{QUERY}", SECOND, "Other"), text_card())

    assert states(client, session) == ["ERROR", "ERROR", "ERROR", "WAITING"]


def test_a_callable_that_raises_puts_the_card_in_error_and_shows_why(mock, client, caplog):
    def broken(prompt):
        raise KeyError("oops")

    mock.answer("Summary", broken)

    assert ask(client) == FAILED
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("qapps_mock", logging.ERROR)
    assert record.getMessage() == "A scripted answer failed; its card is in ERROR. The prompt was: Hello"
    assert "KeyError: 'oops'" in caplog.text
    assert ", in broken" in caplog.text


def test_a_callable_that_returns_no_text_puts_the_card_in_error_and_shows_why(mock, client, caplog):
    mock.answer("Summary", lambda prompt: 3)

    assert ask(client) == FAILED
    assert "returned 3: a scripted answer must be a str" in caplog.text


def test_a_callable_may_use_the_service_itself(mock, client):
    app = create_app(client, text_card(), title="Inner")["appId"]
    mock.answer("Summary", lambda prompt: client.get_q_app(instanceId=INSTANCE, appId=app)["title"])

    assert ask(client) == done("Inner")


@pytest.mark.parametrize("value", [None, 3, b"text", ["text"], KeyboardInterrupt, KeyboardInterrupt(), str])
def test_an_answer_of_another_kind_is_refused_immediately(mock, client, value):
    with pytest.raises(ValueError, match=r"is not a valid card answer: pass a str"):
        mock.answer("Summary", "An answer", value)

    assert ask(client) == UNSCRIPTED


@pytest.mark.parametrize("card", ["", None, 5])
def test_a_card_is_named_by_a_text(mock, card):
    with pytest.raises(ValueError, match=f"^card is {card!r}: "):
        mock.answer(card, "An answer")


# How long scripts live


def test_the_scripts_of_the_innermost_mock_are_first(mock, client):
    mock.answer("Summary", "outer")
    with mock_qapps() as inner:
        before = ask(client)
        inner.answer("Summary", "inner")
        within = ask(client)

    assert [before, within, ask(client)] == [done("outer"), done("inner"), done("outer")]


def everything(mock):
    mock.answer("Summary", "An answer")
    mock.predict(PREDICTION)
    mock.progress = "manual"


def test_a_reset_forgets_all_scripts(mock, client):
    everything(mock)

    mock.reset()

    assert (ask(client), ACTIVE.predicted(), mock.progress) == (UNSCRIPTED, None, "immediate")


def test_a_fresh_start_forgets_all_scripts():
    mock = MockQApps(assert_all_used=False)
    with mock:
        everything(mock)

    with mock:
        assert (ask(mock.client()), ACTIVE.predicted(), mock.progress) == (UNSCRIPTED, None, "immediate")


# Predictions


def test_predictions_come_in_order_and_once(mock):
    mock.predict(PREDICTION)
    mock.predict({**PREDICTION, "title": "Second"})

    assert [ACTIVE.predicted() for _ in range(3)] == [
        PREDICTION,
        {**PREDICTION, "title": "Second"},
        None,
    ]


def test_the_prediction_of_the_innermost_mock_is_first(mock):
    mock.predict(PREDICTION)
    with mock_qapps() as inner:
        inner.predict({**PREDICTION, "title": "Inner"})

        assert ACTIVE.predicted() == {**PREDICTION, "title": "Inner"}
        assert ACTIVE.predicted() == PREDICTION


def test_a_prediction_is_a_copy(mock):
    app: Any = {"title": "Predicted", "appDefinition": {"cards": [text_card()]}}
    mock.predict(app)

    app["appDefinition"]["cards"].clear()

    assert ACTIVE.predicted() == {"title": "Predicted", "appDefinition": {"cards": [text_card()]}}


@pytest.mark.parametrize(
    ("app", "why"),
    [
        (
            None,
            "Invalid type for parameter input, value: None, type: <class 'NoneType'>, valid types: <class 'dict'>",
        ),
        ({"title": "A"}, 'Missing required parameter in input: "appDefinition"'),
        (
            {**PREDICTION, "titel": "A"},
            'Unknown parameter in input: "titel", must be one of: title, description, appDefinition',
        ),
        (
            {**PREDICTION, "title": "<A>"},
            "1 validation error detected. Value at '/app/title' failed to satisfy constraint: "
            'Member must satisfy regular expression pattern: ^[^{}\\\\"<>]+$',
        ),
        (
            {
                "title": "A",
                "appDefinition": {"cards": [{"textInput": {"id": "1", "title": "A", "type": "x"}}]},
            },
            "2 validation errors detected. Value at '/app/appDefinition/cards/0/textInput/id' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            "^[\\da-f]{8}-[\\da-f]{4}-[45][\\da-f]{3}-[89ABab][\\da-f]{3}-[\\da-f]{12}$; "
            "Value at '/app/appDefinition/cards/0/textInput/type' failed to satisfy constraint: "
            "Member must satisfy enum value set: [text-input, q-query, file-upload, q-plugin, form-input]",
        ),
    ],
)
def test_a_prediction_that_the_model_does_not_allow_is_refused_immediately(mock, app, why):
    message = f"PredictQApp cannot return this app. {why}"

    with pytest.raises(ValueError, match=exactly(message)):
        mock.predict(app)

    assert ACTIVE.predicted() is None


def test_a_prediction_that_createqapp_would_refuse_is_refused_immediately(mock):
    card = text_card()
    card["textInput"]["type"] = "q-query"
    message = (
        f"CreateQApp would refuse this app. Card {card['textInput']['id']} is a textInput card: "
        "its type must be text-input, and is q-query."
    )

    with pytest.raises(ValueError, match=exactly(message)):
        mock.predict({"title": "A", "appDefinition": {"cards": [card]}})

    assert ACTIVE.predicted() is None


# Progress


def chain(client):
    return start(client, query_card("Hello"), query_card(f"@{QUERY}", SECOND, "Other"))


def test_cards_complete_immediately_by_default(mock, client):
    assert mock.progress == "immediate"
    assert states(client, chain(client)) == ["COMPLETED", "COMPLETED", "COMPLETED"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_card_is_in_progress_for_as_many_looks_as_asked_for(mock, client, number):
    mock.progress = number
    session = start(client, query_card("Hello"))

    seen = [states(client, session) for _ in range(number + 2)]

    assert seen == [["IN_PROGRESS"] * 2] * number + [["COMPLETED"] * 2] * 2
    assert mock.progress == number


def test_a_card_that_needs_another_begins_when_that_one_is_complete(mock, client):
    mock.progress = 2
    session = chain(client)

    seen = [states(client, session) for _ in range(5)]

    running, half = ["IN_PROGRESS"] * 3, ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS"]
    assert seen == [running, running, half, half, ["COMPLETED"] * 3]


def test_looks_at_a_session_that_waits_do_not_count(mock, client):
    mock.progress = 1
    session = start(client, text_card(), query_card(f"About @{TEXT}."))
    waiting = [states(client, session) for _ in range(3)]

    update(client, session, TEXT="dogs")

    assert waiting == [["WAITING"] * 3] * 3
    assert states(client, session) == ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS"]
    assert states(client, session) == ["COMPLETED"] * 3


def test_a_session_advances_by_hand_step_by_step(mock, client):
    mock.progress = "manual"
    session = chain(client)

    seen = [states(client, session) for _ in range(3)]
    for _ in range(3):
        mock.advance(session)
        seen.append(states(client, session))

    running, half, complete = (
        ["IN_PROGRESS"] * 3,
        ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS"],
        ["COMPLETED"] * 3,
    )
    assert seen == [running, running, running, half, complete, complete]


def test_an_advance_uses_the_scripts(mock, client):
    mock.progress = "manual"
    mock.answer("Summary", "An answer")
    session = start(client, query_card("Hello"))

    mock.advance(session)

    assert value_of(client, session, QUERY) == "An answer"


def test_an_advance_finds_sessions_of_every_region(mock):
    mock.progress = "manual"
    client = mock.client(region_name="us-west-2")
    session = start(client, query_card("Hello"))

    mock.advance(session)

    assert states(client, session) == ["COMPLETED", "COMPLETED"]


def test_a_session_completes_when_progress_becomes_immediate(mock, client):
    mock.progress = "manual"
    session = chain(client)

    mock.progress = "immediate"

    assert states(client, session) == ["COMPLETED"] * 3


def test_the_progress_of_the_innermost_mock_that_sets_one_counts(mock, client):
    mock.progress = "manual"
    with mock_qapps() as inner:
        before = states(client, chain(client))
        inner.progress = "immediate"
        within = states(client, chain(client))

    assert (before, within) == (["IN_PROGRESS"] * 3, ["COMPLETED"] * 3)


def test_a_nested_mock_tells_the_progress_that_counts(mock):
    mock.progress = 2
    with mock_qapps() as inner:
        assert inner.progress == 2
        inner.progress = "manual"
        assert (inner.progress, mock.progress) == ("manual", 2)
    assert inner.progress == "manual"


@pytest.mark.parametrize("value", [0, -1, True, None, "fast", 1.5, []])
def test_another_progress_is_refused_immediately(mock, value):
    with pytest.raises(ValueError, match=rf"^progress is {re.escape(repr(value))}: "):
        mock.progress = value

    assert mock.progress == "immediate"


@pytest.mark.parametrize("session", ["nonsense", TEXT, None, {}])
def test_an_unknown_session_cannot_be_advanced(mock, client, session):
    start(client, query_card("Hello"))

    with pytest.raises(ValueError, match=f"^No session {re.escape(repr(session))}."):
        mock.advance(session)
