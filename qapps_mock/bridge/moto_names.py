"""What the other packages take from modules of Moto that are imported late: S3, IAM and STS."""

from __future__ import annotations

import sys
from typing import Any

from qapps_mock.bridge.table import Touch

_STORED = "form uploads are stored in Moto's S3"
_GRANTS = "form uploads can grant permissions"
_EVENTS = "form uploads send the bucket's notifications"
_KEYS = "keys that Moto's IAM and STS gave out sign calls and uploads"
_POLICIES = "policies of Moto's IAM apply to calls of Amazon Q Apps, and bucket policies to anonymous uploads"


def _late(owner: str, name: str, gain: str) -> Touch:
    return Touch(owner, name, gain, needed=True)


S3_BACKENDS = _late("moto.s3.models", "s3_backends", _STORED)
CANNED_ACL = _late("moto.s3.models", "get_canned_acl", _STORED)
ACL = _late("moto.s3.models", "FakeAcl", _GRANTS)
GRANT = _late("moto.s3.models", "FakeGrant", _GRANTS)
GRANTEE = _late("moto.s3.models", "FakeGrantee", _GRANTS)
ALL_USERS = _late("moto.s3.models", "ALL_USERS_GRANTEE", "public buckets accept anonymous uploads")
S3_OBJECT = Touch(
    "moto.s3.models", "FakeKey", "Moto's dashboard works after a reset of Q Apps", "listed no longer"
)
SEND_EVENT = _late("moto.s3.notifications", "send_event", _EVENTS)
S3_EVENT = _late("moto.s3.notifications", "S3NotificationEvent", _EVENTS)
STORAGE_CLASSES = _late("moto.s3.utils", "STORAGE_CLASS", _STORED)
IAM_BACKENDS = _late("moto.iam.models", "iam_backends", _KEYS)
ACCOUNT_OF_KEY = _late("moto.iam.models", "get_account_id_from", "a key belongs to its account")
STS_BACKENDS = _late("moto.sts.models", "sts_backends", _KEYS)
IAM_POLICY = _late("moto.iam.access_control", "IAMPolicy", _POLICIES)
IAM_PERMISSION = _late("moto.iam.access_control", "PermissionResult", _POLICIES)
IAM_REQUEST = _late("moto.iam.access_control", "IAMRequest", _POLICIES)
RANDOM = Touch("moto.moto_api._internal", "mock_random", "Moto's seed makes ids repeatable")
IDENTITY_STORES = Touch(
    "moto.identitystore.models",
    "identitystore_backends",
    "a user of Moto's Identity Store keeps that id in Q Apps",
)
IAM_COUNTER = _late("moto.core.responses", "ActionAuthenticatorMixin", _POLICIES)


def find_loaded(touch: Touch) -> Any:
    """Return the value of *touch*, or None as long as nothing has imported its module.

    Another thread may be importing it just now: `Touch.find` waits until that import has ended.
    """
    return touch.find() if touch.owner in sys.modules else None


def statements_of(request: Any) -> list[dict[str, Any]]:
    """Return the statements of every policy of the caller of *request*, an `IAM_REQUEST`."""
    found: list[dict[str, Any]] = []
    for policy in request._access_key.collect_policies():
        statements = IAM_POLICY.find()(policy)._policy_json["Statement"]
        found.extend(statements if isinstance(statements, list) else [statements])
    return found


def caller_of(request: Any) -> str:
    """Return the ARN of the caller of *request*, an `IAM_REQUEST`."""
    arn: str = request._access_key.arn
    return arn
