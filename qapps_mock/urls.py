"""Moto's convention: which URLs belong to the service, and who answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qapps_mock import endpoints
from qapps_mock.service import dispatch

if TYPE_CHECKING:
    from moto.core.request import Request

url_bases = [endpoints.QAPPS_BASE]


# Not "dispatch": Moto's server takes what has that name for a method of one of its own classes.
def answer(request: Request, full_url: str, headers: Any) -> dispatch.Response:
    """Answer a request that came by Moto's general route or its server."""
    url = request.raw_url
    if endpoints.qapps_region(url) is None:  # Moto's own server: a presigned URL leads there
        origin = "/".join(url.split("/", 3)[:3])
        return dispatch.handle(
            request.method, url, request.headers, request.get_data(), s3_origin=lambda: origin
        )
    return dispatch.handle(request.method, url, request.headers, request.get_data())


url_paths = {"{0}/.*$": answer}
