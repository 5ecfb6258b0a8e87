"""Presigned links to the service's objects: the same response in process, on loopback and from a server."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.config import Config
from freezegun import freeze_time

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.s3 import gate
from qapps_mock.s3.service_bucket import KMS_KEY_ID
from tests.conftest import CONTENT, DIGEST, grant, moto_since
from tests.s3.posts import error_of
from tests.shapes import Headers

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
LAST_MODIFIED = "Sun, 01 Mar 2026 12:00:00 GMT"
EARLIER, LATER = "Sun, 01 Mar 2026 11:59:59 GMT", "Sun, 01 Mar 2026 12:00:01 GMT"
# Stands for the ETag of the upload, in conditions.
ETAG, BARE_ETAG = "ETag", "bare ETag"
SIZE = len(CONTENT)
ENCRYPTION = {
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": KMS_KEY_ID,
}
# Headers of HTTP itself, and headers that are different each time.
CARRIERS = {"Connection", "Date", "Server", "x-amz-id-2", "x-amz-request-id"}
ACCESS_DENIED = (403, {"Code": "AccessDenied", "Message": "Access Denied"})
MISMATCH = (
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method.",
)


class Place(NamedTuple):
    """A stored upload, and the client that made it."""

    mock: MockQApps
    granted: Any
    bucket: str
    key: str

    @property
    def endpoint(self) -> str | None:
        """Return the origin of the server for presigned links; None: in process."""
        url = self.granted["presignedUrl"]
        return url.partition("/qapps-")[0] if url.startswith("http://") else None

    @property
    def etag(self) -> str:
        return str(
            boto3.client("s3", region_name="us-east-1").head_object(Bucket=self.bucket, Key=self.key)["ETag"]
        )

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of each response about the upload."""
        return {
            "Accept-Ranges": "bytes",
            "ETag": self.etag,
            "Last-Modified": LAST_MODIFIED,
            **ENCRYPTION,
        }

    def s3(self, version: str = "s3v4") -> Any:
        config = Config(signature_version=version)
        return boto3.client("s3", region_name="us-east-1", endpoint_url=self.endpoint, config=config)

    def link(self, operation: str = "get_object", version: str = "s3v4", **parameters: Any) -> str:
        here = {"Bucket": self.bucket, "Key": self.key, **parameters}
        members = {name: each for name, each in here.items() if each is not None}
        return str(self.s3(version).generate_presigned_url(operation, members))


def stored(mock: MockQApps, **kwargs: Any) -> Place:
    granted = grant(mock.client(**kwargs))
    sent = requests.post(
        granted["presignedUrl"], data=granted["presignedUrlFields"], files={"file": CONTENT}, timeout=30
    )
    assert sent.status_code == 204
    upload = mock.uploads[granted["fileId"]]
    return Place(mock, granted, upload.bucket, upload.key)


@pytest.fixture(params=["in process", "loopback", "server"])
def place(request):
    with freeze_time(NOON):
        if request.param == "server":
            mock = request.getfixturevalue("qapps_mock")
            yield stored(mock, endpoint_url=request.getfixturevalue("qapps_server"))
        else:
            with mock_qapps(upload_host="aws" if request.param == "in process" else "loopback") as mock:
                yield stored(mock)


def send(method: str, url: str, **kwargs: Any) -> requests.Response:
    return requests.request(method, url, timeout=30, **kwargs)


def seen(response: requests.Response) -> tuple[int, dict[str, str]]:
    """Return status and headers, in the spelling in which they were sent."""
    assert re.fullmatch("[0-9A-F]{16}", response.headers["x-amz-request-id"])
    assert {"x-amz-request-id", "x-amz-id-2"} <= set(response.headers.keys())
    return response.status_code, {
        name: each for name, each in response.headers.items() if name not in CARRIERS
    }


def refused(response: requests.Response) -> tuple[int, dict[str, str]]:
    assert response.headers["Content-Type"] == "application/xml"
    return response.status_code, error_of(response.content)


