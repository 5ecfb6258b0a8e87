"""Look-ups of apps and files, and who may do what with apps.

Sources: the standard role in the user guide ("IAM permissions for Amazon Q Apps") for owners and
published apps; that a read grant opens every version and a write grant lets one change the app is
this mock's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qapps_mock.models.state import State
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import (
    AccessDeniedException,
    ResourceNotFoundException,
    ValidationException,
)

if TYPE_CHECKING:
    from qapps_mock.models.apps import App, AppVersion
    from qapps_mock.models.files import Upload


class Access(State):
    """Look-ups of apps and files, and who may do what with apps."""

    def find_app(self, instance_id: str, app_id: str) -> App:
        """Return an app of an instance.

        Raises:
            ResourceNotFoundException: it does not exist.
        """
        app = self.known_app(instance_id, app_id)
        if app is None:
            raise ResourceNotFoundException(
                f"App {app_id} does not exist.", resourceId=app_id, resourceType="App"
            )
        return app

    def known_app(self, instance_id: str, app_id: str) -> App | None:
        """Return an app of an instance, or None."""
        app = self._apps.get(app_id)
        return app if app is not None and app.instance_id == instance_id else None

    def find_file(self, file_id: str) -> Upload:
        """Return what is known of a file.

        Raises:
            ValidationException: there is no such file.
        """
        upload = self.uploads.get(file_id)
        if upload is None:
            raise ValidationException(f"File {file_id} does not exist.")
        return upload

    def require_owner(self, context: Context, app: App) -> None:
        """Raise AccessDeniedException unless the caller owns the app."""
        if context.user_id != app.owner:
            raise AccessDeniedException(f"User {context.user_id} is not the owner of app {app.id}.")

    def require_editor(self, context: Context, app: App) -> None:
        """Raise AccessDeniedException unless the caller owns the app or was granted to write it."""
        if not app.can_be_edited_by(context.user_id):
            raise AccessDeniedException(f"User {context.user_id} has no write permission for app {app.id}.")

    def require_runnable(self, context: Context, app: App, version: AppVersion) -> None:
        """Raise AccessDeniedException unless the version is published, or the app the caller's or shared."""
        if version.number != app.published and not app.is_open_to(context.user_id):
            raise AccessDeniedException(
                f"Version {version.number} of app {app.id} is neither published "
                f"nor shared with user {context.user_id}."
            )

    def find_visible_version(self, context: Context, app: App) -> AppVersion:
        """Return the version that the caller gets without asking for one.

        Raises:
            AccessDeniedException: there is none for this caller.
        """
        version = app.shown_to(context.user_id)
        self.require_runnable(context, app, version)
        return version


def require_file_for(upload: Upload, app_id: str, session_id: str | None = None) -> None:
    """Raise ValidationException unless a file is for the app, or for the session of it."""
    if upload.app_id != app_id or upload.session_id not in (None, session_id):
        raise ValidationException(f"File {upload.file_id} belongs to another app or session.")


def require_uploaded(upload: Upload) -> None:
    """Raise ValidationException as long as a file has no content."""
    if upload.uploaded_at is None:
        raise ValidationException(f"File {upload.file_id} has not been uploaded yet.")
