"""The body of a response as JSON: that of Q Apps is JSON, that of S3 is XML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from qapps_mock.conformance.wire import Answer

_NAMESPACE = "}"


def read(answer: Answer) -> Any:
    """Return the document in the body; None: the body is empty; text: it is neither JSON nor XML."""
    if not answer.body:
        return None
    text = answer.body.decode("utf-8", "replace")
    if text.lstrip().startswith("<"):
        try:
            root = ElementTree.fromstring(answer.body)
        except ElementTree.ParseError:
            return text
        return {_tag(root): _element(root)}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _element(element: ElementTree.Element) -> Any:
    if len(element) == 0:
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name, value = _tag(child), _element(child)
        if name in found:
            others = found[name] if isinstance(found[name], list) else [found[name]]
            value = [*others, value]
        found[name] = value
    return found


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition(_NAMESPACE)[2]


def narrowed(document: Any, only: Mapping[str, Any]) -> Any:
    """Return *document* with those items of its lists that *only* describes: the others are of other people.

    *only* has for each list the members that an item must have.
    """
    if not isinstance(document, dict):
        return document
    return {
        name: [each for each in value if _matches(each, only[name])]
        if isinstance(value, list) and name in only
        else value
        for name, value in document.items()
    }


def _matches(item: Any, members: Mapping[str, Any]) -> bool:
    return isinstance(item, dict) and all(item.get(name) == value for name, value in members.items())
