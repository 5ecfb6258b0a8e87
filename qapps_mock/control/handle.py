"""Which run a mock speaks to: its own, and those of the functions and classes that it decorates."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

from qapps_mock.control.active import ACTIVE
from qapps_mock.control.run import Run

# The runs that have begun in this context (a thread, an asyncio task), innermost last; some may have ended.
_OWN: ContextVar[tuple[Run, ...]] = ContextVar("qapps_mock_runs", default=())


class OfRun:
    """What a test does with one run of a mock.

    Args:
        run: the run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def _running(self, method: str) -> Run:
        """Return the active run that a call of *method* is for.

        Raises:
            RuntimeError: there is none.
        """
        return self._run

    def _latest(self, method: str) -> Run:
        """Return the run that a call of *method* is for, active or ended.

        Raises:
            RuntimeError: the mock has never been started.
        """
        return self._run


class Handle:
    """The runs of one mock: those that are active, and the one that came last."""

    def __init__(self) -> None:
        self._running: tuple[Run, ...] = ()
        self._last: Run | None = None

    def begin(self, run: Run) -> None:
        """Add a run that begins."""
        self._running = (*self._running, run)

    def end(self, run: Run) -> None:
        """Remove a run that ends."""
        self._running = tuple(other for other in self._running if other is not run)
        self._last = run

    def running(self) -> Run | None:
        """Return the run of this context, or else the latest; None: none is active."""
        return innermost(self._running)

    def find(self) -> Run | None:
        """Return the run that is active, or else the last one; None: there was none."""
        return self.running() or self._last


def innermost(runs: tuple[Run, ...]) -> Run | None:
    """Return the innermost one of *runs* in this context, or else the latest; None: there is none."""
    for run in reversed(_OWN.get()):
        if run in runs:
            return run
    return runs[-1] if runs else None


def enter(run: Run) -> None:
    """Make *run* the innermost one of this context."""
    active = ACTIVE.runs
    _OWN.set((*(each for each in _OWN.get() if each in active), run))


def leave(run: Run) -> None:
    """Remove *run* from this context, which may be another one than it began in."""
    _OWN.set(tuple(each for each in _OWN.get() if each is not run))


def own() -> Run:
    """Return the run that has begun last in this context."""
    return _OWN.get()[-1]


@contextlib.contextmanager
def in_front(run: Run) -> Iterator[None]:
    """Make *run* the innermost one during one step of a generator, which its caller's context runs."""
    token = _OWN.set((*_OWN.get(), run))
    try:
        yield
    finally:
        _OWN.reset(token)
