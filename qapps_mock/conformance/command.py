"""The command ``qapps-mock conformance``.

Exit codes: 0 done and nothing differs, 1 something differs, 2 the arguments or the user do not allow it, 3 something is
left that `clean` removes, 130 interrupted and nothing is left.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

import botocore

from qapps_mock.conformance import (
    arguments,
    catalog,
    consent,
    difference,
    plan,
    progress,
    record,
    target,
    undo,
)
from qapps_mock.conformance.caller import Caller
from qapps_mock.conformance.catalog import Catalog
from qapps_mock.conformance.journal import FILE as JOURNAL
from qapps_mock.conformance.journal import Continued, Journal
from qapps_mock.conformance.probe import Probe, ProbeError
from qapps_mock.conformance.record import Taken
from qapps_mock.conformance.runner import NAME, Runner, new_run_id
from qapps_mock.conformance.target import Target, TargetError

DONE, DIFFERS, REFUSED, LEFT, INTERRUPTED = 0, 1, 2, 3, 130


def main(given: list[str]) -> NoReturn:
    """Run the command with these arguments."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    options = arguments.parser().parse_args(given)
    act = {"run": _run, "diff": _diff, "list": _list, "clean": _clean}[options.command]
    try:
        code = act(options)
    except (ProbeError, TargetError, consent.Refused, ValueError) as error:
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


# --- run


def _run(options: argparse.Namespace) -> int:
    everything = catalog.load(options.probes)
    probes = _chosen(everything, options)
    _require_options(options)
    run_id = new_run_id()
    folder = options.out or Path(f"{NAME}-{run_id}")
    for name in (record.FILE, JOURNAL):
        if (folder / name).exists():
            raise consent.Refused(f"{folder} already has a {name}: pass another --out")
    with _target(options) as found:
        return _run_against(found, probes, everything, folder, run_id, options)


def _run_against(
    found: Target,
    probes: list[Probe],
    everything: Catalog,
    folder: Path,
    run_id: str,
    options: argparse.Namespace,
) -> int:
    shown = _progress(options)
    _agree(plan.text(probes, everything, found), options)
    head = {"target": found.address, "region": found.region, "instance": options.instance}
    journal = Journal(None if found.kind == "mock" else folder, head)
    caller = Caller(found, say=shown.say)
    runner = Runner(everything, caller, journal, shown, run_id=run_id, instance=options.instance)
    about = _about(found, options.levels)
    with _folder(folder):
        shown.start(len(probes))
        ended = DONE
        try:
            runner.run(probes)
        except KeyboardInterrupt:
            ended = INTERRUPTED
            shown.say("interrupted")
        ended = _write(folder, about, runner.taken, options) or ended
        left = journal.left()
        if not left and not (folder / record.FILE).exists():
            journal.forget()
    if left:
        print(
            f"{len(left)} things that were made may be left. Remove them: qapps-mock conformance clean {folder}",
            file=sys.stderr,
        )
        return LEFT
    return ended


def _agree(text: str, options: argparse.Namespace) -> None:
    """Show the plan, and ask whether to carry it out when a level needs that."""
    asks = any(level.asks and level.number in options.levels for level in catalog.levels())
    if not (options.quiet or options.json) or (asks and not options.yes):
        print(text, file=sys.stderr if options.json else sys.stdout)
    if asks:
        consent.before_the_run(yes=options.yes)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Make a folder before anything is sent, and remove it when nothing is written to it."""
    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise consent.Refused(f"{path} cannot be made: {error.strerror}. Pass another --out.") from None
    if not os.access(path, os.W_OK):
        raise consent.Refused(f"{path} cannot be written to. Pass another --out.")
    try:
        yield
    finally:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty
                path.rmdir()


def _chosen(everything: Catalog, options: argparse.Namespace) -> list[Probe]:
    probes = everything.of_levels(options.levels)
    if options.probe:
        probes = [each for each in probes if each.id.startswith(tuple(options.probe))]
    if not probes:
        raise ProbeError("no probe of these levels has such an id; qapps-mock conformance list shows all")
    return probes


def _require_options(options: argparse.Namespace) -> None:
    levels, aws = options.levels, options.target == "aws"
    if 5 in levels and not options.allow_publish:
        raise consent.Refused(
            "level 5 publishes an app to the library of the instance: pass --allow-publish to agree"
        )
    if 6 in levels and aws and not (options.second_profile and options.second_user):
        raise consent.Refused("level 6 needs a second user: pass --second-profile and --second-user")
    if max(levels) >= 2 and aws and not options.instance:
        raise consent.Refused(
            "levels from 2 need your instance: pass --instance, the id of the Q Business application"
        )


def _target(options: argparse.Namespace) -> contextlib.AbstractContextManager[Target]:
    if options.target == "mock":
        return target.mock(options.region)
    if options.target == "aws":
        found = target.aws(options.region, options.profile, options.second_profile, options.second_user)
        return contextlib.nullcontext(found)
    return contextlib.nullcontext(target.server(options.target, options.region))


def _progress(options: argparse.Namespace) -> progress.Progress:
    if options.quiet:
        return progress.Progress()
    if options.json:
        return progress.Json(sys.stdout)
    return (progress.Terminal if sys.stdout.isatty() else progress.Lines)(sys.stdout)


def _about(found: Target, levels: list[int]) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "region": found.region,
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "levels": levels,
        "botocore": botocore.__version__,
        "kit": metadata.version("qapps-mock"),
    }


def _write(
    folder: Path, about: dict[str, Any], taken: Mapping[str, Taken], options: argparse.Namespace
) -> int:
    answered = sum(each.state == "answered" for each in taken.values())
    out = sys.stderr if options.json else sys.stdout
    if not options.quiet:
        print(f"{answered} probes answered, {len(taken) - answered} skipped.", file=out, flush=True)
    if not taken:
        return DONE
    try:
        if not consent.before_writing(taken, record.text_of(about, taken), yes=options.yes):
            return DONE
        path = record.write(folder, about, taken)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (consent.Refused, OSError) as error:
        print(f"The answers were not written: {error}", file=sys.stderr)
        return REFUSED
    if not options.quiet:
        print(f"Written: {path}. Compare it: qapps-mock conformance diff {folder}", file=out, flush=True)
    return DONE


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
        print(f"  {'probe':<44} {'rows':<16} requests, question")
        for probe in probes:
            print(f"  {probe.id:<44} {', '.join(probe.rows) or '-':<16} {len(probe.steps)}  {probe.asks}")
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
        else target.server(head["target"], head["region"])
    )
    undo.undo(left, Caller(found), journal, print)
    stays = len(journal.left())
    print(f"{len(left) - stays} of {len(left)} are removed.")
    return LEFT if stays else DONE
