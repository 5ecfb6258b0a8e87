"""Permissions: only the owner shares an app."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import ANN, BOB, INSTANCE, create_app, refusal
from tests.shapes import fuzz

OWNER = "user@example.com"


def permission(mock: Any, action: str, email: str, user_type: str = "user") -> dict[str, Any]:
    principal = {"userId": mock.user(email), "userType": user_type, "email": email}
    return {"action": action, "principal": principal}


def asked(*permissions: tuple[str, str]) -> list[dict[str, str]]:
    return [{"action": action, "principal": email} for action, email in permissions]


def update(client: Any, app: dict[str, Any], **lists: list[dict[str, str]]) -> Any:
    return client.update_q_app_permissions(instanceId=INSTANCE, appId=app["appId"], **lists)


def described(client: Any, app: dict[str, Any]) -> Any:
    return client.describe_q_app_permissions(instanceId=INSTANCE, appId=app["appId"])["permissions"]


def shown(permissions: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return action and e-mail of each permission."""
    return [(each["action"], each["principal"]["email"]) for each in permissions]


def test_a_new_app_is_its_owner_s_alone(mocked, client):
    app = create_app(client)

    answer = client.describe_q_app_permissions(instanceId=INSTANCE, appId=app["appId"])

    del answer["ResponseMetadata"]
    assert answer == {
        "resourceArn": app["appArn"],
        "appId": app["appId"],
        "permissions": [permission(mocked, "write", OWNER, "owner")],
    }


def test_the_owner_is_who_created_the_app(mocked, ann):
    app = create_app(ann)

    assert described(ann, app) == [permission(mocked, "write", ANN, "owner")]


def test_grants_follow_the_owner_in_their_order(mocked, client):
    app = create_app(client)
    update(client, app, grantPermissions=asked(("read", BOB)))

    answer = update(client, app, grantPermissions=asked(("write", ANN), ("read", ANN)))

    del answer["ResponseMetadata"]
    assert answer == {
        "resourceArn": app["appArn"],
        "appId": app["appId"],
        "permissions": [
            permission(mocked, "write", OWNER, "owner"),
            permission(mocked, "read", BOB),
            permission(mocked, "write", ANN),
            permission(mocked, "read", ANN),
        ],
    }
    assert described(client, app) == answer["permissions"]


def test_granting_a_permission_twice_adds_one_permission(client):
    app = create_app(client)
    update(client, app, grantPermissions=asked(("read", ANN), ("read", BOB)))

    answer = update(client, app, grantPermissions=asked(("read", ANN), ("read", ANN)))

    assert shown(answer["permissions"]) == [("write", OWNER), ("read", ANN), ("read", BOB)]


def test_a_revoked_permission_is_gone(mocked, client, ann):
    app = create_app(client)
    update(client, app, grantPermissions=asked(("read", ANN), ("read", BOB)))

    answer = update(client, app, revokePermissions=asked(("read", ANN)))

    assert shown(answer["permissions"]) == [("write", OWNER), ("read", BOB)]
    error = refusal(ann.get_q_app, instanceId=INSTANCE, appId=app["appId"])
    assert error == {
        "Code": "AccessDeniedException",
        "Message": (
            f"Version 1 of app {app['appId']} is neither published nor shared with user {mocked.user(ANN)}."
        ),
    }


def test_reading_stays_when_writing_is_revoked(client, ann):
    app = create_app(client)
    update(client, app, grantPermissions=asked(("read", ANN), ("write", ANN)))

    update(client, app, revokePermissions=asked(("write", ANN)))

    found = ann.get_q_app(instanceId=INSTANCE, appId=app["appId"])
    assert found["appDefinition"]["canEdit"] is False


def test_users_who_can_write_can_read(client, ann):
    app = create_app(client)

    update(client, app, grantPermissions=asked(("write", ANN)))

    assert ann.get_q_app(instanceId=INSTANCE, appId=app["appId"])["title"] == "Title"


@pytest.mark.parametrize("revoked", [("read", ANN), ("write", BOB), ("read", OWNER)])
def test_to_revoke_a_permission_that_was_not_granted_does_nothing(client, revoked):
    app = create_app(client)
    update(client, app, grantPermissions=asked(("read", BOB)))

    answer = update(client, app, revokePermissions=asked(revoked))

    assert shown(answer["permissions"]) == [("write", OWNER), ("read", BOB)]


