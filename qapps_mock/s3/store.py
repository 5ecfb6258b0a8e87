"""The part of Moto's S3 that the gate needs: find a bucket or an object, check who may write, put an object."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from qapps_mock.bridge import moto_names
from qapps_mock.s3 import checksums, late_checksum, object_lock
from qapps_mock.s3.encryption import KMS, Encryption
from qapps_mock.s3.errors import S3Error
from qapps_mock.s3.properties import Properties

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket, FakeKey, S3Backend


# Moto accepts any text as a policy, and reads its wildcards as regular expressions: a policy that it cannot
# read neither allows nor denies a write.
_UNREADABLE_POLICY = (ValueError, AttributeError, KeyError, TypeError, RecursionError, re.error)


def find_bucket(name: str) -> FakeBucket | None:
    """Return the bucket called *name*, whichever account owns it."""
    backends = moto_names.S3_BACKENDS.find()
    if name not in backends.bucket_accounts:
        return None
    partition, account = backends.bucket_accounts[name]
    bucket: FakeBucket | None = backends[account][partition].buckets.get(name)
    return bucket


def find_object(bucket: str, key: str) -> FakeKey | None:
    """Return the object of that key."""
    bucket_found = find_bucket(bucket)
    if bucket_found is None:
        return None
    found: FakeKey | None = _backend_of(bucket_found).get_object(bucket, key)
    return found


def _backend_of(bucket: FakeBucket) -> S3Backend:
    backend: S3Backend = moto_names.S3_BACKENDS.find()[bucket.account_id][bucket.partition]
    return backend


def anyone_may_write(bucket: FakeBucket, key: str) -> bool:
    """Tell whether the bucket's policy or its ACL lets anonymous callers put an object."""
    try:
        permission = _policy_permission(bucket, key)
    except _UNREADABLE_POLICY:
        return False
    results = moto_names.IAM_PERMISSION.find()
    if permission is results.NEUTRAL:
        return _acl_lets_write(bucket)
    return bool(permission is results.PERMITTED)


def nobody_may_write(bucket: FakeBucket, key: str) -> bool:
    """Tell whether the bucket's policy denies everyone to put an object, without a condition."""
    if bucket.policy is None:
        return False
    try:
        permission = _policy_permission(bucket, key, unconditional=True)
    except _UNREADABLE_POLICY:
        return False
    return bool(permission is moto_names.IAM_PERMISSION.find().DENIED)


def _policy_permission(bucket: FakeBucket, key: str, *, unconditional: bool = False) -> Any:
    statements = json.loads(bucket.policy or b"{}").get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    # Moto looks neither at the principal of a statement nor at most conditions.
    for_anyone = [
        each
        for each in statements
        if _is_for_anyone(each.get("Principal")) and not (unconditional and each.get("Condition"))
    ]
    if not for_anyone:
        return moto_names.IAM_PERMISSION.find().NEUTRAL
    policy = moto_names.IAM_POLICY.find()(json.dumps({"Version": "2012-10-17", "Statement": for_anyone}))
    return policy.is_action_permitted("s3:PutObject", f"arn:{bucket.partition}:s3:::{bucket.name}/{key}")


def _is_for_anyone(principal: Any) -> bool:
    if isinstance(principal, dict):
        principal = principal.get("AWS")
    return principal == "*" or (isinstance(principal, list) and "*" in principal)


def _acl_lets_write(bucket: FakeBucket) -> bool:
    everyone = moto_names.ALL_USERS.find()
    block = bucket.public_access_block
    # Older releases of Moto keep the text of the request.
    if bucket.acl is None or (block is not None and str(block.ignore_public_acls).lower() == "true"):
        return False
    return any(
        everyone in grant.grantees and {"WRITE", "FULL_CONTROL"} & set(grant.permissions)
        for grant in bucket.acl.grants
    )


