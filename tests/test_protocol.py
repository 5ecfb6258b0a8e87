"""restJson1: routes, requests, responses; any input leads to a result or to a QAppsError."""

from __future__ import annotations

import json
import re
import threading
from datetime import date, datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore import xform_name
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers as WerkzeugHeaders

from qapps_mock.service import protocol
from qapps_mock.service.constraints import Compiler
from qapps_mock.service.exceptions import QAppsError, UnknownOperation, ValidationException
from qapps_mock.service.protocol import Operation
from qapps_mock.service.service_model import service_model
from tests.shapes import fuzz, parse_request
from tests.test_constraints import CREATE, UUID, Request, request_for

NAMES = service_model().operation_names
ARN = "arn:aws:qapps:us-west-2:123456789012:application/a/qapp/b"
HEADERS = {"instance-id": "i"}


def model(name: str) -> Any:
    return service_model().operation_model(name)


def parse(name: str, **changes: Any) -> dict[str, Any]:
    request = Request(headers=HEADERS)._replace(**changes)
    return parse_request(protocol.find_operation(name), **request._asdict())


def refusal(name: str, **changes: Any) -> str:
    with pytest.raises(ValidationException) as refused:
        parse(name, **changes)
    assert refused.value.status == HTTPStatus.BAD_REQUEST
    return refused.value.message


def refused_body(body: bytes | str) -> str:
    return refusal("CreateQApp", body=body)


# Operations


def test_every_operation_of_the_model_is_there():
    assert list(protocol.operations()) == NAMES
    assert len(NAMES) == 35


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_has_what_the_model_says(name):
    operation = protocol.operations()[name]

    assert operation.name == name
    assert operation.method_name == xform_name(name)
    assert operation.parameters == {xform_name(member): member for member in model(name).input_shape.members}
    assert operation.errors == {error.name for error in model(name).error_shapes}
    assert operation.status == model(name).http["responseCode"] == HTTPStatus.OK
    assert operation.output == model(name).output_shape


def test_an_operation_is_found_in_both_spellings_and_is_the_same_each_time():
    assert (
        protocol.find_operation("CreateQApp")
        is protocol.find_operation("create_q_app")
        is protocol.operations()["CreateQApp"]
    )


def test_a_misspelt_operation_is_refused_with_the_nearest_one():
    with pytest.raises(ValueError, match=r"is not an operation of Q Apps\. Did you mean 'CreateQApp'\? The "):
        protocol.find_operation("CreateQapp")


def test_a_name_unlike_any_operation_is_refused_without_a_guess():
    with pytest.raises(ValueError, match=r"^'\*' is not an operation of Q Apps\. The operations are: "):
        protocol.find_operation("*")


def test_the_model_is_loaded_once():
    assert service_model() is service_model()


def test_many_threads_may_meet_an_operation_first():
    operation = Operation(model("CreateQApp"), Compiler())
    request = request_for("CreateQApp", CREATE)
    results: list[Any] = []

    def call() -> None:
        results.append(parse_request(operation, **request._asdict()))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [{"instance_id": "i", "title": "t", "app_definition": {"cards": []}}] * 8


# Routes


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_its_route(name):
    http = model(name).http

    operation, label = protocol.route(
        http["method"], http["requestUri"].replace("{resourceARN}", quote(ARN, safe=""))
    )

    assert operation is protocol.find_operation(name)
    assert label == (ARN if "{" in http["requestUri"] else None)


@pytest.mark.parametrize("name", NAMES)
def test_another_method_is_an_unknown_operation(name):
    http = model(name).http
    path = http["requestUri"].replace("{resourceARN}", "x")

    with pytest.raises(UnknownOperation) as refused:
        protocol.route("PATCH", path)

    assert refused.value.message == f"PATCH {path} is not an operation of Amazon Q Apps."
    assert refused.value.status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/apps.create/"),
        ("POST", "//apps.create"),
        ("POST", "/apps%2Ecreate"),
        ("POST", "/Apps.create"),
        ("post", "/apps.create"),
        ("GET", "/apps.create"),
        ("GET", "/tags"),
        ("GET", "/"),
        ("GET", ""),
        ("GET", "/\u0663"),
        ("PUT", "/tags/arn"),
    ],
)
def test_anything_else_is_an_unknown_operation(method, path):
    with pytest.raises(UnknownOperation) as refused:
        protocol.route(method, path)

    assert refused.value.message == f"{method} {path} is not an operation of Amazon Q Apps."


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/tags/" + quote(ARN, safe=""), ARN),
        ("/tags/" + ARN, ARN),
        ("/tags/a%2520b", "a%20b"),
        ("/tags/a+b", "a+b"),
        ("/tags/a/", "a/"),
        ("/tags//", "/"),
        ("/tags/%C3%A9", "\u00e9"),
        ("/tags/\u00e9", "\u00e9"),
        ("/tags/50%", "50%"),
        ("/tags/", ""),
    ],
)
def test_all_that_follows_the_prefix_is_the_label_decoded_once(path, label):
    assert protocol.route("GET", path)[1] == label


