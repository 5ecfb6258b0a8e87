"""The properties that a form gives to its object."""

from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.s3 import properties
from qapps_mock.s3.acl import Acl
from qapps_mock.s3.encryption import Encryption
from qapps_mock.s3.errors import S3Error
from qapps_mock.s3.object_lock import Lock
from tests.s3.posts import refused

SSE = "x-amz-server-side-encryption"
MALFORMED_XML = (
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
)


def read(**fields: str) -> properties.Properties:
    return properties.read({"key": "a", **{name.replace("_", "-"): each for name, each in fields.items()}})


def tag_set(*tags: tuple[str, str], namespace: str = "") -> str:
    inner = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in tags)
    return f"<Tagging{namespace}><TagSet>{inner}</TagSet></Tagging>"


def test_a_form_with_nothing_but_its_key_has_the_defaults():
    assert read() == properties.Properties(
        storage_class="STANDARD",
        acl=Acl(),
        encryption=Encryption(),
        lock=Lock(),
        website_redirect_location=None,
        tags={},
        metadata={},
    )


def test_a_key_has_1024_bytes_at_most():
    assert properties.read({"key": "ü" * 512}).storage_class == "STANDARD"
    with refused("KeyTooLongError", "Your key is too long", Size=1026, MaxSizeAllowed=1024):
        properties.read({"key": "ü" * 513})


@pytest.mark.parametrize(
    "value", ["STANDARD", "STANDARD_IA", "GLACIER", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"]
)
def test_a_storage_class_is_kept(value):
    assert read(x_amz_storage_class=value).storage_class == value


@pytest.mark.parametrize("value", ["", "standard", "COLD", "STANDARD ", "EXPRESS_ONEZONE"])
def test_another_storage_class_is_refused(value):
    with refused(
        "InvalidStorageClass", "The storage class you specified is not valid", StorageClassRequested=value
    ):
        read(x_amz_storage_class=value)


def test_encryption_is_kept():
    context = base64.b64encode(b'{"APPLICATION_ID": "1"}').decode()

    assert read(x_amz_server_side_encryption="AES256").encryption == Encryption("AES256")
    kms = read(
        x_amz_server_side_encryption="aws:kms",
        x_amz_server_side_encryption_aws_kms_key_id="arn:aws:kms:us-east-1:123456789012:key/1-2",
        x_amz_server_side_encryption_context=context,
        x_amz_server_side_encryption_bucket_key_enabled="true",
    )
    assert kms.encryption == Encryption("aws:kms", "arn:aws:kms:us-east-1:123456789012:key/1-2", "true")


@pytest.mark.parametrize("value", ["", "AES128", "aws:KMS"])
def test_another_encryption_is_refused(value):
    with refused(
        "InvalidArgument",
        "The encryption method specified is not supported",
        ArgumentName=SSE,
        ArgumentValue=value,
    ):
        read(x_amz_server_side_encryption=value)


@pytest.mark.parametrize("method", [None, "AES256"])
def test_a_kms_key_needs_kms(method):
    fields = {f"{SSE}-aws-kms-key-id": "1", **({SSE: method} if method else {})}

    with refused(
        "InvalidArgument",
        f"Server Side Encryption with AWS KMS managed key requires HTTP header {SSE} : aws:kms",
        ArgumentName=SSE,
        ArgumentValue=method or "",
    ):
        properties.read({"key": "a", **fields})


@pytest.mark.parametrize("value", ["", "a b", "a\r\nSet-Cookie: b", "ü", "a" * 2049])
def test_a_kms_key_that_is_not_an_id_is_not_found(value):
    with refused("KMS.NotFoundException", f"Invalid keyId '{value}'"):
        read(x_amz_server_side_encryption="aws:kms", x_amz_server_side_encryption_aws_kms_key_id=value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "!",
        "e30",
        *(base64.b64encode(each).decode() for each in (b"[]", b'{"a": 1}', b"\xff", b"[" * 9000)),
    ],
)
def test_an_encryption_context_is_a_map_of_strings(value):
    with refused(
        "InvalidArgument",
        f"The header '{SSE}-context' shall be Base64-encoded UTF-8 string holding JSON "
        "which represents a string-string map",
        ArgumentName=f"{SSE}-context",
        ArgumentValue=value,
    ):
        read(x_amz_server_side_encryption="aws:kms", x_amz_server_side_encryption_context=value)


