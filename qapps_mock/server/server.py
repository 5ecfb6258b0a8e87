"""The HTTP server in a thread of this process, and the parts that the command ``qapps-mock server`` uses too."""

from __future__ import annotations

import socket
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING

from qapps_mock.locks import Lock

if TYPE_CHECKING:
    from qapps_mock.server.access import Access
    from qapps_mock.server.listener import Listener

LOOPBACK = "127.0.0.1"
IDLE_TIMEOUT = 60
MISSING = "Moto's server is not installed: pip install 'qapps-mock[server]'"


class Server:
    """A server in a thread of this process: on a free port of 127.0.0.1, from `start` to `stop`.

    Args:
        whole: also serve everything that Moto serves (needs the extra ``server``); otherwise only Q Apps.

    Raises:
        RuntimeError: the extra is not installed.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self._listener = listen(socket.create_server((LOOPBACK, 0)), whole=whole)
        self._thread = threading.Thread(target=self._listener.serve, name="qapps-mock server", daemon=True)
        self.url = url_of(LOOPBACK, self._listener.port)

    def start(self) -> Server:
        """Serve from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread and all connections, and free the port."""
        self._listener.stop()
        self._thread.join()
        self._listener.server_close()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


class Loopback:
    """A server of Q Apps alone in a thread of this process; it starts when its URL is first needed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._server: Server | None = None

    def url(self) -> str:
        """Return the server's URL."""
        with self._lock:
            if self._server is None:
                self._server = Server().start()
            return self._server.url

    def stop(self) -> None:
        """Stop the server, if it runs."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.stop()


def listen(
    bound: socket.socket, *, whole: bool, access: Access | None = None, idle_timeout: float = IDLE_TIMEOUT
) -> Listener:
    """Return a listener on a bound socket; it serves Q Apps alone, or with *whole* everything that Moto serves.

    Args:
        bound: the socket.
        whole: serve everything that Moto serves.
        access: who may use the control API; None: every client on this machine.
        idle_timeout: after so many seconds a connection that sends nothing ends.

    Raises:
        RuntimeError: the extra ``server`` is not installed.
    """
    # Imported here for start-up time.
    from qapps_mock.server.application import Application
    from qapps_mock.server.listener import Listener

    with bound:  # the listener duplicates it
        if not whole:
            return Listener(bound, Application(access=access), idle_timeout=idle_timeout)
        if not has_extra():
            raise RuntimeError(MISSING)
        from qapps_mock.bridge import registration  # start-up time

        application, handler = registration.moto_server()
        return Listener(bound, Application(application, access), handler, idle_timeout)


def has_extra() -> bool:
    """Tell whether everything that Moto's server needs is installed."""
    return all(find_spec(name) is not None for name in ("flask", "flask_cors"))


def url_of(host: str, port: int) -> str:
    """Return the URL under which this machine reaches a server."""
    name = {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
