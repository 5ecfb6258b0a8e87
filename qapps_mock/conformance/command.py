"""The command ``qapps-mock conformance``."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Mapping
from typing import Any, NoReturn

from qapps_mock.conformance import (
    arguments,
    catalog,
    consent,
    difference,
    plan,
    progress,
    record,
    run,
    target,
    undo,
)
from qapps_mock.conformance.caller import Caller
from qapps_mock.conformance.catalog import Catalog
from qapps_mock.conformance.exit_codes import DIFFERS, DONE, INTERRUPTED, LEFT, REFUSED
from qapps_mock.conformance.journal import Continued, Journal
from qapps_mock.conformance.record import Taken
from qapps_mock.conformance.runner import Runner, new_run_id


def main(given: list[str]) -> NoReturn:
    """Run the command with these arguments."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, _interrupt)
    options = arguments.parser().parse_args(given)
    act = {"run": run.run, "diff": _diff, "list": _list, "clean": _clean}[options.command]
    try:
        code = act(options)
    except (consent.Refused, ValueError) as error:
        print(f"qapps-mock conformance: {error}", file=sys.stderr)
        code = REFUSED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:  # of `list` or `diff`
        progress.silence(sys.stdout)
        code = INTERRUPTED
    sys.exit(code)


def _interrupt(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


# --- diff


def _diff(options: argparse.Namespace) -> int:
    everything = catalog.load(options.probes)
    about, left = record.read(options.dir)
    if options.against:
        other, right = record.read(options.against)
    else:
        other, right = {"kind": "mock"}, in_process(everything, left, about["region"])
    differences = difference.compare(left, right)
    names = ("AWS" if about["kind"] == "aws" else f"the {about['kind']}", f"the {other['kind']}")
    unlike = difference.skipped(left, right)
    if differences:
        print(difference.table(differences, everything.probes, names, markdown=options.markdown), end="\n\n")
    differ = len({probe for each in differences for probe in each.probes})
    print(
        f"{len(left) - differ - len(unlike)} probes are equal, {differ} differ, {len(unlike)} cannot be compared."
    )
    for reason in sorted(set(unlike.values())):
        alike = [probe for probe, why in unlike.items() if why == reason]
        print(f"  {alike[0]}{f' (+{len(alike) - 1})' if alike[1:] else ''}: {reason}")
    return DIFFERS if differences else DONE


def in_process(everything: Catalog, wanted: Mapping[str, Taken], region: str) -> dict[str, Taken]:
    """Return what the mock in this process says to those probes that a record answers."""
    answered = [
        probe for probe in everything.probes.values()
        if probe.id in wanted and wanted[probe.id].state == "answered"
    ]  # fmt: skip
    silent = progress.Progress()
    with target.mock(region) as found:
        runner = Runner(everything, Caller(found), Journal(None, {}), silent, run_id=new_run_id())
        runner.run(answered)
    return runner.taken


# --- list


def _list(options: argparse.Namespace) -> int:
    everything = catalog.load(options.probes)
    for level in catalog.levels():
        if options.level not in (None, level.number):
            continue
        probes = everything.of_levels([level.number])
        print(
            f"Level {level.number}: {level.title}. Needs {level.needs}. Makes {level.makes}. "
            f"Cost: {plan.cost(probes, everything)}. {len(probes)} probes:"
        )
        width = max(len(probe.id) for probe in probes)
        print(f"  {'probe':<{width}} {'rows':<16} requests, question")
        for probe in probes:
            print(
                f"  {probe.id:<{width}} {', '.join(probe.rows) or '-':<16} {len(probe.steps)}  {probe.asks}"
            )
    return DONE


# --- clean


def _clean(options: argparse.Namespace) -> int:
    journal = Continued(options.dir)
    left = journal.left()
    if not left:
        print("Nothing is left.")
        return DONE
    head = journal.head
    found = (
        target.aws(head["region"], options.profile, options.second_profile)
        if head["target"] == "aws"
        else target.server(head["target"], head["region"], (options.profile, options.second_profile))
    )
    undo.undo(left, Caller(found), journal, print)
    stays = len(journal.left())
    print(f"{len(left) - stays} of {len(left)} are removed.")
    return LEFT if stays else DONE
