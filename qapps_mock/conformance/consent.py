"""Ask the user before something is made, and before answers are written."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from qapps_mock.conformance.record import Taken


class Refused(Exception):
    """The user does not agree, or nobody can be asked."""


def before_the_run(*, yes: bool) -> None:
    """Ask whether to run probes that make something.

    Raises:
        Refused: the user answered no, or there is no terminal to ask on.
    """
    if yes:
        return
    if not _can_ask():
        raise Refused("levels from 3 make something in your instance: pass --yes to agree. Nothing was made.")
    if not _ask("Run this?"):
        raise Refused("Nothing was made.")


def before_writing(taken: Mapping[str, Taken], whole: str, *, yes: bool) -> bool:
    """Show what would be written, and return whether the user agrees.

    Raises:
        Refused: there is no terminal to ask on.
    """
    if yes:
        return True
    if not _can_ask():
        raise Refused("there is no terminal to ask on. Pass --yes to write them without a question.")
    return _agrees(taken, whole)


def _agrees(taken: Mapping[str, Taken], whole: str) -> bool:
    print("\nThis is every text that would be written besides names of members:\n")
    for text in _texts(taken):
        print(f"  {text}")
    while True:
        reply = _reply("\nWrite it? [y]es, [n]o, [a]ll: show the whole file ")
        if reply.startswith("a"):
            print(whole)
        elif reply[:1] in ("y", "n"):
            return reply.startswith("y")


def _texts(taken: Mapping[str, Taken]) -> list[str]:
    return sorted({text for each in taken.values() for text in _strings([each.reason, each.steps])})


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str) and value:
        yield value


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _ask(question: str) -> bool:
    return _reply(f"{question} [y/N] ") in ("y", "yes")


def _reply(question: str) -> str:
    """Return what the user types; the end of the input is a no."""
    try:
        return input(question).strip().lower()
    except EOFError:
        print()
        return "no"
