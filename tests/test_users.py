"""Which id stands behind which e-mail, and who the default user is."""

from __future__ import annotations

import re
import sys
import threading

import boto3
import pytest
import requests

from qapps_mock import mock_qapps, users
from qapps_mock.endpoints import CONTROL_PATH
from tests.conftest import ANN, BOB, INSTANCE, create_app, qapps

STORE = "d-1234567890"
FIXED = "906795b201-8d9c1f53-1111-2222-3333-444444444444"


def store_user(email, region="us-east-1"):
    """Create a user in Moto's Identity Store, and return the UserId."""
    identitystore = boto3.client("identitystore", region_name=region)
    return identitystore.create_user(
        IdentityStoreId=STORE,
        UserName=email,
        DisplayName="Ann",
        Name={"GivenName": "Ann", "FamilyName": "Ng"},
        Emails=[{"Value": email, "Type": "work", "Primary": True}],
    )["UserId"]


def test_a_user_id_has_the_form_of_identity_center():
    ids = {users.user_id(email) for email in ("ann@example.com", "bob@example.com", "", "ü", "\ud800")}

    assert len(ids) == 5
    for each in ids:
        assert re.fullmatch(
            r"[0-9a-f]{10}-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", each
        )


def test_a_user_id_is_the_same_in_every_process(run_python):
    program = "from qapps_mock import users; print(users.user_id('ann@example.com'))"

    assert run_python(program) == users.user_id("ann@example.com")


def test_a_user_of_motos_identity_store_keeps_that_id(qapps_mock):
    ann = store_user(ANN.upper(), region="eu-west-1")

    app = create_app(qapps_mock.client(user=ANN))

    assert app["createdBy"] == qapps_mock.user(ANN) == ann
    identitystore = boto3.client("identitystore", region_name="eu-west-1")
    found = identitystore.describe_user(IdentityStoreId=STORE, UserId=app["createdBy"])
    assert found["DisplayName"] == "Ann"


def test_the_first_use_of_a_user_decides(qapps_mock):
    first = create_app(qapps_mock.client(user=ANN))["createdBy"]
    store_user(ANN)

    assert create_app(qapps_mock.client(user=ANN))["createdBy"] == first
    qapps_mock.reset()
    assert create_app(qapps_mock.client(user=ANN))["createdBy"] != first


def test_a_user_without_that_e_mail_in_the_identity_store_has_a_derived_id(qapps_mock):
    store_user(BOB)

    assert qapps_mock.user(ANN) == users.derived_id(ANN)


def test_permissions_show_the_id_of_the_identity_store(qapps_mock):
    bob = store_user(BOB)
    client = qapps_mock.client()
    app = create_app(client)["appId"]

    shown = client.update_q_app_permissions(
        instanceId=INSTANCE, appId=app, grantPermissions=[{"action": "read", "principal": BOB}]
    )

    assert shown["permissions"][1]["principal"]["userId"] == bob
    assert qapps_mock.client(user=BOB).get_q_app(instanceId=INSTANCE, appId=app)["appId"] == app


def test_an_id_can_be_fixed(qapps_mock):
    assert qapps_mock.user(ANN, id=FIXED) == FIXED

    assert create_app(qapps_mock.client(user=ANN))["createdBy"] == FIXED
    assert qapps_mock.user(ANN, id=FIXED) == qapps_mock.user(ANN) == FIXED


def test_a_fixed_id_ends_with_a_reset_and_with_the_mock(qapps_mock):
    qapps_mock.user(ANN, id=FIXED)
    qapps_mock.reset()
    assert qapps_mock.user(ANN) == users.derived_id(ANN)


def test_a_nested_mock_shares_the_ids():
    with mock_qapps() as outer, mock_qapps() as inner:
        inner.user(ANN, id=FIXED)
        assert outer.user(ANN) == FIXED
    with mock_qapps() as later:
        assert later.user(ANN) == users.derived_id(ANN)


