"""How the cards of a session run: pure functions of a plan and the state of each card.

A query card is WAITING while an input that it needs, directly or through other cards, is missing. It is
IN_PROGRESS when all these inputs are present. So WAITING always means that the user must give a value.
A card that needs a card in ERROR is in ERROR itself and does not run. AWS documents none of this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeAlias

from qapps_mock.models import cards

State: TypeAlias = Literal["ERROR", "WAITING", "IN_PROGRESS", "COMPLETED"]
# The state of a session is the first of these that any of its cards has.
STATES: tuple[State, ...] = ("ERROR", "WAITING", "IN_PROGRESS", "COMPLETED")
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
        message: what a user gave to a query card that was waiting.
    """

    state: State
    value: str = ""
    reads: int = 0
    message: str = ""


Runs: TypeAlias = dict[str, CardRun]
# When cards began to run, and with which inputs.
Begun: TypeAlias = dict[str, tuple[datetime, dict[str, str]]]
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

    def has_form_for(self, values: Collection[Mapping[str, Any]]) -> bool:
        """Tell whether one of the values that a user gives is a response to a form card."""
        forms = {card["id"] for card in self.forms}
        return any(given["cardId"] in forms for given in values)


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
    queries = cards.in_order({step.id: step.needs for step in steps.values() if step.is_query})
    prepared = Plan(steps, tuple(steps[card_id] for card_id in queries), forms, start)
    _settle(prepared, start)
    return prepared


def _before(step: Step) -> CardRun:
    if step.is_query:
        return _IN_PROGRESS
    preset = step.body.get("fileId")
    return _WAITING if preset is None else CardRun("COMPLETED", preset)


def overall(runs: Runs) -> State:
    """Return the state of a session from the states of its cards."""
    states = {run.state for run in runs.values()}
    return next((state for state in STATES if state in states), "COMPLETED")


def give(plan: Plan, runs: Runs, values: Mapping[str, str | None]) -> None:
    """Give cards values, where None removes one.

    A value completes an input card, and the cards that depend on it run again. A query card keeps its
    value as a message, which follows its prompt when it runs.
    """
    changed = set(values)
    for card_id, value in values.items():
        if plan.steps[card_id].is_query:
            runs[card_id] = CardRun("IN_PROGRESS", message=value or "")
        else:
            runs[card_id] = _WAITING if value is None else CardRun("COMPLETED", value)
    for step in plan.queries:
        if not changed.isdisjoint(step.needs):
            changed.add(step.id)
            runs[step.id] = CardRun("IN_PROGRESS", message=runs[step.id].message)
    _settle(plan, runs)


def step(
    plan: Plan, runs: Runs, answer: Answer, *, reads: int = 1, busy: Collection[str] = frozenset()
) -> None:
    """Advance every card that can run by one step.

    Args:
        answer: returns the value of a query card. Meanwhile *runs* may change.
        reads: the number of steps until a card is COMPLETED.
        busy: the cards whose answer another call is waiting for; they do not run. It may change too.
    """
    for each in [each for each in plan.queries if _is_ready(each, runs, busy)]:
        if not _is_ready(each, runs, busy):
            continue
        seen = runs[each.id].reads + 1
        if seen >= reads:
            _run(plan, each, runs, answer)
        else:
            runs[each.id] = runs[each.id]._replace(reads=seen)


def finish(plan: Plan, runs: Runs, answer: Answer, *, busy: Collection[str] = frozenset()) -> None:
    """Run each card that can run, once; the arguments are those of `step`."""
    for each in plan.queries:
        if _is_ready(each, runs, busy):
            _run(plan, each, runs, answer)


def elapse(
    plan: Plan,
    runs: Runs,
    answer: Answer,
    *,
    begun: Begun,
    now: datetime,
    takes: timedelta,
    busy: Collection[str] = frozenset(),
) -> None:
    """Run each card that could run for *takes*; the other arguments are those of `step`.

    A card that needs another one begins when that one ends, however late this is called.

    Args:
        begun: when the cards that can run began, and with which inputs; it changes.
        now: the current time.
        takes: how long a card runs.
    """
    ended: dict[str, datetime] = {}
    for each in plan.queries:
        if not _is_ready(each, runs, busy):
            begun.pop(each.id, None)
            continue
        inputs = _inputs(each, runs)
        at, known = begun.get(each.id, (now, None))
        if known != inputs:
            at = max((ended[need] for need in each.needs if need in ended), default=now)
            begun[each.id] = at, inputs
        if now - at >= takes:
            _run(plan, each, runs, answer)
            ended[each.id] = at + takes
            begun.pop(each.id, None)


def _is_ready(step: Step, runs: Runs, busy: Collection[str] = frozenset()) -> bool:
    return (
        runs[step.id].state == "IN_PROGRESS"
        and step.id not in busy
        and all(runs[each].state == "COMPLETED" for each in step.needs)
    )


def _run(plan: Plan, step: Step, runs: Runs, answer: Answer) -> None:
    """Give a card its answer, unless the card or its inputs have changed meanwhile."""
    inputs = _inputs(step, runs)
    message = runs[step.id].message
    prompt = cards.render(step.body["prompt"], inputs)
    value = answer(step, f"{prompt}\n\n{message}" if message else prompt)
    if not _is_ready(step, runs) or _inputs(step, runs) != inputs:
        return
    if value is None:
        runs[step.id] = _ERROR
        _settle(plan, runs)
    else:
        runs[step.id] = CardRun("COMPLETED", value, message=message)


def _inputs(step: Step, runs: Runs) -> dict[str, str]:
    return {each: runs[each].value for each in step.needs}


def _settle(plan: Plan, runs: Runs) -> None:
    """Derive the state of each query card from the states of the cards that it needs."""
    for step in plan.queries:
        needed = {runs[each].state for each in step.needs}
        if "ERROR" in needed:
            runs[step.id] = _ERROR
        elif "WAITING" in needed:
            runs[step.id] = CardRun("WAITING", message=runs[step.id].message)
