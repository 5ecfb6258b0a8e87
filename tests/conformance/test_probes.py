"""The data of probes: what is refused, and what holds for all that the kit has."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from qapps_mock.conformance import catalog, exit_codes, template
from qapps_mock.conformance.caller import Caller
from qapps_mock.conformance.probe import ProbeError, Step, read_probes
from qapps_mock.conformance.wire import Answer, NoAnswer
from tests.conformance.conftest import only, run, runner_of
from tests.conformance.test_secrets import NOW

ROOT = Path(__file__).parents[2]
PROBE = {"id": "a.b", "asks": "What?", "level": 0, "steps": [{"call": "ListQApps"}]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "f: expected a list that is not empty, not None"),
        ({"probes": [1]}, "f, probe 1: expected an object, not 1"),
        ({"probes": [{**PROBE, "id": "A"}]}, "f, probe A: 'id' must be words in lower case between dots, not 'A'"),
        ({"probes": [{**PROBE, "level": 7}]}, "f, probe a.b: 'level' must be 0 to 6, not 7"),
        ({"probes": [{**PROBE, "rows": ["x"]}]}, "f, probe a.b: 'rows' must be ids such as QA-017 or S3-012, not 'x'"),
        ({"probes": [{**PROBE, "asks": None}]}, "f, probe a.b: 'asks' must be a sentence: what does the probe find out?"),
        ({"probes": [{**PROBE, "ask": 1}]}, "f, probe a.b: no member 'ask'. The members are: asks, cases, id, level, needs, rows, steps, values."),
        ({"probes": [{**PROBE, "steps": [{}]}]}, "f, probe a.b, step 1: a step has exactly one of call, http, post, link, s3, empty, not none"),
        ({"probes": [{**PROBE, "steps": [{"call": "A", "s3": {}}]}]}, "f, probe a.b, step 1: a step has exactly one of call, http, post, link, s3, empty, not ['call', 's3']"),
        ({"probes": [{**PROBE, "steps": [{"call": "A", "until": {"is": 1}}]}]}, "f, probe a.b, step 1, until: no member 'is'. The members are: every, in, member, seconds."),
        ({"probes": [{**PROBE, "steps": [{"call": "A", "require": 200}]}]}, "f, probe a.b, step 1, require: expected an object, not 200"),
        ({"probes": [{**PROBE, "cases": []}]}, "f, probe a.b, cases: expected an object, not []"),
    ],
)  # fmt: skip
def test_a_probe_that_cannot_be_used_is_explained(document, message):
    with pytest.raises(ProbeError) as refused:
        read_probes(document, "f")

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("probes", "message"),
    [
        ("not JSON", "{} is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "{} is not a JSON object"),
        (json.dumps({"probes": [PROBE, PROBE]}), "two probes have the id a.b"),
        (json.dumps({"probes": [{**PROBE, "needs": ["moon"]}]}), "probe a.b needs 'moon'. The resources are: bucket, object, app, input_app."),
        (json.dumps({"probes": [{**PROBE, "needs": ["app"], "steps": [{"as": "app", "call": "ListQApps"}]}]}), "probe a.b has a step with the name of its resource app"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_used_is_explained(tmp_path, probes, message):
    path = tmp_path / "own.json"
    path.write_text(probes)

    with pytest.raises(ProbeError) as refused:
        catalog.load([tmp_path])

    assert str(refused.value) == message.format(path)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"call": "Nothing"}, "Q Apps has no operation 'Nothing'"),
        ({"call": "ListQApps", "with": {"moon": 1}}, "ListQApps cannot be sent with these parameters ('moon'); use 'http' for what the model does not know"),
        ({"post": {"moon": 1}}, "a form has no member 'moon'. The members are: "),
        ({"http": {"header": {}}}, "a request has no member 'header'. The members are: body, headers, method, path, query."),
        ({"s3": {"path": "a"}}, "a request to S3 has no member 'path'. The members are: body, bucket, headers, key, location, method, query."),
        ({"call": "ListQApps", "sign": {"key": "a"}}, "'sign' has no member 'key'. The members are: access_key, region, secret, service, then, token."),
        ({"link": {"moon": 1}}, "a link has no member 'moon'. The members are: "),
        ({"post": {"sign": "v3"}}, "step 1 describes no request: KeyError('v3')"),
        ({"post": {"fields": ["a"]}}, "step 1 describes no request: TypeError("),
        ({"http": "GET /"}, "a request is an object, not 'GET /'"),
        ({"http": {"headers": 1}}, "step 1 describes no request: TypeError("),
        ({"empty": "a-bucket"}, "step 1 describes no request: KeyError('empty')"),
        ({"call": "ListQApps", "origin": "https://example.com"}, "the origin <url:1> is not a URL of AWS"),
        ({"call": "ListQApps", "origin": "//s3.amazonaws.com"}, "the origin //<host:1> is not a URL of AWS"),
        ({"call": "ListQApps", "origin": 3}, "the origin 3 is not a URL of AWS"),
        ({"call": "GetQApp", "with": {"appId": "{{moon.appId}}"}}, "moon.appId: no value 'moon'"),
        ({"s3": {"bucket": "no-such-bucket", "query": "list-type=2"}, "require": {"status": [200], "otherwise": "no list"}}, "no list (step 1 has status 404, NoSuchBucket)"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_sent_is_skipped_with_the_reason(mock, everything, step, reason):
    taken = run(mock, only(everything, step, needs=["bucket"]))["a.probe"]

    assert (taken.state, taken.steps) == ("skipped", {})
    assert taken.reason.startswith(reason)


def test_a_probe_that_ends_early_keeps_the_answers_before(mock, everything):
    steps = (
        {"as": "get", "call": "GetQApp", "with": {"appId": "x"}},
        {"call": "GetQApp", "with": {"appId": "{{get.appId}}"}},
    )

    taken = run(mock, only(everything, *steps))["a.probe"]

    assert (taken.state, taken.reason) == ("answered", "get.appId: no value 'appId'")
    assert taken.steps["get"]["status"] == 400


# --- Templates


def test_a_template_that_is_one_reference_keeps_the_type():
    values = {"a": {"b": [1, {"c": True}]}, "t": "x"}

    assert template.filled({"{{t}}": ["{{a.b}}", "{{a.b.1.c}}", "-{{a.b.0}}{{t}}-"]}, values) == {
        "x": [[1, {"c": True}], True, "-1x-"]
    }
    assert template.filled("{{a.x}} {{t}}", values, partly=True) == "{{a.x}} {{t}}"
    assert template.filled("${filename} $key", values) == "${filename} $key"


@pytest.mark.parametrize("path", ["b", "a.c", "a.b.7", "a.b.x", "t.x"])
def test_a_reference_without_a_value_is_missing(path):
    with pytest.raises(template.Missing):
        template.filled(f"{{{{{path}}}}}", {"a": {"b": []}, "t": "x"})


# --- Waiting


def answers(*statuses: int, code: str = "SlowDown", retry_after: str | None = None) -> Any:
    waiting = list(statuses)

    def send(request: Any) -> Answer:
        headers = {"retry-after": retry_after} if retry_after else {}
        body = f"<Error><Code>{code}</Code></Error>".encode()
        return Answer(waiting.pop(0) if len(waiting) > 1 else waiting[0], headers, body, NOW)

    return send


def calling(mock: Any, send: Any) -> tuple[Caller, list[float], list[str]]:
    waited: list[float] = []
    said: list[str] = []
    return Caller(dataclasses.replace(mock, send=send), wait=waited.append, say=said.append), waited, said


LIST = Step("list", "s3", {"bucket": "b"})


def test_throttling_is_waited_out(mock):
    caller, waited, said = calling(mock, answers(503, 503, 200))

    assert caller.call(LIST, {})[0].status == 200
    assert waited == [1, 2]
    assert said == ["the target asks to slow down: waiting 1 s", "the target asks to slow down: waiting 2 s"]


def test_retry_after_says_how_long(mock):
    caller, waited, _ = calling(mock, answers(429, 200, code="ThrottlingException", retry_after="7"))

    caller.call(LIST, {})

    assert waited == [7]


def test_endless_throttling_is_a_reason(mock):
    caller, waited, _ = calling(mock, answers(503))

    with pytest.raises(NoAnswer, match="the target asked to slow down 6 times"):
        caller.call(LIST, {})
    assert waited == [1, 2, 4, 8, 16, 32]


def test_another_503_is_an_answer(mock):
    caller, waited, _ = calling(mock, answers(503, code="ServiceUnavailable"))

    assert (caller.call(LIST, {})[0].status, waited) == (503, [])


def test_a_step_waits_for_a_state(mock):
    states = iter(["IN_PROGRESS", "IN_PROGRESS", "COMPLETED"])
    step = Step(
        "get", "call", "GetQAppSession", {"until": {"member": "status", "in": ["COMPLETED"], "seconds": 10}}
    )
    caller, waited, _ = calling(
        mock, lambda request: Answer(200, {}, json.dumps({"status": next(states)}).encode(), NOW)
    )

    assert caller.call(step, {"instance": "i"})[1] == {"status": "COMPLETED"}
    assert waited == [2, 2]


def test_a_state_that_does_not_come_is_a_reason(mock):
    step = Step(
        "get", "call", "GetQAppSession", {"until": {"member": "status", "in": ["COMPLETED"], "seconds": 4}}
    )
    caller, waited, _ = calling(mock, lambda request: Answer(200, {}, b'{"status": "WAITING"}', NOW))

    with pytest.raises(NoAnswer, match="status was 'WAITING' for 4 seconds"):
        caller.call(step, {"instance": "i"})
    assert waited == [2, 2]


# --- The kit's own probes


MAKES = {"CreateQApp", "StartQAppSession", "BatchCreateCategory", "CreateLibraryItem"}


def makes_something(step: Step) -> bool:
    """Tell it of a call that the service would carry out: one without a title is refused, one of a session joins it."""
    sent = step.options.get("with", {})
    return step.what in MAKES and "sessionId" not in sent and (step.what != "CreateQApp" or "title" in sent)


def test_every_step_that_makes_something_says_how_to_remove_it(everything):
    asked = [*everything.probes.values(), *everything.resources.values()]

    careless = [
        step
        for each in asked
        for step in each.steps
        if step.kind == "call" and makes_something(step) and step.undo is None
    ]

    assert careless == []


def test_levels_0_and_2_make_nothing(everything):
    for probe in everything.of_levels([0, 2]):
        assert probe.needs == ()
        assert [step.name for step in probe.steps if step.kind == "call" and makes_something(step)] == []


def test_the_page_has_the_members_that_steps_have():
    page = (ROOT / "docs" / "conformance.md").read_text()

    for name in ("as", "keep", "only", "undo", "until", "require", "sign", "origin", "user", "record"):
        assert f"| `{name}` |" in page
    for code in (
        exit_codes.DONE,
        exit_codes.DIFFERS,
        exit_codes.REFUSED,
        exit_codes.LEFT,
        exit_codes.INTERRUPTED,
    ):
        assert f"| {code} |" in page
    for level in catalog.levels():
        assert f"| {level.number} | " in page


def test_the_probe_of_the_page_runs(mock, everything):
    page = (ROOT / "docs" / "conformance.md").read_text()
    document = json.loads(page.partition("```json\n")[2].partition("```")[0])
    probes = read_probes(document, "page")

    runner = runner_of(mock, catalog.Catalog({each.id: each for each in probes}, everything.resources))
    runner.run(probes)

    assert {
        probe: [each["status"] for each in taken.steps.values()] for probe, taken in runner.taken.items()
    } == {
        "app.tag-key.plain": [200, 200],
        "app.tag-key.of-aws": [400, 200],
    }
