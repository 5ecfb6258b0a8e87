"""The policy document: its shape and its expiry."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.s3 import policy
from qapps_mock.s3.conditions import Condition
from qapps_mock.s3.errors import S3Error
from tests.s3.posts import EXPIRATION, NOW, against_policy, encode, invalid_policy

GOOD = {"expiration": EXPIRATION, "conditions": []}


def text(document: str | bytes) -> str:
    return base64.b64encode(document.encode() if isinstance(document, str) else document).decode()


def test_a_policy_has_an_expiration_and_conditions():
    parsed = policy.parse(
        encode({"expiration": EXPIRATION, "conditions": [{"key": "a"}, ["eq", "$acl", "b"]]})
    )

    assert parsed == policy.Policy(
        NOW, (Condition("eq", "$key", "a", "key"), Condition("eq", "$acl", "b", "acl"))
    )


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2030-01-01T12:00:00Z", NOW),
        ("2030-01-01T12:00:00.000Z", NOW),
        ("2030-01-01T12:00:00.001Z", NOW + timedelta(milliseconds=1)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=timezone.utc)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=timezone.utc)),
        ("2032-02-29T00:00:00Z", datetime(2032, 2, 29, tzinfo=timezone.utc)),
    ],
)
def test_an_expiration_is_read_to_the_millisecond(value, moment):
    assert policy.parse(encode({**GOOD, "expiration": value})).expiration == moment


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((each, each) for each in (
            "",
            "tomorrow",
            "2015-10-17 03:15:59 UTC",
            "2030-01-01T12:00:00",
            "2030-01-01T12:00:00+00:00",
            "2030-01-01T12:00:00+01:00",
            "2030-01-01t12:00:00z",
            "2030-01-01T12:00Z",
            "2030-01-01T12:00:00.1Z",
            "2030-01-01T12:00:00.000000Z",
            "2030-13-01T12:00:00Z",
            "2030-02-29T12:00:00Z",
            "2030-01-01T24:00:00Z",
            "2030-01-01T12:00:60Z",
            "0000-01-01T12:00:00Z",
            " 2030-01-01T12:00:00Z",
            "2030-01-01T12:00:00Z\n",
            "٢٠٣٠-01-01T12:00:00Z",
        )),
        (1893499200, "1893499200"),
        ([], ""),
        ({"a": 1}, ""),
    ],
)  # fmt: skip
def test_an_unreadable_expiration_is_refused(value, shown):
    with invalid_policy(f"Invalid 'expiration' value: '{shown}'"):
        policy.parse(encode({**GOOD, "expiration": value}))


@pytest.mark.parametrize("value", ["!", "e30", "e30=\n", "e 30=", "ü", "e30=e30=x", "-_-_"])
def test_a_policy_is_base64(value):
    with invalid_policy("invalid Base64 encoding."):
        policy.parse(value)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "null",
        "[]",
        '"text"',
        "1",
        "{'expiration': '2030-01-01T12:00:00Z'}",
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [],}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [["content-length-range", 0, 1.5]]}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [["content-length-range", 0, 1e3]]}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [["content-length-range", 0, NaN]]}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [["content-length-range", 0, Infinity]]}',
        '{"expiration": null, "conditions": []}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": null}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [{"key": null}]}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [["eq", "$key", null]]}',
        '{"expiration": "2030-01-01T12:00:00Z", "conditions": [[null, "$key", "a"]]}',
        f'{{"conditions": [["content-length-range", 0, 1{"0" * 5000}]]}}',
        '\ufeff{"expiration": "2030-01-01T12:00:00Z", "conditions": []}',
        b'{"expiration": "\xff"}',
        "[" * 100_000,
        '{"conditions":' * 100_000,
        '{"expiration": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_a_policy_is_json_as_s3_reads_it(document):
    with invalid_policy("Invalid JSON."):
        policy.parse(text(document))


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({}, "Policy missing expiration."),
        ({"conditions": []}, "Policy missing expiration."),
        ({"expiration": EXPIRATION}, "Policy missing conditions."),
        ({**GOOD, "Statement": []}, "Unexpected: 'statement'"),
        ({"EXPIRATION": EXPIRATION, "conditions": []}, "Unexpected: 'expiration'"),
        ({"expiration": EXPIRATION, "CONDITIONS": []}, "Unexpected: 'conditions'"),
        ({**GOOD, "conditions": {}}, "Invalid 'conditions' value: must be a List."),
        ({**GOOD, "conditions": "key"}, "Invalid 'conditions' value: must be a List."),
        ({**GOOD, "conditions": [{}]}, "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."),
    ],
)  # fmt: skip
def test_a_policy_has_the_shape_of_one(document, why):
    with invalid_policy(why):
        policy.parse(encode(document))


@pytest.mark.parametrize("depth", [900, 990, 2_000, 9_000])
def test_a_deep_value_is_refused_wherever_it_stands(depth):
    deep = "[" * depth + "]" * depth

    for document in (
        f'{{"expiration":{deep},"conditions":[]}}',
        f'{{"expiration":"{EXPIRATION}","conditions":{deep}}}',
    ):
        with pytest.raises(S3Error) as refusal:
            policy.parse(text(document))

        assert refusal.value.code == "InvalidPolicyDocument"


def test_a_policy_is_valid_at_its_expiration():
    parsed = policy.Policy(NOW, ())

    policy.require_unexpired(parsed, now=NOW)
    with against_policy("Policy expired."):
        policy.require_unexpired(parsed, now=NOW + timedelta(microseconds=1))


def test_a_policy_expires_at_one_moment_in_every_time_zone():
    parsed = policy.Policy(NOW, ())
    east = timezone(timedelta(hours=5))

    policy.require_unexpired(parsed, now=NOW.astimezone(east))
    with against_policy("Policy expired."):
        policy.require_unexpired(parsed, now=(NOW + timedelta(seconds=1)).astimezone(east))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {"expiration": JSON | st.just(EXPIRATION), "conditions": JSON | st.lists(JSON, max_size=4)}
)


@given(document=JSON | NEARLY)
def test_any_json_is_a_policy_or_refused(document):
    try:
        parsed = policy.parse(text(json.dumps(document)))
    except S3Error as error:
        code: str | None = error.code
    else:
        code = None
        assert isinstance(parsed.expiration, datetime)

    assert code in (None, "InvalidPolicyDocument")


@given(document=st.binary() | st.text())
def test_any_text_is_a_policy_or_refused(document):
    with pytest.raises(S3Error) as refusal:
        policy.parse(document if isinstance(document, str) else text(document))

    assert refusal.value.code == "InvalidPolicyDocument"
