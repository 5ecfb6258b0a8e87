"""The headers that identify a request to S3."""

from __future__ import annotations

import contextlib
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextvars import ContextVar

# Every response has these headers, also those of errors deep in a check: the source is not an argument.
_source: ContextVar[Callable[[int], bytes]] = ContextVar("_source", default=secrets.token_bytes)


def request_ids() -> dict[str, str]:
    """Return the headers of the next request."""
    make = _source.get()
    return {"x-amz-request-id": make(8).hex().upper(), "x-amz-id-2": b64encode(make(57)).decode()}


@contextlib.contextmanager
def made_of(source: Callable[[int], bytes]) -> Iterator[None]:
    """Make the ids of this thread of what *source* returns for a number of bytes, instead of random bytes."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
