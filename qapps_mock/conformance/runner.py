"""Run probes: make what they need, send their steps, keep what the target sent, remove what they made."""

from __future__ import annotations

import functools
import secrets
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from qapps_mock.conformance import record, template, undo
from qapps_mock.conformance.caller import Caller, filled
from qapps_mock.conformance.catalog import Catalog
from qapps_mock.conformance.journal import Journal
from qapps_mock.conformance.placeholders import Placeholders, known_values
from qapps_mock.conformance.probe import Probe, ProbeError, Resource, Step
from qapps_mock.conformance.progress import Progress
from qapps_mock.conformance.record import Rules, Taken
from qapps_mock.conformance.request import find_operation
from qapps_mock.conformance.target import Target, other_region
from qapps_mock.conformance.wire import LOST, Answer, NoAnswer
from qapps_mock.service.service_model import service_model

NAME = "qapps-mock-conformance"
_LOST_IN_A_ROW = 3


def new_run_id() -> str:
    """Return the id that every name of a run carries."""
    return secrets.token_hex(4)


class _Uuids(dict[str, str]):
    """A UUID for every name."""

    def __missing__(self, name: str) -> str:
        self[name] = str(uuid.uuid4())
        return self[name]


class Runner:
    """One run.

    Args:
        catalog: of the probes and resources.
        caller: sends the steps.
        journal: of what is made.
        progress: told of each probe.
        run_id: from `new_run_id`.
        instance: the id of the Q Business application; None: one that does not exist.

    Attributes:
        taken: by id of the probe, what it found out so far.
    """

    def __init__(
        self,
        catalog: Catalog,
        caller: Caller,
        journal: Journal,
        progress: Progress,
        *,
        run_id: str,
        instance: str | None = None,
    ) -> None:
        self.taken: dict[str, Taken] = {}
        self._catalog = catalog
        self._caller = caller
        self._journal = journal
        self._progress = progress
        self._resources: dict[str, Mapping[str, Any] | str] = {}
        target = caller.target
        self._values: dict[str, Any] = {
            "run": run_id,
            "prefix": f"{NAME}-{run_id}",
            "instance": instance or str(uuid.uuid4()),
            "region": target.region,
            "other_region": other_region(target.region),
            "key": f"k/{run_id}",
            "email": dict(target.emails),
            "host": target.hosts,
            "access_key": target.keys_of("first").access_key,
        }

    def run(self, probes: Iterable[Probe]) -> None:
        """Run probes in order; in the end, and when the user interrupts, remove everything that was made."""
        lost: Counter[int] = Counter()  # by level, for levels have different hosts
        try:
            for probe in probes:
                if lost[probe.level] >= _LOST_IN_A_ROW:
                    taken = Taken("skipped", f"the connection was lost {_LOST_IN_A_ROW} times before it")
                else:
                    taken = self._run(probe)
                    lost[probe.level] = lost[probe.level] + 1 if taken.reason.startswith(LOST) else 0
                self._finish(probe, taken)
        finally:
            self._undo(lasting=True)

    def _finish(self, probe: Probe, taken: Taken) -> None:
        self.taken[probe.id] = taken
        self._progress.finished(probe, taken)

    def _undo(self, *, lasting: bool) -> None:
        entries = [entry for entry in self._journal.left() if lasting or not entry.lasting]
        undo.undo(entries, self._caller, self._journal, self._progress.say)

    def _run(self, probe: Probe) -> Taken:
        taken = Taken()
        # Each probe has its own object, so that its answers do not depend on the probes before it.
        values = {**self._new_values(), "key": f"{self._values['key']}/{probe.id}"}
        places: Placeholders | None = None
        try:
            for resource in self._catalog.needed(probe):
                values[resource.name] = self._resource(resource)
            places = self._placeholders(values)
            # As the file has them: what fills a template can come from the target.
            words = frozenset(_texts([probe.values, *(dict(step.options) for step in probe.steps)]))
            for step in probe.steps:
                # What a case names can come from an earlier step.
                values.update(template.filled(probe.values, values, partly=True))
                ready = filled(step, values)
                answer, found = self._step(ready, values)
                values[step.name] = found
                if step.options.get("record", True):
                    taken.steps[step.name] = record.describe(answer, places, _rules(ready, words))
        except (NoAnswer, ProbeError, template.Missing) as error:
            # The steps before it have their answers.
            taken.state = "answered" if taken.steps else "skipped"
            taken.reason = places.masked(str(error)) if places else str(error)
        finally:
            self._undo(lasting=False)
        return taken

    def _new_values(self) -> dict[str, Any]:
        return {**self._values, "uuid": _Uuids(), "text": _Texts(), "time": _times()}

    def _resource(self, resource: Resource) -> Mapping[str, Any]:
        found = self._resources.get(resource.name)
        if found is None:
            try:
                found = self._make(resource)
            except (NoAnswer, ProbeError, template.Missing) as error:
                found = f"{resource.name}: {error}"
                self._progress.say(f"{resource.name} cannot be used: {error}")
            self._resources[resource.name] = found
        if isinstance(found, str):
            raise NoAnswer(found)
        return found

    def _make(self, resource: Resource) -> Mapping[str, Any]:
        values = self._new_values()
        for name in resource.needs:
            values[name] = self._resources[name]
        own: dict[str, Any] = dict(template.filled(resource.values, values))
        values[resource.name] = own
        for step in resource.steps:
            answer, found = self._step(filled(step, values), values, lasting=True)
            if answer.status >= 300 and "require" not in step.options:
                raise NoAnswer(f"step {step.name} has status {answer.status}{_code(found)}")
            own[step.name] = found
        return own

    def _step(self, step: Step, values: Mapping[str, Any], *, lasting: bool = False) -> tuple[Answer, Any]:
        entry = None
        if step.undo is not None:
            entry = self._journal.intend(*_ready_to_undo(step, values), lasting=lasting)
        answer, found = self._caller.send(step, values)
        if entry is not None:
            if 400 <= answer.status < 500:
                self._journal.settle(entry)  # it was refused, so nothing was made
            elif answer.status < 300:
                self._journal.made(entry, _named_by(entry.undo, {step.name: found}))
        required = step.options.get("require")
        if required and answer.status not in required["status"]:
            raise NoAnswer(
                f"{required['otherwise']} (step {step.name} has status {answer.status}{_code(found)})"
            )
        return answer, found

    def _placeholders(self, values: Mapping[str, Any]) -> Placeholders:
        target, bucket = self._caller.target, values.get("bucket", {}).get("name", "")
        words = ("run", "prefix", "instance", "region", "other_region")
        known = known_values({"bucket": bucket, **{word: values[word] for word in words}, **_secrets(target)})
        for url in target.bucket_urls(bucket) if bucket else ():
            known |= known_values({"bucket-url": url})
        return Placeholders(known)


