"""Lists that are read page by page: ListQApps and ListLibraryItems.

The cost of a page does not depend on the length of the list. A token stays valid when the entry at its
position is removed, because it holds a number and not an entry.
"""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left
from operator import attrgetter
from typing import Generic, Protocol, TypeVar

from qapps_mock.service.exceptions import ValidationException

_SCOPE_BYTES = 12
_NUMBER_BYTES = 8


class Numbered(Protocol):
    """An entry of a listing: its number is unique and never changes."""

    @property
    def number(self) -> int:
        """The number that orders the listing."""


Entry = TypeVar("Entry", bound=Numbered)


class Listing(Generic[Entry]):
    """Entries in the order of their numbers, read from the highest number to the lowest."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Insert *entry* at its position."""
        self._entries.insert(self._position_of(entry.number), entry)

    def remove(self, entry: Entry) -> None:
        """Remove *entry*."""
        del self._entries[self._position_of(entry.number)]

    def page(self, limit: int, below: int | None = None) -> tuple[list[Entry], int | None]:
        """Return at most *limit* entries numbered below *below*, and the *below* of the next page or None."""
        end = len(self._entries) if below is None else self._position_of(below)
        start = max(0, end - limit)
        entries = self._entries[start:end][::-1]
        return entries, entries[-1].number if start else None

    def _position_of(self, number: int) -> int:
        return bisect_left(self._entries, number, key=attrgetter("number"))


def read_page(
    listing: Listing[Entry], scope: tuple[str, ...], limit: int, token: str | None
) -> tuple[list[Entry], dict[str, str]]:
    """Return the page at *token*, and the response member with the next page's token, if any.

    Raises:
        ValidationException: the token is not one that this mock returned for this *scope*.
    """
    entries, below = listing.page(limit, None if token is None else _open_token(token, scope))
    return entries, {} if below is None else {"nextToken": _token(below, scope)}


def _token(number: int, scope: tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(_digest(scope) + number.to_bytes(_NUMBER_BYTES, "big")).decode()


def _open_token(token: str, scope: tuple[str, ...]) -> int:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if len(raw) != _SCOPE_BYTES + _NUMBER_BYTES or raw[:_SCOPE_BYTES] != _digest(scope):
        raise ValidationException("The nextToken is not one that this list has given out.")
    return int.from_bytes(raw[_SCOPE_BYTES:], "big")


def _digest(scope: tuple[str, ...]) -> bytes:
    return hashlib.sha256(repr(scope).encode("utf-8", "surrogatepass")).digest()[:_SCOPE_BYTES]
