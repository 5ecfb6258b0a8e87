"""Requests that come by Moto's general route or its server: read in every release, and checked before Moto's S3."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from qapps_mock.bridge.table import Touch
from qapps_mock.service import s3_requests

_S3 = "moto.s3.responses:S3Response"
_CHECKED = "after register(), plain mock_aws and Moto's own server check uploads to the service's buckets"
_USE, _PARAMETERS = "the S3 gate first", "self request full_url headers"

_S3_METHODS = (
    Touch(_S3, "bucket_response", _CHECKED, _USE, parameters=_PARAMETERS),
    Touch(_S3, "key_response", _CHECKED, _USE, parameters=_PARAMETERS),
)


def url_as_sent(request: Any) -> str:
    """Return the URL of a request, with nothing decoded.

    Since 5.2.4 the request is Moto's own; before, it is botocore's in process and werkzeug's in the server.
    """
    if hasattr(request, "raw_url"):
        return str(request.raw_url)
    if not hasattr(request, "get_data"):
        return str(request.url)
    target = request.environ.get("RAW_URI") or request.environ.get("REQUEST_URI")
    return str(request.url) if target is None else f"{request.host_url.rstrip('/')}{target}"


def body_as_sent(request: Any) -> Any:
    """Return the body of a request."""
    return request.get_data() if hasattr(request, "get_data") else request.body or b""


def check_uploads() -> None:
    """Let the S3 gate see every request to Moto's S3 from now on. Idempotent.

    When Moto's S3 has parsed a form, the order of its fields is lost, and its files are closed.
    """
    for touch in _S3_METHODS:
        original = touch.find()
        if original is not None and not hasattr(original, "__wrapped__"):
            setattr(touch.find_owner(), touch.name, _gate_first(original))


def _gate_first(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def respond(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        # What comes here is for S3, whatever its host.
        url = url_as_sent(request)
        respond_to = s3_requests.find_responder(request.method, url, request.headers, path_style=True)
        if respond_to is None:
            return original(self, request, *args, **kwargs)
        return respond_to(body_as_sent(request))

    return respond
