"""The ledger and the kit: every row that a probe names exists, and a row is *observed (kit)* only with a record."""

from __future__ import annotations

import json
import re
from pathlib import Path

from qapps_mock.conformance import catalog, record
from qapps_mock.conformance.catalog import Catalog
from qapps_mock.conformance.record import Taken
from tests import fidelity

RECORDS = Path(catalog.__file__).parent / "records"
PAGE = fidelity.PAGE.read_text()
NO_RECORD = "There is no record of AWS yet, so no row has this source."


def settled_by(records: list[tuple[dict[str, object], dict[str, Taken]]], probes: Catalog) -> dict[str, str]:
    """Return the rows that records of AWS settle, each with the source that the page must name."""
    found = {}
    for about, taken in sorted(records, key=lambda each: str(each[0]["date"])):
        for probe_id, each in taken.items():
            if (
                about["kind"] == "aws"
                and each.state == "answered"
                and not each.reason
                and probe_id in probes.probes
            ):
                found.update(dict.fromkeys(probes.probes[probe_id].rows, f"kit, {about['date']}"))
    return found


def marked(page: str) -> dict[str, str]:
    """Return the rows of the page that name the kit as their source."""
    rows = fidelity.page_rows(page)
    return {row.id: row.source for row in rows if row.ground == "observed" and row.source.startswith("kit")}


def test_every_row_that_a_probe_names_is_in_the_ledger(everything):
    known = {row.id for row in fidelity.page_rows(PAGE)}

    named = {row: probe.id for probe in everything.probes.values() for row in probe.rows}

    assert {row: probe for row, probe in named.items() if row not in known} == {}
    assert len(named) > 100


def test_the_page_marks_the_rows_that_the_records_settle(everything):
    records = [record.read(path) for path in sorted(RECORDS.glob("*/record.json"))]

    settled = settled_by(records, everything)
    assumed = {row.id for row in fidelity.page_rows(PAGE) if row.ground == "assumed"}
    assert assumed & settled.keys() == set()
    assert marked(PAGE).items() <= settled.items()
    assert (NO_RECORD in PAGE) == (records == [])


def test_a_record_settles_the_rows_of_its_answered_probes(everything):
    about = {"kind": "aws", "date": "2026-12-01"}
    probe, other = "s3.form.request.chunked", "s3.form.kind.line-feeds"
    rows = {*everything.probes[probe].rows}

    def settled(kind: str, state: str) -> set[str]:
        taken = {probe: Taken(state), other: Taken("skipped", "no time")}
        return set(settled_by([({**about, "kind": kind}, taken)], everything))

    assert settled("aws", "answered") == rows
    assert settled("server", "answered") == set()
    assert settled("aws", "skipped") == set()


def test_a_row_of_the_page_can_name_the_kit():
    row = "| S3-021 | a form of unknown length gets 411 | observed | kit, 2026-12-01 | - |"

    assert marked(f"{fidelity.HEAD}\n{row}\n") == {"S3-021": "kit, 2026-12-01"}


def test_a_record_has_nothing_that_is_not_public():
    for path in RECORDS.glob("*/record.json"):
        text = path.read_text()
        assert re.search(r"(AKIA|ASIA)[A-Z0-9]{12}|(?<!\d)\d{12}(?!\d)|@", text) is None
        assert json.loads(text)["target"]["kind"] == "aws"
