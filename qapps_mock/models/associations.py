"""Whose list an app is in: its owner's, and that of users who took or used it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from qapps_mock import clock
from qapps_mock.models.access import Access
from qapps_mock.models.paging import DEFAULT_LIMIT, Listing, read_page
from qapps_mock.service.context import Context

if TYPE_CHECKING:
    from qapps_mock.models.apps import App


@dataclass(frozen=True, slots=True, eq=False)
class Association:
    """An app in a user's list, since when, and in which place."""

    number: int
    app: App
    created_at: datetime


class Associations(Access):
    """The operations on users' lists of apps."""

    def list_q_apps(
        self,
        context: Context,
        *,
        instance_id: str,
        limit: int = DEFAULT_LIMIT,
        next_token: str | None = None,
    ) -> dict[str, Any]:
        """List the apps that the caller has made or used.

        Assumed: newest association first, 100 a page; a token belongs to one user and instance, any
        other text is a ValidationException; the status is PUBLISHED while any version is in the
        library; an app that left the library stays in the list as a draft.
        """
        listing = self._associations.get((instance_id, context.user_id), Listing())
        scope = ("ListQApps", self.account_id, self.region_name, instance_id, context.user_id)
        associations, more = read_page(listing, scope, limit, next_token)
        return {"apps": [_describe(each, context.user_id) for each in associations], **more}

    def associate_q_app_with_user(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Put an app in the caller's list.

        Documented: it must be published.

        Assumed: shared apps and one's own will do as well; a repetition changes nothing.
        """
        app = self.find_app(instance_id, app_id)
        self.find_visible_version(context, app)
        self.note_use(context, app)

    def disassociate_q_app_from_user(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Take an app from the caller's list.

        Assumed: it always succeeds for an app that exists.

        Not simulated: that the user may no longer run the app. It only leaves the list.
        """
        self._dissociate(context.user_id, self.find_app(instance_id, app_id))

    def note_use(self, context: Context, app: App) -> None:
        """Put an app in the caller's list, unless it is there."""
        if context.user_id not in app.associations:
            self._associate(context.user_id, app, clock.now())

    def _associate(self, user_id: str, app: App, since: datetime) -> None:
        association = Association(next(self._numbers), app, since)
        app.associations[user_id] = association
        self._associations.setdefault((app.instance_id, user_id), Listing()).add(association)

    def _dissociate(self, user_id: str, app: App) -> None:
        association = app.associations.pop(user_id, None)
        if association is not None:
            self._associations[app.instance_id, user_id].remove(association)


def _describe(association: Association, user_id: str) -> dict[str, Any]:
    app = association.app
    version = app.shown_to(user_id)
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
