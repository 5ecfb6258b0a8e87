"""The table of private touches in docs/design.md: made from `qapps_mock.bridge.table.TABLE`.

``python -m tests.touches`` writes it; tests/test_touches.py fails when the page lags behind.
"""

from __future__ import annotations

from pathlib import Path

from qapps_mock.bridge import patches  # noqa: F401  # importing it fills the table
from qapps_mock.bridge.table import TABLE, Touch

PAGE = Path(__file__).parent.parent / "docs" / "design.md"
MARK = "<!-- touches: made by python -m tests.touches -->\n"
END = "<!-- end -->\n"


def row(touch: Touch) -> str:
    """Return the row of a touch."""
    return f"| `{touch}` | {touch.use} | {touch.gain} | {'yes' if touch.needed else 'no'} |"


def generated() -> str:
    """Return the table between the marks."""
    rows = sorted(row(touch) for touch in TABLE)
    return "\n".join(["| name | use | gain | needed |", "|---|---|---|---|", *rows]) + "\n"


def split() -> tuple[str, str, str]:
    """Return the page: up to the first mark, between the marks, and after the second one."""
    head, mark, rest = PAGE.read_text().partition(MARK)
    table, end, tail = rest.partition(END)
    assert mark, f"{PAGE.name} has no line {MARK}"
    assert end, f"{PAGE.name} has no line {END}"
    return head, table, tail


if __name__ == "__main__":
    before, _, after = split()
    PAGE.write_text(f"{before}{MARK}\n{generated()}\n{END}{after}")
