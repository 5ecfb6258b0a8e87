"""``pytest --qapps-coverage``: which operations and documented exceptions of Q Apps the suite has seen."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from qapps_mock.control import coverage

_NAME = "qapps_coverage"


class _Row(NamedTuple):
    operation: str
    seen: int
    of: int
    missing: list[str]


class CoverageReport:
    """Collects what the tests see, in each process of pytest-xdist too, and reports it at the end.

    Args:
        fail_under: the least percentage with which the run passes; None: any.
    """

    def __init__(self, fail_under: float | None) -> None:
        self._fail_under = fail_under
        self._seen: coverage.Seen = set()
        self._before = coverage.collect(self._seen)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add what a worker of pytest-xdist has seen."""
        output = getattr(node, "workeroutput", {})  # a worker that crashed has none
        self._seen.update((operation, error) for operation, error in output.get(_NAME, ()))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Send what was seen to the controller of pytest-xdist, or else let a run under the limit fail."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output[_NAME] = list(self._seen)
        elif exitstatus == pytest.ExitCode.OK and self._is_short():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the table."""
        terminalreporter.write_sep("=", "Amazon Q Apps coverage")
        for line in self._lines():
            terminalreporter.write_line(line)
        if self._is_short():
            terminalreporter.write_line(
                f"FAILED: the coverage of {_percent(self._share())} is under the required "
                f"{_percent(self._fail_under)} (--qapps-coverage-fail-under)",
                red=True,
            )

    def pytest_unconfigure(self) -> None:
        """Collect nothing any longer."""
        coverage.collect(self._before)

    def _rows(self) -> list[_Row]:
        """Return a row for each operation that was called: success and each documented exception count."""
        from qapps_mock.service.names import errors  # imported here for start-up time

        rows = []
        for operation in sorted({operation for operation, _ in self._seen}):
            wanted: list[str | None] = [None, *errors(operation)]
            missing = [error for error in wanted if (operation, error) not in self._seen]
            names = [error or "success" for error in missing]
            rows.append(_Row(operation, len(wanted) - len(missing), len(wanted), names))
        return rows

    def _share(self) -> float:
        rows = self._rows()
        return 100 * sum(row.seen for row in rows) / max(1, sum(row.of for row in rows))

    def _is_short(self) -> bool:
        return self._fail_under is not None and self._share() < self._fail_under

    def _lines(self) -> list[str]:
        from qapps_mock.service.service_model import service_model  # imported here for start-up time

        rows = self._rows()
        total = _Row("TOTAL", sum(row.seen for row in rows), sum(row.of for row in rows), [])
        width = max(len(name) for name in ("operation", *(row.operation for row in rows)))
        lines = [f"{'operation':<{width}}   seen  cover  missing"]
        for row in (*rows, total):
            share = f"{100 * row.seen / max(1, row.of):.0f}%"
            line = (
                f"{row.operation:<{width}}  {f'{row.seen}/{row.of}':>5}  {share:>5}  {', '.join(row.missing)}"
            )
            lines.append(line.rstrip())
        never = [
            name for name in service_model().operation_names if name not in {row.operation for row in rows}
        ]
        if never:
            lines.append(f"never called: {', '.join(never)}")
        return lines


def _percent(share: float | None) -> str:
    return f"{share:.2f}".rstrip("0").rstrip(".") + "%"