# --- The whole object


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_object_is_sent_with_the_headers_of_s3(place, method):
    response = send(method, place.link(f"{method.lower()}_object"))

    length = {"Content-Type": "binary/octet-stream", "Content-Length": str(SIZE)}
    assert seen(response) == (200, {**place.headers, **length})
    assert response.content == (CONTENT if method == "GET" else b"")


@moto_since(5, 1, 9, reason="PutObject keeps aws-chunked in Content-Encoding")
def test_an_object_has_the_metadata_that_it_was_stored_with(place):
    boto3.client("s3", region_name="us-east-1").put_object(
        Bucket=place.bucket,
        Key=place.key,
        Body=b"a,b",
        CacheControl="no-store",
        ContentDisposition='attachment; filename="a.csv"',
        ContentEncoding="identity",
        ContentLanguage="de",
        ContentType="text/csv",
        Expires=NOON,
        Metadata={"colour": "red"},
        StorageClass="STANDARD_IA",
        Tagging="a=b",
    )

    status, headers = seen(send("GET", place.link()))

    assert status == 200
    assert headers.pop("ETag") == f'"{hashlib.md5(b"a,b").hexdigest()}"'
    assert headers.pop("x-amz-server-side-encryption", "AES256") == "AES256"
    assert headers == {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="a.csv"',
        "Content-Encoding": "identity",
        "Content-Language": "de",
        "Content-Length": "3",
        "Content-Type": "text/csv",
        "Expires": LAST_MODIFIED,
        "Last-Modified": LAST_MODIFIED,
        "x-amz-meta-colour": "red",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-tagging-count": "1",
    }


def test_the_checksum_is_sent_on_demand(place):
    response = send("GET", place.link(ChecksumMode="ENABLED"), headers={"x-amz-checksum-mode": "ENABLED"})

    assert (response.status_code, response.headers["x-amz-checksum-sha256"]) == (200, DIGEST)


def test_parameters_of_the_link_replace_headers(place):
    link = place.link(
        ResponseCacheControl="no-cache",
        ResponseContentDisposition="inline; filename=a%20ü.txt",
        ResponseContentEncoding="identity",
        ResponseContentLanguage="en",
        ResponseContentType="text/plain",
        ResponseExpires=NOON,
    )

    status, headers = seen(send("GET", link))

    assert status == 200
    assert headers["Content-Disposition"] == "inline; filename=a%20ü.txt"
    assert headers == {
        **place.headers,
        "Cache-Control": "no-cache",
        "Content-Disposition": headers["Content-Disposition"],
        "Content-Encoding": "identity",
        "Content-Language": "en",
        "Content-Length": str(SIZE),
        "Content-Type": "text/plain",
        "Expires": headers["Expires"],
    }


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "größe \u2013", "\0"])
def test_a_parameter_that_no_header_can_carry_is_refused(place, value):
    link = place.link(ResponseContentType=value)

    assert refused(send("GET", link)) == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Header value cannot be represented using ISO-8859-1.",
            "ArgumentName": "response-content-type",
            "ArgumentValue": value.replace("\r", "\n").replace("\n\n", "\n").replace("\0", "\ufffd"),
        },
    )


# --- A part of it


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-3", 0, 4),
        ("bytes=4-", 4, SIZE),
        ("bytes=-3", SIZE - 3, SIZE),
        ("bytes=-9999", 0, SIZE),
        ("bytes=9-9999", 9, SIZE),
        ("Bytes = 0-0", 0, 1),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_range_is_sent_as_a_part(place, method, asked, start, stop):
    response = send(method, place.link(f"{method.lower()}_object"), headers={"Range": asked})

    assert seen(response) == (
        206,
        {
            **place.headers,
            "Content-Length": str(stop - start),
            "Content-Range": f"bytes {start}-{stop - 1}/{SIZE}",
            "Content-Type": "binary/octet-stream",
        },
    )
    assert response.content == (CONTENT[start:stop] if method == "GET" else b"")


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,3-4", "bytes=9-1", "bytes=a-b", "bytes=5", "lines=0-1", "", "bytes=" + "9" * 9000]
)
def test_a_range_that_s3_ignores_sends_the_whole(place, asked):
    response = send("GET", place.link(), headers={"Range": asked})

    assert (response.status_code, response.content) == (200, CONTENT)


