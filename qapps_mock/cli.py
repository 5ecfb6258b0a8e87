"""The console script ``qapps-mock``."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import secrets
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from qapps_mock.close_match import did_you_mean
from qapps_mock.control.options import DEFAULTS, Options
from qapps_mock.server import access, server

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

T = TypeVar("T")

_LONGEST = 86400


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command ``qapps-mock``."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["conformance"]:
        from qapps_mock.conformance import command  # start-up time of the other commands

        command.main(arguments[1:])
    _on_signals(_end)
    options = _parse(arguments)
    if not server.has_extra():
        _fail(server.MISSING)
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        bound = socket.create_server((options.host, options.port), family=family)
    except OSError as error:
        _fail(
            f"cannot listen on {options.host} port {options.port}: {error.strerror}. "
            "Pass another --host or --port (0: a free port)."
        )
    _serve(bound, options)


def _serve(bound: socket.socket, options: argparse.Namespace) -> NoReturn:
    # Imported here for start-up time: --help and a wrong argument need none of these.
    from qapps_mock.control.active import ACTIVE
    from qapps_mock.control.run import Run
    from qapps_mock.server.control_json import OPTIONS

    port = bound.getsockname()[1]
    os.environ.setdefault("MOTO_PORT", str(port))  # some of Moto's services send requests to themselves
    # No mock starts in this process: one run is active as long as the process runs.
    chosen = {name: value for name, value in vars(options).items() if name in OPTIONS}
    ACTIVE.push(Run(Options(**chosen, upload_credentials=dict(options.credentials) or None)))
    token = _find_token(options, bound.getsockname()[0])
    rules = access.Access(allowed_hosts=_find_names(options), token=token)
    listener = server.listen(bound, whole=True, access=rules, idle_timeout=options.idle_timeout)
    listener.daemon_threads = True  # the process does not wait for them
    with listener, listener.woken_by_signals():
        # From now on a signal interrupts nothing: the loop ends when it is ready for it.
        _on_signals(lambda number, frame: listener.stop())
        print(server.url_of(options.host, port), flush=True)
        listener.serve()
    sys.exit(0)


def _on_signals(handle: Callable[[int, FrameType | None], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


def _find_names(options: argparse.Namespace) -> list[str]:
    """Return the allowed names; the name in the URL that the command prints is one."""
    names: list[str] = list(options.allowed_host)
    with contextlib.suppress(ValueError):  # an IPv6 address, or every address
        names.append(access.host_name(options.host))
    return names


def _find_token(options: argparse.Namespace, address: str) -> str | None:
    """Return the token of the control API; one is made where other machines reach the server."""
    token: str | None = getattr(options, "control_token", None)
    if token is None and not access.is_loopback(address):
        token = secrets.token_urlsafe(24)
        print(f"qapps-mock: the token of the control API is {token}", file=sys.stderr, flush=True)
    return token


def _end(number: int, frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _fail(message: str) -> NoReturn:
    print(f"qapps-mock: {message}", file=sys.stderr)
    sys.exit(2)


class _Version(argparse.Action):
    """Print the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> NoReturn:
        from qapps_mock import __version__  # imported here for start-up time

        print(f"qapps-mock {__version__}")
        parser.exit()


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="qapps-mock", description="A mock of Amazon Q Apps.", allow_abbrev=False
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="server|conformance")
    commands.add_parser("conformance", help="compare this mock with AWS")  # `main` passes it on
    command = commands.add_parser(
        "server",
        help="serve Q Apps, and everything that Moto serves, over HTTP",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        allow_abbrev=False,
    )
    _add_server_options(command)
    _add_mock_options(command)
    first = arguments[0].partition("=")[0] if arguments else None
    if first in _options_of(command):
        command.error(f"{first} comes after the command: qapps-mock server {first} ...")
    # argparse's own message about an argument that the command does not have shows the usage of the program.
    options, unknown = parser.parse_known_args(arguments)
    asked = parser if options.command is None else command
    if unknown:
        near = did_you_mean(unknown[0].partition("=")[0], _options_of(asked))
        asked.error(f"unrecognized arguments: {' '.join(unknown)}.{near}")
    if options.command is None:
        parser.error("the command is missing: qapps-mock server, or qapps-mock conformance")
    return options


