"""The cards of an app: conversion of an app definition to the cards that the service shows.

Source: the service model's examples show the reference syntax ``@<card id>``. It is this mock's choice
to reject duplicate ids and cycles, and to keep references to missing cards.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from botocore import xform_name

from qapps_mock.service.exceptions import ValidationException

# AWS's published examples show this value for a q-query card without outputSource.
DEFAULT_OUTPUT_SOURCE = "llm"
# The mock has no plugins, so it cannot know the type of one.
DEFAULT_PLUGIN_TYPE = "CUSTOM"
DEFAULT_COMPUTE_MODE = "replace"

_REFERENCE = re.compile(r"@([0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ABab][0-9a-f]{3}-[0-9a-f]{12})")
_CAPABILITY_OF_SOURCE = {"llm": "CreatorMode", "approved-sources": "RetrievalMode"}
# In the order of the model's enumeration AppRequiredCapability.
_CAPABILITIES = ("FileUpload", "CreatorMode", "RetrievalMode", "PluginMode")

CardInput = Mapping[str, Mapping[str, Any]]
Card = dict[str, dict[str, Any]]


def build(definition: Mapping[str, Any]) -> list[Card]:
    """Return the cards of an app definition as the service shows them.

    Raises:
        ValidationException: a card has the type of another kind of card, two cards have the same id, or
            cards depend on each other in a cycle.
    """
    inputs: list[CardInput] = definition["cards"]
    forms = {card["id"] for kind, card in map(kind_and_body, inputs) if kind == "formInput"}
    cards = [_build(card, forms) for card in inputs]
    _require_unique_ids(cards)
    in_order({card_id: body["dependencies"] for card_id, _, body in by_id(cards)})
    return cards


def kind_and_body(card: Mapping[str, Any]) -> tuple[str, Any]:
    """Split a card into its kind, the union's member name (for example ``fileUpload``), and its body."""
    return next(iter(card.items()))


def by_id(cards: list[Card]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the id, the kind and the body of each card."""
    for card in cards:
        kind, body = kind_and_body(card)
        yield body["id"], kind, body


def in_order(needs: Mapping[str, Collection[str]]) -> list[str]:
    """Return the ids of cards, each after the cards that it needs.

    Raises:
        ValidationException: the cards depend on each other in a cycle.
    """
    left, ordered = dict(needs), list[str]()
    while left:
        free = [card_id for card_id, needed in left.items() if left.keys().isdisjoint(needed)]
        if not free:
            raise ValidationException(f"Cards depend on each other in a cycle: {', '.join(left)}.")
        ordered += free
        for card_id in free:
            del left[card_id]
    return ordered


def required_capabilities(cards: list[Card]) -> list[str]:
    """Return the capabilities that an app with *cards* requires."""
    needed = {_capability(kind, body) for _, kind, body in by_id(cards)}
    return [capability for capability in _CAPABILITIES if capability in needed]


def _capability(kind: str, body: Mapping[str, Any]) -> str | None:
    if kind == "qQuery":
        return _CAPABILITY_OF_SOURCE[body["outputSource"]]
    return {"fileUpload": "FileUpload", "qPlugin": "PluginMode"}.get(kind)


def references(prompt: str) -> list[str]:
    """Return the ids of the cards that *prompt* refers to, in order and without duplicates."""
    return list(dict.fromkeys(_REFERENCE.findall(prompt)))


def render(prompt: str, values: Mapping[str, str]) -> str:
    """Replace each reference to a card in *values* by the card's value."""
    return _REFERENCE.sub(lambda match: values.get(match[1], match[0]), prompt)


def require_ids_in_prompts(cards: list[Card]) -> None:
    """Raise ValidationException if a prompt refers to another card by its title, as people do in the web experience."""
    for card_id, _, body in by_id(cards):
        text = _REFERENCE.sub("", body.get("prompt", ""))
        for other_id, _, other in by_id(cards):
            if other_id != card_id and re.search(rf"(?<!\w)@{re.escape(other['title'])}(?!\w)", text):
                raise ValidationException(
                    f"The prompt of card {card_id} refers to a card by its title: "
                    f"write @{other_id} instead of @{other['title']}."
                )


def _build(card: CardInput, forms: set[str]) -> Card:
    kind, given = kind_and_body(card)
    _check_type(kind, given)
    dependencies = references(given.get("prompt", ""))
    body = {**given, "dependencies": dependencies}
    if kind == "qQuery":
        body.setdefault("outputSource", DEFAULT_OUTPUT_SOURCE)
        memory = [each for each in dependencies if each in forms]
        if memory:
            body["memoryReferences"] = memory
    elif kind == "qPlugin":
        body["pluginType"] = DEFAULT_PLUGIN_TYPE
    elif kind == "formInput":
        body.setdefault("computeMode", DEFAULT_COMPUTE_MODE)
    return {kind: body}


def _check_type(kind: str, given: Mapping[str, Any]) -> None:
    expected = xform_name(kind, "-")
    if given["type"] != expected:
        raise ValidationException(
            f"Card {given['id']} is a {kind} card: its type must be {expected}, and is {given['type']}."
        )


def _require_unique_ids(cards: list[Card]) -> None:
    seen: set[str] = set()
    for card_id, _, _ in by_id(cards):
        if card_id in seen:
            raise ValidationException(f"Card id {card_id} is used by more than one card.")
        seen.add(card_id)