def test_a_range_beyond_the_object_is_refused(place):
    asked = {"Range": f"bytes={SIZE}-"}

    assert refused(send("GET", place.link(), headers=asked)) == (
        416,
        {
            "Code": "InvalidRange",
            "Message": "The requested range is not satisfiable",
            "RangeRequested": f"bytes={SIZE}-",
            "ActualObjectSize": str(SIZE),
        },
    )
    head = send("HEAD", place.link("head_object"), headers=asked)
    assert (head.status_code, head.content) == (416, b"")


# --- On conditions

OTHER_ETAG = '"0"'
HUGE = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": ETAG}, 200),
        ({"If-Match": BARE_ETAG}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f"{OTHER_ETAG}, {ETAG}"}, 200),
        ({"If-Match": ETAG, "If-Unmodified-Since": EARLIER}, 200),
        ({"If-Match": OTHER_ETAG}, 412),
        ({"If-Match": OTHER_ETAG, "If-Unmodified-Since": LATER}, 412),
        ({"If-Unmodified-Since": LAST_MODIFIED}, 200),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Unmodified-Since": "yesterday"}, 200),
        ({"If-Unmodified-Since": HUGE}, 200),
        ({"If-None-Match": OTHER_ETAG}, 200),
        ({"If-None-Match": ETAG}, 304),
        ({"If-None-Match": f"W/{ETAG}"}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": ETAG, "If-Modified-Since": EARLIER}, 304),
        ({"If-None-Match": OTHER_ETAG, "If-Modified-Since": LATER}, 200),
        ({"If-Modified-Since": EARLIER}, 200),
        ({"If-Modified-Since": LAST_MODIFIED}, 304),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Match": OTHER_ETAG, "If-None-Match": ETAG}, 412),
        ({"If-None-Match": ETAG, "Range": "bytes=0-1"}, 304),
    ],
)
def test_conditions_of_a_download(place, headers, status):
    sent = {
        name: each.replace(BARE_ETAG, place.etag.strip('"')).replace(ETAG, place.etag)
        for name, each in headers.items()
    }

    response = send("GET", place.link(), headers=sent)

    if status == 200:
        assert (response.status_code, response.content) == (200, CONTENT)
    elif status == 304:
        assert seen(response) == (304, place.headers)
        assert response.content == b""
    else:
        assert refused(response) == (
            412,
            {
                "Code": "PreconditionFailed",
                "Message": "At least one of the pre-conditions you specified did not hold",
                "Condition": "If-Match" if "If-Match" in headers else "If-Unmodified-Since",
            },
        )


# --- What a link is not for


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "PATCH", "HEAD", "OPTIONS"])
def test_a_link_is_for_the_method_that_it_is_signed_for(place, method):
    response = send(method, place.link(), data=b"other")

    assert response.status_code == 403
    if method == "HEAD":
        assert response.content == b""
    else:
        _, error = refused(response)
        assert (error["Code"], error["Message"]) == MISMATCH
        assert error["CanonicalRequest"].startswith(f"{method}\n/")
    assert send("GET", place.link()).content == CONTENT


@pytest.mark.parametrize(
    ("operation", "method", "parameters"),
    [
        ("put_object", "PUT", {}),
        ("delete_object", "DELETE", {}),
        ("create_multipart_upload", "POST", {}),
        ("get_object_tagging", "GET", {}),
        ("get_object_acl", "GET", {}),
        ("list_objects_v2", "GET", {"Key": None}),
        ("head_bucket", "HEAD", {"Key": None}),
    ],
)
def test_only_downloads_are_allowed_by_a_link(place, operation, method, parameters):
    response = send(method, place.link(operation, **parameters))

    if method == "HEAD":
        assert (response.status_code, response.content) == (403, b"")
    else:
        assert refused(response) == ACCESS_DENIED
    assert send("GET", place.link()).content == CONTENT


