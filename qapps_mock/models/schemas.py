"""The JSON Schemas of form cards: whether one can be used, and which of its rules a response violates.

The service model says only that a schema defines the response. AWS documents no error for a schema that
cannot be used, so it checks nothing, unless the mock is strict: then the app is refused.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

from qapps_mock.service.constraints import json_pointer
from qapps_mock.service.exceptions import ValidationException

_LOG = logging.getLogger("qapps_mock")


def violations(card: Mapping[str, Any], response: dict[str, Any]) -> list[str]:
    """Return the rules of a form card's schema that a response violates."""
    schema = card["metadata"]["schema"]
    if schema == {}:
        return []
    flaw = _flaw(schema)
    if flaw is not None:
        _LOG.warning(
            "The responses to form card %s are not checked: its schema cannot be used: %s", card["id"], flaw
        )
        return []
    errors = list(_validator(schema).iter_errors(response))
    return [f"{error.message} at '{json_pointer(error.absolute_path) or '/'}'" for error in errors]


def require_usable(card: Mapping[str, Any]) -> None:
    """Raise ValidationException if the schema of a form card cannot be used."""
    flaw = _flaw(card["metadata"]["schema"])
    if flaw is not None:
        raise ValidationException(f"The schema of form card {card['id']} cannot be used: {flaw}.")


def _flaw(schema: Any) -> str | None:
    """Return why a schema cannot be used, or None."""
    # Imported here because both are slow to import and few tests have a form.
    import jsonschema
    import referencing.exceptions

    if not isinstance(schema, dict) or not isinstance(schema.get("$schema", ""), str):
        return "it must be a JSON object"
    validator = _validator(schema)
    try:
        validator.check_schema(schema, format_checker=jsonschema.FormatChecker(["regex"]))
        _resolve_references(schema)
        # Finds a schema that refers to itself without end.
        validator.is_valid({})
    except jsonschema.SchemaError as error:
        return error.message
    except referencing.exceptions.Unresolvable as error:
        return f"its reference {error.ref} leads nowhere, and remote schemas are not fetched"
    except (RecursionError, ValueError, re.error) as error:
        return str(error)
    return None


def _validator(schema: Any) -> Any:
    import jsonschema
    import referencing

    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    # An empty registry: the default one would download the schemas that a reference names.
    return kind(schema, registry=referencing.Registry())


def _resolve_references(schema: Any) -> None:
    """Look up every reference in a schema, without the network.

    Raises:
        referencing.exceptions.Unresolvable: a reference names a remote schema, or no schema.
    """
    import jsonschema_specifications
    from referencing import jsonschema as specifications

    specification = specifications.specification_with(
        schema.get("$schema", ""), default=specifications.DRAFT202012
    )
    root = specification.create_resource(schema)
    left = [(jsonschema_specifications.REGISTRY.resolver_with_root(root), root)]
    while left:
        resolver, resource = left.pop()
        if isinstance(resource.contents, dict) and isinstance(resource.contents.get("$ref"), str):
            resolver.lookup(resource.contents["$ref"])
        left += [(resolver.in_subresource(each), each) for each in resource.subresources()]
