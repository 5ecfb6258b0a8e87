"""A seed makes ids, tokens and keys the same in each run."""

from __future__ import annotations

import random
import uuid

import pytest
import requests
from freezegun import freeze_time
from moto.moto_api._internal import mock_random

from qapps_mock import mock_qapps
from tests.conftest import CARD, INSTANCE, create_app, file_card, grant
from tests.running import QUERY, card_of, query_card, start

PROGRAM = """
import random
from qapps_mock import mock_qapps
random.seed(1)
with mock_qapps(seed=7) as mock:
    print(mock.client().create_q_app(instanceId="i", title="T", appDefinition={"cards": []})["appId"])
"""


def use(client):
    """Make all that has an id or a token, and return the whole responses."""
    with freeze_time("2026-01-01"):
        app = create_app(client, file_card())
        return [
            app,
            client.create_library_item(instanceId=INSTANCE, appId=app["appId"], appVersion=1, categories=[]),
            grant(client, appId=app["appId"]),
            client.list_q_apps(instanceId=INSTANCE, limit=1),
            client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1),
            client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": "A problem"}),
            card_of(client, start(client, query_card("Say")), QUERY),
        ]


def created(mock):
    return create_app(mock.client())["appId"]


def test_the_whole_responses_are_the_same_in_each_run():
    with mock_qapps(seed=7) as mock:
        first = use(mock.client())
    with mock_qapps(seed=7) as mock:
        second = use(mock.client())

    assert first == second


def test_the_ids_are_the_same_in_each_process(run_python):
    assert run_python(PROGRAM) == run_python(PROGRAM)


def test_another_seed_makes_other_ids_and_none_makes_random_ones():
    ids = set()
    for seed in (1, 2, None, None):
        with mock_qapps(seed=seed) as mock:
            ids.add(created(mock))

    assert len(ids) == 4


def test_an_id_is_a_version_4_uuid():
    with mock_qapps(seed=7) as mock:
        assert uuid.UUID(created(mock)).version == 4


def test_the_number_of_requests_does_not_change_the_ids_of_resources():
    with mock_qapps(seed=7) as mock:
        first = [created(mock), created(mock)]
    with mock_qapps(seed=7) as mock:
        second = [created(mock)]
        mock.client().list_q_apps(instanceId=INSTANCE)
        second.append(created(mock))

    assert first == second


def test_no_random_numbers_of_the_test_or_of_moto_change():
    before = random.getstate(), mock_random.getstate()

    with mock_qapps(seed=7) as mock:
        created(mock)

    # Moto's own start draws from its generator.
    assert random.getstate() == before[0]
    with mock_qapps() as mock:
        drawn = mock_random.getstate()
        created(mock)
        assert mock_random.getstate() != drawn
    with mock_qapps(seed=7) as mock:
        drawn = mock_random.getstate()
        created(mock)
        assert mock_random.getstate() == drawn


def test_a_reset_starts_the_ids_again():
    with mock_qapps(seed=7) as mock:
        first = created(mock)
        mock.reset()

        assert created(mock) == first


def test_a_nested_mock_of_the_same_seed_makes_no_id_that_is_taken():
    with mock_qapps(seed=7) as outer:
        ids = [created(outer)]
        for _ in range(2):
            with mock_qapps(seed=7) as inner:
                ids.append(created(inner))
        ids.append(created(outer))

    assert len(set(ids)) == 4


def test_a_presigned_url_of_the_outer_mock_works_inside_a_seeded_one():
    with mock_qapps() as outer:
        granted = grant(outer.client(), cardId=CARD)
        with mock_qapps(seed=7):
            sent = requests.post(
                granted["presignedUrl"],
                data=granted["presignedUrlFields"],
                files={"file": b"Quarterly figures"},
                timeout=30,
            )

    assert sent.status_code == 204


@pytest.mark.qapps_mock(seed=7)
def test_a_server_makes_the_same_ids(any_client):
    app = create_app(any_client)

    assert app["appId"] == "653049be-c07a-43ad-aa7f-62f94597a44b"
    assert app["ResponseMetadata"]["RequestId"] == "bd727e1d-3dad-437e-a6dc-d409c3e0e295"
