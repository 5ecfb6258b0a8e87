"""The HTTP server in a thread of this process, and what it shares with the command ``qapps-mock server``."""

from __future__ import annotations

import socket
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from qapps_mock.server.listener import Listener

LOOPBACK = "127.0.0.1"
MISSING = "Moto's server is missing: pip install 'qapps-mock[server]'"


class Server:
    """A server in a thread of this process: on a free port of 127.0.0.1, from `start` to `stop`.

    Args:
        whole: serve all that Moto serves, too (needs the extra ``server``); else only Q Apps.

    Raises:
        RuntimeError: the extra is missing.
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
        """End the thread and all connections, and give the port back."""
        self._listener.stop()
        self._thread.join()
        self._listener.server_close()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def listen(bound: socket.socket, *, whole: bool) -> Listener:
    """Return a listener on a bound socket, which serves Q Apps alone or *whole*: all that Moto serves.

    Raises:
        RuntimeError: the extra ``server`` is missing.
    """
    from qapps_mock.server.application import Application
    from qapps_mock.server.listener import Listener

    with bound:  # the listener has a duplicate
        if not whole:
            return Listener(bound, Application())
        if not has_extra():
            raise RuntimeError(MISSING)
        from qapps_mock.bridge import registration  # start-up time

        application, handler = registration.moto_server()
        return Listener(bound, Application(application), handler)


def has_extra() -> bool:
    """Tell whether what Moto's server needs is installed."""
    return all(find_spec(name) is not None for name in ("flask", "flask_cors"))


def url_of(host: str, port: int) -> str:
    """Return the URL under which this machine reaches a server."""
    name = {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