def is_under_kms(bucket: FakeBucket, encryption: Encryption) -> bool:
    """Tell whether a key of KMS encrypts an object, because its form or else its bucket says so."""
    method = encryption.method
    if method is None and bucket.encryption:
        # Moto refuses the object later if the configuration has no such members.
        with contextlib.suppress(KeyError, TypeError):
            method = bucket.encryption["Rule"]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    return method in KMS


def put(
    bucket: FakeBucket,
    key: str,
    content: bytes,
    properties: Properties,
    *,
    etag: str,
    checksum: tuple[str, str] | None,
) -> dict[str, str]:
    """Store an object and return the headers of S3's response.

    Args:
        bucket: where to store it.
        key: its key.
        content: its bytes.
        properties: all other properties.
        etag: its ETag, without quotation marks.
        checksum: algorithm and value, as ``("sha256", "...")``; None: the default one, calculated later.

    Raises:
        S3Error: Moto's S3 cannot store it; the bucket is as it was.
    """
    backend = _backend_of(bucket)
    encryption = properties.encryption
    with _motos_errors():  # all that can fail: no step after put_object does
        lock = object_lock.in_bucket(properties.lock, bucket)
        acl, tags = properties.acl.to_moto(), backend.tagger.convert_dict_to_tags_input(properties.tags)
        stored: FakeKey = backend.put_object(
            bucket.name,
            key,
            content,
            storage=properties.storage_class,
            etag=etag,
            encryption=encryption.method,
            kms_key_id=encryption.kms_key_id,
            bucket_key_enabled=encryption.bucket_key_enabled,
            lock_mode=lock.mode,
            lock_legal_status=lock.legal_hold,
            lock_until=lock.until,
            checksum_value=checksum[1] if checksum else None,
            disable_notification=True,
        )
    stored.encryption = stored.encryption or "AES256"  # Moto's knows the default of the bucket
    stored.set_metadata(dict(properties.metadata))
    stored.set_acl(acl)
    stored.website_redirect_location = properties.website_redirect_location
    stored.checksum_type = checksums.WHOLE
    # A form without tags removes those of the object that it replaces. Moto's own operation refuses keys
    # that start with aws; S3 refuses only those that start with aws:, as tags.py does.
    backend.tagger.delete_all_tags_for_resource(stored.arn)
    backend.tagger.tag_resource(stored.arn, tags)
    headers = _headers(stored)
    if checksum:
        stored.checksum_algorithm = checksum[0].upper()
        headers |= {f"x-amz-checksum-{checksum[0]}": checksum[1], "x-amz-checksum-type": checksums.WHOLE}
    else:
        late_checksum.defer(stored)
    _send_event(bucket, stored)
    return headers


@contextlib.contextmanager
def _motos_errors() -> Iterator[None]:
    """Raise an error of Moto, for example about the configuration of the bucket, as one of S3."""
    try:
        yield
    except Exception as error:
        code = getattr(error, "error_type", None) or getattr(error, "code", None)  # the first before Moto 5.2
        message = getattr(error, "message", None)
        if isinstance(code, str) and isinstance(message, str):
            raise S3Error(code, message) from error
        raise S3Error("InternalError", f"Moto's S3 could not store the object: {error!r}") from error


def _send_event(bucket: FakeBucket, stored: FakeKey) -> None:
    """Tell the targets of the bucket's notifications, once the object has its metadata and tags."""
    event = moto_names.S3_EVENT.find().OBJECT_CREATED_POST_EVENT
    # As in S3, an event that cannot be delivered does not concern the upload.
    with contextlib.suppress(Exception):
        moto_names.SEND_EVENT.find()(bucket.account_id, event, bucket, stored)


def _headers(stored: Any) -> dict[str, str]:
    sent = ("ETag", "x-amz-version-id")
    return {
        name: value
        for name, value in stored.response_dict.items()
        if name in sent or name.startswith("x-amz-server-side-encryption")
    }
