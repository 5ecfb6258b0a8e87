"""Moto's convention: which URLs belong to the service, and who answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qapps_mock import endpoints, responses

if TYPE_CHECKING:
    from moto.core.request import Request

url_bases = [endpoints.QAPPS_BASE]


def answer(request: Request, full_url: str, headers: Any) -> responses.Answer:
    """Answer a request that came by Moto's general route or its server."""
    url = request.raw_url
    if endpoints.qapps_region(url) is None:  # Moto's own server: a presigned URL leads there
        origin = "/".join(url.split("/", 3)[:3])
        return responses.handle(
            request.method, url, request.headers, request.get_data(), upload_origin=lambda: origin
        )
    return responses.handle(request.method, url, request.headers, request.get_data())


# Not called "dispatch": Moto's server takes a handler of that name for a bound method.
url_paths = {"{0}/.*$": answer}
