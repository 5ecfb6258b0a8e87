"""Checks compiled from the shapes of a service model: one closure for each shape.

A check gets a decoded JSON value and returns the value for the backend. It never raises: it adds every violation
to the call's list, so that all are reported together. The sentences are Smithy's. While a request is checked, no
shape is read.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any, TypeAlias

# A path is a chain from the member up to the input itself. It becomes text only for a violation.
Path: TypeAlias = "tuple[Path, str | int] | None"
Violation: TypeAlias = tuple[Path, "str | int", str, str]
Check: TypeAlias = Callable[[Any, Path, "str | int", list[Violation]], Any]
Rule: TypeAlias = tuple[Callable[[str], object], str]

NULL = "Member must not be null"
ONE_OF = "Member must have exactly one value"

_INTEGER_BITS = {"integer": 32, "long": 64}
_EARLIEST = datetime(1, 1, 1, tzinfo=timezone.utc).timestamp()
_AFTER_LATEST = datetime(9999, 12, 31, tzinfo=timezone.utc).timestamp() + 24 * 60 * 60


def describe(found: list[Violation]) -> str:
    """Return one message for all violations *found*."""
    sentences = (
        f"Value{about} at '{json_pointer(_names(parent, name))}' failed to satisfy constraint: {rule}"
        for parent, name, about, rule in found
    )
    errors = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
    return f"{errors} detected. {'; '.join(sentences)}"


def json_pointer(names: Iterable[object]) -> str:
    """Write the names on the way to a value as a JSON pointer."""
    return "".join(f"/{str(name).replace('~', '~0').replace('/', '~1')}" for name in names)


def _names(parent: Path, name: str | int) -> list[str | int]:
    """Return the names on a path, without that of the whole."""
    names: list[str | int] = []
    while parent is not None:
        names.append(name)
        parent, name = parent
    return names[::-1]


class Compiler:
    """Compiles the shapes of one service model, each structure once, on first use."""

    def __init__(self) -> None:
        self._structures: dict[str, Check] = {}
        self._builders: dict[str, Callable[[Any], Check]] = {
            "boolean": _boolean,
            "integer": _integer,
            "list": self._list,
            "long": _integer,
            "map": self._map,
            "string": _string,
            "structure": self._known_structure,
            "timestamp": _timestamp,
        }

    def check(self, shape: Any) -> Check:
        """Return the check for *shape*.

        A value of a type that Q Apps does not use yet is not checked; a test fails when such a type appears.
        """
        return self._builders.get(shape.type_name, _anything)(shape)

    def structure(self, shape: Any, *, rename: Callable[[str], str] = str) -> Check:
        """Return a new check for a structure; *rename* gives the backend's names."""
        return (_union if shape.is_tagged_union else _structure)(lambda: tuple(self._members(shape, rename)))

    def _members(self, shape: Any, rename: Callable[[str], str]) -> Iterable[Member]:
        required = set(shape.required_members)
        for name, member in shape.members.items():
            located = "location" in member.serialization  # `Operation.parse` stores it under the model's name
            wire = name if located else member.serialization.get("name", name)
            yield wire, name, rename(name), name in required, self.check(member)

    def _known_structure(self, shape: Any) -> Check:
        if shape.is_document_type:
            return _anything(shape)
        if shape.name not in self._structures:
            self._structures[shape.name] = self.structure(shape)
        return self._structures[shape.name]

    def _list(self, shape: Any) -> Check:
        return _list(self.check(shape.member), *_length(shape.metadata))

    def _map(self, shape: Any) -> Check:
        return _map(self.check(shape.key), self.check(shape.value), *_length(shape.metadata))


# The name in the request, the model's name, the backend's name, required?, the check.
Member: TypeAlias = tuple[str, str, str, bool, Check]


def _structure(compile_members: Callable[[], tuple[Member, ...]]) -> Check:
    """Check the members of an object in the model's order and drop the unknown ones."""
    members: tuple[Member, ...] | None = None

    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        nonlocal members
        if type(value) is not dict:
            return _wrong_type("structure", value, parent, name, found)
        if members is None:  # only now, because a structure may contain itself
            members = compile_members()
        here = (parent, name)
        result = {}
        for wire, label, key, required, inner in members:
            item = value.get(wire)
            if item is not None:
                result[key] = inner(item, here, label, found)
            elif required:
                _null(here, label, found)
        return result

    return check


def _union(compile_members: Callable[[], tuple[Member, ...]]) -> Check:
    """Check a structure that must have exactly one of its known members."""
    structure = _structure(compile_members)

    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        before = len(found)
        result = structure(value, parent, name, found)
        if type(value) is dict and len(result) != 1:
            found.insert(before, (parent, name, "", ONE_OF))
        return result

    return check


