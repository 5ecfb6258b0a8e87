"""The ledger in docs/fidelity.md: every row has an id, a ground, a source, and what would settle it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from qapps_mock.service import protocol
from tests import fidelity

PAGE = fidelity.PAGE.read_text()
ROWS = fidelity.page_rows(PAGE)


def test_the_page_has_the_rows_of_the_docstrings():
    _, mark, below = PAGE.partition(fidelity.MARK)

    assert mark
    assert below.strip() == fidelity.generated().strip(), "run python -m tests.fidelity"


@pytest.mark.parametrize("name", sorted(protocol.operations()))
def test_each_statement_of_an_operation_is_a_row_with_an_id(name):
    texts = fidelity.docstring_rows(protocol.find_operation(name))

    assert texts, "the docstring has no row"
    assert [fidelity.read_row(text).flaw for text in texts] == [None] * len(texts)


def test_no_row_lacks_an_id_or_has_an_empty_cell():
    assert {row.id: row.flaw for row in ROWS if row.flaw is not None} == {}


def test_every_table_of_behaviours_is_a_ledger():
    heads = set(re.findall(r"^(\|.*behaviour.*\|)$", PAGE, re.MULTILINE))

    assert heads == {fidelity.HEAD.partition("\n")[0]}


def test_each_id_is_used_once():
    twice = [row_id for row_id, count in Counter(row.id for row in ROWS).items() if count > 1]

    assert twice == [], f"the next free ids are {fidelity.next_free_ids(PAGE)}"


def test_the_probes_of_the_conformance_kit_name_rows_of_the_ledger():
    probes = (fidelity.PAGE.parent.parent / "qapps_mock" / "conformance" / "probes").glob("*.json")
    named = {match[0] for path in probes for match in fidelity.ID.finditer(path.read_text())}

    assert named <= {row.id for row in ROWS}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Assumed: without an id.", "Write 'QA-nnn ground"),
        ("QA-1 assumed: a short id. Settle: it.", "'QA-1' is not an id"),
        ("QA-001 assumed: nothing would settle it.", "says what would settle it"),
        ("QA-001 documented: without a page.", "a cell is empty"),
    ],
)
def test_a_row_that_is_not_whole_is_found(text, message):
    try:
        flaw = fidelity.read_row(text).flaw
    except ValueError as error:
        flaw = str(error)

    assert message in str(flaw)


def test_a_line_with_too_few_cells_is_found():
    (row,) = fidelity.page_rows(f"{fidelity.HEAD}\n| a behaviour | assumed |\n")

    assert row.flaw == "'a behaviour|assumed' is not an id such as QA-017 or S3-012"
