"""The object lock that a form asks for: a retention, a legal hold.

Codes and messages are those of S3's PutObject.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from qapps_mock.s3.errors import S3Error, invalid_argument

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

_LOCK = "x-amz-object-lock-"
_MODES, _HOLDS = ("GOVERNANCE", "COMPLIANCE"), ("ON", "OFF")
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?Z", re.ASCII).fullmatch


@dataclass(frozen=True)
class Lock:
    """Mode and end (``YYYY-MM-DDTHH:MM:SSZ``) of a retention, and the legal hold; None: the form has none."""

    mode: str | None = None
    until: str | None = None
    legal_hold: str | None = None


def read(fields: Mapping[str, str]) -> Lock:
    """Return the object lock in *fields*, which have lower-cased names.

    Raises:
        S3Error: it is not valid.
    """
    mode, until = fields.get(f"{_LOCK}mode"), fields.get(f"{_LOCK}retain-until-date")
    hold = fields.get(f"{_LOCK}legal-hold")
    if (mode is None) != (until is None):
        name = f"{_LOCK}{'mode' if until is None else 'retain-until-date'}"
        message = f"{_LOCK}retain-until-date and {_LOCK}mode must both be supplied"
        raise invalid_argument(message, name=name, value=mode or until or "")
    if mode is not None and mode not in _MODES:
        raise invalid_argument("Unknown wormMode directive.", name=f"{_LOCK}mode", value=mode)
    if hold is not None and hold not in _HOLDS:
        message = "Legal Hold must be either of 'ON' or 'OFF'"
        raise invalid_argument(message, name=f"{_LOCK}legal-hold", value=hold)
    return Lock(mode, None if until is None else _seconds(until), hold)


def _seconds(until: str) -> str:
    match = _DATE(until)
    try:
        if match is None:
            raise ValueError
        return f"{datetime.fromisoformat(match[1]):%Y-%m-%dT%H:%M:%SZ}"
    except ValueError:
        message = "The retain until date must be provided in ISO 8601 format"
        raise invalid_argument(message, name=f"{_LOCK}retain-until-date", value=until) from None


def require_allowed(lock: Lock, bucket: FakeBucket, *, has_digest: bool, now: datetime) -> None:
    """Raise when a bucket does not allow the object lock of a form.

    Args:
        lock: what the form asks for.
        bucket: of the object.
        has_digest: whether the form has a checksum or a Content-MD5.
        now: the time, aware.

    Raises:
        S3Error: the bucket has no object lock, the form no digest, or the retention has ended.
    """
    if lock == Lock() and not bucket.has_default_lock:
        return
    if not bucket.object_lock_enabled:
        raise S3Error("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if not has_digest:
        message = (
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with "
            "Object Lock parameters"
        )
        raise S3Error("InvalidRequest", message)
    if lock.until and datetime.fromisoformat(lock.until[:-1]).replace(tzinfo=timezone.utc) <= now:
        message = "The retain until date must be in the future!"
        raise invalid_argument(message, name=f"{_LOCK}retain-until-date", value=lock.until)


def in_bucket(lock: Lock, bucket: FakeBucket) -> Lock:
    """Return the object lock of a new object: without a retention in the form, the bucket's own."""
    if lock.mode is not None or not bucket.has_default_lock:
        return lock
    return Lock(bucket.default_lock_mode, bucket.default_retention(), lock.legal_hold)
