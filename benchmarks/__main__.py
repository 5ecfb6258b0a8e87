"""Print each measure with its target; exit 1 when one is missed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import async_calls, calls, growth, plot, server, starts, suites, uploads

_GROUPS = {
    "calls": calls,
    "async": async_calls,
    "starts": starts,
    "suites": suites,
    "uploads": uploads,
    "growth": growth,
    "server": server,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", help=f"which measures: {', '.join(_GROUPS)}; all by default")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE.svg", help="only plot calls against the number of apps"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.groups) - _GROUPS.keys()
    if unknown:
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    if arguments.plot:
        arguments.plot.write_text(plot.draw(), encoding="utf-8")
        return 0
    return _print_rows(arguments.groups or [*_GROUPS])


def _print_rows(groups: list[str]) -> int:
    missed = 0
    print(f"{'measure':<66} {'figure':>8} {'target':>8}")
    for group in groups:
        for name, figure, target in _GROUPS[group].rows():
            missed += figure > target
            print(
                f"{name:<66} {figure:>8.2f} {'<= ' + format(target, 'g'):>8} {'missed' if figure > target else ''}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
