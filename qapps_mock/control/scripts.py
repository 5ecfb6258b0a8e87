"""What a test tells the service to do: fail, answer, predict, and how fast to run."""

from __future__ import annotations

import copy
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from botocore.validate import ParamValidator

from qapps_mock.service import exceptions, protocol
from qapps_mock.service.constraints import Compiler, Violation, describe
from qapps_mock.service.service_model import service_model

Failed: TypeAlias = "Exception | type[Exception]"
Value: TypeAlias = "str | Callable[[str], str] | Failed"
Progress: TypeAlias = 'int | Literal["immediate", "manual"]'

# pytest shows what was logged when a test fails; a warning would end many a suite.
_LOG = logging.getLogger("qapps_mock")


@dataclass
class _Failure:
    operations: frozenset[str]
    error: exceptions.QAppsError
    left: float = field(default=1)


class Scripts:
    """The scripts of one mock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures: list[_Failure] = []
        self._answers: dict[str, deque[Value]] = {}
        self._predictions: deque[dict[str, Any]] = deque()
        self._progress: Progress | None = None

    def fail(
        self,
        operation: str,
        exception: str,
        *,
        times: int | None = 1,
        message: str | None = None,
        **members: Any,
    ) -> None:
        """Let the next calls of an operation raise a documented exception.

        Args:
            operation: ``CreateQApp`` or ``create_q_app``; ``"*"``: every operation that documents it.
            exception: the exception's name, as ``ThrottlingException``.
            times: how many calls; None: all until `reset`.
            message: None: AWS's own sentence for it.
            members: the exception's modelled members, as ``retryAfterSeconds=3``.

        Raises:
            ValueError: an unknown operation, an exception that it does not document, a bad *times*.
            TypeError: a member that the exception does not have, a message that is no text.
        """
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
            raise ValueError(
                f"times is {times!r}: it must be a whole number, 1 or more, or None for every call"
            )
        if message is not None and not isinstance(message, str):
            raise TypeError(f"message is {message!r}: it must be a str, or None for AWS's own sentence")
        names = _documenting(operation, exception)
        error = exceptions.by_name(exception)(message, **members)
        with self._lock:
            self._failures.append(_Failure(names, error, float("inf") if times is None else times))

    def answer(self, card: str, *values: Value) -> None:
        """Script the values of a q-query or q-plugin card, in order; the last one repeats.

        Args:
            card: the card's id or title.
            values: texts; callables, which get the rendered prompt and return a text; exceptions
                (classes or instances), which put the card in ERROR. An exception that a callable
                raises does so too, and is logged.

        Raises:
            TypeError: no values.
            ValueError: a value of another kind, or a card that is no text.
        """
        if not isinstance(card, str) or not card:
            raise ValueError(f"card is {card!r}: it must be the id or the title of a card")
        if not values:
            raise TypeError(
                "answer() needs one or more values for the card: texts, callables that get the prompt, "
                "or exceptions, for example answer('Summary', 'A short text')"
            )
        for value in values:
            _refuse_no_answer(value)
        with self._lock:
            self._answers[card] = deque(values)

    def predict(self, app: dict[str, Any]) -> None:
        """Script what the next call of PredictQApp returns; several are returned in their order.

        Args:
            app: as in PredictQApp's result: title, appDefinition and perhaps description.

        Raises:
            ValueError: it does not have the form that the service model gives it.
        """
        checked = _checked_prediction(app)
        with self._lock:
            self._predictions.append(checked)

    @property
    def progress(self) -> Progress:
        """How query cards come to their values.

        ``"immediate"``: at once. A number N: after N calls of GetQAppSession which show them
        IN_PROGRESS. ``"manual"``: when the test calls `advance`.
        """
        return "immediate" if self._progress is None else self._progress

    @progress.setter
    def progress(self, value: Progress) -> None:
        number = isinstance(value, int) and not isinstance(value, bool) and value >= 1
        if not number and value not in ("immediate", "manual"):
            raise ValueError(
                f"progress is {value!r}: it must be 'immediate', 'manual', or a whole number, 1 or more, "
                "of GetQAppSession calls"
            )
        self._progress = value

    def clear(self) -> None:
        """Forget everything that was scripted."""
        with self._lock:
            self._failures.clear()
            self._answers.clear()
            self._predictions.clear()
            self._progress = None

    def next_failure(self, operation: str) -> exceptions.QAppsError | None:
        """Take the next scripted failure of *operation*, in the order in which they were scripted."""
        if not self._failures:
            return None
        with self._lock:
            for failure in self._failures:
                if operation in failure.operations:
                    failure.left -= 1
                    if failure.left <= 0:
                        self._failures.remove(failure)
                    return failure.error
        return None

    def next_answer(self, card: str) -> Value | None:
        """Take the next scripted value of a card, by id or title."""
        with self._lock:
            values = self._answers.get(card)
            if values is None:
                return None
            return values.popleft() if len(values) > 1 else values[0]

    def next_prediction(self) -> dict[str, Any] | None:
        """Take the next scripted prediction."""
        with self._lock:
            return self._predictions.popleft() if self._predictions else None

    @property
    def own_progress(self) -> Progress | None:
        """`progress` when this mock's test has set it, else None."""
        return self._progress


def outcome(value: Value, prompt: str) -> str | Failed:
    """Return what a scripted value comes to: a text, or the exception that the card fails with."""
    if isinstance(value, (str, Exception, type)):
        return value
    try:
        text = value(prompt)
        if not isinstance(text, str):
            raise TypeError(f"{value!r} returned {text!r}: a scripted answer must be a str")
    except Exception as error:
        _LOG.exception("A scripted answer failed; its card is in ERROR. The prompt was: %s", prompt)
        return error
    return text


def _refuse_no_answer(value: object) -> None:
    if isinstance(value, type):
        good = issubclass(value, Exception)
    else:
        good = isinstance(value, (str, Exception)) or callable(value)
    if not good:
        raise ValueError(
            f"{value!r} is no answer of a card: give a str, a callable that gets the prompt and returns a str, "
            "or an Exception"
        )


def _checked_prediction(app: dict[str, Any]) -> dict[str, Any]:
    from qapps_mock.models import cards

    shape = service_model().operation_model("PredictQApp").output_shape.members["app"]
    # botocore's own check names misspelt members; only the other one knows lengths, patterns and enums.
    report = ParamValidator().validate(app, shape).generate_report()
    found: list[Violation] = []
    checked = {} if report else Compiler().check(shape)(copy.deepcopy(app), (None, ""), "app", found)
    if report or found:
        raise ValueError(f"PredictQApp cannot return this app. {report or describe(found)}")
    try:
        cards.build(checked["appDefinition"])
    except exceptions.ValidationException as error:
        raise ValueError(f"CreateQApp would refuse this app. {error.message}") from None
    return dict(checked)


def _documenting(operation: str, exception: str) -> frozenset[str]:
    exceptions.by_name(exception)
    every = protocol.operations()
    asked = every.values() if operation == "*" else [protocol.operation(operation)]
    names = frozenset(each.name for each in asked if exception in each.errors)
    if not names:
        documented = ", ".join(sorted(protocol.operation(operation).errors))
        raise ValueError(
            f"{protocol.operation(operation).name} does not document {exception}; it documents: {documented}"
        )
    return names
