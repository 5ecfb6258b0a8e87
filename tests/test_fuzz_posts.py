"""The same form gets the same response and stores the same object in process, on loopback and from a server.

``QAPPS_MOCK_FUZZ=5000 pytest tests/test_fuzz_posts.py`` runs longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from moto.s3.models import s3_backends

from qapps_mock import mock_qapps
from qapps_mock.s3 import store
from qapps_mock.server.server import Server
from tests.conftest import grant
from tests.s3.posts import CONTENT_TYPE, error_of, multipart
from tests.s3.test_error_tables import Site
from tests.shapes import fuzz

# What a form can have, valid and not valid, by the names of its fields.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=12)
FIELDS: dict[str, st.SearchStrategy[str]] = {
    "acl": st.sampled_from(["private", "public-read", "none"]),
    "Content-Type": st.sampled_from(["text/plain", "image/png,text/html", "ä"]) | TEXT,
    "Cache-Control": TEXT,
    "Content-Disposition": TEXT,
    "x-amz-meta-a": TEXT,
    "X-Amz-Meta-B_c": TEXT,
    "x-amz-storage-class": st.sampled_from(["STANDARD", "STANDARD_IA", "COLD", "EXPRESS_ONEZONE"]),
    "x-amz-server-side-encryption": st.sampled_from(["AES256", "aws:kms", "none"]),
    "x-amz-website-redirect-location": st.sampled_from(["/a", "https://a.example/", "a"]),
    "tagging": st.sampled_from(
        [
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
            "<Tagging><TagSet><Tag><Key>a</Key><Value>#</Value></Tag></TagSet></Tagging>",
            "<Tagging><TagSet/></Tagging>",
            "a=b",
        ]
    ),
    "success_action_status": st.sampled_from(["200", "201", "204", "500"]),
    "success_action_redirect": st.sampled_from(["https://a.example/?b", "/a", "https://ä.example/ü"]),
    "x-amz-checksum-sha256": st.sampled_from(["A" * 43 + "=", "AAAA", ""]),
    "x-amz-checksum-crc32": st.sampled_from(["AAAAAA==", "?"]),
    "content-md5": st.sampled_from(["A" * 22 + "==", "?"]),
    "x-amz-date": st.sampled_from(["today", "20300101T00000Z", "20301301T000000Z"]),
    "x-ignore-a": TEXT,
    "unknown": TEXT,
}
CONDITIONS = st.sampled_from(
    [
        ["content-length-range", 0, 5],
        ["content-length-range", 3, "9"],
        ["content-length-range", -1, "x"],
        ["starts-with", "$key", "up/"],
        ["starts-with", "$Content-Type", ""],
        ["eq", "key", "a"],
        {"acl": "private"},
        {"bucket": "other"},
        {},
        ["ends-with", "$key", "a"],
    ]
)
KEYS = (
    st.sampled_from(["a.txt", "up/ä b.txt", "up/${filename}", "x" * 1025, "", "a//b/../c", "?#%2F+"]) | TEXT
)


class Post(NamedTuple):
    """A form: its key, its other fields, whether they have conditions, and how it is signed and sent."""

    key: str
    fields: dict[str, str]
    covered: bool
    conditions: list[Any]
    version: int
    content: bytes
    changed: dict[str, str]
    removed: set[str]
    file_name: str | None
    cut: int


POSTS = st.builds(
    Post,
    key=KEYS,
    fields=st.sets(st.sampled_from(sorted(FIELDS)), max_size=4).flatmap(
        lambda names: st.fixed_dictionaries({name: FIELDS[name] for name in sorted(names)})
    ),
    covered=st.sampled_from([True] * 9 + [False]),
    conditions=st.lists(CONDITIONS, max_size=1),
    version=st.sampled_from([4, 2]),
    content=st.binary(max_size=12),
    changed=st.sampled_from(
        [{}] * 9 + [{"policy": "e30="}, {"key": "b"}, {"signature": "0"}, {"x-amz-credential": "a"}]
    ),
    removed=st.sampled_from([set()] * 9 + [{"key"}, {"policy"}, {"AWSAccessKeyId"}, {"x-amz-date"}]),
    file_name=st.sampled_from([None, "f.txt", "C:\\\\up\\\\ü.txt", "a/b"]),
    cut=st.sampled_from([0] * 20 + [5, 60]),
)


def body_of(post: Post, access_key: str, secret: str) -> bytes:
    site = Site("forms", post.key, access_key, secret, None, datetime.now(timezone.utc), post.version)
    fields = site.fields(*post.conditions, more=post.fields if post.covered else {})
    fields |= post.fields | post.changed
    parts = [(name, each, None) for name, each in fields.items() if name not in post.removed]
    body = multipart([*parts, ("file", post.content, post.file_name)])
    return body[: len(body) - post.cut]


class Outcome(NamedTuple):
    """A response without what is different each time, and the objects of the bucket after it."""

    status: int
    headers: dict[str, str]
    elements: dict[str, str]
    objects: dict[str, Any]


_OF_ONE_RESPONSE = {"x-amz-request-id", "x-amz-id-2", "content-length", "date", "server", "connection"}


def send(url: str, body: bytes) -> Outcome:
    """Post a form, look at the bucket, and empty it."""
    answer = requests.post(
        url, body, headers={"Content-Type": CONTENT_TYPE}, allow_redirects=False, timeout=60
    )
    text = answer.text.replace(url, "")
    headers = {name.lower(): value.replace(url, "") for name, value in answer.headers.items()}
    elements = error_of(answer.content) if answer.status_code >= 400 else {"body": text}
    kept = {name: value for name, value in headers.items() if name not in _OF_ONE_RESPONSE}
    bucket = store.find_bucket("forms")
    assert bucket is not None
    objects = {key: shown(bucket, value) for key, value in bucket.keys.items()}
    bucket.keys.clear()
    return Outcome(answer.status_code, kept, elements, objects)


_OF_ONE_OBJECT = {
    "_time_progressed",
    "last_modified",
    "_value_buffer",
    "lock",
    "_version_id",
    "version_id",
    "instance_id",
    "acl",
}


def shown(bucket: Any, stored: Any) -> dict[str, Any]:
    values = {name: repr(value) for name, value in vars(stored).items() if name not in _OF_ONE_OBJECT}
    tags = s3_backends[bucket.account_id][bucket.partition].tagger.get_tag_dict_for_resource(stored.arn)
    grants = [(grant.permissions, [each.uri for each in grant.grantees]) for grant in stored.acl.grants]
    return {
        **values,
        "content": stored.value,
        "tags": tags,
        "grants": grants,
        "metadata": dict(stored.metadata),
    }


@pytest.fixture(scope="module")
def urls() -> Iterator[list[str]]:
    """The bucket's URL in process, on loopback and of a server; they share one mocked S3."""
    with (
        mock_qapps(enforce_all_posts=True, upload_host="loopback") as mock,
        Server(whole=True) as server,
    ):
        client = mock.client(aws_access_key_id="KEY", aws_secret_access_key="SECRET")
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="forms")
        loopback = urlsplit(grant(client)["presignedUrl"])
        yield [
            "https://s3.us-east-1.amazonaws.com/forms/",
            f"{loopback.scheme}://{loopback.netloc}/forms/",
            f"{server.url}/forms/",
        ]


