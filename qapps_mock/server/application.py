"""The WSGI application of every server: Q Apps, its uploads and the control API; Moto's server for the rest.

It comes before Moto's server, whose S3 parses a form before anyone could check it, and which looks
for the service of each request in all of its 175 folders, under one lock.
"""

from __future__ import annotations

import contextlib
import functools
import re
import selectors
import socket
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from requests.structures import CaseInsensitiveDict
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_content_length, get_input_stream

from qapps_mock import endpoints
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.control import Control
from qapps_mock.http_message import ConnectionFailure, IncomingBody, Response, header_text, split_url
from qapps_mock.server import control_api
from qapps_mock.server.access import Access, guards, refusal
from qapps_mock.service import dispatch, protocol, s3_requests
from qapps_mock.service.exceptions import QAppsError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NOT_SERVED = (
    b"Only Amazon Q Apps and its presigned URLs are served here; "
    b"the fixture qapps_server and the command qapps-mock server serve all of Moto.\n"
)
# Seconds; longer than any client waits.
_LONGEST_SILENCE = 600
_A_DAY = "86400"
_PIECE = 65536
_SIGV4 = re.compile(
    r"AWS4-HMAC-SHA256\s(?:.*[\s,])?Credential=[^/,\s]+/[^/,\s]*/[^/,\s]*/[^/,\s]+/aws4_request\b"
).match
_INCOMPLETE: Response = (
    403,
    {"Content-Type": "application/json", "x-amzn-ErrorType": "IncompleteSignatureException"},
    b'{"message": "The header Authorization is not complete: expected AWS4-HMAC-SHA256 '
    b'Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=..., Signature=..."}',
)


class Request:
    """A request as it was sent: nothing decoded, the body not yet read."""

    def __init__(self, environ: WSGIEnvironment) -> None:
        self.method: str = environ["REQUEST_METHOD"]
        # Bytes, since WSGI reads all headers as Latin-1.
        headers = EnvironHeaders(environ)
        self.headers = CaseInsensitiveDict({name: each.encode("latin-1") for name, each in headers})
        target = _as_sent(environ["REQUEST_URI"])
        host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        self.origin = f"{environ['wsgi.url_scheme']}://{host}"
        # A request to a proxy has the whole URL.
        self.url = target if target.startswith(("http://", "https://")) else self.origin + target
        _, self.path, self.query = split_url(self.url)

        self._stream, self._is_asked = get_input_stream(environ), False
        self.body = IncomingBody(self._read, get_content_length(environ))

    def _read(self, size: int) -> bytes:
        self._is_asked = True
        try:
            return self._stream.read(size)
        except (OSError, HTTPException) as error:
            if isinstance(error.__context__, TimeoutError):  # werkzeug raises ClientDisconnected then
                raise _BrokenBody(408, "did not arrive in time") from None
            raise _BrokenBody(400, "is broken") from None

    def discard_body(self) -> None:
        """Read the rest of the body in small pieces: most clients send all of it before they read the response.

        A client that still waits for 100 Continue does not send it.
        """
        if "Expect" in self.headers and not self._is_asked:
            return
        with contextlib.suppress(_BrokenBody):
            while self._read(_PIECE):
                pass


