"""The one clock of the mock: freezegun and time-machine steer it, whenever they start."""

from __future__ import annotations

import datetime


def now() -> datetime.datetime:
    """Return the current time, aware, in UTC."""
    # Looked up through the module on each call: freezegun replaces the class there.
    return datetime.datetime.now(datetime.timezone.utc)


def timestamp(moment: datetime.datetime) -> str:
    """Format *moment* as AWS does: ISO 8601 in UTC with milliseconds and ``Z``."""
    utc = moment.astimezone(datetime.timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def to_milliseconds(moment: datetime.datetime) -> datetime.datetime:
    """Cut *moment* down to the precision that `timestamp` shows."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
