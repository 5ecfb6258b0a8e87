"""How the cards of a session run: pure functions of a plan and the state of each card.

A query card is WAITING while an input that it needs, directly or through other cards, is missing. It is
IN_PROGRESS when all these inputs are present. So WAITING always means that the user must give a value.
A card that needs a card in ERROR is in ERROR itself and does not run. AWS documents none of this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from qapps_mock.models import cards

State: TypeAlias = Literal["ERROR", "WAITING", "IN_PROGRESS", "COMPLETED"]
# The state of a session is the first of these that any of its cards has.
_PRECEDENCE: tuple[State, ...] = ("ERROR", "WAITING", "IN_PROGRESS", "COMPLETED")
_QUERIES = frozenset({"qQuery", "qPlugin"})


@dataclass(frozen=True, slots=True)
class Step:
    """One card of a plan.

    Attributes:
        needs: the ids of the existing cards that it refers to.
    """

    id: str
    kind: str
    body: Mapping[str, Any]
    needs: tuple[str, ...]

    @property
    def is_query(self) -> bool:
        """Tell whether the service, not the user, gives the card its value."""
        return self.kind in _QUERIES


class CardRun(NamedTuple):
    """The state of one card of a session.

    Attributes:
        reads: how many times the session was read while the card could run.
    """

    state: State
    value: str = ""
    reads: int = 0


Runs: TypeAlias = dict[str, CardRun]
# Takes a query card and its rendered prompt; returns the card's value, or None when the card fails.
Answer: TypeAlias = Callable[[Step, str], "str | None"]

_WAITING = CardRun("WAITING")
_IN_PROGRESS = CardRun("IN_PROGRESS")
_ERROR = CardRun("ERROR")


@dataclass(frozen=True, slots=True)
class Plan:
    """What all sessions of one app version share.

    Attributes:
        steps: all cards by id, in the order of the app's definition.
        queries: the query cards, each after the cards that it needs.
        forms: the form cards, as GetQApp shows them.
        start: the state of each card before the user gives a value.
    """

    steps: Mapping[str, Step]
    queries: tuple[Step, ...]
    forms: tuple[Mapping[str, Any], ...]
    start: Mapping[str, CardRun]


def plan(definition: list[cards.Card]) -> Plan:
    """Return the plan of an app with these cards, which must not depend on each other in a cycle."""
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
    """Return the state of a session from the states of its cards."""
    states = {run.state for run in runs.values()}
    return next((state for state in _PRECEDENCE if state in states), "COMPLETED")


def give(plan: Plan, runs: Runs, values: Mapping[str, str | None]) -> None:
    """Set the values of input cards, where None removes a value. Cards that depend on them run again."""
    changed = set(values)
    for card_id, value in values.items():
        runs[card_id] = _WAITING if value is None else CardRun("COMPLETED", value)
    for step in plan.queries:
        if not changed.isdisjoint(step.needs):
            changed.add(step.id)
            runs[step.id] = _IN_PROGRESS
    _settle(plan, runs)


def step(plan: Plan, runs: Runs, answer: Answer, *, reads: int = 1) -> bool:
    """Advance every card that can run by one step, and tell whether there was one.

    Args:
        answer: returns the value of a query card.
        reads: the number of steps until a card is COMPLETED.
    """
    ready = [each for each in plan.queries if _is_ready(each, runs)]
    for each in ready:
        seen = runs[each.id].reads + 1
        runs[each.id] = _run(each, runs, answer) if seen >= reads else CardRun("IN_PROGRESS", reads=seen)
    _settle(plan, runs)
    return bool(ready)


def finish(plan: Plan, runs: Runs, answer: Answer) -> None:
    """Run cards until no card can run."""
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
    """Derive the state of each query card from the states of the cards that it needs."""
    for step in plan.queries:
        needed = {runs[each].state for each in step.needs}
        if "ERROR" in needed:
            runs[step.id] = _ERROR
        elif "WAITING" in needed:
            runs[step.id] = _WAITING
