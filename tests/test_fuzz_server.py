"""Hostile bytes on the wire: never a 5xx, never a traceback, and the server continues.

``QAPPS_MOCK_FUZZ=100000 pytest tests/test_fuzz_server.py`` runs longer.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import socket
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.endpoints import CONTROL_PATH
from qapps_mock.server import control_api
from qapps_mock.server.server import Server
from tests.conftest import APP, INSTANCE, create_app

EXAMPLES = int(os.environ.get("QAPPS_MOCK_FUZZ", "100"))
LONG = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# The correct status for an unknown HTTP version; every other status from 500 on is a defect.
NO_SUCH_VERSION = 505

METHODS = [b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"PATCH", b"get", b"G\x00T", b"\xff", b""]
TARGETS = [
    f"/apps.get?appId={APP}".encode(),
    b"/apps.get?appId=%FF&appId=%",
    b"/apps.create",
    b"/tags/arn%3Aaws%3Aqapps%3A",
    b"/tags/%FF%00",
    f"{CONTROL_PATH}calls?operation=%FF".encode(),
    f"{CONTROL_PATH}failures".encode(),
    f"{CONTROL_PATH}answers".encode(),
    b"/moto-api/reset",
    b"//moto-api/static/qapps/reset",
    b"/bucket/key?X-Amz-Signature=0",
    b"/bucket/",
    b"/",
    b"//",
    b"//[",
    b"*",
    b"?",
    b"http://[/apps.list",
    b"http://[v1]/apps.list",
    b"https://data.qapps.us-east-1.amazonaws.com/apps.list",
    b"https://bucket.s3.us-east-1.amazonaws.com/",
    b"/%",
    b"/\xc3\xa9\xff",
]
VERSIONS = [b" HTTP/1.1", b" HTTP/1.0", b" HTTP/0.9", b" HTTP/2.0", b" HTTP/1.1.1", b" HTTP/-1", b" x", b""]
HEADERS = [
    b"Content-Length: 5",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: -1",
    b"Content-Length: \xb2",
    b"Content-Type: multipart/form-data; boundary=x",
    b"Content-Type: multipart/form-data",
    b"Content-Type: application/json",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Expect: 100-continue",
    b"Host: localhost",
    b"Host: [",
    b"Host: \xff",
    b"Host: data.qapps.us-east-1.amazonaws.com",
    b"Host: bucket.s3.amazonaws.com:x",
    b"Authorization: AWS4-HMAC-SHA256 Credential=a/b/c/qapps/aws4_request",
    b"Authorization: \xff",
    f"instance-id: {INSTANCE}".encode(),
    b"instance-id: \xff\x00",
    b"Origin: https://page.test",
    b"Origin: null",
    b"Origin: http://[",
    b"Origin: http://localhost:99999999999",
    b"Sec-Fetch-Site: cross-site",
    b"Authorization: Bearer \xff",
    b"Access-Control-Request-Method: POST",
    b"Access-Control-Request-Headers: a\n b",
    b"Range: bytes=5-",
    b"Connection: keep-alive, Upgrade",
    b"no colon",
    b": no name",
    b" folded",
    b"\xff\xfe: \x00",
]
BODIES = [
    b"",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"FFFFFFFFF\r\nhello",
    b"-5\r\nhello\r\n",
    b"x\r\n\r\n",
    b'{"title": "T", "appDefinition": {"cards": []}}',
    b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--x--\r\n',
]


@st.composite
def requests_on_the_wire(draw: st.DrawFn) -> bytes:
    """Return one or two requests that are nearly right, perhaps with a missing part."""
    line = draw(st.sampled_from(METHODS)) + b" " + draw(st.sampled_from(TARGETS) | st.binary(max_size=20))
    line += draw(st.sampled_from(VERSIONS))
    headers = draw(st.lists(st.sampled_from(HEADERS), max_size=5))
    body = draw(st.sampled_from(BODIES) | st.binary(max_size=20))
    sent = b"\r\n".join([line, *headers, b"", body]) * draw(st.integers(1, 2))
    start, length = draw(st.integers(0, len(sent))), draw(st.just(0) | st.integers(0, 20))
    return sent[:start] + draw(st.just(b"") | st.binary(max_size=4)) + sent[start + length :]


@contextlib.contextmanager
def one_server() -> Iterator[tuple[Callable[[bytes], bytes], MockQApps]]:
    """Yield a function that sends bytes to a server and returns the response, and the server's mock.

    At the end the server still responds.
    """
    with mock_qapps() as mock, Server() as server:
        address = urlsplit(server.url).hostname, urlsplit(server.url).port

        def send(sent: bytes) -> bytes:
            with socket.create_connection(address, timeout=30) as connection:
                # A server can close the connection before it has read everything.
                with contextlib.suppress(ConnectionError):
                    connection.sendall(sent)
                    connection.shutdown(socket.SHUT_WR)
                answer = b""
                with contextlib.suppress(ConnectionError):
                    while received := connection.recv(65536):
                        answer += received
                return answer

        yield send, mock
        assert requests.get(f"{server.url}{CONTROL_PATH}options", timeout=30).status_code == 200


def holds(answer: bytes) -> None:
    """Fail on a response with a status of 500 or more."""
    status = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    assert status is None or int(status[1]) < 500 or int(status[1]) == NO_SUCH_VERSION, answer


@pytest.fixture
def _no_traceback(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    said = capsys.readouterr().err + caplog.text
    assert "Traceback" not in said
    assert "Exception" not in said


@pytest.mark.usefixtures("_no_traceback")
def test_any_bytes_get_a_response_or_are_dropped():
    with one_server() as (send, _):

        @LONG
        @given(sent=st.binary(max_size=200))
        @example(sent=b"\r\n" * 1000)
        @example(sent=b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # TLS
        @example(sent=b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        def run(sent: bytes) -> None:
            holds(send(sent))

        run()


@pytest.mark.usefixtures("_no_traceback")
def test_nearly_right_requests_are_accepted_or_refused():
    with one_server() as (send, _):

        @LONG
        @given(sent=requests_on_the_wire())
        def run(sent: bytes) -> None:
            holds(send(sent))

        run()


ADMITTED_HOSTS = ["localhost", "LOCALHOST.:1", "127.0.0.1:80", "[::1]:5000", "192.0.2.7"]
OTHER_HOSTS = ["page.test", "localhost.page.test", "127.1", "[", "localhost,page.test", "", "a:b:c"]
ADMITTED_ORIGINS = ["http://localhost:3000", "https://127.0.0.9", "http://[::1]:1"]
OTHER_ORIGINS = [
    "null",
    "",
    "https://page.test",
    "http://127.0.0.1.page.test",
    "http://localhost@page.test",
    "http://",
]
RESOURCES = [*control_api._RESOURCES, "", "nothing", "reset/", "%72eset", "calls?operation=GetQApp"]
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "operation": st.sampled_from(["GetQApp", "*", "Nothing", 5]),
        "exception": st.sampled_from(["ThrottlingException", "Nothing"]),
        "times": st.sampled_from([1, None, 0, "1"]),
        "card": st.sampled_from(["Summary", "", None]),
        "values": st.lists(st.sampled_from(["a", 1, {"error": "no"}, None]), max_size=2),
        "email": st.sampled_from(["ann@example.com", "", 5]),
        "progress": st.sampled_from(["manual", "immediate", 2, 0, None, "slow"]),
        "strict": st.sampled_from([True, False, "yes"]),
        "url_lifetime": st.sampled_from([60, 0, None, 1e300]),
        "session_id": st.sampled_from([APP, None]),
        "app": st.just({"title": "t", "appDefinition": {"cards": []}}) | st.none(),
    },
)


@st.composite
def controls(draw: st.DrawFn) -> tuple[bool, bytes]:
    """Return whether `Access` accepts a request to the control API or Moto's, and the request."""
    host = draw(st.sampled_from(ADMITTED_HOSTS) | st.sampled_from(OTHER_HOSTS))
    origin = draw(st.none() | st.sampled_from(ADMITTED_ORIGINS) | st.sampled_from(OTHER_ORIGINS))
    cross = draw(st.booleans())
    method = draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "X"]))
    preflight = draw(st.booleans())
    prefix = draw(st.sampled_from([CONTROL_PATH, "//moto-api/static/qapps/", "/%6doto-api/", "/moto-api/"]))
    target = prefix + draw(st.sampled_from(RESOURCES))
    body = draw(MEMBERS.map(json.dumps) | st.text(max_size=9)).encode("utf-8", "replace")
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [] if origin is None else [f"Origin: {origin}"]
    lines += ["Sec-Fetch-Site: cross-site"] if cross else []
    lines += ["Access-Control-Request-Method: POST"] if preflight else []
    page = origin in OTHER_ORIGINS or (origin is None and cross) or (preflight and method == "OPTIONS")
    return host in ADMITTED_HOSTS and not page, "\r\n".join([*lines, "", ""]).encode() + body


