"""What a test has scripted: failures, answers, predictions, progress; and which of each is next."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from qapps_mock.locks import Lock

if TYPE_CHECKING:
    from qapps_mock.service.exceptions import QAppsError

Failed: TypeAlias = "Exception | type[Exception]"
Value: TypeAlias = "str | Callable[[str], str] | Failed"
# Entered while a callable of the test runs.
Aside: TypeAlias = "Callable[[], AbstractContextManager[None]]"
Progress: TypeAlias = 'int | Literal["immediate", "manual"]'

# pytest shows log records when a test fails; a warning would make many a suite fail.
_LOG = logging.getLogger("qapps_mock")


@dataclass
class _Failure:
    operations: frozenset[str]
    error: QAppsError
    left: float

    @property
    def is_of_identity(self) -> bool:
        """Whether AWS raises it before it reads the input."""
        return self.error.code == "UnauthorizedException"


class Scripts:
    """The scripts of one run. `Control` checks what it adds here."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._failures: list[_Failure] = []
        self._answers: dict[str, deque[Value]] = {}
        self._predictions: deque[dict[str, Any]] = deque()
        # None: the test has not set it.
        self.progress: Progress | None = None

    def add_failure(self, operations: frozenset[str], error: QAppsError, times: int | None) -> None:
        """Let the next *times* calls of *operations* raise *error*; None: every call."""
        with self._lock:
            self._failures.append(_Failure(operations, error, float("inf") if times is None else times))

    def set_answers(self, card: str, values: Iterable[Value]) -> None:
        """Replace the answers of a card."""
        with self._lock:
            self._answers[card] = deque(values)

    def add_prediction(self, app: dict[str, Any]) -> None:
        """Add what a call of PredictQApp returns."""
        with self._lock:
            self._predictions.append(app)

    def clear(self) -> None:
        """Forget everything that was scripted."""
        with self._lock:
            self._failures.clear()
            self._answers.clear()
            self._predictions.clear()
            self.progress = None

    def next_failure(self, operation: str, *, identity: bool) -> QAppsError | None:
        """Take the next failure of *operation*, in the order in which they were scripted.

        *identity*: only an UnauthorizedException; else only others.
        """
        if not self._failures:
            return None
        with self._lock:
            for failure in self._failures:
                if operation in failure.operations and failure.is_of_identity is identity:
                    failure.left -= 1
                    if failure.left <= 0:
                        self._failures.remove(failure)
                    return failure.error
        return None

    def next_answer(self, card_id: str, title: str, prompt: str, aside: Aside) -> str | Failed | None:
        """Take the next answer of a card, by id or title; the last one repeats."""
        with self._lock:
            values = self._answers.get(card_id) or self._answers.get(title)
            if not values:
                return None
            value = values.popleft() if len(values) > 1 else values[0]
        return _outcome(value, prompt, aside)

    def next_prediction(self) -> dict[str, Any] | None:
        """Take the next prediction."""
        with self._lock:
            return self._predictions.popleft() if self._predictions else None


def _outcome(value: Value, prompt: str, aside: Aside) -> str | Failed:
    """Return what a scripted answer results in: a text, or the exception that the card fails with."""
    if isinstance(value, (str, Exception, type)):
        return value
    with aside():
        try:
            text = value(prompt)
            if not isinstance(text, str):
                raise TypeError(f"{value!r} returned {text!r}: a scripted answer must be a str")
        except Exception as error:
            _LOG.exception("A scripted answer failed; its card is in ERROR. The prompt was: %s", prompt)
            return error
        return text
