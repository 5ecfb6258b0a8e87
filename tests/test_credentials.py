"""Which access keys are valid, and which user they belong to."""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime, timedelta, timezone

import boto3
import pytest
from freezegun import freeze_time

from qapps_mock import credentials, mock_qapps
from qapps_mock.s3.signature import Secret

ROLE = "arn:aws:iam::123456789012:role/uploads"


def test_an_unknown_access_key_has_no_secret():
    assert credentials.secret_of("AKIAUNKNOWN") is None
    assert credentials.secret_of("") is None
    assert credentials.secret_of("\ud800") is None


def test_the_keys_of_the_service_are_temporary_and_valid():
    keys = credentials.service()

    assert re.fullmatch("ASIA[A-Z2-7]{16}", keys.access_key)
    assert keys.secret.session_token
    assert credentials.secret_of(keys.access_key) == keys.secret
    assert credentials.service() is keys


def test_no_two_processes_have_the_same_service_keys(run_python):
    program = "from qapps_mock import credentials; print(credentials.service().access_key)"

    assert run_python(program) != run_python(program)


def test_the_keys_of_a_user_are_valid_and_the_same_each_time():
    ann, bob = credentials.of_user("ann@example.com"), credentials.of_user("bob@example.com")

    assert ann == credentials.of_user("ann@example.com")
    assert ann.access_key != bob.access_key
    assert ann.secret.key != bob.secret.key
    assert credentials.secret_of(ann.access_key) == ann.secret


def test_a_user_id_has_the_form_of_identity_center():
    ids = {credentials.user_id(email) for email in ("ann@example.com", "bob@example.com", "", "ü", "\ud800")}

    assert len(ids) == 5
    for each in ids:
        assert re.fullmatch(
            r"[0-9a-f]{10}-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each
        )


def test_a_user_id_is_the_same_in_every_process(run_python):
    program = "from qapps_mock import credentials; print(credentials.user_id('ann@example.com'))"

    assert run_python(program) == credentials.user_id("ann@example.com")


def test_secrets_do_not_show():
    for keys in (credentials.service(), credentials.of_user("ann@example.com")):
        assert keys.secret.key not in repr(keys)
        assert keys.access_key in repr(keys)


@pytest.mark.parametrize("token", [None, "session-token"])
def test_the_keys_of_the_environment_are_valid(monkeypatch, token):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)

    assert credentials.secret_of("AKIAENVIRONMENT") == Secret("secret", session_token=token)
    assert credentials.secret_of("AKIAOTHER") is None


def test_an_environment_without_secret_has_no_keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    assert credentials.secret_of("AKIAENVIRONMENT") is None

    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "")
    assert credentials.secret_of("AKIAENVIRONMENT") is None


def test_the_keys_of_an_iam_user_are_valid_while_they_are_active():
    with mock_qapps():
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_user(UserName="ann")
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        access_key = key["AccessKeyId"]

        assert credentials.secret_of(access_key) == Secret(key["SecretAccessKey"])
        iam.update_access_key(UserName="ann", AccessKeyId=access_key, Status="Inactive")
        assert credentials.secret_of(access_key) is None
        iam.update_access_key(UserName="ann", AccessKeyId=access_key, Status="Active")
        iam.delete_access_key(UserName="ann", AccessKeyId=access_key)
        assert credentials.secret_of(access_key) is None


def test_the_keys_of_a_role_are_valid_until_they_expire():
    with mock_qapps(), freeze_time("2030-01-01T12:00:00Z"):
        sts = boto3.client("sts", region_name="us-east-1")
        keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="uploads")["Credentials"]

        assert credentials.secret_of(keys["AccessKeyId"]) == Secret(
            keys["SecretAccessKey"],
            session_token=keys["SessionToken"],
            expiration=datetime(2030, 1, 1, 12, tzinfo=timezone.utc) + timedelta(hours=1),
        )


def test_the_keys_of_another_account_are_valid_too():
    with mock_qapps():
        sts = boto3.client("sts", region_name="us-east-1")
        arn = "arn:aws:iam::222222222222:role/uploads"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="uploads")["Credentials"]

        assert credentials.secret_of(keys["AccessKeyId"])


def test_keys_are_invalid_after_the_mock():
    with mock_qapps():
        sts = boto3.client("sts", region_name="us-east-1")
        keys = sts.assume_role(RoleArn=ROLE, RoleSessionName="uploads")["Credentials"]
    with mock_qapps():
        assert credentials.secret_of(keys["AccessKeyId"]) is None


def test_what_is_not_imported_has_issued_no_keys(monkeypatch):
    for name in ("moto.sts.models", "moto.iam.models"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    assert credentials.secret_of("AKIAUNKNOWN") is None


def test_looking_for_keys_imports_nothing_of_moto(run_python):
    program = (
        "import sys, json\n"
        "from qapps_mock import credentials\n"
        "credentials.secret_of('AKIA')\n"
        "print(json.dumps([each for each in sys.modules if each.startswith('moto')]))"
    )

    assert json.loads(run_python(program)) == []
