"""The metadata of a form, and text outside ASCII in it."""

from __future__ import annotations

import base64
import email.header
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.s3 import metadata
from tests.s3.posts import refused

PRINTABLE = "".join(map(chr, range(0x20, 0x7F))) + "\t"


def own(text: str) -> str:
    return metadata.read({"x-amz-meta-a": text})["x-amz-meta-a"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
        (
            "test_—_file%E2%80%94_é_2👑.pdf",
            "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=F0=9F=91=91.pdf?=",
        ),
        (PRINTABLE, PRINTABLE),
        ("\0\1\2\3\4", "=?UTF-8?B?AAECAwQ=?="),
        ("", ""),
        ("grün", "=?UTF-8?Q?gr=C3=BCn?="),
        ("aü", "=?UTF-8?B?YcO8?="),  # as many plain characters as others
        ("ab👑", "=?UTF-8?B?YWLwn5GR?="),  # the crown counts as two
        ("a=b?c\x7f", "=?UTF-8?Q?a=3Db=3Fc=7F?="),
    ],
)
def test_user_defined_metadata_is_written_as_s3_has_written_it(sent, stored):
    assert own(sent) == stored


def test_long_metadata_is_halved_into_words():
    quarter = base64.b64encode(("ü" * 15).encode()).decode()

    assert own("ü" * 60) == " ".join([f"=?UTF-8?B?{quarter}?="] * 4)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_words_say_what_was_sent(text):
    stored = own(text)

    if re.search(r"[^\t\r\n\x20-\x7e]", text):
        assert stored.isascii()
        assert all(len(word) <= 75 for word in stored.split(" "))
        assert str(email.header.make_header(email.header.decode_header(stored))) == text
    else:
        assert stored == re.sub(r"[\r\n]", " ", text)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("non-ascii-%E2%80%94_—_é_", "non-ascii-%E2%80%94_ _é_"),
        ('filename="test_—_file%E2%80%94_é_2-.pdf"', 'filename="test_ _file%E2%80%94_é_2-.pdf"'),
        ("a\tb\r\nc\0d\x85e\xa0ÿĀ", "a\tb  c d e\xa0ÿ "),
    ],
)
@pytest.mark.parametrize("name", metadata.SYSTEM_METADATA)
def test_what_no_header_can_carry_is_a_blank_in_the_headers_of_http(name, sent, stored):
    assert metadata.read({name: sent}) == {name: stored}


def test_metadata_has_the_content_headers_of_the_form_and_its_x_amz_meta_fields():
    fields = {
        "cache-control": "no-cache",
        "content-disposition": "inline",
        "content-encoding": "gzip",
        "content-language": "de",
        "content-type": "text/plain",
        "expires": "Wed, 21 Oct 2015 07:28:00 GMT",
        "x-amz-meta-who": "Ann",
        "x-amz-meta-empty": "",
    }

    found = metadata.read({"key": "a", "x-amz-date": "", "other": "", **fields})

    assert found == fields


@pytest.mark.parametrize("name", ["x-amz-meta-ü", "x-amz-meta-a b", "x-amz-meta-a\r", "x-amz-meta-:"])
def test_metadata_has_names_of_headers(name):
    with refused(
        "InvalidArgument",
        "The name of the metadata is not a valid header name",
        ArgumentName=name,
        ArgumentValue="",
    ):
        metadata.read({name: "1"})


def test_metadata_has_2048_bytes_at_most():
    assert metadata.read({"x-amz-meta-ab": "ü" * 1023})
    with refused(
        "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size",
        Size=2049,
        MaxSizeAllowed=2048,
    ):
        metadata.read({"x-amz-meta-abc": "ü" * 1023})
