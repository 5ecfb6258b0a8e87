"""A form post: checked in S3's order, stored, with S3's response."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import pickle
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import boto3
import moto.s3.notifications
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.s3.exceptions import MissingBucket
from moto.s3.models import S3Backend, s3_backends

from qapps_mock import mock_qapps
from qapps_mock.s3 import checksums, digests, store
from qapps_mock.s3.receive import FormPost, Received, receive
from tests.conftest import moto_since
from tests.s3.posts import (
    ACCESS_KEY,
    BUCKET,
    CONTENT_TYPE,
    NOW,
    SECRET,
    encode,
    error_of,
    form,
    multipart,
    secrets_of,
    signed,
    v4_signature,
)
from tests.shapes import fuzz

URL = f"https://{BUCKET}.s3.us-east-1.amazonaws.com/"
KEY = "up/a b.txt"
ETAG = f'"{hashlib.md5(b"content").hexdigest()}"'
LOCATION = f"{URL}up%2Fa%20b.txt"
CRC64NVME = "lhVdXyVQTGE="


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_qapps():  # its clients are made faster than those of Moto's mock_aws
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def send(fields: dict[str, str], content: bytes = b"content", **changes: Any) -> Received:
    post = FormPost(bucket=BUCKET, url=URL, content_type=CONTENT_TYPE, body=form(fields, content))
    return receive(post._replace(**changes), now=NOW, secrets_of=secrets_of)


def code_of(received: Received) -> str:
    assert received.refusal is not None
    assert received.content is None
    error = error_of(received.response.body)
    assert received.response.status == received.refusal.status
    assert received.response.headers["Content-Type"] == "application/xml"
    assert (error["Code"], error["Message"]) == (received.refusal.code, received.refusal.message)
    return error["Code"]


def test_a_valid_post_is_stored(s3):
    received = send(signed({"key": KEY}))

    assert received == Received(received.response, KEY, b"content", None)
    status, headers, body = received.response
    assert (status, body) == (204, b"")
    assert len(headers.pop("x-amz-request-id")) == 16
    assert len(base64.b64decode(headers.pop("x-amz-id-2"), validate=True)) == 57
    assert headers == {
        "ETag": ETAG,
        "Location": LOCATION,
        "x-amz-checksum-crc64nvme": CRC64NVME,
        "x-amz-checksum-type": "FULL_OBJECT",
        "x-amz-server-side-encryption": "AES256",
    }
    for found in (s3.get_object(Bucket=BUCKET, Key=KEY), s3.head_object(Bucket=BUCKET, Key=KEY)):
        assert (found["ETag"], found["ContentType"]) == (ETAG, "binary/octet-stream")
        assert found["ServerSideEncryption"] == "AES256"
    assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"content"


@pytest.mark.parametrize(
    ("wanted", "status"), [("200", 200), ("204", 204), ("", 204), ("202", 204), ("2000", 204), ("abc", 204)]
)
def test_a_form_decides_the_status_of_its_response(s3, wanted, status):
    answer = send(signed({"key": KEY, "success_action_status": wanted})).response

    assert (answer.status, answer.body) == (status, b"")
    assert "Content-Type" not in answer.headers
    assert (answer.headers["ETag"], answer.headers["Location"]) == (ETAG, LOCATION)


def test_status_201_has_a_document(s3):
    answer = send(signed({"key": "a&<b>.txt", "success_action_status": "201"})).response

    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/xml"
    root = ElementTree.fromstring(answer.body)
    assert root.tag == "PostResponse"
    assert [(each.tag, each.text) for each in root] == [
        ("Location", f"{URL}a%26%3Cb%3E.txt"),
        ("Bucket", BUCKET),
        ("Key", "a&<b>.txt"),
        ("ETag", ETAG),
    ]


REDIRECTED = f"bucket={BUCKET}&key=up%2Fa+b.txt&etag=%22{ETAG[1:-1]}%22"


@pytest.mark.parametrize("name", ["success_action_redirect", "redirect"])
@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("http://example.com", f"http://example.com?{REDIRECTED}"),
        ("https://example.com/done", f"https://example.com/done?{REDIRECTED}"),
        ("https://example.com/?a=1", f"https://example.com/?a=1&{REDIRECTED}"),
        ("https://example.com/?", f"https://example.com/?&{REDIRECTED}"),
        ("https://example.com/a b?ü=%20#part", f"https://example.com/a%20b?%C3%BC=%20&{REDIRECTED}"),
    ],
)
def test_a_redirect_gets_bucket_key_and_etag(s3, name, url, location):
    answer = send(signed({"key": KEY, name: url, "success_action_status": "201"})).response

    assert (answer.status, answer.headers["Location"], answer.body) == (303, location, b"")


@pytest.mark.parametrize(
    "url",
    ["", "/done", "example.com", "//example.com", "http:///x", "http://[", "ftp://example.com", "javascript:alert(1)",
     "http://example.com/\r\nSet-Cookie: a=b", "http://exa\nmple.com"],
)  # fmt: skip
def test_a_redirect_that_is_not_an_absolute_url_is_ignored(s3, url):
    answer = send(signed({"key": KEY, "success_action_redirect": url})).response

    assert (answer.status, answer.headers["Location"]) == (204, LOCATION)


def test_the_location_has_a_path_style_url(s3):
    answer = send(signed({"key": "a"}), url=f"https://s3.us-east-1.amazonaws.com/{BUCKET}/?x=1").response

    assert answer.headers["Location"] == f"https://s3.us-east-1.amazonaws.com/{BUCKET}/a"


@moto_since(5, 1, 3, reason="HeadObject shows no SHA-256")
def test_the_properties_of_the_form_are_stored(s3):
    digest = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    fields = {
        "key": KEY,
        "Content-Type": "text/plain",
        "X-Amz-Meta-Who": "grün",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
        "x-amz-checksum-sha256": digest,
        "acl": "public-read",
        "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>",
    }

    answer = send(signed(fields)).response

    assert answer.status == 204
    assert answer.headers["x-amz-checksum-sha256"] == digest
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    assert answer.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert answer.headers["x-amz-server-side-encryption-aws-kms-key-id"] == "key-1"
    head = s3.head_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")
    assert (head["ContentType"], head["StorageClass"]) == ("text/plain", "STANDARD_IA")
    assert head["Metadata"] == {"who": "=?UTF-8?Q?gr=C3=BCn?="}
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "key-1")
    assert head["ChecksumSHA256"] == digest
    assert s3.get_object_tagging(Bucket=BUCKET, Key=KEY)["TagSet"] == [{"Key": "a", "Value": "1"}]
    grants = s3.get_object_acl(Bucket=BUCKET, Key=KEY)["Grants"]
    assert any(each["Grantee"].get("URI", "").endswith("/AllUsers") for each in grants)


def tagged(key: str, value: str) -> str:
    return f"<Tagging><TagSet><Tag><Key>{key}</Key><Value>{value}</Value></Tag></TagSet></Tagging>"


def test_an_object_that_replaces_another_has_only_its_own_tags(s3):
    def tags() -> Any:
        return s3.get_object_tagging(Bucket=BUCKET, Key="up/a")["TagSet"]

    send(signed({"key": "up/a", "tagging": tagged("awsome", "1")}))
    assert tags() == [{"Key": "awsome", "Value": "1"}]
    refused = send(signed({"key": "up/a", "tagging": tagged("a", "b#c")}), b"other")
    assert (refused.response.status, tags()) == (400, [{"Key": "awsome", "Value": "1"}])
    assert s3.get_object(Bucket=BUCKET, Key="up/a")["Body"].read() == b"content"

    send(signed({"key": "up/a"}))

    assert tags() == []


def test_a_versioned_bucket_keeps_both_uploads(s3):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    versions = [
        send(signed({"key": "a"}), each).response.headers["x-amz-version-id"] for each in (b"1", b"2")
    ]

    bodies = [s3.get_object(Bucket=BUCKET, Key="a", VersionId=each)["Body"].read() for each in versions]
    assert bodies == [b"1", b"2"]


def test_a_bucket_encrypts_files_of_forms_without_encryption_fields(s3):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})

    assert send(signed({"key": "a"})).response.headers["x-amz-server-side-encryption"] == "AES256"


def test_a_form_asks_for_another_encryption_than_its_bucket(s3):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    own = signed({"key": "a", "x-amz-server-side-encryption": "AES256"})

    assert send(signed({"key": "a"})).response.headers["x-amz-server-side-encryption"] == "aws:kms"
    assert send(own).response.headers["x-amz-server-side-encryption"] == "AES256"


@pytest.mark.parametrize("size", [7, (1 << 20) + 1])
@pytest.mark.parametrize("method", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize("of_bucket", [False, True])
def test_the_etag_of_an_object_under_a_kms_key_is_not_its_md5(s3, monkeypatch, size, method, of_bucket):
    monkeypatch.setattr(digests, "_awscrt", lambda name: None)  # a large file has no checksum at once
    content, encryption = b"c" * size, {"x-amz-server-side-encryption": method}
    if of_bucket:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": method}}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
        encryption = {}
    md5 = base64.b64encode(hashlib.md5(content).digest()).decode()

    etags = [
        send(signed(fields | encryption), each).response.headers["ETag"]
        for fields, each in [
            ({"key": "a"}, content),
            ({"key": "b"}, content),
            ({"key": "a", "content-md5": md5}, content),
            ({"key": "a"}, content + b"c"),
        ]
    ]

    assert all(re.fullmatch('"[0-9a-f]{32}"', each) for each in etags)
    assert etags[0] == etags[2]
    assert len({*etags, f'"{hashlib.md5(content).hexdigest()}"'}) == 4
    assert s3.head_object(Bucket=BUCKET, Key="a")["ETag"] == etags[3]
    wrong = send(signed({"key": "a", "content-md5": md5, **encryption}), content + b"c")
    assert code_of(wrong) == "BadDigest"


@pytest.mark.usefixtures("s3")
def test_the_etag_of_an_object_under_a_kms_key_depends_on_key_and_file_alone():
    def etag(content: bytes, *algorithms: str) -> str:
        declared = {f"x-amz-checksum-{each}": checksums.calculate(each, content) for each in algorithms}
        fields = {"key": "a", "x-amz-server-side-encryption": "aws:kms", **declared}
        return send(signed(fields), content).response.headers["ETag"]

    first, second = b"file 259728575906567", b"file 151655878333213"  # their CRC32 is the same

    assert etag(first, "crc32") == etag(first, "sha256") == etag(first) != etag(second, "crc32")


def test_the_etag_of_an_object_that_its_form_takes_out_of_kms_is_its_md5(s3):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})

    received = send(signed({"key": "a", "x-amz-server-side-encryption": "AES256"}))

    assert received.response.headers["ETag"] == ETAG


@moto_since(5, 1, 3, reason="HeadObject shows no CRC-64/NVME")
@pytest.mark.parametrize("size", [7, 1 << 20, (1 << 20) + 1])
def test_an_object_without_checksum_gets_one(s3, monkeypatch, size):
    monkeypatch.setattr(digests, "_awscrt", lambda name: None)
    content = b"content"[:size].ljust(size)

    headers = send(signed({"key": "a"}), content).response.headers

    checksum = checksums.calculate("crc64nvme", content)
    assert ("x-amz-checksum-crc64nvme" in headers) == (size <= 1 << 20)
    head = s3.head_object(Bucket=BUCKET, Key="a", ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == checksum
    s3.copy_object(Bucket=BUCKET, Key="b", CopySource=f"{BUCKET}/a")
    copied = s3.head_object(Bucket=BUCKET, Key="b", ChecksumMode="ENABLED")
    assert copied["ChecksumCRC64NVME"] == checksum


def test_a_late_checksum_is_calculated_once_and_survives_copies(s3, monkeypatch):
    monkeypatch.setattr(digests, "_awscrt", lambda name: None)
    send(signed({"key": "a"}), b"1" * ((1 << 20) + 1))
    found: Any = store.find_object(BUCKET, "a")
    plain = type(found).__mro__[1]
    asked = []
    calculate = checksums.calculate

    def counted(*args: Any) -> str:
        asked.append(args)
        return calculate(*args)

    monkeypatch.setattr(checksums, "calculate", counted)

    assert found.checksum_algorithm == "CRC64NVME"
    assert not asked
    copies = [copy.copy(found), pickle.loads(pickle.dumps(found)), found]

    assert len({each.checksum_value for each in copies}) == 1
    assert len(asked) == 1
    assert {type(each) for each in copies} == {plain}
    for each in copies[:2]:
        each.dispose()


def test_an_acl_belongs_to_a_bucket_that_allows_acls(s3):
    s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )

    refused = send(signed({"key": "a", "acl": "public-read"}))

    assert code_of(refused) == "AccessControlListNotSupported"
    assert refused.response.status == 400
    assert stored(s3) == []
    assert send(signed({"key": "a", "acl": "bucket-owner-full-control"})).response.status == 204


def test_grants_are_kept(s3):
    owner = s3.get_bucket_acl(Bucket=BUCKET)["Owner"]["ID"]
    everyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    fields = {"key": "a", "x-amz-grant-read": f'uri="{everyone}"', "x-amz-grant-full-control": f"id={owner}"}

    send(signed(fields))

    grants = s3.get_object_acl(Bucket=BUCKET, Key="a")["Grants"]
    assert [
        (each["Permission"], each["Grantee"].get("URI") or each["Grantee"].get("ID")) for each in grants
    ] == [
        ("READ", everyone),
        ("FULL_CONTROL", owner),
    ]


def test_an_object_lock_is_kept(s3):
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    lock = {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": "2031-01-01T00:00:00Z",
        "x-amz-object-lock-legal-hold": "ON",
    }
    md5 = base64.b64encode(hashlib.md5(b"content").digest()).decode()
    fields = signed({"key": "a", "content-md5": md5, **lock}, bucket="locked")

    assert code_of(send(signed({"key": "a", **lock}))) == "InvalidRequest"
    assert send(fields, bucket="locked").response.status == 204

    head = s3.head_object(Bucket="locked", Key="a")
    assert (head["ObjectLockMode"], head["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")
    assert f"{head['ObjectLockRetainUntilDate']:%Y-%m-%d}" == "2031-01-01"


def test_each_response_has_its_own_ids(s3):
    answers = [send(signed({"key": "a"}), url=URL).response for _ in range(2)]

    assert answers[0].headers["x-amz-request-id"] != answers[1].headers["x-amz-request-id"]


def stored(s3: Any) -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


# In the order in which S3 finds them. The post of each test has one of these faults and all that follow it.
FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("PreconditionFailed", {"content_type": "text/plain"}),
    ("MalformedPOSTRequest", {"body": b""}),
    ("NoSuchBucket", {"bucket": "missing"}),
]


def test_the_form_is_read_before_the_bucket_is_looked_for(s3):
    changes = {name: each for _, fault in reversed(FAULTS) for name, each in fault.items()}

    for code, fault in FAULTS:
        assert code_of(send(signed({"key": "a"}), **changes)) == code
        for name in fault:
            del changes[name]


def faulty(**mended: Any) -> Received:
    """Send a post that has every fault except those in *mended*."""
    document: dict[str, Any] = {
        "expiration": mended.get("expiration", "2030-01-01T11:59:59Z"),
        "conditions": [
            {"bucket": BUCKET},
            {"acl": mended.get("acl", "public-read")},
            ["starts-with", "$key", ""],
            ["starts-with", "$x-amz-date", ""],
            ["starts-with", "$x-amz-algorithm", ""],
            ["starts-with", "$x-amz-credential", ""],
            ["content-length-range", mended.get("least", 8), 9],
            *(
                [["starts-with", "$x-amz-storage-class", ""], ["starts-with", "$content-md5", ""]]
                * mended.get("cover", 0)
            ),
        ],
        **mended.get("members", {"other": 1}),
    }
    text = encode(document)
    fields = {
        "key": "a",
        "acl": "private",
        "x-amz-storage-class": mended.get("storage_class", "COLD"),
        "content-md5": mended.get("content_md5", "AAAA"),
        "policy": text,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{mended.get('access_key', 'AKIAUNKNOWN')}/20300101/us-east-1/s3/aws4_request",
        "x-amz-date": "20300101T000000Z",
        "x-amz-signature": v4_signature(text, secret=mended.get("secret", "other")),
    }
    return send(fields)


def test_faults_are_found_in_the_order_of_s3(s3):
    steps: list[tuple[str, dict[str, Any]]] = [
        ("InvalidAccessKeyId", {"access_key": ACCESS_KEY}),
        ("SignatureDoesNotMatch", {"secret": SECRET}),
        ("InvalidPolicyDocument", {"members": {}}),
        ("AccessDenied: Policy expired.", {"expiration": "2030-01-01T12:00:00Z"}),
        ('AccessDenied: Policy Condition failed: ["eq", "$acl", "public-read"]', {"acl": "private"}),
        ("AccessDenied: Extra input fields: x-amz-storage-class", {"cover": 1}),
        ("EntityTooSmall", {"least": 7}),
        ("InvalidStorageClass", {"storage_class": "STANDARD"}),
        ("InvalidDigest", {"content_md5": base64.b64encode(hashlib.md5(b"content").digest()).decode()}),
    ]
    mended: dict[str, Any] = {}

    for expected, cure in steps:
        received = faulty(**mended)
        code, _, message = expected.partition(": ")
        assert code_of(received) == code
        assert received.refusal is not None
        assert received.refusal.message.endswith(message)
        assert stored(s3) == []
        mended |= cure

    assert faulty(**mended).response.status == 204
    assert stored(s3) == ["a"]


def test_a_refusal_names_the_key_once_the_form_is_read(s3):
    assert send({"key": KEY}).key == KEY
    assert send({}, b"").key is None


def test_the_bucket_of_the_url_counts(s3):
    mine = signed({"key": "a", "bucket": "other"}, bucket="other")

    received = send(mine)

    assert code_of(received) == "AccessDenied"
    assert received.refusal is not None
    assert received.refusal.message == (
        'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "other"]'
    )
    assert send(signed({"key": "a"})).response.status == 204


def allow(**changes: Any) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/up/*",
        **changes,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}, {"AWS": ["arn:aws:iam::1:root", "*"]}]
)
def test_anyone_can_write_if_the_policy_of_the_bucket_allows_it(s3, principal):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=allow(Principal=principal))

    assert send({"key": "up/a"}).response.status == 204
    assert code_of(send({"key": "a"})) == "AccessDenied"


def test_a_bucket_policy_may_have_a_single_statement(s3):
    document = json.loads(allow())
    s3.put_bucket_policy(
        Bucket=BUCKET, Policy=json.dumps({**document, "Statement": document["Statement"][0]})
    )

    assert send({"key": "up/a"}).response.status == 204


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        {"Principal": {"Service": "qapps.amazonaws.com"}},
        {"Action": "s3:GetObject"},
        {"Effect": "Deny"},
    ],
)
def test_anonymous_callers_cannot_write_if_the_policy_is_for_others(s3, changes):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=allow(**changes))

    received = send({"key": "up/a"})

    assert code_of(received) == "AccessDenied"
    assert received.refusal is not None
    assert received.refusal.message == "Access Denied"


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        '{"Statement": "all"}',
        '{"Statement": ["all"]}',
        '{"Statement": [{"Principal": "*"}]}',
        allow(Resource=5),
        pytest.param(allow(Condition=5), marks=moto_since(5, 1, 6, reason="Moto reads no conditions")),
        allow(Resource=f"arn:aws:s3:::{BUCKET}/(up/*"),
        "[" * 100_000,
    ],
)
def test_a_bucket_policy_that_moto_cannot_read_allows_no_writes(s3, text):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=text)

    assert code_of(send({"key": "up/a"})) == "AccessDenied"


@pytest.mark.parametrize(
    ("acl", "status"),
    [("private", 403), ("public-read", 403), ("authenticated-read", 403), ("public-read-write", 204)],
)
def test_the_acl_of_a_bucket_can_allow_anyone_to_write(s3, acl, status):
    s3.put_bucket_acl(Bucket=BUCKET, ACL=acl)

    assert send({"key": "a"}).response.status == status


def test_a_policy_that_denies_outweighs_an_acl(s3):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=allow(Effect="Deny"))

    assert code_of(send({"key": "up/a"})) == "AccessDenied"
    assert send({"key": "a"}).response.status == 204


def test_a_bucket_policy_that_denies_everyone_refuses_signed_forms_too(s3):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=allow(Effect="Deny", Action="s3:Put*"))

    received = send(signed({"key": "up/a"}))

    assert received.refusal is not None
    assert (received.refusal.code, received.refusal.message) == ("AccessDenied", "Access Denied")
    assert received.response.status == 403
    assert stored(s3) == []
    assert send(signed({"key": "a"})).response.status == 204


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Allow"},
        {"Action": "s3:GetObject"},
        {"Principal": {"AWS": "arn:aws:iam::123456789012:user/ann"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Resource": 5},
    ],
)
def test_a_bucket_policy_that_does_not_deny_everyone_lets_signed_forms_pass(s3, changes):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=allow(**{"Effect": "Deny", **changes}))

    assert send(signed({"key": "up/a"})).response.status == 204


@pytest.mark.parametrize(("ignored", "status"), [(True, 403), (False, 204)])
def test_a_bucket_may_ignore_public_acls(s3, ignored, status):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
    s3.put_public_access_block(
        Bucket=BUCKET,
        PublicAccessBlockConfiguration={"IgnorePublicAcls": ignored, "BlockPublicPolicy": False},
    )

    assert send({"key": "a"}).response.status == status


def test_a_bad_signature_is_refused_on_a_public_bucket_too(s3):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")

    assert code_of(send({**signed({"key": "a"}), "x-amz-signature": "0"})) == "SignatureDoesNotMatch"


def test_now_decides_about_expiry(s3):
    post = FormPost(BUCKET, URL, CONTENT_TYPE, form(signed({"key": "a"})))

    assert receive(post, now=NOW, secrets_of=secrets_of).response.status == 204
    late = receive(post, now=NOW + timedelta(microseconds=1), secrets_of=secrets_of)
    assert code_of(late) == "AccessDenied"


def test_an_error_of_moto_is_an_error_of_s3(s3, monkeypatch):
    send(signed({"key": "a", "x-amz-meta-a": "1"}))

    def fail(error: Exception) -> Any:
        def put_object(*args: Any, **kwargs: Any) -> Any:
            raise error

        return put_object

    missing = MissingBucket(BUCKET)
    for error, status, code, message in (
        (missing, 404, "NoSuchBucket", missing.message),
        (KeyError("Rule"), 500, "InternalError", "Moto's S3 could not store the object: KeyError('Rule')"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(S3Backend, "put_object", fail(error))
            received = send(signed({"key": "a"}), b"other")
        assert code_of(received) == code
        assert received.refusal is not None
        assert (received.response.status, received.refusal.message) == (status, message)

    found = s3.get_object(Bucket=BUCKET, Key="a")
    assert (found["Body"].read(), found["Metadata"]) == (b"content", {"a": "1"})


def test_an_event_tells_of_an_object_that_has_its_metadata_and_tags(s3, monkeypatch):
    seen = []

    def send_event(account: str, event: str, bucket: Any, key: Any) -> None:
        seen.append((event, bucket.name, key.name, key.metadata["x-amz-meta-a"], key.response_dict))
        raise ConnectionError("nobody listens")

    monkeypatch.setattr(moto.s3.notifications, "send_event", send_event)

    received = send(signed({"key": "a", "x-amz-meta-a": "1", "tagging": tagged("b", "2")}))

    assert received.response.status == 204
    [(event, bucket, key, value, headers)] = seen
    assert (event, bucket, key, value) == ("s3:ObjectCreated:Post", BUCKET, "a", "1")
    assert (headers["x-amz-tagging-count"], headers["x-amz-server-side-encryption"]) == ("1", "AES256")


NAMES = st.sampled_from(
    ["key", "acl", "policy", "tagging", "content-type", "content-md5", "x-amz-signature", "x-amz-meta-a", "signature",
     "awsaccesskeyid", "x-amz-date", "x-amz-algorithm", "x-amz-credential", "x-amz-checksum-sha256", "redirect",
     "success_action_status", "x-amz-storage-class", "x-amz-security-token"]
)  # fmt: skip


@given(fields=st.dictionaries(NAMES, st.text(st.characters(exclude_categories=["Cs"]))), grant=st.booleans())
@fuzz(100)
def test_any_fields_are_stored_or_refused(s3, fields, grant):
    s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read-write")
    sent = {**signed({"key": "a"}), **fields} if grant else {"key": "a", **fields}

    received = send(sent)

    assert received.response.status in (200, 201, 204, 303, 400, 403)
    assert all(each.isascii() and each.isprintable() for each in received.response.headers.values())
    if received.refusal is None:
        key = received.key
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"content"


def state(bucket: str) -> Any:
    """Return all that a bucket holds."""
    found: Any = store.find_bucket(bucket)
    tagger = s3_backends[found.account_id][found.partition].tagger
    return [
        (
            key,
            each.version_id,
            each.value,
            dict(each.metadata),
            tagger.get_tag_dict_for_resource(each.arn),
            repr(each.acl),
            each.response_dict,
            each.checksum_value,
        )
        for key in found.keys
        for each in found.keys.getlist(key)
    ]


def lock_settings(s3: Any, bucket: str) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )


BUCKETS: dict[str, Callable[[Any, str], Any]] = {
    "plain": lambda s3, bucket: None,
    "versioned": lambda s3, bucket: s3.put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
    ),
    "enforced": lambda s3, bucket: s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    ),
    "encrypted": lambda s3, bucket: s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    ),
    "locked": lock_settings,
}
VALUES: dict[str, list[str]] = {
    "acl": ["private", "public-read", "bucket-owner-full-control"],
    "x-amz-grant-read": [f"id={'0' * 64}", 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'],
    "x-amz-storage-class": ["STANDARD_IA", "GLACIER", "EXPRESS_ONEZONE"],
    "x-amz-server-side-encryption": ["AES256", "aws:kms", "aws:kms:dsse"],
    "x-amz-server-side-encryption-aws-kms-key-id": ["key-1"],
    "x-amz-server-side-encryption-bucket-key-enabled": ["true", "FALSE"],
    "x-amz-website-redirect-location": ["/a", "http://a.example/"],
    "x-amz-object-lock-mode": ["GOVERNANCE", "COMPLIANCE"],
    "x-amz-object-lock-retain-until-date": ["2031-01-01T00:00:00Z", "2029-01-01T00:00:00.5Z"],
    "x-amz-object-lock-legal-hold": ["ON", "OFF"],
    "x-amz-checksum-md5": [base64.b64encode(hashlib.md5(b"content").digest()).decode()],
    "x-amz-checksum-sha512": [base64.b64encode(hashlib.sha512(b"content").digest()).decode()],
    "x-amz-checksum-xxhash3": ["AAAAAAAAAAA="],
    "x-amz-checksum-type": ["FULL_OBJECT"],
    "content-md5": [base64.b64encode(hashlib.md5(b"content").digest()).decode()],
    "content-type": ["text/plain"],
    "cache-control": ["é—"],
    "x-amz-meta-a": ["1", "ü", "\t", "a\r\nb"],
    "x-amz-meta-b": ["2"],
    "tagging": [tagged("a", "1"), tagged("a", "b#c"), tagged("a,b", "1"), "<Tagging/>", "<a"],
    "success_action_status": ["201", "200"],
    "success_action_redirect": ["http://a.example/", "http://[", "/a"],
}
ANY_FIELDS = st.dictionaries(
    st.sampled_from(sorted(VALUES)),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    max_size=1,
)
GOOD_FIELDS = st.sets(st.sampled_from(sorted(VALUES)), max_size=5).flatmap(
    lambda names: st.fixed_dictionaries({name: st.sampled_from(VALUES[name]) for name in sorted(names)})
)


@pytest.mark.parametrize("kind", BUCKETS)
@given(fields=GOOD_FIELDS, odd=ANY_FIELDS)
@fuzz(40)
def test_a_form_replaces_the_object_whole_or_leaves_the_bucket_as_it_was(s3, kind, fields, odd):
    bucket = f"{kind}-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=kind == "locked")
    BUCKETS[kind](s3, bucket)
    md5 = VALUES["content-md5"][0]
    old = {"key": "a", "x-amz-meta-old": "0", "tagging": tagged("old", "0"), "content-md5": md5}
    assert send(signed(old, bucket=bucket), bucket=bucket).refusal is None
    before, fields = state(bucket), fields | odd

    received = send(signed({"key": "a", **fields}, bucket=bucket), bucket=bucket)

    assert received.response.status in (200, 201, 204, 303, 400, 403)
    after = state(bucket)
    if received.refusal is not None:
        assert after == before
        return
    *kept, (key, _, content, metadata, tags, _, headers, checksum) = after
    assert kept == (before if kind in ("versioned", "locked") else [])
    assert (key, content) == ("a", b"content")
    expected = {name for name in fields if name.startswith("x-amz-meta-") or name == "cache-control"}
    assert metadata.keys() == {"content-type", *expected}
    assert tags == ({"a": "1"} if fields.get("tagging") == tagged("a", "1") else {})
    assert headers["x-amz-server-side-encryption"]
    assert checksum
    s3.head_object(Bucket=bucket, Key="a")


def test_parts_of_a_form_may_be_sent_in_any_order_before_the_file(s3):
    fields = signed({"key": "a"})

    body = multipart([*((name, fields[name], None) for name in reversed(fields)), ("file", b"1", "f")])

    assert send({}, body=body).response.status == 204
