"""Locks: scripted answers and the schemas of forms run without one.

A call that hangs fails its test: every call runs in a thread of its own, which has `TIMEOUT` seconds.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from tests.conftest import INSTANCE, create_app
from tests.running import (
    FORM,
    QUERY,
    SECOND,
    TEXT,
    card_of,
    denied,
    form_card,
    invalid,
    look,
    missing,
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

TIMEOUT = 20
SCHEMA = {"type": "object", "required": ["name"]}
DONE = {"currentState": "COMPLETED", "currentValue": "An answer"}


class Task(threading.Thread):
    """A call in a thread of its own."""

    def __init__(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(daemon=True)
        self._call = lambda: call(*args, **kwargs)
        self._result: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:
            self._error = error

    def outcome(self) -> Any:
        """Return the call's result, or raise its exception."""
        self.join(TIMEOUT)
        assert not self.is_alive(), "the call hangs"
        if self._error is not None:
            raise self._error
        return self._result


def in_time(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return Task(call, *args, **kwargs).outcome()


class Pause:
    """A scripted answer that blocks while the body of `during` runs."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self._entered, self._go = threading.Event(), threading.Event()

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        self.block()
        return "An answer"

    def block(self) -> None:
        self._entered.set()
        assert self._go.wait(TIMEOUT)

    @contextlib.contextmanager
    def during(self, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Iterator[Task]:
        """Make a call; the body runs while it blocks."""
        task = Task(call, *args, **kwargs)
        try:
            assert self._entered.wait(TIMEOUT)
            yield task
        finally:
            self._go.set()
            task.join(TIMEOUT)


@pytest.fixture
def slow(qapps_mock):
    """The answer of the query card, which blocks."""
    pause = Pause()
    qapps_mock.answer(QUERY, pause)
    return pause


@pytest.fixture
def slow_check(monkeypatch):
    """The first check of a form's response against its schema, which blocks."""
    pause, checks = Pause(), itertools.count()
    original = jsonschema.Draft202012Validator.iter_errors

    def iter_errors(self: Any, *args: Any, **kwargs: Any) -> Any:
        if next(checks) == 0:
            pause.block()
        return original(self, *args, **kwargs)

    monkeypatch.setattr(jsonschema.Draft202012Validator, "iter_errors", iter_errors)
    return pause


@pytest.fixture
def client(qapps_mock):
    return qapps_mock.client()


@pytest.fixture
def ann(qapps_mock):
    return qapps_mock.client(user="ann@example.com")


def stop(client, session):
    client.stop_q_app_session(instanceId=INSTANCE, sessionId=session)


def waiting(client, *cards):
    """Start a session whose query card waits for the text, and return it with its app."""
    app = create_app(client, *(cards or (text_card(), query_card(f"@{TEXT}"))))["appId"]
    session = client.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)["sessionId"]
    return app, session


def unread(qapps_mock, client, *cards):
    """Start a session whose query card runs at the next read, and return it with its app."""
    qapps_mock.progress = "manual"
    app, session = waiting(client, *(cards or (query_card("Hello"),)))
    qapps_mock.progress = "immediate"
    return app, session


# A scripted answer


def test_an_answer_can_call_the_service_from_another_thread(qapps_mock, any_client):
    qapps_mock.answer(QUERY, lambda prompt: in_time(lambda: str(len(list_apps(any_client)))))

    session = in_time(start, any_client, query_card("Hello"))

    assert value_of(any_client, session, QUERY) == "1"


def list_apps(client):
    return client.list_q_apps(instanceId=INSTANCE)["apps"]


def test_another_client_is_served_while_an_answer_blocks(any_client, slow, ann):
    app, session = waiting(any_client)

    with slow.during(update, any_client, session, TEXT="dogs"):
        assert in_time(list_apps, ann) == []
        assert in_time(states, any_client, session) == ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS"]
        in_time(any_client.start_q_app_session, instanceId=INSTANCE, appId=app, appVersion=1)

    assert card_of(any_client, session) == DONE
    assert slow.prompts == ["dogs"]


def test_an_answer_can_use_its_own_session_in_its_own_thread(qapps_mock, client):
    cards = text_card(), query_card("Hello"), query_card(f"@{TEXT}", SECOND)
    _, session = unread(qapps_mock, client, *cards)
    seen = []

    def answer(prompt: str) -> str:
        seen.append(states(client, session))
        update(client, session, TEXT="dogs")
        return "An answer"

    qapps_mock.answer(QUERY, answer)

    assert in_time(card_of, client, session) == DONE
    assert seen == [["WAITING", "WAITING", "IN_PROGRESS", "WAITING"]]
    assert value_of(client, session, SECOND).endswith("dogs")


