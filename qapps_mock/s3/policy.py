"""The policy document of a form upload: its shape and its expiry."""

from __future__ import annotations

import base64
import functools
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

from qapps_mock.s3 import conditions
from qapps_mock.s3.conditions import Condition
from qapps_mock.s3.errors import against_policy, invalid_policy

_MEMBERS = frozenset({"expiration", "conditions"})
_EXPIRATION = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?Z", re.ASCII).fullmatch


@dataclass(frozen=True)
class Policy:
    """A policy: the time at which it expires, and its conditions."""

    expiration: datetime
    conditions: tuple[Condition, ...]


@functools.lru_cache(maxsize=64)  # a test often posts the same policy again
def parse(text: str) -> Policy:
    """Return the policy in *text*, base64 of a JSON document.

    Raises:
        S3Error: InvalidPolicyDocument, with the reason.
    """
    document = _document(_decode(text))
    for name in document:
        if name not in _MEMBERS:
            raise invalid_policy(f"Unexpected: '{name.lower()}'")
    # The words of versitygw's S3 for a missing member; of AWS only the status is known.
    if "expiration" not in document:
        raise invalid_policy("Policy missing expiration.")
    if "conditions" not in document:
        raise invalid_policy("Policy missing conditions.")
    expiration = _expiration(document["expiration"])
    if not isinstance(document["conditions"], list):
        raise invalid_policy("Invalid 'conditions' value: must be a List.")
    return Policy(expiration, tuple(map(conditions.parse, document["conditions"])))


def require_unexpired(policy: Policy, *, now: datetime) -> None:
    """Raise when *policy* has expired at *now*; at its expiration it is still valid (assumed).

    Raises:
        S3Error: AccessDenied.
    """
    if now > policy.expiration:
        raise against_policy("Policy expired.")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise invalid_policy("invalid Base64 encoding.") from None


def _document(text: bytes) -> dict[str, Any]:
    try:
        document = _decode_json(text.decode())
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or None in document.values():
        raise invalid_policy("Invalid JSON.")
    return document


def _reject_number(number: str) -> NoReturn:
    """Raise for numbers that S3 does not read: fractions, and constants that are not JSON."""
    raise ValueError(number)


_decode_json = json.JSONDecoder(parse_float=_reject_number, parse_constant=_reject_number).decode


def _expiration(value: object) -> datetime:
    match = _EXPIRATION(value) if isinstance(value, str) else None
    try:
        if match is None:
            raise ValueError
        year, month, day, hour, minute, second = map(int, match.groups()[:6])
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:  # also a month 13
        shown = value if isinstance(value, (str, int)) else ""  # a list may be too deep to print
        raise invalid_policy(f"Invalid 'expiration' value: '{shown}'") from None
    return moment + timedelta(milliseconds=int(match[7] or 0))
