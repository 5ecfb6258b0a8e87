"""The state and the rules of Amazon Q Apps, one module per domain.

QAppsBackend must be in this module: Moto derives the module of the URLs, ``urls.py``, from its name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from moto.core.base_backend import BackendDict, BaseBackend

from qapps_mock import users
from qapps_mock.models import ids
from qapps_mock.models.apps import Apps
from qapps_mock.models.associations import Associations
from qapps_mock.models.categories import Categories
from qapps_mock.models.collected_data import CollectedData
from qapps_mock.models.documents import Documents
from qapps_mock.models.files import Files
from qapps_mock.models.library import Library
from qapps_mock.models.overview import Overview
from qapps_mock.models.permissions import Permissions
from qapps_mock.models.sessions import Sessions
from qapps_mock.models.tags import Tags
from qapps_mock.s3 import service_bucket


class QAppsBackend(
    Apps,
    Associations,
    Permissions,
    Categories,
    Library,
    Sessions,
    CollectedData,
    Files,
    Tags,
    Overview,
    Documents,
    BaseBackend,
):
    """Amazon Q Apps in one account and region: its methods are the operations."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._empty()


# botocore lists no regions for qapps; `backend_of` adds each requested region.
qapps_backends = BackendDict(QAppsBackend, "qapps", use_boto3_regions=False, additional_regions=["us-east-1"])


def backend_of(account: str, region: str) -> QAppsBackend:
    """Return the backend of an account in a region, created on first use."""
    # `get` returns an existing backend. Moto's own look-up takes three quarters of the time.
    regions = qapps_backends.get(account)
    backend = None if regions is None else regions.get(region)
    return _new_backend(account, region) if backend is None else backend


def _new_backend(account: str, region: str) -> QAppsBackend:
    region = "aws" if region == "global" else region  # as Moto maps it
    regions = qapps_backends[account]
    if region not in regions:
        regions.regions.append(region)
    return regions[region]


def all_backends() -> Iterator[QAppsBackend]:
    """Yield every backend that is in use."""
    for _, _, backend in list(qapps_backends.iter_backends()):
        yield cast(QAppsBackend, backend)


def reset_all() -> None:
    """Remove every backend and every upload bucket, and forget the ids of users."""
    ids.forget_all()
    users.forget_ids()
    qapps_backends.clear()
    service_bucket.drop_all()


def dump() -> dict[str, Any]:
    """Return the whole state but the files, as JSON has it."""
    document: dict[str, Any] = {"users": users.known_ids()}
    for backend in all_backends():
        with backend.lock:
            for part, entries in backend.entries().items():
                document.setdefault(part, []).extend(entries)
    return document


def load(document: Any, default_user: str) -> None:
    """Add what a document has to the state, or nothing of it.

    Raises:
        ValueError: the document is wrong; the message says where and why.
    """
    from qapps_mock.models import loading  # imported here for start-up time

    with users.kept_on_error():
        loaded = loading.read(document, default_user)
        backends = {place: backend_of(*place) for place in loaded}
        for place, backend in backends.items():
            backend.require_room(loaded[place])
    for place, backend in backends.items():
        new = loaded[place]
        ids.take(new.ids())
        with backend.lock:
            backend.add_loaded(new)
