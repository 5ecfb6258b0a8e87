"""A mock works whatever the environment has or lacks: no variables at all, a profile that does not exist."""

from __future__ import annotations

import asyncio
import os
from typing import Any
from unittest import mock as unittest_mock

import boto3
import pytest
from botocore.exceptions import ProfileNotFound

from qapps_mock import MockQApps
from tests.conftest import ANN, INSTANCE

PROFILES = pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])


def of_the_mock(mock: MockQApps) -> Any:
    return mock.client()


def of_a_user(mock: MockQApps) -> Any:
    return mock.client(ANN)


def of_boto3(mock: MockQApps) -> Any:
    return boto3.client("qapps", region_name="us-east-1")


@pytest.mark.parametrize("make", [of_the_mock, of_a_user, of_boto3])
def test_clients_work_without_any_variable(qapps_mock, make):
    with unittest_mock.patch.dict(os.environ, clear=True):
        make(qapps_mock).list_q_apps(instanceId=INSTANCE)
        assert boto3.client("s3").list_buckets()["Buckets"] == []

        assert [(each.operation, each.region) for each in qapps_mock.calls()] == [("ListQApps", "us-east-1")]


@PROFILES
@pytest.mark.parametrize("user", [None, ANN])
def test_the_mocks_client_works_with_a_profile_that_does_not_exist(qapps_mock, monkeypatch, variable, user):
    monkeypatch.setenv(variable, "nobodys")

    qapps_mock.client(user).list_q_apps(instanceId=INSTANCE)

    [call] = qapps_mock.calls()
    assert call.user == qapps_mock.user(user or "user@example.com")
    # boto3 itself needs the profile, as it does outside a mock.
    with pytest.raises(ProfileNotFound, match="nobodys"):
        boto3.client("qapps", region_name="us-east-1")


@PROFILES
@pytest.mark.parametrize("name", ["nobodys", "default"])
def test_a_profile_that_is_named_after_the_first_client_does_not_matter_either(
    qapps_mock, monkeypatch, variable, name
):
    boto3.client("s3", region_name="us-east-1")
    session = boto3.DEFAULT_SESSION
    monkeypatch.setenv(variable, name)

    qapps_mock.client().list_q_apps(instanceId=INSTANCE)

    assert [each.operation for each in qapps_mock.calls()] == ["ListQApps"]
    assert boto3.DEFAULT_SESSION is session


@PROFILES
def test_a_default_session_with_a_profile_of_its_own_is_used(qapps_mock, monkeypatch, variable, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = us-west-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    boto3.setup_default_session(profile_name="mine")
    monkeypatch.setenv(variable, "nobodys")

    qapps_mock.client().list_q_apps(instanceId=INSTANCE)

    assert [each.region for each in qapps_mock.calls()] == ["us-west-2"]


@PROFILES
def test_the_mocks_async_client_works_with_a_profile_that_does_not_exist(qapps_mock, monkeypatch, variable):
    pytest.importorskip("aiobotocore")
    monkeypatch.setenv(variable, "nobodys")

    async def use() -> None:
        async with qapps_mock.async_client() as client:
            await client.list_q_apps(instanceId=INSTANCE)

    asyncio.run(use())

    assert [each.operation for each in qapps_mock.calls()] == ["ListQApps"]


@PROFILES
def test_boto3s_own_session_needs_an_explicit_profile_then(qapps_mock, monkeypatch, variable, tmp_path):
    monkeypatch.setenv(variable, "nobodys")
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = us-west-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    keys = qapps_mock.credentials(ANN)

    boto3.Session(profile_name="mine", **keys).client("qapps").list_q_apps(instanceId=INSTANCE)

    assert [(each.user, each.region) for each in qapps_mock.calls()] == [(qapps_mock.user(ANN), "us-west-2")]
