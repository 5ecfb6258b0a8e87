"""Run the query cards of a session with the scripted answers.

A callable of the test answers its card without the lock of the backend, so the session may change or
be deleted meanwhile. `card_runs` drops an answer whose card or inputs have changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from qapps_mock import clock
from qapps_mock.control.active import ActiveMocks
from qapps_mock.locks import Lock
from qapps_mock.models import card_runs
from qapps_mock.models.resources import Session
from qapps_mock.models.upload import Upload

# The longest value that a user can give a card. Values that this mock makes up are cut to it: otherwise
# prompts that repeat each other's values would grow without end.
_LONGEST_VALUE = 40_000


Uploads: TypeAlias = Mapping[str, Upload]


def finish(session: Session, scripts: ActiveMocks, lock: Lock, uploads: Uploads) -> None:
    """Run the cards that can run, if cards complete at once or have run for their time."""
    if not session.plan.queries:
        return
    answer = _answerer(session, scripts, lock, uploads)
    if scripts.reads == 0:
        card_runs.finish(session.plan, session.card_runs, answer, busy=session.busy)
    elif scripts.takes is not None:
        card_runs.elapse(
            session.plan,
            session.card_runs,
            answer,
            begun=session.begun,
            now=clock.now(),
            takes=scripts.takes,
            busy=session.busy,
        )


def step(session: Session, scripts: ActiveMocks, lock: Lock, uploads: Uploads, *, reads: int = 1) -> None:
    """Advance the cards that can run by one step of *reads*."""
    answer = _answerer(session, scripts, lock, uploads)
    card_runs.step(session.plan, session.card_runs, answer, reads=reads, busy=session.busy)


def _answerer(session: Session, scripts: ActiveMocks, lock: Lock, uploads: Uploads) -> card_runs.Answer:
    def uploads_of(step: card_runs.Step) -> list[Upload]:
        files = (
            session.card_runs[each].value
            for each in step.needs
            if session.plan.steps[each].kind == "fileUpload"
        )
        return [uploads[file_id] for file_id in files if file_id in uploads]

    def answer(step: card_runs.Step, prompt: str) -> str | None:
        title = step.body["title"]
        value = scripts.answer(
            step.id, title, prompt, lambda: uploads_of(step), lambda: _aside(session, step, lock)
        )
        if value is None:
            return f"[qapps_mock: no real answer] {title}: {prompt}"[:_LONGEST_VALUE]
        return value if isinstance(value, str) else None

    return answer


@contextlib.contextmanager
def _aside(session: Session, step: card_runs.Step, lock: Lock) -> Iterator[None]:
    """Release the lock while a callable answers the card, which no other call runs meanwhile."""
    session.busy.add(step.id)
    try:
        with lock.released():
            yield
    finally:
        session.busy.remove(step.id)
