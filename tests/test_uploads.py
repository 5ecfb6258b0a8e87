"""Uploads from a user's view: call CreatePresignedUrl, post the file, inspect the result."""

from __future__ import annotations

import base64
import gc
import hashlib
import io
import json
import os
import random
import re
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
import requests
import time_machine
from botocore.config import Config
from freezegun import freeze_time
from moto import mock_aws
from moto.s3.models import s3_backends

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.s3.service_bucket import KMS_KEY_ID
from qapps_mock.service import s3_requests
from tests.conftest import CARD, CONTENT, INSTANCE, create_app, file_card, grant, moto_since, qapps
from tests.s3.posts import CONTENT_TYPE, error_of, form, multipart

NOON = datetime(2030, 1, 1, 12, 0, 0, tzinfo=timezone.utc)
LIFETIME = timedelta(minutes=15)


@pytest.fixture
def mock() -> Iterator[MockQApps]:
    with mock_qapps() as running:
        yield running


@pytest.fixture
def enforcing() -> Iterator[MockQApps]:
    with mock_qapps(enforce_all_posts=True) as running:
        yield running


def s3(region: str = "us-east-1", **kwargs: Any) -> Any:
    return boto3.client("s3", region_name=region, **kwargs)


def send(url: str, fields: dict[str, str], content: Any = CONTENT, **kwargs: Any) -> requests.Response:
    return requests.post(url, data=fields, files={"file": content}, timeout=60, **kwargs)


def upload(granted: Any, content: Any = CONTENT) -> requests.Response:
    return send(granted["presignedUrl"], granted["presignedUrlFields"], content)


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    error = error_of(answer.content)
    return answer.status_code, error["Code"], error["Message"]


