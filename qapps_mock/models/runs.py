"""How the cards of an app run: pure functions over a plan and the state of each card.

A query card waits while an input that it needs, itself or through others, is missing; it is in
progress as soon as those are there. So WAITING always means: the user has to give something.
A card that needs one in ERROR is in ERROR itself, and never runs. AWS documents neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from qapps_mock.models import cards

State: TypeAlias = Literal["ERROR", "WAITING", "IN_PROGRESS", "COMPLETED"]
# The first of these that any card is in is the state of the whole.
_PRECEDENCE: tuple[State, ...] = ("ERROR", "WAITING", "IN_PROGRESS", "COMPLETED")
_QUERIES = frozenset({"qQuery", "qPlugin"})


@dataclass(frozen=True, slots=True)
class Step:
    """A card as far as its run needs it; *needs* are the cards that it refers to and that exist."""

    id: str
    kind: str
    body: Mapping[str, Any]
    needs: tuple[str, ...]

    @property
    def is_query(self) -> bool:
        """Tell whether the service makes its value, and not the user."""
        return self.kind in _QUERIES


class CardRun(NamedTuple):
    """Where the run of one card is; *reads*: how often it was looked at while it could run."""

    state: State
    value: str = ""
    reads: int = 0


Runs: TypeAlias = dict[str, CardRun]
# Gets a card and its rendered prompt; returns the card's value, None when the card fails.
Answer: TypeAlias = Callable[[Step, str], "str | None"]

_WAITING = CardRun("WAITING")
_IN_PROGRESS = CardRun("IN_PROGRESS")
_ERROR = CardRun("ERROR")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for every run of one version of an app.

    Attributes:
        steps: all cards by id, in the order of the app's definition.
        queries: the cards that run, each after those that it needs.
        forms: the form cards, as the app shows them.
        start: the state of all cards before anything is given.
    """

    steps: Mapping[str, Step]
    queries: tuple[Step, ...]
    forms: tuple[Mapping[str, Any], ...]
    start: Mapping[str, CardRun]


def plan(definition: list[cards.Card]) -> Plan:
    """Prepare the runs of an app with these cards, which have no cycle."""
    bodies = list(cards.by_id(definition))
    known = {card_id for card_id, _, _ in bodies}
    steps = {
        card_id: Step(card_id, kind, body, tuple(each for each in body["dependencies"] if each in known))
        for card_id, kind, body in bodies
    }
    start = {step.id: _before(step) for step in steps.values()}
    forms = tuple(body for _, kind, body in bodies if kind == "formInput")
    prepared = Plan(steps, tuple(_in_order(steps)), forms, start)
    _settle(prepared, start)
    return prepared


def _in_order(steps: Mapping[str, Step]) -> list[Step]:
    left = [step for step in steps.values() if step.is_query]
    ordered: list[Step] = []
    while left:
        blocked = {step.id for step in left}
        free = [step for step in left if blocked.isdisjoint(step.needs)]
        ordered += free
        left = [step for step in left if step not in free]
    return ordered


def _before(step: Step) -> CardRun:
    if step.is_query:
        return _IN_PROGRESS
    preset = step.body.get("fileId")
    return _WAITING if preset is None else CardRun("COMPLETED", preset)


def overall(runs: Runs) -> State:
    """Return the state of the whole session."""
    states = {run.state for run in runs.values()}
    return next((state for state in _PRECEDENCE if state in states), "COMPLETED")


def give(plan: Plan, runs: Runs, values: Mapping[str, str | None]) -> None:
    """Set input cards; None takes a value away. What depends on them will run again."""
    changed = set(values)
    for card_id, value in values.items():
        runs[card_id] = _WAITING if value is None else CardRun("COMPLETED", value)
    for step in plan.queries:
        if not changed.isdisjoint(step.needs):
            changed.add(step.id)
            runs[step.id] = _IN_PROGRESS
    _settle(plan, runs)


def step(plan: Plan, runs: Runs, answer: Answer, *, reads: int = 1) -> bool:
    """Bring every card that can run one step further; tell whether there was one.

    Args:
        answer: what makes a card's value.
        reads: how many such steps a card takes until it is done.
    """
    ready = [each for each in plan.queries if _is_ready(each, runs)]
    for each in ready:
        seen = runs[each.id].reads + 1
        runs[each.id] = _run(each, runs, answer) if seen >= reads else CardRun("IN_PROGRESS", reads=seen)
    _settle(plan, runs)
    return bool(ready)


def finish(plan: Plan, runs: Runs, answer: Answer) -> None:
    """Run all cards that can run, and those that can run then."""
    while step(plan, runs, answer):
        pass


def _is_ready(step: Step, runs: Runs) -> bool:
    return runs[step.id].state == "IN_PROGRESS" and all(
        runs[each].state == "COMPLETED" for each in step.needs
    )


def _run(step: Step, runs: Runs, answer: Answer) -> CardRun:
    prompt = cards.render(step.body["prompt"], {each: runs[each].value for each in step.needs})
    value = answer(step, prompt)
    return _ERROR if value is None else CardRun("COMPLETED", value)


def _settle(plan: Plan, runs: Runs) -> None:
    """Let the state of the query cards follow from that of the cards that they need."""
    for step in plan.queries:
        needed = {runs[each].state for each in step.needs}
        if "ERROR" in needed:
            runs[step.id] = _ERROR
        elif "WAITING" in needed:
            runs[step.id] = _WAITING
