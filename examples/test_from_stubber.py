"""A test with botocore's Stubber, and the same test without: no response is written out, and mistakes are found."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import Stubber

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"
APP = "7a11f34b-42d4-4bc8-b668-ae4a788dae1e"


def rename(client, app, title):
    """The code under test: it returns the new version of the app."""
    return client.update_q_app(instanceId=INSTANCE, appId=app, title=title)["appVersion"]


def test_with_stubber():
    client = boto3.client(
        "qapps", region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    at = "2026-01-01T00:00:00.000Z"
    response = {
        "appId": APP,
        "appArn": f"arn:aws:qapps:us-east-1:123456789012:application/{INSTANCE}/qapp/{APP}",
        "title": "After",
        "appVersion": 2,
        "status": "DRAFT",
        "createdAt": at,
        "createdBy": "ann",
        "updatedAt": at,
        "updatedBy": "ann",
    }
    with Stubber(client) as stubber:
        stubber.add_response(
            "update_q_app", response, {"instanceId": INSTANCE, "appId": APP, "title": "After"}
        )

        assert rename(client, APP, "After") == 2


def test_without(qapps_mock, qapps_client):
    app = qapps_client.create_q_app(instanceId=INSTANCE, title="Before", appDefinition={"cards": []})["appId"]

    assert rename(qapps_client, app, "After") == 2

    assert qapps_client.get_q_app(instanceId=INSTANCE, appId=app)["title"] == "After"
    assert [call.params["title"] for call in qapps_mock.calls("UpdateQApp")] == ["After"]


def test_a_mistake_that_a_stubber_accepts(qapps_client):
    with pytest.raises(qapps_client.exceptions.ResourceNotFoundException):
        rename(qapps_client, APP, "After")
