"""The resources of a backend as rows of plain values, for Moto's dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qapps_mock import clock
from qapps_mock.models.state import State

Row = dict[str, Any]
_OF_SESSIONS = ("id", "arn", "instance_id", "app_id", "app_version", "owner")
_OF_UPLOADS = ("file_id", "file_name", "bucket", "key", "scope", "app_id", "card_id", "session_id")


class Overview(State):
    """The resources of a backend as rows of plain values."""

    def names_of_answered_cards(self) -> Iterator[str]:
        """Yield the ids and titles of the cards that `answer` can script, in the newest version of each app."""
        for app in list(self._apps.values()):
            for step in app.latest.plan.queries:
                yield from (step.id, step.body["title"])

    def app_rows(self) -> Iterator[Row]:
        """Yield one row for each app."""
        for app in list(self._apps.values()):
            yield {
                "id": app.id,
                "arn": app.arn,
                "instance_id": app.instance_id,
                "title": app.latest.title,
                "version": app.latest.number,
                "status": app.status_of(app.latest),
                "owner": app.owner,
                "created_at": clock.timestamp(app.created_at),
            }

    def library_item_rows(self) -> Iterator[Row]:
        """Yield one row for each library item."""
        for item in list(self._library_items.values()):
            yield {
                "id": item.id,
                "app_id": item.app.id,
                "title": item.app.version(item.app_version).title,
                "app_version": item.app_version,
                "status": item.status,
                "is_verified": item.is_verified,
                "ratings": len(item.ratings),
                "created_at": clock.timestamp(item.created_at),
            }

    def session_rows(self) -> Iterator[Row]:
        """Yield one row for each session."""
        for session in list(self._sessions.values()):
            yield {name: getattr(session, name) for name in _OF_SESSIONS}

    def upload_rows(self) -> Iterator[Row]:
        """Yield one row for each upload."""
        for upload in list(self.uploads.values()):
            yield {
                **{name: getattr(upload, name) for name in _OF_UPLOADS},
                "size": None if upload.content is None else len(upload.content),
                "uploaded_at": None if upload.uploaded_at is None else clock.timestamp(upload.uploaded_at),
                "refused": len(upload.refused),
            }
