"""Q Apps' own buckets in the mocked S3: one for each account and region, owned by the service."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qapps_mock import endpoints
from qapps_mock.bridge import moto_names

if TYPE_CHECKING:
    from moto.s3.models import S3Backend

PREFIX = "qapps-uploaded-files-"
# The service's account: the caller's ListBuckets does not show its buckets.
SERVICE_ACCOUNT = "000000000001"
# The service's own key, a KMS key id like the one in AWS's example.
KMS_KEY_ID = "6f8a1a2e-4d3b-4c5f-9a7e-0b1c2d3e4f50"
# The names of all buckets that this process has made: nothing is sent to them after the mock either.
MADE: set[str] = set()
_LONGEST_NAME = 63  # S3's maximum; with us-east-1 and 32 hex digits AWS's own names reach it


@functools.lru_cache(maxsize=64)
def name(*, region: str, account: str) -> str:
    """Name the bucket as AWS's examples do: ``qapps-uploaded-files-<region>-<32 hex>``.

    A region with a longer name gets fewer digits, so that the name stays legal.
    """
    prefix = f"{PREFIX}{region[:24]}-"
    digest = hashlib.sha256(f"{account}/{region}".encode()).hexdigest()
    return (prefix + digest[:32])[:_LONGEST_NAME]


def ensure(bucket: str, *, region: str, partition: str) -> None:
    """Create *bucket* in the mocked S3 unless it exists."""
    if not is_ours(bucket):
        _service_s3(partition).create_bucket(bucket, region)
        MADE.add(bucket)


def url(bucket: str, *, region: str, partition: str, origin: str | None) -> str:
    """Return the URL of *bucket* with a slash at its end: virtual-hosted, or path-style with a server's *origin*."""
    if origin is not None:
        return f"{origin}/{bucket}/"
    return f"https://{endpoints.s3_host(bucket, region=region, partition=partition)}/"


@functools.lru_cache(maxsize=64)
def encryption(instance_id: str) -> Mapping[str, str]:
    """Return the form fields with which the service encrypts an instance's objects."""
    context = json.dumps({"APPLICATION_ID": instance_id}, separators=(",", ":"))
    return {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": KMS_KEY_ID,
        "x-amz-server-side-encryption-context": base64.b64encode(context.encode()).decode(),
    }


def put(bucket: str, fields: Mapping[str, str], content: bytes) -> None:
    """Store an object under the service's KMS key, as a form upload with these *fields* would."""
    from qapps_mock.s3 import checksums, properties, store  # imported here for start-up time

    found = store.find_bucket(bucket)
    assert found is not None
    wanted, checksum = properties.read(fields), checksums.declared(fields) or checksums.default(content)
    etag = checksums.etag_under_kms(fields["key"], content, checksum)
    store.put(found, fields["key"], content, wanted, etag=etag, checksum=checksum)


def delete(bucket: str, keys: Iterable[str], *, partition: str) -> None:
    """Delete objects of *bucket*; absent keys are ignored."""
    if is_ours(bucket):
        for key in keys:
            _service_s3(partition).delete_object(bucket, key)


def is_ours(bucket: str) -> bool:
    """Tell whether *bucket* belongs to the service."""
    backends = moto_names.find_loaded(moto_names.S3_BACKENDS)
    if backends is None:  # there are no buckets
        return False
    owner = backends.bucket_accounts.get(bucket)
    return owner is not None and owner[1] == SERVICE_ACCOUNT


def drop_all() -> None:
    """Remove the service's buckets, and close the files that their objects hold open."""
    backends = moto_names.find_loaded(moto_names.S3_BACKENDS)
    if backends is None or SERVICE_ACCOUNT not in backends:
        return
    for backend in backends[SERVICE_ACCOUNT].values():
        for bucket in backend.buckets.values():
            _dispose(bucket)
            backends.bucket_accounts.pop(bucket.name, None)
        for kind in {type(bucket) for bucket in backend.buckets.values()}:
            _forget(kind)
            _forget(moto_names.S3_OBJECT.find())
        backend.buckets.clear()


def _dispose(bucket: Any) -> None:
    # S3Backend.reset() would do it, but for every object of every account.
    for key_name in list(bucket.keys):
        for version in bucket.keys.getlist(key_name):
            dispose = getattr(version, "dispose", None)  # delete markers have none
            if dispose is not None:
                dispose()


def _forget(kind: Any) -> None:
    """Remove the service's instances of a class from those that Moto's dashboard lists.

    Without its bucket, an object ends the dashboard in a 500. What is listed stays in memory.
    """
    for name in ("instances_tracked", "instances"):  # since Moto 5.1.9, and before
        listed = getattr(kind, name, [])
        listed[:] = [each for each in listed if each.account_id != SERVICE_ACCOUNT]


def _service_s3(partition: str) -> S3Backend:
    backend: S3Backend = moto_names.S3_BACKENDS.find()[SERVICE_ACCOUNT][partition]
    return backend
