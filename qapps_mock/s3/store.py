"""The part of Moto's S3 that the gate needs: find a bucket or an object, check who may write, put an object."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from qapps_mock.bridge import moto_names
from qapps_mock.s3.properties import Properties

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket, FakeKey, S3Backend


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
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError, re.error):
        # Moto accepts any text as a policy, and reads its wildcards as regular expressions: a policy
        # that it cannot read allows no writes.
        return False
    results = moto_names.IAM_PERMISSION.find()
    if permission is results.NEUTRAL:
        return _acl_lets_write(bucket)
    return bool(permission is results.PERMITTED)


def _policy_permission(bucket: FakeBucket, key: str) -> Any:
    statements = json.loads(bucket.policy or b"{}").get("Statement", [])
    if isinstance(statements, dict):
        statements = [statements]
    # Moto does not look at the principal of a statement.
    for_anyone = [each for each in statements if _is_for_anyone(each.get("Principal"))]
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
    if bucket.acl is None or (block is not None and _is_true(block.ignore_public_acls)):
        return False
    return any(
        everyone in grant.grantees and {"WRITE", "FULL_CONTROL"} & set(grant.permissions)
        for grant in bucket.acl.grants
    )


def _is_true(setting: Any) -> bool:
    return str(setting).lower() == "true"  # older releases of Moto keep the text of the request


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
        etag: the hex MD5 of *content*.
        checksum: algorithm and value, as ``("sha256", "...")``.
    """
    backend = _backend_of(bucket)
    stored = backend.put_object(
        bucket.name,
        key,
        content,
        storage=properties.storage_class,
        etag=etag,
        encryption=properties.encryption,
        kms_key_id=properties.kms_key_id,
        bucket_key_enabled=properties.bucket_key_enabled,
        checksum_value=checksum[1] if checksum else None,
        request_method="POST",
    )
    stored.set_metadata(dict(properties.metadata))
    stored.set_acl(moto_names.CANNED_ACL.find()(properties.acl))
    stored.website_redirect_location = properties.website_redirect_location
    # A form without tags removes those of the object that it replaces. Moto's own operation refuses keys
    # that start with aws; S3 refuses only those that start with aws:, as properties.py does.
    backend.tagger.delete_all_tags_for_resource(stored.arn)
    backend.tagger.tag_resource(stored.arn, backend.tagger.convert_dict_to_tags_input(properties.tags))
    headers = _headers(stored)
    if checksum:
        algorithm, value = checksum
        stored.checksum_algorithm = algorithm.upper()
        headers |= {f"x-amz-checksum-{algorithm}": value, "x-amz-checksum-type": "FULL_OBJECT"}
    return headers


def _headers(stored: Any) -> dict[str, str]:
    sent = ("ETag", "x-amz-version-id")
    return {
        name: value
        for name, value in stored.response_dict.items()
        if name in sent or name.startswith("x-amz-server-side-encryption")
    }
