"""The command `qapps-mock conformance`: its arguments, what it asks, writes and prints, and its exit codes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from qapps_mock import cli, mock_qapps
from qapps_mock.conformance import catalog, consent, progress, record, target, wire
from qapps_mock.conformance.exit_codes import DIFFERS, DONE, INTERRUPTED, REFUSED
from qapps_mock.conformance.record import Taken
from qapps_mock.conformance.target import TargetError
from qapps_mock.conformance.wire import Answer, NoAnswer
from qapps_mock.control.active import ACTIVE
from qapps_mock.server import server
from tests.conformance.test_secrets import NOW
from tests.conftest import console_server


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@contextlib.contextmanager
def serving() -> Iterator[str]:
    with mock_qapps(), server.Server(whole=True) as running:
        yield running.url


def test_a_run_writes_a_record_that_equals_the_mock(kit):
    ended = kit("run", "--target", "mock", "--probe", "identity.read", "--out", "out", "--yes")

    lines = ended.out.splitlines()
    assert (ended.code, ended.err) == (DONE, "")
    assert lines[0] == "Target: the mock in this process"
    assert lines[1] == (
        "  level 0, order of checks, words and headers of errors: 10 probes, about 10 requests; needs AWS keys; makes nothing"
    )
    assert lines[2] == "Estimated cost, besides your subscription: none."
    assert re.fullmatch(r" +1/10 +\d+s  identity\.read\.get-app  404", lines[3])
    assert lines[-2:] == [
        "10 probes answered, 0 skipped.",
        "Written: out/record.json. Compare it: qapps-mock conformance diff out",
    ]
    about = json.loads(Path("out/record.json").read_text())["target"]
    assert list(about) == ["kind", "region", "date", "levels", "botocore", "kit"]
    assert (about["kind"], about["region"], about["levels"]) == ("mock", "us-east-1", [0])
    assert os.listdir("out") == ["record.json"]

    ended = kit("diff", "out")

    assert (ended.code, ended.out) == (DONE, "10 probes are equal, 0 differ, 0 cannot be compared.\n")


def altered() -> None:
    """Make a second record in which one message differs, and one probe was skipped."""
    record = json.loads(Path("out/record.json").read_text())
    record["target"]["kind"] = "aws"
    record["probes"]["identity.read.get-app"]["steps"]["1"]["body"]["message"] = "No | app."
    record["probes"]["identity.read.list-apps"] = {"state": "skipped", "reason": "no time"}
    Path("aws").mkdir()
    Path("aws/record.json").write_text(json.dumps(record))


def test_a_diff_is_a_table_of_what_both_say(kit):
    kit("run", "--target", "mock", "--probe", "identity.read", "--out", "out", "--yes", "--quiet")
    altered()

    ended = kit("diff", "aws")

    assert ended.code == DIFFERS
    head, row, _, total, reason = ended.out.splitlines()
    assert re.sub("  +", "  ", head) == "probe  row  where  AWS says  the mock says"
    assert re.sub("  +", "  ", row).split("  ")[2:] == [
        "message",
        "No | app.",
        "App <uuid4:1> does not exist.",
    ]
    assert total == "8 probes are equal, 1 differ, 1 cannot be compared."
    assert reason == "  identity.read.list-apps: no time"
    assert kit("diff", "aws", "--against", "out").code == DIFFERS

    table = kit("diff", "aws", "--markdown").out.splitlines()

    assert table[0] == "| probe | row | where | AWS says | the mock says |"
    assert table[1] == "|---|---|---|---|---|"
    assert table[2].startswith("| identity.read.get-app | ")
    assert table[2].endswith("| message | No \\| app. | App &lt;uuid4:1> does not exist. |")


def test_nothing_is_written_without_a_terminal_and_without_yes(kit):
    ended = kit("run", "--target", "mock", "--probe", "identity.read", "--out", "out", "--quiet")

    assert ended == (
        REFUSED,
        "",
        "The answers were not written: there is no terminal to ask on. Pass --yes to write them without a question.\n",
    )
    assert not Path("out").exists()


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_sent(kit):
    Path("file").write_text("")
    with serving() as url:
        ended = kit("run", "--target", url, "--out", "file/out", "--yes", "--quiet")
        sent = ACTIVE.runs[-1].calls()

    assert ended == (
        REFUSED,
        "",
        "qapps-mock conformance: file/out cannot be made: Not a directory. Pass another --out.\n",
    )
    assert sent == []


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_sent(kit, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)

    ended = kit("run", "--target", "mock", "--out", "out", "--yes", "--quiet")

    assert ended == (REFUSED, "", "qapps-mock conformance: out cannot be written to. Pass another --out.\n")


RECORD = (
    '{{"format": 1, "target": {{"kind": "aws", "region": "us-east-1", "date": "2026-12-01"}}, "probes": {}}}'
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x", "JSONDecodeError('Expecting value: line 1 column 1 (char 0)')"),
        ("[]", "TypeError('list indices must be integers or slices, not str')"),
        ('{"format": 2}', "ValueError('it has format 2, and this kit reads format 1')"),
        ('{"format": 1, "target": {}, "probes": {}}', "KeyError('kind')"),
        (RECORD.format("[]"), "AttributeError(\"'list' object has no attribute 'items'\")"),
        (RECORD.format('{"a": {"steps": {"1": {}}}}'), "KeyError('status')"),
        (
            RECORD.format('{"a": {"steps": {"1": {"status": 200, "headers": [], "body": {}}}}}'),
            "TypeError('[] is not dict')",
        ),
    ],
)
def test_a_record_that_cannot_be_read_is_explained(kit, text, why):
    Path("record.json").write_text(text)

    ended = kit("diff", ".")

    assert ended == (
        REFUSED,
        "",
        f"qapps-mock conformance: record.json is not a record of this kit: {why}\n",
    )


def test_a_record_that_cannot_be_written_is_explained(kit, monkeypatch):
    def write(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record, "write", write)

    ended = kit("run", "--target", "mock", "--probe", "identity.read", "--out", "out", "--yes", "--quiet")

    assert ended == (REFUSED, "", "The answers were not written: [Errno 28] No space left on device\n")
    assert not Path("out").exists()


def test_levels_from_3_need_an_agreement(kit):
    with serving() as url:
        ended = kit("run", "--target", url, "--levels", "0,3", "--out", "out", "--quiet")
        made = [call.operation for call in ACTIVE.runs[-1].calls()]

    assert ended.out.splitlines()[0] == f"Target: {url}"
    assert (ended.code, ended.err) == (
        REFUSED,
        "qapps-mock conformance: levels from 3 make something in your instance: pass --yes to agree. Nothing was made.\n",
    )
    assert made == []
    assert not Path("out").exists()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A terminal whose user gives these replies."""
    replies: list[str] = []
    monkeypatch.setattr(consent, "_can_ask", lambda: True)

    def reply(question: str) -> str:
        print(question)
        given = replies.pop(0)
        if given in ENDS:
            raise ENDS[given]
        return given

    monkeypatch.setattr("builtins.input", reply)
    return replies


