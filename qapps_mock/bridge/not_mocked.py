"""Requests to AWS that neither this mock nor Moto serves: which they are, and the response that says what to do."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from qapps_mock import endpoints
from qapps_mock.bridge.registration import ROUTES
from qapps_mock.bridge.start import passthrough
from qapps_mock.bridge.table import Touch
from qapps_mock.http_message import Response, header_text

AWS_NEVER = "nothing reaches AWS while a mock is active"
_WHY = (
    "qapps_mock: nothing reaches AWS while a mock is active, and neither qapps_mock nor Moto serves {} "
    "(to let it through, name it in mock_qapps(config={{'core': {{'passthrough': {{'urls': [...]}}}}}}))"
)
_MOTOS = b"Not yet implemented"


def why(what: str) -> str:
    """Return the message that *what* is not mocked, and how a test lets it through."""
    return _WHY.format(what)


def respond(request: Any) -> Response:
    """Respond to a request that is not mocked, so that botocore's parser finds the message."""
    text = why(request.url.partition("?")[0])
    if header_text(request.headers.get("smithy-protocol")) == "rpc-v2-cbor":
        headers = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return 404, headers, b"\xa1" + _cbor("message") + _cbor(text)
    if header_text(request.headers.get("Content-Type")).startswith("application/x-www-form-urlencoded"):
        error = f"<Error><Code>404</Code><Message>{escape(text)}</Message></Error>"
        return 404, {"Content-Type": "text/xml"}, f"<ErrorResponse>{error}</ErrorResponse>".encode()
    # A parser of JSON takes text that is not JSON for the message.
    return 404, {"Content-Type": "text/plain"}, text.encode()


def _cbor(text: str) -> bytes:
    """Return *text* in CBOR: the type of text with a length of two bytes (RFC 8949, section 3.1)."""
    encoded = text.encode()[:0xFFFF]
    return b"\x79" + len(encoded).to_bytes(2, "big") + encoded


def is_not_mocked(url: str, served: Any) -> bool:
    """Tell whether Moto, which *served* this or None, has nothing for a URL of AWS that the test does not let through."""
    if served is not None:
        return bool(served.status_code == 404 and not served.headers and served.content == _MOTOS)
    host = urlsplit(url).hostname or ""
    return endpoints.is_aws(host.rstrip(".")) and not is_let_through(url)


def is_let_through(url: str) -> bool:
    """Tell whether the test lets a URL through, by its own name or by that of Moto's service."""
    asked = passthrough()
    return bool(asked) and (
        any(re.match(each, _standard(url)) for each in asked.get("urls", ()))
        or any(service in asked.get("services", ()) for service in services_of(url))
    )


def services_of(url: str) -> list[str]:
    """Return Moto's services that respond to a URL."""
    standard = _standard(url)
    return [service for service, pattern in ROUTES.find() if pattern.match(standard)]


def _standard(url: str) -> str:
    """Return a URL in the spelling that Moto holds its routes and settings against."""
    parts = _STANDARD_URL.find()(url)[0]
    return str(parts._replace(params="", query="", fragment="").geturl())


_STANDARD_URL = Touch("moto.core.utils", "get_equivalent_url_in_aws_domain", AWS_NEVER, needed=True)
