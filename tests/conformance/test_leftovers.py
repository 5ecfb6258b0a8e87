"""Nothing stays of a run: also after Ctrl-C, a lost connection, or an end without warning."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import boto3
import pytest

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.conformance import target, undo
from qapps_mock.conformance.caller import Caller
from qapps_mock.conformance.exit_codes import INTERRUPTED, LEFT
from qapps_mock.conformance.journal import FILE, Continued, Journal
from qapps_mock.conformance.wire import Answer, ConnectionLost, Network
from qapps_mock.server import server
from tests.conformance.conftest import only, runner_of
from tests.conftest import INSTANCE, create_app

CREATE = {
    "as": "made",
    "call": "CreateQApp",
    "with": {"title": "{{prefix}} x", "appDefinition": {"cards": []}},
    "undo": {
        "find": {"as": "made", "call": "ListQApps", "list": "apps", "where": {"title": "{{prefix}} x"}},
        "steps": [{"call": "DeleteQApp", "with": {"appId": "{{made.appId}}"}}],
    },
}
GET = {"as": "get", "call": "GetQApp", "with": {"appId": "{{made.appId}}"}}


ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


class Line:
    """A connection that breaks: *breaks* says how, for each request with its number."""

    def __init__(self, send: Callable[[Any], Answer], breaks: Callable[[int, Any], Any]) -> None:
        self._send = send
        self._breaks = breaks
        self._count = 0

    def __call__(self, request: Any) -> Answer:
        self._count += 1
        after = self._breaks(self._count, request)
        answer = self._send(request)
        if after:
            raise after
        return answer


@pytest.fixture
def running() -> Iterator[tuple[MockQApps, str]]:
    with mock_qapps(enforce_all_posts=True) as mock, server.Server(whole=True) as listening:
        yield mock, listening.url


def titles(mock: MockQApps) -> list[str]:
    instances = {call.params["instanceId"] for call in mock.calls() if "instanceId" in call.params}
    return [
        app["title"]
        for each in sorted(instances)
        for app in mock.client().list_q_apps(instanceId=each)["apps"]
    ]


def buckets() -> list[str]:
    return [each["Name"] for each in boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"]]


def broken(url: str, breaks: Callable[[int, Any], Any]) -> target.Target:
    found = target.server(url, None)
    return dataclasses.replace(found, send=Line(found.send, breaks))


def test_what_is_made_is_in_the_journal_before_the_request(running, everything, tmp_path):
    _, url = running
    seen: list[list[str]] = []

    def look(number: int, request: Any) -> None:
        path = tmp_path / FILE
        seen.append(path.read_text().splitlines() if path.exists() else [])

    runner = runner_of(
        broken(url, look), only(everything, CREATE, GET), journal=Journal(tmp_path, {"target": url})
    )
    runner.run(runner._catalog.probes.values())

    create, get, delete = ([json.loads(line) for line in lines] for lines in seen)
    assert create[0] == {"head": {"target": url}}
    assert (create[1]["make"], create[1]["undo"]["find"]["where"]) == (
        1,
        {"title": "qapps-mock-conformance-0a1b2c3d x"},
    )
    assert get[2]["made"] == 1
    assert list(get[2]["values"]) == ["made"]
    assert list(get[2]["values"]["made"]) == ["appId"]
    assert delete == get
    assert json.loads((tmp_path / FILE).read_text().splitlines()[-1]) == {"settled": 1}


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_lost_connection_leaves_nothing(running, everything, tmp_path, number):
    mock, url = running
    lost = broken(url, lambda count, request: ConnectionLost("ReadTimeoutError") if count == number else None)
    journal = Journal(tmp_path, {})

    runner = runner_of(lost, only(everything, CREATE, GET, {**GET, "as": "again"}), journal=journal)
    runner.run(runner._catalog.probes.values())

    assert journal.left() == []  # a removal that failed is tried again at the end
    assert titles(mock) == []
    reason = runner.taken["a.probe"].reason
    assert reason == ("connection lost: ReadTimeoutError" if number < 4 else "")


@pytest.mark.parametrize("number", range(1, 8))
def test_an_interrupt_leaves_nothing(running, everything, tmp_path, number):
    mock, url = running

    def interrupt(count: int, request: Any) -> None:
        if count == number:
            raise KeyboardInterrupt

    post = {"as": "post", "post": {}}
    catalog = only(everything, CREATE, GET, post, level=3, needs=["bucket"])
    journal = Journal(tmp_path, {"target": url, "region": "us-east-1"})
    runner = runner_of(broken(url, interrupt), catalog, journal=journal)

    with contextlib.suppress(KeyboardInterrupt):
        runner.run(catalog.probes.values())

    if journal.left():  # the interrupt came while it was removed
        again = Continued(tmp_path)
        undo.undo(again.left(), Caller(target.server(url, None)), again, print)
        assert again.left() == []
    assert (titles(mock), buckets()) == ([], [])


def break_network(monkeypatch: pytest.MonkeyPatch, breaks: Callable[[int, Any], Any]) -> None:
    original = Network.__call__
    count = 0

    def call(self: Network, request: Any) -> Answer:
        nonlocal count
        if "moto-api" not in request.url:
            count += 1
            after = breaks(count, request)
            if after:
                raise after
        return original(self, request)

    monkeypatch.setattr(Network, "__call__", call)


def test_ctrl_c_writes_what_came_and_leaves_nothing(running, kit, monkeypatch):
    mock, url = running
    with monkeypatch.context() as patch:
        break_network(patch, lambda count, request: KeyboardInterrupt() if count == 12 else None)

        ended = kit(
            "run", "--target", url, "--levels", "3", "--probe", "app.", "--out", "out", "--yes", "--quiet"
        )

    assert (ended.code, ended.out, ended.err) == (INTERRUPTED, "", "")
    assert titles(mock) == []
    assert list(json.loads(Path("out/record.json").read_text())["probes"])[:1] == ["app.made"]


def test_what_is_left_is_said_and_clean_removes_it(running, kit, monkeypatch):
    mock, url = running
    create_app(mock.client(), title="qapps-mock-conformance of somebody else")
    with monkeypatch.context() as patch:
        break_network(
            patch, lambda count, request: ConnectionLost("EndpointConnectionError") if count > 3 else None
        )

        ended = kit(
            "run",
            "--target",
            url,
            "--levels",
            "3",
            "--instance",
            INSTANCE,
            "--out",
            "out",
            "--yes",
            "--quiet",
        )

    assert ended.code == LEFT
    assert ended.err == "3 things may be left. Remove what is left: qapps-mock conformance clean out\n"
    assert [title for title in titles(mock) if title.endswith(" shared")] != []

    ended = kit("clean", "out")

    assert (ended.code, ended.out) == (0, "3 of 3 are removed.\n")
    assert titles(mock) == ["qapps-mock-conformance of somebody else"]
    assert kit("clean", "out") == (0, "Nothing is left.\n", "")


def test_nothing_is_made_that_the_journal_cannot_have(running, kit, monkeypatch):
    mock, url = running

    def write(self: Journal, line: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Journal, "_write", write)

    ended = kit(
        "run", "--target", url, "--levels", "3", "--probe", "app.made", "--out", "out", "--yes", "--json"
    )

    assert ended.code == 0
    assert '"reason": "app: the journal cannot be written: No space left on device"' in ended.out
    assert [call.operation for call in mock.calls()] == []


def test_a_journal_that_cannot_be_continued_leaves_nothing(running, everything, tmp_path):
    mock, url = running
    journal = Journal(tmp_path, {})
    write = journal._write
    journal._write = lambda line: write(line) if "make" in line else no_space()  # type: ignore[method-assign]  # of this journal alone

    runner = runner_of(target.server(url, None), only(everything, CREATE, GET), journal=journal)
    runner.run(runner._catalog.probes.values())

    assert [each["status"] for each in runner.taken["a.probe"].steps.values()] == [200, 200]
    assert (titles(mock), journal.left()) == ([], [])


def no_space() -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_leaves_nothing(running, tmp_path, name):
    if signal.getsignal(getattr(signal, name)) is signal.SIG_IGN:
        pytest.skip(f"{name} is ignored here, as under nohup")
    mock, url = running
    run = [sys.executable, "-m", "qapps_mock", "conformance", "run", "--target", url]
    options = ["--levels", "3", "--out", "out", "--yes"]

    with subprocess.Popen(
        [*run, *options], stdout=PIPE, stderr=PIPE, cwd=tmp_path, env=ENVIRONMENT
    ) as process:
        assert process.stdout
        while b"app.made" not in process.stdout.readline():
            pass
        process.send_signal(getattr(signal, name))
        output, errors = process.communicate()

    assert (process.returncode, errors) == (INTERRUPTED, b"")
    assert b"  interrupted\n" in output
    assert titles(mock) == []
    assert (tmp_path / "out" / "record.json").exists()


def test_a_reader_that_goes_away_leaves_nothing(running, tmp_path):
    mock, url = running
    command = [sys.executable, "-m", "qapps_mock", "conformance"]
    run = [*command, "run", "--target", url, "--levels", "3", "--probe", "app.", "--out", "out", "--yes"]

    with subprocess.Popen(run, stdout=PIPE, stderr=PIPE, cwd=tmp_path, env=ENVIRONMENT) as process:
        assert process.stdout
        assert process.stderr
        while b"app." not in process.stdout.readline():
            pass
        process.stdout.close()
        errors = process.stderr.read()
    with subprocess.Popen([*command, "list"], stdout=PIPE, stderr=PIPE, env=ENVIRONMENT) as listing:
        assert listing.stdout
        assert listing.stderr
        listing.stdout.close()
        errors += listing.stderr.read()

    assert (process.returncode, listing.returncode, errors) == (0, INTERRUPTED, b"")
    assert titles(mock) == []
    assert (tmp_path / "out" / "record.json").exists()


@pytest.mark.parametrize(
    "body",
    [
        b"hello",
        b"[]",
        b"<a/>",
        b'{"apps": [1]}',
        b"<ListBucketResult><Contents/></ListBucketResult>",
        b'{"appId": 7, "apps": {}}',
    ],
)
def test_a_target_that_sends_another_form_is_told_of(running, kit, monkeypatch, body):
    _, url = running
    original = Network.__call__

    def call(self: Network, request: Any) -> Answer:
        keys = original(self, request)
        return keys if "moto-api" in request.url else dataclasses.replace(keys, status=200, body=body)

    monkeypatch.setattr(Network, "__call__", call)

    for arguments in (["run", "--target", url, "--levels", "1,3", "--out", "out", "--yes"], ["clean", "out"]):
        ended = kit(*arguments)

        assert ended.code == LEFT
        assert "not removed: entry 1 of the journal: the target sent a response of another form" in ended.out


def test_the_journal_has_no_secret(running, kit):
    _, url = running

    kit("run", "--target", url, "--levels", "1,3,4", "--out", "out", "--yes", "--quiet")

    text = Path("out", FILE).read_text()
    keys = target.server(url, None).keys["first"]()
    assert keys.access_key not in text
    assert keys.secret_key not in text
    assert "Signature" not in text
    assert "presigned" not in text
    assert Continued(Path("out")).left() == []


HEAD = '{"head": {"target": "http://127.0.0.1:1", "region": "us-east-1"}}\n'


def test_a_line_that_a_power_cut_left_incomplete_is_ignored(running, kit):
    mock, url = running
    app = create_app(mock.client(), title="qapps-mock-conformance-0a1b2c3d x")
    Path("out").mkdir()
    journal = Journal(Path("out"), {"target": url, "region": "us-east-1"})
    text = json.dumps(CREATE["undo"]).replace("{{prefix}} x", app["title"])
    journal.intend(json.loads(text), {"instance": INSTANCE}, lasting=True)
    with Path("out", FILE).open("a") as file:
        file.write('{"made": 1, "val')

    assert kit("clean", "out").out == "1 of 1 are removed.\n"
    assert titles(mock) == []
    assert kit("clean", "out").out == "Nothing is left.\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "IndexError('list index out of range')"),
        ("x\n", "JSONDecodeError('Expecting value: line 1 column 1 (char 0)')"),
        ("[]\n", "TypeError('list indices must be integers or slices, not str')"),
        ('{"head": {}}\n', "KeyError('target')"),
        (HEAD + '{"settled": 4}\n', "KeyError(4)"),
        (HEAD + '{"make": 1, "undo": {}, "values": {}}\n', "KeyError('steps')"),
        (
            HEAD + '{"make": 1, "undo": {"steps": [1]}, "values": {}}\n',
            "ProbeError('undo, step 1: expected an object, not 1')",
        ),
    ],
)
def test_a_journal_that_cannot_be_read_is_explained(kit, text, why):
    Path("out").mkdir()
    Path("out", FILE).write_text(text)

    assert kit("clean", "out").err == f"qapps-mock conformance: out has no journal that can be read: {why}\n"


def test_a_run_that_writes_nothing_leaves_no_folder(running, kit):
    _, url = running

    kit("run", "--target", url, "--levels", "1", "--probe", "s3.policy.base64", "--out", "out", "--quiet")

    assert not Path("out").exists()
