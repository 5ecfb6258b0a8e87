"""Which access keys are valid, and which user they belong to."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import botocore.session
import pytest
import requests
from botocore.config import Config
from botocore.credentials import Credentials, DeferredRefreshableCredentials
from freezegun import freeze_time

from qapps_mock import MockQApps, credentials, mock_qapps
from qapps_mock.s3.signature import Secret
from tests.s3.posts import credential, error_of, policy, v4_signature

ROLE = "arn:aws:iam::123456789012:role/uploads"


def test_an_unknown_access_key_has_no_secret():
    assert credentials.secrets_of("AKIAUNKNOWN") == []
    assert credentials.secrets_of("") == []
    assert credentials.secrets_of("\ud800") == []


def test_the_keys_of_the_service_are_temporary_and_valid():
    keys = credentials.service(None)

    assert re.fullmatch("ASIA[A-Z2-7]{16}", keys.access_key)
    assert keys.secret.session_token
    assert credentials.secrets_of(keys.access_key) == [keys.secret]
    assert credentials.service(None) is keys


def test_no_two_processes_have_the_same_service_keys(run_python):
    program = "from qapps_mock import credentials; print(credentials.service(None).access_key)"

    assert run_python(program) != run_python(program)


def test_the_keys_of_a_user_are_valid_and_the_same_each_time():
    ann, bob = credentials.of_user("ann@example.com"), credentials.of_user("bob@example.com")

    assert ann == credentials.of_user("ann@example.com")
    assert ann.access_key != bob.access_key
    assert ann.secret.key != bob.secret.key
    assert credentials.secrets_of(ann.access_key) == [ann.secret]


def test_secrets_do_not_show():
    for keys in (credentials.service(None), credentials.of_user("ann@example.com")):
        assert keys.secret.key not in repr(keys)
        assert keys.access_key in repr(keys)


@pytest.mark.parametrize("token", [None, "session-token"])
def test_the_keys_of_the_environment_are_valid(monkeypatch, token):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)

    assert credentials.secrets_of("AKIAENVIRONMENT") == [Secret("secret", session_token=token)]
    assert credentials.secrets_of("AKIAOTHER") == []


def test_an_environment_without_secret_has_no_keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    assert credentials.secrets_of("AKIAENVIRONMENT") == []

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    assert credentials.secrets_of("AKIAENVIRONMENT") == []


def test_the_keys_of_an_iam_user_are_valid_while_they_are_active():
    with mock_qapps():
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_user(UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        access_key = key["AccessKeyId"]

        assert credentials.secrets_of(access_key) == [Secret(key["SecretAccessKey"])]
        iam.update_access_key(UserName="ann", AccessKeyId=access_key, Status="Inactive")
        assert credentials.secrets_of(access_key) == []
        iam.update_access_key(UserName="ann", AccessKeyId=access_key, Status="Active")
        iam.delete_access_key(UserName="ann", AccessKeyId=access_key)
        assert credentials.secrets_of(access_key) == []


def test_the_keys_of_a_role_are_valid_until_they_expire():
    with mock_qapps(), freeze_time("2030-01-01T12:00:00Z"):
        sts = boto3.client("sts", region_name="us-east-1")
        keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="uploads")["Credentials"]

        assert credentials.secrets_of(keys["AccessKeyId"]) == [
            Secret(
                keys["SecretAccessKey"],
                session_token=keys["SessionToken"],
                expiration=datetime(2030, 1, 1, 12, tzinfo=timezone.utc) + timedelta(hours=1),
            )
        ]


def test_the_keys_of_another_account_are_valid_too():
    with mock_qapps():
        sts = boto3.client("sts", region_name="us-east-1")
        arn = "arn:aws:iam::222222222222:role/uploads"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="uploads")["Credentials"]

        assert credentials.secrets_of(keys["AccessKeyId"])


def test_keys_are_invalid_after_the_mock():
    with mock_qapps():
        sts = boto3.client("sts", region_name="us-east-1")
        keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="uploads")["Credentials"]
    with mock_qapps():
        assert credentials.secrets_of(keys["AccessKeyId"]) == []


def test_what_is_not_imported_has_issued_no_keys(monkeypatch):
    for name in ("moto.sts.models", "moto.iam.models"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    assert credentials.secrets_of("AKIAUNKNOWN") == []


def test_looking_for_keys_imports_nothing_of_moto(run_python):
    program = (
        "import sys, json\n"
        "from qapps_mock import credentials\n"
        "credentials.secrets_of('AKIA')\n"
        "print(json.dumps([each for each in sys.modules if each.startswith('moto')]))"
    )

    assert json.loads(run_python(program)) == []


# --- Keys of clients, and of Moto's operations, in a signed upload


KEY, KEY_SECRET = "testing", "testing-secret"


def s3(access_key: str, secret: str, token: str | None = None, **kwargs: Any) -> Any:
    return boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        **kwargs,
    )


def presigned(client: Any) -> Any:
    return client.generate_presigned_post("mine", "a.txt")


def post(presigned: Any, **changes: str) -> tuple[int, str | None]:
    """Post a file, and return the status and the code of the error."""
    fields = {**presigned["fields"], **changes}
    answer = requests.post(presigned["url"], data=fields, files={"file": b"1"}, timeout=60)
    return answer.status_code, error_of(answer.content)["Code"] if answer.content else None


def signed_by_hand(access_key: str, secret: str, *more: dict[str, str]) -> Any:
    """Return a presigned post that no client has signed."""
    day = f"{datetime.now(timezone.utc):%Y%m%d}"
    fields = {
        "key": "a.txt",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": credential(access_key=access_key, day=day),
        "x-amz-date": f"{day}T000000Z",
        **{name: value for each in more for name, value in each.items()},
    }
    conditions = [{name: value} for name, value in {**fields, "bucket": "mine"}.items()]
    text = policy(*conditions, expiration="2999-01-01T00:00:00Z")
    signature = v4_signature(text, secret=secret, day=day)
    return {
        "url": "https://mine.s3.amazonaws.com/",
        "fields": {**fields, "policy": text, "x-amz-signature": signature},
    }


STORED = (204, None)
UNKNOWN = (403, "InvalidAccessKeyId")
WRONG_SECRET = (403, "SignatureDoesNotMatch")
WRONG_TOKEN = (400, "InvalidToken")


@pytest.fixture
def enforcing() -> Iterator[MockQApps]:
    with mock_qapps(enforce_all_posts=True) as running:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="mine")
        yield running


def test_a_client_made_with_any_keys_signs_uploads(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")  # as in the suites that Moto's documentation shows

    with mock_qapps(enforce_all_posts=True):
        of_environment = boto3.client("s3", region_name="us-east-1")
        of_environment.create_bucket(Bucket="mine")

        assert post(presigned(of_environment)) == STORED
        assert post(presigned(s3("testing", "testing"))) == STORED
        assert post(presigned(s3("AKIAEXAMPLE", "any"))) == STORED


@pytest.mark.parametrize("version", ["s3", "s3v4"])
@pytest.mark.parametrize("token", [None, "token"])
def test_a_client_older_than_the_mock_signs_uploads_once_it_is_used(version, token):
    client = s3(KEY, KEY_SECRET, token, config=Config(signature_version=version))

    with mock_qapps(enforce_all_posts=True):
        client.create_bucket(Bucket="mine")

        assert post(presigned(client)) == STORED


def test_the_keys_of_a_client_are_valid_as_soon_as_it_is_made(enforcing):
    assert post(signed_by_hand(KEY, KEY_SECRET)) == UNKNOWN

    boto3.client("dynamodb", "us-east-1", aws_access_key_id=KEY, aws_secret_access_key=KEY_SECRET)

    assert post(signed_by_hand(KEY, KEY_SECRET)) == STORED
    assert post(signed_by_hand(KEY, "another secret")) == WRONG_SECRET


def test_keys_that_refresh_themselves_are_valid_once_they_are_used(enforcing):
    refreshed = []

    def refresh() -> dict[str, str]:
        refreshed.append(1)
        return {
            "access_key": KEY,
            "secret_key": KEY_SECRET,
            "token": "token",
            "expiry_time": "2999-01-01T00:00:00Z",
        }

    session = botocore.session.Session()
    session._credentials = DeferredRefreshableCredentials(refresh, "test")
    client = session.create_client("s3", region_name="us-east-1")
    assert refreshed == []

    assert post(presigned(client)) == STORED


def test_a_key_can_have_two_secrets(enforcing):
    first, second = s3(KEY, KEY_SECRET), s3(KEY, "another secret")

    assert post(presigned(first)) == STORED
    assert post(presigned(second)) == STORED
    assert post(signed_by_hand(KEY, "a third one")) == WRONG_SECRET


def test_an_issued_key_is_valid_with_its_own_secret_only(enforcing):
    iam = boto3.client("iam", region_name="us-east-1")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    access_key, secret = key["AccessKeyId"], key["SecretAccessKey"]
    right, wrong = s3(access_key, secret), s3(access_key, "wrong")

    assert post(presigned(wrong)) == WRONG_SECRET
    assert post(presigned(right)) == STORED
    iam.update_access_key(UserName="ann", AccessKeyId=access_key, Status="Inactive")
    assert post(presigned(right)) == UNKNOWN
    iam.delete_access_key(UserName="ann", AccessKeyId=access_key)
    assert post(presigned(right)) == UNKNOWN


def test_the_keys_of_clients_are_invalid_after_the_last_mock():
    with mock_qapps(enforce_all_posts=True) as outer:
        outer.client("ann@example.com")
        with mock_qapps():
            s3(KEY, KEY_SECRET)
        assert credentials.secrets_of(KEY) == [Secret(KEY_SECRET)]
        outer.reset()
        assert credentials.secrets_of(KEY) == [Secret(KEY_SECRET)]

    assert credentials.secrets_of(KEY) == []
    s3(KEY, KEY_SECRET)
    assert credentials.secrets_of(KEY) == []


def test_credentials_without_keys_harm_no_client(enforcing):
    session = botocore.session.Session()
    session._credentials = Credentials(None, None)

    session.create_client("s3", region_name="us-east-1")

    assert None not in credentials._of_clients


def motos_keys(operation: str) -> tuple[str, str, str]:
    if operation == "GetCredentialsForIdentity":
        cognito = boto3.client("cognito-identity", region_name="us-east-1")
        keys = cognito.get_credentials_for_identity(IdentityId="us-east-1:1")["Credentials"]
        return keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"]
    sts = boto3.client("sts", region_name="us-east-1")
    if operation == "GetSessionToken":
        keys = sts.get_session_token()["Credentials"]
    else:
        keys = sts.get_federation_token(Name="ann")["Credentials"]
    return keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]


@pytest.mark.parametrize("operation", ["GetSessionToken", "GetFederationToken", "GetCredentialsForIdentity"])
def test_the_keys_that_an_operation_of_moto_returns_are_valid(enforcing, operation):
    access_key, secret, token = motos_keys(operation)

    assert post(signed_by_hand(access_key, secret, {"x-amz-security-token": token})) == STORED
    assert post(signed_by_hand(access_key, "wrong", {"x-amz-security-token": token})) == WRONG_SECRET
    assert post(signed_by_hand(access_key, secret, {"x-amz-security-token": "wrong"})) == WRONG_TOKEN
    assert post(signed_by_hand(access_key, secret)) == UNKNOWN


def test_upload_credentials_are_valid():
    with mock_qapps(enforce_all_posts=True, upload_credentials={"KEY": "SECRET", "OTHER": "x"}):
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="mine")

        assert post(signed_by_hand("KEY", "SECRET")) == STORED
        assert post(signed_by_hand("OTHER", "x")) == STORED
        assert post(signed_by_hand("KEY", "x")) == WRONG_SECRET
        assert post(signed_by_hand("UNKNOWN", "SECRET")) == UNKNOWN


def test_upload_credentials_show_no_secret():
    given = {"KEY": "a-secret"}

    options = mock_qapps(upload_credentials=given)._run.options
    given["KEY"] = "changed"

    assert "a-secret" not in repr(options)
    assert options.upload_credentials == {"KEY": "a-secret"}
