"""Every operation of Q Apps, in an order in which the resources that each one needs exist."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.conftest import CARD, DIGEST, INSTANCE, file_card

QUERY = "f6b0d4c8-5a34-4a0f-9ef7-39d1b3b3c7a1"
FORM = "c0a8012e-7d1b-4f2a-9e64-5b8f0f6d2c33"
TEXT = "a9f3b7c2-0d6e-4b52-8f57-2f3a3a0e4e11"
CONTENT_BASE64 = "UXVhcnRlcmx5IGZpZ3VyZXM="
DEFINITION = {
    "cards": [
        file_card(),
        {"textInput": {"id": TEXT, "title": "Text", "type": "text-input"}},
        {"formInput": {"id": FORM, "title": "Form", "type": "form-input", "metadata": {"schema": {}}}},
        {"qQuery": {"id": QUERY, "title": "Query", "type": "q-query", "prompt": f"Say @{TEXT}"}},
    ]
}


class Step(NamedTuple):
    """A call: a text of the form ``$name`` is replaced by the value that an earlier step kept."""

    operation: str
    members: Mapping[str, Any]
    keep: Mapping[str, str] = MappingProxyType({})


def filled(value: Any, kept: dict[str, Any]) -> Any:
    """Replace each ``$name`` by the value that was kept."""
    if isinstance(value, Mapping):
        return {name: filled(each, kept) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, kept) for each in value]
    return kept[value[1:]] if isinstance(value, str) and value.startswith("$") else value


def found(result: Any, path: str) -> Any:
    """Return the value at a path, for example ``categories.0.id``."""
    for part in path.split("."):
        result = result[int(part)] if part.isdigit() else result[part]
    return result


_APP = {"instanceId": INSTANCE, "appId": "$app"}
_SESSION = {"instanceId": INSTANCE, "sessionId": "$session"}
_ITEM = {"instanceId": INSTANCE, "libraryItemId": "$item"}
_FILE = {**_APP, "cardId": CARD, "fileName": "figures.txt", "scope": "APPLICATION"}
_CATEGORY = "5f0b2a1c-6c5b-4d0e-8a56-0d0f1f6e7a90"

LIFECYCLE = (
    Step("PredictQApp", {"instanceId": INSTANCE, "options": {"problemStatement": "Summarise my files"}}),
    Step(
        "CreateQApp",
        {"instanceId": INSTANCE, "title": "Title", "appDefinition": DEFINITION},
        {"app": "appId", "arn": "appArn"},
    ),
    Step("GetQApp", _APP),
    Step("UpdateQApp", {**_APP, "description": "Changed"}, {"version": "appVersion"}),
    Step("ListQApps", {"instanceId": INSTANCE, "limit": 10}),
    Step("TagResource", {"resourceARN": "$arn", "tags": {"team": "a"}}),
    Step("ListTagsForResource", {"resourceARN": "$arn"}),
    Step("UntagResource", {"resourceARN": "$arn", "tagKeys": ["team"]}),
    Step("DescribeQAppPermissions", _APP),
    Step(
        "UpdateQAppPermissions",
        {**_APP, "grantPermissions": [{"action": "read", "principal": "ben@example.com"}]},
    ),
    Step("CreatePresignedUrl", {**_FILE, "fileContentsSha256": DIGEST}),
    Step("ImportDocument", {**_FILE, "fileContentsBase64": CONTENT_BASE64}),
    Step(
        "BatchCreateCategory",
        {"instanceId": INSTANCE, "categories": [{"id": _CATEGORY, "title": "Finance"}]},
    ),
    Step(
        "BatchUpdateCategory",
        {"instanceId": INSTANCE, "categories": [{"id": _CATEGORY, "title": "Money"}]},
    ),
    Step("ListCategories", {"instanceId": INSTANCE}),
    Step(
        "CreateLibraryItem",
        {**_APP, "appVersion": "$version", "categories": [_CATEGORY]},
        {"item": "libraryItemId"},
    ),
    Step("GetLibraryItem", _ITEM),
    Step("UpdateLibraryItem", {**_ITEM, "categories": []}),
    Step("UpdateLibraryItemMetadata", {**_ITEM, "isVerified": True}),
    Step("ListLibraryItems", {"instanceId": INSTANCE}),
    Step("AssociateLibraryItemReview", _ITEM),
    Step("DisassociateLibraryItemReview", _ITEM),
    Step("AssociateQAppWithUser", _APP),
    Step(
        "StartQAppSession",
        {**_APP, "appVersion": "$version", "initialValues": [{"cardId": FORM, "value": "{}"}]},
        {"session": "sessionId"},
    ),
    Step("GetQAppSession", _SESSION),
    Step("UpdateQAppSession", {**_SESSION, "values": [{"cardId": TEXT, "value": "good bye"}]}),
    Step("GetQAppSessionMetadata", _SESSION),
    Step(
        "UpdateQAppSessionMetadata",
        {**_SESSION, "sharingConfiguration": {"enabled": True, "acceptResponses": True}},
    ),
    Step("ListQAppSessionData", _SESSION),
    Step("ExportQAppSessionData", _SESSION),
    Step("StopQAppSession", _SESSION),
    Step("DisassociateQAppFromUser", _APP),
    Step("DeleteLibraryItem", _ITEM),
    Step("BatchDeleteCategory", {"instanceId": INSTANCE, "categories": [_CATEGORY]}),
    Step("DeleteQApp", _APP),
)
