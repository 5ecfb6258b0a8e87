"""The one clock of the mock: freezegun and time-machine steer it, whenever they start."""

from __future__ import annotations

import datetime


def now() -> datetime.datetime:
    """Return the current time, aware, in UTC."""
    # Looked up through the module on each call: freezegun replaces the class there.
    return datetime.datetime.now(datetime.timezone.utc)


def timestamp(moment: datetime.datetime) -> str:
    """Format *moment* as AWS does: ISO 8601 in UTC with milliseconds and ``Z``."""
    # isoformat, because strftime does not pad the year.
    return moment.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds")[:-6] + "Z"


def basic_timestamp(moment: datetime.datetime) -> str:
    """Format *moment*, which is in UTC, as signatures have it: ISO 8601's basic form, ``YYYYMMDDTHHMMSSZ``."""
    return moment.isoformat(timespec="seconds")[:19].replace("-", "").replace(":", "") + "Z"