def test_a_bucket_key_is_on_or_off():
    with refused(
        "InvalidArgument",
        "The bucket key must be true or false",
        ArgumentName=f"{SSE}-bucket-key-enabled",
        ArgumentValue="yes\r\nSet-Cookie: b",
    ):
        read(x_amz_server_side_encryption_bucket_key_enabled="yes\r\nSet-Cookie: b")


@pytest.mark.parametrize("value", ["/other", "http://example.com/", "https://example.com/"])
def test_a_website_redirect_is_kept(value):
    assert read(x_amz_website_redirect_location=value).website_redirect_location == value


@pytest.mark.parametrize("value", ["", "other", "ftp://example.com", "/a\r\nSet-Cookie: b", "/ü"])
def test_another_website_redirect_is_refused(value):
    with refused(
        "InvalidRedirectLocation",
        "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
    ):
        read(x_amz_website_redirect_location=value)


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'])
def test_tags_are_read_with_and_without_namespace(namespace):
    document = tag_set(("a", "1"), ("b", ""), ("&#252; 1", "&#61;"), namespace=namespace)

    assert read(tagging=document).tags == {"a": "1", "b": "", "ü 1": "="}
    assert read(tagging=f'<?xml version="1.0" encoding="UTF-8"?>{document}').tags["ü 1"] == "="


@pytest.mark.parametrize("document", [tag_set(), "<Tagging/>", "<Other><Tag/></Other>"])
def test_a_document_without_tags_has_none(document):
    assert read(tagging=document).tags == {}


@pytest.mark.parametrize(
    "document",
    [
        "",
        "not XML",
        "<Tagging>",
        "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
        "<Tagging><TagSet><Tag><Value>a</Value></Tag></TagSet></Tagging>",
        '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<a>\0</a>",
    ],
)
def test_tags_that_are_not_xml_are_refused(document):
    with refused(*MALFORMED_XML):
        read(tagging=document)


def test_tags_have_the_limits_of_object_tags():
    longest = ("k" * 128, "v" * 256)

    assert (
        read(tagging=tag_set(longest, *((str(each), "") for each in range(9)))).tags["k" * 128] == "v" * 256
    )
    with refused("BadRequest", "Object tags cannot be greater than 10"):
        read(tagging=tag_set(*((str(each), "") for each in range(11))))
    with refused("InvalidTag", "The TagKey you have provided is invalid", TagKey="k" * 129):
        read(tagging=tag_set(("k" * 129, "")))
    with refused("InvalidTag", "The TagKey you have provided is invalid", TagKey=""):
        read(tagging=tag_set(("", "v")))
    with refused("InvalidTag", "The TagValue you have provided is invalid", TagKey="k", TagValue="v" * 257):
        read(tagging=tag_set(("k", "v" * 257)))
    for text in ("a#b", "a,b", "{}", "a\tb"):
        with refused("InvalidTag", "The TagKey you have provided is invalid", TagKey=text):
            read(tagging=tag_set((text, "v")))
        with refused("InvalidTag", "The TagValue you have provided is invalid", TagKey="k", TagValue=text):
            read(tagging=tag_set(("k", text)))
    assert read(tagging=tag_set(("awsome é _.:/=+-@", "日本 1"))).tags == {"awsome é _.:/=+-@": "日本 1"}
    with refused("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey="k"):
        read(tagging=tag_set(("k", "1"), ("k", "1")))
    with refused("InvalidTag", "System tags cannot be added/updated by requester", TagKey="AWS:k"):
        read(tagging=tag_set(("AWS:k", "v")))


NAMES = st.sampled_from(
    [
        "acl",
        "tagging",
        "content-type",
        "x-amz-meta-a",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
        "x-amz-grant-read",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "cache-control",
        SSE,
        f"{SSE}-context",
        f"{SSE}-aws-kms-key-id",
        f"{SSE}-bucket-key-enabled",
    ]
)
VALUES = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["AES256", "aws:kms", "<a/>", "true", base64.b64encode(json.dumps({}).encode()).decode()]
)


IS_HEADER = re.compile(r"[\t\x20-\x7e\xa0-\xff]*").fullmatch


@given(fields=st.dictionaries(NAMES, VALUES))
def test_any_values_make_headers_that_are_safe_or_are_refused(fields):
    try:
        found = properties.read({"key": "a", **fields})
    except S3Error:
        return

    values = [
        *found.metadata.values(),
        found.website_redirect_location,
        found.encryption.kms_key_id,
        found.encryption.bucket_key_enabled,
        *(value for _, _, value in found.acl.grants),
        found.lock.until,
    ]
    assert all(IS_HEADER(each) for each in values if each is not None)
