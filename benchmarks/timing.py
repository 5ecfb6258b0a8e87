"""How the benchmarks measure: short alternating rounds, the best of each, so that a noisy machine affects both sides."""

from __future__ import annotations

import contextlib
import gc
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator

ROUNDS = 200
PROCESSES = 7


# The processor's time excludes other programs. Windows counts it in steps that are too long.
_CLOCK = time.perf_counter if sys.platform == "win32" else time.process_time


def best(
    *functions: Callable[[], object],
    times: int,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = _CLOCK,
) -> list[float]:
    """Return the seconds that one call of each function takes: the best of alternating rounds.

    A round calls each function *times* times: few, so that some rounds run undisturbed.
    """
    shortest = [float("inf")] * len(functions)
    for function in functions:
        function()
    with _frozen():
        for _ in range(rounds):
            for place, function in enumerate(functions):
                gc.collect()
                start = clock()
                for _ in range(times):
                    function()
                shortest[place] = min(shortest[place], (clock() - start) / times)
    return shortest


@contextlib.contextmanager
def _frozen() -> Iterator[None]:
    """Exclude existing objects from garbage collection: collecting them before each round would take longer than the rounds."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextlib.contextmanager
def traced() -> Iterator[None]:
    """Count allocated memory (see `tracemalloc`)."""
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def in_fresh_processes(*programs: str) -> list[float]:
    """Run each program, which prints a figure, in fresh processes; return the smallest figure of each."""
    smallest = [float("inf")] * len(programs)
    # As for users, all modules are compiled from the second process on.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    for _ in range(PROCESSES):
        for place, program in enumerate(programs):
            run = subprocess.run(
                [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
            )
            smallest[place] = min(smallest[place], float(run.stdout.split()[-1]))
    return smallest