def _rules(step: Step, words: frozenset[str]) -> Rules:
    keep, only = frozenset(step.options.get("keep", ())), step.options.get("only", {})
    if step.kind != "call":
        return Rules(keep=keep, only=only)
    return Rules(find_operation(step.what).output_shape, keep, only, words | _enumerated())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


@functools.cache
def _enumerated() -> frozenset[str]:
    """Return all values that the service model enumerates."""
    model = service_model()
    shapes = map(model.shape_for, model.shape_names)
    return frozenset(each for shape in shapes for each in getattr(shape, "enum", ()))


def _secrets(target: Target) -> dict[str, str]:
    found: dict[str, str] = {}
    for user, keys in target.keys.items():
        frozen = keys()
        found |= {
            f"{user}-access-key": frozen.access_key,
            f"{user}-secret": frozen.secret_key,
            f"{user}-token": frozen.token or "",
        }
    return found | {f"{user}-email": email for user, email in target.emails.items()}


def _ready_to_undo(step: Step, values: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the undo of a step with the values that are known now; `clean` has no others."""
    assert step.undo is not None
    undo_steps: Mapping[str, Any] = template.filled(step.undo, values, partly=True)
    needed = {name: values[name] for name in ("instance", "region") if name in values}
    return undo_steps, needed


def _named_by(undo_steps: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return those members of a response that the undo names: the journal holds nothing else."""
    named: dict[str, Any] = {}
    for path in template.references(undo_steps):
        step, _, member = path.partition(".")
        if step in found and "." not in member:
            named.setdefault(step, {})[member] = template.find(found, path)
    return named


def _code(document: Any) -> str:
    if not isinstance(document, dict):
        return ""
    error = document.get("Error")
    return f", {error['Code']}" if isinstance(error, dict) and "Code" in error else ""


class _Texts(dict[str, str]):
    """A text of every length: its name is its length."""

    def __missing__(self, length: str) -> str:
        return "x" * int(length)


def _times() -> dict[str, str]:
    now = datetime.now(timezone.utc)
    later = now + timedelta(minutes=10)
    return {
        "day": f"{now:%Y%m%d}",
        "basic": f"{now:%Y%m%dT%H%M%SZ}",
        "iso": f"{now:%Y-%m-%dT%H:%M:%S.000Z}",
        "later": f"{later:%Y-%m-%dT%H:%M:%S}",
        "earlier": f"{now - timedelta(minutes=10):%Y-%m-%dT%H:%M:%S}",
    }