def test_a_refused_id_changes_nothing(qapps_mock):
    qapps_mock.user(BOB, id=FIXED)
    with pytest.raises(ValueError, match="is that of bob"):
        qapps_mock.user(ANN, id=FIXED)

    assert qapps_mock.user(ANN) == users.derived_id(ANN)


def test_code_that_makes_its_own_client_acts_as_the_default_user(qapps_mock):
    client = qapps()
    with qapps_mock.as_user(ANN) as ann:
        create_app(client)
        create_app(qapps_mock.client(user=BOB))
        with qapps_mock.as_user(BOB) as bob:
            create_app(qapps())
        create_app(client)
    create_app(client)

    assert ann == qapps_mock.user(ANN)
    assert [call.user for call in qapps_mock.calls()] == [
        ann,
        bob,
        bob,
        ann,
        qapps_mock.user("user@example.com"),
    ]


def test_the_default_user_is_that_of_every_thread(qapps_mock):
    with qapps_mock.as_user(ANN) as ann:
        thread = threading.Thread(target=lambda: create_app(qapps()))
        thread.start()
        thread.join()

    assert [call.user for call in qapps_mock.calls()] == [ann]


def test_the_default_user_ends_with_an_exception_too(qapps_mock):
    with pytest.raises(KeyError), qapps_mock.as_user(ANN):
        raise KeyError

    assert create_app(qapps())["createdBy"] == qapps_mock.user("user@example.com")


def test_the_default_user_of_a_server_is_the_same(qapps_mock, any_client):
    with qapps_mock.as_user(ANN) as ann:
        assert create_app(any_client)["createdBy"] == ann


def test_the_default_user_of_an_outer_mock_holds_in_an_inner_one():
    with mock_qapps() as outer, outer.as_user(ANN) as ann, mock_qapps() as inner:
        assert create_app(inner.client())["createdBy"] == ann
        with inner.as_user(BOB) as bob:
            assert create_app(inner.client())["createdBy"] == bob


def test_keys_of_the_environment_act_as_their_user(qapps_mock):
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("AWS_SESSION_TOKEN", "of the developer")
        for name, value in qapps_mock.credentials(ANN).items():
            monkeypatch.setenv(name.upper(), value)

        assert create_app(qapps())["createdBy"] == qapps_mock.user(ANN)


def test_a_server_fixes_ids_and_the_default_user(qapps_mock, qapps_server):
    def ask(method, resource, **members):
        answer = requests.request(method, f"{qapps_server}{CONTROL_PATH}{resource}", json=members, timeout=30)
        return answer.status_code, answer.json()

    assert ask("POST", "users", email=ANN, id=FIXED)[1]["user"] == FIXED
    assert ask("PUT", "default-user", email=ANN) == (200, {"email": ANN})
    assert create_app(qapps())["createdBy"] == FIXED
    assert ask("PUT", "default-user", email=None) == (200, {"email": None})
    assert create_app(qapps())["createdBy"] == qapps_mock.user("user@example.com")
    assert ask("PUT", "default-user", email=3) == (
        400,
        {
            "error": "ValueError",
            "message": "3 is not a user: pass an e-mail address, for example 'ann@example.com'",
        },
    )
    assert ask("POST", "users", email=ANN, id="other")[0] == 400


def test_without_aiobotocore_async_client_says_what_to_install(qapps_mock, monkeypatch):
    monkeypatch.setitem(sys.modules, "aiobotocore.session", None)

    with pytest.raises(ImportError) as missing:
        qapps_mock.async_client()

    assert str(missing.value) == "async_client() needs aiobotocore: pip install aiobotocore"


def test_an_async_client_of_a_user_takes_no_keys(qapps_mock):
    with pytest.raises(TypeError) as refused:
        qapps_mock.async_client(ANN, aws_access_key_id="mine")

    assert str(refused.value) == (
        "async_client(user=...) uses keys of its own. Leave out aws_access_key_id, or leave out user."
    )
