"""Permissions: which users an owner shares an app with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qapps_mock import users
from qapps_mock.models.access import Access
from qapps_mock.models.resources import App
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ValidationException

PermissionInput = Mapping[str, str]


class Permissions(Access):
    """The operations on the permissions of apps."""

    def describe_q_app_permissions(
        self, context: Context, *, instance_id: str, app_id: str
    ) -> dict[str, Any]:
        """List the permissions of an app.

        QA-170 documented (IAM role): every user can view the permissions of a published app.
        QA-171 assumed: any user who can view the app may call this. Settle: the call by a user with a read
            permission.
        QA-172 observed (AWS's example): the owner has the write permission.
        QA-173 assumed: the owner comes first, then the granted permissions in the order of their grants.
            Settle: an app with three grants.
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
        """Share an app with users, or stop sharing it.

        QA-275 documented (IAM role): only the owner can change the permissions.
        QA-276 assumed: grants are applied before revocations. Settle: one call with both for one user.
        QA-277 assumed: granting a permission again and revoking one that was not granted change nothing.
            Settle: both.
        QA-278 assumed: the owner's own write permission cannot be revoked. Settle: such a call.
        QA-279 assumed: any text is accepted as a user, whose id is derived from it. Settle: an unknown
            e-mail address.
        QA-280 assumed: the read and write permissions are separate. Settle: a revocation of read from a
            user who has both.
        QA-281 not simulated (private sharing): sharing with everybody.
        """
        app = self.find_app(instance_id, app_id)
        self.require_owner(context, app)
        _check_owner_keeps_write(app, revoke_permissions)
        self.note_hiding(app)
        for each in grant_permissions:
            if each["principal"] != app.owner_email:
                app.grants[_key(each)] = each["principal"]
        for each in revoke_permissions:
            app.grants.pop(_key(each), None)
        return _describe(app)

    def note_disuse(self, user_id: str, app: App) -> None:
        """End the permissions of a user who gave up the app."""
        super().note_disuse(user_id, app)
        for action in ("read", "write"):
            app.grants.pop((user_id, action), None)


def _check_owner_keeps_write(app: App, revoked: Sequence[PermissionInput]) -> None:
    for each in revoked:
        if each["principal"] == app.owner_email and each["action"] == "write":
            raise ValidationException(
                f"{app.owner_email} owns app {app.id}: the owner's write permission cannot be revoked."
            )


def _key(permission: PermissionInput) -> tuple[str, str]:
    return users.user_id(permission["principal"]), permission["action"]


def _describe(app: App) -> dict[str, Any]:
    owner = _permission("write", app.owner, "owner", app.owner_email)
    granted = [_permission(action, user_id, "user", email) for (user_id, action), email in app.grants.items()]
    return {"resourceArn": app.arn, "appId": app.id, "permissions": [owner, *granted]}


def _permission(action: str, user_id: str, user_type: str, email: str) -> dict[str, Any]:
    return {"action": action, "principal": {"userId": user_id, "userType": user_type, "email": email}}
