"""Q Apps in Moto's dashboard (``/moto-api/``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

from qapps_mock import models
from qapps_mock.models.overview import Row


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


TABLES = {
    "App": Table(models.QAppsBackend.app_rows),
    "LibraryItem": Table(models.QAppsBackend.library_item_rows),
    "Session": Table(models.QAppsBackend.session_rows),
    "Upload": Table(models.QAppsBackend.upload_rows),
}
