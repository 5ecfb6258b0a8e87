"""A probe: a question to the target, as data; a resource: what probes share, made once and removed at the end.

The files are JSON. docs/conformance.md describes their members.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from qapps_mock.conformance import template

KINDS = ("call", "http", "post", "link", "s3", "empty")
_STEP = {"as", "keep", "only", "origin", "record", "require", "sign", "undo", "until", "user", "with", *KINDS}
_PROBE = {"id", "asks", "rows", "level", "needs", "values", "cases", "steps"}
_MEMBERS = {
    "undo": {"steps", "find"},
    "until": {"member", "in", "seconds", "every"},
    "require": {"status", "otherwise"},
}
_ID = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*").fullmatch
_ROW = re.compile(r"(QA|S3)-\d{3}").fullmatch
LEVELS = range(7)


class ProbeError(ValueError):
    """A file of probes that cannot be used; the message is for its author."""


@dataclass(frozen=True)
class Step:
    """One request.

    Attributes:
        name: of its response, for later steps.
        kind: one of `KINDS`.
        what: the operation, the form, or the request.
        options: the other members.
    """

    name: str
    kind: str
    what: Any
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def undo(self) -> Mapping[str, Any] | None:
        """Return how to remove what the step makes."""
        undo: Mapping[str, Any] | None = self.options.get("undo")
        return undo


@dataclass(frozen=True)
class Probe:
    """A question to a target.

    Attributes:
        id: unique; it starts with the topic.
        asks: the question, a sentence.
        rows: the rows of docs/fidelity.md that the answer settles.
        level: from 0 to 6.
        needs: names of resources.
        values: what templates of the steps can name.
        steps: in order.
    """

    id: str
    asks: str
    rows: tuple[str, ...]
    level: int
    needs: tuple[str, ...]
    values: Mapping[str, Any]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Resource:
    """Something that several probes need, for example a bucket."""

    name: str
    needs: tuple[str, ...]
    values: Mapping[str, Any]
    steps: tuple[Step, ...]


def read_probes(document: Mapping[str, Any], source: str) -> list[Probe]:
    """Return the probes of a file, one for each case.

    Raises:
        ProbeError: a member is unknown, missing or of a wrong type.
    """
    shared = {name: each for name, each in document.items() if name in ("level", "needs", "rows")}
    found = []
    for each in _list(document.get("probes"), source):
        name = each.get("id", "?") if isinstance(each, dict) else repr(each)
        place = f"{source}, probe {name}"
        found += _cases(shared | _object(each, place, _PROBE), place)
    return found


def _cases(document: Mapping[str, Any], place: str) -> list[Probe]:
    cases = document.get("cases")
    if cases is None:
        return [_probe(document, document.get("values", {}), place)]
    found = []
    for name, case in _object(cases, f"{place}, cases").items():
        values = {**document.get("values", {}), "case": case, "name": name}
        about = {**document, "id": f"{document.get('id')}.{name}"}
        if isinstance(case, dict) and "rows" in case:
            about["rows"] = case["rows"]
        found.append(_probe(about, values, place))
    return found


def _probe(document: Mapping[str, Any], values: Mapping[str, Any], place: str) -> Probe:
    probe_id, level, rows = document.get("id"), document.get("level"), document.get("rows", [])
    if not isinstance(probe_id, str) or not _ID(probe_id):
        raise ProbeError(f"{place}: 'id' must be words in lower case between dots, not {probe_id!r}")
    if not isinstance(level, int) or level not in LEVELS:
        raise ProbeError(f"{place}: 'level' must be 0 to 6, not {level!r}")
    wrong = [row for row in rows if not isinstance(row, str) or not _ROW(row)]
    if wrong:
        raise ProbeError(f"{place}: 'rows' must be ids such as QA-017 or S3-012, not {wrong[0]!r}")
    if not isinstance(document.get("asks"), str):
        raise ProbeError(f"{place}: 'asks' must be a sentence: what does the probe find out?")
    return Probe(
        id=probe_id,
        asks=template.filled(document["asks"], values) if "case" in values else document["asks"],
        rows=tuple(rows),
        level=level,
        needs=tuple(document.get("needs", ())),
        values=values,
        steps=read_steps(document.get("steps"), place),
    )


def read_resources(document: Mapping[str, Any], source: str) -> dict[str, Resource]:
    """Return the resources of a file by name."""
    found = {}
    for name, each in document.items():
        place = f"{source}, resource {name}"
        members = _object(each, place, {"needs", "values", "steps", "about"})
        steps = read_steps(members.get("steps"), place)
        found[name] = Resource(name, tuple(members.get("needs", ())), members.get("values", {}), steps)
    return found


def read_steps(document: Any, place: str) -> tuple[Step, ...]:
    """Return the steps in a list.

    Raises:
        ProbeError: a step has not exactly one kind, or an unknown member.
    """
    steps = []
    for number, each in enumerate(_list(document, place), 1):
        here = f"{place}, step {number}"
        members = _object(each, here, _STEP)
        kinds = [kind for kind in KINDS if kind in members]
        if len(kinds) != 1:
            raise ProbeError(f"{here}: a step has exactly one of {', '.join(KINDS)}, not {kinds or 'none'}")
        for name in _MEMBERS.keys() & members.keys():
            _object(members[name], f"{here}, {name}", _MEMBERS[name])
        steps.append(
            Step(
                str(members.get("as", number)),
                kinds[0],
                members[kinds[0]],
                {name: value for name, value in members.items() if name not in ("as", kinds[0])},
            )
        )
    return tuple(steps)


def require_known(members: Any, known: Collection[str], what: str) -> None:
    """Raise unless *members* is an object with known names only.

    Raises:
        ProbeError: it is not.
    """
    if not isinstance(members, Mapping):
        raise ProbeError(f"{what} is an object, not {members!r:.60}")
    for name in members:
        if name not in known:
            raise ProbeError(f"{what} has no member {name!r}. The members are: {', '.join(sorted(known))}.")


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise ProbeError(f"{place}: expected a list that is not empty, not {value!r:.60}")
    return value


def _object(value: Any, place: str, known: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProbeError(f"{place}: expected an object, not {value!r:.60}")
    for name in value.keys() - (known or value.keys()):
        raise ProbeError(f"{place}: no member {name!r}. The members are: {', '.join(sorted(known or ()))}.")
    return value
