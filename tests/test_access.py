"""Who may use the control API and Moto's `/moto-api/`: Host, Origin, preflights and the token."""

from __future__ import annotations

import json
import re
import socket
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from moto import settings

from qapps_mock import cli, mock_qapps
from qapps_mock.server import access, server
from qapps_mock.server.access import Access
from tests.conftest import console_server, create_app

CONTROL = "/moto-api/static/qapps"
PAGE = "https://page.test"
WHO = "The control API and Moto's /moto-api/"
PAGES = (
    f"{WHO} accept requests of the server's own pages, of pages on loopback, and of clients that are not browsers. "
    "Send the request from your test, or type the URL into the browser."
)
NEEDS_A_TOKEN = (
    f"{WHO} of this server need a token: the one that was passed to --control-token, or that the server printed on "
    "stderr when it started. Send it as 'Authorization: Bearer TOKEN'; in Moto's server mode, set "
    "QAPPS_MOCK_CONTROL_TOKEN to it."
)
NO_PREFLIGHT = (
    f"{WHO} allow no requests of web pages that need a CORS preflight. Send the request from your test."
)
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}


def host_refused(shown, option):
    return (
        f"Host {shown} is not allowed. {WHO} respond to an IP address, localhost, and the names passed to "
        f"--allowed-host. Use one of these, or start qapps-mock server with {option}."
    )


def said(response):
    """Return status and message of a refusal, which has the form of the control API and no CORS headers."""
    refused = response.json()
    assert response.headers["Content-Type"] == "application/json"
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]
    assert refused["error"] == "Refused"
    return response.status_code, refused["message"]