def test_an_answer_that_changes_its_own_input_runs_once_a_call(qapps_mock, client):
    prompts = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        update(client, session, submission({"name": len(prompts)}))
        return "An answer"

    _, session = waiting(client, form_card(SCHEMA), query_card(f"@{FORM}"))
    qapps_mock.answer(QUERY, answer)
    in_time(update, client, session, submission({"name": "Ann"}))

    assert prompts == ['[{"name": "Ann"}]']
    assert in_time(states, client, session) == ["IN_PROGRESS", "COMPLETED", "IN_PROGRESS"]
    assert prompts == ['[{"name": "Ann"}]', '[{"name": 1}]']


def test_an_answer_is_dropped_when_an_input_changes_meanwhile(client, slow):
    _, session = waiting(client, form_card(SCHEMA), query_card(f"@{FORM}"))

    with slow.during(update, client, session, submission({"name": "Ann"})) as task:
        in_time(update, client, session, submission({"name": "Bob"}))
        assert slow.prompts == ['[{"name": "Ann"}]']
    task.outcome()

    assert card_of(client, session) == DONE
    assert slow.prompts == ['[{"name": "Ann"}]', '[{"name": "Bob"}]']
    assert responses_to(client, session) == [{"name": "Bob"}]


def test_a_card_that_fails_is_in_error_for_all_while_the_next_answer_blocks(qapps_mock, client, slow):
    third = "0000000a-0000-4000-8000-000000000000"
    cards = query_card("Fails", SECOND, "Fails"), query_card("Hello"), query_card(f"@{SECOND}", third)
    _, session = unread(qapps_mock, client, *cards)
    qapps_mock.answer("Fails", ValueError)

    with slow.during(look, client, session):
        assert in_time(states, client, session) == ["ERROR", "ERROR", "IN_PROGRESS", "ERROR"]


def test_a_card_that_ran_meanwhile_does_not_run_again(qapps_mock, client, slow):
    _, session = unread(qapps_mock, client, query_card("Hello"), query_card("Bye", SECOND, "Second"))
    qapps_mock.progress = "manual"
    ran = []

    def answer(prompt: str) -> str:
        ran.append(prompt)
        return "An answer"

    qapps_mock.answer("Second", answer)

    with slow.during(qapps_mock.advance, session) as task:
        in_time(qapps_mock.advance, session)
        assert in_time(states, client, session) == ["IN_PROGRESS", "IN_PROGRESS", "COMPLETED"]
    task.outcome()

    assert states(client, session) == ["COMPLETED"] * 3
    assert slow.prompts + ran == ["Hello", "Bye"]


@pytest.mark.parametrize("call", [look, lambda client, session: update(client, session, TEXT="dogs")])
def test_a_session_that_is_stopped_while_its_answer_runs_does_not_exist(qapps_mock, client, slow, call):
    _, session = unread(qapps_mock, client, text_card(), query_card("Hello"))

    with slow.during(refusal, call, client, session) as task:
        in_time(stop, client, session)

    assert task.outcome() == missing("Session", session)


def test_a_session_that_is_stopped_at_its_last_read_does_not_exist(qapps_mock, client, slow):
    qapps_mock.progress = 1
    _, session = waiting(client, query_card("Hello"))

    with slow.during(refusal, look, client, session) as task:
        in_time(stop, client, session)

    assert task.outcome() == missing("Session", session)


def test_a_session_that_is_no_longer_shared_is_not_shown(qapps_mock, client, ann, slow):
    _, session = unread(qapps_mock, client)
    share(client, session)

    with slow.during(refusal, look, ann, session) as task:
        in_time(share, client, session, enabled=False)

    assert task.outcome()["Code"] == "AccessDeniedException"


def test_an_app_that_is_deleted_while_its_session_starts_does_not_exist(client, slow):
    app = create_app(client, query_card("Hello"))["appId"]
    members = {"instanceId": INSTANCE, "appId": app, "appVersion": 1}

    with slow.during(refusal, client.start_q_app_session, **members) as task:
        in_time(client.delete_q_app, instanceId=INSTANCE, appId=app)

    assert task.outcome() == missing("App", app)


def test_a_call_that_runs_at_a_reset_finishes(qapps_mock, client, slow):
    _, session = unread(qapps_mock, client)

    with slow.during(look, client, session) as task:
        in_time(qapps_mock.reset)

    assert task.outcome()["cardStatus"][QUERY] == DONE
    assert refusal(look, client, session) == missing("Session", session)


