"""A first test: the decorator, a client, an app."""

from __future__ import annotations

import boto3

from qapps_mock import mock_qapps


@mock_qapps
def test_an_app_is_created():
    client = boto3.client("qapps", region_name="us-east-1")
    instance = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"

    created = client.create_q_app(instanceId=instance, title="Hello", appDefinition={"cards": []})

    app = client.get_q_app(instanceId=instance, appId=created["appId"])
    assert (app["title"], app["appVersion"], app["status"]) == ("Hello", 1, "DRAFT")
