"""The state and the rules of Amazon Q Apps, one file a domain.

The backend's class stands here because Moto finds ``urls.py`` from this module's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from moto.core.base_backend import BackendDict, BaseBackend

from qapps_mock.models.deletion import Deletion
from qapps_mock.models.overview import Overview
from qapps_mock.s3 import service_bucket


class QAppsBackend(Deletion, Overview, BaseBackend):
    """Amazon Q Apps in one account and region: its methods are the operations."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._empty()


# botocore lists no regions for qapps; `backend_of` adds each that is asked for.
qapps_backends = BackendDict(QAppsBackend, "qapps", use_boto3_regions=False, additional_regions=["us-east-1"])


def backend_of(account: str, region: str) -> QAppsBackend:
    """Return the backend of an account in a region, made on first use."""
    # `get` sees what is there; Moto's own way there is worth three of every four microseconds.
    regions = qapps_backends.get(account)
    backend = None if regions is None else regions.get(region)
    return _new_backend(account, region) if backend is None else backend


def _new_backend(account: str, region: str) -> QAppsBackend:
    region = "aws" if region == "global" else region  # as Moto reads it
    regions = qapps_backends[account]
    if region not in regions:
        regions.regions.append(region)
    return regions[region]


def all_backends() -> Iterator[QAppsBackend]:
    """Yield every backend that is in use."""
    for _, _, backend in list(qapps_backends.iter_backends()):
        yield cast(QAppsBackend, backend)


def reset_all() -> None:
    """Empty every backend, and remove the upload buckets."""
    qapps_backends.clear()
    service_bucket.drop_all()