@pytest.mark.parametrize("path", ["/tags/%FF", "/tags/%ED%A0%80", "/tags/\ud800", "/tags/a%C3"])
def test_a_label_in_bad_utf8_is_refused(path):
    with pytest.raises(ValidationException) as refused:
        protocol.route("GET", path)

    assert refused.value.message == "The path is not valid UTF-8."


def test_the_length_of_an_empty_label_is_checked():
    operation, label = protocol.route("GET", "/tags/")

    with pytest.raises(ValidationException) as refused:
        parse_request(operation, label=label, query="", headers={}, body=None)

    assert refused.value.message == (
        "1 validation error detected. Value with length 0 at '/resourceARN' failed to satisfy constraint: "
        "Member must have length between 1 and 1011, inclusive"
    )


# Headers


@pytest.mark.parametrize("value", ["abc", b"abc", " abc\t", b" abc "])
def test_a_header_may_be_text_or_bytes_with_blanks_around_it(value):
    assert parse("ListCategories", headers={"instance-id": value}) == {"instance_id": "abc"}


@pytest.mark.parametrize(
    "headers", [{}, {"instance-id": ""}, {"instance-id": b""}, {"instance-id": " \t"}], ids=repr
)
def test_an_empty_header_is_absent(headers):
    assert refusal("ListCategories", headers=headers) == (
        "1 validation error detected. Value at '/instanceId' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("value", [b"\xff", b"\xed\xa0\x80", "\ud800"])
def test_a_header_in_bad_utf8_is_refused(value):
    assert (
        refusal("ListCategories", headers={"instance-id": value})
        == "The header instance-id is not valid UTF-8."
    )


def test_a_header_beyond_ascii_is_read_as_utf8():
    assert parse("ListCategories", headers={"instance-id": "\u00e9".encode()}) == {"instance_id": "\u00e9"}


def test_the_headers_of_werkzeug_fit():
    assert parse("ListCategories", headers=WerkzeugHeaders({"Instance-Id": "i"})) == {"instance_id": "i"}


# Query strings


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        ("", {}),
        ("limit=10", {"limit": 10}),
        ("limit=007", {"limit": 7}),
        ("limit=10&limit=20", {"limit": 10}),
        ("limit=10&limit=x", {"limit": 10}),
        ("nextToken=a%2Bb+c%20d", {"next_token": "a+b c d"}),
        ("nextToken=a=b", {"next_token": "a=b"}),
        ("nextToken=", {"next_token": ""}),
        ("nextToken", {"next_token": ""}),
        ("next%54oken=%C3%A9", {"next_token": "\u00e9"}),
        ("nextToken=\u00e9", {"next_token": "\u00e9"}),
        ("nextToken=50%&limit=1", {"next_token": "50%", "limit": 1}),
        ("unknown=1&&=&limit=1", {"limit": 1}),
        ("LIMIT=1", {}),
        ("instanceId=other", {}),
    ],
)
def test_a_query_string_is_read_as_a_form(query, arguments):
    assert parse("ListQApps", query=query) == {"instance_id": "i"} | arguments


@pytest.mark.parametrize(
    "text",
    ["", "1.5", "1.0", "ten", "\u0661\u0662", "%D9%A1", "+1", "1+", "1_0", "0x1", "--1", "true", "9" * 5000],
)
def test_a_number_in_a_query_string_has_ascii_digits_only(text):
    assert refusal("ListQApps", query=f"limit={text}") in (
        "1 validation error detected. Value at '/limit' failed to satisfy constraint: Member must be of type integer",
        # Python before 3.10.7 reads any number of digits.
        "1 validation error detected. Value at '/limit' failed to satisfy constraint: Member must be between 1 and 100, inclusive",
    )


