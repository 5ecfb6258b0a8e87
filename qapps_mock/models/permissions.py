"""Permissions: with whom an owner shares an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qapps_mock import credentials
from qapps_mock.models.apps import App, Apps
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ValidationException

PermissionInput = Mapping[str, str]


class Permissions(Apps):
    """The operations on the permissions of apps."""

    def describe_q_app_permissions(
        self, context: Context, *, instance_id: str, app_id: str
    ) -> dict[str, Any]:
        """List who may use an app.

        Documented: published apps show it to everybody.

        Assumed: whoever may see the app may ask; the owner comes first with write, then the grants
        in their order.
        """
        app = self.find_app(instance_id, app_id)
        self.find_visible_version(context, app)
        return _describe(app)

    def update_q_app_permissions(
        self,
        context: Context,
        *,
        instance_id: str,
        app_id: str,
        grant_permissions: Sequence[PermissionInput] = (),
        revoke_permissions: Sequence[PermissionInput] = (),
    ) -> dict[str, Any]:
        """Share an app, or take that back.

        Documented: only the owner may.

        Assumed: grants count before revocations; repeated and absent ones change nothing; the
        owner's own write permission cannot be revoked; any text is a user, whose id follows from
        it; read and write are separate.
        """
        app = self.find_app(instance_id, app_id)
        self.require_owner(context, app)
        _check_owner_keeps_write(app, revoke_permissions)
        for each in grant_permissions:
            if each["principal"] != app.owner_email:
                app.grants[_key(each)] = each["principal"]
        for each in revoke_permissions:
            app.grants.pop(_key(each), None)
        return _describe(app)


def _check_owner_keeps_write(app: App, revoked: Sequence[PermissionInput]) -> None:
    for each in revoked:
        if each["principal"] == app.owner_email and each["action"] == "write":
            raise ValidationException(
                f"{app.owner_email} owns app {app.id}: the owner's write permission cannot be revoked."
            )


def _key(permission: PermissionInput) -> tuple[str, str]:
    return credentials.user_id(permission["principal"]), permission["action"]


def _describe(app: App) -> dict[str, Any]:
    owner = _permission("write", app.owner, "owner", app.owner_email)
    granted = [_permission(action, user_id, "user", email) for (user_id, action), email in app.grants.items()]
    return {"resourceArn": app.arn, "appId": app.id, "permissions": [owner, *granted]}


def _permission(action: str, user_id: str, user_type: str, email: str) -> dict[str, Any]:
    return {"action": action, "principal": {"userId": user_id, "userType": user_type, "email": email}}
