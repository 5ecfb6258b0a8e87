"""Every constraint of the model is enforced: found by a walk over the model, and written out as examples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from botocore import xform_name
from botocore.model import DenormalizedStructureBuilder, ServiceModel

from qapps_mock.service import constraints, protocol
from qapps_mock.service.constraints import Compiler, describe
from qapps_mock.service.exceptions import ValidationException
from qapps_mock.service.service_model import service_model
from tests.shapes import parse_request

UUID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"

# For each pattern of the model: a function from a length to a text that matches it.
SAMPLES: dict[str, Callable[[int], str]] = {
    r"[\da-f]{8}-[\da-f]{4}-[45][\da-f]{3}-[89ABab][\da-f]{3}-[\da-f]{12}": lambda n: UUID,
    r'[^{}\\"<>]+': lambda n: "t" * n,
    r"[a-zA-Z0-9_]+( [a-zA-Z0-9_]+)*": lambda n: "t" * n,
    r"#([A-Fa-f0-9]{3}|[A-Fa-f0-9]{6})": lambda n: "#" + "a" * (n - 1),
    r"[A-Za-z0-9+/]{43}=$|^[A-Za-z0-9+/]{42}==$|^[A-Za-z0-9+/]{44}": lambda n: "A" * 43 + "=",
    r"[a-zA-Z0-9_][a-zA-Z0-9_-]*": lambda n: "n" * n,
}


class Request(NamedTuple):
    """The arguments of `Operation.parse`."""

    label: str | None = None
    query: str = ""
    headers: dict[str, str] = {}  # noqa: RUF012  # a default of a NamedTuple, which is never changed
    body: bytes = b""


class Place(NamedTuple):
    """A member of an operation's input, at any depth."""

    operation: str
    path: tuple[str | int, ...]
    shapes: tuple[Any, ...]  # from the input itself down to the member

    @property
    def shape(self) -> Any:
        return self.shapes[-1]

    @property
    def pointer(self) -> str:
        return "".join(f"/{name}" for name in self.path)

    @property
    def location(self) -> str | None:
        location: str | None = self.shapes[1].serialization.get("location")
        return location

    def __str__(self) -> str:
        return f"{self.operation}:{self.pointer}"


def places() -> Iterator[Place]:
    for name in service_model().operation_names:
        shape = service_model().operation_model(name).input_shape
        yield from below(Place(name, (), (shape,)))


def below(place: Place) -> Iterator[Place]:
    """Yield the members below *place*; a structure within itself is entered once more, and no deeper."""
    for name, shape in children(place.shape):
        if [above.name for above in place.shapes].count(shape.name) < 2:
            child = Place(place.operation, (*place.path, name), (*place.shapes, shape))
            yield child
            yield from below(child)


def children(shape: Any) -> list[tuple[str | int, Any]]:
    if shape.type_name == "list":
        return [(0, shape.member)]
    if shape.type_name == "map":
        return [("key", shape.value)]
    return list(shape.members.items()) if shape.type_name == "structure" else []


def sample(shape: Any, size: int | None = None) -> Any:
    """Return a value that satisfies *shape*, as small as possible or of the given size."""
    least = max(shape.metadata.get("min", 0), 1) if size is None else size
    if shape.type_name == "structure":
        if shape.is_document_type:
            return {"type": "object"}
        names = list(shape.members)[:1] if shape.is_tagged_union else shape.required_members
        return {name: sample(shape.members[name]) for name in names}
    if shape.type_name == "list":
        return [sample(shape.member)] * least
    if shape.type_name == "map":
        return {f"key{index}": sample(shape.value) for index in range(least)}
    if shape.type_name == "string":
        return text(shape, least)
    return True if shape.type_name == "boolean" else shape.metadata.get("min", 1)


