"""Where two records differ, and how that is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from qapps_mock.conformance.probe import Probe
from qapps_mock.conformance.record import Taken

# Headers of the connection and of the machine that responds, not of the service.
_OF_THE_CONNECTION = frozenset(
    [
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
        "vary",
        "via",
        "x-cache",
        "x-amz-cf-id",
        "x-amz-cf-pop",
    ]
)
# A server adds them for web pages.
_CORS = "access-control-"
_ABSENT = "(absent)"
_TIME = re.compile(r"<time:([+-]\d+)s ")
# Clocks differ, and so does the time that a call takes.
_SECONDS = 5


class Difference(NamedTuple):
    """One member that differs, and the probes that show it."""

    where: str
    left: str
    right: str
    probes: list[str]


def compare(left: Mapping[str, Taken], right: Mapping[str, Taken]) -> list[Difference]:
    """Return what differs in the probes that both records answered; the same difference of several probes once."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for probe_id, mine in left.items():
        other = right.get(probe_id)
        if other is None or "skipped" in (mine.state, other.state):
            continue
        for each in _of_probe(mine, other):
            found.setdefault(each, []).append(probe_id)
    return [Difference(*each, probes) for each, probes in found.items()]


def skipped(left: Mapping[str, Taken], right: Mapping[str, Taken]) -> dict[str, str]:
    """Return the probes that could not be compared, and why."""
    found = {}
    for probe_id, mine in left.items():
        other = right.get(probe_id)
        both = [mine] if other is None else [mine, other]
        reasons = [each.reason for each in both if each.state == "skipped"]
        if other is None and not reasons:
            reasons = ["the other record does not have it"]
        if reasons:
            found[probe_id] = "; ".join(dict.fromkeys(reasons))
    return found


def _of_probe(left: Taken, right: Taken) -> Iterator[tuple[str, str, str]]:
    several = len({**left.steps, **right.steps}) > 1
    for step in {**left.steps, **right.steps}:
        ours, other = _flat(left.steps.get(step)), _flat(right.steps.get(step))
        wheres = dict.fromkeys([*ours, *other]) if len(ours) > 1 and len(other) > 1 else ["status"]
        for where in wheres:
            one, two = ours.get(where, _ABSENT), other.get(where, _ABSENT)
            if not _equal(one, two):
                yield (f"{step}: {where}" if several else where), _shown(one), _shown(two)


def _flat(step: Mapping[str, Any] | None) -> dict[str, Any]:
    if step is None:  # the probe ended before it, for a reason that another difference shows
        return {"status": _ABSENT}
    headers = {
        f"header {name}": value
        for name, value in step.get("headers", {}).items()
        if name not in _OF_THE_CONNECTION and not name.startswith(_CORS)
    }
    return {"status": step.get("status", _ABSENT), **headers, **step.get("body", {})}


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _equal(left: Any, right: Any) -> bool:
    """Tell whether two values are equal; a record has the values of a list once if all are the same."""
    if isinstance(left, list) and not isinstance(right, list):
        return all(_equal(each, right) for each in left)
    if isinstance(right, list) and not isinstance(left, list):
        return _equal(right, left)
    return _equal_but_for_seconds(_shown(left), _shown(right))


def _equal_but_for_seconds(left: str, right: str) -> bool:
    if left == right:
        return True
    mine, others = _TIME.findall(left), _TIME.findall(right)
    near = len(mine) == len(others) and all(
        abs(int(one) - int(two)) <= _SECONDS for one, two in zip(mine, others, strict=True)
    )
    return near and _TIME.sub("<time: ", left) == _TIME.sub("<time: ", right)


def table(
    differences: list[Difference], probes: Mapping[str, Probe], names: tuple[str, str], *, markdown: bool
) -> str:
    """Return the differences as a table, for a terminal or for an issue."""
    head = ("probe", "row", "where", f"{names[0]} says", f"{names[1]} says")
    rows = [head, *(_row(each, probes, markdown=markdown) for each in differences)]
    if markdown:
        lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
        lines.insert(1, "|" + "---|" * len(head))
        return "\n".join(lines)
    widths = [min(max(len(row[place]) for row in rows), 48) for place in range(len(head) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)), row[-1]])
        for row in rows
    )


def _row(each: Difference, probes: Mapping[str, Probe], *, markdown: bool) -> tuple[str, ...]:
    more = len(each.probes) - 1
    names = (
        ", ".join(each.probes) if markdown and more < 4 else each.probes[0] + (f" (+{more})" if more else "")
    )
    rows = sorted({row for name in each.probes if name in probes for row in probes[name].rows})
    return names, ", ".join(rows) or "-", each.where, each.left, each.right


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
