"""What pytest shows of a test that has failed: the calls and scripts of every mock that was active in it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qapps_mock.control.active import ACTIVE
from qapps_mock.control.call import Call, arrival_of, invocation_of
from qapps_mock.control.unused import CURE

if TYPE_CHECKING:
    import pytest

_UNANSWERED = (
    "No server at {}: a client with this endpoint_url calls it, and the mock does not see these calls. "
    "Remove endpoint_url (also AWS_ENDPOINT_URL and endpoint_url of the profile), or start the server."
)

# In Moto's server mode, where the history is the server's. Pytest ends a run when a report raises an exception.
_SERVER_HAS_GONE = (OSError, RuntimeError)


class Watch:
    """The mocks that are active from now on, until `close`; of mocks that are active already, the later calls."""

    def __init__(self) -> None:
        self._before = ACTIVE.ended
        ACTIVE.ended = []
        self._seen: dict[int, int] = {}
        with contextlib.suppress(*_SERVER_HAS_GONE):
            self._seen.update((id(run), len(run.calls())) for run in ACTIVE.runs)

    @classmethod
    def late(cls) -> Watch:
        """Return the mocks that are active, with all of their calls: for the test that imports this package."""
        watch = cls()
        watch.close()
        watch.show_earlier_calls()
        return watch

    def show_earlier_calls(self) -> None:
        """Show the earlier calls of the mocks that were active already, too."""
        self._seen = {}

    def close(self) -> None:
        """Watch no longer."""
        ACTIVE.ended = self._before

    def sections(self, *, whole: bool) -> Iterator[tuple[str, str]]:
        """Yield the title and the text of each section that is not empty; *whole*: shorten no value."""
        try:
            yield from self._sections(whole=whole)
        except _SERVER_HAS_GONE as error:
            yield "Amazon Q Apps calls", f"unknown: {error}"

    def _sections(self, *, whole: bool) -> Iterator[tuple[str, str]]:
        runs = [*(ACTIVE.ended or ()), *ACTIVE.runs]
        # Nested mocks have seen the same call.
        calls = {arrival_of(call): call for run in runs for call in run.calls()[self._seen.get(id(run), 0) :]}
        lines = list(_call_lines((calls[number] for number in sorted(calls)), whole=whole))
        lines += [
            _UNANSWERED.format(url) for url in dict.fromkeys(url for run in runs for url in run.unanswered)
        ]
        scripts = [str(used) for run in runs for used in run.used()]
        for title, text in (("calls", lines), ("scripts", scripts)):
            if text:
                yield f"Amazon Q Apps {title}", "\n".join(text)


def is_complaint(found: pytest.ExceptionInfo[BaseException], test_file: Path) -> bool:
    """Tell whether an error is about unused scripts only: no line of the test has raised it."""
    is_ours = isinstance(found.value, AssertionError) and str(found.value).endswith(CURE)
    return is_ours and all(entry.path != test_file for entry in found.traceback)


def _call_lines(calls: Iterable[Call], *, whole: bool) -> Iterator[str]:
    """Yield a line for each call; the attempts of a retried call are one line."""
    attempts: dict[object, list[Call]] = {}
    for call in calls:
        attempts.setdefault(invocation_of(call) or call, []).append(call)
    for *earlier, last in attempts.values():
        codes = ", ".join(str(call.error) for call in earlier)
        yield last.summary(whole=whole) + (f" (attempt {len(earlier) + 1}, after {codes})" if earlier else "")
