"""Requests that a server refuses because of their size: it does not read them into memory first."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from qapps_mock.http_message import IncomingBody
from qapps_mock.service import dispatch, s3_requests
from tests.conftest import Console, console_server, grant

MIB = 1024 * 1024
BOUNDARY = "3f1d7e9b"
EXPECT = b"Host: a\r\ninstance-id: i\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n"


class Sent:
    """A body that requests sends in pieces, with its length."""

    def __init__(self, head: bytes, size: int, tail: bytes) -> None:
        self.head, self.size, self.tail = head, size, tail

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        for at in range(0, self.size, MIB):
            yield bytes(min(MIB, self.size - at))
        yield self.tail

    def __len__(self) -> int:
        return len(self.head) + self.size + len(self.tail)


def form(fields: dict[str, str], size: int, *, after: str = "") -> Sent:
    """Return a form whose file has *size* bytes."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return Sent("".join([*parts, file]).encode(), size, f"{after}\r\n--{BOUNDARY}--\r\n".encode())


def headers(body: Sent) -> dict[str, str]:
    return {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "content-length": str(len(body))}


class Reader:
    """The body of a request, which counts what is read."""

    def __init__(self, body: Sent) -> None:
        self.rest = b"".join(body)
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        piece = self.rest if size < 0 else self.rest[:size]
        self.rest = self.rest[len(piece) :]
        self.read_bytes += len(piece)
        return piece


def post(url: str, body: Sent) -> tuple[Any, int]:
    """Return status and body of the response to a form, and how many bytes of the form were read."""
    reader = Reader(body)
    incoming = IncomingBody(reader.read, len(body))
    response = s3_requests.respond("POST", url, headers(body), incoming)
    assert response is not None
    return (response[0], response[2].decode()), reader.read_bytes


def code(answer: str) -> str:
    (found,) = re.findall("<Code>(.*)</Code>", answer)
    return str(found)


@pytest.mark.qapps_mock(max_file_size=100_000)
@pytest.mark.parametrize(
    "after", ["", f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="submit"\r\n\r\n']
)
def test_a_file_that_is_too_large_is_refused_by_its_length(qapps_mock, qapps_client, after):
    granted = grant(qapps_client)

    (status, text), read = post(
        granted["presignedUrl"], form(granted["presignedUrlFields"], 300_000, after=after)
    )

    assert (status, code(text)) == (400, "EntityTooLarge")
    assert (
        f"<ProposedSize>{300_000 + len(after)}</ProposedSize><MaxSizeAllowed>100000</MaxSizeAllowed>" in text
    )
    assert read == 65536
    assert [each.code for each in qapps_mock.uploads[granted["fileId"]].refused] == ["EntityTooLarge"]


@pytest.mark.qapps_mock(max_file_size=100_000)
def test_a_file_that_may_be_small_enough_is_read(qapps_client):
    granted = grant(qapps_client)
    after = f'\r\n--{BOUNDARY}\r\nContent-Disposition: form-data; name="submit"\r\n\r\n{"x" * 50_000}'
    body = form(granted["presignedUrlFields"], 100_000, after=after)

    (_, text), read = post(granted["presignedUrl"], body)

    assert (code(text), read) == ("BadDigest", len(body))  # which is checked after the size


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"x-amz-signature": "0" * 64}, "SignatureDoesNotMatch"),
        ({"extra": "x"}, "AccessDenied"),
        ({"policy": "x" * 70_000}, "MaxPostPreDataLengthExceeded"),
    ],
)
def test_a_large_form_is_refused_for_its_fields_without_its_file(qapps_client, changes, refusal):
    granted = grant(qapps_client)

    (_, text), read = post(granted["presignedUrl"], form({**granted["presignedUrlFields"], **changes}, MIB))

    assert (code(text), read) == (refusal, 65536)


@pytest.mark.parametrize("head", [b"no form", b"--3f1d7e9b"])
def test_a_large_body_that_is_no_form_is_refused_by_its_beginning(qapps_client, head):
    granted = grant(qapps_client)

    (_, text), read = post(granted["presignedUrl"], Sent(head, MIB, b""))

    assert (code(text), read) == ("MalformedPOSTRequest", 65536)


