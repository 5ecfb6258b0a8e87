"""The command `qapps-mock server`, in its own process."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

import qapps_mock
from qapps_mock import cli
from qapps_mock.control.active import ACTIVE
from qapps_mock.endpoints import CONTROL_PATH
from qapps_mock.server import access, server
from qapps_mock.server.listener import Listener
from tests.conftest import APP, CONTENT, ONE_ATTEMPT, console_server, create_app, grant

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "named:secret"}
MISSING = "qapps-mock: Moto's server is not installed: pip install 'qapps-mock[server]'\n"


def client_of(url, service="qapps"):
    return boto3.client(service, region_name="us-east-1", endpoint_url=url, config=ONE_ATTEMPT, **KEYS)


def post(url, fields):
    return requests.post(url, data=fields, files={"file": CONTENT}, timeout=30)


def received(connection):
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(autouse=True)
def _signals_kept():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run_main(*arguments):
    """Run the command in this process until it exits."""
    with pytest.raises(SystemExit) as end:
        cli.main(["server", *arguments])
    return end.value.code


def test_it_prints_its_url_when_it_is_ready():
    with console_server() as console:
        app = create_app(client_of(console.url))

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", console.url)
    assert app["title"] == "Title"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_immediately_and_quietly(number):
    with (
        console_server() as console,
        socket.create_connection(("127.0.0.1", int(console.url.rpartition(":")[2]))),
    ):
        console.process.send_signal(number)
        output, errors = console.process.communicate(timeout=10)

    assert (console.process.returncode, output, errors) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_between_many_requests_ends_it_at_once_and_quietly(number):
    def load(url):
        with contextlib.suppress(requests.ConnectionError):
            while True:
                requests.get(f"{url}/apps.list", headers={"instance-id": "i"}, timeout=30)

    with console_server() as console, ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(load, console.url)
        time.sleep(0.5)

        console.process.send_signal(number)
        output, errors = console.process.communicate(timeout=10)

    assert (console.process.returncode, output, errors) == (0, "", "")


IDLE = [
    (b"", b""),
    (b"GET /apps.list HTT", b""),
    (b"GET /apps.list HTTP/1.1\r\nHost: a\r\n", b""),
    (
        b"POST /apps.create HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
        b"The body of the request did not arrive in time.\n",
    ),
    (
        b"POST /apps.create HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        b"The body of the request did not arrive in time.\n",
    ),
]


def test_connections_that_send_nothing_end():
    with console_server("--idle-timeout", "0.3") as console, contextlib.ExitStack() as stack:
        address = ("127.0.0.1", int(console.url.rpartition(":")[2]))
        connections = [stack.enter_context(socket.create_connection(address, timeout=30)) for _ in IDLE]
        for connection, (sent, _) in zip(connections, IDLE, strict=True):
            connection.sendall(sent)

        answers = [received(connection) for connection in connections]

        console.process.send_signal(signal.SIGTERM)
        said = console.process.communicate(timeout=10)
    assert [answer.rpartition(b"\r\n")[2] for answer in answers] == [end for _, end in IDLE]
    assert answers[3].startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answers[4].startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 Request Timeout\r\n")
    assert (console.process.returncode, said) == (0, ("", ""))


def test_clients_that_close_after_a_timeout_leave_no_traceback():
    with console_server("--idle-timeout", "0.1") as console:
        for _ in range(10):
            with socket.create_connection(
                ("127.0.0.1", int(console.url.rpartition(":")[2])), timeout=30
            ) as connection:
                connection.sendall(b"POST /apps.create HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
                assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
        console.process.send_signal(signal.SIGTERM)
        said = console.process.communicate(timeout=10)

    assert said == ("", "")


def test_a_client_that_waits_for_100_continue_gets_its_response():
    body = b'{"title": "T", "appDefinition": {"cards": []}}'
    with (
        console_server() as console,
        socket.create_connection(
            ("127.0.0.1", int(console.url.rpartition(":")[2])), timeout=30
        ) as connection,
    ):
        connection.sendall(
            b"POST /apps.create HTTP/1.1\r\nHost: a\r\ninstance-id: i\r\nExpect: 100-continue\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        first = connection.recv(65536)
        connection.sendall(body)
        answer = received(connection)

    assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_the_name_of_the_host_option_is_an_allowed_host():
    with console_server("--host", "localhost") as console:
        port = console.url.rpartition(":")[2]
        responses = [
            requests.get(
                f"http://127.0.0.1:{port}/moto-api/data.json", headers={"Host": host}, timeout=30
            ).status_code
            for host in (f"localhost:{port}", "page.test")
        ]

    assert responses == [200, 403]


def test_a_port_in_use_is_one_line_and_exit_2(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert run_main("--port", str(port)) == 2

    output, errors = capsys.readouterr()
    # Since Python 3.11 the reason repeats the address.
    assert re.sub(r" \(while attempting .*?\)\)", "", errors) == (
        f"qapps-mock: cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Pass another --host or --port (0: a free port).\n"
    )
    assert output == ""


def test_a_missing_extra_is_one_line_and_exit_2(capsys, monkeypatch):
    monkeypatch.setattr(server, "find_spec", lambda name: None)

    assert run_main("--port", "0") == 2
    assert capsys.readouterr() == ("", MISSING)


def test_a_server_in_process_without_the_extra_names_what_to_install(monkeypatch):
    monkeypatch.setattr(server, "find_spec", lambda name: None)

    with pytest.raises(RuntimeError) as missing:
        server.Server(whole=True)

    assert str(missing.value) == "Moto's server is not installed: pip install 'qapps-mock[server]'"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "65536"], "argument --port: '65536' is not a port: expected 0 to 65535"),
        (["--port", "-1"], "argument --port: '-1' is not a port: expected 0 to 65535"),
        (["--port", "http"], "argument --port: 'http' is not a port: expected 0 to 65535"),
        (
            ["--idle-timeout", "0"],
            "argument --idle-timeout: '0' is not a number of seconds: expected more than 0, at most 86400",
        ),
        (
            ["--idle-timeout", "nan"],
            "argument --idle-timeout: 'nan' is not a number of seconds: expected more than 0, at most 86400",
        ),
        (
            ["--idle-timeout", "a minute"],
            "argument --idle-timeout: 'a minute' is not a number of seconds: expected more than 0, at most 86400",
        ),
        (
            ["--credentials", "key"],
            "argument --credentials: pass the access key and the secret as KEY:SECRET",
        ),
        (
            ["--credentials", ":secret"],
            "argument --credentials: pass the access key and the secret as KEY:SECRET",
        ),
        (
            ["--credentials", "key:"],
            "argument --credentials: pass the access key and the secret as KEY:SECRET",
        ),
    ],
)
def test_wrong_arguments_are_exit_2(capsys, arguments, message):
    assert run_main(*arguments) == 2
    assert capsys.readouterr().err.endswith(f"qapps-mock server: error: {message}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--page-size", "0"], "argument --page-size: page_size is 0: it must be a whole number, 1 to 100"),
        (
            ["--seed", "x"],
            "argument --seed: seed is 'x': it must be a whole number, or None for ids made at random",
        ),
        (
            ["--max-file-size", "1MB"],
            "argument --max-file-size: max_file_size is '1MB': it must be a whole number of bytes, 1 or more",
        ),
        (
            ["--url-lifetime", "-1"],
            "argument --url-lifetime: url_lifetime is -1.0: it must be a timedelta, or a number of seconds, "
            "of more than 0 and at most 7 days (604800 seconds)",
        ),
        (["--prot", "5"], "unrecognized arguments: --prot 5. Did you mean '--port'?"),
        (["--strict", "now"], "unrecognized arguments: now."),
        (["--page", "5"], "unrecognized arguments: --page 5. Did you mean '--page-size'?"),
    ],
)
def test_a_wrong_option_of_the_mock_shows_the_usage_of_the_server(capsys, arguments, message):
    assert run_main(*arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("usage: qapps-mock server ")
    assert shown.endswith(f"qapps-mock server: error: {message}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the command is missing: qapps-mock server, or qapps-mock conformance"),
        (["--verson"], "unrecognized arguments: --verson. Did you mean '--version'?"),
    ],
)
def test_without_a_command_the_usage_is_that_of_the_program(capsys, arguments, message):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)

    assert end.value.code == 2
    assert capsys.readouterr().err == (
        f"usage: qapps-mock [-h] [--version] server|conformance ...\nqapps-mock: error: {message}\n"
    )


@pytest.mark.parametrize(
    "arguments", [["--page-size", "3", "server"], ["--page-size=3", "server"], ["--page-size", "3"]]
)
def test_an_option_before_the_command_is_told_where_it_belongs(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)

    assert end.value.code == 2
    shown = capsys.readouterr().err
    assert shown.startswith("usage: qapps-mock server ")
    assert shown.endswith("error: --page-size comes after the command: qapps-mock server --page-size ...\n")


def test_the_version_is_printed_by_the_module_too():
    done = subprocess.run(
        [sys.executable, "-m", "qapps_mock", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == f"qapps-mock {qapps_mock.__version__}\n"


def test_the_server_has_the_options_of_the_mock():
    options = ["--url-lifetime", "60", "--max-file-size", "10", "--page-size", "2", "--seed", "7"]
    with console_server(*options) as console:
        shown = requests.get(f"{console.url}{CONTROL_PATH}options", timeout=30).json()

    assert shown == {
        "strict": False,
        "url_lifetime": 60.0,
        "max_file_size": 10,
        "enforce_all_posts": False,
        "page_size": 2,
        "seed": 7,
        "upload_credentials": None,
    }


def test_strict_applies_to_every_call():
    with console_server("--strict") as console, pytest.raises(ClientError) as refused:
        grant(client_of(console.url))

    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"App {APP} does not exist.",
    }


def test_a_presigned_url_accepts_only_its_file():
    with console_server() as console:
        granted = grant(client_of(console.url))
        fields = granted["presignedUrlFields"]

        changed = post(granted["presignedUrl"], {**fields, "key": "other"})
        good = post(granted["presignedUrl"], fields)

    assert (changed.status_code, good.status_code) == (403, 204)
    assert "<Code>AccessDenied</Code>" in changed.text


def test_named_credentials_sign_uploads_to_buckets_whose_policies_are_enforced():
    named = f"{KEYS['aws_access_key_id']}:{KEYS['aws_secret_access_key']}"
    with console_server("--enforce-all-posts", "--credentials", "A:b", named) as console:
        s3 = client_of(console.url, "s3")
        s3.create_bucket(Bucket="plain")
        signed = s3.generate_presigned_post("plain", "a")

        good = post(f"{console.url}/plain", signed["fields"])
        unsigned = post(f"{console.url}/plain", {"key": "b"})

        keys = [each["Key"] for each in s3.list_objects_v2(Bucket="plain")["Contents"]]
    assert (good.status_code, unsigned.status_code, keys) == (204, 403, ["a"])


def test_unknown_credentials_sign_nothing():
    with console_server("--enforce-all-posts") as console:
        s3 = client_of(console.url, "s3")
        s3.create_bucket(Bucket="plain")
        signed = s3.generate_presigned_post("plain", "a")

        answer = post(f"{console.url}/plain", signed["fields"])

    assert "<Code>InvalidAccessKeyId</Code>" in answer.text


def test_the_command_is_installed():
    script = os.path.join(os.path.dirname(sys.executable), "qapps-mock")

    done = subprocess.run(
        [script, "server", "--help"], capture_output=True, text=True, timeout=60, check=True
    )

    for option in (
        "--host",
        "--port",
        "--strict",
        "--enforce-all-posts",
        "--credentials",
        "--allowed-host",
        "--control-token",
        "--idle-timeout",
        "--url-lifetime",
        "--max-file-size",
        "--page-size",
        "--seed",
    ):
        assert option in done.stdout


def test_its_parts_are_loaded_before_it_listens(capsys, monkeypatch):
    served = []
    monkeypatch.setattr(ACTIVE, "runs", ())
    monkeypatch.setattr(ACTIVE, "innermost", ACTIVE.innermost)
    monkeypatch.setenv("MOTO_PORT", "1")
    monkeypatch.setattr(Listener, "serve", lambda self: served.append(self))

    assert run_main("--port", "0", "--strict", "--credentials", "KEY:a:b") == 0

    (listener,) = served
    assert capsys.readouterr().out == f"http://127.0.0.1:{listener.port}\n"
    assert ACTIVE.innermost.options.strict
    assert ACTIVE.innermost.options.upload_credentials == {"KEY": "a:b"}


@pytest.mark.parametrize(
    ("loopback", "arguments", "has_token", "printed"),
    [
        (False, [], True, True),
        (False, ["--control-token", "a-token"], True, False),
        (True, ["--control-token", "a-token"], True, False),
        (True, [], False, False),
    ],
)
def test_a_token_is_made_and_printed_only_where_one_is_needed(
    capsys, monkeypatch, loopback, arguments, has_token, printed
):
    served = []
    monkeypatch.setattr(access, "is_loopback", lambda host: loopback)
    monkeypatch.setattr(ACTIVE, "runs", ())
    monkeypatch.setattr(ACTIVE, "innermost", ACTIVE.innermost)
    monkeypatch.setenv("MOTO_PORT", "1")
    monkeypatch.setattr(Listener, "serve", lambda self: served.append(self.app._access))

    assert run_main("--port", "0", *arguments) == 0

    (rules,) = served
    sent = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http", "HTTP_HOST": "localhost"}
    errors = capsys.readouterr().err
    made = re.fullmatch(r"qapps-mock: the token of the control API is (\S+)\n", errors)
    token = made[1] if made else "a-token"
    assert (errors != "", made is not None) == (printed, printed)
    assert (rules.find_refusal(sent) is not None) is has_token
    assert rules.find_refusal({**sent, "HTTP_AUTHORIZATION": f"Bearer {token}"}) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_a_server_that_serves_raises_nothing_where_it_lands(monkeypatch, number):
    monkeypatch.setattr(ACTIVE, "runs", ())
    monkeypatch.setattr(ACTIVE, "innermost", ACTIVE.innermost)
    monkeypatch.setenv("MOTO_PORT", "1")
    landed = []

    def serve(self):
        signal.raise_signal(number)
        landed.append(self._ending)
        original(self)

    original = Listener.serve
    monkeypatch.setattr(Listener, "serve", serve)

    assert run_main("--port", "0") == 0
    assert landed == [True]


_ENDED_BY_A_THREAD = """
import builtins, os, signal, threading
from qapps_mock.cli import main

shown = builtins.print
def print_and_end(*text, **options):
    shown(*text, **options)
    threading.Timer(0.2, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()

builtins.print = print_and_end
main(["server", "--port", "0"])
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals for one thread")
def test_a_signal_that_another_thread_receives_ends_it_immediately(run_python):
    # Nothing interrupts the waiting of the main thread then, as when the signal comes just before it waits.
    assert run_python(_ENDED_BY_A_THREAD).startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("name.test", "http://name.test:80"),
    ],
)
def test_the_url_is_reachable(host, url):
    assert server.url_of(host, 80) == url


def test_an_unknown_host_is_one_line_and_exit_2(capsys, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "create_server", unknown)

    assert run_main("--host", "nowhere.test") == 2
    message = "qapps-mock: cannot listen on nowhere.test port 5000: Name or service not known. "
    assert capsys.readouterr().err.startswith(message)


def test_a_signal_while_it_starts_ends_it_quietly():
    with pytest.raises(SystemExit) as end:
        cli._end(signal.SIGTERM, None)

    assert end.value.code == 0
