"""The conditions of a POST policy: what they require of a form, and which of its fields they cover."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from qapps_mock.s3.errors import S3Error, against_policy, invalid_policy

_LENGTH_RANGE = "content-length-range"
_OPERATORS = ("eq", "starts-with", _LENGTH_RANGE)
_NUMBER = re.compile(r"-?[0-9]{1,19}").fullmatch
# Amazon S3 API reference, "POST policy": these need no condition.
_EXEMPT = frozenset({"file", "policy"})
_EXEMPT_PREFIX = "x-ignore-"


class Condition(NamedTuple):
    """A condition on one field or on the size of the file, spelled as in the policy.

    Attributes:
        field: the lower-cased name of the field; None: a name without its ``$``, or no field at all.
        is_length_range: whether it is on the size of the file.
    """

    operator: str
    first: Any
    second: Any
    field: str | None = None
    is_length_range: bool = False

    def holds(self, fields: Mapping[str, str]) -> bool:
        """Tell whether *fields* satisfy it; an absent field satisfies nothing."""
        if self.is_length_range:
            return self.bounds() is not None
        value = None if self.field is None else fields.get(self.field)
        if value is None:
            return False
        if self.operator.lower() == "eq":
            return bool(value == self.second)
        # The elements of a Content-Type are checked one by one (Amazon S3 API reference, "POST policy").
        values = [each.strip() for each in value.split(",")] if self.field == "content-type" else [value]
        return all(each.startswith(self.second) for each in values)

    def bounds(self) -> tuple[int, int] | None:
        """Return the minimum and the maximum size in bytes; None when they are not numbers."""
        low, high = (int(each) if _NUMBER(str(each)) else None for each in (self.first, self.second))
        return None if low is None or high is None else (low, high)

    def __str__(self) -> str:
        return json.dumps([self.operator, self.first, self.second], ensure_ascii=False)


def parse(value: object) -> Condition:
    """Return the condition that a policy has as *value*.

    Raises:
        S3Error: *value* is not a condition.
    """
    if isinstance(value, dict):
        return _simple(value)
    if isinstance(value, list):
        return _operation(value)
    # The words of versitygw's S3; no response of AWS is known.
    raise invalid_policy("Invalid condition test: must be a List or Object.")


def _simple(value: dict[str, object]) -> Condition:
    if len(value) != 1:
        raise invalid_policy(
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
        )
    [(name, wanted)] = value.items()
    _require_no_null(wanted)
    if not isinstance(wanted, str):
        raise invalid_policy("Invalid Simple-Condition: value must be a string.")
    return Condition("eq", f"${name}", wanted, name.lower())


def _operation(value: list[object]) -> Condition:
    _require_no_null(*value)
    operator = value[0] if value else None
    if not isinstance(operator, str):
        raise invalid_policy("Invalid Condition: missing operation identifier.")
    # From here on the words of versitygw's S3; of AWS only the status is known.
    if operator.lower() not in _OPERATORS:
        raise invalid_policy(f"Invalid Condition: unknown operation '{operator}'.")
    if len(value) != 3:
        raise invalid_policy(f"Invalid {operator}: wrong number of arguments.")
    is_length_range = operator.lower() == _LENGTH_RANGE
    kinds = (str, int) if is_length_range else (str,)
    if any(not isinstance(each, kinds) or isinstance(each, bool) for each in value[1:]):
        raise invalid_policy(f"Invalid {operator}: value must be a string.")
    _, first, second = value
    name = str(first)
    field = name[1:].lower() if name.startswith("$") and not is_length_range else None
    return Condition(operator, first, second, field, is_length_range)


def _require_no_null(*values: object) -> None:
    if None in values:
        raise invalid_policy("Invalid JSON.")


def require_all(conditions: Iterable[Condition], fields: Mapping[str, str]) -> None:
    """Raise for the first condition, in the policy's order, that *fields* do not satisfy.

    Raises:
        S3Error: AccessDenied, with the condition.
    """
    for condition in conditions:
        if not condition.holds(fields):
            raise against_policy(f"Policy Condition failed: {condition}")


def require_coverage(conditions: Iterable[Condition], names: Iterable[str], *, exempt: Iterable[str]) -> None:
    """Raise when a field, or the bucket, has no condition.

    Args:
        conditions: those of the policy.
        names: the lower-cased names of the form's fields.
        exempt: further fields that need no condition.

    Raises:
        S3Error: AccessDenied, with the name of the first such field.
    """
    covered = {condition.field for condition in conditions} | _EXEMPT | set(exempt)
    for name in (*names, "bucket"):
        if name not in covered and not name.startswith(_EXEMPT_PREFIX):
            raise against_policy(f"Extra input fields: {name}")


def require_size(conditions: Iterable[Condition], size: int, *, at_least: int | None = None) -> None:
    """Raise when a file of *size* bytes is smaller than the minimum or larger than the maximum.

    Args:
        conditions: those of the policy.
        size: of the file, in bytes.
        at_least: its size is this or more, while it is not exactly known; None: it is known.

    Raises:
        S3Error: EntityTooSmall or EntityTooLarge, with size and bound.
    """
    for condition in conditions:
        bounds = condition.bounds() if condition.is_length_range else None
        if bounds is None:
            continue
        low, high = bounds
        if size < low:
            message = "Your proposed upload is smaller than the minimum allowed size"
            raise S3Error("EntityTooSmall", message, ProposedSize=size, MinSizeAllowed=low)
        if (size if at_least is None else at_least) > high:
            message = "Your proposed upload exceeds the maximum allowed size"
            raise S3Error("EntityTooLarge", message, ProposedSize=size, MaxSizeAllowed=high)
