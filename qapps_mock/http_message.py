"""The parts of an HTTP message, in every form in which HTTP libraries pass them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

# Status, headers, body.
Response = tuple[int, dict[str, str], bytes]


class Headers(Protocol):
    """What the headers of a request must offer: those of botocore, requests and werkzeug do."""

    def get(self, name: str, /) -> str | bytes | None:
        """Return a header's value; *name* is in lower case."""


class IncomingBody:
    """The body of a request to a server, read only when it is needed.

    Attributes:
        size: the header Content-Length, in bytes; None: unknown.
    """

    def __init__(self, read: Callable[[int], bytes], size: int | None) -> None:
        self._read = read
        self.size = size

    def read(self, size: int = -1) -> bytes:
        """Read the next *size* bytes, or all that are left."""
        return self._read(size)


def header_text(value: str | bytes | None) -> str:
    """Return a header's value as text; bytes that are not UTF-8 become lone surrogates."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value or ""


def without_surrogates(text: str) -> str:
    """Replace lone surrogates, which represent bytes that are not UTF-8: botocore cannot sign them."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def body_bytes(body: object) -> bytes:
    """Return the bytes of a body: bytes, text, a file, an iterable of these, or None."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    if hasattr(body, "read"):
        return body_bytes(body.read())
    return b"".join(map(body_bytes, body))  # type: ignore[call-overload]  # requests streams an iterable of chunks


def split_url(url: str) -> tuple[str, str, str]:
    """Return host, path and query of an absolute URL as they are written, whatever they contain."""
    rest, _, query = url.partition("://")[2].partition("?")
    host, _, path = rest.partition("/")
    return host, f"/{path}", query


# botocore's exceptions for what happens before AWS responds.
CONNECTION_FAILURES = ("ConnectionClosedError", "EndpointConnectionError", "ReadTimeoutError")


class ConnectionFailure(ConnectionError):
    """A connection that a test lets fail: no response is sent.

    Attributes:
        code: the name of botocore's exception for it.
        is_early: it comes before AWS checks the input.
    """

    is_early = True

    def __init__(self, code: str) -> None:
        super().__init__(f"qapps_mock: {code}, as the test has scripted")
        self.code = code
