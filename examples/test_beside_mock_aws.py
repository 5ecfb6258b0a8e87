"""Does code work that uses Q Apps and other services? Moto mocks the others, in the same mock."""

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"


def back_up(qapps, s3, bucket):
    """The code under test: it puts the definition of each app into a bucket."""
    for each in qapps.list_q_apps(instanceId=INSTANCE)["apps"]:
        app = qapps.get_q_app(instanceId=INSTANCE, appId=each["appId"])
        body = json.dumps({"title": app["title"], "cards": app["appDefinition"]["cards"]})
        s3.put_object(Bucket=bucket, Key=f"{app['appId']}/{app['appVersion']}.json", Body=body)


@pytest.fixture
def s3():
    """A fixture of a suite that already uses Moto: it needs no change."""
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="backups")
        yield client


@pytest.fixture
def app(qapps_client) -> str:
    created = qapps_client.create_q_app(instanceId=INSTANCE, title="Reports", appDefinition={"cards": []})
    return str(created["appId"])


def test_each_app_is_backed_up(s3, qapps_client, app):
    back_up(qapps_client, s3, "backups")

    stored = s3.get_object(Bucket="backups", Key=f"{app}/1.json")["Body"].read()
    assert json.loads(stored) == {"title": "Reports", "cards": []}


def test_an_app_that_is_deleted_meanwhile_is_noticed(s3, qapps_mock, qapps_client, app):
    qapps_mock.fail("GetQApp", "ResourceNotFoundException", resourceId=app, resourceType="QApp")

    with pytest.raises(qapps_client.exceptions.ResourceNotFoundException):
        back_up(qapps_client, s3, "backups")

    assert s3.list_objects_v2(Bucket="backups")["KeyCount"] == 0
