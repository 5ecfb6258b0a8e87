"""The rows of Q Apps in Moto's dashboard (``/moto-api/``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from qapps_mock import clock, models

Row = dict[str, Any]


class Table:
    """Stands in Moto's list of models for a class of its own, whose instances Moto tracks."""

    def __init__(self, rows: Callable[[models.QAppsBackend], Iterator[Row]]) -> None:
        self._rows = rows

    @property
    def instances_tracked(self) -> list[SimpleNamespace]:
        """The rows as they are now; Moto shows their attributes."""
        return [
            SimpleNamespace(account=backend.account_id, region=backend.region_name, **row)
            for backend in models.all_backends()
            for row in self._rows(backend)
        ]

    @instances_tracked.setter
    def instances_tracked(self, value: object) -> None:
        """Let Moto's reset pass: the backends are empty then."""


def _apps(backend: models.QAppsBackend) -> Iterator[Row]:
    for app in list(backend._apps.values()):
        yield {
            "id": app.id,
            "arn": app.arn,
            "instance_id": app.instance_id,
            "title": app.latest.title,
            "version": app.latest.number,
            "status": app.status,
            "owner": app.owner,
            "created_at": clock.timestamp(app.created_at),
        }


def _library_items(backend: models.QAppsBackend) -> Iterator[Row]:
    for item in list(getattr(backend, "_library_items", {}).values()):
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


def _sessions(backend: models.QAppsBackend) -> Iterator[Row]:
    for session in list(backend._sessions.values()):
        yield {
            "id": session.id,
            "arn": session.arn,
            "instance_id": session.instance_id,
            "app_id": session.app_id,
            "app_version": session.app_version,
            "owner": session.owner,
        }


def _uploads(backend: models.QAppsBackend) -> Iterator[Row]:
    for upload in list(backend.uploads.values()):
        yield {
            "file_id": upload.file_id,
            "file_name": upload.file_name,
            "bucket": upload.bucket,
            "key": upload.key,
            "scope": upload.scope,
            "app_id": upload.app_id,
            "card_id": upload.card_id,
            "session_id": upload.session_id,
            "size": None if upload.content is None else len(upload.content),
            "uploaded_at": None if upload.uploaded_at is None else clock.timestamp(upload.uploaded_at),
            "refused": len(upload.refused),
        }


TABLES = {
    "App": Table(_apps),
    "LibraryItem": Table(_library_items),
    "Session": Table(_sessions),
    "Upload": Table(_uploads),
}
