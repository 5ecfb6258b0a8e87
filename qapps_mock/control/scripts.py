"""What a test has scripted: failures, answers, predictions, progress; and which of each is next."""

from __future__ import annotations

import functools
import inspect
import itertools
import logging
import reprlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from qapps_mock.locks import Lock

if TYPE_CHECKING:
    from qapps_mock.control.matching import When
    from qapps_mock.http_message import ConnectionFailure
    from qapps_mock.models.upload import Upload
    from qapps_mock.service.exceptions import QAppsError

Failed: TypeAlias = "Exception | type[Exception]"
Value: TypeAlias = "str | Callable[[str], str] | Callable[[str, list[Upload]], str] | Failed"
# Entered while a callable of the test runs.
Aside: TypeAlias = "Callable[[], AbstractContextManager[None]]"
Progress: TypeAlias = int | timedelta | Literal["immediate", "manual"]
# The method of `Control` that makes a script.
Kind: TypeAlias = Literal["fail", "answer", "predict", "fail_upload"]

# pytest shows log records when a test fails; a warning would make many a suite fail.
_LOG = logging.getLogger("qapps_mock")


class Used(NamedTuple):
    """How many calls have used a script: *used* of *times*; None: it is for all."""

    text: str
    used: int
    times: int | None

    def __str__(self) -> str:
        return f"{self.text}: {self.used}{'' if self.times is None else f' of {self.times}'} used"


@dataclass
class Script:
    """One thing that a test has scripted, for as many calls as it says.

    Attributes:
        kind: the method of `Control` that made it.
        text: the call of that method, for messages.
        names: what it is for: operations, the id or the title of a card, or the id of a file; none: all.
        results: what the calls get, in order; the last one repeats.
        times: for how many calls; None: all.
        after: how many calls that match it lets pass first.
        when: the parameters that a call has to match; None: any.
        early: AWS raises it before it checks the input.
        taken: how many calls took it.
        passed: how many calls that match it has let pass.
        problem: what a callable *when* raised, or None.
        number: a number that no other script of this process has.
        arrival_before: the arrival of the last call that came before it; -1: none did.
    """

    kind: Kind
    text: str
    names: frozenset[str]
    results: tuple[Any, ...]
    times: int | None = None
    after: int = 0
    when: When | None = None
    early: bool = False
    taken: int = field(default=0, init=False)
    passed: int = field(default=0, init=False)
    problem: str | None = field(default=None, init=False)
    number: int = field(default_factory=itertools.count(1).__next__, init=False)
    arrival_before: int = field(default=-1, init=False)

    @property
    def used(self) -> Used:
        """How many calls have used it."""
        return Used(self.text, self.taken, self.times)

    def is_for(self, parameters: Callable[[], dict[str, Any]]) -> bool:
        """Tell whether a call has the parameters that *when* asks for."""
        if self.when is None:
            return True
        if isinstance(self.when, Mapping):
            from qapps_mock.control.matching import has_part  # imported here for start-up time

            return has_part(parameters(), self.when)
        try:
            return bool(self.when(parameters()))
        except Exception as error:
            self.problem = f"{type(error).__name__}: {error}"
            _LOG.exception(
                "The callable when of %s failed; the script does not apply to the call.", self.text
            )
            return False


_SHORT = reprlib.Repr()
_SHORT.maxstring, _SHORT.maxother, _SHORT.maxdict, _SHORT.maxlevel = 60, 60, 4, 3
_DEFAULTS = {"file_id": None, "when": None, "after": 0, "times": 1, "message": None}


def script_text(method: str, *args: object, **kwargs: object) -> str:
    """Return the call of a method as the author of the test could have written it."""
    shown = [_SHORT.repr(value) for value in args]
    shown += [
        f"{name}={_SHORT.repr(value)}"
        for name, value in kwargs.items()
        if name not in _DEFAULTS or value != _DEFAULTS[name]
    ]
    return f"{method}({', '.join(shown)})"


