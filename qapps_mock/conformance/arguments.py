"""The arguments of ``qapps-mock conformance``."""

from __future__ import annotations

import argparse
from pathlib import Path

from qapps_mock.conformance.probe import LEVELS


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command's arguments."""
    found = argparse.ArgumentParser(
        prog="qapps-mock conformance",
        description="Compare this mock with AWS. docs/conformance.md describes it.",
        allow_abbrev=False,
    )
    commands = found.add_subparsers(dest="command", required=True, metavar="run|diff|list|clean")
    _run(
        commands.add_parser(
            "run",
            help="send probes to a target, and write its answers in a form safe to publish",
            allow_abbrev=False,
        )
    )
    diff = commands.add_parser(
        "diff", help="compare a record with this mock, or with another record", allow_abbrev=False
    )
    diff.add_argument("dir", type=Path, metavar="DIR", help="the folder of a run")
    diff.add_argument(
        "--against", type=Path, metavar="DIR2", help="another run (default: this mock, in process)"
    )
    diff.add_argument("--markdown", action="store_true", help="print a table for an issue")
    _probes(diff)
    show = commands.add_parser(
        "list", help="list the probes, what they settle, cost and make", allow_abbrev=False
    )
    show.add_argument("--level", type=int, choices=LEVELS, help="only probes of this level")
    _probes(show)
    clean = commands.add_parser("clean", help="remove what a broken run left", allow_abbrev=False)
    clean.add_argument("dir", type=Path, metavar="DIR", help="the folder of the run")
    _keys(clean)
    return found


def _run(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--target", required=True, help="aws, mock (in this process), or the URL of a server"
    )
    _keys(command)
    command.add_argument("--region", help="a region of AWS (default: the profile's)")
    command.add_argument("--instance", metavar="ID", help="the id of your Amazon Q Business application")
    command.add_argument(
        "--levels",
        type=_levels,
        default=[0],
        metavar="0,1",
        help="the levels to run, each by its number (default: 0)",
    )
    command.add_argument(
        "--probe", action="append", default=[], metavar="ID", help="only the probes whose id starts with this"
    )
    command.add_argument("--allow-publish", action="store_true", help="agree that level 5 publishes an app")
    command.add_argument("--second-user", metavar="EMAIL", help="the e-mail of the second profile's user")
    command.add_argument(
        "--out", type=Path, metavar="DIR", help="the folder to write to (default: a new one)"
    )
    command.add_argument("--yes", action="store_true", help="agree to the plan, and to write the answers")
    shown = command.add_mutually_exclusive_group()
    shown.add_argument("--quiet", action="store_true", help="show no progress")
    shown.add_argument("--json", action="store_true", help="show progress as one JSON object a line")
    _probes(command)


def _probes(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--probes",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="add the probes of a folder",
    )


def _keys(command: argparse.ArgumentParser) -> None:
    command.add_argument("--profile", help="the profile whose keys sign the requests")
    command.add_argument(
        "--second-profile", metavar="PROFILE", help="the profile of a second user, for level 6"
    )


def _levels(text: str) -> list[int]:
    try:
        found = sorted({int(each) for each in text.split(",")})
    except ValueError:
        found = []
    if not found or any(each not in LEVELS for each in found):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of levels: pass numbers from 0 to 6, for example 0,1"
        )
    return found