ENDS = {"Ctrl-C": KeyboardInterrupt, "Ctrl-D": EOFError}


@pytest.mark.parametrize(
    ("replies", "code", "written"),
    [
        (["y", "a", "y"], DONE, True),
        (["y", "n"], DONE, False),
        (["y", "Ctrl-D"], DONE, False),
        (["y", "Ctrl-C"], INTERRUPTED, False),
        (["n"], REFUSED, False),
        (["Ctrl-D"], REFUSED, False),
        (["Ctrl-C"], INTERRUPTED, False),
    ],
)
def test_a_terminal_shows_what_is_written_and_asks(kit, terminal, replies, code, written):
    terminal += replies

    ended = kit("run", "--target", "mock", "--levels", "3", "--probe", "app.made", "--out", "out")

    assert terminal == []
    assert Path("out").exists() == Path("out/record.json").exists() == written
    assert ended.code == code
    if code != DONE and len(replies) == 1:
        assert "app.made" not in ended.out
    if len(replies) > 1:
        assert "\n  App <uuid4:1> has no version 9.\n" in ended.out
        assert "Write it? [y]es, [n]o, [a]ll: show the whole file" in ended.out
    if written:
        assert Path("out/record.json").read_text() in ended.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--target", "mock", "--levels", "7"], "argument --levels: '7' is not a list of levels: pass numbers from 0 to 6, for example 0,1"),
        (["run", "--target", "mock", "--levels", ""], "argument --levels: '' is not a list of levels: pass numbers from 0 to 6, for example 0,1"),
        (["run", "--target", "aws", "--levels", "2"], "levels from 2 need your instance: pass --instance, the id of the Q Business application"),
        (["run", "--target", "mock", "--levels", "5"], "level 5 publishes an app to the library of the instance: pass --allow-publish to agree"),
        (["run", "--target", "mock", "--profile", "p"], "the target mock makes its users itself: leave out --profile"),
        (["run", "--target", "mock", "--second-profile", "p", "--second-user", "ann@example.com"], "the target mock makes its users itself: leave out --second-profile, --second-user"),
        (["run", "--target", "aws", "--levels", "6", "--instance", "i"], "level 6 needs a second user: pass --second-profile and --second-user"),
        (["run", "--target", "somewhere"], "'somewhere' is not a target: pass 'aws', 'mock', or a URL such as http://127.0.0.1:5000"),
        (["run", "--target", "https://data.qapps.us-east-1.amazonaws.com"], "https://data.qapps.us-east-1.amazonaws.com is AWS: pass --target aws"),
        (["run", "--target", "http://127.0.0.1:1"], "nothing responds at http://127.0.0.1:1 (EndpointConnectionError)"),
        (["run", "--target", "mock", "--probe", "nothing"], "no probe of these levels has an id that starts with 'nothing': qapps-mock conformance list shows all"),
        (["run", "--target", "aws"], "no region is configured: pass --region, for example us-east-1"),
        (["run", "--target", "aws", "--region", "us-east-1"], "no AWS keys are configured: pass --profile, or set AWS_ACCESS_KEY_ID"),
        (["run", "--target", "aws", "--profile", "nobody"], "The config profile (nobody) could not be found"),
        (["run", "--target", "mock", "--probes", "nowhere"], "nowhere is not a folder"),
        (["diff", "nowhere"], "nowhere cannot be read: No such file or directory"),
        (["diff", "."], "record.json cannot be read: No such file or directory"),
        (["run", "--target", "mock", "--instanc", "i"], "unrecognized arguments: --instanc i"),
        (["run", "--target", "mock", "--levels", "5", "--allow"], "unrecognized arguments: --allow"),
        (["clean", "nowhere"], "nowhere/journal.jsonl cannot be read: No such file or directory"),
        ([], "the following arguments are required: run|diff|list|clean"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_explained_and_exits_with_2(kit, arguments, message):
    ended = kit(*arguments)

    assert (ended.code, ended.out) == (REFUSED, "")
    assert ended.err.splitlines()[-1].partition(": ")[2].removeprefix("error: ") == message


def test_an_endpoint_that_is_not_aws_is_not_recorded_as_aws(kit, keys, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")

    ended = kit("run", "--target", "aws", "--region", "us-east-1")

    assert ended.err == (
        "qapps-mock conformance: http://127.0.0.1:4566 is configured as an endpoint, and it is not AWS: "
        "pass it as --target, or remove it\n"
    )


def test_the_endpoint_in_the_environment_is_not_that_of_the_mock_in_process(kit, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    kit("run", "--target", "mock", "--probe", "identity.read", "--out", "out", "--yes", "--quiet")

    ended = kit("diff", "out")

    assert (ended.code, ended.out) == (DONE, "10 probes are equal, 0 differ, 0 cannot be compared.\n")


@pytest.mark.parametrize(
    ("region", "website"),
    [
        ("us-west-2", "s3-website-us-west-2.amazonaws.com"),
        ("eu-central-1", "s3-website.eu-central-1.amazonaws.com"),
        ("cn-north-1", "s3-website.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_a_step_can_name_the_hosts_of_the_region(region, website):
    with serving() as url:
        found = target.server(url, region)

    suffix = website.rpartition(f"{region}.")[2]
    assert found.hosts["s3"] == f"s3.{region}.{suffix}"
    assert (found.hosts["website"], found.hosts["suffix"]) == (website, suffix)
    assert found.hosts["qapps"].startswith(f"data.qapps.{region}.")
    assert found.at(f"http://{website}") == (url, {"Host": website})


@pytest.mark.parametrize(
    ("region", "other"),
    [
        ("us-east-1", "us-west-2"),
        ("us-west-2", "us-east-1"),
        ("eu-central-1", "us-east-1"),
        ("cn-north-1", "cn-northwest-1"),
        ("us-gov-west-1", "us-gov-east-1"),
        ("moon-1", "us-east-1"),
    ],
)
def test_another_region_is_one_of_the_same_partition(region, other):
    assert target.other_region(region) == other


def test_aws_is_not_a_target_while_a_mock_is_active(kit, keys):
    with mock_qapps():
        ended = kit("run", "--target", "aws", "--region", "us-east-1")

    assert ended.err == (
        "qapps-mock conformance: a mock is active in this process, so nothing reaches AWS: stop it first\n"
    )


def test_aws_has_the_hosts_of_its_region(keys):
    found = target.aws("eu-west-1", None)

    assert (found.kind, found.qapps_url) == ("aws", "https://data.qapps.eu-west-1.amazonaws.com")
    assert found.bucket_url("b") == "https://b.s3.eu-west-1.amazonaws.com/"
    assert "secret" not in repr(found)


def test_a_folder_with_a_run_is_not_overwritten(kit):
    Path("out").mkdir()
    Path("out/journal.jsonl").touch()

    ended = kit("run", "--target", "mock", "--out", "out", "--yes")

    assert ended.err == "qapps-mock conformance: out already has a journal.jsonl: pass another --out\n"


def test_a_server_that_stores_forged_uploads_is_told_so(kit):
    with serving() as url:
        ended = kit("run", "--target", url, "--levels", "1", "--probe", "s3.order", "--out", "out", "--yes")

    assert ended.code == DONE
    assert (
        "  bucket cannot be used: the target stores a form whose signature is wrong, so it cannot be compared with S3; "
        "start the server with --enforce-all-posts (step forged has status 204)\n"
    ) in ended.out
    assert "\n0 probes answered, 30 skipped.\n" in ended.out
    assert kit("clean", "out").out == "Nothing is left.\n"


def test_the_command_of_the_server_is_a_target(kit):
    with console_server("--enforce-all-posts") as console:
        ended = kit(
            "run",
            "--target",
            console.url,
            "--levels",
            "0,1",
            "--probe",
            "s3.order",
            "--out",
            "out",
            "--yes",
            "--json",
        )

    lines = [json.loads(line) for line in ended.out.splitlines()]
    assert lines[0] == {
        "probe": "s3.order.bucket-or-form", "state": "answered", "statuses": {"1": 412}, "done": 1, "total": 30,
    }  # fmt: skip
    assert lines[-1]["done"] == 30
    assert kit("diff", "out").code == DONE


def test_the_list_shows_every_probe_with_its_level(kit):
    ended = kit("list")

    assert ended.code == DONE
    for probe_id in catalog.load().probes:
        assert f"\n  {probe_id} " in ended.out
    assert kit("list", "--level", "6").out.splitlines()[0] == (
        "Level 6: two users. Needs --second-profile, and the e-mail of its user. "
        "Makes a shared app and a shared session, removed at the end. Cost: none. 3 probes:"
    )


OWN = {"probes": [{"id": "own.one", "asks": "What?", "level": 0, "steps": [{"call": "ListQApps"}]}]}


def test_a_user_adds_a_folder_of_probes(kit):
    Path("mine").mkdir()
    Path("mine/own.json").write_text(json.dumps(OWN))

    ended = kit(
        "run", "--target", "mock", "--probes", "mine", "--probe", "own", "--out", "out", "--yes", "--quiet"
    )

    assert ended == (DONE, "", "")
    assert (
        kit("diff", "out", "--probes", "mine").out == "1 probes are equal, 0 differ, 0 cannot be compared.\n"
    )


def test_the_console_script_has_the_command(capsys, kit):
    with pytest.raises(SystemExit) as ended:
        cli.main(["conformance", "list", "--level", "6"])

    assert ended.value.code == DONE
    assert capsys.readouterr().out.startswith("Level 6: two users.")


def test_no_other_command_imports_the_kit(run_python):
    program = (
        "import sys\nfrom qapps_mock import cli\n"
        "try:\n    cli.main(['server', '--port', 'x'])\nexcept SystemExit:\n    pass\n"
        "sys.stderr.close()\nprint([each for each in sys.modules if 'qapps_mock.conformance' in each])"
    )

    assert run_python(f"import sys, io\nsys.stderr = io.StringIO()\n{program}") == "[]"


def test_a_level_with_one_user_is_skipped_for_the_second(kit, keys):
    found = target.aws("eu-west-1", None)

    with pytest.raises(NoAnswer, match="there are no keys of the second user: pass --second-profile"):
        found.keys_of("second")


@pytest.mark.parametrize("body", [b"hello", b"[]", b"{}", b""])
def test_another_server_gets_the_keys_of_a_profile(kit, monkeypatch, body):
    monkeypatch.setattr(wire.Network, "__call__", lambda self, request: Answer(200, {}, body, NOW))
    Path("config").write_text(
        "[profile other]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", "config")

    found = target.server("http://127.0.0.1:9", None, ("other", None))

    assert {user: keys().access_key for user, keys in found.keys.items()} == {"first": "AKIAIOSFODNN7EXAMPLE"}
    assert target.server("http://127.0.0.1:9", None, ("other", "other")).keys.keys() == {"first", "second"}
    with pytest.raises(TargetError, match="no AWS keys are configured: pass --profile"):
        target.server("http://127.0.0.1:9", None)


def test_a_server_that_wants_a_token_gets_it(kit, monkeypatch):
    with console_server("--host", "0.0.0.0", "--control-token", "a-long-token-of-a-test") as console:
        url = console.url.replace("0.0.0.0", "127.0.0.1")
        refused = kit("run", "--target", url, "--probe", "identity.route")
        monkeypatch.setenv("QAPPS_MOCK_CONTROL_TOKEN", "a-long-token-of-a-test")
        accepted = kit("run", "--target", url, "--probe", "identity.route", "--quiet", "--yes")

    assert refused.err == (
        f"qapps-mock conformance: {url} wants the token of its control API: set QAPPS_MOCK_CONTROL_TOKEN\n"
    )
    assert accepted.code == DONE


def test_a_terminal_shows_one_line_that_changes_and_keeps_what_needs_attention(everything):
    out = io.StringIO()
    shown = progress.Terminal(out)
    first, second, third = list(everything.probes.values())[:3]

    shown.start(3)
    shown.finished(first, Taken(steps={"1": {"status": 200}}))
    shown.finished(second, Taken("skipped", "no time"))
    shown.say("wait")
    shown.finished(third, Taken(steps={"1": {"status": 200}, "2": {"status": 404}}))

    lines = [re.sub(r" +\d+s  ", " ", line) for line in out.getvalue().split("\r\x1b[K")[1:]]
    assert lines == [
        f"   1/3 {first.id}  200",
        f"   2/3 {second.id}  skipped: no time\n",
        "  wait\n",
        f"   3/3 {third.id}  200, 404\n",
    ]


def test_a_line_that_changes_fits_the_terminal(everything, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    out = io.StringIO()
    shown = progress.Terminal(out)
    probe = next(iter(everything.probes.values()))
    statuses = Taken(steps={str(number): {"status": 200} for number in range(20)})

    shown.start(2)
    shown.finished(probe, statuses)
    shown.finished(probe, statuses)

    changing, staying = out.getvalue().split("\r\x1b[K")[1:]
    assert (len(changing), staying.count("200")) == (39, 20)


def test_the_time_left_is_estimated_from_the_probes_that_are_done(everything, monkeypatch):
    out, times = io.StringIO(), iter([0.0, 61.0])
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(times)))
    shown = progress.Lines(out)

    shown.start(3)
    shown.finished(next(iter(everything.probes.values())), Taken())

    assert out.getvalue().split()[:2] == ["1/3", "2m02s"]
