"""What the tests of the conformance kit share: its probes, a quiet run, a command in this process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from qapps_mock.conformance import catalog, command, target
from qapps_mock.conformance.caller import Caller
from qapps_mock.conformance.catalog import Catalog
from qapps_mock.conformance.journal import Journal
from qapps_mock.conformance.probe import Probe, read_probes
from qapps_mock.conformance.progress import Progress
from qapps_mock.conformance.record import Taken
from qapps_mock.conformance.runner import Runner
from qapps_mock.conformance.target import Target


@pytest.fixture(scope="session")
def everything() -> Catalog:
    """All probes of the kit."""
    return catalog.load()


@pytest.fixture
def mock() -> Iterator[Target]:
    """The mock in this process, as a target."""
    with target.mock() as found:
        yield found


def runner_of(
    found: Target, probes: Catalog, *, journal: Journal | None = None, progress: Progress | None = None
) -> Runner:
    """A run that waits for nothing and shows nothing."""
    caller = Caller(found, wait=lambda seconds: None)
    return Runner(probes, caller, journal or Journal(None, {}), progress or Progress(), run_id="0a1b2c3d")


def run(found: Target, probes: Catalog, chosen: list[Probe] | None = None) -> dict[str, Taken]:
    """Run probes, and return what they found out."""
    runner = runner_of(found, probes)
    runner.run(list(probes.probes.values()) if chosen is None else chosen)
    return runner.taken


def only(probes: Catalog, *steps: dict[str, Any], **members: Any) -> Catalog:
    """A catalog with one probe of these steps, and the kit's resources."""
    probe = {"id": "a.probe", "asks": "What?", "rows": [], "level": 3, "steps": list(steps), **members}
    return Catalog({each.id: each for each in read_probes({"probes": [probe]}, "test")}, probes.resources)


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def kit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Ended]]:
    """Run ``qapps-mock conformance`` in this process, in an empty folder."""
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            command.main([str(each) for each in arguments])
        assert isinstance(ended.value.code, int)
        return Ended(ended.value.code, *capsys.readouterr())

    yield call
    for number, handler in before.items():
        signal.signal(number, handler)