@pytest.mark.parametrize("text", ["0", "-1", "101", "2147483648", "-9" + "9" * 100])
def test_a_number_in_a_query_string_is_checked_against_its_bounds(text):
    assert refusal("ListQApps", query=f"limit={text}") == (
        "1 validation error detected. Value at '/limit' failed to satisfy constraint: Member must be between 1 and 100, inclusive"
    )


def test_a_list_in_a_query_string_has_every_repetition():
    assert parse("UntagResource", label="arn", query="tagKeys=a&tagKeys=b+c&tagKeys=a") == {
        "resource_arn": "arn",
        "tag_keys": ["a", "b c", "a"],
    }


def test_each_item_of_a_list_in_a_query_string_is_checked():
    assert refusal("UntagResource", label="arn", query="tagKeys=a&tagKeys=") == (
        "1 validation error detected. Value with length 0 at '/tagKeys/1' failed to satisfy constraint: "
        "Member must have length between 1 and 128, inclusive"
    )


def test_a_list_that_the_query_string_lacks_is_absent():
    assert refusal("UntagResource", label="arn") == (
        "1 validation error detected. Value at '/tagKeys' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize(
    "query", ["nextToken=%FF", "unknown=%FF", "%FF=1", "nextToken=%ED%A0%80", "nextToken=\ud800"]
)
def test_a_query_string_in_bad_utf8_is_refused(query):
    assert refusal("ListQApps", query=query) == "The query string is not valid UTF-8."


def test_a_boolean_in_a_text_is_true_or_false_and_nothing_else():
    shape = service_model().shape_for("Boolean")

    read = protocol._text_reader(shape)

    assert [read(text) for text in ("true", "false", "True", "1", "")] == [
        True,
        False,
        "True",
        "1",
        "",
    ]


# Bodies


@pytest.mark.parametrize("name", [name for name in NAMES if model(name).http["method"] in ("GET", "DELETE")])
def test_the_body_of_a_request_that_has_none_is_ignored(name):
    values = {"resourceARN": "arn", "tagKeys": ["k"], "instanceId": "i"}
    shape = model(name).input_shape
    request = request_for(name, {member: values.get(member, UUID) for member in shape.required_members})

    arguments = parse_request(
        protocol.find_operation(name), **request._replace(body=b"{not json \xff")._asdict()
    )

    assert set(arguments) == {xform_name(member) for member in shape.required_members}


@pytest.mark.parametrize("body", [None, b"", "", b"{}", "{}", b" {\r\n} "])
def test_no_body_is_an_empty_object(body):
    assert refusal("DeleteQApp", body=body) == (
        "1 validation error detected. Value at '/appId' failed to satisfy constraint: Member must not be null"
    )


@pytest.mark.parametrize("body", ['{"title": "\u00e9\U0001f525"}', '{"title": "\u00e9\U0001f525"}'.encode()])
def test_a_body_may_be_text_or_bytes(body):
    assert parse(
        "UpdateQApp",
        body=body[:-1]
        + (f', "appId": "{UUID}"}}' if isinstance(body, str) else b', "appId": "%s"}' % UUID.encode()),
    ) == {
        "instance_id": "i",
        "app_id": UUID,
        "title": "\u00e9\U0001f525",
    }


def test_the_last_of_two_equal_keys_counts():
    body = f'{{"appId": 1, "appId": "{UUID}"}}'

    assert parse("DeleteQApp", body=body)["app_id"] == UUID


