"""Clients of another host than AWS's, and what a report says when no server is there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError

from qapps_mock.control.active import ACTIVE


@contextlib.contextmanager
def noting_unanswered(url: str) -> Iterator[None]:
    """Note the origin of *url* if no server is there."""
    try:
        yield
    except (EndpointConnectionError, ConnectTimeoutError):
        parts = urlsplit(url)
        ACTIVE.note_unanswered(f"{parts.scheme}://{parts.netloc}")
        raise
