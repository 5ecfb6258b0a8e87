"""Hostile form uploads: never a traceback, never a 5xx, and a refused upload stores nothing.

``QAPPS_MOCK_FUZZ=100000 pytest tests/test_fuzz_uploads.py`` runs longer.
"""

from __future__ import annotations

import base64
import copy
import functools
import gc
import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from moto.s3.models import s3_backends
from werkzeug.formparser import FormDataParser

from qapps_mock import MockQApps, credentials, mock_qapps
from qapps_mock.http_message import Response
from qapps_mock.s3 import form
from qapps_mock.s3.signature import sign_v4, signing_key
from qapps_mock.service import s3_requests
from tests.conftest import CONTENT, grant, qapps
from tests.shapes import JSON, Headers, fuzz

LONG = fuzz(300)
BOUNDARY = "----boundary"
# JSON that Python reads and other parsers may reject: huge numbers, constants, lone surrogates.
ODD_JSON: st.SearchStrategy[Any] = st.sampled_from(
    [
        float("nan"),
        float("inf"),
        1e400,
        10**4000,
        -(10**30),
        "\ud800",
        "\x00",
        "$",
        "$key",
        "",
        [],
        {},
        None,
        True,
    ]
)
ANY_JSON = JSON | ODD_JSON


class Post(NamedTuple):
    """A form upload: its URL, and its parts in order."""

    url: str
    fields: list[tuple[str, str]]
    file: bytes = CONTENT


def part(name: str, value: bytes, parameters: str = "") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"{parameters}\r\n\r\n'
    return head.encode("utf-8", "surrogatepass") + value + b"\r\n"


def body_of(post: Post, boundary: str = BOUNDARY) -> bytes:
    parts = [part(name, value.encode("utf-8", "surrogatepass")) for name, value in post.fields]
    parts.append(part("file", post.file, '; filename="a.txt"'))
    delimiter = f"--{boundary}\r\n".encode()
    return b"".join(delimiter + each for each in parts) + f"--{boundary}--\r\n".encode()


def granted() -> Post:
    """Return the upload that CreatePresignedUrl grants."""
    made = grant(client())
    return Post(made["presignedUrl"], list(made["presignedUrlFields"].items()))


@functools.cache
def client() -> Any:
    """Return one client for all examples: making one takes long."""
    return qapps(aws_access_key_id="key", aws_secret_access_key="secret")


def stored(mock: MockQApps) -> object:
    """Return all objects of the mocked S3, and the uploads that the mock has recorded."""
    objects = {
        (bucket.name, key): value.etag
        for accounts in s3_backends.values()
        for backend in accounts.values()
        for bucket in backend.buckets.values()
        for key, value in bucket.keys.items()
    }
    return objects, {name: (each.content, each.uploaded_at) for name, each in mock.uploads.items()}


def send(
    mock: MockQApps, url: str, body: bytes, content_type: str = f"multipart/form-data; boundary={BOUNDARY}"
) -> Response:
    """Send a form and check what must be true of every response."""
    before = stored(mock)
    answer = s3_requests.respond("POST", url, Headers({"content-type": content_type}), body)
    assert answer is not None
    status, headers, text = answer
    assert status in (200, 201, 204, 303) or 400 <= status < 500
    assert all(isinstance(value, str) and value.isprintable() for value in headers.values())
    assert (stored(mock) == before) == (status >= 400)
    if status >= 400:
        error = ElementTree.fromstring(text)
        assert error.findtext("Code")
        assert error.findtext("Message")
    return answer


def signed(post: Post, document: object, *, raw: bytes | None = None) -> Post:
    """Return *post* with another policy, signed with the service's own key."""
    fields = dict(post.fields)
    _, date, region, *_ = fields["x-amz-credential"].split("/")
    text = json.dumps(document).encode() if raw is None else raw
    fields["policy"] = base64.b64encode(text).decode()
    key = signing_key(credentials.service(None).secret.key, date=date, region=region)
    fields["x-amz-signature"] = sign_v4(key, fields["policy"])
    return post._replace(fields=list(fields.items()))


def policy_of(post: Post) -> Any:
    return json.loads(base64.b64decode(dict(post.fields)["policy"]))