def digest_of(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def grant_for(content: bytes, **changes: Any) -> Any:
    return grant(qapps(), fileContentsSha256=digest_of(content), **changes)


EXPIRED = (403, "AccessDenied", "Invalid according to Policy: Policy expired.")


# --- The main job


@moto_since(5, 1, 3, reason="HeadObject shows no SHA-256")
def test_an_upload_is_stored_with_all_properties_of_its_form(mock):
    client = qapps()
    app = create_app(client, file_card())
    granted = grant(client, appId=app["appId"])

    answer = upload(granted)

    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    found = mock.uploads[granted["fileId"]]
    assert answer.headers["Location"] == granted["presignedUrl"] + found.key.replace("/", "%2F")
    etag = answer.headers["ETag"]
    assert re.fullmatch('"[0-9a-f]{32}"', etag)
    stored = s3().get_object(Bucket=found.bucket, Key=found.key, ChecksumMode="ENABLED")
    head = s3().head_object(Bucket=found.bucket, Key=found.key, ChecksumMode="ENABLED")
    assert stored["Body"].read() == CONTENT
    for each in (stored, head):
        assert each["ContentLength"] == len(CONTENT)
        assert each["ETag"] == etag
        assert each["ContentType"] == "binary/octet-stream"
        assert each["ServerSideEncryption"] == "aws:kms"
        assert each["SSEKMSKeyId"] == KMS_KEY_ID
        assert each["ChecksumSHA256"] == digest_of(CONTENT)
        assert each["Metadata"] == {}


@freeze_time(NOON)
def test_the_mock_shows_an_upload_once_it_came():
    with mock_qapps() as mock:
        granted = grant(qapps())
        before = mock.uploads[granted["fileId"]]
        assert (before.content, before.uploaded_at, before.refused) == (None, None, [])

        upload(granted)

        after = mock.uploads[granted["fileId"]]
        assert (after.content, after.uploaded_at, after.refused) == (CONTENT, NOON, [])


@freeze_time(NOON)
def test_the_mock_shows_an_upload_that_was_refused():
    with mock_qapps() as mock:
        granted = grant(qapps())

        upload(granted, b"another file")

        found = mock.uploads[granted["fileId"]]
        assert (found.content, found.uploaded_at) == (None, None)
        assert [(each.at, each.code, each.message) for each in found.refused] == [
            (NOON, "BadDigest", "The SHA256 you specified did not match the calculated checksum.")
        ]


@pytest.mark.parametrize("host", ["aws", "loopback"])
def test_the_mock_shows_every_refused_form_that_has_the_key(host):
    with mock_qapps(upload_host=host) as mock:
        granted = grant(mock.client())
        url, fields = granted["presignedUrl"], granted["presignedUrlFields"]

        requests.post(url, data=fields, files=[("file", CONTENT), ("file", CONTENT)], timeout=60)
        requests.post(url, data={**fields, "note": "a" * 30_000}, files={"file": CONTENT}, timeout=60)
        requests.post(url, files={**{name: (None, each) for name, each in fields.items()}}, timeout=60)
        requests.post(url + "a.txt", data=fields, files={"file": CONTENT}, timeout=60)
        bearer = {"Authorization": "Bearer token"}
        requests.post(url, data=fields, files={"file": CONTENT}, headers=bearer, timeout=60)
        requests.post(url, data={**fields, "key": ""}, files={"file": CONTENT}, timeout=60)
        requests.post(url, data=fields, timeout=60)  # without a file it is no multipart form
        no_boundary = {"Content-Type": "multipart/form-data"}
        requests.post(url, data=form(fields), headers=no_boundary, timeout=60)

        found = mock.uploads[granted["fileId"]]
        assert [each.code for each in found.refused] == [
            "InvalidArgument",
            "MaxPostPreDataLengthExceeded",
            "InvalidArgument",
            "MethodNotAllowed",
            "InvalidArgument",
            "PreconditionFailed",
            "MalformedPOSTRequest",
        ]
        assert found.content is None


def test_an_upload_of_another_file_is_a_bad_digest(mock):
    assert refusal(upload(grant(qapps()), b"another file")) == (
        400,
        "BadDigest",
        "The SHA256 you specified did not match the calculated checksum.",
    )


def test_a_second_upload_with_the_same_grant_is_stored_too(mock):
    granted = grant(qapps())

    answers = [upload(granted).status_code for _ in range(2)]

    assert answers == [204, 204]
    assert mock.uploads[granted["fileId"]].content == CONTENT


def test_a_refused_second_upload_leaves_the_first(mock):
    granted = grant(qapps())
    upload(granted)

    upload(granted, b"another file")

    found = mock.uploads[granted["fileId"]]
    assert found.content == CONTENT
    assert len(found.refused) == 1
    assert s3().get_object(Bucket=found.bucket, Key=found.key)["Body"].read() == CONTENT


@pytest.mark.parametrize(
    "content", [b"", b"\0", b"\r\n--\r\n", os.urandom(100_000)], ids=["empty", "0", "lines", "100 KB"]
)
def test_files_of_every_kind_are_stored(mock, content):
    granted = grant_for(content)

    assert upload(granted, content).status_code == 204
    assert mock.uploads[granted["fileId"]].content == content


@pytest.mark.parametrize("name", ["größe.txt", "日本語 😀.txt", "a b+c.txt", "a" * 100])
def test_file_names_of_every_kind_are_stored(mock, name):
    granted = grant(qapps(), fileName=name)

    assert upload(granted, (name, CONTENT)).status_code == 204
    found = mock.uploads[granted["fileId"]]
    assert s3().get_object(Bucket=found.bucket, Key=found.key)["Body"].read() == CONTENT


# --- How a body is sent


def test_a_file_object_is_uploaded(mock, tmp_path):
    path = tmp_path / "figures.txt"
    path.write_bytes(CONTENT)
    granted = grant(qapps())

    with path.open("rb") as file:
        assert upload(granted, file).status_code == 204

    assert mock.uploads[granted["fileId"]].content == CONTENT


BODIES: dict[str, Callable[[bytes], Any]] = {
    "bytes": lambda body: body,
    "bytearray": bytearray,
    "text": lambda body: body.decode(),
    "file object": io.BytesIO,
    "text file": lambda body: io.StringIO(body.decode(), newline=""),
}
CHUNKED: dict[str, Callable[[bytes], Any]] = {
    "generator": lambda body: (body[place : place + 7] for place in range(0, len(body), 7)),
    "iterator": lambda body: iter([body[:9], memoryview(body)[9:]]),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_may_be_streamed(mock, kind):
    granted = grant(qapps())
    body = BODIES[kind](form(granted["presignedUrlFields"], CONTENT))

    answer = requests.post(
        granted["presignedUrl"], data=body, headers={"Content-Type": CONTENT_TYPE}, timeout=60
    )

    assert answer.status_code == 204, answer.text
    assert mock.uploads[granted["fileId"]].content == CONTENT


@pytest.mark.parametrize("kind", CHUNKED)
@pytest.mark.parametrize("host", ["aws", "loopback"])
def test_a_body_of_unknown_length_is_refused(kind, host):
    with mock_qapps(upload_host=host) as mock:
        granted = grant(mock.client())
        body = CHUNKED[kind](form(granted["presignedUrlFields"], CONTENT))

        answer = requests.post(
            granted["presignedUrl"], data=body, headers={"Content-Type": CONTENT_TYPE}, timeout=60
        )

        error = (411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        assert refusal(answer) == error
        upload = mock.uploads[granted["fileId"]]
        assert upload.content is None
        assert [(each.code, each.message) for each in upload.refused] == [error[1:]]


def test_the_gate_reads_a_file_object_that_is_not_yet_read(mock):
    granted = grant(qapps())
    body = io.BytesIO(form(granted["presignedUrlFields"], CONTENT))

    answer = s3_requests.respond("POST", granted["presignedUrl"], {"content-type": CONTENT_TYPE}, body)

    assert answer is not None
    assert answer[0] == 204
    assert mock.uploads[granted["fileId"]].content == CONTENT


def test_a_post_without_body_is_malformed(mock):
    granted = grant(qapps())

    answer = requests.post(granted["presignedUrl"], headers={"Content-Type": CONTENT_TYPE}, timeout=60)

    assert refusal(answer)[:2] == (400, "MalformedPOSTRequest")


# --- Expiry


def freezegun(moment: datetime) -> Any:
    return freeze_time(moment)


def time_machines(moment: datetime) -> Any:
    return time_machine.travel(moment, tick=False)


@pytest.mark.parametrize("travel", [freezegun, time_machines])
@pytest.mark.parametrize("late", [timedelta(milliseconds=1), timedelta(microseconds=1)])
def test_a_presigned_url_is_valid_up_to_its_expiration(travel, late):
    with mock_qapps():
        with travel(NOON):
            granted = grant(qapps())

        assert granted["presignedUrlExpiration"] == NOON + LIFETIME
        with travel(NOON + LIFETIME):
            assert upload(granted).status_code == 204
        with travel(NOON + LIFETIME + late):
            assert refusal(upload(granted)) == EXPIRED


@pytest.mark.parametrize("travel", [freezegun, time_machines])
def test_a_clock_that_was_moved_before_the_mock_started_counts(travel):
    with travel(NOON), mock_qapps():
        granted = grant(qapps())
        with travel(NOON + LIFETIME + timedelta(seconds=1)):
            assert refusal(upload(granted)) == EXPIRED


@freeze_time(NOON)
def test_a_ticking_clock_expires_a_grant():
    with mock_qapps(url_lifetime=0.5):
        granted = grant(qapps())

        with freeze_time(NOON) as clock:
            clock.tick(timedelta(milliseconds=500))
            assert upload(granted).status_code == 204
            clock.tick(timedelta(milliseconds=1))
            assert refusal(upload(granted)) == EXPIRED


# --- Every field of a grant, one at a time

FIELDS = (
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-checksum-sha256",
    "key",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "policy",
    "x-amz-signature",
)


def condition(name: str, value: str) -> str:
    return f"Invalid according to Policy: Policy Condition failed: {json.dumps(['eq', f'${name}', value])}"


def missing(name: str) -> tuple[int, str, str]:
    return (
        400,
        "InvalidArgument",
        f"Bucket POST must contain a field named '{name}'.  "
        "If it is specified, please check the order of the fields.",
    )


MISMATCH = (
    403,
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method.",
)
CHANGED: dict[str, tuple[int, str, str]] = {
    "x-amz-algorithm": (400, "InvalidArgument", "Only AWS4-HMAC-SHA256 is supported"),
    "x-amz-credential": (
        400,
        "InvalidArgument",
        'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
    ),
    "x-amz-date": (400, "InvalidArgument", "X-Amz-Date must be formated via ISO8601 Long format"),
    "x-amz-security-token": (400, "InvalidToken", "The provided token is malformed or otherwise invalid."),
    "policy": MISMATCH,
    "x-amz-signature": MISMATCH,
}
REMOVED: dict[str, tuple[int, str, str]] = {
    "key": missing("key"),
    "x-amz-algorithm": missing("X-Amz-Algorithm"),
    "x-amz-credential": missing("X-Amz-Credential"),
    "x-amz-date": missing("X-Amz-Date"),
    "x-amz-security-token": (
        403,
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
    ),
    "policy": missing("policy"),
    "x-amz-signature": missing("X-Amz-Signature"),
}


def test_a_grant_has_these_fields(mock):
    assert tuple(grant(qapps())["presignedUrlFields"]) == FIELDS


@pytest.mark.parametrize("name", FIELDS)
def test_a_grant_with_a_changed_field_is_refused(mock, name):
    granted = grant(qapps())
    fields = granted["presignedUrlFields"]

    answer = send(granted["presignedUrl"], {**fields, name: "changed"})

    assert refusal(answer) == CHANGED.get(name, (403, "AccessDenied", condition(name, fields[name])))
    assert mock.uploads[granted["fileId"]].content is None


@pytest.mark.parametrize("name", FIELDS)
def test_a_grant_with_a_field_less_is_refused(mock, name):
    granted = grant(qapps())
    fields = granted["presignedUrlFields"]

    answer = send(granted["presignedUrl"], {each: value for each, value in fields.items() if each != name})

    assert refusal(answer) == REMOVED.get(name, (403, "AccessDenied", condition(name, fields[name])))
    assert mock.uploads[granted["fileId"]].content is None


@pytest.mark.parametrize(
    "name",
    ["Content-Type", "acl", "bucket", "tagging", "x-amz-meta-a", "success_action_status", "submit", ""],
)
def test_a_grant_with_a_field_more_is_refused(mock, name):
    granted = grant(qapps())
    extra = {name: granted["presignedUrl"].partition("://")[2].partition(".")[0]}

    answer = upload({**granted, "presignedUrlFields": {**granted["presignedUrlFields"], **extra}})

    if name == "bucket":  # its condition is present, and holds
        assert answer.status_code == 204
        return
    assert refusal(answer) == (
        403,
        "AccessDenied",
        f"Invalid according to Policy: Extra input fields: {name.lower()}",
    )


def test_a_field_after_the_file_does_not_count(mock):
    granted = grant(qapps())
    fields = granted["presignedUrlFields"]
    body = multipart([("file", CONTENT, "f"), *((name, each, None) for name, each in fields.items())])

    answer = requests.post(
        granted["presignedUrl"], data=body, headers={"Content-Type": CONTENT_TYPE}, timeout=60
    )

    assert refusal(answer) == missing("key")


def test_a_file_can_be_as_large_as_the_option():
    with mock_qapps(max_file_size=10):
        assert upload(grant_for(b"0123456789"), b"0123456789").status_code == 204

        answer = upload(grant_for(b"0123456789a"), b"0123456789a")

        assert error_of(answer.content) == {
            "Code": "EntityTooLarge",
            "Message": "Your proposed upload exceeds the maximum allowed size",
            "ProposedSize": "11",
            "MaxSizeAllowed": "10",
        }


def test_a_grant_is_for_one_bucket(mock):
    granted = grant(qapps())
    other = grant(qapps("eu-west-1"))

    answer = send(other["presignedUrl"], granted["presignedUrlFields"])

    assert refusal(answer) == (
        400,
        "InvalidArgument",
        "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    )


def test_a_path_style_url_is_accepted_too(mock):
    granted = grant(qapps())
    bucket = mock.uploads[granted["fileId"]].bucket

    for url in (f"https://s3.us-east-1.amazonaws.com/{bucket}", f"https://s3.amazonaws.com/{bucket}/"):
        assert send(url, granted["presignedUrlFields"]).status_code == 204
        assert refusal(send(url, granted["presignedUrlFields"], b"other"))[1] == "BadDigest"


def test_a_query_does_not_bypass_the_policy(mock):
    granted = grant(qapps())

    answer = send(granted["presignedUrl"] + "?x=1", granted["presignedUrlFields"], b"other")

    assert refusal(answer)[:2] == (400, "BadDigest")


# --- Regions


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-west-2", "amazonaws.com"),
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("cn-northwest-1", "amazonaws.com.cn"),
    ],
)
def test_uploads_work_in_every_partition(mock, region, suffix):
    granted = grant(qapps(region))

    assert granted["presignedUrl"].endswith(f".s3.{region}.{suffix}/")
    assert upload(granted).status_code == 204
    assert refusal(upload(granted, b"other"))[1] == "BadDigest"
    found = mock.uploads[granted["fileId"]]
    assert s3(region).get_object(Bucket=found.bucket, Key=found.key)["Body"].read() == CONTENT


# --- The service's bucket


def test_the_bucket_of_the_service_is_not_listed(mock):
    grant(qapps())
    s3().create_bucket(Bucket="mine")

    assert [each["Name"] for each in s3().list_buckets()["Buckets"]] == ["mine"]


def test_buckets_are_deleted_with_the_mock_and_by_a_reset(mock):
    granted = grant(qapps())
    upload(granted)
    bucket = mock.uploads[granted["fileId"]].bucket

    mock.reset()

    assert mock.uploads == {}
    assert bucket not in s3_backends.bucket_accounts
    mock.stop()
    try:
        with mock_aws(), pytest.raises(s3().exceptions.NoSuchBucket):
            s3().list_objects_v2(Bucket=bucket)
    finally:
        mock.start()


def test_no_file_stays_open_after_the_mock():
    large = os.urandom(6 * 1024 * 1024)  # Moto keeps such a file on disk
    with mock_qapps():
        assert upload(grant_for(large), large).status_code == 204

    gc.collect()  # an open file would be a ResourceWarning, and that an error

    assert not [each for each in gc.get_objects() if type(each).__name__ == "FakeKey"]


# --- Other buckets


def plain_post(**keys: Any) -> Any:
    client = s3(**keys)
    return client.generate_presigned_post(
        "mine",
        "up/${filename}",
        Fields={"acl": "private"},
        Conditions=[{"acl": "private"}, ["content-length-range", 0, 20]],
    )


V4 = Config(signature_version="s3v4")
V2 = Config(signature_version="s3")


@pytest.mark.parametrize("config", [V4, V2], ids=["SigV4", "SigV2"])
@pytest.mark.parametrize("token", [None, "token"])
def test_the_posts_of_botocore_are_checked_in_every_bucket(enforcing, monkeypatch, config, token):
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)
    s3().create_bucket(Bucket="mine")
    granted = plain_post(config=config)

    answer = send(granted["url"], granted["fields"], ("a.txt", CONTENT))

    assert answer.status_code == 204, answer.text
    assert s3().get_object(Bucket="mine", Key="up/a.txt")["Body"].read() == CONTENT
    assert refusal(send(granted["url"], granted["fields"], b"a" * 21))[:2] == (400, "EntityTooLarge")
    assert refusal(send(granted["url"], {**granted["fields"], "acl": "public-read"})) == (
        403,
        "AccessDenied",
        condition("acl", "private"),
    )
    with freeze_time(datetime.now(timezone.utc) + timedelta(hours=2)):
        assert refusal(send(granted["url"], granted["fields"])) == EXPIRED


def test_the_keys_of_iam_users_and_roles_are_valid(enforcing):
    s3().create_bucket(Bucket="mine")
    iam = boto3.client("iam", region_name="us-east-1")
    iam.create_user(UserName="ann")
    user = iam.create_access_key(UserName="ann")["AccessKey"]
    arn = "arn:aws:iam::123456789012:role/uploads"
    sts = boto3.client("sts", region_name="us-east-1")
    role = sts.assume_role(RoleArn=arn, RoleSessionName="uploads")["Credentials"]

    for keys, token in ((user, None), (role, role["SessionToken"])):
        granted = plain_post(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=token,
        )
        assert send(granted["url"], granted["fields"]).status_code == 204


def test_unknown_keys_are_refused(enforcing):
    s3().create_bucket(Bucket="mine")
    granted = plain_post(config=V2)

    answer = send(granted["url"], {**granted["fields"], "AWSAccessKeyId": "AKIAUNKNOWN"})

    assert error_of(answer.content) == {
        "Code": "InvalidAccessKeyId",
        "Message": "The AWS Access Key Id you provided does not exist in our records.",
        "AWSAccessKeyId": "AKIAUNKNOWN",
    }


def test_the_anonymous_write_where_a_bucket_is_public(enforcing):
    s3().create_bucket(Bucket="private")
    s3().create_bucket(Bucket="public", ACL="public-read-write")
    s3().create_bucket(Bucket="open")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::open/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3().put_bucket_policy(Bucket="open", Policy=policy)

    answers = {
        bucket: send(f"https://{bucket}.s3.amazonaws.com/", {"key": "a"}).status_code
        for bucket in ("private", "public", "open")
    }

    assert answers == {"private": 403, "public": 204, "open": 204}


def motos_responses() -> list[Any]:
    """Return the outcome of posts that the S3 gate would refuse."""
    s3().create_bucket(Bucket="mine", ACL="public-read-write")
    seen: list[Any] = []
    for url in (
        "https://mine.s3.amazonaws.com/",
        "https://s3.us-east-1.amazonaws.com/mine",
        "https://mine.s3.amazonaws.com/?x=1",
    ):
        for fields in (
            {"key": "a", "policy": "?", "x-amz-signature": "0", "x-amz-meta-b": "1"},
            {"key": "a", "success_action_status": "201"},
            {"key": "a", "success_action_redirect": "https://example.com/"},
        ):
            answer = send(url, fields, allow_redirects=False)
            stored = s3().get_object(Bucket="mine", Key="a")
            headers = {
                name: each
                for name, each in answer.headers.items()
                if name not in ("x-amzn-requestid", "x-amz-request-id", "date")
            }
            seen.append(
                (answer.status_code, headers, answer.content, stored["Body"].read(), stored["Metadata"])
            )
            s3().delete_object(Bucket="mine", Key="a")
    return seen


ACCESS_DENIED = (403, {"Code": "AccessDenied", "Message": "Access Denied"})


@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD", "DELETE", "POST", "OPTIONS"])
@pytest.mark.parametrize("rest", ["", "{key}", "?list-type=2", "?delete", "{key}?acl", "?uploads"])
@pytest.mark.parametrize("host", ["aws", "loopback"])
def test_the_buckets_of_the_service_refuse_anonymous_requests(host, method, rest):
    with mock_qapps(upload_host=host) as mock:
        granted = grant(mock.client())
        url, fields = granted["presignedUrl"], granted["presignedUrlFields"]
        send(url, fields)

        answer = requests.request(method, url + rest.format(key=fields["key"]), data=b"<Delete/>", timeout=60)

        if method == "POST" and rest != "?delete":  # no operation, and no form
            assert answer.status_code == (405 if "{key}" in rest else 412)
        elif method == "HEAD":
            assert (answer.status_code, answer.content) == (403, b"")
        else:
            assert (answer.status_code, error_of(answer.content)) == ACCESS_DENIED
        assert mock.uploads[granted["fileId"]].content == CONTENT
        assert s3().get_object(Bucket=mock.uploads[granted["fileId"]].bucket, Key=fields["key"])


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE", "PATCH"])
@pytest.mark.parametrize("rest", ["", "a/key", "?acl"])
def test_the_buckets_of_the_service_refuse_authorization_that_is_not_aws(mock, method, rest):
    url = grant(mock.client())["presignedUrl"] + rest

    answer = requests.request(method, url, headers={"Authorization": "Bearer abc"}, timeout=60)

    assert answer.status_code == 400
    assert error_of(answer.content) == {
        "Code": "InvalidArgument",
        "Message": "Unsupported Authorization Type",
        "ArgumentName": "Authorization",
        "ArgumentValue": "Bearer abc",
    }


def test_uploads_can_be_seen_after_the_mock():
    with mock_qapps() as mock:
        granted = grant(mock.client())
        send(granted["presignedUrl"], granted["presignedUrlFields"])

    assert mock.uploads[granted["fileId"]].content == CONTENT
    with mock:
        assert mock.uploads == {}
    assert mock.uploads == {}


def test_other_buckets_keep_the_ways_of_moto():
    with mock_aws():
        expected = motos_responses()

    with mock_qapps():
        assert motos_responses() == expected


@pytest.mark.parametrize("enforce", [True, False])
def test_other_posts_to_a_bucket_reach_moto(enforce):
    with mock_qapps(enforce_all_posts=enforce) as mock:
        client = s3()
        client.create_bucket(Bucket="mine")
        client.put_object(Bucket="mine", Key="a", Body=b"1")
        granted = grant(qapps())
        upload(granted)
        found = mock.uploads[granted["fileId"]]

        for bucket, key in (("mine", "a"), (found.bucket, found.key)):
            deleted = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})["Deleted"]
            assert [each["Key"] for each in deleted] == [key]
        started = client.create_multipart_upload(Bucket="mine", Key="parts")
        part = client.upload_part(
            Bucket="mine", Key="parts", UploadId=started["UploadId"], PartNumber=1, Body=b"1"
        )
        parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
        client.complete_multipart_upload(
            Bucket="mine", Key="parts", UploadId=started["UploadId"], MultipartUpload=parts
        )
        assert client.get_object(Bucket="mine", Key="parts")["Body"].read() == b"1"


