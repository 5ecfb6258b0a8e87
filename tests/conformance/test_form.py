"""The forms that probes describe, read by the mock's own reader of forms."""

from __future__ import annotations

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.conformance import form
from qapps_mock.s3 import form as s3_form
from tests.conformance.test_secrets import NOW
from tests.s3.posts import ACCESS_KEY, BUCKET, SECRET

SIGNER = form.Signer(ACCESS_KEY, SECRET, None, NOW, "us-east-1", BUCKET)
WORDS = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)


def read(what: dict[str, Any]) -> s3_form.Form:
    built = form.build(what, "k/1", SIGNER)
    return s3_form.parse(built.headers["Content-Type"], built.body)


@given(names=st.dictionaries(WORDS.map("x-amz-meta-{}".format), VALUES, max_size=5), content=VALUES)
def test_a_form_has_its_fields_and_a_condition_for_each(names, content):
    sent = read({"fields": names, "content": content})

    assert bytes(sent.content) == content.encode()
    expected = {name.lower(): value.replace("${filename}", "f.txt") for name, value in names.items()}
    assert {name: sent.fields[name] for name in expected} == expected
    demands = json.loads(base64.b64decode(sent.fields["policy"]))["conditions"]
    covered = {name.lower() for each in demands for name in each}
    assert sent.fields.keys() - covered == {"policy", "x-amz-signature"}


def test_a_description_says_what_differs():
    sent = read(
        {
            "fields": {"key": None, "KEY": "a"},
            "uncovered": ["bucket"],
            "policy": {"expiration": None, "Other": 1},
        }
    )

    assert sent.fields["key"] == "a"
    document = json.loads(base64.b64decode(sent.fields["policy"]))
    assert list(document) == ["conditions", "Other"]
    assert [next(iter(each)) for each in document["conditions"]] == [
        "KEY", "x-amz-algorithm", "x-amz-credential", "x-amz-date",
    ]  # fmt: skip


def test_temporary_keys_send_their_token():
    signer = SIGNER._replace(token="token")

    for sign in ("v4", "v2"):
        built = form.build({"sign": sign}, "k", signer)
        sent = s3_form.parse(built.headers["Content-Type"], built.body)
        assert sent.fields["x-amz-security-token"] == "token"
        assert {"x-amz-security-token": "token"} in json.loads(base64.b64decode(sent.fields["policy"]))[
            "conditions"
        ]
