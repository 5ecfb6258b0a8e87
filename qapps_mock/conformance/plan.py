"""The plan of a run: what is sent, what is made, and about what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from qapps_mock.conformance import catalog
from qapps_mock.conformance.catalog import Catalog, Level
from qapps_mock.conformance.probe import Probe, Step
from qapps_mock.conformance.target import Target


def text(probes: list[Probe], all_of_them: Catalog, target: Target) -> str:
    """Return the plan as lines."""
    where = {"aws": f"AWS, {target.region}", "mock": "the mock in this process"}.get(
        target.kind, target.address
    )
    lines = [f"Target: {where}"]
    for level in catalog.levels():
        of_level = [each for each in probes if each.level == level.number]
        if of_level:
            lines.append(_line(level, of_level, all_of_them))
    lines.append(f"Estimated cost, besides your subscription: {cost(probes, all_of_them)}.")
    return "\n".join(lines)


def cost(probes: Iterable[Probe], all_of_them: Catalog) -> str:
    """Return an upper estimate of what *probes* cost, as text."""
    prices = catalog.prices()
    return _price(sum(prices[kind] * count / 1000 for kind, count in _requests(probes, all_of_them).items()))


def _price(dollars: float) -> str:
    return "none" if dollars == 0 else "less than $0.01" if dollars < 0.01 else f"at most ${dollars:.2f}"


def _line(level: Level, probes: list[Probe], all_of_them: Catalog) -> str:
    requests = sum(_requests(probes, all_of_them).values())
    return (
        f"  level {level.number}, {level.title}: {len(probes)} probes, about {requests} requests; "
        f"needs {level.needs}; makes {level.makes}"
    )


def _requests(probes: Iterable[Probe], all_of_them: Catalog) -> Counter[str]:
    """Count the requests by kind, with those that remove what was made."""
    found: Counter[str] = Counter()
    resources = {}
    for probe in probes:
        resources.update({each.name: each for each in all_of_them.needed(probe)})
        found += _of_steps(probe.steps)
    for resource in resources.values():
        found += _of_steps(resource.steps)
    return found


def _of_steps(steps: Iterable[Step]) -> Counter[str]:
    found: Counter[str] = Counter()
    for step in steps:
        found[step.kind] += 3 if "until" in step.options else 1
        for each in (step.undo or {"steps": []})["steps"]:
            found["s3" if "s3" in each or "empty" in each else "call"] += 1
    return found
