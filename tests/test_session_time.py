"""Sessions that time advances, and answers that get the uploads of their prompt."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
import time_machine
from freezegun import freeze_time

from qapps_mock.endpoints import CONTROL_PATH
from tests.conftest import CONTENT, INSTANCE, create_app, grant
from tests.running import (
    FILE,
    QUERY,
    SECOND,
    TEXT,
    card_of,
    given,
    query_card,
    start,
    states,
    text_card,
    update,
    upload_card,
)

START = "2026-01-01T12:00:00Z"


def test_a_card_completes_at_the_end_of_its_time_and_not_before(qapps_mock, any_client):
    qapps_mock.progress = timedelta(seconds=5)

    with freeze_time(START) as clock:
        session = start(any_client, query_card("Say"))
        clock.tick(timedelta(seconds=4.999))
        before = states(any_client, session)
        clock.tick(timedelta(milliseconds=1))
        after = states(any_client, session)

    assert (before, after) == (["IN_PROGRESS"] * 2, ["COMPLETED"] * 2)


def test_time_machine_steers_it_too(qapps_mock, qapps_client):
    qapps_mock.progress = timedelta(minutes=1)

    with time_machine.travel(START, tick=False) as traveller:
        session = start(qapps_client, query_card("Say"))
        before = states(qapps_client, session)
        traveller.shift(60)

        assert (before, states(qapps_client, session)) == (["IN_PROGRESS"] * 2, ["COMPLETED"] * 2)


@pytest.mark.parametrize(
    ("polls", "seconds", "expected"), [((), 9, "IN_PROGRESS"), ((), 10, "COMPLETED"), ((7,), 3, "COMPLETED")]
)
def test_a_card_begins_when_the_card_that_it_needs_ends_whoever_looks(
    qapps_mock, qapps_client, polls, seconds, expected
):
    qapps_mock.progress = timedelta(seconds=5)

    with freeze_time(START) as clock:
        session = start(qapps_client, query_card("First"), query_card(f"Of @{QUERY}", SECOND, "Second"))
        for each in polls:
            clock.tick(each)
            states(qapps_client, session)
        clock.tick(seconds)

        assert card_of(qapps_client, session, SECOND)["currentState"] == expected


def test_a_card_waits_for_its_input_first_and_begins_again_with_another(qapps_mock, qapps_client):
    qapps_mock.progress = timedelta(seconds=5)

    with freeze_time(START) as clock:
        session = start(qapps_client, text_card(), query_card(f"About @{TEXT}"))
        clock.tick(60)
        waiting = states(qapps_client, session)[0]
        update(qapps_client, session, TEXT="bees")
        clock.tick(4)
        running = states(qapps_client, session)[0]
        clock.tick(1)

        assert (waiting, running, states(qapps_client, session)[0]) == ("WAITING", "IN_PROGRESS", "COMPLETED")


def test_the_test_can_advance_it_before_its_time(qapps_mock, qapps_client):
    qapps_mock.progress = timedelta(hours=1)
    session = start(qapps_client, query_card("Say"))

    qapps_mock.advance(session)

    assert states(qapps_client, session)[0] == "COMPLETED"


def test_a_server_reads_and_writes_a_time(qapps_mock, qapps_server):
    url = f"{qapps_server}{CONTROL_PATH}progress"

    answer = requests.put(url, json={"progress": {"seconds": 5}}, timeout=30).json()

    assert answer == requests.get(url, timeout=30).json() == {"progress": {"seconds": 5.0}}
    assert qapps_mock.progress == timedelta(seconds=5)
    for wrong in ({"seconds": 0}, {"seconds": 1e300}, {"seconds": "5"}, {"minutes": 1}):
        assert requests.put(url, json={"progress": wrong}, timeout=30).status_code == 400
    assert qapps_mock.progress == timedelta(seconds=5)


@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(seconds=-1)])
def test_a_time_that_is_not_more_than_0_is_refused(qapps_mock, wrong):
    with pytest.raises(ValueError, match=r"or a timedelta of more than 0$"):
        qapps_mock.progress = wrong


def with_file(client):
    """Start a session whose query refers to an uploaded file and to a text."""
    cards = [upload_card(), text_card(), query_card(f"Compare @{FILE} and @{TEXT}")]
    app_id = create_app(client, *cards)["appId"]
    granted = grant(client, appId=app_id, cardId=FILE)
    form = {"data": granted["presignedUrlFields"], "files": {"file": CONTENT}}
    assert requests.post(granted["presignedUrl"], timeout=30, **form).status_code == 204
    values = given({FILE: granted["fileId"], TEXT: "bees"})
    return client.start_q_app_session(instanceId=INSTANCE, appId=app_id, appVersion=1, initialValues=values)[
        "sessionId"
    ]


def test_an_answer_with_two_parameters_gets_the_uploads_of_its_prompt(qapps_mock, qapps_client):
    seen = []

    def answer(prompt, uploads):
        seen.extend(uploads)
        return "An answer"

    qapps_mock.answer("Summary", answer)
    session = with_file(qapps_client)

    assert card_of(qapps_client, session)["currentValue"] == "An answer"
    assert [(upload.file_name, upload.content) for upload in seen] == [("figures.txt", CONTENT)]
    assert seen == list(qapps_mock.uploads.values())


def test_a_parameter_with_a_default_is_not_for_the_uploads(qapps_mock, qapps_client):
    qapps_mock.answer("Summary", lambda prompt, suffix="!": f"Done{suffix}")

    assert card_of(qapps_client, with_file(qapps_client))["currentValue"] == "Done!"


def test_a_prompt_without_files_has_no_uploads(qapps_mock, qapps_client):
    qapps_mock.answer("Summary", lambda prompt, uploads: repr(uploads))

    assert card_of(qapps_client, start(qapps_client, query_card("Say")))["currentValue"] == "[]"
