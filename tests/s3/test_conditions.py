"""The conditions of a policy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.s3 import conditions
from qapps_mock.s3.conditions import Condition
from qapps_mock.s3.errors import S3Error
from tests.s3.posts import against_policy, invalid_policy, refused

ONE_PROPERTY = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
FIELDS = {"key": "up/a.txt", "content-type": "image/png, text/plain", "empty": ""}


def require(*values: object, **fields: str) -> None:
    conditions.require_all([conditions.parse(each) for each in values], {**FIELDS, **fields})


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({}, ONE_PROPERTY),
        ({"key": "a", "acl": "b"}, ONE_PROPERTY),
        ({"key": 1}, "Invalid Simple-Condition: value must be a string."),
        ({"key": True}, "Invalid Simple-Condition: value must be a string."),
        ({"key": ["a"]}, "Invalid Simple-Condition: value must be a string."),
        ({"key": None}, "Invalid JSON."),
        ([], "Invalid Condition: missing operation identifier."),
        ([["eq"], "$key", "a"], "Invalid Condition: missing operation identifier."),
        ([1, "$key", "a"], "Invalid Condition: missing operation identifier."),
        (["ends-with", "$key", "a"], "Invalid Condition: unknown operation 'ends-with'."),
        (["", "$key", "a"], "Invalid Condition: unknown operation ''."),
        (["eq", "$key"], "Invalid eq: wrong number of arguments."),
        (["eq", "$key", "a", "b"], "Invalid eq: wrong number of arguments."),
        (["starts-with"], "Invalid starts-with: wrong number of arguments."),
        (["content-length-range", 0], "Invalid content-length-range: wrong number of arguments."),
        (["content-length-range", 0, 1, 2], "Invalid content-length-range: wrong number of arguments."),
        (["eq", "$key", None], "Invalid JSON."),
        ([None], "Invalid JSON."),
        (["eq", "$key", 1], "Invalid eq: value must be a string."),
        (["eq", 1, "a"], "Invalid eq: value must be a string."),
        (["eq", "$key", True], "Invalid eq: value must be a string."),
        (["eq", "$key", ["a"]], "Invalid eq: value must be a string."),
        (["content-length-range", False, True], "Invalid content-length-range: value must be a string."),
        (["content-length-range", [], 1], "Invalid content-length-range: value must be a string."),
        ("key", "Invalid condition test: must be a List or Object."),
        (None, "Invalid condition test: must be a List or Object."),
        (1, "Invalid condition test: must be a List or Object."),
    ],
)
def test_a_condition_has_the_shape_of_one(value, why):
    with invalid_policy(why):
        conditions.parse(value)


@pytest.mark.parametrize(
    "value",
    [
        {"key": "up/a.txt"},
        {"KEY": "up/a.txt"},
        ["eq", "$key", "up/a.txt"],
        ["EQ", "$Key", "up/a.txt"],
        ["starts-with", "$key", "up/"],
        ["StArTs-WiTh", "$KEY", "up/"],
        ["starts-with", "$key", "up/a.txt"],
        ["starts-with", "$key", ""],
        ["starts-with", "$empty", ""],
        ["eq", "$empty", ""],
        ["starts-with", "$content-type", ""],
        ["content-length-range", 0, 10],
        ["Content-Length-Range", "0", "10"],
    ],
)
def test_a_condition_that_holds_allows_a_form(value):
    require(value)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ({"key": "b"}, '["eq", "$key", "b"]'),
        ({"Key": "UP/A.TXT"}, '["eq", "$Key", "UP/A.TXT"]'),
        ({"absent": "b"}, '["eq", "$absent", "b"]'),
        ({"$key": "up/a.txt"}, '["eq", "$$key", "up/a.txt"]'),
        (["eq", "$key", "up/"], '["eq", "$key", "up/"]'),
        (["EQ", "$KEY", 'a "quoted" \\ ü'], '["EQ", "$KEY", "a \\"quoted\\" \\\\ ü"]'),
        (["eq", "key", "up/a.txt"], '["eq", "key", "up/a.txt"]'),
        (["eq", "", ""], '["eq", "", ""]'),
        (["eq", "$", ""], '["eq", "$", ""]'),
        (["starts-with", "key", "up/"], '["starts-with", "key", "up/"]'),
        (["starts-with", "$key", "down/"], '["starts-with", "$key", "down/"]'),
        (["starts-with", "$key", "up/a.txt2"], '["starts-with", "$key", "up/a.txt2"]'),
        (["Starts-With", "$Absent", ""], '["Starts-With", "$Absent", ""]'),
        (["starts-with", "$Content-Length", ""], '["starts-with", "$Content-Length", ""]'),
        (["starts-with", "$Content-Type", "image/"], '["starts-with", "$Content-Type", "image/"]'),
        (["content-length-range", "test", "10"], '["content-length-range", "test", "10"]'),
        (["content-length-range", "", 1], '["content-length-range", "", 1]'),
        (["content-length-range", 0, "1.5"], '["content-length-range", 0, "1.5"]'),
        (["content-length-range", 0, 10**30], f'["content-length-range", 0, 1{"0" * 30}]'),
    ],
)
def test_a_condition_that_fails_is_printed_as_the_policy_spells_it(value, printed):
    with against_policy(f"Policy Condition failed: {printed}"):
        require(value)


def test_the_first_failing_condition_in_the_order_of_the_policy_is_named():
    with against_policy('Policy Condition failed: ["eq", "$acl", "public"]'):
        require({"key": "up/a.txt"}, {"acl": "public"}, {"key": "other"})


def test_every_element_of_a_content_type_must_start_as_demanded():
    require(["starts-with", "$Content-Type", "image/"], **{"content-type": "image/png,  image/gif"})

    with against_policy('Policy Condition failed: ["starts-with", "$Content-Type", "image/"]'):
        require(["starts-with", "$Content-Type", "image/"], **{"content-type": "image/png,text/plain"})


def test_only_a_content_type_has_elements():
    require(["starts-with", "$key", "a"], key="a,b")


def uncovered(value: list[object], names: list[str], *exempt: str) -> None:
    conditions.require_coverage([conditions.parse(each) for each in value], names, exempt=exempt)


def test_every_field_and_the_bucket_need_a_condition():
    uncovered([{"bucket": "b"}, ["starts-with", "$KEY", ""]], ["key"])

    with against_policy("Extra input fields: storageclass"):
        uncovered([{"bucket": "b"}, {"key": "a"}], ["key", "storageclass"])
    with against_policy("Extra input fields: bucket"):
        uncovered([{"key": "a"}], ["key"])


def test_the_first_uncovered_field_of_the_form_is_named():
    with against_policy("Extra input fields: first"):
        uncovered([], ["first", "second"])


@pytest.mark.parametrize("name", ["policy", "file", "x-ignore-me", "x-ignore-", "x-amz-signature"])
def test_exempt_fields_need_no_condition(name):
    uncovered([{"bucket": "b"}], [name], "x-amz-signature")


@pytest.mark.parametrize(
    "name", ["x-ignore", "x-amz-ignore-me", "x-amz-security-token", "awsaccesskeyid", "signature"]
)
def test_other_fields_are_not_exempt(name):
    with against_policy(f"Extra input fields: {name}"):
        uncovered([{"bucket": "b"}], [name], "x-amz-signature")


def test_a_condition_without_dollar_covers_nothing():
    with against_policy("Extra input fields: key"):
        uncovered([{"bucket": "b"}, ["eq", "key", "a"]], ["key"])


def size(value: list[object], size: int) -> None:
    conditions.require_size([conditions.parse(value), conditions.parse({"key": "a"})], size)


@pytest.mark.parametrize("length", [5, 7, 10])
@pytest.mark.parametrize("bounds", [(5, 10), ("5", "10"), ("05", 10)])
def test_the_bounds_of_a_size_are_allowed(bounds, length):
    size(["content-length-range", *bounds], length)


def test_a_size_out_of_bounds_is_refused():
    too_small = refused(
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        ProposedSize=4,
        MinSizeAllowed=5,
    )
    too_large = refused(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        ProposedSize=11,
        MaxSizeAllowed=10,
    )

    with too_small:
        size(["content-length-range", "5", 10], 4)
    with too_large:
        size(["content-length-range", 5, "10"], 11)


def test_a_negative_maximum_is_too_small_for_any_file():
    with refused(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        ProposedSize=0,
        MaxSizeAllowed=-1,
    ):
        size(["content-length-range", -1, -1], 0)


NAMES = st.sampled_from(["key", "Key", "KEY", "acl", "x-amz-meta-a", "X-Amz-Meta-A"])
VALUES = st.text("ab", max_size=3)
OPERATORS = st.sampled_from(["eq", "EQ", "starts-with", "Starts-With"])


@given(operator=OPERATORS, name=NAMES, wanted=VALUES, fields=st.dictionaries(NAMES.map(str.lower), VALUES))
def test_conditions_hold_as_in_a_simple_model(operator, name, wanted, fields):
    value = fields.get(name.lower())
    expected = value is not None and (
        value == wanted if operator.lower() == "eq" else value[: len(wanted)] == wanted
    )

    assert conditions.parse([operator, f"${name}", wanted]).holds(fields) is expected
    if operator == "eq":
        assert conditions.parse({name: wanted}).holds(fields) is expected


@given(low=st.integers(-2, 20), high=st.integers(-2, 20), length=st.integers(0, 20), as_text=st.booleans())
def test_sizes_are_checked_as_in_a_simple_model(low, high, length, as_text):
    bounds = [str(low), str(high)] if as_text else [low, high]
    expected = "EntityTooSmall" if length < low else "EntityTooLarge" if length > high else None

    try:
        size(["content-length-range", *bounds], length)
    except S3Error as error:
        code: str | None = error.code
    else:
        code = None

    assert code == expected


def test_a_simple_condition_is_an_eq():
    assert conditions.parse({"Key": "a"}) == Condition("eq", "$Key", "a", "key")
