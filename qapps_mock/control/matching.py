"""Which calls have certain parameters: for scripts (``when``) and for the history (``calls``)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from botocore import xform_name

from qapps_mock.close_match import did_you_mean
from qapps_mock.service.service_model import service_model

# What selects calls: some of their parameters, or a function that gets all of them.
When: TypeAlias = "Mapping[str, Any] | Callable[[dict[str, Any]], object]"


def has_part(actual: object, part: object) -> bool:
    """Tell whether *actual* has everything that *part* has: a mapping can have more, a list must be equal."""
    if isinstance(part, Mapping):
        return isinstance(actual, Mapping) and all(
            name in actual and has_part(actual[name], value) for name, value in part.items()
        )
    return bool(part == actual)


def with_boto3s_names(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of *parameters*, which have the backend's or boto3's names, by the names that boto3 uses."""
    members = service_model().operation_model(operation).input_shape.members
    names = {xform_name(name): name for name in members}
    return {
        names.get(name, name): copy.deepcopy(value) for name, value in parameters.items() if value is not None
    }


def operations_with(parameters: Mapping[str, Any], operations: Iterable[str]) -> frozenset[str]:
    """Return those of *operations* that have all *parameters*, also the nested ones.

    Raises:
        ValueError: none has; the message suggests close matches.
    """
    operations = list(operations)
    problems = {name: _problem(_input(name), parameters, "Its parameters") for name in operations}
    found = frozenset(name for name, problem in problems.items() if problem is None)
    if found:
        return found
    if len(operations) == 1:
        raise ValueError(f"{operations[0]} {problems[operations[0]]}")
    names = {name for operation in operations for name in _input(operation).members}
    for name in parameters:
        if name not in names:
            raise ValueError(f"No operation has a parameter {name!r}.{did_you_mean(name, names)}")
    raise ValueError(f"No operation has all of these parameters: {', '.join(map(repr, parameters))}.")


def _input(operation: str) -> Any:
    return service_model().operation_model(operation).input_shape


def _problem(shape: Any, part: object, what: str, path: str = "") -> str | None:
    """Say which name of *part* a structure does not have; None: it has them all."""
    if shape.type_name != "structure" or not isinstance(part, Mapping):
        return None
    if getattr(shape, "is_document_type", False):
        return None
    for name, value in part.items():
        if name not in shape.members:
            valid = ", ".join(shape.members)
            return f"has no parameter '{path}{name}'.{did_you_mean(name, shape.members)} {what} are: {valid}."
        problem = _problem(shape.members[name], value, f"The members of '{path}{name}'", f"{path}{name}.")
        if problem is not None:
            return problem
    return None
