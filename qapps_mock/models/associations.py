"""Associations: which apps are in which user's list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qapps_mock import clock
from qapps_mock.models.access import Access
from qapps_mock.models.paging import Listing, read_page
from qapps_mock.models.resources import App, AppVersion, Association
from qapps_mock.service.context import Context


class Associations(Access):
    """The operations on users' lists of apps."""

    def list_q_apps(
        self,
        context: Context,
        *,
        instance_id: str,
        limit: int | None = None,
        next_token: str | None = None,
    ) -> dict[str, Any]:
        """List the apps that the caller created, added or ran.

        QA-227 modelled: the list has the apps that the user created or ran, and createdAt is when the app
            came into the list.
        QA-228 assumed: the newest association comes first. Settle: three apps.
        QA-229 assumed: a page has 100 apps without limit (`page_size`). Settle: more than 100 apps.
        QA-230 assumed: a token is valid for one user and instance; any other text is a ValidationException.
            Settle: a nextToken of another user.
        QA-231 assumed: the status is PUBLISHED while any version is in the library. Settle: an app with a
            newer draft.
        QA-232 assumed: an app that leaves the library stays in the list as a draft. Settle:
            DeleteLibraryItem, then the call by a user of the app.
        QA-233 assumed: users who can no longer view any version of an app see the title and the description
            of the version that they knew. Settle: the same, after an update of the app.
        QA-234 assumed: a permission alone does not add an app to a list. Settle: the call by a user with a
            read permission.
        """
        listing = self._associations.get((instance_id, context.user_id), Listing())
        scope = ("ListQApps", self.account_id, self.region_name, instance_id, context.user_id)
        associations, more = read_page(listing, scope, limit or context.options.page_size, next_token)
        return {"apps": [_describe(each, context.user_id) for each in associations], **more}

    def associate_q_app_with_user(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Add an app to the caller's list.

        QA-103 documented (IAM role): a published app can be added to the caller's list.
        QA-104 documented (authorization reference, key UserIsAppOwner): owners can add their own apps.
        QA-105 assumed: users with whom an app is shared can add it. Settle: the call by a user with a read
            permission.
        QA-106 assumed: adding an app again changes nothing. Settle: two calls by one user.
        QA-107 not simulated: no limit on the length of a list: only `fail` raises
            ServiceQuotaExceededException.
        """
        app = self.find_app(instance_id, app_id)
        self.find_visible_version(context, app)
        self.note_use(context.user_id, app)

    def disassociate_q_app_from_user(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Remove an app from the caller's list.

        QA-175 modelled: the call ends the caller's right to run a shared app.
        QA-176 documented (IAM role): every user may call this for every app.
        QA-177 assumed: the call ends the read and write permissions that the owner granted to the caller.
            Settle: the call by such a user, then DescribeQAppPermissions.
        QA-178 assumed (IAM role: key AppIsPublished): users can still run the published version of the app.
            Settle: the call, then StartQAppSession of a published app.
        QA-179 assumed: the call succeeds for every app that exists, also for one that is not in the list.
            Settle: two calls by one user.
        QA-180 assumed (service model: ListQApps lists the apps that the user created): owners always list
            their apps: the call changes nothing for them. Settle: the call by an owner, then ListQApps.
        """
        app = self.find_app(instance_id, app_id)
        if context.user_id != app.owner:
            self.note_disuse(context.user_id, app)

    def add_association(self, user_id: str, app: App, at: datetime, known: AppVersion) -> None:
        """Add the app to the user's list, which does not have it yet."""
        association = Association(self.next_number(), app, at, known)
        app.associations[user_id] = association
        self._associations.setdefault((app.instance_id, user_id), Listing()).add(association)

    def note_use(self, user_id: str, app: App, at: datetime | None = None) -> None:
        """Add the app to the user's list, unless the list has it."""
        if user_id not in app.associations:
            self.add_association(user_id, app, at or clock.now(), app.version_for(user_id) or app.latest)

    def note_disuse(self, user_id: str, app: App) -> None:
        """Remove the app from the user's list."""
        super().note_disuse(user_id, app)
        self._dissociate(user_id, app)

    def note_hiding(self, app: App) -> None:
        """Keep the versions that users can view now: their lists go on showing them."""
        for user_id, association in app.associations.items():
            association.known = app.version_for(user_id) or association.known

    def forget_app(self, app: App) -> None:
        """Remove the app from every user's list."""
        super().forget_app(app)
        for user_id in list(app.associations):
            self._dissociate(user_id, app)

    def _dissociate(self, user_id: str, app: App) -> None:
        association = app.associations.pop(user_id, None)
        if association is not None:
            self._associations[app.instance_id, user_id].remove(association)


def _describe(association: Association, user_id: str) -> dict[str, Any]:
    app = association.app
    version = app.version_for(user_id) or association.known
    item = app.library_item
    described = {
        "appId": app.id,
        "appArn": app.arn,
        "title": version.title,
        "createdAt": association.created_at,
        "canEdit": app.can_be_edited_by(user_id),
        "status": "DRAFT" if app.published is None else "PUBLISHED",
        "isVerified": item is not None and item.is_verified,
    }
    if version.description is not None:
        described["description"] = version.description
    return described
