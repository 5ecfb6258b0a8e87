"""Show how far a run is."""

from __future__ import annotations

import json
import os
import shutil
import time
from typing import TextIO

from qapps_mock.conformance.probe import Probe
from qapps_mock.conformance.record import Taken


def silence(out: TextIO) -> None:
    """Discard what is written from now on: nobody reads it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())


class Progress:
    """Shows nothing: for ``--quiet``, and for the run in process that `diff` makes."""

    def start(self, total: int) -> None:
        """Begin with *total* probes."""

    def finished(self, probe: Probe, taken: Taken) -> None:
        """Tell of a probe that was run or skipped."""

    def say(self, line: str) -> None:
        """Tell of something that takes time or needs attention."""


class Lines(Progress):
    """One line a probe, with totals and the time left.

    Args:
        out: where the lines go.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._total = self._done = 0
        self._started = 0.0

    def start(self, total: int) -> None:
        """Begin with *total* probes."""
        self._total, self._done, self._started = total, 0, time.monotonic()

    def finished(self, probe: Probe, taken: Taken) -> None:
        """Write the line of a probe."""
        self._done += 1
        self._line(self._text(probe, taken), last=self._done == self._total or bool(taken.reason))

    def say(self, line: str) -> None:
        """Write a line."""
        self._line(f"  {line}", last=True)

    def _text(self, probe: Probe, taken: Taken) -> str:
        how = f"skipped: {taken.reason}" if taken.state == "skipped" else _statuses(taken)
        return f"{self._done:>4}/{self._total}  {self._left():>7}  {probe.id}  {how}"

    def _left(self) -> str:
        seconds = (time.monotonic() - self._started) / self._done * (self._total - self._done)
        return f"{seconds // 60:.0f}m{seconds % 60:02.0f}s" if seconds >= 60 else f"{seconds:.0f}s"

    def _line(self, text: str, *, last: bool) -> None:
        self._print(f"{text}\n")

    def _print(self, text: str) -> None:
        try:
            print(text, end="", file=self._out, flush=True)
        except OSError:  # the reader or the terminal is gone; the run goes on, and removes what it has made
            silence(self._out)


class Terminal(Lines):
    """One line that changes; what needs attention stays."""

    def _line(self, text: str, *, last: bool) -> None:
        shown = f"{text}\n" if last else text[: shutil.get_terminal_size().columns - 1]
        self._print(f"\r\x1b[K{shown}")


class Json(Lines):
    """One JSON object a line."""

    def finished(self, probe: Probe, taken: Taken) -> None:
        """Write the object of a probe."""
        self._done += 1
        statuses = {name: each["status"] for name, each in taken.steps.items()}
        self._write(probe=probe.id, state=taken.state, reason=taken.reason, statuses=statuses,
                    done=self._done, total=self._total)  # fmt: skip

    def say(self, line: str) -> None:
        """Write an object with a message."""
        self._write(message=line)

    def _write(self, **members: object) -> None:
        self._print(json.dumps({name: each for name, each in members.items() if each != ""}) + "\n")


def _statuses(taken: Taken) -> str:
    return ", ".join(str(each["status"]) for each in taken.steps.values())
