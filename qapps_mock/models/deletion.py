"""DeleteQApp: an app goes, and everything that stands on it."""

from __future__ import annotations

from qapps_mock.models.tags import Tags
from qapps_mock.service.context import Context


class Deletion(Tags):
    """The operation that touches every domain."""

    def delete_q_app(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Delete an app and all that stands on it.

        Documented: only its owner may; a published app leaves the library.

        Assumed: its sessions, permissions, tags, ratings and files go too, and every later call
        finds nothing; `uploads` goes on to tell of its files.
        """
        app = self.find_app(instance_id, app_id)
        self.require_owner(context, app)
        if app.library_item is not None:
            self._drop_item(app.library_item)
        self._drop_sessions_of(app_id)
        self._drop_files_of(app_id)
        self._drop_app(app)
