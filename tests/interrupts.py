"""Interrupt a piece of code at every call that some modules make, one after the other.

Python itself lets an interrupt in there only: where a function begins, and where one of C has ended.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupted(BaseException):
    """As KeyboardInterrupt, but pytest does not stop for it."""


class _Profiler:
    """Counts the calls by code in *files*, and interrupts the one in *place*, if any."""

    def __init__(self, files: set[str | None], place: int | None = None) -> None:
        self.files = files
        self.place = place
        self.calls: list[str] = []

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        caller = frame.f_back if event == "call" else frame if event == "c_return" else None
        if caller is None or caller.f_code.co_filename not in self.files:
            return
        called = frame.f_code.co_name if event == "call" else argument.__name__
        self.calls.append(f"{called}() in {caller.f_code.co_name}, line {caller.f_lineno}")
        if len(self.calls) - 1 == self.place:
            raise Interrupted(self.calls[-1])


def _run(code: Callable[[], object], profiler: _Profiler) -> None:
    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # what it calls, and when, is another thing in each run
    sys.setprofile(profiler)
    try:
        code()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()


def calls_of(code: Callable[[], object], files: set[str | None]) -> list[str]:
    """Return the calls that *code* makes in *files*."""
    profiler = _Profiler(files)
    _run(code, profiler)
    return profiler.calls


def interrupt(code: Callable[[], object], files: set[str | None], place: int) -> str | None:
    """Run *code* and interrupt its call in that place; return the call, None if there is none."""
    try:
        _run(code, _Profiler(files, place))
    except Interrupted as error:
        return str(error)
    return None
