"""The engine: random apps whose cards refer to each other, run step by step and to the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.models import cards, runs
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


def planned(*inputs: dict[str, Any]) -> tuple[runs.Plan, runs.Runs]:
    plan = runs.plan(cards.build({"cards": list(inputs)}))
    return plan, dict(plan.start)


def echo(step: runs.Step, prompt: str) -> str:
    return f"<{prompt}>"


def states(card_runs: runs.Runs) -> list[str]:
    return [run.state for run in card_runs.values()]


# By example


def test_a_query_waits_for_the_input_that_another_query_needs():
    _, card_runs = planned(query_card(f"@{B}", A), query_card(f"@{TEXT}", B), text_card())

    assert states(card_runs) == ["WAITING", "WAITING", "WAITING"]


def test_a_query_is_in_progress_while_the_one_that_it_needs_is():
    plan, card_runs = planned(query_card(f"@{B}", A), query_card("Hello", B))

    runs.step(plan, card_runs, echo)

    assert [run.state for run in plan.start.values()] == ["IN_PROGRESS", "IN_PROGRESS"]
    assert states(card_runs) == ["IN_PROGRESS", "COMPLETED"]


def test_the_value_of_a_query_goes_into_the_prompts_that_refer_to_it():
    plan, card_runs = planned(query_card(f"1 @{B} @{TEXT}", A), query_card(f"2 @{TEXT}", B), text_card())

    runs.give(plan, card_runs, {TEXT: "dogs"})
    runs.finish(plan, card_runs, echo)

    assert [run.value for run in card_runs.values()] == ["<1 <2 dogs> dogs>", "<2 dogs>", "dogs"]


def test_a_reference_in_a_value_is_text():
    plan, card_runs = planned(query_card(f"@{TEXT}", A), text_card())

    runs.give(plan, card_runs, {TEXT: f"@{TEXT}"})
    runs.finish(plan, card_runs, echo)

    assert card_runs[A].value == f"<@{TEXT}>"


def test_a_reference_to_a_missing_card_stays_and_holds_nothing_up():
    plan, card_runs = planned(query_card(f"About @{FORM}"))

    runs.finish(plan, card_runs, echo)

    assert card_runs[QUERY] == runs.CardRun("COMPLETED", f"<About @{FORM}>")


def test_a_card_that_needs_a_failed_one_fails_without_running():
    ran = []
    plan, card_runs = planned(
        query_card("Hello", A), query_card(f"@{A}", B), plugin_card(f"@{B}", C), text_card()
    )

    runs.finish(plan, card_runs, lambda step, prompt: ran.append(step.id))

    assert ran == [A]
    assert states(card_runs) == ["ERROR", "ERROR", "ERROR", "WAITING"]
    assert [card_runs[each].value for each in (A, B, C)] == ["", "", ""]


def test_a_new_value_runs_again_what_depends_on_it_and_nothing_else():
    ran = []

    def answer(step, prompt):
        ran.append((step.id, prompt))
        return "value"

    plan, card_runs = planned(
        form_card(), query_card(f"@{FORM}", A), query_card(f"@{A}", B), query_card("Hello", C)
    )
    runs.give(plan, card_runs, {FORM: "1"})
    runs.finish(plan, card_runs, answer)
    ran.clear()

    runs.give(plan, card_runs, {FORM: "2"})
    runs.finish(plan, card_runs, answer)

    assert ran == [(A, "2"), (B, "value")]


def test_a_card_that_failed_runs_again_with_a_new_value():
    plan, card_runs = planned(form_card(), query_card(f"@{FORM}", A), query_card(f"@{A}", B))
    runs.give(plan, card_runs, {FORM: "1"})
    runs.finish(plan, card_runs, lambda step, prompt: None)

    runs.give(plan, card_runs, {FORM: "2"})
    runs.finish(plan, card_runs, echo)

    assert states(card_runs) == ["COMPLETED", "COMPLETED", "COMPLETED"]


def test_a_value_that_is_taken_away_is_waited_for_again():
    plan, card_runs = planned(form_card(), query_card(f"@{FORM}", A), query_card(f"@{A}", B))
    runs.give(plan, card_runs, {FORM: "1"})
    runs.finish(plan, card_runs, echo)

    runs.give(plan, card_runs, {FORM: None})

    assert list(card_runs.values()) == [runs.CardRun("WAITING")] * 3


def test_a_preset_file_is_there_from_the_start():
    _, card_runs = planned(upload_card(fileId=FORM), query_card(f"@{FILE}"))

    assert list(card_runs.values()) == [runs.CardRun("COMPLETED", FORM), runs.CardRun("IN_PROGRESS")]


def test_a_card_takes_as_many_steps_as_asked_for_counted_from_when_it_can_run():
    plan, card_runs = planned(query_card("Hello", A), query_card(f"@{A}", B))

    seen = []
    for _ in range(6):
        runs.step(plan, card_runs, echo, reads=3)
        seen.append(states(card_runs))

    running, half, done = ["IN_PROGRESS"] * 2, ["COMPLETED", "IN_PROGRESS"], ["COMPLETED"] * 2
    assert seen == [running, running, half, half, half, done]


def test_a_step_tells_whether_anything_could_run():
    plan, card_runs = planned(query_card("Hello"))

    assert [runs.step(plan, card_runs, echo) for _ in range(2)] == [True, False]


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
    card_runs = {str(number): runs.CardRun(each) for number, each in enumerate(present)}

    assert runs.overall(card_runs) == state


# By property


@dataclass
class Drawn:
    """An app as drawn: what each card needs, which cards are inputs, given, or failing."""

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
        """Return the cards that a card needs, itself or through others."""
        direct = self.needs[card_id]
        return {*direct, *(each for parent in direct for each in self.above(parent))}

    def expected(self, card_id: str) -> str:
        """Return the state of a card once all has run that can."""
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


def run_to_the_end(app: Drawn) -> tuple[list[tuple[str, str]], runs.Runs]:
    """Return the cards that ran with their prompts, in order, and how all cards ended."""
    plan, card_runs = planned(*app.definition)
    ran: list[tuple[str, str]] = []

    def answer(step: runs.Step, prompt: str) -> str | None:
        ran.append((step.id, prompt))
        return None if step.id in app.failing else f"<{prompt}>"

    runs.give(plan, card_runs, {each: app.value(each) for each in app.given})
    runs.finish(plan, card_runs, answer)
    return ran, card_runs


@given(apps())
def test_every_card_ends_in_the_state_that_follows_from_what_it_needs(app):
    _, card_runs = run_to_the_end(app)

    assert {card_id: run.state for card_id, run in card_runs.items()} == {
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
    ran, card_runs = run_to_the_end(app)

    for card_id, prompt in ran:
        assert f"<{prompt}>" == app.value(card_id)
    for card_id, run in card_runs.items():
        assert run.value == (app.value(card_id) if run.state == "COMPLETED" else "")


@given(apps())
def test_a_query_waits_only_while_an_input_does(app):
    plan, card_runs = planned(*app.definition)

    runs.give(plan, card_runs, dict.fromkeys(app.given, "value"))
    more = True
    while more:
        waiting = {card_id for card_id, run in card_runs.items() if run.state == "WAITING"}
        blocked = {each for each in app.order if (app.above(each) | {each}) & (app.inputs - app.given)}
        assert waiting == blocked
        assert (runs.overall(card_runs) == "WAITING") == bool(blocked)
        more = runs.step(plan, card_runs, echo)


@given(apps())
def test_cards_are_shown_in_the_order_of_the_app(app):
    _, card_runs = run_to_the_end(app)

    assert list(card_runs) == app.order