@pytest.mark.parametrize("body", [b' {"appId": "%s"}', b'{"appId": "%s"}\r\n', b'\n\t{"appId":\n"%s"} '])
def test_spaces_around_the_body_are_accepted(body):
    assert parse("DeleteQApp", body=body % UUID.encode())["app_id"] == UUID


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"true", b"[{}]", b"1.5"])
def test_a_body_that_is_not_an_object_is_refused(body):
    assert refused_body(body) == "The request body must be a JSON object."


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "Expecting property name enclosed in double quotes at line 1 column 2"),
        (b'{"a":\n}', "Expecting value at line 2 column 1"),
        (b'{"a": 01}', "Expecting ',' delimiter at line 1 column 8"),
        (b"{'a': 1}", "Expecting property name enclosed in double quotes at line 1 column 2"),
        (b"{} {}", "Extra data at line 1 column 4"),
        (b" ", "Expecting value at line 1 column 2"),
        (b"\0", "Expecting value at line 1 column 1"),
        (b"appId=1", "Expecting value at line 1 column 1"),
        ("\ufeff{}", "it starts with a byte order mark"),
        (b"\xef\xbb\xbf{}", "it starts with a byte order mark"),
        (b'{"a": NaN}', "it contains NaN, which JSON does not allow"),
        (b'{"a": [Infinity]}', "it contains Infinity, which JSON does not allow"),
        (b'{"a": -Infinity}', "it contains -Infinity, which JSON does not allow"),
    ],
)
def test_malformed_json_is_refused_with_the_reason(body, reason):
    assert refused_body(body) == f"The request body is not valid JSON: {reason}."


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": "\xff"}',
        b"\xff\xfe{\0}\0",
        '{"a": 1}'.encode("utf-16"),
        b'{"\xed\xa0\x80": 1}',
        '{"a": "\ud800"}',
    ],
)
def test_a_body_in_bad_utf8_is_refused(body):
    assert refused_body(body) == "The request body is not valid UTF-8."


@pytest.mark.parametrize(
    "body",
    [
        rb'{"title": "\ud800"}',
        rb'{"title": "\uDFFF x"}',
        rb'{"title": "\ud83d \udd25"}',
        rb'{"tags": {"\udd25\ud83d": "x"}}',
        rb'{"\ud83d": "unknown"}',
        rb'{"appDefinition": {"cards": [{"formInput": {"metadata": {"schema": [{"\ud800": 1}]}}}]}}',
    ],
)
def test_a_lone_surrogate_is_refused_wherever_it_is(body):
    assert refused_body(body) == "The request body contains a lone surrogate, which is not valid Unicode."


@pytest.mark.parametrize("escaped", [r"\ud83d\udd25", r"\uD83D\uDD25", r"\\ud800", r"\u00e9"])
def test_other_escapes_are_read(escaped):
    body = f'{{"appId": "{UUID}", "description": "{escaped}"}}'

    assert parse("UpdateQApp", body=body)["description"] == json.loads(f'"{escaped}"')


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400 + ".0"])
def test_a_number_beyond_a_double_is_refused(number):
    assert refused_body(f'{{"a": {number}}}') == "The request body contains a number that is too large."


def test_an_integer_with_more_digits_than_python_reads_is_refused():
    assert refused_body('{"a": 1%s}' % ("0" * 10_000)) in (
        "The request body contains a number that is too large.",
        # Python before 3.10.7 reads any number of digits, and this member is unknown.
        refused_body("{}"),
    )


def form_with(schema: str) -> str:
    form = {"title": "t", "id": UUID, "type": "form-input", "metadata": {"schema": "SCHEMA"}}
    return json.dumps({"title": "t", "appDefinition": {"cards": [{"formInput": form}]}}).replace(
        '"SCHEMA"', schema
    )


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"a":' + "[" * 900 + "]" * 900 + "}",
        '{"a":' + "[" * 100 + "]" * 100 + "}",
        form_with("[" * 95 + "]" * 95),
        form_with('{"a":' * 500 + "1" + "}" * 500),
    ],
    ids=["lists", "objects", "closed objects", "closed lists", "900", "101", "document", "deep document"],
)
def test_json_nested_too_deep_is_refused(body):
    assert refused_body(body) in (
        "The request body is nested more than 100 levels deep.",
        # Some versions of Python's parser have no limit on the depth: they find that the end is missing.
        f"The request body is not valid JSON: Expecting value at line 1 column {len(body) + 1}.",
    )


def test_json_nested_as_deep_as_allowed_is_accepted():
    schema = "[" * 94 + "]" * 94

    parsed = parse("CreateQApp", body=form_with(schema))

    assert parsed["app_definition"]["cards"][0]["formInput"]["metadata"]["schema"] == json.loads(schema)


