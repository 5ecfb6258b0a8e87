"""Moto's server mode, and the clients that it leaves out: made before the mock, by a session, or by aiobotocore."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from moto import settings

from qapps_mock import endpoints
from qapps_mock.bridge.not_mocked import is_let_through


def is_on() -> bool:
    """Tell whether Moto sends requests to a server."""
    return bool(settings.TEST_SERVER_MODE)


def is_server(host: str) -> bool:
    """Tell whether *host* is that of the server."""
    return host == urlsplit(settings.test_server_mode_endpoint()).hostname


def send_to_server(request: Any) -> None:
    """In Moto's server mode, make a request to AWS a request to the server: nothing reaches AWS."""
    parts = urlsplit(request.url)
    if not is_on() or not endpoints.is_aws((parts.hostname or "").rstrip(".")):
        return
    if is_let_through(request.url):
        return
    if endpoints.qapps_region(request.url) is None:
        request.headers["Host"] = parts.netloc  # it can name a bucket; of Q Apps, the URLs would be AWS's
    server = urlsplit(settings.test_server_mode_endpoint())
    request.url = urlunsplit((server.scheme, server.netloc, parts.path, parts.query, ""))