def text(shape: Any, size: int) -> str:
    if "enum" in shape.metadata:
        return str(shape.metadata["enum"][0])
    pattern = shape.metadata.get("pattern")
    assert pattern is None or pattern in SAMPLES, (
        f"The model has a new pattern: add a sample text for {pattern}"
    )
    return SAMPLES[pattern](size) if pattern else "x" * size


def holding(place: Place, value: Any) -> Any:
    """Return an input that is valid except for *value* at *place*."""
    for shape, name in zip(reversed(place.shapes[:-1]), reversed(place.path), strict=True):
        if shape.type_name == "list":
            value = [value]
        else:
            value = ({} if shape.type_name == "map" or shape.is_tagged_union else sample(shape)) | {
                name: value
            }
    return value


def without(place: Place) -> Any:
    parent = Place(place.operation, place.path[:-1], place.shapes[:-1])
    value = {name: item for name, item in sample(parent.shape).items() if name != place.path[-1]}
    return holding(parent, value)


def request_for(operation: str, value: dict[str, Any]) -> Request:
    """Distribute an input over header, path, query and body, whether its values are valid or not."""
    members = service_model().operation_model(operation).input_shape.members
    parts: dict[str | None, dict[str, Any]] = {"header": {}, "uri": {}, "querystring": {}, None: {}}
    for name, item in value.items():
        parts[members[name].serialization.get("location")][members[name].serialization.get("name", name)] = (
            item
        )
    return Request(
        label=next(iter(parts["uri"].values()), None),
        query=urlencode(parts["querystring"], doseq=True),
        headers=parts["header"],
        body=json.dumps(parts[None]).encode(),
    )


def parse(operation: str, value: dict[str, Any]) -> dict[str, Any]:
    return parse_request(protocol.find_operation(operation), **request_for(operation, value)._asdict())


def refusal(operation: str, value: dict[str, Any]) -> str:
    with pytest.raises(ValidationException) as refused:
        parse(operation, value)
    return refused.value.message


def value_at(place: Place, arguments: dict[str, Any]) -> Any:
    parsed: Any = arguments
    names = (xform_name(str(place.path[0])), *place.path[1:])
    for name in names:
        parsed = parsed[name]
    return parsed


def violations(message: str) -> list[str]:
    """Split a message into its violations."""
    count, sentences = re.fullmatch(r"(\d+) validation errors? detected\. (.*)", message, re.DOTALL).groups()  # type: ignore[union-attr]  # None, and so a failure, when it is no such sentence
    found: list[str] = re.split(r"; (?=Value )", sentences)
    assert len(found) == int(count)
    return found


PLACES = list(places())
REQUIRED = [place for place in PLACES if place.path[-1] in getattr(place.shapes[-2], "required_members", ())]
SIZED = [
    place
    for place in PLACES
    if place.shape.type_name in ("string", "list", "map") and {"min", "max"} & place.shape.metadata.keys()
]
RANGED = [place for place in PLACES if place.shape.type_name in ("integer", "long")]
PATTERNED = [place for place in PLACES if "pattern" in place.shape.metadata]
ENUMERATED = [place for place in PLACES if "enum" in place.shape.metadata]
UNIONS = [place for place in PLACES if getattr(place.shape, "is_tagged_union", False)]
IN_BODY = [place for place in PLACES if place.location is None]
NULLABLE = [
    place
    for place in IN_BODY
    if place.shapes[-2].type_name == "structure" and not getattr(place.shapes[-2], "is_tagged_union", False)
]

WRONG_FOR = {
    "string": [1, True, 1.5, [], {}],
    "integer": ["1", True, 1.0, 1.5, [], {}],
    "long": ["1", False, 1e3, [], {}],
    "boolean": ["true", 0, 1, [], {}],
    "timestamp": ["2024-05-21T23:17:27Z", True, [], {}, 1e300, -1e300, 10**400],
    "list": ["x", 1, True, {}],
    "map": ["x", 1, True, []],
    "structure": ["x", 1, True, []],
}


