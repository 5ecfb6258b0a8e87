"""One mock around all hooks and tests of a decorated class."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Protocol

from qapps_mock.control.active import ACTIVE
from qapps_mock.control.run import Run
from qapps_mock.locks import Lock


class Mock(Protocol):
    """What a decorator needs of a mock."""

    def start(self) -> object:
        """Start it."""

    def stop(self) -> None:
        """Stop it."""

    def assert_all_used(self) -> None:
        """Check that its scripts were used."""

    def __enter__(self) -> object:
        """Start it."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Stop it; without an error, first check that its scripts were used."""


# Makes a new mock for each run: two calls of one function share nothing.
NewMock = Callable[[], Mock]

_LOCK = Lock()


class Started:
    """A mock that one hook has started and another one ends.

    Attributes:
        passed: what runs inside has passed, as far as that is known.
    """

    def __init__(self, new_mock: NewMock) -> None:
        self.passed = True
        self._mock: Mock | None = new_mock()
        self._mock.start()

    def end(self) -> None:
        """Stop the mock, once; if what ran inside has passed, check first that its scripts were used."""
        __tracebackhide__ = True
        mock, self._mock = self._mock, None
        if mock is not None and self.passed:
            mock.__exit__(None, None, None)
        elif mock is not None:
            mock.stop()

    def check(self, run: Run) -> None:
        """Check now that the scripts were used, unless the options or a failed test allow it."""
        __tracebackhide__ = True
        if self._mock is not None and run.options.assert_all_used and not run.test_failed:
            self._mock.assert_all_used()

    def stop(self) -> None:
        """Stop the mock, if it is active; check nothing."""
        self.passed = False
        self.end()


class ClassMock:
    """The mock of one class, from its first hook to its last one.

    Its tests share the state that the hooks make. While the hooks have made no call, the state is
    emptied after each test.

    Attributes:
        cls: the class.
        holds: what keeps the mock active. pytest calls ``setup_class`` of a class also for a class in it.
        keeps_state: the hooks have made a call, or the state belongs to a mock outside.
    """

    def __init__(self, cls: type, new_mock: NewMock) -> None:
        from qapps_mock.bridge import start  # imported here for start-up time

        self.cls = cls
        self.holds: list[str] = []
        depth_outside = _open[-1].depth if _open else 0
        self.keeps_state = start.depth() != depth_outside
        self.mock = Started(new_mock)
        self.depth: int = start.depth()
        self.run = ACTIVE.runs[-1]
        self.seen = ACTIVE.requests

    def note_calls(self) -> None:
        """Keep the state from now on, if a request came since the last test."""
        self.keeps_state |= ACTIVE.requests != self.seen


# Those of the classes whose hooks have begun and not ended, innermost last.
_open: list[ClassMock] = []


def hold(cls: type, key: str, new_mock: NewMock) -> ClassMock:
    """Start the mock of a class, unless it is active, and keep it active until *key* is released."""
    with _LOCK:
        if not _open or _open[-1].cls is not cls:
            _open.append(ClassMock(cls, new_mock))
        _open[-1].holds.append(key)
        return _open[-1]


def is_held(cls: type, key: str) -> bool:
    """Tell whether *key* keeps the mock of a class active."""
    return _find(cls, key) is not None


def release(cls: type, key: str, *, passed: bool = False) -> None:
    """Stop the mock of a class when nothing else keeps it active. Idempotent.

    If its tests have *passed*, check first that the scripts of its hooks were used.
    """
    __tracebackhide__ = True
    with _LOCK:
        found = _find(cls, key)
        if found is not None:
            found.holds.remove(key)
            if not found.holds:
                _open.remove(found)
                try:
                    found.mock.passed = passed
                    found.mock.end()
                finally:
                    _empty_unless_kept()  # of the classes around this one


def check(cls: type) -> None:
    """Check that the scripts of the hooks of a class were used; the mock stays active."""
    __tracebackhide__ = True
    if _open and _open[-1].cls is cls:
        _open[-1].mock.check(_open[-1].run)


def _find(cls: type, key: str) -> ClassMock | None:
    return next((each for each in reversed(_open) if each.cls is cls and key in each.holds), None)


@contextlib.contextmanager
def one_test() -> Iterator[None]:
    """Let one test share the state of its class, or have its own if the hooks of the class made no call."""
    from qapps_mock.bridge import start  # imported here for start-up time

    # These are the calls of class-scoped fixtures, or else those of another mock around this one test.
    if _open and start.depth() == _open[-1].depth:
        _open[-1].note_calls()
    with start.session_kept() if _may_empty() else contextlib.nullcontext():
        try:
            yield
        finally:
            with _LOCK:
                _empty_unless_kept()


def _may_empty() -> bool:
    return bool(_open) and not any(each.keeps_state for each in _open)


def _empty_unless_kept() -> None:
    if _may_empty():
        _open[-1].run.empty_services()
    for each in _open:
        if not each.keeps_state:
            each.run.history = []
        each.seen = ACTIVE.requests