SIGNED = "AWS4-HMAC-SHA256 Credential=KEY/20300101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@fuzz(60)
@given(
    rest=st.sampled_from(["", "a", "an/object", "%00", "%2F", "a/", "ä", "%E4"]),
    query=st.sampled_from(
        ["", "?", "?a", "?x-id=PostObject", "?key=a", "?%FF", "?uploadid=1", "?acl", "?X-Amz-Signature=0"]
    ),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "Content-Type": st.sampled_from(
                [
                    "",
                    "text/plain",
                    "application/json",
                    "multipart/form-data",
                    "multipart/form-data; boundary=x",
                ]
            ),
            "Authorization": st.sampled_from(["Bearer a", "Basic YTpi", "x", "AWS a:b", "AWS", SIGNED]),
            "x-amz-content-sha256": st.sampled_from(["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "a"]),
            "x-amz-decoded-content-length": st.just("a"),
            "Content-Encoding": st.sampled_from(["aws-chunked", "gzip"]),
        },
    ),
    body=st.sampled_from([b"", b"content", b"<a/>", b"key=a", b"--x\r\n\r\n--x--", b"\xff\0"]),
    chunked=st.booleans(),
)
def test_a_post_that_is_neither_a_form_nor_an_operation_gets_the_same_error(
    urls, rest, query, headers, body, chunked
):
    answers = [
        requests.post(
            f"{url}{rest}{query}",
            data=iter([body]) if chunked else body,
            headers=headers,
            auth=as_it_is,
            timeout=60,
        )
        for url in urls
    ]

    assert len({(each.status_code, tuple(error_of(each.content).items())) for each in answers}) == 1
    assert answers[0].status_code in (400, 403, 405, 411, 412)


def as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the netrc of this machine out."""
    return request


@fuzz(60)
@given(post=POSTS)
def test_a_form_gets_the_same_response_wherever_it_is_sent(urls, post):
    body = body_of(post, "KEY", "SECRET")

    outcomes = [send(url, body) for url in urls]

    assert outcomes[1] == outcomes[0]
    assert outcomes[2] == outcomes[0]
    assert outcomes[0].status in (200, 201, 204, 303) or 400 <= outcomes[0].status < 500
    assert bool(outcomes[0].objects) == (outcomes[0].status < 400)


def test_the_fuzz_tries_what_is_stored_and_what_is_refused(urls):
    good = Post("a", {"x-amz-meta-a": "ä"}, True, [], 4, b"1", {}, set(), "f", 0)

    for post in (good, good._replace(version=2), good._replace(fields={"success_action_status": "201"})):
        assert [send(url, body_of(post, "KEY", "SECRET")).status < 400 for url in urls] == [True] * 3
    assert send(urls[0], body_of(good, "KEY", "OTHER")).elements["Code"] == "SignatureDoesNotMatch"
