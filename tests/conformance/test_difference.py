"""What counts as a difference of two records."""

from __future__ import annotations

from typing import Any

import pytest

from qapps_mock.conformance import difference
from qapps_mock.conformance.record import Taken


def time_in(seconds: int) -> str:
    return f"<time:{seconds:+d}s 9999-99-99T99:99:99.999Z>"


def where_they_differ(left: Any, right: Any) -> list[str]:
    records = (
        {"probe": Taken("answered", "", {"call": {"status": 200, "body": {"at": each}}})}
        for each in (left, right)
    )
    return [each.where for each in difference.compare(*records)]


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ("a", "a", []),
        ("a", "b", ["at"]),
        (time_in(0), time_in(5), []),
        (time_in(0), time_in(6), ["at"]),
        ([time_in(0), time_in(1)], [time_in(1), time_in(2)], []),
        # The values of a list stand in a record once if all are the same.
        ([time_in(0), time_in(1), time_in(1)], time_in(0), []),
        (time_in(0), [time_in(0), time_in(1)], []),
        (time_in(0), [time_in(0), time_in(6)], ["at"]),
        ("a", ["a", "b"], ["at"]),
    ],
)
def test_times_that_are_a_few_seconds_apart_do_not_differ(left, right, found):
    assert where_they_differ(left, right) == found
