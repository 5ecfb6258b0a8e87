"""The command ``run``: what it requires of its arguments, its folder, what it asks and writes."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from importlib import metadata
from pathlib import Path
from typing import Any

import botocore

from qapps_mock.conformance import catalog, consent, plan, progress, record, target
from qapps_mock.conformance.caller import Caller
from qapps_mock.conformance.catalog import Catalog
from qapps_mock.conformance.exit_codes import DONE, INTERRUPTED, LEFT, REFUSED
from qapps_mock.conformance.journal import FILE as JOURNAL
from qapps_mock.conformance.journal import Journal
from qapps_mock.conformance.probe import Probe, ProbeError
from qapps_mock.conformance.record import Taken
from qapps_mock.conformance.runner import NAME, Runner, new_run_id
from qapps_mock.conformance.target import Target


def run(options: argparse.Namespace) -> int:
    """Carry out `run`, and return the exit code."""
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
    _agree(probes, plan.text(probes, everything, found), options)
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
        count = "1 thing" if len(left) == 1 else f"{len(left)} things"
        print(
            f"{count} may be left. Remove what is left: qapps-mock conformance clean {folder}",
            file=sys.stderr,
        )
        return LEFT
    return ended


def _agree(probes: list[Probe], text: str, options: argparse.Namespace) -> None:
    """Show the plan, and ask whether to carry it out when a level needs that."""
    levels = {probe.level for probe in probes}
    asks = any(level.asks and level.number in levels for level in catalog.levels())
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
    for start in options.probe:
        if not any(each.id.startswith(start) for each in probes):
            raise ProbeError(
                f"no probe of these levels has an id that starts with {start!r}: "
                "qapps-mock conformance list shows all"
            )
    return [each for each in probes if each.id.startswith(tuple(options.probe) or "")]


def _require_options(options: argparse.Namespace) -> None:
    levels, aws = options.levels, options.target == "aws"
    useless = [
        f"--{name}"
        for name in ("profile", "second-profile", "second-user")
        if options.target == "mock" and getattr(options, name.replace("-", "_"))
    ]
    if useless:
        raise consent.Refused(f"the target mock makes its users itself: leave out {', '.join(useless)}")
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
    profiles = (options.profile, options.second_profile)
    return contextlib.nullcontext(target.server(options.target, options.region, profiles))


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
