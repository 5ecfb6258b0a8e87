"""Fork: a new process finds every lock of the mock free."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from qapps_mock import class_mock, locks, mock, mock_qapps, models
from qapps_mock.bridge import table
from qapps_mock.models import card_runs
from tests.running import QUERY, query_card, start, value_of

TIMEOUT = 20


@contextlib.contextmanager
def held_by_another_thread(*held: locks.Lock) -> Iterator[None]:
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        with contextlib.ExitStack() as stack:
            for lock in held:
                stack.enter_context(lock)
            holds.set()
            release.wait(TIMEOUT)

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holds.wait(TIMEOUT)
        yield
    finally:
        release.set()
        thread.join()


def test_renewed_locks_are_free():
    lock = locks.Lock()
    taken = threading.Thread(target=lock.__enter__)
    taken.start()
    taken.join()

    locks.renew_all()

    with lock:
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_is_forked_while_another_thread_holds_the_locks_can_use_the_mock(qapps_mock):
    client = qapps_mock.client()
    backend = models.backend_of("123456789012", "us-east-1")
    run = qapps_mock._run
    held = (
        backend.lock,
        mock._LOCK,
        class_mock._LOCK,
        run.scripts._lock,
        qapps_mock._loopback._lock,
        table._lock,
    )

    with held_by_another_thread(*held):
        child = os.fork()
        if child == 0:
            try:
                signal.alarm(TIMEOUT)
                qapps_mock.answer(QUERY, lambda prompt: "An answer")
                assert value_of(client, start(client, query_card("Hello")), QUERY) == "An answer"
                with mock_qapps(upload_host="loopback"):
                    qapps_mock.reset()
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_is_forked_while_another_thread_plans_a_session_can_run_sessions(
    qapps_mock, monkeypatch
):
    client, plan = qapps_mock.client(), card_runs.plan
    plans, release = threading.Event(), threading.Event()

    def slow_plan(definition):
        if threading.current_thread() is thread:
            plans.set()
            release.wait(TIMEOUT)
        return plan(definition)

    monkeypatch.setattr(card_runs, "plan", slow_plan)
    thread = threading.Thread(target=start, args=(client, query_card("Hello")))
    thread.start()
    try:
        assert plans.wait(TIMEOUT)
        child = os.fork()
        if child == 0:
            try:
                signal.alarm(TIMEOUT)
                assert value_of(client, start(client, query_card("Hello")), QUERY)
                os._exit(0)
            finally:
                os._exit(1)
        _, status = os.waitpid(child, 0)
    finally:
        release.set()
        thread.join()

    assert os.waitstatus_to_exitcode(status) == 0