@pytest.mark.parametrize("action", ["read", "write"])
def test_to_grant_to_the_owner_does_nothing(mocked, client, action):
    app = create_app(client)

    answer = update(client, app, grantPermissions=asked((action, OWNER)))

    assert answer["permissions"] == [permission(mocked, "write", OWNER, "owner")]


def test_grants_come_before_revokes(client):
    app = create_app(client)

    answer = update(
        client,
        app,
        grantPermissions=asked(("read", ANN), ("read", BOB)),
        revokePermissions=asked(("read", ANN)),
    )

    assert shown(answer["permissions"]) == [("write", OWNER), ("read", BOB)]


def test_an_update_that_names_nothing_shows_what_there_is(mocked, client):
    app = create_app(client)

    assert update(client, app)["permissions"] == [permission(mocked, "write", OWNER, "owner")]


def test_an_owner_is_not_locked_out_and_the_whole_call_is_refused(client):
    app = create_app(client)
    update(client, app, grantPermissions=asked(("read", BOB)))

    error = refusal(
        client.update_q_app_permissions,
        instanceId=INSTANCE,
        appId=app["appId"],
        grantPermissions=asked(("read", ANN)),
        revokePermissions=asked(("read", BOB), ("write", OWNER)),
    )

    assert error == {
        "Code": "ValidationException",
        "Message": f"{OWNER} owns app {app['appId']}: the owner's write permission cannot be revoked.",
    }
    assert shown(described(client, app)) == [("write", OWNER), ("read", BOB)]


@pytest.mark.parametrize("action", ["read", "write"])
def test_only_the_owner_shares(mocked, client, ann, action):
    app = create_app(client)
    update(client, app, grantPermissions=asked((action, ANN)))

    error = refusal(
        ann.update_q_app_permissions,
        instanceId=INSTANCE,
        appId=app["appId"],
        grantPermissions=asked(("read", BOB)),
    )

    assert error == {
        "Code": "AccessDeniedException",
        "Message": f"User {mocked.user(ANN)} is not the owner of app {app['appId']}.",
    }
    assert shown(described(client, app)) == [("write", OWNER), (action, ANN)]


def test_permissions_are_shown_to_those_whom_the_app_is_open_to(mocked, client, ann, bob):
    app = create_app(client)
    update(client, app, grantPermissions=asked(("read", ANN)))

    error = refusal(bob.describe_q_app_permissions, instanceId=INSTANCE, appId=app["appId"])

    assert error == {
        "Code": "AccessDeniedException",
        "Message": (
            f"Version 1 of app {app['appId']} is neither published nor shared with user {mocked.user(BOB)}."
        ),
    }
    assert shown(described(ann, app)) == [("write", OWNER), ("read", ANN)]
    client.create_library_item(instanceId=INSTANCE, appId=app["appId"], appVersion=1, categories=[])
    assert shown(described(bob, app)) == [("write", OWNER), ("read", ANN)]


def test_permissions_of_one_app_do_not_apply_to_another(client, ann):
    shared, other = create_app(client), create_app(client)

    update(client, shared, grantPermissions=asked(("write", ANN)))

    assert shown(described(client, other)) == [("write", OWNER)]
    error = refusal(ann.get_q_app, instanceId=INSTANCE, appId=other["appId"])
    assert error["Code"] == "AccessDeniedException"


def test_a_principal_is_any_text(mocked, client):
    app = create_app(client)

    answer = update(client, app, grantPermissions=asked(("read", "jürgen"), ("read", "x" * 256)))

    assert answer["permissions"][1:] == [
        permission(mocked, "read", "jürgen"),
        permission(mocked, "read", "x" * 256),
    ]


PAIRS = st.lists(
    st.tuples(st.sampled_from(["read", "write"]), st.sampled_from([ANN, BOB, "eve@example.com"])), max_size=6
)


@fuzz(40)
@given(PAIRS, PAIRS, PAIRS)
def test_what_is_left_is_what_was_granted_and_not_revoked(client, before, grants, revokes):
    app = create_app(client)
    update(client, app, grantPermissions=asked(*before))

    answer = update(client, app, grantPermissions=asked(*grants), revokePermissions=asked(*revokes))

    left = [pair for pair in dict.fromkeys([*before, *grants]) if pair not in revokes]
    assert shown(answer["permissions"]) == [("write", OWNER), *left]
    client.delete_q_app(instanceId=INSTANCE, appId=app["appId"])
