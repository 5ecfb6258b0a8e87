"""Moto's convention: the URLs that belong to the service, and the function that responds to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qapps_mock import endpoints
from qapps_mock.bridge import moto_requests
from qapps_mock.http_message import Response
from qapps_mock.service import dispatch

if TYPE_CHECKING:
    from moto.core.request import Request

url_bases = [endpoints.QAPPS_BASE]


# Not "dispatch": Moto's server takes what has that name for a method of one of its own classes.
def answer(request: Request, full_url: str, headers: Any) -> Response:
    """Respond to a request that came by Moto's general route or its server."""
    moto_requests.check_uploads()  # this request may create a presigned URL
    url, body = moto_requests.url_as_sent(request), moto_requests.body_as_sent(request)
    if endpoints.qapps_region(url) is None:  # Moto's own server: a presigned URL leads there
        origin = "/".join(url.split("/", 3)[:3])
        return dispatch.handle(request.method, url, request.headers, body, s3_origin=lambda: origin)
    return dispatch.handle(request.method, url, request.headers, body)


# A named group: before 5.1.13 Moto's server knows no other pattern for a whole path.
url_paths = {"{0}/(?P<path>.*)$": answer}
