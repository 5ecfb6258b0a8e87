"""The console script ``qapps-mock``."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

from qapps_mock.server import server

if TYPE_CHECKING:
    from types import FrameType


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command ``qapps-mock``."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    options = _parser().parse_args(arguments)
    if not server.has_extra():
        _fail(server.MISSING)
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
    from qapps_mock import credentials
    from qapps_mock.control import control
    from qapps_mock.s3.signature import Secret

    port = bound.getsockname()[1]
    os.environ.setdefault("MOTO_PORT", str(port))  # some of Moto's services call themselves
    rules = control.Options(strict=options.strict, enforce_all_posts=options.enforce_all_posts)
    # No mock starts in this process: one control stands for as long as it runs.
    control.ACTIVE = (control.Control(rules),)
    credentials.NAMED.update({key: Secret(secret) for key, secret in options.credentials})
    listener = server.listen(bound, whole=True)
    listener.daemon_threads = True  # the process does not wait for them
    with listener:
        print(server.url_of(options.host, port), flush=True)
        listener.serve()
    sys.exit(0)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    print(f"qapps-mock: {message}", file=sys.stderr)
    sys.exit(2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qapps-mock", description="Amazon Q Apps, mocked.")
    command = parser.add_subparsers(required=True, metavar="server").add_parser(
        "server",
        help="serve Q Apps, and all that Moto serves, over HTTP",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    command.add_argument("--host", default=server.LOOPBACK, help="the address to listen on")
    command.add_argument("--port", type=_port, default=5000, help="the port; 0: a free one")
    command.add_argument(
        "--strict", action="store_true", help="refuse what only the real service could know to be wrong"
    )
    command.add_argument(
        "--enforce-all-posts",
        action="store_true",
        help="hold form uploads to every bucket to their policy, not only those to Q Apps' own",
    )
    command.add_argument(
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