def raw(url, *lines, body=b""):
    """Send a request whose lines nothing changes, and return status line, headers and body."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=30) as connection:
        connection.sendall(b"\r\n".join([*lines, b"", body]))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, content = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, content


def ask(url, host, line=b"GET /moto-api/static/qapps/calls HTTP/1.1"):
    return raw(url, line, b"Host: " + host)


@pytest.mark.parametrize(
    ("host", "shown", "option"),
    [
        (b"page.test", '"page.test"', "--allowed-host page.test"),
        (b"Page.Test.:5000", '"Page.Test.:5000"', "--allowed-host page.test"),
        (b"localhost.page.test", '"localhost.page.test"', "--allowed-host localhost.page.test"),
        (b"app.localhost", '"app.localhost"', "--allowed-host app.localhost"),
        (b"127.0.0.1.page.test", '"127.0.0.1.page.test"', "--allowed-host 127.0.0.1.page.test"),
        (b"127.1", '"127.1"', "--allowed-host 127.1"),
        (b"2130706433", '"2130706433"', "--allowed-host 2130706433"),
        (b"localhost@page.test", '"localhost@page.test"', "--allowed-host and its name"),
        (b"localhost:5000:80", '"localhost:5000:80"', "--allowed-host and its name"),
        (b"localhost:x", '"localhost:x"', "--allowed-host and its name"),
        (b"[::1", '"[::1"', "--allowed-host and its name"),
        (b"::1", '"::1"', "--allowed-host and its name"),
        (b"[page.test]x", '"[page.test]x"', "--allowed-host and its name"),
        (b"", '""', "--allowed-host and its name"),
        (b"localhost..", '"localhost.."', "--allowed-host and its name"),
        (b"\xc3\xa4.test", '"\\u00e4.test"', "--allowed-host and its name"),
        (b"\xff", '"\\ufffd"', "--allowed-host and its name"),
        (b"localhost\r\nHost: page.test", '"localhost,page.test"', "--allowed-host and its name"),
    ],
)
def test_a_host_that_is_not_known_is_refused(qapps_server, host, shown, option):
    status, head, content = ask(qapps_server, host)

    assert (status, json.loads(content)) == (
        403,
        {"error": "Refused", "message": host_refused(shown, option)},
    )
    assert b"Access-Control-" not in head


@pytest.mark.parametrize(
    "host",
    [
        b"localhost",
        b"LOCALHOST:80",
        b"localhost.",
        b"localhost:",
        b"127.0.0.1",
        b"127.0.0.1.:5000",
        b"192.0.2.7:8080",
        b"[::1]",
        b"[::1]:5000",
        b"[0:0:0:0:0:0:0:1]:5000",
        b"[FE80::1]",
    ],
)
def test_an_address_and_localhost_are_accepted_with_any_port(qapps_server, host):
    assert ask(qapps_server, host)[0] == 200


def test_a_request_of_http_1_0_without_a_host_is_accepted(qapps_server):
    assert raw(qapps_server, b"GET /moto-api/static/qapps/calls HTTP/1.0")[0] == 200


@pytest.mark.parametrize(
    "target",
    [
        b"http://page.test/moto-api/static/qapps/calls",
        b"http://page.test/moto-api/data.json",
        b"http://user@localhost/moto-api/data.json",
    ],
)
def test_the_host_of_an_absolute_target_counts(qapps_server, target):
    assert ask(qapps_server, b"localhost", b"GET " + target + b" HTTP/1.1")[0] == 403


@pytest.mark.parametrize(
    "origin",
    [
        PAGE,
        "http://page.test",
        "null",
        "",
        "file://",
        "http://localhost.page.test",
        "http://127.0.0.1.page.test",
        "http://127.0.0.1@page.test",
        "http://192.0.2.7:5000",
        "http://[::2]",
        "http://app.localhost",
        "chrome-extension://localhost",
        "http://localhost:5000, https://page.test",
        "http://localhost/",
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", f"{CONTROL}/uploads"), ("POST", "/moto-api/reset")])
def test_a_page_of_another_origin_is_refused_and_changes_nothing(
    qapps_server, qapps_client, qapps_mock, origin, method, path
):
    create_app(qapps_client)

    response = requests.request(method, f"{qapps_server}{path}", headers={"Origin": origin}, timeout=30)

    assert said(response) == (403, f"Origin {json.dumps(origin)} is not allowed. {PAGES}")
    assert len(qapps_mock.calls()) == 1


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost",
        "http://localhost:3000",
        "https://LOCALHOST:3000",
        "http://127.0.0.1:8080",
        "http://127.255.0.1",
        "http://[::1]:3000",
        "http://[::ffff:127.0.0.1]",
    ],
)
@pytest.mark.parametrize("path", [f"{CONTROL}/calls", "/moto-api/data.json"])
def test_a_page_on_loopback_may_send_requests_and_gets_no_cors_headers(qapps_server, origin, path):
    response = requests.get(f"{qapps_server}{path}", headers={"Origin": origin}, timeout=30)

    assert response.status_code == 200
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("192.0.2.7:5000", "http://192.0.2.7:5000", 200),
        ("192.0.2.7", "http://192.0.2.7:80", 200),
        ("192.0.2.7:80", "http://192.0.2.7", 200),
        ("[2001:DB8::1]:5000", "http://[2001:db8::1]:5000", 200),
        ("192.0.2.7:5000", "http://192.0.2.7:5001", 403),
        ("192.0.2.7:5000", "https://192.0.2.7:5000", 403),
        ("192.0.2.7:5000", "http://192.0.2.8:5000", 403),
    ],
)
def test_the_servers_own_pages_may_send_requests(qapps_server, host, origin, status):
    headers = {"Host": host, "Origin": origin}

    assert requests.get(f"{qapps_server}{CONTROL}/calls", headers=headers, timeout=30).status_code == status


def test_an_own_page_needs_a_host(qapps_server):
    lines = [b"GET /moto-api/data.json HTTP/1.0", b"Origin: http://192.0.2.7"]

    assert raw(qapps_server, *lines)[0] == 403


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 200), ("same-origin", 200), ("none", 200)]
)
def test_a_browsers_request_without_an_origin_must_not_come_from_another_site(qapps_server, site, status):
    response = requests.get(f"{qapps_server}/moto-api/seed?a=1", headers={"Sec-Fetch-Site": site}, timeout=30)

    assert response.status_code == status
    if status == 403:
        assert said(response) == (403, f"A request from a page of another site is not allowed. {PAGES}")


@pytest.mark.parametrize("path", [f"{CONTROL}/reset", "/moto-api/reset", "/moto-api/data.json"])
@pytest.mark.parametrize("origin", [PAGE, "http://localhost:3000"])
def test_a_preflight_of_the_control_api_is_refused(qapps_server, path, origin):
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    assert said(requests.options(f"{qapps_server}{path}", headers=headers, timeout=30)) == (403, NO_PREFLIGHT)


@pytest.mark.parametrize(
    "target",
    [
        b"/moto-api/reset",
        b"/moto-api/reset/",
        b"/moto-api/%72eset",
        b"/%6doto-api/reset",
        b"/moto%2Dapi/reset",
        b"//moto-api/reset",
        b"///moto-api/reset",
        b"////moto-api/reset",
        b"/%2Fmoto-api/reset",
        b"/moto-api//reset",
        b"/moto\t-api/reset",
        b"/moto-api/reset?x#y",
        b"http://localhost/moto-api/reset",
        b"HTTP://localhost/moto-api/reset",
        b"http:///moto-api/reset",
        b"http://localhost#/moto-api/static/qapps/reset",
        b"/moto-api/static/qapps/reset",
        b"/moto-api/static/q%61pps/reset",
        b"//moto-api/static/qapps/reset",
    ],
)
def test_every_spelling_of_the_path_is_checked(qapps_server, qapps_client, qapps_mock, target):
    create_app(qapps_client)

    status, head, _ = raw(
        qapps_server,
        b"POST " + target + b" HTTP/1.1",
        b"Host: localhost",
        b"Origin: https://page.test",
        b"Content-Length: 0",
    )

    # A tab in the target: 400 from Python's server.
    assert status in (400, 403)
    assert b"Access-Control-" not in head
    assert len(qapps_mock.calls()) == 1


@pytest.mark.parametrize("target", [b"/moto-api/reset", b"/moto-api/%72eset", b"//moto-api/reset"])
def test_every_spelling_of_motos_reset_empties_q_apps(qapps_server, qapps_client, qapps_mock, target):
    create_app(qapps_client)

    status, _, _ = raw(
        qapps_server, b"POST " + target + b" HTTP/1.1", b"Host: localhost", b"Content-Length: 0"
    )

    assert (status, qapps_mock.calls()) == (200, [])


def test_calls_stay_open_to_pages_of_any_origin_and_name(qapps_server):
    headers = {"instance-id": "i", "Origin": PAGE, "Sec-Fetch-Site": "cross-site", "Host": "page.test"}

    response = requests.get(f"{qapps_server}/apps.list", headers=headers, timeout=30)

    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (200, "*")


def test_the_server_of_loopback_uploads_has_the_same_rules():
    with mock_qapps(), server.Server() as running:
        headers = {"Origin": PAGE}

        response = requests.get(f"{running.url}{CONTROL}/calls", headers=headers, timeout=30)

    assert said(response)[0] == 403


# --- Names and tokens


def environ(**headers):
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http", **named}


@pytest.mark.parametrize(
    ("host", "accepted"),
    [("mock.test", True), ("MOCK.test.:80", True), ("other.test", False), ("a.mock.test", False)],
)
def test_an_allowed_name_is_accepted(host, accepted):
    rules = Access(allowed_hosts=["Mock.Test."])

    assert (rules.find_refusal(environ(host=host)) is None) is accepted


@pytest.mark.parametrize("name", ["", "*", "http://mock.test", "mock.test:80", "a b", "a/b", ".", "ä.test"])
def test_an_allowed_host_must_be_a_name(name, capsys):
    message = f"{name!r} is not a host name: pass a name without scheme and port, for example mock.test"

    with pytest.raises(ValueError, match=re.escape(message)):
        access.host_name(name)
    with pytest.raises(SystemExit) as end:
        cli.main(["server", "--port", "0", "--allowed-host", name])
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: argument --allowed-host: {message}\n")


@pytest.mark.parametrize("token", ["", "two words", "tok\nen", "t=t", "ä"])
def test_a_token_must_fit_into_a_header_and_is_not_repeated(token, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["server", "--port", "0", f"--control-token={token}"])

    assert end.value.code == 2
    assert capsys.readouterr().err.endswith(
        "error: argument --control-token: pass a token of letters, digits and -._~+/, with = only at the end\n"
    )


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer a-token", None),
        ("bearer  a-token ", None),
        ("Bearer a-token2", 401),
        ("Bearer a-toke", 401),
        ("Bearer", 401),
        ("Basic a-token", 401),
        ("a-token", 401),
        ("Bearer \xff\u20ac", 401),
        ("", 401),
    ],
)
def test_a_token_must_be_sent(authorization, status):
    refusal = Access(token="a-token").find_refusal(environ(host="localhost", authorization=authorization))

    assert (None if refusal is None else refusal[0]) == status


def test_a_missing_token_is_a_401_that_says_where_it_is():
    refusal = Access(token="a-token").find_refusal(environ(host="localhost"))

    assert refusal is not None
    status, headers, body = refusal
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
    assert json.loads(body) == {"error": "Refused", "message": NEEDS_A_TOKEN}


def test_a_valid_token_does_not_admit_a_page():
    sent = environ(host="localhost", origin=PAGE, authorization="Bearer a-token")

    refusal = Access(token="a-token").find_refusal(sent)

    assert refusal is not None
    assert refusal[0] == 403


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.7", False),
        ("mock.test", False),
    ],
)
def test_loopback_is_told_from_networks(host, loopback):
    assert access.is_loopback(host) is loopback


# --- The command


def test_the_command_takes_names_and_a_token():
    with console_server("--allowed-host", "mock.test", "other.test", "--control-token", "a-token") as console:
        url, token = f"{console.url}{CONTROL}/calls", {"Authorization": "Bearer a-token"}

        named = requests.get(url, headers={"Host": "mock.test:80", **token}, timeout=30)
        unknown = requests.get(url, headers={"Host": "page.test", **token}, timeout=30)
        without = requests.get(url, timeout=30)
        dashboard = requests.get(f"{console.url}/moto-api/data.json", timeout=30)
        calls = requests.get(f"{console.url}/apps.list", headers={"instance-id": "i"}, timeout=30)

    assert named.status_code == calls.status_code == 200
    assert said(unknown) == (403, host_refused('"page.test"', "--allowed-host page.test"))
    assert said(without) == said(dashboard) == (401, NEEDS_A_TOKEN)


def test_a_server_for_a_network_makes_a_token_and_server_mode_sends_it(monkeypatch):
    with console_server("--host", "0.0.0.0") as console:
        assert console.process.stderr is not None
        line = console.process.stderr.readline()
        token = line.removeprefix("qapps-mock: the token of the control API is ").strip()
        monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
        monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", console.url)

        with pytest.raises(RuntimeError) as refused:
            mock_qapps().start()
        monkeypatch.setenv("QAPPS_MOCK_CONTROL_TOKEN", token)
        with mock_qapps() as remote:
            client = boto3.client("qapps", region_name="us-east-1", endpoint_url=console.url, **KEYS)
            create_app(client)
            operations = [call.operation for call in remote.calls()]
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="bucket")
        with mock_qapps():
            buckets = boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"]

    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", token)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", console.url)
    assert str(refused.value) == NEEDS_A_TOKEN
    assert operations == ["CreateQApp"]
    assert buckets == []  # Moto's own reset sends no token


def test_a_token_of_the_environment_that_is_not_a_token_is_named(monkeypatch):
    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("QAPPS_MOCK_CONTROL_TOKEN", "two words")

    with pytest.raises(
        ValueError, match=r"^QAPPS_MOCK_CONTROL_TOKEN is not a token: pass a token of letters"
    ):
        mock_qapps().start()
