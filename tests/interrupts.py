"""Interrupt a piece of code at every line of some modules, one after the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interrupted(BaseException):
    """As KeyboardInterrupt, but pytest does not stop for it."""


class _Tracer:
    """Counts the lines that run in *files*, and raises before the one in *place*, if any."""

    def __init__(self, files: set[str | None], place: int | None = None) -> None:
        self.files = files
        self.place = place
        self.lines: list[str] = []

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in self.files:
            return None
        if event == "line":
            self.lines.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
            if len(self.lines) - 1 == self.place:
                raise Interrupted(self.lines[-1])
        return self


@contextmanager
def _traced(tracer: _Tracer) -> Iterator[None]:
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        yield
    finally:
        sys.settrace(before)


def lines_of(code: Callable[[], object], files: set[str | None]) -> list[str]:
    """Return the lines that *code* runs in *files*, as ``function:number``."""
    tracer = _Tracer(files)
    with _traced(tracer):
        code()
    return tracer.lines


def interrupt(code: Callable[[], object], files: set[str | None], place: int) -> str | None:
    """Run *code*, raise before its line in that place; return the line, None if there is none."""
    tracer = _Tracer(files, place)
    with _traced(tracer):
        try:
            code()
        except Interrupted as error:
            return str(error)
    return None
