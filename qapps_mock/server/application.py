"""The WSGI application of every server: Q Apps, its uploads and the test's say; Moto's server for the rest.

It stands in front of Moto's server, whose S3 takes a form apart before anyone could judge it, and
which looks for the service of each request in all of its 175 folders, under one lock.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from qapps_mock import endpoints
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.control import Control
from qapps_mock.s3 import download_door, presigned_get, service_bucket, upload_door
from qapps_mock.server import control_api
from qapps_mock.service import dispatch, protocol
from qapps_mock.service.exceptions import QAppsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from qapps_mock.service.dispatch import Response

_NOT_SERVED = (
    b"Only Amazon Q Apps and its presigned URLs are served here; "
    b"the fixture qapps_server and the command qapps-mock server serve all of Moto.\n"
)
_A_DAY = "86400"


class Headers:
    """The headers of a WSGI request, as the bytes that came: WSGI reads them as Latin-1."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def get(self, name: str, /) -> bytes | None:
        """Return a header's value, whatever the case of *name*."""
        key = name.upper().replace("-", "_")
        value = self._environ.get(key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}")
        return None if value is None else value.encode("latin-1")

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Yield names and values."""
        for key, value in self._environ.items():
            if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                yield key.removeprefix("HTTP_").replace("_", "-").title(), value.encode("latin-1")


class Request:
    """A request as it came: nothing decoded, the body not yet read."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.headers = Headers(environ)
        target = _as_sent(environ["REQUEST_URI"])
        host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        self.origin = f"{environ['wsgi.url_scheme']}://{host}"
        # Proxies are asked with the whole URL.
        self.url = target if target.startswith(("http://", "https://")) else self.origin + target
        self.path, _, self.query = self.url.partition("://")[2].partition("?")
        self.path = "/" + self.path.partition("/")[2]

    def has(self, header: str) -> bool:
        """Tell whether a header came."""
        return self.headers.get(header) is not None

    def body(self) -> bytes:
        """Read the body."""
        return get_input_stream(self._environ).read()


def _as_sent(uri: str) -> str:
    # werkzeug's server reads the request line as Latin-1, writes that as UTF-8, and reads this as Latin-1.
    return uri.encode("latin-1").decode().encode("latin-1").decode("utf-8", "surrogateescape")


class Application:
    """Q Apps for any WSGI server.

    Args:
        rest: serves all other requests; None: nobody does.
    """

    def __init__(self, rest: WSGIApplication | None = None) -> None:
        self._rest = _not_served if rest is None else rest

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        asked = request.headers.get("Access-Control-Request-Method") if request.method == "OPTIONS" else None
        way = _way(request, request.method if asked is None else asked.decode("latin-1"))
        if way is None:
            return self._pass_on(request, environ, start_response)
        answer = _answer(way, request) if asked is None else _preflight(request)
        return _send(answer, request, start_response)

    def _pass_on(
        self, request: Request, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        answered = self._rest(environ, start_response)
        if request.path == "/moto-api/reset" and request.method == "POST":
            for run in ACTIVE.runs:
                Control(run).reset()
        return answered


_Way = Callable[[bytes], "Response"]


def _way(request: Request, method: str) -> _Way | None:
    """Return what answers a request of that method, given its body; None: it is not for Q Apps."""
    if request.path.startswith(endpoints.CONTROL_PATH):
        return functools.partial(
            control_api.respond, method, request.path[len(endpoints.CONTROL_PATH) :], request.query
        )
    if _is_for_qapps(request, method):
        return functools.partial(_call, request, method)
    bucket = _posted_bucket(request, method)
    if bucket is not None and upload_door.is_enforced(bucket):
        return functools.partial(upload_door.take, bucket, request.url, request.headers)
    bucket, _, key = unquote(request.path).lstrip("/").partition("/")
    if not service_bucket.is_ours(bucket):
        return None
    if method in ("GET", "HEAD") and presigned_get.SIGNATURE in request.query:
        return lambda body: download_door.serve(method, bucket, key, request.url, request.headers)
    if download_door.is_anonymous(request.url, request.headers):
        return lambda body: download_door.deny(method)
    return None


def _call(request: Request, method: str, body: bytes) -> Response:
    return dispatch.handle(method, request.url, request.headers, body, s3_origin=lambda: request.origin)


def _is_for_qapps(request: Request, method: str) -> bool:
    """Tell it by host and signature; of a request without, by its path, so that raw HTTP may speak too."""
    signature = request.headers.get("Authorization")
    if signature is not None:
        return b"/qapps/aws4_request" in signature
    if endpoints.qapps_region(request.url) is not None:
        return True
    try:
        _, label = protocol.route(method, request.path)
    except QAppsError:
        return False
    return label is None or ":qapps:" in label


def _posted_bucket(request: Request, method: str) -> str | None:
    """Return the bucket that a form is posted to: none that is signed like a call, as forms never are."""
    if method != "POST" or request.has("Authorization"):
        return None
    if endpoints.s3_url(request.url) is not None:
        return upload_door.posted_bucket(request.url, request.headers)
    return upload_door.bucket_of(None, request.path, request.query, request.headers)


def _answer(way: _Way, request: Request) -> Response:
    try:
        body = request.body()
    except (OSError, HTTPException):
        return 400, {"content-type": "text/plain"}, b"The body of the request is broken.\n"
    return way(body)


def _preflight(request: Request) -> Response:
    """Let any page send what it asks for."""
    headers = request.headers.get("Access-Control-Request-Headers") or b""
    return (
        200,
        {
            "Access-Control-Allow-Methods": "DELETE, GET, POST, PUT",
            "Access-Control-Allow-Headers": headers.decode("latin-1"),
            "Access-Control-Max-Age": _A_DAY,
        },
        b"",
    )


def _send(answer: Response, request: Request, start_response: StartResponse) -> Iterable[bytes]:
    status, headers, body = answer
    if request.has("Origin"):
        exposed = ", ".join(headers)
        headers = {**headers, "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed}
    if status != HTTPStatus.NO_CONTENT:
        headers = {"Content-Length": str(len(body)), **headers}
    start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
    return [body]


def _not_served(environ: Any, start_response: StartResponse) -> Iterable[bytes]:
    start_response(
        "404 NOT FOUND", [("Content-Type", "text/plain"), ("Content-Length", str(len(_NOT_SERVED)))]
    )
    return [_NOT_SERVED]