def test_what_is_sent_here_is_accepted_when_nothing_is_wrong():
    with mock_qapps() as mock:
        post = granted()

        assert send(mock, post.url, body_of(post))[0] == 204
        again = granted()
        assert send(mock, again.url, body_of(signed(again, policy_of(again))))[0] == 204
        assert [each.content for each in mock.uploads.values()] == [CONTENT, CONTENT]


# The form


@LONG
@given(
    body=st.binary(max_size=200),
    content_type=st.text(max_size=60)
    | st.sampled_from(["", "multipart/form-data", "multipart/form-data; boundary="])
    | st.text(max_size=80).map(lambda boundary: f"multipart/form-data; boundary={boundary}"),
)
@example(body=b"--\xff", content_type="multipart/form-data; boundary=\xff")
@example(body=b"------boundary--", content_type=f"multipart/form-data; boundary={BOUNDARY}")
@example(body=b"x", content_type="multipart/form-data; boundary*=utf-8''%ff")
@example(body=b"x", content_type='multipart/form-data; boundary="' + "\\" * 1000)
def test_any_bytes_of_any_type_are_refused(body, content_type):
    with mock_qapps() as mock:
        status, _, _ = send(mock, granted().url, body, content_type)

    assert status in (400, 412)


@LONG
@given(
    cut=st.integers(0, 4000),
    place=st.integers(0, 4000),
    insert=st.binary(max_size=40)
    | st.sampled_from([b"\r\n", b"\r\n\r\n", b"--", b'"', b"\\", b"\x00", f"\r\n--{BOUNDARY}\r\n".encode()])
    | st.sampled_from([f"\r\n--{BOUNDARY}--".encode(), b"\r\n" * 5000, b"\xff\xfe", b'; filename="b"']),
)
@example(cut=0, place=0, insert=b"\r\n" * 50_000)
@example(cut=0, place=60, insert=b"a: b\r\n" * 20_000)
def test_a_form_with_changed_bytes_is_stored_or_refused(cut, place, insert):
    with mock_qapps() as mock:
        post = granted()
        body = body_of(post)
        place %= len(body)

        send(mock, post.url, body[:place] + insert + body[place + cut % 200 :])


@LONG
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_truncated_form_is_refused(share):
    with mock_qapps() as mock:
        post = granted()
        body = body_of(post)
        # The form is complete without its last line.
        end = int((len(body) - len(f"--{BOUNDARY}--\r\n")) * share)

        status, _, _ = send(mock, post.url, body[:end])

    assert status == 400


@LONG
@given(boundary=st.text(max_size=80), quoted=st.booleans())
def test_a_form_with_any_boundary_is_stored_or_refused(boundary, quoted):
    with mock_qapps() as mock:
        post = granted()
        written = f'"{boundary}"' if quoted else boundary
        body = body_of(post, boundary.encode("utf-8", "replace").decode())

        send(mock, post.url, body, f"multipart/form-data; boundary={written}")


PLAIN_NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,20}", fullmatch=True).filter(
    lambda name: name.lower() != "file"
)


@LONG
@given(
    fields=st.lists(
        st.tuples(PLAIN_NAMES, st.text(max_size=60).filter(lambda text: "${filename}" not in text)),
        max_size=6,
        unique_by=lambda field: field[0].lower(),
    ),
    content=st.binary(max_size=300)
    | st.sampled_from([b"", b"\r\n", b"\r\n--", b"--" + BOUNDARY[:-1].encode()]),
)
def test_a_well_formed_form_is_read_as_werkzeug_reads_it(fields, content):
    pairs = {"key": "a", **{name.lower(): value for name, value in fields}}
    body = body_of(Post("", list(pairs.items()), content))

    read = form.parse(f"multipart/form-data; boundary={BOUNDARY}", body)

    decoder = FormDataParser(stream_factory=lambda *args, **kwargs: io.BytesIO())
    _, theirs, files = decoder.parse(
        io.BytesIO(body), "multipart/form-data", len(body), {"boundary": BOUNDARY}
    )
    assert read.fields == theirs.to_dict()
    assert bytes(read.content) == files["file"].read()


FIELD_NAMES = ["policy", "key", "file", "x-amz-date", "x-amz-credential", "x-amz-signature", "acl", "bucket"]
NAMES = st.sampled_from(
    [*FIELD_NAMES, "KEY", "tagging", "x-amz-meta-a", "x-ignore-me", "success_action_redirect", ""]
) | st.text(max_size=8)


