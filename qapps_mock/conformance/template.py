"""Templates in the data of probes: ``{{name.member.0}}`` stands for a value, and each earlier response has a name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_REFERENCE = re.compile(r"\{\{([^{}]+)\}\}")


class Missing(LookupError):
    """A value that no earlier step has."""


def filled(value: Any, values: Mapping[str, Any], *, partly: bool = False) -> Any:
    """Return *value* with all references replaced; text that is one reference becomes the value itself.

    Args:
        value: JSON.
        values: by name.
        partly: leave references without a value as they are.

    Raises:
        Missing: a reference has no value.
    """
    if isinstance(value, Mapping):
        return {
            filled(name, values, partly=partly): filled(each, values, partly=partly)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [filled(each, values, partly=partly) for each in value]
    if not isinstance(value, str):
        return value
    try:
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return find(values, whole[1])
        return _REFERENCE.sub(lambda match: _text(find(values, match[1])), value)
    except Missing:
        if partly:
            return value
        raise


def references(value: Any) -> Iterator[str]:
    """Yield the references in *value*."""
    yield from _REFERENCE.findall(json.dumps(value))


def find(values: Mapping[str, Any], path: str) -> Any:
    """Return the value at a path, for example ``app.cards.0.id``.

    Raises:
        Missing: there is none.
    """
    found: Any = values
    for part in path.split("."):
        try:
            found = found[int(part)] if isinstance(found, list) else found[part]
        except (LookupError, TypeError, ValueError):
            raise Missing(f"{path}: no value {part!r}") from None
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
