"""What the tests of sessions share: cards, runs, and the errors of refused calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import INSTANCE, create_app

TEXT = "00000001-0000-4000-8000-000000000000"
QUERY = "00000002-0000-4000-8000-000000000000"
SECOND = "00000003-0000-4000-8000-000000000000"
FILE = "00000004-0000-4000-8000-000000000000"
FORM = "00000005-0000-4000-8000-000000000000"
PLUGIN = "00000006-0000-4000-8000-000000000000"
NOBODY = "0fffffff-0000-4000-8000-000000000000"


def text_card(card_id: str = TEXT, title: str = "Topic", **members: Any) -> dict[str, Any]:
    return {"textInput": {"id": card_id, "title": title, "type": "text-input", **members}}


def query_card(prompt: str, card_id: str = QUERY, title: str = "Summary") -> dict[str, Any]:
    return {"qQuery": {"id": card_id, "title": title, "type": "q-query", "prompt": prompt}}


def plugin_card(prompt: str, card_id: str = PLUGIN, title: str = "Ticket") -> dict[str, Any]:
    card = {"id": card_id, "title": title, "type": "q-plugin", "prompt": prompt, "pluginId": NOBODY}
    return {"qPlugin": card}


def upload_card(card_id: str = FILE, **members: Any) -> dict[str, Any]:
    return {"fileUpload": {"id": card_id, "title": "Report", "type": "file-upload", **members}}


def form_card(
    schema: Any = None, card_id: str = FORM, title: str = "Survey", **members: Any
) -> dict[str, Any]:
    metadata = {"schema": {} if schema is None else schema}
    return {
        "formInput": {"id": card_id, "title": title, "type": "form-input", "metadata": metadata, **members}
    }


def given(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"cardId": card_id, "value": value} for card_id, value in values.items()]


def start(client: Any, *cards: dict[str, Any], **values: str) -> str:
    """Start a session of a new app; *values* by the names above, for example ``TEXT="dogs"``."""
    app = create_app(client, *cards)
    by_id = {globals()[name]: value for name, value in values.items()}
    members = {"initialValues": given(by_id)} if by_id else {}
    session = client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1, **members)
    return str(session["sessionId"])


def update(client: Any, session: str, *values: dict[str, Any], **by_name: str) -> Any:
    cards = given({globals()[name]: value for name, value in by_name.items()})
    return client.update_q_app_session(instanceId=INSTANCE, sessionId=session, values=[*values, *cards])


def submission(value: Any, mutation: str | None = None, submission_id: str = "") -> dict[str, Any]:
    """Return a value for the form card, as JSON text unless it is text already."""
    text = value if isinstance(value, str) else json.dumps(value)
    card: dict[str, Any] = {"cardId": FORM, "value": text}
    if mutation is not None:
        card["submissionMutation"] = {"mutationType": mutation, "submissionId": submission_id}
    return card


def look(client: Any, session: str) -> Any:
    return client.get_q_app_session(instanceId=INSTANCE, sessionId=session)


def states(client: Any, session: str) -> list[str]:
    """Return the state of the session, then those of its cards."""
    seen = look(client, session)
    return [seen["status"], *(card["currentState"] for card in seen["cardStatus"].values())]


def card_of(client: Any, session: str, card_id: str = QUERY) -> Any:
    return look(client, session)["cardStatus"][card_id]


def value_of(client: Any, session: str, card_id: str) -> str:
    return str(look(client, session)["cardStatus"][card_id]["currentValue"])


def responses_to(client: Any, session: str, card_id: str = FORM) -> list[Any]:
    return [each["value"] for each in look(client, session)["cardStatus"][card_id]["submissions"]]


def share(client: Any, session: str, **sharing: Any) -> Any:
    return client.update_q_app_session_metadata(
        instanceId=INSTANCE, sessionId=session, sharingConfiguration={"enabled": True, **sharing}
    )


def refusal(call: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return Code, Message and the modelled members of the error that a call ends in."""
    with pytest.raises(ClientError) as refused:
        call(*args, **kwargs)
    response: dict[str, Any] = dict(refused.value.response)
    error = response.pop("Error")
    others = {name: value for name, value in response.items() if name not in ("ResponseMetadata", "message")}
    return {"Code": error["Code"], "Message": error["Message"], **others}


def invalid(message: str) -> dict[str, Any]:
    return {"Code": "ValidationException", "Message": message}


def denied(message: str) -> dict[str, Any]:
    return {"Code": "AccessDeniedException", "Message": message}


def missing(what: str, resource_id: str) -> dict[str, Any]:
    return {
        "Code": "ResourceNotFoundException",
        "Message": f"{what} {resource_id} does not exist.",
        "resourceId": resource_id,
        "resourceType": what,
    }
