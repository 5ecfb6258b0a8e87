"""The runs of cards: random apps whose cards refer to each other, step by step and to the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.models import card_runs, cards
from tests.running import (
    FILE,
    FORM,
    PLUGIN,
    QUERY,
    SECOND,
    TEXT,
    form_card,
    plugin_card,
    query_card,
    text_card,
    upload_card,
)

A, B, C = QUERY, SECOND, PLUGIN


def planned(*inputs: dict[str, Any]) -> tuple[card_runs.Plan, card_runs.Runs]:
    plan = card_runs.plan(cards.build({"cards": list(inputs)}))
    return plan, dict(plan.start)


def echo(step: card_runs.Step, prompt: str) -> str:
    return f"<{prompt}>"


def states(runs: card_runs.Runs) -> list[str]:
    return [run.state for run in runs.values()]


# By example


def test_a_query_waits_for_the_input_that_another_query_needs():
    _, runs = planned(query_card(f"@{B}", A), query_card(f"@{TEXT}", B), text_card())

    assert states(runs) == ["WAITING", "WAITING", "WAITING"]


def test_a_query_is_in_progress_while_the_one_that_it_needs_is():
    plan, runs = planned(query_card(f"@{B}", A), query_card("Hello", B))

    card_runs.step(plan, runs, echo)

    assert [run.state for run in plan.start.values()] == ["IN_PROGRESS", "IN_PROGRESS"]
    assert states(runs) == ["IN_PROGRESS", "COMPLETED"]


def test_the_value_of_a_query_goes_into_the_prompts_that_refer_to_it():
    plan, runs = planned(query_card(f"1 @{B} @{TEXT}", A), query_card(f"2 @{TEXT}", B), text_card())

    card_runs.give(plan, runs, {TEXT: "dogs"})
    card_runs.finish(plan, runs, echo)

    assert [run.value for run in runs.values()] == ["<1 <2 dogs> dogs>", "<2 dogs>", "dogs"]


def test_a_reference_in_a_value_is_text():
    plan, runs = planned(query_card(f"@{TEXT}", A), text_card())

    card_runs.give(plan, runs, {TEXT: f"@{TEXT}"})
    card_runs.finish(plan, runs, echo)

    assert runs[A].value == f"<@{TEXT}>"


def test_a_reference_to_a_missing_card_stays_and_holds_nothing_up():
    plan, runs = planned(query_card(f"About @{FORM}"))

    card_runs.finish(plan, runs, echo)

    assert runs[QUERY] == card_runs.CardRun("COMPLETED", f"<About @{FORM}>")


def test_a_card_that_needs_a_failed_one_fails_without_running():
    ran = []
    plan, runs = planned(query_card("Hello", A), query_card(f"@{A}", B), plugin_card(f"@{B}", C), text_card())

    card_runs.finish(plan, runs, lambda step, prompt: ran.append(step.id))

    assert ran == [A]
    assert states(runs) == ["ERROR", "ERROR", "ERROR", "WAITING"]
    assert [runs[each].value for each in (A, B, C)] == ["", "", ""]


def test_a_new_value_runs_again_what_depends_on_it_and_nothing_else():
    ran = []

    def answer(step, prompt):
        ran.append((step.id, prompt))
        return "value"

    plan, runs = planned(
        form_card(), query_card(f"@{FORM}", A), query_card(f"@{A}", B), query_card("Hello", C)
    )
    card_runs.give(plan, runs, {FORM: "1"})
    card_runs.finish(plan, runs, answer)
    ran.clear()

    card_runs.give(plan, runs, {FORM: "2"})
    card_runs.finish(plan, runs, answer)

    assert ran == [(A, "2"), (B, "value")]


def test_a_card_that_failed_runs_again_with_a_new_value():
    plan, runs = planned(form_card(), query_card(f"@{FORM}", A), query_card(f"@{A}", B))
    card_runs.give(plan, runs, {FORM: "1"})
    card_runs.finish(plan, runs, lambda step, prompt: None)

    card_runs.give(plan, runs, {FORM: "2"})
    card_runs.finish(plan, runs, echo)

    assert states(runs) == ["COMPLETED", "COMPLETED", "COMPLETED"]


def test_a_card_waits_again_when_its_value_is_removed():
    plan, runs = planned(form_card(), query_card(f"@{FORM}", A), query_card(f"@{A}", B))
    card_runs.give(plan, runs, {FORM: "1"})
    card_runs.finish(plan, runs, echo)

    card_runs.give(plan, runs, {FORM: None})

    assert list(runs.values()) == [card_runs.CardRun("WAITING")] * 3


def test_a_preset_file_is_there_from_the_start():
    _, runs = planned(upload_card(fileId=FORM), query_card(f"@{FILE}"))

    assert list(runs.values()) == [card_runs.CardRun("COMPLETED", FORM), card_runs.CardRun("IN_PROGRESS")]


def test_a_card_needs_the_requested_number_of_steps_from_when_it_can_run():
    plan, runs = planned(query_card("Hello", A), query_card(f"@{A}", B))

    seen = []
    for _ in range(6):
        card_runs.step(plan, runs, echo, reads=3)
        seen.append(states(runs))

    running, half, done = ["IN_PROGRESS"] * 2, ["COMPLETED", "IN_PROGRESS"], ["COMPLETED"] * 2
    assert seen == [running, running, half, half, half, done]


@pytest.mark.parametrize(
    ("present", "state"),
    [
        ([], "COMPLETED"),
        (["COMPLETED"], "COMPLETED"),
        (["COMPLETED", "IN_PROGRESS"], "IN_PROGRESS"),
        (["IN_PROGRESS", "WAITING", "COMPLETED"], "WAITING"),
        (["COMPLETED", "WAITING", "IN_PROGRESS", "ERROR"], "ERROR"),
    ],
)
def test_the_gravest_state_of_a_card_is_that_of_the_session(present, state):
    runs = {str(number): card_runs.CardRun(each) for number, each in enumerate(present)}

    assert card_runs.overall(runs) == state


# By property


@dataclass
class Drawn:
    """A random app: which cards each card needs, and which are inputs, have a value, or fail."""

    needs: dict[str, list[str]]
    inputs: set[str]
    given: set[str]
    failing: set[str]
    order: list[str]

    @property
    def definition(self) -> list[dict[str, Any]]:
        return [text_card(each) if each in self.inputs else self._query(each) for each in self.order]

    def _query(self, card_id: str) -> dict[str, Any]:
        return query_card(" ".join(f"@{each}" for each in self.needs[card_id]) or "Hello", card_id)

    def above(self, card_id: str) -> set[str]:
        """Return the cards that a card needs, directly or through others."""
        direct = self.needs[card_id]
        return {*direct, *(each for parent in direct for each in self.above(parent))}

    def expected(self, card_id: str) -> str:
        """Return the state of a card when every card that can run has run."""
        if card_id in self.inputs:
            return "COMPLETED" if card_id in self.given else "WAITING"
        of_needs = {self.expected(each) for each in self.needs[card_id]}
        if "ERROR" in of_needs:
            return "ERROR"
        if "WAITING" in of_needs:
            return "WAITING"
        return "ERROR" if card_id in self.failing else "COMPLETED"

    def value(self, card_id: str) -> str:
        if card_id in self.inputs:
            return f"value of {card_id[:8]}"
        return f"<{' '.join(self.value(each) for each in self.needs[card_id]) or 'Hello'}>"


@st.composite
def apps(draw: st.DrawFn) -> Drawn:
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(draw(st.integers(0, 8)))]
    some = st.sets(st.sampled_from(ids)) if ids else st.just(set())
    inputs = draw(some)
    needs = {
        card_id: []
        if card_id in inputs or not place
        else draw(st.lists(st.sampled_from(ids[:place]), max_size=3, unique=True))
        for place, card_id in enumerate(ids)
    }
    return Drawn(needs, inputs, draw(some) & inputs, draw(some) - inputs, draw(st.permutations(ids)))


def run_to_the_end(app: Drawn) -> tuple[list[tuple[str, str]], card_runs.Runs]:
    """Return the cards that ran with their prompts, in order, and the final state of all cards."""
    plan, runs = planned(*app.definition)
    ran: list[tuple[str, str]] = []

    def answer(step: card_runs.Step, prompt: str) -> str | None:
        ran.append((step.id, prompt))
        return None if step.id in app.failing else f"<{prompt}>"

    card_runs.give(plan, runs, {each: app.value(each) for each in app.given})
    card_runs.finish(plan, runs, answer)
    return ran, runs


@given(apps())
def test_every_card_ends_in_the_state_that_follows_from_what_it_needs(app):
    _, runs = run_to_the_end(app)

    assert {card_id: run.state for card_id, run in runs.items()} == {
        each: app.expected(each) for each in app.order
    }


@given(apps())
def test_every_card_that_can_run_runs_once_and_after_what_it_needs(app):
    ran, _ = run_to_the_end(app)

    order = [card_id for card_id, _ in ran]
    finished = {each for each in app.order if each not in app.inputs and app.expected(each) == "COMPLETED"}
    failed = {
        each for each in app.failing if all(app.expected(need) == "COMPLETED" for need in app.needs[each])
    }
    assert sorted(order) == sorted(finished | failed)
    for card_id in order:
        queries = [each for each in app.above(card_id) if each not in app.inputs]
        assert all(order.index(each) < order.index(card_id) for each in queries)


@given(apps())
def test_every_prompt_shows_the_values_of_the_cards_that_it_refers_to(app):
    ran, runs = run_to_the_end(app)

    for card_id, prompt in ran:
        assert f"<{prompt}>" == app.value(card_id)
    for card_id, run in runs.items():
        assert run.value == (app.value(card_id) if run.state == "COMPLETED" else "")


@given(apps())
def test_a_query_waits_only_while_an_input_does(app):
    plan, runs = planned(*app.definition)

    card_runs.give(plan, runs, dict.fromkeys(app.given, "value"))
    more = True
    while more:
        waiting = {card_id for card_id, run in runs.items() if run.state == "WAITING"}
        blocked = {each for each in app.order if (app.above(each) | {each}) & (app.inputs - app.given)}
        assert waiting == blocked
        assert (card_runs.overall(runs) == "WAITING") == bool(blocked)
        before = dict(runs)
        card_runs.step(plan, runs, echo)
        more = runs != before


@given(apps())
def test_cards_are_shown_in_the_order_of_the_app(app):
    _, runs = run_to_the_end(app)

    assert list(runs) == app.order