# --- Many and large


def test_uploads_of_many_threads_are_all_stored(mock):
    client = qapps()
    threads, each = 16, 50
    barrier = threading.Barrier(threads)

    def work(number: int) -> list[tuple[str, bytes]]:
        barrier.wait(60)
        done = []
        for turn in range(each):
            content = f"{number}/{turn}".encode()
            granted = grant(client, fileContentsSha256=digest_of(content))
            assert upload(granted, content).status_code == 204
            done.append((granted["fileId"], content))
        return done

    with ThreadPoolExecutor(threads) as executor:
        sent = dict(pair for done in executor.map(work, range(threads)) for pair in done)

    assert {file_id: found.content for file_id, found in mock.uploads.items()} == sent
    assert len(sent) == threads * each


def test_a_large_file_needs_little_memory(mock):
    size = 10 * 1024 * 1024
    content = random.Random(1).randbytes(size)
    granted = grant_for(content)
    body = form(granted["presignedUrlFields"], content)
    upload(grant_for(b"warm"), b"warm")
    tracemalloc.start()

    try:
        answer = requests.post(
            granted["presignedUrl"], data=body, headers={"Content-Type": CONTENT_TYPE}, timeout=60
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert answer.status_code == 204
    assert mock.uploads[granted["fileId"]].content == content
    # The upload that the mock shows, and Moto's copy before it is on disk; body and content belong to the test.
    assert peak < 2.5 * size


def test_the_key_has_the_instance_and_the_card(mock):
    granted = grant(qapps(), scope="APPLICATION")

    key = granted["presignedUrlFields"]["key"]

    assert key.split("/")[1:] == [CARD, granted["fileId"], "figures.txt"]
    context = json.loads(
        base64.b64decode(granted["presignedUrlFields"]["x-amz-server-side-encryption-context"])
    )
    assert context == {"APPLICATION_ID": INSTANCE}