class _BrokenBody(Exception):
    """The body of a request is not complete."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        text = f"The body of the request {why}.\n"
        self.response: Response = (status, {"content-type": "text/plain"}, text.encode())


def _as_sent(uri: str) -> str:
    # werkzeug's server reads the request line as Latin-1, writes that as UTF-8, and reads this as Latin-1.
    return uri.encode("latin-1").decode().encode("latin-1").decode("utf-8", "surrogateescape")


class Application:
    """Q Apps for any WSGI server.

    Args:
        rest: responds to all other requests; None: they are a 404.
        access: who may use the control API and Moto's; None: every client on this machine.
    """

    def __init__(self, rest: WSGIApplication | None = None, access: Access | None = None) -> None:
        self._rest = _not_served if rest is None else rest
        self._access = Access() if access is None else access

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to a request."""
        request = Request(environ)
        # Moto reads the decoded path, the control API the one that was sent.
        if guards(environ["PATH_INFO"]) or guards(request.path):
            return self._control(request, environ, start_response)
        asked = request.headers.get("Access-Control-Request-Method") if request.method == "OPTIONS" else None
        respond = _find_responder(request, request.method if asked is None else header_text(asked))
        if respond is None:
            signature = header_text(request.headers.get("Authorization"))
            if signature and not _is_complete(signature):
                return _send(_with_cors(_INCOMPLETE, request), start_response)
            return self._rest(environ, start_response)
        try:
            response = _respond(respond, request) if asked is None else _preflight(request)
        except ConnectionFailure as failure:
            _cut(environ.get("werkzeug.socket"), wait=failure.code == "ReadTimeoutError")
            raise  # werkzeug's server sends nothing then
        return _send(_with_cors(response, request), start_response)

    def _control(
        self, request: Request, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        refused = self._access.find_refusal(environ)
        if refused is not None:
            return _send(refused, start_response)
        if not request.path.startswith(endpoints.CONTROL_PATH):
            if not environ["PATH_INFO"].startswith("/moto-api"):  # Moto takes it for a bucket
                return _send(_no_such_path(request.path), start_response)
            return self._pass_on(environ, _without_cors(start_response))
        resource = request.path[len(endpoints.CONTROL_PATH) :]
        method, query = request.method, request.query
        response = _respond(lambda body: control_api.respond(method, resource, query, body.read()), request)
        return _send(response, start_response)

    def _pass_on(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = self._rest(environ, start_response)
        if environ["PATH_INFO"].rstrip("/") == "/moto-api/reset" and environ["REQUEST_METHOD"] == "POST":
            for run in ACTIVE.runs:
                Control(run).reset()
        return body


_Responder = Callable[[IncomingBody], Response]


def _find_responder(request: Request, method: str) -> _Responder | None:
    """Return the function that responds to a request with that method, given its body; None: it is not for Q Apps."""
    url, headers = request.url, request.headers
    if endpoints.qapps_region(url) is not None:  # as in process: whatever the signature says
        return functools.partial(dispatch.handle, method, url, headers)
    if _is_for_qapps(request, method):
        return functools.partial(dispatch.handle, method, url, headers, s3_origin=lambda: request.origin)
    return s3_requests.find_responder(method, url, headers, path_style=True)


def _is_for_qapps(request: Request, method: str) -> bool:
    """Tell by the signature, and by the path of a request without one, as raw HTTP sends it."""
    signature = request.headers.get("Authorization")
    if signature is not None:
        return b"/qapps/aws4_request" in signature
    try:
        _, label = protocol.route(method, request.path)
    except QAppsError:
        return False
    return label is None or ":qapps:" in label


def _is_complete(signature: str) -> bool:
    """Tell whether Moto's server can read a header Authorization: an incomplete one ends in an IndexError there."""
    if signature.startswith("AWS4-HMAC-SHA256"):
        return _SIGV4(signature) is not None
    return len(signature.partition(",")[0].split()) > 1


def _no_such_path(path: str) -> Response:
    message = f"No resource {path}. The paths of Moto's API start with /moto-api/, in lower case and with one slash."
    return refusal(404, message.encode("utf-8", "replace").decode())


def _respond(respond: _Responder, request: Request) -> Response:
    try:
        response = respond(request.body)
    except _BrokenBody as error:
        return error.response
    request.discard_body()
    return response


def _cut(connection: socket.socket | None, *, wait: bool) -> None:
    """End a connection without a response; with *wait*, first wait for the client to end it."""
    if connection is None:  # another server than werkzeug's
        return
    with contextlib.suppress(OSError), selectors.DefaultSelector() as selector:
        if wait:
            # Readable when the client, or this server, ends the connection.
            selector.register(connection, selectors.EVENT_READ)
            selector.select(_LONGEST_SILENCE)
        connection.shutdown(socket.SHUT_RDWR)


def _preflight(request: Request) -> Response:
    """Allow a page of any origin to send its request."""
    headers = header_text(request.headers.get("Access-Control-Request-Headers"))
    return (
        200,
        {
            "Access-Control-Allow-Methods": "DELETE, GET, POST, PUT",
            "Access-Control-Allow-Headers": headers.encode("ascii", "replace").decode(),
            "Access-Control-Max-Age": _A_DAY,
        },
        b"",
    )


def _with_cors(response: Response, request: Request) -> Response:
    """Allow a page of any origin to read the response."""
    status, headers, body = response
    if "Origin" not in request.headers:
        return response
    exposed = ", ".join(headers)
    headers = {**headers, "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": exposed}
    return status, headers, body


def _without_cors(start_response: StartResponse) -> StartResponse:
    """Remove the headers with which Moto allows pages of every origin to read its responses."""

    def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
        kept = [(name, value) for name, value in headers if not name.lower().startswith("access-control-")]
        return start_response(status, kept, *error)

    return start


def _send(response: Response, start_response: StartResponse) -> Iterable[bytes]:
    status, headers, body = response
    if status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        headers = {"Content-Length": str(len(body)), **headers}
    start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
    return [body]


def _not_served(environ: Any, start_response: StartResponse) -> Iterable[bytes]:
    return _send((404, {"Content-Type": "text/plain"}, _NOT_SERVED), start_response)
