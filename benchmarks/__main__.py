"""Print each measure with its target; exit 1 when one is missed."""

from __future__ import annotations

import sys

from benchmarks import calls, server, starts, uploads


def main() -> int:
    missed = 0
    print(f"{'measure':<66} {'figure':>8} {'target':>8}")
    for group in (calls, starts, uploads, server):
        for name, figure, target in group.rows():
            missed += figure > target
            print(
                f"{name:<66} {figure:>8.2f} {'<= ' + format(target, 'g'):>8} {'missed' if figure > target else ''}",
                flush=True,
            )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
