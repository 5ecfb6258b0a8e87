"""The CSV file of ExportQAppSessionData. AWS documents no columns: these are this mock's choice."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qapps_mock import clock
from qapps_mock.models.forms import Submission

_COLUMNS = ("submission id", "user", "timestamp", "card id", "card title")
# A field of a form card: the card's id and the field's name in the responses.
_Field = tuple[str, str]


def to_csv(cards: Sequence[Mapping[str, Any]], submissions: Sequence[Submission]) -> bytes:
    """Return a CSV file with one row per submission, oldest first, and one column per field of each card."""
    fields = list(dict.fromkeys([*_declared(cards), *_given(submissions)]))
    schemas = {card["id"]: card["metadata"]["schema"] for card in cards}
    titles = {card["id"]: card["title"] for card in cards}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*_COLUMNS, *(_title(schemas[card_id], name) for card_id, name in fields)])
    for each in submissions:
        common = (each.id, each.user_id, clock.timestamp(each.at), each.card_id, titles[each.card_id])
        values = (each.value.get(name) if card_id == each.card_id else None for card_id, name in fields)
        writer.writerow([*common, *map(_cell, values)])
    return text.getvalue().encode("utf-8", "replace")


def _declared(cards: Sequence[Mapping[str, Any]]) -> Iterator[_Field]:
    for card in cards:
        for name in _properties(card["metadata"]["schema"]):
            yield card["id"], name


def _given(submissions: Sequence[Submission]) -> Iterator[_Field]:
    for each in submissions:
        for name in each.value:
            yield each.card_id, name


def _properties(schema: Any) -> Mapping[str, Any]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return properties if isinstance(properties, dict) else {}


def _title(schema: Any, name: str) -> str:
    field = _properties(schema).get(name)
    title = field.get("title") if isinstance(field, dict) else None
    return title if isinstance(title, str) else name


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
