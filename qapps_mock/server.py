"""The HTTP server: in a thread of this process, or as the command ``qapps-mock server``."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from qapps_mock.listener import Listener

LOOPBACK = "127.0.0.1"
_MISSING = "Moto's server is missing: pip install 'qapps-mock[server]'"


class Server:
    """A server in a thread of this process: on a free port of 127.0.0.1, from `start` to `stop`.

    Args:
        whole: serve all that Moto serves, too (needs the extra ``server``); else only Q Apps.

    Raises:
        RuntimeError: the extra is missing.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self._listener = _listener(socket.create_server((LOOPBACK, 0)), whole=whole)
        self._thread = threading.Thread(target=self._listener.serve, name="qapps-mock server", daemon=True)
        self.url = _url(LOOPBACK, self._listener.port)

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


def _listener(bound: socket.socket, *, whole: bool) -> Listener:
    from qapps_mock.application import Application
    from qapps_mock.listener import Listener

    with bound:  # the listener has a duplicate
        if not whole:
            return Listener(bound, Application())
        if not has_extra():
            raise RuntimeError(_MISSING)
        from qapps_mock import moto_bridge

        application, handler = moto_bridge.moto_server()
        return Listener(bound, Application(application), handler)


def has_extra() -> bool:
    """Tell whether what Moto's server needs is installed."""
    return all(find_spec(name) is not None for name in ("flask", "flask_cors"))


def _url(host: str, port: int) -> str:
    name = {"0.0.0.0": LOOPBACK, "": LOOPBACK, "::": "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command ``qapps-mock``."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    options = _parser().parse_args(arguments)
    if not has_extra():
        _fail(_MISSING)
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        bound = socket.create_server((options.host, options.port), family=family)
    except OSError as error:
        _fail(
            f"cannot listen on {options.host} port {options.port}: {error.strerror}; "
            "give another --host or --port (0: a free one)"
        )
    _serve(bound, options)


def _serve(bound: socket.socket, options: argparse.Namespace) -> NoReturn:
    from qapps_mock import control, credentials
    from qapps_mock.uploads.signature import Secret

    port = bound.getsockname()[1]
    os.environ.setdefault("MOTO_PORT", str(port))  # some of Moto's services call themselves
    rules = control.Options(strict=options.strict, enforce_all_posts=options.enforce_all_posts)
    # No mock starts in this process: one control stands for as long as it runs.
    control.ACTIVE = (control.Control(rules),)
    credentials.NAMED.update({key: Secret(secret) for key, secret in options.credentials})
    listener = _listener(bound, whole=True)
    listener.daemon_threads = True  # the process does not wait for them
    with listener:
        print(_url(options.host, port), flush=True)
        listener.serve()
    sys.exit(0)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    print(f"qapps-mock: {message}", file=sys.stderr)
    sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qapps-mock", description="Amazon Q Apps, mocked.")
    server = parser.add_subparsers(required=True, metavar="server").add_parser(
        "server",
        help="serve Q Apps, and all that Moto serves, over HTTP",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    server.add_argument("--host", default=LOOPBACK, help="the address to listen on")
    server.add_argument("--port", type=_port, default=5000, help="the port; 0: a free one")
    server.add_argument(
        "--strict", action="store_true", help="refuse what only the real service could know to be wrong"
    )
    server.add_argument(
        "--enforce-all-posts",
        action="store_true",
        help="hold form uploads to every bucket to their policy, not only those to Q Apps' own",
    )
    server.add_argument(
        "--credentials",
        metavar="KEY:SECRET",
        type=_key_and_secret,
        nargs="+",
        action="extend",
        default=[],
        help="access keys whose signatures on uploads are good",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to 65535")
    return int(text)


def _key_and_secret(text: str) -> tuple[str, str]:
    key, colon, secret = text.partition(":")
    if not (key and colon and secret):
        # Not the text: it may be a secret.
        raise argparse.ArgumentTypeError("give access key and secret as KEY:SECRET")
    return key, secret
