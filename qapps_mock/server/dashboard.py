"""Q Apps in Moto's dashboard (``/moto-api/``)."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from qapps_mock import models
from qapps_mock.models.overview import Row


class Table:
    """A row source that replaces, in Moto's list of models, a class whose instances Moto tracks."""

    def __init__(self, rows: Callable[[models.QAppsBackend], Iterator[Row]]) -> None:
        self._rows = rows

    @property
    def instances_tracked(self) -> list[SimpleNamespace]:
        """The current rows; Moto shows their attributes."""
        return [
            SimpleNamespace(
                account=backend.account_id,
                region=backend.region_name,
                **{name: _escaped(value) for name, value in row.items()},
            )
            for backend in models.all_backends()
            for row in self._rows(backend)
        ]

    @instances_tracked.setter
    def instances_tracked(self, value: object) -> None:
        """Ignore Moto's reset: the backends are empty then."""

    instances = instances_tracked  # its name in Moto before 5.1.9


def _escaped(value: Any) -> Any:
    """Escape a text: Moto's page shows every value as HTML."""
    return html.escape(value) if isinstance(value, str) else value


TABLES = {
    "App": Table(models.QAppsBackend.app_rows),
    "LibraryItem": Table(models.QAppsBackend.library_item_rows),
    "Session": Table(models.QAppsBackend.session_rows),
    "Upload": Table(models.QAppsBackend.upload_rows),
}