@LONG
@given(
    extra=st.lists(
        st.tuples(NAMES, st.text(max_size=20) | st.sampled_from(["\ud800", "\r\n", "${filename}"])),
        max_size=4,
    ),
    dropped=st.sets(st.integers(0, 11), max_size=2),
    order=st.randoms(use_true_random=False),
)
def test_fields_that_are_doubled_dropped_or_moved_are_accepted_or_refused(extra, dropped, order):
    with mock_qapps() as mock:
        post = granted()
        fields = [each for place, each in enumerate(post.fields) if place not in dropped] + extra
        order.shuffle(fields)

        send(mock, post.url, body_of(post._replace(fields=fields)))


HEADS = st.lists(
    st.sampled_from(
        [
            'Content-Disposition: form-data; name="key"',
            'Content-Disposition: form-data; name="file"; filename="a"',
            "Content-Disposition: form-data",
            "Content-Disposition: attachment",
            "Content-Disposition: form-data; name*=utf-8''%ff",
            "Content-Disposition: form-data; name=key; name=policy",
            "Content-Type: text/plain; charset=nothing",
            "Content-Type: multipart/mixed; boundary=inner",
            "Content-Transfer-Encoding: base64",
            "Content-Length: -1",
            "no colon",
            ": no name",
            "",
        ]
    )
    | st.text(max_size=20),
    max_size=4,
)


@LONG
@given(parts=st.lists(st.tuples(HEADS, st.binary(max_size=20)), max_size=4))
def test_parts_with_odd_and_doubled_headers_are_accepted_or_refused(parts):
    with mock_qapps() as mock:
        post = granted()
        odd = b"".join(
            f"--{BOUNDARY}\r\n".encode()
            + "\r\n".join(heads).encode("utf-8", "replace")
            + b"\r\n\r\n"
            + data
            + b"\r\n"
            for heads, data in parts
        )

        send(mock, post.url, odd + body_of(post))


# The policy


@LONG
@given(document=ANY_JSON)
@example(document={"expiration": "9999-12-31T23:59:59.999Z", "conditions": []})
@example(document={"expiration": "0001-01-01T00:00:00Z", "conditions": []})
@example(document={"expiration": "2030-02-30T00:00:00Z", "conditions": {}})
def test_any_json_as_a_signed_policy_is_refused(document):
    with mock_qapps() as mock:
        post = granted()

        status, _, _ = send(mock, post.url, body_of(signed(post, document)))

    assert status in (400, 403)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside *value*."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield (*path, name)
        yield from places(each, (*path, name))


def put(document: Any, path: tuple[Any, ...], value: object) -> Any:
    changed = copy.deepcopy(document)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed


@LONG
@given(place=st.integers(0, 10_000), value=ANY_JSON)
def test_any_json_anywhere_in_a_signed_policy_is_accepted_or_refused(place, value):
    with mock_qapps() as mock:
        post = granted()
        document = policy_of(post)
        every = list(places(document))

        send(mock, post.url, body_of(signed(post, put(document, every[place % len(every)], value))))


@LONG
@given(
    operator=st.sampled_from(["eq", "EQ", "starts-with", "content-length-range"]) | ANY_JSON,
    rest=st.lists(ANY_JSON | st.sampled_from(["$key", "$file", "$", "0", "-0", 0, 10**30]), max_size=3),
)
def test_any_further_condition_is_accepted_or_refused(operator, rest):
    with mock_qapps() as mock:
        post = granted()
        document = policy_of(post)
        document["conditions"].append([operator, *rest])

        send(mock, post.url, body_of(signed(post, document)))


@LONG
@given(raw=st.binary(max_size=60))
@example(raw=b"[" * 9000)
@example(raw=b'{"conditions":' * 900)
@example(raw=b"1" * 9000)
@example(raw=b'{"expiration": "2030-01-01T00:00:00Z", "conditions": [{"a": ' + b"[" * 5000)
@example(raw=b"\xef\xbb\xbf{}")
def test_any_bytes_as_a_signed_policy_are_refused(raw):
    with mock_qapps() as mock:
        post = granted()

        status, _, _ = send(mock, post.url, body_of(signed(post, None, raw=raw)))

    assert status == 400


# Sizes


