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
# The problem of a request that states none.
_GENERAL_PROBLEM = "Answer a question."


def problem_of(options: Mapping[str, Any] | None, *, strict: bool) -> str:
    """Return the problem statement of a PredictQApp request; a general one if the request states none.

    Raises:
        ValidationException: *strict*, and the request has no options or no USER message.
    """
    given = options or {}
    messages = [each["body"] for each in given.get("conversation", ()) if each["type"] == "USER"]
    statement: str | None = given.get("problemStatement", messages[-1] if messages else None)
    if statement is not None:
        return statement
    if strict:
        raise ValidationException("The request states no problem: it has no options, or no USER message.")
    return _GENERAL_PROBLEM


def app_for(problem: str) -> dict[str, Any]:
    """Return an app for *problem*. The same problem always gives the same app."""
    # The ids depend on the problem, so that two predicted apps do not share card ids.
    input_id, query_id = (
        str(uuid.uuid5(uuid.NAMESPACE_OID, f"qapps_mock {card} {problem}")) for card in ("input", "query")
    )
    text_input = {"id": input_id, "title": "Input", "type": "text-input", "placeholder": "What is it about?"}
    query = {"id": query_id, "title": "Answer", "type": "q-query", "prompt": f"{problem}\n\n@{input_id}"}
    return {
        "title": _title(problem),
        "description": "Made by qapps_mock: not the prediction of a language model.",
        "appDefinition": {"cards": [{"textInput": text_input}, {"qQuery": query}], "initialPrompt": problem},
    }


def _title(problem: str) -> str:
    words = " ".join(_NOT_IN_TITLES.sub("", problem).split())
    return words[:_LONGEST_TITLE].strip() or _DEFAULT_TITLE
