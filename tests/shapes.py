"""Requests made from the service model by hypothesis: valid ones, and nearly valid ones."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from qapps_mock.service import protocol
from qapps_mock.service.service_model import service_model


def fuzz(examples: int, **others: Any) -> settings:
    """Try *examples*, the same ones each time; with QAPPS_MOCK_FUZZ set, as many as its value.

    There is no limit on the time, because a busy machine is slow.
    """
    asked = int(os.environ.get("QAPPS_MOCK_FUZZ", examples))
    return settings(
        max_examples=asked,
        derandomize=asked <= examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **others,
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
# A few ids that are used often, so that requests refer to resources of other requests.
UUIDS = [f"{number:08d}-1111-4111-8111-111111111111" for number in range(4)]


class HttpRequest(NamedTuple):
    """One request to Q Apps: the arguments of `dispatch.handle`."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


class Headers(dict[str, str]):
    """Headers by lower-cased name."""

    def get(self, name: str, default: Any = None, /) -> Any:
        return super().get(name.lower(), default)


Hints = dict[str, "list[str]"]


def value_of(shape: Any, hints: Hints, *, loose: bool) -> st.SearchStrategy[Any]:
    """Return valid values of *shape*; with *loose*, sometimes any JSON value."""
    valid = _BUILDERS[shape.type_name](shape, hints, loose)
    return valid | JSON if loose else valid


def _string(shape: Any, hints: Hints, loose: bool) -> st.SearchStrategy[Any]:
    metadata = shape.metadata
    if "enum" in metadata:
        return st.sampled_from(metadata["enum"])
    if shape.name in hints:
        return st.sampled_from(hints[shape.name])
    if "pattern" in metadata:
        if "[45]" in metadata["pattern"]:
            return st.sampled_from(UUIDS)
        pattern = rf"(?:{metadata['pattern']})\Z".replace(r"\d", "[0-9]")
        return st.from_regex(pattern, fullmatch=True).filter(
            lambda text: len(text) <= metadata.get("max", 100)
        )
    return st.text(min_size=metadata.get("min", 0), max_size=min(metadata.get("max", 20), 36))


def _structure(shape: Any, hints: Hints, loose: bool) -> st.SearchStrategy[Any]:
    if shape.is_document_type:
        return JSON
    members = {name: value_of(member, hints, loose=loose) for name, member in _members(shape)}
    if shape.is_tagged_union:
        return st.sampled_from(sorted(members)).flatmap(
            lambda name: st.fixed_dictionaries({name: members[name]})
        )
    required = {name: each for name, each in members.items() if name in shape.required_members}
    optional = {name: each for name, each in members.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def _members(shape: Any) -> list[tuple[str, Any]]:
    # A filter can contain filters: its first members are enough.
    return [
        (name, each)
        for name, each in shape.members.items()
        if each.name != shape.name and "Filter" not in each.name
    ]


def _list(shape: Any, hints: Hints, loose: bool) -> st.SearchStrategy[Any]:
    low = shape.metadata.get("min", 0)
    return st.lists(value_of(shape.member, hints, loose=loose), min_size=low, max_size=low + 2)


def _map(shape: Any, hints: Hints, loose: bool) -> st.SearchStrategy[Any]:
    key = value_of(shape.key, hints, loose=False)
    return st.dictionaries(key, value_of(shape.value, hints, loose=loose), max_size=2)


def _integer(shape: Any, hints: Hints, loose: bool) -> st.SearchStrategy[Any]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 9)
    return st.integers(low, min(high, low + 3))


_BUILDERS: dict[str, Callable[[Any, Hints, bool], st.SearchStrategy[Any]]] = {
    "boolean": lambda shape, hints, loose: st.booleans(),
    "integer": _integer,
    "list": _list,
    "long": _integer,
    "map": _map,
    "string": _string,
    "structure": _structure,
    "timestamp": lambda shape, hints, loose: st.integers(0, 2_000_000_000),
}


@st.composite
def http_requests(draw: st.DrawFn, hints: Hints, *, loose: bool = True) -> HttpRequest:
    """Return a request for an operation, with each member at its place in the model."""
    name = draw(st.sampled_from(sorted(protocol.operations())))
    model = service_model().operation_model(name)
    shape = model.input_shape
    members = draw(_structure(shape, hints, loose))
    url = f"https://data.qapps.us-east-1.amazonaws.com{model.http['requestUri']}"
    headers, query, body = Headers(), [], {}
    for member, value in members.items():
        place = shape.members[member].serialization
        text = value if isinstance(value, str) else json.dumps(value)
        if place.get("location") == "header":
            headers[place["name"].lower()] = text
        elif place.get("location") == "querystring":
            texts = value if isinstance(value, list) else [text]
            query += [(place["name"], each if isinstance(each, str) else json.dumps(each)) for each in texts]
        elif place.get("location") == "uri":
            url = url.replace(f"{{{place['name']}}}", quote(text, safe=""))
        else:
            body[place.get("name", member)] = value
    if query:
        url += "?" + urlencode(query, errors="replace")
    return HttpRequest(model.http["method"], url, headers, json.dumps(body).encode())


def parse_request(operation: protocol.Operation, **request: Any) -> dict[str, Any]:
    """Read the members of a request and check them."""
    return operation.check(operation.read(**request))
