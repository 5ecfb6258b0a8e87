"""Moto's IAM enforcement applies to Q Apps when a test switches it on."""

from __future__ import annotations

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]  # its place in all releases

from qapps_mock.service import dispatch
from tests.conftest import enable_iam_authentication

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"
CARD = "22222222-2222-4222-8222-222222222222"
DIGEST = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
ARN = "arn:aws:iam::123456789012:user/ann"


def client(**keys):
    return boto3.client("qapps", region_name="us-east-1", **keys)


def create(qapps):
    card = {"fileUpload": {"id": CARD, "title": "File", "type": "file-upload"}}
    return qapps.create_q_app(instanceId=INSTANCE, title="T", appDefinition={"cards": [card]})


def test_an_allowed_action_passes(keys_with):
    keys = keys_with("qapps:CreateQApp")

    with enable_iam_authentication():
        app = create(client(**keys))

    assert app["appVersion"] == 1


def test_an_action_that_no_policy_allows_is_denied_in_aws_words(keys_with):
    keys = keys_with("qapps:GetQApp")

    with enable_iam_authentication(), pytest.raises(ClientError) as error:
        create(client(**keys))

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert error.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": (
            f"User: {ARN} is not authorized to perform: qapps:CreateQApp on resource: "
            f"arn:aws:qbusiness:us-east-1:123456789012:application/{INSTANCE} "
            "because no identity-based policy allows the qapps:CreateQApp action"
        ),
    }


def test_a_policy_may_name_one_app(qapps_client, keys_with):
    mine, other = create(qapps_client), create(qapps_client)
    keys = keys_with("qapps:GetQApp", resource=mine["appArn"])

    with enable_iam_authentication():
        found = client(**keys).get_q_app(instanceId=INSTANCE, appId=mine["appId"])
        with pytest.raises(ClientError, match=f"on resource: {other['appArn']}"):
            client(**keys).get_q_app(instanceId=INSTANCE, appId=other["appId"])

    assert found["appId"] == mine["appId"]


def test_a_policy_for_an_app_holds_for_its_library_item(qapps_client, keys_with):
    mine, other = create(qapps_client), create(qapps_client)
    items = [
        qapps_client.create_library_item(
            instanceId=INSTANCE, appId=app["appId"], appVersion=1, categories=[]
        )["libraryItemId"]
        for app in (mine, other)
    ]
    keys = keys_with("qapps:GetLibraryItem", resource=mine["appArn"])

    with enable_iam_authentication():
        found = client(**keys).get_library_item(instanceId=INSTANCE, libraryItemId=items[0])
        with pytest.raises(ClientError, match=f"on resource: {other['appArn']}"):
            client(**keys).get_library_item(instanceId=INSTANCE, libraryItemId=items[1])

    assert found["appId"] == mine["appId"]


@pytest.mark.parametrize(("action", "allowed"), [("ImportDocument", True), ("CreatePresignedUrl", False)])
def test_create_presigned_url_is_authorized_as_import_document(qapps_client, keys_with, action, allowed):
    app = create(qapps_client)["appId"]
    keys = keys_with(f"qapps:{action}")
    call = {
        "instanceId": INSTANCE,
        "appId": app,
        "cardId": CARD,
        "fileName": "f",
        "fileContentsSha256": DIGEST,
        "scope": "APPLICATION",
    }

    with enable_iam_authentication():
        if allowed:
            assert client(**keys).create_presigned_url(**call)["fileId"]
        else:
            with pytest.raises(ClientError, match="not authorized to perform: qapps:ImportDocument"):
                client(**keys).create_presigned_url(**call)


def test_a_denied_call_changes_nothing_and_is_recorded(qapps_mock, keys_with):
    keys = keys_with()

    with enable_iam_authentication(), pytest.raises(ClientError):
        create(client(**keys))

    assert [call.error for call in qapps_mock.calls("CreateQApp")] == ["AccessDeniedException"]


def test_an_unknown_key_is_refused(qapps_mock):
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}

    with enable_iam_authentication(), pytest.raises(ClientError) as error:
        create(client(**keys))

    assert error.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert (
        error.value.response["Error"]["Message"] == "The security token included in the request is invalid."
    )


def test_a_wrong_secret_is_refused(keys_with):
    keys = {**keys_with("qapps:*"), "aws_secret_access_key": "wrong"}

    with enable_iam_authentication(), pytest.raises(ClientError) as error:
        create(client(**keys))

    assert error.value.response["Error"]["Code"] == "InvalidSignatureException"


def test_a_signed_header_that_is_not_utf_8_is_an_invalid_signature(keys_with):
    key = keys_with("qapps:*")["aws_access_key_id"]
    headers: dict[str, str | bytes] = {
        "instance-id": INSTANCE,
        "x-amz-date": "20260101T000000Z",
        "x-a": b"\xff",
        "authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/qapps/aws4_request, "
        "SignedHeaders=host;x-a;x-amz-date, Signature=0",
    }

    with enable_iam_authentication():
        status, sent, _ = dispatch.handle(
            "GET", "https://data.qapps.us-east-1.amazonaws.com/apps.list", headers, b""
        )

    assert (status, sent["x-amzn-errortype"]) == (403, "InvalidSignatureException")


def test_an_unsigned_call_is_refused(qapps_mock):
    with enable_iam_authentication(), pytest.raises(ClientError) as error:
        create(client(config=Config(signature_version=UNSIGNED)))

    assert error.value.response["Error"]["Code"] == "MissingAuthenticationTokenException"


def test_the_first_calls_are_free_as_in_moto(keys_with):
    keys = keys_with()

    @ActionAuthenticatorMixin.set_initial_no_auth_action_count(2)
    def three_calls():
        create(client(**keys))
        create(client(**keys))
        with pytest.raises(ClientError, match="AccessDeniedException"):
            create(client(**keys))

    three_calls()


def test_the_policies_of_an_assumed_role_are_checked(qapps_mock):
    iam = boto3.client("iam", region_name="us-east-1")
    role = iam.create_role(RoleName="uploader", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    sts = boto3.client("sts", region_name="us-east-1")
    keys = sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    qapps = client(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )

    with enable_iam_authentication(), pytest.raises(ClientError) as error:
        create(qapps)

    assert "arn:aws:sts::123456789012:assumed-role/uploader/session is not authorized" in str(error.value)