@pytest.mark.parametrize(("operation", "method"), [("get_object", "GET"), ("delete_object", "DELETE")])
def test_a_link_signed_with_sigv2_is_refused(place, operation, method):
    assert refused(send(method, place.link(operation, version="s3"))) == (
        400,
        {
            "Code": "InvalidRequest",
            "Message": "The authorization mechanism you have provided is not supported. "
            "Please use AWS4-HMAC-SHA256.",
        },
    )


def test_a_link_signed_with_sigv2_and_sigv4_is_refused(place):
    response = send("GET", f"{place.link()}&AWSAccessKeyId=a&Signature=b%3D&Expires=4000000000")

    assert refused(response) == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
            "string parameter or the Authorization header should be specified",
            "ArgumentName": "Signature",
            "ArgumentValue": "b=",
        },
    )


def test_a_link_without_an_object_gets_no_such_key(place):
    link = place.link(Key="nothing here")

    assert refused(send("GET", link)) == (
        404,
        {"Code": "NoSuchKey", "Message": "The specified key does not exist.", "Key": "nothing here"},
    )


def test_what_a_client_signs_in_a_header_is_for_moto(qapps_mock, qapps_server):
    for place in (stored(qapps_mock), stored(qapps_mock, endpoint_url=qapps_server)):
        found = place.s3().get_object(Bucket=place.bucket, Key=place.key)

        assert found["Body"].read() == CONTENT


def test_a_link_may_be_encoded_in_another_way(place):
    link = place.link()

    assert send("GET", link.replace("%2F", "/")).content == CONTENT


@pytest.mark.parametrize("header", ["Bearer token", "Basic dTpw"])
def test_a_form_with_another_kind_of_authorization_is_refused(place, header):
    response = send(
        "POST",
        place.granted["presignedUrl"],
        data=place.granted["presignedUrlFields"],
        files={"file": CONTENT},
        headers={"Authorization": header},
    )

    assert refused(response) == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Unsupported Authorization Type",
            "ArgumentName": "Authorization",
            "ArgumentValue": header,
        },
    )


@pytest.mark.parametrize("header", ["Bearer token", "AWS4-HMAC-SHA256 Credential=a/b/c/s3/d"])
def test_a_link_with_an_authorization_header_is_refused(place, header):
    response = send("GET", place.link(), headers={"Authorization": header})

    assert refused(response) == (
        400,
        {
            "Code": "InvalidArgument",
            "Message": "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
            "string parameter or the Authorization header should be specified",
            "ArgumentName": "Authorization",
            "ArgumentValue": header,
        },
    )


@pytest.mark.parametrize("header", ["AWS4-HMAC-SHA256 Credential=a/b/c/s3/d"])
def test_a_header_does_not_bypass_the_policy(place, header):
    def post(content: bytes) -> requests.Response:
        return send(
            "POST",
            place.granted["presignedUrl"],
            data=place.granted["presignedUrlFields"],
            files={"file": content},
            headers={"Authorization": header},
        )

    assert post(CONTENT).status_code == 204
    assert refused(post(b"other"))[1]["Code"] == "BadDigest"
    assert [each.code for each in place.mock.uploads[place.granted["fileId"]].refused] == ["BadDigest"]


def test_a_virtual_host_is_checked_by_a_server_too(qapps_server, qapps_mock):
    place = stored(qapps_mock)
    host = f"{place.bucket}.s3.us-east-1.amazonaws.com"

    response = send("GET", f"{qapps_server}/{place.key}", headers={"Host": host})

    assert refused(response) == ACCESS_DENIED


