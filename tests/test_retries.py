"""botocore's retries inside a mock: every attempt is made and recorded, without waiting."""

from __future__ import annotations

import time
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import MockRawResponse

from qapps_mock import mock_qapps
from tests.conftest import APP, INSTANCE, create_app, qapps

# botocore's own numbers of attempts, the first one included.
ATTEMPTS = {"legacy": 5, "standard": 3, "adaptive": 3}
MODES = pytest.mark.parametrize("mode", ATTEMPTS)
RETRIED = pytest.mark.parametrize(
    ("exception", "status"), [("ThrottlingException", 429), ("InternalServerException", 500)]
)


@pytest.fixture(autouse=True)
def _no_second_is_waited(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        raise AssertionError(f"a wait of {seconds} seconds")

    monkeypatch.setattr(time, "sleep", sleep)


@pytest.fixture
def mock():
    with mock_qapps() as running:
        yield running


def client_of(mode: str, **retries: Any) -> Any:
    return qapps(config=Config(retries={"mode": mode, **retries}))


def errors(mock: Any) -> list[str | None]:
    return [each.error for each in mock.calls()]


@MODES
@RETRIED
def test_an_error_that_passes_is_retried_until_it_has_passed(mock, mode, exception, status):
    mock.fail("CreateQApp", exception, times=ATTEMPTS[mode] - 1)

    app = create_app(client_of(mode))

    assert app["appVersion"] == 1
    assert app["ResponseMetadata"]["RetryAttempts"] == ATTEMPTS[mode] - 1
    assert errors(mock) == [exception] * (ATTEMPTS[mode] - 1) + [None]


@MODES
@RETRIED
def test_an_error_that_stays_arrives_after_the_last_attempt(mock, mode, exception, status):
    mock.fail("CreateQApp", exception, times=None, retryAfterSeconds=7)

    with pytest.raises(ClientError) as raised:
        create_app(client_of(mode))

    answer = raised.value.response
    assert answer["Error"]["Code"] == exception
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["RetryAttempts"] == ATTEMPTS[mode] - 1
    assert answer["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"
    assert answer["retryAfterSeconds"] == 7
    assert errors(mock) == [exception] * ATTEMPTS[mode]


@MODES
@pytest.mark.parametrize(
    "exception",
    [
        "AccessDeniedException",
        "ConflictException",
        "ContentTooLargeException",
        "ServiceQuotaExceededException",
        "UnauthorizedException",
        "ValidationException",
    ],
)
def test_an_error_of_the_caller_is_not_retried(mock, mode, exception):
    mock.fail("CreateQApp", exception)

    with pytest.raises(ClientError) as raised:
        create_app(client_of(mode))

    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert errors(mock) == [exception]


@MODES
def test_input_that_is_not_valid_is_not_retried(mock, mode):
    with pytest.raises(ClientError):
        client_of(mode).get_q_app(instanceId=INSTANCE, appId="not-an-id")

    assert errors(mock) == ["ValidationException"]


@MODES
def test_a_retry_sends_the_same_parameters_again(mock, mode):
    mock.fail("GetQApp", "ThrottlingException", times=2)

    with pytest.raises(ClientError):
        client_of(mode).get_q_app(instanceId=INSTANCE, appId=APP)

    assert [each.params for each in mock.calls()] == [{"instanceId": INSTANCE, "appId": APP}] * 3


@MODES
def test_the_test_decides_how_many_attempts_a_client_makes(mock, mode):
    mock.fail("CreateQApp", "ThrottlingException", times=None)

    with pytest.raises(ClientError):
        create_app(client_of(mode, total_max_attempts=2))

    assert errors(mock) == ["ThrottlingException"] * 2


def test_the_adaptive_mode_does_not_wait_for_its_rate_limit(mock):
    mock.fail("CreateQApp", "ThrottlingException", times=30)
    client = client_of("adaptive", total_max_attempts=31)
    start = time.monotonic()

    create_app(client)
    for _ in range(10):
        create_app(client)

    # At its lowest rate, half a call a second, botocore itself would wait for 80 seconds.
    assert time.monotonic() - start < 10
    assert len(mock.calls()) == 41


def test_a_client_made_before_the_mock_does_not_wait(environment_keys):
    client = client_of("adaptive")

    with mock_qapps() as mock:
        mock.fail("CreateQApp", "ThrottlingException", times=2)
        create_app(client)

        assert errors(mock) == ["ThrottlingException"] * 2 + [None]


def test_calls_of_other_services_are_retried_without_waiting(mock):
    s3 = boto3.client("s3", region_name="us-east-1")
    attempts = []

    def fail_twice(request: Any, **kwargs: Any) -> AWSResponse | None:
        attempts.append(request.url)
        return None if len(attempts) > 2 else AWSResponse(request.url, 500, {}, MockRawResponse(b""))

    s3.meta.events.register_first("before-send.s3.*", fail_twice)

    assert s3.list_buckets()["Buckets"] == []
    assert len(attempts) == 3


@MODES
def test_after_the_mock_botocore_waits_again(environment_keys, monkeypatch, mode):
    client = client_of(mode)
    with mock_qapps():
        pass
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    client.meta.events.register_first(
        "before-send.qapps.*",
        lambda request, **kwargs: AWSResponse(request.url, 500, {}, MockRawResponse(b"")),
    )

    with pytest.raises(ClientError):
        create_app(client)

    assert len(waited) == ATTEMPTS[mode] - 1
    assert botocore.endpoint.time is time


def test_the_rest_of_botocores_time_is_the_real_one(mock):
    assert botocore.endpoint.time.time is time.time
    assert botocore.endpoint.time.monotonic is time.monotonic
