"""What a suite has seen of Q Apps: operations, and the exceptions that they ended in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from qapps_mock.control.call import Call

# An operation, and the code of the exception that it ended in; None: it succeeded.
Seen: TypeAlias = "set[tuple[str, str | None]]"

_collected: Seen | None = None


def collect(into: Seen | None) -> Seen | None:
    """Add what the runs from now on see to *into*; None: collect nothing. Return what this replaces."""
    global _collected
    before, _collected = _collected, into
    return before


def note(calls: Callable[[], Iterable[Call]]) -> None:
    """Collect the calls of a run that ends or is emptied."""
    if _collected is not None:
        _collected.update((call.operation, call.error) for call in calls())