def _options_of(parser: argparse.ArgumentParser) -> list[str]:
    return re.findall("--[a-z-]+", parser.format_usage())


def _add_server_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", default=server.LOOPBACK, help="the address to listen on")
    command.add_argument("--port", type=_port, default=5000, help="the port to listen on; 0: a free port")
    command.add_argument(
        "--credentials",
        metavar="KEY:SECRET",
        type=_key_and_secret,
        nargs="+",
        action="extend",
        default=[],
        help="access keys accepted for signed uploads",
    )
    command.add_argument(
        "--allowed-host",
        metavar="NAME",
        type=_explained(access.host_name),
        nargs="+",
        action="extend",
        default=[],
        help="names, besides localhost, under which clients reach the control API and Moto's /moto-api/",
    )
    command.add_argument(
        "--control-token",
        metavar="TOKEN",
        type=_explained(access.require_token),
        default=argparse.SUPPRESS,
        help="a token that clients of the control API and of Moto's /moto-api/ must send as 'Authorization: Bearer "
        "TOKEN' (default: none on a loopback address; on any other --host, a random one that is printed on stderr)",
    )
    command.add_argument(
        "--idle-timeout",
        metavar="SECONDS",
        type=_seconds,
        default=server.IDLE_TIMEOUT,
        help="end a connection that sends nothing for this time",
    )


def _add_mock_options(command: argparse.ArgumentParser) -> None:
    """Add the options of `mock_qapps` that a server has."""
    command.add_argument(
        "--strict",
        action="store_true",
        help="also reject requests that refer to things this mock has never seen",
    )
    command.add_argument(
        "--enforce-all-posts",
        action="store_true",
        help="check form uploads to every bucket against their policy, not only those to Q Apps' own buckets",
    )
    command.add_argument(
        "--url-lifetime",
        metavar="SECONDS",
        type=_checked("url_lifetime", float),
        default=DEFAULTS.lifetime.total_seconds(),
        help="how long a presigned URL is valid",
    )
    command.add_argument(
        "--max-file-size",
        metavar="BYTES",
        type=_checked("max_file_size", int),
        default=DEFAULTS.max_file_size,
        help="the largest file",
    )
    command.add_argument(
        "--page-size",
        metavar="NUMBER",
        type=_checked("page_size", int),
        default=DEFAULTS.page_size,
        help="how many entries a page of a list has when the call passes no limit",
    )
    command.add_argument(
        "--seed",
        metavar="NUMBER",
        type=_checked("seed", int),
        default=argparse.SUPPRESS,
        help="make ids, tokens and keys the same in each run (default: random ones)",
    )


def _checked(option: str, read: Callable[[str], float]) -> Callable[[str], float]:
    """Return a reader of an option of `mock_qapps`, which checks it as `mock_qapps` does."""

    def convert(text: str) -> float:
        try:
            value: Any = read(text)
        except ValueError:
            value = text
        Options(**{option: value})
        return cast(float, value)

    return _explained(convert)


def _explained(read: Callable[[str], T]) -> Callable[[str], T]:
    """Let argparse show the message of a ValueError."""

    def convert(text: str) -> T:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: expected 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds: expected more than 0, at most {_LONGEST}"
        )
    return seconds


def _key_and_secret(text: str) -> tuple[str, str]:
    key, colon, secret = text.partition(":")
    if not (key and colon and secret):
        # Without the text: it may be a secret.
        raise argparse.ArgumentTypeError("pass the access key and the secret as KEY:SECRET")
    return key, secret