def test_an_anonymous_request_is_refused_without_its_body(qapps_client):
    url = f"{grant(qapps_client)['presignedUrl']}key"
    reader = Reader(Sent(b"", MIB, b""))

    response = s3_requests.respond("PUT", url, {}, IncomingBody(reader.read, MIB))

    assert response is not None
    assert (response[0], reader.read_bytes) == (403, 0)


@pytest.mark.parametrize(
    ("method", "path", "error"),
    [
        ("POST", "/apps.importDocument", "ContentTooLargeException"),
        ("POST", "/apps.create", "ContentTooLargeException"),
        ("GET", "/apps.list", "ValidationException"),
    ],
)
def test_a_call_that_is_too_large_is_refused_by_its_length(qapps_mock, method, path, error):
    def read(size: int) -> bytes:
        raise AssertionError("read")

    url, limit = f"https://data.qapps.us-east-1.amazonaws.com{path}", 2 * 50 * MIB
    status, about, body = dispatch.handle(method, url, {}, IncomingBody(read, limit + 1))

    assert (status, about["x-amzn-errortype"]) == (413 if error.startswith("Content") else 400, error)
    assert f"The request has {limit + 1} bytes; at most {limit} are allowed." in body.decode()
    assert [(call.error, call.params) for call in qapps_mock.calls()] == [(error, {})]


@pytest.fixture
def qapps_url() -> Iterator[Console]:
    with console_server() as console:
        yield console


def client_of(console: Console) -> Any:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return boto3.client("qapps", region_name="us-east-1", endpoint_url=console.url, **keys)


def peak(console: Console) -> int:
    """Return the most memory that a process has had, in MiB."""
    status = Path(f"/proc/{console.process.pid}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) // 1024


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of another process is read from /proc")
def test_200_mib_that_are_refused_take_no_memory(qapps_url):
    granted = grant(client_of(qapps_url))
    large = form(granted["presignedUrlFields"], 200 * MIB)
    call = Sent(b"", 200 * MIB, b"")
    before = peak(qapps_url)

    upload = requests.post(granted["presignedUrl"], data=large, headers=headers(large), timeout=60)
    put = requests.put(f"{granted['presignedUrl']}key", data=call, timeout=60)
    created = requests.post(
        f"{qapps_url.url}/apps.create", data=call, headers={"instance-id": "i"}, timeout=60
    )

    assert [upload.status_code, put.status_code, created.status_code] == [400, 403, 413]
    assert f"<ProposedSize>{200 * MIB}</ProposedSize>" in upload.text
    assert peak(qapps_url) - before < 30


def exchange(console: Console, request: bytes) -> tuple[socket.socket, bytes]:
    connection = socket.create_connection(("127.0.0.1", int(console.url.rpartition(":")[2])), timeout=30)
    connection.sendall(request)
    return connection, connection.recv(65536)


@pytest.mark.parametrize("line", [b"POST /apps.create HTTP/1.1\r\n", b"PUT /%s/key HTTP/1.1\r\n"])
def test_a_client_that_waits_for_100_continue_is_refused_at_once(qapps_url, line):
    bucket = grant(client_of(qapps_url))["presignedUrl"].split("/")[3].encode()
    line = line.replace(b"%s", bucket)

    connection, answer = exchange(qapps_url, line + EXPECT % (200 * MIB))
    connection.close()

    assert answer.startswith((b"HTTP/1.1 413 ", b"HTTP/1.1 403 "))
    assert b"100 Continue" not in answer


def test_a_client_that_waits_for_100_continue_can_send_chunks(qapps_url):
    lines = b"POST /apps.create HTTP/1.1\r\nHost: a\r\ninstance-id: i\r\nExpect: 100-continue\r\n"
    body = b'{"title": "T", "appDefinition": {"cards": []}}'

    connection, first = exchange(qapps_url, lines + b"Transfer-Encoding: chunked\r\n\r\n")
    with connection:
        connection.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        answer = connection.recv(65536)

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_large_file_is_stored(qapps_server, qapps_mock):
    client = qapps_mock.client(endpoint_url=qapps_server)
    granted = grant(client, fileContentsSha256="3tda4T2i0T1Pfhhb5acUmSpCPSv24091U6u+hx39WoQ=")
    content = b"\r\n--" * 50_000

    answer = requests.post(
        granted["presignedUrl"], data=granted["presignedUrlFields"], files={"file": content}, timeout=30
    )

    assert answer.status_code == 204
    assert qapps_mock.uploads[granted["fileId"]].content == content
