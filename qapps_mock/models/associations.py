"""Associations: which apps are in which user's list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qapps_mock import clock
from qapps_mock.models.access import Access
from qapps_mock.models.paging import Listing, read_page
from qapps_mock.models.resources import App, Association
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

        Assumed: the newest association comes first, with 100 apps a page (`page_size`). A token is valid for one user
        and instance; any other text is a ValidationException. The status is PUBLISHED while any version
        is in the library. An app that leaves the library stays in the list as a draft. Users
        who can no longer view any version see the title and the description of the version that they knew.
        """
        listing = self._associations.get((instance_id, context.user_id), Listing())
        scope = ("ListQApps", self.account_id, self.region_name, instance_id, context.user_id)
        associations, more = read_page(listing, scope, limit or context.options.page_size, next_token)
        return {"apps": [_describe(each, context.user_id) for each in associations], **more}

    def associate_q_app_with_user(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Add an app to the caller's list.

        Documented: the app must be published.

        Assumed: the caller can also add a shared app and an app of their own. Adding an app again changes
        nothing.
        """
        app = self.find_app(instance_id, app_id)
        self.find_visible_version(context, app)
        self.note_use(context.user_id, app, clock.now())

    def disassociate_q_app_from_user(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Remove an app from the caller's list.

        Modelled: a user with whom the app was shared can no longer run it.

        Assumed: the call succeeds for every app that exists. It ends the permissions that the owner granted
        to the caller. Everybody can still run the published version of an app. Owners always list their apps.
        """
        app = self.find_app(instance_id, app_id)
        if context.user_id != app.owner:
            self.note_disuse(context.user_id, app)

    def note_use(self, user_id: str, app: App, at: datetime) -> None:
        """Add the app to the user's list, unless the list has it."""
        super().note_use(user_id, app, at)
        if user_id not in app.associations:
            known = app.version_for(user_id) or app.latest
            association = Association(self.next_number(), app, at, known)
            app.associations[user_id] = association
            self._associations.setdefault((app.instance_id, user_id), Listing()).add(association)

    def note_disuse(self, user_id: str, app: App) -> None:
        """Remove the app from the user's list."""
        super().note_disuse(user_id, app)
        self._dissociate(user_id, app)

    def note_hiding(self, app: App) -> None:
        """Keep the versions that users can view now: their lists go on showing them."""
        super().note_hiding(app)
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