def steps(work: Callable[[], object]) -> int:
    """Count the calls, of Python and of C, that *work* makes."""
    count = 0

    def profile(frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    gc.disable()  # what other tests left behind would be counted
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


def many_parts_after_the_file(post: Post, size: int) -> bytes:
    more = (f"--{BOUNDARY}\r\n".encode() + part("more", b"x")) * size
    return body_of(post).replace(f"--{BOUNDARY}--".encode(), more + f"--{BOUNDARY}--".encode())


def many_fields(post: Post, size: int) -> bytes:
    more = [(f"x-ignore-{number}", "") for number in range(size)]
    return body_of(post._replace(fields=[*post.fields, *more]))


def many_odd_parts(post: Post, size: int) -> bytes:
    # A name that needs quoting is decoded.
    odd = f"--{BOUNDARY}\r\n".encode() + part("x-ignore-\u00e9", b"")
    return odd * size + body_of(post)


def many_conditions(post: Post, size: int) -> bytes:
    document = policy_of(post)
    document["conditions"] += [["starts-with", "$key", ""]] * size
    return body_of(signed(post, document))


def many_lines_in_the_file(post: Post, size: int) -> bytes:
    return body_of(post._replace(file=b"\r\n--" * size))


def many_headers(post: Post, size: int) -> bytes:
    return f"--{BOUNDARY}\r\n".encode() + b"a: b\r\n" * size + body_of(post)


@pytest.mark.parametrize(
    "body",
    [
        many_parts_after_the_file,
        many_fields,
        many_odd_parts,
        many_conditions,
        many_lines_in_the_file,
        many_headers,
    ],
)
def test_twice_the_data_needs_at_most_twice_the_steps(body):
    with mock_qapps() as mock:
        post = granted()
        send(mock, post.url, body(post, 10))
        bodies = [body(post, size) for size in (50, 100, 200)]
        headers = Headers({"content-type": f"multipart/form-data; boundary={BOUNDARY}"})

        def count(each: bytes) -> int:
            form._disposition.cache_clear()  # a cached result would save steps of the next body
            return steps(functools.partial(s3_requests.respond, "POST", post.url, headers, each))

        once, twice, four_times = map(count, bodies)

    # Twice the data may take twice the steps; a tenth more is for work that is done only sometimes.
    assert four_times - twice <= 2.2 * max(twice - once, 50)


# The URL and the headers

ORIGINS = [
    "https://{}.s3.amazonaws.com",
    "https://{}.s3.us-east-1.amazonaws.com",
    "https://{}.s3-eu-west-1.amazonaws.com:443",
    "https://s3.us-east-1.amazonaws.com/{}",
    "https://{}.s3-website.us-east-1.amazonaws.com",
    "http://127.0.0.1:5000/{}",
]
WORDS = st.text(max_size=20) | st.sampled_from(["", "/", "a b", "%", "%2F", "%ff", "?", "a/../b", "//", "&"])
QUERIES = WORDS | st.sampled_from(
    ["uploads", "X-Amz-Signature=1", "X-Amz-Algorithm=AWS4-HMAC-SHA256&Signature=a", "Signature=", "delete"]
)


@LONG
@given(
    method=st.sampled_from(["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "x"]),
    origin=st.sampled_from(ORIGINS),
    path=WORDS,
    query=QUERIES,
    headers=st.fixed_dictionaries(
        {},
        optional={
            "content-type": WORDS | st.just(f"multipart/form-data; boundary={BOUNDARY}"),
            "authorization": WORDS | st.sampled_from(["Bearer a", "AWS4-HMAC-SHA256 a", "AWS a:b"]),
            "transfer-encoding": WORDS | st.just("chunked"),
            "content-length": WORDS | st.just("1"),
            "range": WORDS | st.just("bytes=0-"),
        },
    ),
)
def test_any_url_with_any_headers_gets_a_response_of_s3_or_is_motos(method, origin, path, query, headers):
    with mock_qapps(enforce_all_posts=True) as mock:
        post = granted()
        [bucket] = {each.bucket for each in mock.uploads.values()}
        before = stored(mock)
        url = f"{origin.format(bucket)}/{path}" + (f"?{query}" if query else "")

        answer = s3_requests.respond(method, url, Headers(headers), body_of(post), path_style=True)

        assert answer is None or 200 <= answer[0] < 500
        if answer is None or answer[0] >= 300:
            assert stored(mock) == before
