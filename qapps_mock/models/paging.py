"""Lists that are read page by page: ListQApps and ListLibraryItems.

A page costs what is on it, however long the list is, and a token outlives the thing that it
stands at: it holds a number in the order of the list, not a thing of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from bisect import bisect_left
from typing import Generic, Protocol, TypeVar

from qapps_mock.service.exceptions import ValidationException

# AWS documents none; it is the most that `limit` may be.
DEFAULT_LIMIT = 100

_SCOPE_BYTES = 12
_NUMBER_BYTES = 8


class Numbered(Protocol):
    """What a listing holds: things whose number never changes and is nobody else's."""

    @property
    def number(self) -> int:
        """The place in the order of the listing."""


Thing = TypeVar("Thing", bound=Numbered)


class Listing(Generic[Thing]):
    """Things in the order of their numbers, read from the highest down."""

    __slots__ = ("_things",)

    def __init__(self) -> None:
        self._things: list[Thing] = []

    def __len__(self) -> int:
        return len(self._things)

    def add(self, thing: Thing) -> None:
        """Put *thing* in its place."""
        self._things.insert(self._place_of(thing.number), thing)

    def remove(self, thing: Thing) -> None:
        """Take *thing* out."""
        del self._things[self._place_of(thing.number)]

    def page(self, limit: int, below: int | None = None) -> tuple[list[Thing], int | None]:
        """Return at most *limit* things with numbers below *below*, and the next page's *below*, if any."""
        end = len(self._things) if below is None else self._place_of(below)
        start = max(0, end - limit)
        things = self._things[start:end][::-1]
        return things, things[-1].number if start else None

    def _place_of(self, number: int) -> int:
        return bisect_left(self._things, number, key=_number)


def _number(thing: Numbered) -> int:
    return thing.number


def read_page(
    listing: Listing[Thing], scope: tuple[str, ...], limit: int, token: str | None
) -> tuple[list[Thing], dict[str, str]]:
    """Return the page that *token* stands for, and the member that leads on to the next, if any.

    Raises:
        ValidationException: the token was not made for this *scope*.
    """
    things, below = listing.page(limit, None if token is None else _open_token(token, scope))
    return things, {} if below is None else {"nextToken": _token(below, scope)}


def _token(number: int, scope: tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(_digest(scope) + number.to_bytes(_NUMBER_BYTES, "big")).decode()


def _open_token(token: str, scope: tuple[str, ...]) -> int:
    try:
        raw = base64.b64decode(token, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != _SCOPE_BYTES + _NUMBER_BYTES or raw[:_SCOPE_BYTES] != _digest(scope):
        raise ValidationException("The nextToken is not one that this list has given out.")
    return int.from_bytes(raw[_SCOPE_BYTES:], "big")


def _digest(scope: tuple[str, ...]) -> bytes:
    return hashlib.sha256(repr(scope).encode("utf-8", "surrogatepass")).digest()[:_SCOPE_BYTES]
