"""Presigned links of the kit: signed as botocore signs them, and changed as a probe says."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from freezegun import freeze_time

from qapps_mock.conformance import link
from qapps_mock.conformance.form import Signer
from qapps_mock.s3 import presigned_get
from qapps_mock.s3.errors import S3Error
from qapps_mock.s3.signature import Secret

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
URL = "https://bucket.s3.us-west-2.amazonaws.com/a%20b"
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}


def signer(token: str | None = None) -> Signer:
    return Signer("AKIAIOSFODNN7EXAMPLE", "secret", token, NOW, "us-west-2", "bucket")


def of_botocore(version: str, token: str | None) -> str:
    config = Config(signature_version=version, s3={"addressing_style": "virtual"})
    s3 = boto3.client("s3", region_name="us-west-2", config=config, aws_session_token=token, **KEYS)
    with freeze_time(NOW):
        return str(
            s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a b"}, ExpiresIn=600)
        )


@pytest.mark.parametrize("token", [None, "t/+="])
def test_a_link_is_that_of_botocore(token):
    url, _, query = of_botocore("s3v4", token).partition("?")

    built = link.build({}, url, {}, signer(token))

    assert (built.method, parse_qs(urlsplit(built.url).query)) == ("GET", parse_qs(query))


def test_a_link_to_a_server_is_signed_for_the_host_in_the_header():
    url, _, query = of_botocore("s3v4", None).partition("?")

    built = link.build({}, "http://127.0.0.1:5000/a%20b", {"Host": urlsplit(url).netloc}, signer())

    assert parse_qs(urlsplit(built.url).query) == parse_qs(query)
    assert built.headers["Host"] == urlsplit(url).netloc


@pytest.mark.parametrize("token", [None, "t/+="])
@pytest.mark.parametrize("base", ["https://bucket.s3.amazonaws.com", "http://127.0.0.1:5000/bucket"])
def test_a_v2_link_is_that_of_botocore(base, token):
    with freeze_time(NOW):
        built = link.build({"sign": "v2"}, f"{base}/a%20b", {}, signer(token))

    assert parse_qs(urlsplit(built.url).query) == parse_qs(urlsplit(of_botocore("s3", token)).query)


def refusal(what: dict[str, Any]) -> str:
    """Return the code with which the mock refuses a link; empty: it does not."""
    built = link.build(what, URL, {}, signer())
    try:
        presigned_get.require_valid(
            built.method, built.url, dict(built.headers), now=NOW, secrets_of=lambda key: [Secret("secret")]
        )
    except S3Error as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({}, ""),
        ({"method": "HEAD"}, ""),
        ({"age": 600}, ""),
        ({"parameters": {"response-content-type": "a/b c"}}, ""),
        ({"region": "us-east-1", "service": "qapps"}, ""),
        ({"age": 601}, "AccessDenied"),
        ({"age": -3600}, "AccessDenied"),
        ({"expires": "soon"}, "AuthorizationQueryParametersError"),
        ({"secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"method": "HEAD", "signed_method": "GET"}, "SignatureDoesNotMatch"),
        ({"after_signing": {"a": "b"}}, "SignatureDoesNotMatch"),
        ({"after_signing": {"X-Amz-Date": None}}, "AuthorizationQueryParametersError"),
        ({"parameters": {"X-Amz-Date": None}}, "AuthorizationQueryParametersError"),
    ],
)
def test_a_link_is_valid_but_for_what_a_probe_changes(what, code):
    assert refusal(what) == code


def test_a_link_of_the_target_is_sent_as_it_is_unless_the_probe_changes_it():
    given = "https://b.s3.amazonaws.com/k?X-Amz-Date=a%2Fb&response-content-type=a+b"

    same = link.build({"url": given, "headers": {"Range": "bytes=0-1"}}, URL, {}, signer())
    changed = link.build({"url": given, "after_signing": {"X-Amz-Date": "c"}}, URL, {}, signer())

    assert (same.url, dict(same.headers)) == (given, {"Range": "bytes=0-1"})
    assert changed.url == "https://b.s3.amazonaws.com/k?X-Amz-Date=c&response-content-type=a%20b"