def test_another_client_is_served_while_advance_waits_for_an_answer(qapps_mock, client, slow):
    qapps_mock.progress = "manual"
    _, session = waiting(client, query_card("Hello"))

    with slow.during(qapps_mock.advance, session) as task:
        assert in_time(states, client, session) == ["IN_PROGRESS", "IN_PROGRESS"]
    task.outcome()

    assert card_of(client, session) == DONE


def test_advance_does_not_know_a_session_that_is_stopped_meanwhile(qapps_mock, client, slow):
    qapps_mock.progress = "manual"
    _, session = waiting(client, query_card("Hello"))

    with slow.during(qapps_mock.advance, session) as task:
        in_time(stop, client, session)

    with pytest.raises(ValueError, match=f"^No session '{session}'"):
        task.outcome()


def test_an_answer_that_is_interrupted_leaves_its_card_as_it_was(qapps_mock, client):
    _, session = unread(qapps_mock, client)

    def interrupted(prompt: str) -> str:
        raise KeyboardInterrupt

    qapps_mock.answer(QUERY, interrupted, "An answer")
    with pytest.raises(KeyboardInterrupt):
        look(client, session)

    assert in_time(card_of, client, session) == DONE


# The check of a response


def test_another_client_is_served_while_a_response_is_checked(any_client, ann, slow_check):
    _, session = waiting(any_client, form_card(SCHEMA))

    with slow_check.during(update, any_client, session, submission({"name": "Ann"})):
        assert in_time(list_apps, ann) == []
        assert in_time(states, any_client, session) == ["WAITING", "WAITING"]

    assert responses_to(any_client, session) == [{"name": "Ann"}]


def test_a_value_that_was_given_while_a_response_is_checked_stays(client, slow_check):
    _, session = waiting(client, form_card(SCHEMA), text_card())

    with slow_check.during(update, client, session, submission({"name": "Ann"}), TEXT="cats") as task:
        in_time(update, client, session, TEXT="dogs")
    task.outcome()

    assert value_of(client, session, TEXT) == "dogs"
    assert responses_to(client, session) == [{"name": "Ann"}]


def test_a_session_that_is_stopped_while_a_response_is_checked_does_not_exist(client, slow_check):
    _, session = waiting(client, form_card(SCHEMA))

    with slow_check.during(refusal, update, client, session, submission({})) as task:
        in_time(stop, client, session)

    assert task.outcome() == missing("Session", session)


def test_a_session_that_is_closed_while_a_response_is_checked_refuses_it(client, ann, slow_check):
    app, session = waiting(client, form_card(SCHEMA))
    share(client, session)
    members = {"appId": app, "appVersion": 1, "initialValues": [submission({"name": "Ann"})]}

    with slow_check.during(
        refusal, ann.start_q_app_session, instanceId=INSTANCE, sessionId=session, **members
    ) as task:
        in_time(share, client, session, acceptResponses=False)

    assert task.outcome() == denied(f"Session {session} does not accept responses.")


def test_an_app_that_is_deleted_while_a_response_is_checked_does_not_exist(client, slow_check):
    app = create_app(client, form_card(SCHEMA))["appId"]
    members = {"appId": app, "appVersion": 1, "initialValues": [submission({"name": "Ann"})]}

    with slow_check.during(refusal, client.start_q_app_session, instanceId=INSTANCE, **members) as task:
        in_time(client.delete_q_app, instanceId=INSTANCE, appId=app)

    assert task.outcome() == missing("App", app)


def test_an_app_that_is_no_longer_shared_when_the_response_has_been_checked_does_not_start(
    client, ann, slow_check
):
    app = {"instanceId": INSTANCE, "appId": create_app(client, form_card(SCHEMA))["appId"]}
    permission = [{"principal": "ann@example.com", "action": "read"}]
    client.update_q_app_permissions(**app, grantPermissions=permission)
    members = {**app, "appVersion": 1, "initialValues": [submission({"name": "Ann"})]}

    with slow_check.during(refusal, ann.start_q_app_session, **members) as task:
        in_time(client.update_q_app_permissions, **app, revokePermissions=permission)

    assert task.outcome()["Code"] == "AccessDeniedException"


def test_no_card_waits_any_more_when_the_response_has_been_checked(client, slow_check):
    _, session = waiting(client, form_card(SCHEMA), text_card())
    response = submission({"name": "Ann"})

    with slow_check.during(refusal, update, client, session, response, TEXT="cats") as task:
        in_time(update, client, session, submission({"name": "Bob"}), TEXT="dogs")
        in_time(share, client, session, acceptResponses=False)

    assert task.outcome() == invalid(f"No card of session {session} is waiting for a value.")
