"""How does the code behave when AWS throttles it?"""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"


@pytest.fixture
def app(qapps_client) -> str:
    created = qapps_client.create_q_app(instanceId=INSTANCE, title="Retries", appDefinition={"cards": []})
    return str(created["appId"])


def test_botocore_retries_a_throttled_call(qapps_mock, qapps_client, app):
    qapps_mock.fail("GetQApp", "ThrottlingException", times=2)

    found = qapps_client.get_q_app(instanceId=INSTANCE, appId=app)

    assert found["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.error for call in qapps_mock.calls("GetQApp")] == ["ThrottlingException"] * 2 + [None]


def test_the_caller_gets_the_time_to_wait(qapps_mock, app):
    qapps_mock.fail("GetQApp", "ThrottlingException", times=None, retryAfterSeconds=7)
    client = boto3.client("qapps", region_name="us-east-1", config=Config(retries={"max_attempts": 0}))

    with pytest.raises(client.exceptions.ThrottlingException) as error:
        client.get_q_app(instanceId=INSTANCE, appId=app)

    assert error.value.response["retryAfterSeconds"] == 7