class Scripts:
    """The scripts of one run. `Control` checks what it adds here."""

    def __init__(self) -> None:
        self._lock = Lock()
        # In the order in which they were made; and those of them that calls can still take.
        self.everything: list[Script] = []
        self.left: list[Script] = []
        # None: the test has not set it.
        self.progress: Progress | None = None

    def add(self, script: Script) -> None:
        """Add a script; the answers of a card replace its earlier ones."""
        with self._lock:
            if script.kind == "answer":
                for scripts in (self.everything, self.left):
                    scripts[:] = [
                        each for each in scripts if (each.kind, each.names) != (script.kind, script.names)
                    ]
            self.everything.append(script)
            self.left.append(script)

    def clear(self) -> None:
        """Forget everything that was scripted."""
        with self._lock:
            self.everything.clear()
            self.left.clear()
            self.progress = None

    def next_failure(
        self, operation: str, sent: dict[str, Any], *, early: bool
    ) -> QAppsError | ConnectionFailure | None:
        """Take the next failure of a call with the members *sent*: of the first script that matches.

        *early*: only what AWS raises before it checks the input; else only others.
        """
        from qapps_mock.control.matching import with_boto3s_names  # imported here for start-up time

        parameters = functools.partial(with_boto3s_names, operation, sent)
        failure: QAppsError | ConnectionFailure | None = self._take(
            "fail", operation, parameters, early=early
        )
        return failure

    def next_upload_failure(self, file_id: str) -> str | None:
        """Take the code of the next failure of an upload."""
        code: str | None = self._take("fail_upload", file_id)
        return code

    def next_answer(
        self, card_id: str, title: str, prompt: str, uploads: Callable[[], list[Upload]], aside: Aside
    ) -> str | Failed | None:
        """Take the next answer of a card, by id or title; the last one repeats."""
        value = self._take("answer", card_id)
        if value is None:
            value = self._take("answer", title)
        return None if value is None else _outcome(value, prompt, uploads, aside)

    def next_prediction(self) -> dict[str, Any] | None:
        """Take the next prediction."""
        prediction: dict[str, Any] | None = self._take("predict", "PredictQApp")
        return prediction

    def _take(
        self, kind: Kind, name: str, parameters: Callable[[], dict[str, Any]] = dict, *, early: bool = False
    ) -> Any:
        """Take the next result of the first script that matches; None: there is none."""
        if not self.left:
            return None
        for script in list(self.left):
            # Code of the test can run here, so under no lock.
            if (script.kind, script.early) != (kind, early) or (script.names and name not in script.names):
                continue
            if not script.is_for(parameters):
                continue
            with self._lock:
                if script not in self.left:
                    continue  # another thread has taken the last result
                if script.passed < script.after:
                    script.passed += 1
                    continue
                script.taken += 1
                if script.taken == script.times:
                    self.left.remove(script)
                return script.results[min(script.taken, len(script.results)) - 1]
        return None


def _outcome(value: Any, prompt: str, uploads: Callable[[], list[Upload]], aside: Aside) -> str | Failed:
    """Return what a scripted answer results in: a text, or the exception that the card fails with."""
    if isinstance(value, (str, Exception, type)):
        return value
    arguments = (prompt, uploads()) if _takes_uploads(value) else (prompt,)
    with aside():
        try:
            text = value(*arguments)
            if not isinstance(text, str):
                raise TypeError(f"{value!r} returned {text!r}: a scripted answer must be a str")
        except Exception as error:
            _LOG.exception("A scripted answer failed; its card is in ERROR. The prompt was: %s", prompt)
            return error
        return text


def _takes_uploads(answer: Callable[..., str]) -> bool:
    """Tell whether a callable needs a second argument; a parameter with a default is not for the uploads."""
    try:
        parameters = inspect.signature(answer).parameters.values()
    except (TypeError, ValueError):  # some of the callables that are written in C
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(each.kind in positional and each.default is each.empty for each in parameters) > 1
