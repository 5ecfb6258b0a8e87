"""Does the code poll a session to its end, and notice that it fails or waits for a value?"""

from __future__ import annotations

import pytest
from runner import RunFailed, run_app

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"
TOPIC = "11111111-1111-4111-8111-111111111111"
POEM = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def app(qapps_client) -> str:
    cards = [
        {"textInput": {"id": TOPIC, "title": "Topic", "type": "text-input"}},
        {
            "qQuery": {
                "id": POEM,
                "title": "Poem",
                "type": "q-query",
                "prompt": f"Write a poem about @{TOPIC}.",
            }
        },
    ]
    created = qapps_client.create_q_app(instanceId=INSTANCE, title="Poet", appDefinition={"cards": cards})
    return str(created["appId"])


def no_wait(seconds):
    """Return immediately."""


def test_the_result_is_returned(qapps_mock, qapps_client, app):
    prompts = []

    def answer(prompt):
        prompts.append(prompt)
        return "Buzz, buzz."

    qapps_mock.answer("Poem", answer)

    values = run_app(qapps_client, instance=INSTANCE, app=app, values={TOPIC: "bees"})

    assert values == {TOPIC: "bees", POEM: "Buzz, buzz."}
    assert prompts == ["Write a poem about bees."]


def test_the_code_polls_until_the_end(qapps_mock, qapps_client, app):
    qapps_mock.progress = 3

    run_app(qapps_client, instance=INSTANCE, app=app, values={TOPIC: "bees"}, wait=no_wait)

    assert len(qapps_mock.calls("GetQAppSession")) == 4


def test_a_failed_card_is_noticed(qapps_mock, qapps_client, app):
    qapps_mock.answer("Poem", RuntimeError("the model is unavailable"))

    with pytest.raises(RunFailed, match="ERROR"):
        run_app(qapps_client, instance=INSTANCE, app=app, values={TOPIC: "bees"})


def test_a_missing_value_is_noticed(qapps_client, app):
    with pytest.raises(RunFailed, match="WAITING"):
        run_app(qapps_client, instance=INSTANCE, app=app, values={})