def state_of(mock: MockQApps) -> list[object]:
    """Return what the control API can change."""
    run = mock._run
    return [run.options, copy.deepcopy({**vars(run.scripts), "_lock": None}), mock.calls(), mock.uploads]


@pytest.mark.usefixtures("_no_traceback")
def test_a_refused_request_to_the_control_api_changes_nothing():
    with one_server() as (send, mock):
        create_app(mock.client())

        @LONG
        @given(sent=controls())
        def run(sent: tuple[bool, bytes]) -> None:
            admitted, request = sent
            before = repr(state_of(mock))

            answer = send(request)

            holds(answer)
            status = int(answer.split()[1])
            assert (status != 403) is admitted, answer
            assert status < 400 or repr(state_of(mock)) == before, answer
            assert b"access-control-" not in answer.lower().partition(b"\r\n\r\n")[0]

        run()


@pytest.mark.usefixtures("_no_traceback")
@pytest.mark.parametrize("method", [b"GET", b"POST", b"OPTIONS"])
def test_every_odd_target_and_every_odd_header_gets_a_response(method):
    long = b"x" * 70_000
    odd = [(target, b"Host: localhost") for target in [*TARGETS, b"/" + long]]
    odd += [(b"/apps.create", header) for header in [*HEADERS, b"long: " + long, b"a: b\r\n" * 200]]
    odd += [(b"/bucket/", header) for header in HEADERS]
    with one_server() as (send, _):
        for target, header in odd:
            answer = send(b"\r\n".join([method + b" " + target + b" HTTP/1.1", header, b"", b"{}"]))

            holds(answer)
            assert answer.startswith(b"HTTP/1.1 "), (target, header)
