"""werkzeug's threaded HTTP server, which stops immediately and leaves no thread or connection behind."""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class Listener(ThreadedWSGIServer):
    """Serves an application on a bound socket, each request in its own thread.

    werkzeug's own loop checks only every half second whether it must end.
    """

    # Joined in `server_close`, so that no thread outlives the server.
    daemon_threads = False

    def __init__(
        self,
        bound: socket.socket,
        application: WSGIApplication,
        handler: type[WSGIRequestHandler] = WSGIRequestHandler,
        idle_timeout: float = 60,
    ) -> None:
        host, port = bound.getsockname()[:2]
        self._open: set[socket.socket] = set()
        self._waking, self._woken = socket.socketpair()
        self._waking.setblocking(False)
        self._ending = False
        self._started = False
        super().__init__(host, port, application, _hardened(handler, idle_timeout), fd=bound.fileno())
        self._started = True

    def serve(self) -> None:
        """Serve requests until `stop`."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.register(self, selectors.EVENT_READ)
            while not self._ending:
                ready = {each.fileobj for each, _ in selector.select()}
                if self._woken in ready:
                    self._woken.recv(64)
                if self in ready and not self._ending:
                    self.handle_request()

    @contextlib.contextmanager
    def woken_by_signals(self) -> Iterator[None]:
        """Let every signal wake `serve`. Only in the main thread, as for every handler of signals.

        A signal that arrives just before `serve` waits, or in another thread, would else be handled only with the
        next connection.
        """
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)

    def stop(self) -> None:
        """End `serve`. It never waits and starts no thread, so that a signal handler can call it."""
        self._ending = True
        with contextlib.suppress(OSError):  # `serve` has ended already, or has been woken
            self._waking.send(b"\0")

    def server_close(self) -> None:
        """Free the port, end every connection, and wait for their threads."""
        if self._started:  # werkzeug's __init__ calls this
            self._ending = True
            self._waking.close()
            self._woken.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):  # its client has gone
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing about connections that were cut because the server ends."""
        if not self._ending:
            super().handle_error(request, client_address)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Refuse connections that arrive while the server ends."""
        return not self._ending

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the thread of a request."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self._open.discard(request)
        super().shutdown_request(request)


class _AwaitedBody:
    """The body of a request whose client waits for 100 Continue, which is sent when the body is first read."""

    def __init__(self, body: IO[bytes], client: IO[bytes]) -> None:
        self._body = body
        self._client: IO[bytes] | None = client

    def _ask(self) -> IO[bytes]:
        client, self._client = self._client, None
        if client is not None:
            client.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._body

    def read(self, size: int = -1) -> bytes:
        """Read bytes."""
        return self._ask().read(size)

    def readline(self, size: int = -1) -> bytes:
        """Read a line: the length of a chunk."""
        return self._ask().readline(size)


class _Remainder:
    """What is left of a body when the response has been sent: werkzeug reads it, also after a timeout."""

    def __init__(self, body: IO[bytes]) -> None:
        self._body = body

    def read(self, size: int) -> bytes:
        """Read bytes; none from a connection that has timed out."""
        try:
            return self._body.read(size)
        except OSError:
            return b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)


def _hardened(handler: type[WSGIRequestHandler], idle_timeout: float) -> type[WSGIRequestHandler]:
    class Handler(handler):  # type: ignore[misc, valid-type]  # any handler of werkzeug
        timeout = idle_timeout
        rfile: Any

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Keep requests out of the log: the control API shows calls and uploads."""

        def log_error(self, format: str, *args: object) -> None:
            """Keep malformed requests out of the log: the client gets a 400."""

        def handle_expect_100(self) -> bool:
            """Send no 100 Continue yet: the application may refuse the request without its body."""
            return True

        def make_environ(self) -> WSGIEnvironment:
            """Send 100 Continue when the application reads the body."""
            body = self.rfile
            if self._expect.strip().lower() == "100-continue":
                self.rfile = _AwaitedBody(body, self.wfile)
            try:
                environ: WSGIEnvironment = super().make_environ()
            finally:
                self.rfile = _Remainder(body)
            return {**environ, "HTTP_EXPECT": self._expect} if self._expect else environ

        def run_wsgi(self) -> None:
            """Refuse a target that werkzeug cannot split: it would end in a traceback, without a response."""
            self._expect = self.headers.get("Expect", "")
            del self.headers["Expect"]  # werkzeug would send 100 Continue at once
            try:
                urlsplit(self.path)
            except ValueError:
                self.send_error(HTTPStatus.BAD_REQUEST)
            else:
                super().run_wsgi()

    return Handler
