"""Does the code share an app with the right users only?"""

from __future__ import annotations

import pytest

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"


def share(client, app, *readers):
    """The code under test: these users can read the app; all others lose the permission."""
    here = {"instanceId": INSTANCE, "appId": app}
    permissions = client.describe_q_app_permissions(**here)["permissions"]
    before = {each["principal"]["email"] for each in permissions if each["action"] == "read"}
    client.update_q_app_permissions(
        **here,
        grantPermissions=[{"action": "read", "principal": each} for each in readers if each not in before],
        revokePermissions=[{"action": "read", "principal": each} for each in before if each not in readers],
    )


@pytest.fixture
def ann(qapps_mock):
    return qapps_mock.client(user="ann@example.com")


@pytest.fixture
def bob(qapps_mock):
    return qapps_mock.client(user="bob@example.com")


@pytest.fixture
def app(ann) -> str:
    created = ann.create_q_app(instanceId=INSTANCE, title="Ann's", appDefinition={"cards": []})
    return str(created["appId"])


def test_a_reader_sees_the_app_and_cannot_change_it(qapps_mock, ann, bob, app):
    share(ann, app, "bob@example.com")

    seen = bob.get_q_app(instanceId=INSTANCE, appId=app)
    with pytest.raises(bob.exceptions.AccessDeniedException):
        bob.update_q_app(instanceId=INSTANCE, appId=app, title="Bob's")
    assert (seen["title"], seen["createdBy"]) == ("Ann's", qapps_mock.user("ann@example.com"))


def test_a_user_who_is_no_longer_a_reader_loses_the_app(ann, bob, app):
    share(ann, app, "bob@example.com")

    share(ann, app, "eve@example.com")

    with pytest.raises(bob.exceptions.AccessDeniedException):
        bob.get_q_app(instanceId=INSTANCE, appId=app)


def test_only_the_owner_can_share_an_app(bob, app):
    with pytest.raises(bob.exceptions.AccessDeniedException):
        share(bob, app, "bob@example.com")