def test_the_walk_meets_every_operation_and_every_kind_of_constraint():
    assert len({place.operation for place in PLACES}) == len(protocol.operations()) == 35
    assert len(REQUIRED) > 100
    assert len(SIZED) > 80
    assert len(PATTERNED) > 60
    assert len(ENUMERATED) > 20
    assert {place.shape.name for place in UNIONS} == {
        "CardInput",
        "DocumentAttributeValue",
        "PredictQAppInputOptions",
    }


def test_the_model_uses_only_what_the_compiler_supports():
    kinds = {place.shape.type_name for place in PLACES}
    locations = {place.location for place in PLACES}
    formats = {
        place.shape.serialization.get("timestampFormat")
        for place in PLACES
        if place.shape.type_name == "timestamp"
    }
    traits = {trait for place in PLACES for trait in place.shape.serialization} - {
        "location",
        "name",
        "timestampFormat",
    }
    flat = {
        place.shape.type_name
        for place in PLACES
        if place.location in ("header", "uri") and len(place.path) == 1
    }

    assert kinds == set(WRONG_FOR), "The model's inputs have a type that qapps_mock.constraints must learn."
    assert locations == {"header", "uri", "querystring", None}, "The model's inputs travel in a new place."
    assert formats == {None}, "The model's inputs have a timestamp that is not a number."
    assert not traits, "The model's inputs have a serialization trait that qapps_mock.protocol ignores."
    assert flat == {"string"}, "The model's headers or labels are no longer plain texts."


@pytest.mark.parametrize("name", service_model().operation_names)
def test_the_smallest_valid_input_is_accepted(name):
    shape = service_model().operation_model(name).input_shape

    arguments = parse(name, sample(shape))

    assert arguments == {xform_name(member): value for member, value in sample(shape).items()}


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_every_member_is_accepted_when_it_is_valid(place):
    value = sample(place.shape)

    arguments = parse(place.operation, holding(place, value))

    assert value_at(place, arguments) == value


