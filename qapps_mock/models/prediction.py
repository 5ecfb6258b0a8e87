"""PredictQApp without a language model: a small app that shows the problem it was made for.

AWS's prediction comes from a language model. This one only has the same shape: an input card, a query
card that refers to it, and a definition that CreateQApp accepts unchanged.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from qapps_mock.service.exceptions import ValidationException

# Characters that the pattern of a title forbids, and the maximum length of a title (service model).
_NOT_IN_TITLES = re.compile(r'[{}\\"<>]')
_LONGEST_TITLE = 100

_DEFAULT_TITLE = "Predicted app"


def problem_of(options: Mapping[str, Any] | None) -> str:
    """Return the problem statement of a PredictQApp request.

    Raises:
        ValidationException: the request has no options, or its conversation has no USER message.
    """
    if options is None:
        raise ValidationException(
            "1 validation error detected. Value at '/options' failed to satisfy constraint: "
            "Member must not be null"
        )
    if "problemStatement" in options:
        statement: str = options["problemStatement"]
        return statement
    messages = [message["body"] for message in options["conversation"] if message["type"] == "USER"]
    if not messages:
        raise ValidationException("The conversation has no message of type USER.")
    last: str = messages[-1]
    return last


def app_for(problem: str) -> dict[str, Any]:
    """Return an app for *problem*. The same problem always gives the same app."""
    # The ids depend on the problem, so that two predicted apps do not share card ids.
    input_id, query_id = (_card_id(problem, card) for card in ("input", "query"))
    text_input = {"id": input_id, "title": "Input", "type": "text-input", "placeholder": "What is it about?"}
    query = {"id": query_id, "title": "Answer", "type": "q-query", "prompt": f"{problem}\n\n@{input_id}"}
    return {
        "title": _title(problem),
        "description": "Made by qapps_mock: not the prediction of a language model.",
        "appDefinition": {"cards": [{"textInput": text_input}, {"qQuery": query}], "initialPrompt": problem},
    }


def _card_id(problem: str, card: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"qapps_mock {card} {problem}"))


def _title(problem: str) -> str:
    words = " ".join(_NOT_IN_TITLES.sub("", problem).split())
    return words[:_LONGEST_TITLE].strip() or _DEFAULT_TITLE
