"""The values of a document's entries: each reader returns a value, or says where and why it is wrong."""

from __future__ import annotations

import contextlib
import json
import re
import reprlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from qapps_mock import clock, endpoints
from qapps_mock.close_match import did_you_mean
from qapps_mock.models.resources import App, AppVersion
from qapps_mock.service import protocol
from qapps_mock.service.exceptions import QAppsError

_SHORT = reprlib.Repr()
_SHORT.maxstring = 100
# The value of an entry in a message, shortened.
shown = _SHORT.repr
_DEFAULT_PLACE = ("123456789012", "us-east-1")


@contextlib.contextmanager
def at(place: str) -> Iterator[None]:
    """Put *place* before the message of what is wrong there."""
    try:
        yield
    except QAppsError as error:
        raise ValueError(f"{place}: {error.message}") from None
    except (ValueError, TypeError) as error:
        raise ValueError(f"{place}: {error}") from None


def check(operation: str, **members: Any) -> dict[str, Any]:
    """Check members as an operation checks its request, and return the backend's arguments; None is absent.

    Raises:
        ValidationException: they break the model's constraints.
    """
    return protocol.find_operation(operation).check({k: v for k, v in members.items() if v is not None})


def require_names(entry: Mapping[str, Any], valid: Any) -> None:
    """Raise ValueError for a name in *entry* that is not valid."""
    for name in entry:
        if name not in valid:
            raise ValueError(
                f"{name!r} is unknown.{did_you_mean(name, valid)} Valid are: {', '.join(dict.fromkeys(valid))}."
            )


def place_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return the account and the region of an entry."""
    account, region = (
        entry.get(name, default) for name, default in zip(("account", "region"), _DEFAULT_PLACE, strict=True)
    )
    if not isinstance(account, str) or re.fullmatch("[0-9]{12}", account) is None:
        raise ValueError(f"account is {shown(account)}: it must be a text of 12 digits")
    if not isinstance(region, str) or not endpoints.is_region(region):
        raise ValueError(f"region is {shown(region)}: it must be a name such as us-east-1")
    return account, region


def version_of(app: App, entry: Mapping[str, Any], name: str) -> AppVersion:
    """Return the version of an app that an entry names by its number; without a number, the newest."""
    number = entry.get(name, app.latest.number)
    if not isinstance(number, int) or isinstance(number, bool):
        raise ValueError(f"{name} is {shown(number)}: it must be the number of a version")
    return app.version(number)


def mapping(value: Any) -> Mapping[str, Any]:
    """Return *value*, or raise ValueError unless it is a mapping."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{shown(value)} is not a JSON object")
    return value


def require_json(value: Any) -> None:
    """Raise ValueError unless a response can show *value*, in which no rule of the model says what is valid."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"it cannot be written as JSON: {error}") from None


def object_in(
    entry: Mapping[str, Any], name: str, default: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    """Return a JSON object; without a default, the entry must have one."""
    value = entry.get(name, default)
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is {shown(value)}: it must be a JSON object")
    return value


def list_in(entry: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list, which is empty when the entry has none."""
    value = entry.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f"{name} is {shown(value)}: it must be a list")
    return value


def text_in(entry: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return a text that is not empty; without a default, the entry must have one."""
    value = entry.get(name, default)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} is {shown(value)}: it must be a text that is not empty")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"{name} is {shown(value)}: it has a lone surrogate, which is not valid Unicode"
        ) from None
    return value


def texts_in(entry: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of texts, which is empty when the entry has none."""
    numbered = {f"{name}[{number}]": each for number, each in enumerate(list_in(entry, name))}
    return [text_in(numbered, place) for place in numbered]


def boolean(entry: Mapping[str, Any], name: str) -> bool:
    """Return a boolean, which is false when the entry has none."""
    value = entry.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {shown(value)}: it must be true or false")
    return value


def time_of(entry: Mapping[str, Any], name: str, default: datetime | None = None) -> datetime:
    """Return a time: boto3's datetime, or the text or the number that JSON has for one; UTC without a zone."""
    value = entry.get(name)
    if value is None:
        return clock.now() if default is None else default
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            value = datetime.fromtimestamp(value, timezone.utc)
        moment: datetime = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError, AttributeError):
        raise ValueError(
            f"{name} is {shown(value)}: it must be a time, for example '2026-01-01T12:00:00Z'"
        ) from None