@pytest.mark.parametrize("place", REQUIRED, ids=str)
def test_a_missing_required_member_is_reported(place):
    message = refusal(place.operation, without(place))

    assert (
        message
        == f"1 validation error detected. Value at '{place.pointer}' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("place", NULLABLE, ids=str)
def test_null_is_the_same_as_absent(place):
    value = holding(place, None)

    if place in REQUIRED:
        assert refusal(place.operation, value) == (
            f"1 validation error detected. Value at '{place.pointer}' failed to satisfy constraint: Member must not be null"
        )
    else:
        assert parse(place.operation, value) == parse(place.operation, without(place))


@pytest.mark.parametrize(
    "place",
    [place for place in PLACES if place.shapes[-2].type_name in ("list", "map") and place.location is None],
    ids=str,
)
def test_null_within_a_list_or_a_map_is_refused(place):
    message = refusal(place.operation, holding(place, None))

    assert (
        message
        == f"1 validation error detected. Value at '{place.pointer}' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("place", SIZED, ids=str)
def test_a_length_at_its_bounds_is_accepted(place):
    for bound in ("min", "max"):
        # A pattern or an enumeration decides the length of such a text.
        value = sample(
            place.shape, max(place.shape.metadata[bound], 1 if place in PATTERNED or place.location else 0)
        )

        assert value_at(place, parse(place.operation, holding(place, value))) == value


@pytest.mark.parametrize("place", SIZED, ids=str)
def test_a_length_beyond_its_bounds_is_refused(place):
    low, high = place.shape.metadata.get("min", 0), place.shape.metadata["max"]
    rule = (
        f"Member must have length between {low} and {high}, inclusive"
        if low
        else f"Member must have length less than or equal to {high}"
    )

    for size in [high + 1] + ([low - 1] if low else []):
        value = "x" * size if place.shape.type_name == "string" else sample(place.shape, size)
        found = violations(refusal(place.operation, holding(place, value)))

        assert (
            found[0] == f"Value with length {size} at '{place.pointer}' failed to satisfy constraint: {rule}"
        )
        assert all(f" at '{place.pointer}' " in sentence for sentence in found)


@pytest.mark.parametrize("place", RANGED, ids=str)
def test_a_number_at_its_bounds_is_accepted_and_beyond_them_refused(place):
    whole = {"integer": 31, "long": 63}[place.shape.type_name]
    low, high = place.shape.metadata.get("min", -(2**whole)), place.shape.metadata.get("max", 2**whole - 1)

    for value in (low, high):
        assert value_at(place, parse(place.operation, holding(place, value))) == value
    for value in (low - 1, high + 1, 10**100, -(10**100)):
        assert refusal(place.operation, holding(place, value)) == (
            f"1 validation error detected. Value at '{place.pointer}' failed to satisfy constraint: "
            f"Member must be between {low} and {high}, inclusive"
        )


@pytest.mark.parametrize("place", PATTERNED, ids=str)
def test_a_text_outside_its_pattern_is_refused_and_so_is_a_line_feed_at_its_end(place):
    sentence = (
        f"Value at '{place.pointer}' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: ^{place.shape.metadata['pattern']}$"
    )
    wrong = [
        '<"}>',
        "",
        UUID[:-1] + "\u0663",
        *([] if place.shape.name == "Title" else [sample(place.shape) + "\n"]),
    ]
    if place.shape.name == "Title":  # its class of characters contains the line feed
        wrong.remove(UUID[:-1] + "\u0663")

    for value in wrong:
        assert sentence in violations(refusal(place.operation, holding(place, value)))


@pytest.mark.parametrize("place", ENUMERATED, ids=str)
def test_only_the_words_of_an_enumeration_are_accepted(place):
    words = place.shape.metadata["enum"]

    for word in words:
        assert value_at(place, parse(place.operation, holding(place, word))) == word
    for word in (words[0].swapcase(), words[0] + "\n", "elsewhere"):
        assert violations(refusal(place.operation, holding(place, word)))[-1] == (
            f"Value at '{place.pointer}' failed to satisfy constraint: Member must satisfy enum value set: [{', '.join(words)}]"
        )


@pytest.mark.parametrize(
    "place", [place for place in IN_BODY if not getattr(place.shape, "is_document_type", False)], ids=str
)
def test_a_value_of_another_type_is_refused(place):
    kind = place.shape.type_name

    for value in WRONG_FOR[kind]:
        assert refusal(place.operation, holding(place, value)) == (
            f"1 validation error detected. Value at '{place.pointer}' failed to satisfy constraint: Member must be of type {kind}"
        )


@pytest.mark.parametrize("place", UNIONS, ids=str)
def test_a_union_needs_exactly_one_of_its_members(place):
    sentence = f"1 validation error detected. Value at '{place.pointer}' failed to satisfy constraint: Member must have exactly one value"
    values = {name: sample(shape) for name, shape in place.shape.members.items()}
    first, second = list(values)[:2]

    for wrong in (
        {},
        {"elsewhere": 1},
        {first: None},
        {first: values[first], second: values[second]},
        values,
    ):
        assert refusal(place.operation, holding(place, wrong)) == sentence


@pytest.mark.parametrize("place", UNIONS, ids=str)
def test_a_union_accepts_each_of_its_members_and_ignores_nulls_and_unknown_members(place):
    for name, shape in place.shape.members.items():
        value = dict.fromkeys(place.shape.members) | {"elsewhere": 1, name: sample(shape)}

        assert value_at(place, parse(place.operation, holding(place, value))) == {name: sample(shape)}


@pytest.mark.parametrize(
    "place", [place for place in IN_BODY if place.shape.type_name == "structure"], ids=str
)
def test_unknown_members_never_reach_the_backend_unless_a_document_holds_them(place):
    value = sample(place.shape)

    parsed = value_at(place, parse(place.operation, holding(place, value | {"elsewhere": [None, 1]})))

    assert ("elsewhere" in parsed) is place.shape.is_document_type


# The examples below are written out, so that the walk above does not only test itself.

CREATE: dict[str, Any] = {"instanceId": "i", "title": "t", "appDefinition": {"cards": []}}
PRESIGN = {
    "instanceId": "i",
    "cardId": UUID,
    "appId": UUID,
    "fileContentsSha256": "A" * 43 + "=",
    "fileName": "a.txt",
    "scope": "APPLICATION",
}


def card(**members: Any) -> dict[str, Any]:
    return CREATE | {
        "appDefinition": {
            "cards": [{"qQuery": {"title": "t", "id": UUID, "type": "q-query", "prompt": "p"} | members}]
        }
    }


def nested_filter(depth: int, innermost: dict[str, Any]) -> dict[str, Any]:
    for level in range(depth):
        innermost = {"notFilter": innermost} if level % 2 else {"andAllFilters": [innermost]}
    return innermost


def test_all_violations_are_reported_together_in_the_order_of_the_model():
    assert refusal("CreatePresignedUrl", {"scope": "EVERYWHERE", "appId": "a", "fileName": "x" * 101}) == (
        "6 validation errors detected. "
        "Value at '/instanceId' failed to satisfy constraint: Member must not be null; "
        "Value at '/cardId' failed to satisfy constraint: Member must not be null; "
        "Value at '/appId' failed to satisfy constraint: Member must satisfy regular expression pattern: "
        r"^[\da-f]{8}-[\da-f]{4}-[45][\da-f]{3}-[89ABab][\da-f]{3}-[\da-f]{12}$; "
        "Value at '/fileContentsSha256' failed to satisfy constraint: Member must not be null; "
        "Value with length 101 at '/fileName' failed to satisfy constraint: Member must have length less than or equal to 100; "
        "Value at '/scope' failed to satisfy constraint: Member must satisfy enum value set: [APPLICATION, SESSION]"
    )


def test_a_list_is_reported_before_what_it_holds():
    assert refusal("BatchDeleteCategory", {"instanceId": "i", "categories": [UUID] * 10 + [1]}) == (
        "2 validation errors detected. "
        "Value with length 11 at '/categories' failed to satisfy constraint: Member must have length less than or equal to 10; "
        "Value at '/categories/10' failed to satisfy constraint: Member must be of type string"
    )


def test_a_union_is_reported_before_what_it_holds():
    value = CREATE | {"appDefinition": {"cards": [{"textInput": {}, "qQuery": 1}]}}

    assert violations(refusal("CreateQApp", value))[0] == (
        "Value at '/appDefinition/cards/0' failed to satisfy constraint: Member must have exactly one value"
    )


def test_a_text_may_break_several_constraints():
    color = {"instanceId": "i", "categories": [{"title": "a b", "color": "#12"}]}

    assert refusal("BatchCreateCategory", color) == (
        "2 validation errors detected. "
        "Value with length 3 at '/categories/0/color' failed to satisfy constraint: Member must have length between 4 and 7, inclusive; "
        "Value at '/categories/0/color' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ^#([A-Fa-f0-9]{3}|[A-Fa-f0-9]{6})$"
    )


@pytest.mark.parametrize("digest", ["A" * 43 + "=", "A" * 42 + "==", "A" * 44])
def test_every_alternative_of_a_pattern_is_accepted(digest):
    assert (
        parse("CreatePresignedUrl", PRESIGN | {"fileContentsSha256": digest})["file_contents_sha256"]
        == digest
    )


@pytest.mark.parametrize(
    "digest", ["A" * 43 + "=\n", "A" * 42 + "==\n", "A" * 44 + "\n", "A" * 43, "A" * 43 + "=" + "A" * 44]
)
def test_every_alternative_of_a_pattern_is_anchored(digest):
    assert refusal("CreatePresignedUrl", PRESIGN | {"fileContentsSha256": digest}) == (
        "1 validation error detected. Value at '/fileContentsSha256' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ^[A-Za-z0-9+/]{43}=$|^[A-Za-z0-9+/]{42}==$|^[A-Za-z0-9+/]{44}$"
    )


def test_lengths_count_code_points():
    assert parse("CreateQApp", CREATE | {"title": "\N{FIRE}" * 100})["title"] == "\N{FIRE}" * 100
    assert refusal("CreateQApp", CREATE | {"title": "\N{FIRE}" * 101}) == (
        "1 validation error detected. Value with length 101 at '/title' failed to satisfy constraint: Member must have length less than or equal to 100"
    )


def test_a_bad_key_is_reported_at_its_map_and_a_bad_value_at_its_key():
    tags = {"": "a", "~a/b": "x" * 257, "k" * 129: None}

    assert refusal("TagResource", {"resourceARN": "arn", "tags": tags}) == (
        "4 validation errors detected. "
        "Value with length 0 at '/tags' failed to satisfy constraint: Member must have length between 1 and 128, inclusive; "
        "Value with length 257 at '/tags/~0a~1b' failed to satisfy constraint: Member must have length less than or equal to 256; "
        "Value with length 129 at '/tags' failed to satisfy constraint: Member must have length between 1 and 128, inclusive; "
        f"Value at '/tags/{'k' * 129}' failed to satisfy constraint: Member must not be null"
    )


def test_a_path_names_each_step():
    value = card(
        attributeFilter={
            "andAllFilters": [{}, {"equalsTo": {"name": "n", "value": {"stringListValue": ["a", ""]}}}]
        }
    )

    assert refusal("CreateQApp", value) == (
        "1 validation error detected. Value with length 0 at "
        "'/appDefinition/cards/0/qQuery/attributeFilter/andAllFilters/1/equalsTo/value/stringListValue/1' "
        "failed to satisfy constraint: Member must have length between 1 and 2048, inclusive"
    )


def test_a_filter_within_filters_is_checked_at_every_level():
    good = nested_filter(40, {"equalsTo": {"name": "n", "value": {"longValue": 1}}})
    bad = nested_filter(40, {"equalsTo": {"name": "n", "value": {"longValue": "1"}}})

    parsed = parse("CreateQApp", card(attributeFilter=good))

    assert parsed["app_definition"]["cards"][0]["qQuery"]["attributeFilter"] == good
    assert refusal("CreateQApp", card(attributeFilter=bad)).endswith(
        "/equalsTo/value/longValue' failed to satisfy constraint: Member must be of type long"
    )


def test_a_filter_nested_too_deep_is_refused():
    assert (
        refusal("CreateQApp", card(attributeFilter=nested_filter(200, {})))
        == "The request body is nested more than 100 levels deep."
    )


@pytest.mark.parametrize(
    "seconds", [0, -1, 1716333447, 1716333447.350, -62135596800, 253402300799, 253402300799.5]
)
def test_a_date_is_a_number_of_seconds_and_stays_one(seconds):
    value = card(attributeFilter={"greaterThan": {"name": "n", "value": {"dateValue": seconds}}})

    parsed = parse("CreateQApp", value)

    assert parsed["app_definition"]["cards"][0]["qQuery"]["attributeFilter"]["greaterThan"]["value"] == {
        "dateValue": seconds
    }


@pytest.mark.parametrize("seconds", [-62135596801, 253402300800, 1e300])
def test_a_date_that_no_calendar_has_is_refused(seconds):
    value = card(attributeFilter={"greaterThan": {"name": "n", "value": {"dateValue": seconds}}})

    assert refusal("CreateQApp", value).endswith(
        "/dateValue' failed to satisfy constraint: Member must be of type timestamp"
    )


@pytest.mark.parametrize(
    "document",
    [
        0,
        "",
        False,
        [],
        {},
        [None, {"a": None, "b": [1.5, "x"]}],
        {"title": {"$ref": "#/x"}, "elsewhere": None},
    ],
    ids=repr,
)
def test_a_document_passes_untouched(document):
    form = {"title": "t", "id": UUID, "type": "form-input", "metadata": {"schema": document}}

    parsed = parse("CreateQApp", CREATE | {"appDefinition": {"cards": [{"formInput": form}]}})

    assert parsed["app_definition"]["cards"][0]["formInput"]["metadata"] == {"schema": document}


def test_a_body_member_cannot_replace_a_header():
    request = request_for("DeleteQApp", {"appId": UUID})

    with pytest.raises(ValidationException) as refused:
        parse_request(
            protocol.find_operation("DeleteQApp"),
            **request._replace(body=b'{"appId":"%s","instanceId":"i"}' % UUID.encode())._asdict(),
        )

    assert (
        refused.value.message
        == "1 validation error detected. Value at '/instanceId' failed to satisfy constraint: Member must not be null"
    )


# Kinds of shapes that today's model of Q Apps does not have, but a later one may have.


def check(shape: Any, value: Any) -> tuple[Any, str]:
    found: list[constraints.Violation] = []
    parsed = Compiler().check(shape)(value, (None, ""), "it", found)
    return parsed, describe(found) if found else ""


@pytest.mark.parametrize(
    ("bounds", "value", "rule"),
    [
        ({"min": 3}, 2, "greater than or equal to 3"),
        ({"max": 3}, 4, "less than or equal to 3"),
        ({"min": 3}, 2**31, "between -2147483648 and 2147483647, inclusive"),
        ({"max": 3}, -(2**31) - 1, "between -2147483648 and 2147483647, inclusive"),
        ({"min": 3, "max": 5}, 6, "between 3 and 5, inclusive"),
    ],
)
def test_a_number_is_checked_against_its_declared_bounds_and_those_of_its_type(bounds, value, rule):
    shape = model_of({"type": "integer"} | bounds)

    assert (
        check(shape, value)[1]
        == f"1 validation error detected. Value at '/it' failed to satisfy constraint: Member must be {rule}"
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ({"type": "string", "min": 2}, "a"),
        ({"type": "list", "min": 2, "member": {"shape": "String"}}, ["a"]),
        ({"type": "map", "min": 2, "key": {"shape": "String"}, "value": {"shape": "String"}}, {"a": "a"}),
    ],
)
def test_a_length_may_have_a_lower_bound_only(kind, value):
    assert check(model_of(kind), value)[1] == (
        "1 validation error detected. Value with length 1 at '/it' failed to satisfy constraint: Member must have length greater than or equal to 2"
    )


@pytest.mark.parametrize(
    "kind", [{"type": "blob"}, {"type": "double"}, {"type": "timestamp", "timestampFormat": "iso8601"}]
)
def test_a_type_that_the_compiler_does_not_support_passes(kind):
    assert check(model_of(kind), "whatever") == ("whatever", "")


def test_a_member_is_read_under_its_name_on_the_wire_and_reported_under_its_own():
    shape = DenormalizedStructureBuilder().with_members({"ours": {"type": "string", "max": 1}}).build_model()
    shape.members["ours"].serialization["name"] = "theirs"

    assert check(shape, {"theirs": "a", "ours": "b"}) == ({"ours": "a"}, "")
    assert check(shape, {"theirs": "ab"})[1].startswith(
        "1 validation error detected. Value with length 2 at '/it/ours' "
    )


def model_of(kind: dict[str, Any]) -> Any:
    return ServiceModel(
        {"metadata": {}, "operations": {}, "shapes": {"It": kind, "String": {"type": "string"}}}
    ).shape_for("It")


def test_each_structure_is_compiled_once_however_often_it_is_used():
    shape = service_model().shape_for("AttributeFilter")
    compiler = Compiler()

    assert compiler.check(shape) is compiler.check(service_model().shape_for("AttributeFilter"))
