"""Look-ups, permission checks and notifications that several domains share.

Sources: the standard role in the user guide ("IAM permissions for Amazon Q Apps") for owners and
published apps. It is this mock's choice that the read permission opens every version, and that the
write permission lets a user change the app.
"""

from __future__ import annotations

from datetime import datetime

from qapps_mock.models.resources import App, AppVersion, Category, LibraryItem, Session
from qapps_mock.models.state import State
from qapps_mock.service.arns import ResourceArn
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import (
    AccessDeniedException,
    ResourceNotFoundException,
    ValidationException,
)


class Access(State):
    """Look-ups, permission checks and notifications that several domains share."""

    # Look-ups

    def find_app(self, instance_id: str, app_id: str) -> App:
        """Return an app of an instance.

        Raises:
            ResourceNotFoundException: the instance has no app with this id.
        """
        app = self.known_app(instance_id, app_id)
        if app is None:
            raise not_found("App", app_id)
        return app

    def known_app(self, instance_id: str, app_id: str) -> App | None:
        """Return an app of an instance, or None."""
        app = self._apps.get(app_id)
        return app if app is not None and app.instance_id == instance_id else None

    def find_visible_version(self, context: Context, app: App) -> AppVersion:
        """Return the version that the caller gets without asking for a specific one.

        Raises:
            AccessDeniedException: the caller can view no version of the app.
        """
        version = app.version_for(context.user_id) or app.latest
        self.require_runnable(context, app, version)
        return version

    def find_category(self, instance_id: str, category_id: str) -> Category:
        """Return a category of an instance.

        Raises:
            ResourceNotFoundException: the instance has no category with this id.
        """
        category = self._categories.get(instance_id, {}).get(category_id)
        if category is None:
            raise not_found("Category", category_id)
        return category

    def find_library_item(self, instance_id: str, library_item_id: str) -> LibraryItem:
        """Return a library item of an instance.

        Raises:
            ResourceNotFoundException: the instance has no library item with this id.
        """
        item = self.known_library_item(instance_id, library_item_id)
        if item is None:
            raise not_found("LibraryItem", library_item_id, "Library item")
        return item

    def known_library_item(self, instance_id: str, library_item_id: str) -> LibraryItem | None:
        """Return a library item of an instance, or None."""
        item = self._library_items.get(library_item_id)
        return item if item is not None and item.app.instance_id == instance_id else None

    def find_session(self, instance_id: str, session_id: str) -> Session:
        """Return a session of an instance.

        Raises:
            ResourceNotFoundException: the instance has no session with this id.
        """
        session = self.known_session(instance_id, session_id)
        if session is None:
            raise not_found("Session", session_id)
        return session

    def known_session(self, instance_id: str, session_id: str) -> Session | None:
        """Return a session of an instance, or None."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.instance_id == instance_id else None

    def known_resource(self, arn: ResourceArn | None) -> tuple[App | None, Session | None]:
        """Return the app, and the session if the ARN names one. Both are None when the ARN is not known here."""
        here = self.partition, self.region_name, self.account_id
        if arn is None or (arn.partition, arn.region, arn.account) != here:
            return None, None
        app = self._apps.get(arn.app_id)
        if app is None or arn.instance_id not in (None, app.instance_id):
            return None, None
        session = self.known_session(app.instance_id, arn.session_id or "")
        return app, session if session is not None and session.app_id == app.id else None

    def find_session_for(self, context: Context, instance_id: str, session_id: str) -> Session:
        """Return a session that the caller can use.

        Raises:
            ResourceNotFoundException: the instance has no session with this id.
            AccessDeniedException: the session belongs to another user, who does not share it.
        """
        session = self.find_session(instance_id, session_id)
        self.require_participant(context, session)
        return session

    # Permission checks

    def require_owner(self, context: Context, app: App) -> None:
        """Raise AccessDeniedException unless the caller owns the app."""
        if context.user_id != app.owner:
            raise AccessDeniedException(f"User {context.user_id} is not the owner of app {app.id}.")

    def require_editor(self, context: Context, app: App) -> None:
        """Raise AccessDeniedException unless the caller owns the app or has its write permission."""
        if not app.can_be_edited_by(context.user_id):
            raise AccessDeniedException(f"User {context.user_id} has no write permission for app {app.id}.")

    def require_runnable(self, context: Context, app: App, version: AppVersion) -> None:
        """Raise AccessDeniedException unless the version is published or the caller can view every version."""
        if not app.is_open_to(context.user_id) and version.number != app.published:
            raise AccessDeniedException(
                f"Version {version.number} of app {app.id} is neither published "
                f"nor shared with user {context.user_id}."
            )

    def require_host(self, context: Context, session: Session) -> None:
        """Raise AccessDeniedException unless the caller started the session."""
        if context.user_id != session.owner:
            raise AccessDeniedException(f"User {context.user_id} is not the host of session {session.id}.")

    def require_participant(self, context: Context, session: Session) -> None:
        """Raise AccessDeniedException unless the caller started the session or the session is shared."""
        if context.user_id != session.owner and not session.sharing.enabled:
            raise AccessDeniedException(f"Session {session.id} is not shared with user {context.user_id}.")

    def require_session_of(self, app_id: str, session: Session) -> None:
        """Raise ValidationException unless a session belongs to the app."""
        if session.app_id != app_id:
            raise ValidationException(f"Session {session.id} is not a session of app {app_id}.")

    def require_file(
        self, file_id: str, app_id: str | None, session_id: str | None = None, *, uploaded: bool
    ) -> None:
        """Raise ValidationException unless a file belongs to the app, or to this session of it.

        With *uploaded*, its content must be there, too.
        """
        upload = self.uploads.get(file_id)
        if upload is None:
            raise ValidationException(f"File {file_id} does not exist.")
        if upload.app_id != app_id or upload.session_id not in (None, session_id):
            raise ValidationException(f"File {file_id} belongs to another app or session.")
        if uploaded and upload.uploaded_at is None:
            raise ValidationException(f"File {file_id} has not been uploaded yet.")

    # Changes of state: the domain that owns the state overrides these.

    def add_app(self, app: App) -> None:
        """Add a new app, which no user's list has yet."""

    def add_association(self, user_id: str, app: App, at: datetime, known: AppVersion) -> None:
        """Add an app to a user's list, which does not have it yet."""

    def add_item(self, item: LibraryItem) -> None:
        """Add a new item to the library."""

    def note_use(self, user_id: str, app: App, at: datetime | None = None) -> None:
        """React to a user who created, added or ran an app, now or *at* that time."""

    def note_hiding(self, app: App) -> None:
        """React to users who are about to lose the permission to view versions of an app."""

    def note_change(self, app: App) -> None:
        """React to a new version of an app."""

    def forget_category(self, category: Category) -> None:
        """React to the deletion of a category."""

    # Several domains override these and call super().

    def note_disuse(self, user_id: str, app: App) -> None:
        """React to a user who gave up an app."""

    def forget_app(self, app: App) -> None:
        """React to the deletion of an app."""


def not_found(resource_type: str, resource_id: str, noun: str | None = None) -> ResourceNotFoundException:
    """Return the exception for a resource that does not exist; *noun* is its name in the message."""
    return ResourceNotFoundException(
        f"{noun or resource_type} {resource_id} does not exist.",
        resourceId=resource_id,
        resourceType=resource_type,
    )
