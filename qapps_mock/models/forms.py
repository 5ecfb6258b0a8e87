"""Form cards: what users submitted, and what a submission must be.

The service model says that a schema defines the response, and when a mutation applies. That an
edit or an overwrite gets a new timestamp and so moves to the end is this mock's choice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qapps_mock.models.state import new_id
from qapps_mock.service.constraints import json_pointer
from qapps_mock.service.exceptions import ValidationException
from qapps_mock.service.json_body import read_body


@dataclass(frozen=True, slots=True)
class Submission:
    """What one user submitted to one form card."""

    id: str
    card_id: str
    user_id: str
    value: dict[str, Any]
    at: datetime


Submissions = tuple[Submission, ...]


def submit(
    submissions: Submissions,
    *,
    card: Mapping[str, Any],
    user_id: str,
    given: Mapping[str, Any],
    now: datetime,
) -> Submissions:
    """Return *submissions*, oldest first, after the user gave a card value.

    Raises:
        ValidationException: the value, or the mutation that it comes with, does not fit the card.
    """
    mutation = given.get("submissionMutation")
    own = [each for each in submissions if (each.card_id, each.user_id) == (card["id"], user_id)]
    if mutation is None:
        replaced = own if card["computeMode"] == "replace" else []
        submission_id = replaced[0].id if replaced else new_id()
    else:
        submission_id = mutation["submissionId"]
        replaced = _mutated(submissions, own, mutation)
        if mutation["mutationType"] == "delete":
            return _without(submissions, replaced)
    value = _response(card, given["value"])
    return (
        *_without(submissions, replaced),
        Submission(submission_id, card["id"], user_id, value, now),
    )


def refuse_mutation(card: Mapping[str, Any]) -> None:
    """Raise unless the card takes more than one response of a user.

    Raises:
        ValidationException: it does not.
    """
    if card.get("computeMode") != "append":
        raise ValidationException(
            f"Card {card['id']} takes no submissionMutation: it is for form cards with the computeMode append."
        )


def shown(submission: Submission) -> dict[str, Any]:
    """Return a submission as a card's status shows it."""
    return {"value": submission.value, "submissionId": submission.id, "timestamp": submission.at}


def summary(submissions: Submissions, card_id: str) -> str | None:
    """Return all responses to a card as JSON text, for the prompts that refer to it; None: there are none."""
    values = [each.value for each in submissions if each.card_id == card_id]
    return json.dumps(values, ensure_ascii=False) if values else None


def _without(submissions: Submissions, gone: list[Submission]) -> Submissions:
    return tuple(each for each in submissions if each not in gone)


def _mutated(
    submissions: Submissions, own: list[Submission], mutation: Mapping[str, str]
) -> list[Submission]:
    """Return the submission that *mutation* edits or deletes; none when it adds one."""
    submission_id = mutation["submissionId"]
    if mutation["mutationType"] == "add":
        if any(each.id == submission_id for each in submissions):
            raise ValidationException(f"Submission {submission_id} exists already.")
        return []
    found = [each for each in own if each.id == submission_id]
    if not found:
        raise ValidationException(f"You have no submission {submission_id} to {mutation['mutationType']}.")
    return found


def _response(card: Mapping[str, Any], text: str) -> dict[str, Any]:
    try:
        response = read_body(text or "null")
    except ValidationException:
        raise ValidationException(
            f"The value of form card {card['id']} must be the JSON text of an object."
        ) from None
    schema = card["metadata"]["schema"]
    complaints = _complaints(schema, response) if schema != {} else []
    if complaints:
        raise ValidationException(
            f"The value of form card {card['id']} does not match the card's schema: {'; '.join(complaints)}"
        )
    return response


def _complaints(schema: Any, response: dict[str, Any]) -> list[str]:
    """Return what a JSON Schema says against a response; a schema that cannot be used says so."""
    # Only now: not every test has a form, and the two take a while to import.
    import jsonschema
    import referencing.exceptions

    if not isinstance(schema, dict) or not isinstance(schema.get("$schema", ""), str):
        return ["the schema itself is not valid: it must be a JSON object"]
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    try:
        kind.check_schema(schema)
        # An empty registry of its own: the default one fetches what a reference names.
        errors = list(kind(schema, registry=referencing.Registry()).iter_errors(response))
    except jsonschema.SchemaError as error:
        return [f"the schema itself is not valid: {error.message}"]
    except (referencing.exceptions.Unresolvable, RecursionError, re.error) as error:
        return [f"the schema itself cannot be used: {error}"]
    return [f"{error.message} at '{json_pointer(error.absolute_path) or '/'}'" for error in errors]