def test_many_brackets_side_by_side_are_not_deep():
    schema = "[" + ", ".join(["{}"] * 500) + "]"

    parsed = parse("CreateQApp", body=form_with(schema))

    assert parsed["app_definition"]["cards"][0]["formInput"]["metadata"]["schema"] == [{}] * 500


def test_a_body_member_cannot_replace_a_label():
    arguments = parse("TagResource", label="arn", body=b'{"resourceARN": "other", "tags": {}}')

    assert arguments == {"resource_arn": "arn", "tags": {}}


# Responses


@pytest.mark.parametrize("name", [name for name in NAMES if model(name).output_shape is None])
def test_an_operation_without_output_returns_an_empty_body(name):
    assert protocol.find_operation(name).serialise(None) == b""
    assert protocol.find_operation(name).serialise({"ignored": 1}) == b""


@pytest.mark.parametrize("name", ["TagResource", "UntagResource"])
def test_an_empty_output_is_an_empty_object(name):
    assert protocol.find_operation(name).serialise(None) == b"{}"
    assert protocol.find_operation(name).serialise({}) == b"{}"


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2024, 5, 21, 23, 17, 27, 350_999, timezone.utc), "2024-05-21T23:17:27.350Z"),
        (datetime(2024, 5, 21, 23, 17, 27, tzinfo=timezone.utc), "2024-05-21T23:17:27.000Z"),
        (datetime(2024, 5, 22, 1, 17, 28, tzinfo=timezone(timedelta(hours=2))), "2024-05-21T23:17:28.000Z"),
    ],
)
def test_a_time_is_written_as_utc_with_milliseconds(at, written):
    body = protocol.find_operation("GetQApp").serialise({"createdAt": at, "cards": [{"updatedAt": at}]})

    assert json.loads(body) == {"createdAt": written, "cards": [{"updatedAt": written}]}


@pytest.mark.parametrize("value", [datetime(2024, 5, 21), date(2024, 5, 21), {1}, object()], ids=type)
def test_what_has_no_form_on_the_wire_is_an_error_of_the_mock(value):
    with pytest.raises(TypeError, match=r"cannot be part of a response|unhashable"):
        protocol.find_operation("GetQApp").serialise({"createdAt": value})


def test_a_response_is_ascii_so_that_no_text_can_break_it():
    assert (
        protocol.find_operation("GetQApp").serialise({"title": "\u00e9\U0001f525\ud800"})
        == rb'{"title":"\u00e9\ud83d\udd25\ud800"}'
    )


def test_botocore_reads_the_response():
    at = datetime(2024, 5, 21, 23, 17, 27, 350_000, timezone.utc)
    operation = protocol.find_operation("CreateQApp")
    body = operation.serialise({"appId": UUID, "title": "\u00e9", "appVersion": 1, "createdAt": at})

    parsed = create_parser("rest-json").parse(
        {"body": body, "headers": {}, "status_code": 200}, operation.output
    )

    assert (parsed["appId"], parsed["title"], parsed["appVersion"], parsed["createdAt"]) == (
        UUID,
        "\u00e9",
        1,
        at,
    )


# Properties

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def values_of(shape: Any, depth: int = 4) -> st.SearchStrategy[Any]:
    """Make valid values of a shape, a shape within itself at most *depth* levels down."""
    if shape.type_name == "structure":
        return structures_of(shape, depth)
    if shape.type_name == "list":
        least = shape.metadata.get("min", 0)
        return st.lists(values_of(shape.member, depth - 1), min_size=least, max_size=least + 2)
    if shape.type_name == "map":
        return st.dictionaries(values_of(shape.key), values_of(shape.value), max_size=3)
    if shape.type_name == "string":
        return texts_of(shape)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "timestamp":
        return st.integers(-(10**9), 10**10)
    whole = {"integer": 31, "long": 63}[shape.type_name]
    return st.integers(shape.metadata.get("min", -(2**whole)), shape.metadata.get("max", 2**whole - 1))


