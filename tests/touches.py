"""The table of private touches in docs/design.md: made from `qapps_mock.bridge.table.TABLE`.

``python -m tests.touches`` writes it; tests/test_touches.py fails when the page lags behind.
"""

from __future__ import annotations

from pathlib import Path

from qapps_mock.bridge import patches  # noqa: F401  # importing it fills the table
from qapps_mock.bridge.table import TABLE, Touch
from tests.generated import Place

PLACE = Place(
    Path(__file__).parent.parent / "docs" / "design.md", "<!-- touches: made by python -m tests.touches -->\n"
)


def row(touch: Touch) -> str:
    """Return the row of a touch."""
    return f"| `{touch}` | {touch.use} | {touch.gain} | {'yes' if touch.needed else 'no'} |"


def generated() -> str:
    """Return the table between the marks."""
    rows = sorted(row(touch) for touch in TABLE)
    return "\n".join(["| name | use | gain | needed |", "|---|---|---|---|", *rows]) + "\n"


if __name__ == "__main__":
    PLACE.write(generated())
