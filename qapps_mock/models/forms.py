"""Form cards: the submissions of users, and the rules for a new submission.

The service model says that a schema defines the response, and when a mutation applies. It is this mock's
choice that an edited or replaced submission gets a new timestamp and so moves to the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qapps_mock.models import schemas
from qapps_mock.models.ids import new_id
from qapps_mock.service.exceptions import ValidationException
from qapps_mock.service.json_body import read_body


@dataclass(frozen=True, slots=True)
class Submission:
    """One response of a user to a form card."""

    id: str
    card_id: str
    user_id: str
    value: dict[str, Any]
    at: datetime


Submissions = tuple[Submission, ...]
Response = dict[str, Any]
# By card: a response, or the exception when it does not match the card's schema.
Checked = Mapping[str, Response | ValidationException]


def submit(
    submissions: Submissions,
    *,
    card: Mapping[str, Any],
    user_id: str,
    given: Mapping[str, Any],
    response: Response | ValidationException,
    now: datetime,
) -> Submissions:
    """Apply a user's response to *submissions* and return the result, oldest first.

    Args:
        response: what `check` returns for the card.

    Raises:
        ValidationException: the value does not match the card's schema, or the mutation does not match
            the submissions.
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
    if isinstance(response, ValidationException):
        raise response
    return (*_without(submissions, replaced), Submission(submission_id, card["id"], user_id, response, now))


def check(cards: Iterable[Mapping[str, Any]], values: Iterable[Mapping[str, Any]]) -> Checked:
    """Check the values for form cards against the cards' schemas, the last value of each card.

    A test's author writes the schemas, and a check can take long. So this needs no state and no lock.
    """
    last_of_each_card = {given["cardId"]: given["value"] for given in values}
    return {
        card["id"]: _checked(card, last_of_each_card[card["id"]])
        for card in cards
        if card["id"] in last_of_each_card
    }


def _checked(card: Mapping[str, Any], text: str) -> Response | ValidationException:
    try:
        return _response(card, text)
    except ValidationException as error:
        return error


def require_append_mode(card: Mapping[str, Any]) -> None:
    """Raise ValidationException unless the card accepts several responses from one user."""
    if card.get("computeMode") != "append":
        raise ValidationException(
            f"Card {card['id']} takes no submissionMutation: it is for form cards with the computeMode append."
        )


def shown(submission: Submission) -> dict[str, Any]:
    """Return a submission as GetQAppSession and ListQAppSessionData show it."""
    return {"value": submission.value, "submissionId": submission.id, "timestamp": submission.at}


def summary(submissions: Submissions, card_id: str) -> str | None:
    """Return all responses to a card as JSON text, for prompts that refer to it; None if there are none."""
    values = [each.value for each in submissions if each.card_id == card_id]
    return json.dumps(values, ensure_ascii=False) if values else None


def _without(submissions: Submissions, removed: list[Submission]) -> Submissions:
    return tuple(each for each in submissions if each not in removed)


def _mutated(
    submissions: Submissions, own: list[Submission], mutation: Mapping[str, str]
) -> list[Submission]:
    """Return the submission that *mutation* edits or deletes; an empty list when it adds one."""
    submission_id = mutation["submissionId"]
    if mutation["mutationType"] == "add":
        if any(each.id == submission_id for each in submissions):
            raise ValidationException(f"Submission {submission_id} exists already.")
        return []
    found = [each for each in own if each.id == submission_id]
    if not found:
        raise ValidationException(f"You have no submission {submission_id} to {mutation['mutationType']}.")
    return found


def _response(card: Mapping[str, Any], text: str) -> Response:
    try:
        response = read_body(text or "null")
    except ValidationException:
        raise ValidationException(
            f"The value of form card {card['id']} must be the JSON text of an object."
        ) from None
    violations = schemas.violations(card, response)
    if violations:
        raise ValidationException(
            f"The value of form card {card['id']} does not match the card's schema: {'; '.join(violations)}"
        )
    return response