def structures_of(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    if shape.is_document_type:
        return JSON.filter(lambda value: value is not None)
    members = {name: later(inner, depth - 1) for name, inner in shape.members.items()}
    if shape.is_tagged_union:
        return st.one_of(*(st.fixed_dictionaries({name: value}) for name, value in members.items()))
    required = {name: members.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(required, optional=members if depth > 0 else {})


def later(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    """Make the strategy later, since a shape can contain itself."""
    return st.deferred(lambda: values_of(shape, depth))


def texts_of(shape: Any) -> st.SearchStrategy[str]:
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 50)
    if "enum" in shape.metadata:
        return st.sampled_from(shape.metadata["enum"])
    if shape.serialization.get("location") == "header":
        return VISIBLE
    if "pattern" in shape.metadata:
        pattern = re.compile(shape.metadata["pattern"], re.ASCII)
        texts = st.from_regex(pattern, fullmatch=True)
        return texts.filter(lambda text: low <= len(text) <= high and pattern.fullmatch(text) is not None)
    return st.text(min_size=low, max_size=max(low, min(high, 30)))


def sent_by_botocore(name: str, value: dict[str, Any]) -> tuple[str, str, Any, bytes]:
    """Return method, URL, headers and body of the request that botocore makes from an input."""
    wire = create_serializer("rest-json", include_validation=True).serialize_to_request(value, model(name))
    prepare_request_dict(wire, "https://data.qapps.us-west-2.api.aws")
    request = create_request_object(wire).prepare()
    return request.method, request.url, request.headers, request.body


@pytest.mark.parametrize("name", NAMES)
@fuzz(30)
@given(data=st.data())
def test_what_botocore_sends_arrives_as_it_was_given(name, data):
    value = data.draw(values_of(model(name).input_shape))
    if "tagKeys" in value:  # an empty list leaves no trace in a query string
        value["tagKeys"] = value["tagKeys"] or ["key"]
    method, url, headers, body = sent_by_botocore(name, value)
    place = urlsplit(url)

    operation, label = protocol.route(method, place.path)
    arguments = parse_request(operation, label=label, query=place.query, headers=headers, body=body)

    assert operation.name == name
    assert arguments == {xform_name(member): item for member, item in value.items()}


@pytest.mark.parametrize("name", NAMES)
@fuzz(20)
@given(
    body=JSON | st.dictionaries(st.sampled_from(["appId", "cards", "title", "tags", "options"]), JSON),
    query=st.text(),
    label=st.text(),
)
def test_any_json_is_accepted_or_refused(name, body, query, label):
    take_or_refuse(name, json.dumps(body).encode(), query, label)


@fuzz(300)
@given(cards=st.lists(st.dictionaries(st.sampled_from(["textInput", "qQuery", "formInput"]), JSON)) | JSON)
def test_members_with_any_values_are_accepted_or_refused(cards):
    take_or_refuse("CreateQApp", json.dumps(CREATE | {"appDefinition": {"cards": cards}}).encode())


@fuzz(300)
@given(
    body=st.binary() | st.text(st.characters()) | st.text('{}[]",:\\u0dD8aA1eE.-+nulltrefs '),
    query=st.text(st.characters() | st.sampled_from("&=%+")),
    header=st.binary() | st.text(st.characters()),
)
def test_any_bytes_are_accepted_or_refused(body, query, header):
    take_or_refuse("StartQAppSession", body, query, None, header)
    take_or_refuse("ListLibraryItems", body, query, None, header)


@fuzz(100)
@given(method=st.sampled_from(["GET", "POST", "DELETE"]), path=st.text(st.characters()))
def test_any_path_is_accepted_or_refused(method, path):
    for prefix in ("", "/tags/", "/tags/%"):
        status = 200
        try:
            protocol.route(method, prefix + path)
        except QAppsError as error:
            status, _, body = protocol.error_response(error)
            assert json.loads(body) == {"message": error.message}  # noqa: PT017  # it may come or not
        assert status in (200, 400, 404)


def take_or_refuse(
    name: str, body: bytes | str, query: str = "", label: str | None = None, header: str | bytes = "i"
) -> None:
    """Parse a request: the result has known parameters only, and the only error is the documented one."""
    operation = protocol.find_operation(name)
    try:
        arguments = parse_request(
            operation, label=label, query=query, headers={"instance-id": header}, body=body
        )
    except ValidationException as refused:
        assert protocol.error_response(refused)[0] == HTTPStatus.BAD_REQUEST  # noqa: PT017  # it may come or not
    else:
        assert set(arguments) <= set(operation.parameters)
