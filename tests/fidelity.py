"""The ledger in docs/fidelity.md: its rows about the operations are made from the docstrings.

``python -m tests.fidelity`` writes them and prints the next free ids; tests/test_fidelity.py fails when the
page lags behind, and when a row has no id or an empty cell.

A row of a docstring starts with its id; its other lines are indented::

    QA-147 assumed: two cards with the same id are a ValidationException. Settle: CreateQApp with such cards.
    QA-142 documented (quotas): a user can have at most 100 apps.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import NamedTuple

from qapps_mock.models import QAppsBackend
from qapps_mock.service import protocol
from qapps_mock.service.service_model import service_model

PAGE = Path(__file__).parent.parent / "docs" / "fidelity.md"
MARK = "<!-- made by python -m tests.fidelity: do not edit below this line -->\n"
HEAD = "| id | behaviour | ground | source | would settle it |\n|---|---|---|---|---|"
GROUNDS = ("modelled", "documented", "observed", "assumed", "not simulated")
# What a cell says when nothing belongs there; an assumed row must have something in its last cell.
NOTHING = "-"
ID = re.compile(r"(QA|S3)-\d{3}")
# The sources of the grounds that need not name one.
_SOURCES = {"modelled": "service model", "assumed": "nothing found", "not simulated": "service model"}
_ROW = re.compile(
    rf"(?P<id>\S+) (?P<ground>{'|'.join(GROUNDS)})(?: \((?P<source>.+?)\))?: (?P<behaviour>.+?)(?: Settle: (?P<settle>.+))?"
)


class Row(NamedTuple):
    """One row of the ledger; its cells are in the order of the page's columns."""

    id: str
    behaviour: str
    ground: str
    source: str
    settle: str

    @property
    def flaw(self) -> str | None:
        """What is wrong with the row, or None."""
        if not ID.fullmatch(self.id):
            return f"{self.id!r} is not an id such as QA-017 or S3-012"
        if self.ground not in GROUNDS:
            return f"{self.ground!r} is not a ground: use one of {', '.join(GROUNDS)}"
        if not all(self):
            return "a cell is empty"
        if self.ground == "assumed" and self.settle == NOTHING:
            return "an assumed row says what would settle it"
        return None


def docstring_rows(operation: protocol.Operation) -> list[str]:
    """Return the rows of the operation's docstring as text, each on one line."""
    text = inspect.getdoc(getattr(QAppsBackend, operation.method_name)) or ""
    _, _, rows = text.partition("\n\n")
    return [" ".join(each.split()) for each in re.split(r"\n(?=\S)", rows) if each.strip()]


def read_row(text: str) -> Row:
    """Return a row of a docstring.

    Raises:
        ValueError: the text is not a row.
    """
    match = _ROW.fullmatch(text)
    if match is None:
        raise ValueError(f"Write 'QA-nnn ground (source): behaviour. Settle: what would.', not {text!r}")
    source = match["source"] or _SOURCES.get(match["ground"], "")
    settle = (match["settle"] or NOTHING).removesuffix(".")
    return Row(match["id"], match["behaviour"].removesuffix("."), match["ground"], source, settle)


def page_rows(page: str) -> list[Row]:
    """Return the rows of all ledger tables of the page."""
    tables = re.findall(rf"^{re.escape(HEAD)}\n((?:\|.*\n)*)", page, re.MULTILINE)
    lines = [line for table in tables for line in table.splitlines()]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [Row(*each) if len(each) == len(Row._fields) else Row("|".join(each), *[""] * 4) for each in cells]


def section(operation: protocol.Operation) -> str:
    """Return the operation's part of the page."""
    http = service_model().operation_model(operation.name).http
    errors = ", ".join(sorted(operation.errors - _everywhere()))
    rows = [f"| {' | '.join(read_row(text))} |" for text in docstring_rows(operation)]
    return "\n".join(
        [f"### {operation.name}", "", f"`{http['method']} {http['requestUri']}`. Exceptions: {errors}."]
        + (["", HEAD, *rows] if rows else [])
    )


def _everywhere() -> frozenset[str]:
    return frozenset.intersection(*(each.errors for each in protocol.operations().values()))


def generated() -> str:
    """Return the part of the page below the mark."""
    everywhere = ", ".join(sorted(_everywhere()))
    sections = [section(protocol.find_operation(name)) for name in sorted(protocol.operations())]
    first = f"Every operation also documents {everywhere}; `fail` raises them. Parameters, results and exceptions are those of the service model."
    return "\n\n".join([first, *sections]) + "\n"


def next_free_ids(page: str) -> dict[str, str]:
    """Return the next free id of each kind."""
    used = [each.id for each in page_rows(page)]
    highest = {kind: max(int(each[3:]) for each in used if each.startswith(kind)) for kind in ("QA", "S3")}
    return {kind: f"{kind}-{number + 1:03}" for kind, number in highest.items()}


if __name__ == "__main__":
    head, mark, _ = PAGE.read_text().partition(MARK)
    page = f"{head}{mark or MARK}\n{generated()}"
    PAGE.write_text(page)
    print("The next free ids are", " and ".join(next_free_ids(page).values()))