def _list(inner: Check, low: int, high: int, length_rule: str) -> Check:
    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        if type(value) is not list:
            return _wrong_type("list", value, parent, name, found)
        if not low <= len(value) <= high:
            found.append((parent, name, f" with length {len(value)}", length_rule))
        here = (parent, name)
        return [
            _null(here, index, found) if item is None else inner(item, here, index, found)
            for index, item in enumerate(value)
        ]

    return check


def _map(check_key: Check, check_value: Check, low: int, high: int, length_rule: str) -> Check:
    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        if type(value) is not dict:
            return _wrong_type("map", value, parent, name, found)
        if not low <= len(value) <= high:
            found.append((parent, name, f" with length {len(value)}", length_rule))
        here = (parent, name)
        result = {}
        for key, item in value.items():
            # An invalid key is reported at the map, an invalid value at its key, as in Smithy's
            # protocol tests (restJson1/validation/malformed-pattern.smithy):
            # https://github.com/smithy-lang/smithy/tree/main/smithy-aws-protocol-tests
            check_key(key, parent, name, found)
            if item is None:
                _null(here, key, found)
            else:
                result[key] = check_value(item, here, key, found)
        return result

    return check


def _null(here: Path, name: str | int, found: list[Violation]) -> Any:
    """Report a null where a value is required."""
    found.append((here, name, "", NULL))


def _string(shape: Any) -> Check:
    low, high, length_rule = _length(shape.metadata)
    rules = tuple(_text_rules(shape.metadata))

    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        if type(value) is not str:
            return _wrong_type("string", value, parent, name, found)
        if not low <= len(value) <= high:
            found.append((parent, name, f" with length {len(value)}", length_rule))
        for holds, rule in rules:
            if not holds(value):
                found.append((parent, name, "", rule))
        return value

    return check


def _text_rules(metadata: Mapping[str, Any]) -> Iterable[Rule]:
    if pattern := metadata.get("pattern"):
        # botocore's models have no anchors at both ends of a pattern. `fullmatch` replaces them,
        # and unlike `$` rejects a newline at the end. In these patterns, unlike in Python's, \d
        # means ASCII digits.
        yield (
            re.compile(pattern, re.ASCII).fullmatch,
            f"Member must satisfy regular expression pattern: ^{pattern}$",
        )
    if values := metadata.get("enum"):
        yield (
            frozenset(values).__contains__,
            f"Member must satisfy enum value set: [{', '.join(values)}]",
        )


def _integer(shape: Any) -> Check:
    kind, bounds = shape.type_name, shape.metadata
    most = (1 << _INTEGER_BITS[kind] - 1) - 1
    least = -most - 1
    low, high = bounds.get("min", least), bounds.get("max", most)
    declared = _between("Member must be", bounds.get("min"), bounds.get("max"))
    of_type = _between("Member must be", least, most)
    low_rule = declared if "min" in bounds else of_type
    high_rule = declared if "max" in bounds else of_type

    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        if type(value) is not int:  # not isinstance: True is an int too
            return _wrong_type(kind, value, parent, name, found)
        if not low <= value <= high:
            rule = low_rule if value < low else high_rule
            found.append((parent, name, "", rule))
        return value

    return check


def _boolean(shape: Any) -> Check:
    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        return value if type(value) is bool else _wrong_type("boolean", value, parent, name, found)

    return check


def _timestamp(shape: Any) -> Check:
    """Check seconds since 1970, the only timestamps that Q Apps accepts.

    The number stays a number: a response repeats it as it came.
    """
    if shape.serialization.get("timestampFormat", "unixTimestamp") != "unixTimestamp":
        return _anything(shape)

    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        if type(value) in (int, float) and _EARLIEST <= value < _AFTER_LATEST:
            return value
        return _wrong_type("timestamp", value, parent, name, found)

    return check


def _anything(shape: Any) -> Check:
    def check(value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
        return value

    return check


def _wrong_type(expected: str, value: Any, parent: Path, name: str | int, found: list[Violation]) -> Any:
    found.append((parent, name, "", f"Member must be of type {expected}"))
    return value


def _length(metadata: Mapping[str, Any]) -> tuple[int, int, str]:
    """Return the least and the greatest length, and the rule in words."""
    low, high = metadata.get("min", 0), metadata.get("max", sys.maxsize)
    # botocore writes `min: 0` where Smithy's model has only a maximum; Smithy's sentence then
    # names only the maximum.
    return low, high, _between("Member must have length", low or None, metadata.get("max"))


def _between(start: str, low: int | None, high: int | None) -> str:
    if low is None:
        return f"{start} less than or equal to {high}"
    if high is None:
        return f"{start} greater than or equal to {low}"
    return f"{start} between {low} and {high}, inclusive"
