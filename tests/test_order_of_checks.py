"""Who the caller is comes before what was sent; then the constraints, scripts, existence, permission, state."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config
from freezegun import freeze_time

from tests.conftest import INSTANCE, UNKNOWN, create_app, enable_iam_authentication, refusal

RAW = Config(parameter_validation=False, retries={"total_max_attempts": 1})
NOT_AN_ID = "not an id"


def raw_client(qapps_mock: Any, request: Any, place: str, **keys: str) -> Any:
    """Make a client that checks nothing itself, in process or for the server."""
    if place == "server":
        keys["endpoint_url"] = request.getfixturevalue("qapps_server")
    if "aws_access_key_id" in keys:
        return boto3.client("qapps", region_name="us-east-1", config=RAW, **keys)
    return qapps_mock.client(config=RAW, **keys)


@pytest.fixture(params=["in process", "server"])
def raw(request, qapps_mock):
    return raw_client(qapps_mock, request, request.param)


def test_a_scripted_unauthorized_comes_before_an_id_that_breaks_its_pattern(qapps_mock, raw):
    qapps_mock.fail("GetQApp", "UnauthorizedException")

    error = refusal(raw.get_q_app, instanceId=INSTANCE, appId=NOT_AN_ID)

    assert error == {"Code": "UnauthorizedException", "Message": "Unauthorized"}


def test_a_scripted_unauthorized_comes_before_a_body_that_is_not_json(qapps_mock, qapps_server):
    qapps_mock.fail("CreateQApp", "UnauthorizedException")

    response = requests.post(f"{qapps_server}/apps.create", data=b"{", headers=_signed("qapps"))

    assert (response.status_code, response.headers["x-amzn-errortype"]) == (401, "UnauthorizedException")


def _signed(service: str) -> dict[str, str]:
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/{service}/aws4_request, "
        "SignedHeaders=host, Signature=0"
    }


def test_an_input_that_breaks_a_constraint_leaves_other_scripts_pending(qapps_mock, raw):
    qapps_mock.fail("GetQApp", "AccessDeniedException")

    first = refusal(raw.get_q_app, instanceId=INSTANCE, appId=NOT_AN_ID)
    second = refusal(raw.get_q_app, instanceId=INSTANCE, appId=UNKNOWN)

    assert [first["Code"], second["Code"]] == ["ValidationException", "AccessDeniedException"]


def test_a_scripted_failure_comes_before_the_existence_of_the_app(qapps_mock, raw):
    qapps_mock.fail("GetQApp", "AccessDeniedException")

    assert refusal(raw.get_q_app, instanceId=INSTANCE, appId=UNKNOWN)["Code"] == "AccessDeniedException"


@pytest.mark.qapps_mock(assert_all_used=False)
@pytest.mark.parametrize("place", ["in process", "server"])
def test_iam_denies_a_call_before_its_input_is_checked(qapps_mock, keys_with, request, place):
    keys = keys_with("qapps:ListQApps")
    qapps_mock.fail("GetQApp", "ThrottlingException")

    with enable_iam_authentication():
        client = raw_client(qapps_mock, request, place, **keys)
        error = refusal(client.get_q_app, instanceId=INSTANCE, appId=NOT_AN_ID)

    assert error["Code"] == "AccessDeniedException"
    assert error["Message"].endswith(
        f"/qapp/{NOT_AN_ID} because no identity-based policy allows the qapps:GetQApp action"
    )


@pytest.mark.parametrize("place", ["in process", "server"])
def test_iam_checks_a_call_whose_ids_are_of_the_wrong_type(qapps_mock, keys_with, request, place):
    keys = keys_with("qapps:DeleteQApp")

    with enable_iam_authentication():
        client = raw_client(qapps_mock, request, place, **keys)
        error = refusal(client.delete_q_app, instanceId=INSTANCE, appId=[1])

    assert error["Code"] == "ValidationException"


def test_a_call_that_iam_denies_shows_what_was_sent(qapps_mock, keys_with):
    keys = keys_with("qapps:ListQApps")

    with enable_iam_authentication():
        refusal(
            boto3.client("qapps", region_name="us-east-1", **keys).get_q_app, instanceId="i", appId=UNKNOWN
        )

    assert qapps_mock.calls("GetQApp")[0].params == {"instanceId": "i", "appId": UNKNOWN}


@pytest.fixture
def role_keys(qapps_mock):
    iam = boto3.client("iam", region_name="us-east-1")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({}))["Role"]["Arn"]
    sts = boto3.client("sts", region_name="us-east-1")
    with freeze_time("2026-01-01 12:00:00"):
        keys = sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=900)["Credentials"]
    return {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }


@pytest.mark.parametrize("place", ["in process", "server"])
def test_temporary_keys_are_valid_until_their_expiration(qapps_mock, role_keys, request, place):
    client = raw_client(qapps_mock, request, place, **role_keys)

    with freeze_time("2026-01-01 12:14:59"):
        app = create_app(client)

    assert app["appVersion"] == 1


@pytest.mark.qapps_mock(assert_all_used=False)
@pytest.mark.parametrize("place", ["in process", "server"])
def test_temporary_keys_are_refused_from_their_expiration_on(qapps_mock, role_keys, request, place):
    client = raw_client(qapps_mock, request, place, **role_keys)
    qapps_mock.fail("CreateQApp", "UnauthorizedException")

    with freeze_time("2026-01-01 12:15:00"):
        error = refusal(create_app, client=client)

    assert error == {
        "Code": "ExpiredTokenException",
        "Message": "The security token included in the request is expired",
    }
    assert qapps_mock.calls("CreateQApp")[0].error == "ExpiredTokenException"


@pytest.mark.parametrize("token", ["wrong", None])
@pytest.mark.parametrize("place", ["in process", "server"])
def test_temporary_keys_need_their_own_session_token(qapps_mock, role_keys, request, place, token):
    keys = {**role_keys, "aws_session_token": token}

    with freeze_time("2026-01-01 12:00:00"):
        error = refusal(create_app, client=raw_client(qapps_mock, request, place, **keys))

    assert error == {
        "Code": "UnrecognizedClientException",
        "Message": "The security token included in the request is invalid.",
    }


def test_keys_that_nobody_issued_are_accepted_with_any_token(qapps_mock):
    keys = {"aws_access_key_id": "ASIAX", "aws_secret_access_key": "s", "aws_session_token": "t"}

    app = create_app(boto3.client("qapps", region_name="us-east-1", **keys))

    assert app["appVersion"] == 1
