"""Moto's convention: the URLs that belong to the service, and the function that responds to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qapps_mock import endpoints
from qapps_mock.http_message import Response
from qapps_mock.service import dispatch

if TYPE_CHECKING:
    from moto.core.request import Request

url_bases = [endpoints.QAPPS_BASE]


# Not "dispatch": Moto's server takes what has that name for a method of one of its own classes.
def answer(request: Request, full_url: str, headers: Any) -> Response:
    """Respond to a request that came by Moto's general route or its server."""
    url, body = _as_sent(request)
    if endpoints.qapps_region(url) is None:  # Moto's own server: a presigned URL leads there
        origin = "/".join(url.split("/", 3)[:3])
        return dispatch.handle(request.method, url, request.headers, body, s3_origin=lambda: origin)
    return dispatch.handle(request.method, url, request.headers, body)


def _as_sent(request: Any) -> tuple[str, bytes]:
    """Return URL and body of a request of any release of Moto.

    Since 5.2.4 it is Moto's own; before, it is botocore's in process and werkzeug's in the server.
    """
    if hasattr(request, "raw_url"):
        return request.raw_url, request.get_data()
    if not hasattr(request, "get_data"):
        return request.url, request.body or b""
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI")
    url = request.url if target is None else request.host_url.rstrip("/") + target
    return url, request.get_data()


# A named group: before 5.1.13 Moto's server knows no other pattern for a whole path.
url_paths = {"{0}/(?P<path>.*)$": answer}
