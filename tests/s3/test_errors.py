"""S3's errors as XML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.s3 import errors
from qapps_mock.s3.errors import S3Error


def test_an_error_has_its_elements_between_the_message_and_the_ids():
    error = S3Error("EntityTooLarge", "Too <large> & wide", ProposedSize=11, MaxSizeAllowed=10)

    _, headers, body = error.response()

    assert body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>EntityTooLarge</Code><Message>Too &lt;large&gt; &amp; wide</Message>"
        "<ProposedSize>11</ProposedSize><MaxSizeAllowed>10</MaxSizeAllowed>"
        f"<RequestId>{headers['x-amz-request-id']}</RequestId><HostId>{headers['x-amz-id-2']}</HostId></Error>"
    )


def test_an_error_shows_its_code_and_message():
    assert str(S3Error("AccessDenied", "Access Denied")) == "AccessDenied: Access Denied"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDenied", 403),
        ("InvalidAccessKeyId", 403),
        ("SignatureDoesNotMatch", 403),
        ("NoSuchBucket", 404),
        ("PreconditionFailed", 412),
        ("InvalidArgument", 400),
        ("EntityTooLarge", 400),
    ],
)
def test_a_code_has_its_status(code, status):
    assert S3Error(code, "").status == status


@given(text=st.text())
def test_any_text_is_valid_in_xml(text):
    root = ElementTree.fromstring(errors.xml("Error", {"Message": text}))

    shown = root[0].text or ""
    assert len(shown.splitlines()) <= len(text.splitlines()) + 1
    assert [each for each in shown if each.isalnum()] == [each for each in text if each.isalnum()]


def test_what_xml_cannot_carry_is_replaced():
    root = ElementTree.fromstring(errors.xml("Error", {"Message": "a\0b\ud800c\uffff"}))

    assert root[0].text == "a\ufffdb\ufffdc\ufffd"
