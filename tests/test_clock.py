"""The one clock: freezegun and time-machine steer it, whenever they start."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone

import pytest
import time_machine
from freezegun import freeze_time

from qapps_mock import clock, mock_qapps
from tests.conftest import INSTANCE, create_app, grant, qapps

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def test_now_is_aware_and_in_utc():
    before = datetime.now(timezone.utc)

    now = clock.now()

    assert now.tzinfo is timezone.utc
    assert before <= now <= datetime.now(timezone.utc)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2026-01-01T12:00:00.000Z"),
        (NOON.replace(microsecond=999_999), "2026-01-01T12:00:00.999Z"),
        (NOON.replace(microsecond=1_000), "2026-01-01T12:00:00.001Z"),
        (NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-01-01T12:00:00.000Z"),
        (NOON.replace(year=999), "0999-01-01T12:00:00.000Z"),
    ],
)
def test_a_timestamp_is_utc_with_milliseconds_and_z(moment, text):
    assert clock.timestamp(moment) == text


def assert_all_times_are(now):
    client = qapps()
    created = create_app(client)
    granted = grant(client)

    policy = json.loads(base64.b64decode(granted["presignedUrlFields"]["policy"]))
    assert created["createdAt"] == created["updatedAt"] == now
    assert granted["presignedUrlExpiration"] == now + timedelta(minutes=15)
    assert policy["expiration"] == clock.timestamp(now + timedelta(minutes=15))
    assert granted["presignedUrlFields"]["x-amz-date"] == f"{now:%Y%m%dT%H%M%SZ}"
    assert f"/{now:%Y%m%d}/" in granted["presignedUrlFields"]["x-amz-credential"]


def frozen(moment):
    return freeze_time(moment)


def travelled(moment):
    return time_machine.travel(moment, tick=False)


@pytest.fixture(params=[frozen, travelled])
def at(request):
    return request.param


def test_a_clock_stopped_outside_the_mock_is_followed(at):
    with at(NOON), mock_qapps():
        assert_all_times_are(NOON)


def test_a_clock_stopped_inside_the_mock_is_followed(at):
    with mock_qapps(), at(NOON):
        assert_all_times_are(NOON)


def test_a_clock_that_is_stopped_by_a_decorator_outside_is_followed(at):
    @at(NOON)
    @mock_qapps
    def body():
        assert_all_times_are(NOON)
        return "ran"

    assert body() == "ran"


def test_a_clock_that_is_stopped_by_a_decorator_inside_is_followed(at):
    @mock_qapps
    @at(NOON)
    def body():
        assert_all_times_are(NOON)
        return "ran"

    assert body() == "ran"


def test_a_clock_in_another_zone_gives_utc(at):
    moment = NOON.astimezone(timezone(timedelta(hours=-8)))

    with mock_qapps(), at(moment):
        assert_all_times_are(NOON)


def test_ticks_of_freezegun_are_followed():
    with freeze_time(NOON) as ticker, mock_qapps():
        assert_all_times_are(NOON)

        ticker.tick(timedelta(days=2, milliseconds=5))

        assert_all_times_are(NOON + timedelta(days=2, milliseconds=5))


def test_moves_of_time_machine_are_followed():
    with mock_qapps(), time_machine.travel(NOON, tick=False) as traveller:
        assert_all_times_are(NOON)

        traveller.shift(timedelta(hours=13))

        assert_all_times_are(NOON + timedelta(hours=13))


def test_the_clock_continues_when_it_is_released():
    with mock_qapps():
        client = qapps()
        with freeze_time(NOON):
            past = create_app(client)
        present = create_app(client)

    assert past["createdAt"] == NOON
    assert present["createdAt"] > NOON + timedelta(hours=1)


def test_a_call_is_recorded_with_its_time():
    with freeze_time(NOON) as ticker, mock_qapps() as mock:
        client = qapps()
        app = create_app(client)
        ticker.tick(60)
        client.get_q_app(instanceId=INSTANCE, appId=app["appId"])

    assert [call.at for call in mock.calls()] == [NOON, NOON + timedelta(minutes=1)]
