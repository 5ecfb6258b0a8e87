"""Q Apps' own buckets in the mocked S3: one a region, owned by the service and not by the caller."""

from __future__ import annotations

import functools
import hashlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.s3.models import S3Backend

# The service's account: the caller's ListBuckets does not show its buckets.
SERVICE_ACCOUNT = "000000000001"
_LONGEST_NAME = 63  # S3's maximum; with us-east-1 and 32 hex digits AWS's own names reach it


@functools.lru_cache(maxsize=64)
def name(*, region: str, account: str) -> str:
    """Name the bucket as AWS's examples do: ``qapps-uploaded-files-<region>-<32 hex>``.

    A region with a longer name gets fewer digits, so that the name stays legal.
    """
    prefix = f"qapps-uploaded-files-{region[:24]}-"
    digest = hashlib.sha256(f"{account}/{region}".encode()).hexdigest()
    return (prefix + digest[:32])[:_LONGEST_NAME]


def ensure(bucket: str, *, region: str, partition: str) -> None:
    """Create *bucket* in the mocked S3 unless it is there."""
    if not is_ours(bucket):
        _service_s3(partition).create_bucket(bucket, region)


def is_ours(bucket: str) -> bool:
    """Tell whether *bucket* belongs to the service."""
    s3 = sys.modules.get("moto.s3.models")  # not imported: there are no buckets
    if s3 is None:
        return False
    owner = s3.s3_backends.bucket_accounts.get(bucket)
    return owner is not None and owner[1] == SERVICE_ACCOUNT


def drop_all() -> None:
    """Remove the service's buckets, and close the files that their objects hold open."""
    s3 = sys.modules.get("moto.s3.models")
    if s3 is None or SERVICE_ACCOUNT not in s3.s3_backends:
        return
    for backend in s3.s3_backends[SERVICE_ACCOUNT].values():
        for bucket in backend.buckets.values():
            _dispose(bucket)
            s3.s3_backends.bucket_accounts.pop(bucket.name, None)
        backend.buckets.clear()


def _dispose(bucket: Any) -> None:
    # S3Backend.reset() would do it, but for every object of every account.
    for key_name in list(bucket.keys):
        for version in bucket.keys.getlist(key_name):
            dispose = getattr(version, "dispose", None)  # delete markers have none
            if dispose is not None:
                dispose()


def _service_s3(partition: str) -> S3Backend:
    from moto.s3.models import s3_backends

    return s3_backends[SERVICE_ACCOUNT][partition]
