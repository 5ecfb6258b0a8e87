"""What every domain of the backend stands on: where it is, its lock, its state."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qapps_mock.models.apps import App
    from qapps_mock.models.associations import Association
    from qapps_mock.models.categories import Category
    from qapps_mock.models.files import Upload
    from qapps_mock.models.library import LibraryItem
    from qapps_mock.models.paging import Listing
    from qapps_mock.models.runs import Plan
    from qapps_mock.models.session import Session


class State:
    """The state of one account in one region; each domain touches only its own part."""

    account_id: str
    region_name: str
    partition: str

    def _empty(self) -> None:
        self.lock = threading.RLock()
        self._apps: dict[str, App] = {}
        # How many apps an instance has, by user and (under None) in all.
        self._app_counts: Counter[tuple[str, str | None]] = Counter()
        # By instance and user.
        self._associations: dict[tuple[str, str], Listing[Association]] = {}
        # By instance, then by category id, in the order of creation.
        self._categories: dict[str, dict[str, Category]] = {}
        self._library_items: dict[str, LibraryItem] = {}
        # What the library of an instance shows.
        self._library: dict[str, Listing[LibraryItem]] = {}
        # The places in every listing.
        self._numbers = itertools.count(1)
        self._sessions: dict[str, Session] = {}
        # What is the same for every session of an app's version, by app and version number.
        self._plans: dict[tuple[str, int], Plan] = {}
        self.uploads: dict[str, Upload] = {}
        # Apps and sessions that were deleted: id -> instance.
        self._gone: dict[str, str] = {}


def new_id() -> str:
    """Return a new id, a version 4 UUID."""
    # uuid.uuid4 takes four times as long.
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
