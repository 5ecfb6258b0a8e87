"""All probes: the kit's own, and those of the folders that a user adds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qapps_mock.conformance.probe import LEVELS, Probe, ProbeError, Resource, read_probes, read_resources

OWN = Path(__file__).parent / "probes"
_RESOURCES = "resources.json"
_LEVELS = Path(__file__).parent / "levels.json"


@dataclass(frozen=True)
class Level:
    """How deep a run goes: what it needs, makes and costs."""

    number: int
    title: str
    needs: str
    makes: str
    asks: bool


@dataclass(frozen=True)
class Catalog:
    """The probes by id, the resources by name."""

    probes: Mapping[str, Probe]
    resources: Mapping[str, Resource]

    def of_levels(self, levels: Iterable[int]) -> list[Probe]:
        """Return the probes of these levels, the lowest level first."""
        wanted = set(levels)
        return [each for each in self.probes.values() if each.level in wanted]

    def needed(self, probe: Probe) -> list[Resource]:
        """Return the resources that a probe needs, those that others need first."""
        found: dict[str, Resource] = {}
        for name in probe.needs:
            self._add(name, found)
        return list(found.values())

    def _add(self, name: str, found: dict[str, Resource]) -> None:
        resource = self.resources[name]
        for each in resource.needs:
            if each not in found:
                self._add(each, found)
        found.setdefault(name, resource)


def load(folders: Iterable[Path] = ()) -> Catalog:
    """Read the probes of the kit and of *folders*.

    Raises:
        ProbeError: a folder or a file cannot be read or used.
    """
    probes: list[Probe] = []
    resources: dict[str, Resource] = {}
    for folder in (OWN, *folders):
        if not folder.is_dir():
            raise ProbeError(f"{folder} is not a folder")
        for path in sorted(folder.glob("*.json")):
            document = _read(path)
            if path.name == _RESOURCES:
                resources |= read_resources(document, str(path))
            else:
                probes += read_probes(document, str(path))
    by_id: dict[str, Probe] = {}
    for probe in sorted(probes, key=lambda each: each.level):
        if probe.id in by_id:
            raise ProbeError(f"two probes have the id {probe.id}")
        for name in probe.needs:
            if name not in resources:
                raise ProbeError(
                    f"probe {probe.id} needs {name!r}. The resources are: {', '.join(resources)}."
                )
            if any(step.name == name for step in probe.steps):
                raise ProbeError(f"probe {probe.id} has a step with the name of its resource {name}")
        by_id[probe.id] = probe
    return Catalog(by_id, resources)


def levels() -> list[Level]:
    """Return all levels."""
    found = [Level(number, **about) for number, about in enumerate(_read(_LEVELS)["levels"])]
    assert len(found) == len(LEVELS)
    return found


def prices() -> Mapping[str, float]:
    """Return an upper estimate of what 1000 requests of a kind cost, in US dollars."""
    found: Mapping[str, float] = _read(_LEVELS)["dollars_for_1000"]
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ProbeError(f"{path} is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ProbeError(f"{path} is not a JSON object")
    return document
