"""Whether the Condition of a policy's statement is met.

Source: IAM user guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_SETS = ("ForAllValues:", "ForAnyValue:")


class NotEvaluated(Exception):
    """The mock cannot evaluate the condition; the text names its operator and its key."""


def are_met(conditions: Mapping[str, Mapping[str, Any]], keys: Mapping[str, Sequence[str]]) -> bool:
    """Tell whether all *conditions* are met.

    *keys* has the values of each condition key of the request, by its name in lower case.

    Raises:
        NotEvaluated: an operator that is not supported, or a policy variable.
    """
    return all(
        _is_met(name, key, _texts(expected), keys.get(key.lower()))
        for name, block in conditions.items()
        for key, expected in block.items()
    )


def _is_met(name: str, key: str, expected: list[str], actual: Sequence[str] | None) -> bool:
    quantifier = next((prefix for prefix in _SETS if name.startswith(prefix)), "")
    plain = name.removeprefix(quantifier).removesuffix("IfExists")
    positive = plain.replace("Not", "", 1)
    compare = _OPERATORS.get(positive)
    if plain == "Null":
        return any((actual is None) is (text.lower() == "true") for text in expected)
    if compare is None or any("${" in text for text in expected):
        raise NotEvaluated(f"{name}: {key}")
    negated = plain != positive
    if actual is None:
        return negated or quantifier == "ForAllValues:" or name.endswith("IfExists")
    over = any if quantifier == "ForAnyValue:" else all
    return over(any(compare(value, text) for text in expected) is not negated for value in actual)


def _texts(expected: Any) -> list[str]:
    several: Iterable[Any] = expected if isinstance(expected, list) else [expected]
    return [str(value) for value in several]


def _equal_but_for_case(actual: str, expected: str) -> bool:
    return actual.casefold() == expected.casefold()


def _like(actual: str, pattern: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, actual, re.DOTALL) is not None


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": operator.eq,
    "StringEqualsIgnoreCase": _equal_but_for_case,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equal_but_for_case,
}