@pytest.mark.parametrize(
    "target",
    [
        b"/%b/a\xff?X-Amz-Signature=0",
        b"/%b/a?X-Amz-Signature=0&\xff=\xff",
        b"/%b/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%k/\xff/\xff/s3/aws4_request"
        b"&X-Amz-Date=20260301T120000Z&X-Amz-Expires=9&X-Amz-SignedHeaders=host;x-a;\xff&X-Amz-Signature=\xff",
    ],
)
@pytest.mark.parametrize("host", [b"a", b"[", b"\xff"])
def test_bytes_that_are_not_utf_8_are_refused(target, host):
    with freeze_time(NOON), mock_qapps(upload_host="loopback") as mock:
        place = stored(mock)
        server = urlsplit(place.granted["presignedUrl"])
        access_key = os.environ["AWS_ACCESS_KEY_ID"].encode()
        path = target.replace(b"%b", place.bucket.encode()).replace(b"%k", access_key)
        with socket.create_connection((server.hostname, server.port)) as connection:
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: " + host + b"\r\nx-a: \xff\r\n\r\n")
            response = b"".join(iter(lambda: connection.recv(65536), b""))

    assert response.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))
    assert b"<Error><Code>" in response or host == b"["


# --- The gate


@pytest.mark.parametrize(
    ("method", "url", "path_style"),
    [
        ("GET", "https://sts.amazonaws.com/?X-Amz-Signature=0", False),
        ("GET", "https://s3.amazonaws.com/", False),
        ("POST", "http://127.0.0.1:5000/", True),
        ("POST", "http://127.0.0.1:5000/mine/key", True),
        ("GET", "https://mine.s3.amazonaws.com/key", False),
        ("GET", "http://127.0.0.1:5000/mine/key?X-Amz-Signature=0", True),
    ],
)
def test_moto_handles_all_other_requests(method, url, path_style):
    assert gate.classify(method, url, Headers(), path_style=path_style, enforce_all_posts=True) is None


@pytest.mark.parametrize(
    ("url", "path_style"),
    [
        ("https://mine.s3.amazonaws.com/", False),
        ("https://s3.us-east-1.amazonaws.com/mine/", False),
        ("http://127.0.0.1:5000/mine", True),
        ("https://mine.s3.amazonaws.com/", True),
    ],
)
def test_a_form_is_recognised_in_every_style_of_url(url, path_style):
    found = gate.classify("POST", url, Headers(), path_style=path_style, enforce_all_posts=True)

    assert found is not None
    assert (found.is_form, found.address.bucket, found.address.key) == (True, "mine", "")
    assert gate.classify("POST", url, Headers(), path_style=path_style) is None


def test_a_signed_post_without_a_form_is_motos():
    headers = Headers({"authorization": "AWS4-HMAC-SHA256 ...", "content-type": "application/json"})

    assert gate.classify("POST", "http://a/mine", headers, path_style=True, enforce_all_posts=True) is None


def role_keys() -> Any:
    sts = boto3.client("sts", region_name="us-east-1")
    role = "arn:aws:iam::123456789012:role/reader"
    return sts.assume_role(RoleArn=role, RoleSessionName="test", DurationSeconds=900)["Credentials"]


def link_of_role(place: Place, keys: Any, token: str | None) -> str:
    s3 = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=place.endpoint,
        config=Config(signature_version="s3v4"),
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=token,
    )
    return str(s3.generate_presigned_url("get_object", {"Bucket": place.bucket, "Key": place.key}))


def test_a_link_of_temporary_keys_needs_their_token(place):
    keys = role_keys()

    assert send("GET", link_of_role(place, keys, keys["SessionToken"])).content == CONTENT
    status, error = refused(send("GET", link_of_role(place, keys, None)))
    assert (status, error["Code"], error["AWSAccessKeyId"]) == (
        403,
        "InvalidAccessKeyId",
        keys["AccessKeyId"],
    )
    status, error = refused(send("GET", link_of_role(place, keys, "other")))
    assert (status, error["Code"], error["Token-0"]) == (400, "InvalidToken", "other")


def test_a_link_of_temporary_keys_ends_with_them(place):
    keys = role_keys()
    with freeze_time(keys["Expiration"].astimezone(timezone.utc) - timedelta(seconds=1)) as clock:
        link = link_of_role(place, keys, keys["SessionToken"])
        assert send("GET", link).content == CONTENT

        clock.tick(timedelta(seconds=1))

        assert refused(send("GET", link)) == (
            400,
            {
                "Code": "ExpiredToken",
                "Message": "The provided token has expired.",
                "Token-0": keys["SessionToken"],
            },
        )
