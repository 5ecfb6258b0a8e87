"""The object lock that a form asks for."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from qapps_mock.s3 import object_lock
from qapps_mock.s3.object_lock import Lock
from tests.s3.posts import NOW, refused

MODE, UNTIL, HOLD = (f"x-amz-object-lock-{name}" for name in ("mode", "retain-until-date", "legal-hold"))
LATER = "2030-01-02T00:00:00Z"
LOCK = Lock("GOVERNANCE", LATER, None)


def bucket(enabled: bool = True, default: bool = False) -> Any:
    return SimpleNamespace(
        object_lock_enabled=enabled,
        has_default_lock=default,
        default_lock_mode="COMPLIANCE",
        default_retention=lambda: LATER,
    )


def test_a_form_asks_for_a_retention_and_a_legal_hold():
    assert object_lock.read({"key": "a"}) == Lock()
    assert object_lock.read({MODE: "GOVERNANCE", UNTIL: LATER, HOLD: "ON"}) == Lock("GOVERNANCE", LATER, "ON")
    assert object_lock.read({MODE: "COMPLIANCE", UNTIL: "2030-01-02T00:00:00.000Z"}).until == LATER


BOTH = f"{UNTIL} and {MODE} must both be supplied"
ISO = "The retain until date must be provided in ISO 8601 format"


@pytest.mark.parametrize(
    ("fields", "message", "name", "value"),
    [
        ({MODE: "GOVERNANCE"}, BOTH, MODE, "GOVERNANCE"),
        ({UNTIL: LATER}, BOTH, UNTIL, LATER),
        ({MODE: "governance", UNTIL: LATER}, "Unknown wormMode directive.", MODE, "governance"),
        ({HOLD: "on"}, "Legal Hold must be either of 'ON' or 'OFF'", HOLD, "on"),
        ({MODE: "GOVERNANCE", UNTIL: "tomorrow"}, ISO, UNTIL, "tomorrow"),
        ({MODE: "GOVERNANCE", UNTIL: "2030-02-30T00:00:00Z"}, ISO, UNTIL, "2030-02-30T00:00:00Z"),
    ],
)
def test_another_lock_is_refused(fields, message, name, value):
    with refused("InvalidArgument", message, ArgumentName=name, ArgumentValue=value):
        object_lock.read(fields)


@pytest.mark.parametrize("lock", [LOCK, Lock(legal_hold="ON")])
def test_a_lock_needs_a_bucket_with_object_lock_and_a_digest(lock):
    object_lock.require_allowed(lock, bucket(), has_digest=True, now=NOW)

    with refused("InvalidRequest", "Bucket is missing Object Lock Configuration"):
        object_lock.require_allowed(lock, bucket(enabled=False), has_digest=True, now=NOW)
    message = (
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
        "Object Lock parameters"
    )
    with refused("InvalidRequest", message):
        object_lock.require_allowed(lock, bucket(), has_digest=False, now=NOW)
    with refused("InvalidRequest", message):
        object_lock.require_allowed(Lock(), bucket(default=True), has_digest=False, now=NOW)


def test_a_retention_ends_in_the_future():
    object_lock.require_allowed(LOCK, bucket(), has_digest=True, now=NOW)

    with refused(
        "InvalidArgument",
        "The retain until date must be in the future!",
        ArgumentName=UNTIL,
        ArgumentValue=LATER,
    ):
        object_lock.require_allowed(LOCK, bucket(), has_digest=True, now=NOW + timedelta(hours=12))


def test_a_form_without_lock_needs_nothing():
    object_lock.require_allowed(Lock(), bucket(enabled=False), has_digest=False, now=NOW)
    object_lock.require_allowed(Lock(), bucket(), has_digest=False, now=NOW)


def test_the_retention_of_a_bucket_is_for_forms_without_one():
    assert object_lock.in_bucket(LOCK, bucket(default=True)) == LOCK
    assert object_lock.in_bucket(Lock(), bucket()) == Lock()
    assert object_lock.in_bucket(Lock(legal_hold="ON"), bucket(default=True)) == Lock(
        "COMPLIANCE", LATER, "ON"
    )
