"""The journal of a run: what it makes, written before it is made, so that `clean` can remove what a broken run left.

It holds the ids that this needs, and no secret. It is not part of the record.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qapps_mock.conformance.probe import read_steps
from qapps_mock.conformance.wire import NoAnswer

FILE = "journal.jsonl"


@dataclass
class Entry:
    """Something that a run makes.

    Attributes:
        number: in the journal.
        undo: the steps that remove it.
        values: for the templates of these steps.
        known: whether the response came that says what was made.
        settled: nothing is left of it.
        lasting: it stays until the end of the run, for several probes.
    """

    number: int
    undo: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    known: bool = False
    settled: bool = False
    lasting: bool = False


class Journal:
    """Writes a journal, one JSON object a line.

    Args:
        folder: of the run; None: keep nothing, for a target that ends with this process.
        head: what `clean` needs to reach the target: its address and region, the instance.
    """

    def __init__(self, folder: Path | None, head: Mapping[str, Any]) -> None:
        self._path = folder / FILE if folder else None
        self.head = head
        self._started = False
        self.entries: dict[int, Entry] = {}

    def intend(self, undo: Mapping[str, Any], values: Mapping[str, Any], *, lasting: bool) -> Entry:
        """Write what is going to be made, and return its entry.

        Raises:
            NoAnswer: the file cannot be written, so nothing may be made.
        """
        entry = Entry(len(self.entries) + 1, undo, dict(values), lasting=lasting)
        try:
            self._write({"make": entry.number, "undo": undo, "values": entry.values})
        except OSError as error:
            raise NoAnswer(f"the journal cannot be written: {error.strerror}") from None
        self.entries[entry.number] = entry
        return entry

    def made(self, entry: Entry, values: Mapping[str, Any]) -> None:
        """Write what the response says of it."""
        entry.values.update(values)
        entry.known = True
        # This run knows it anyway, and without it `clean` looks for what was made.
        with contextlib.suppress(OSError):
            self._write({"made": entry.number, "values": values})

    def settle(self, entry: Entry) -> None:
        """Write that nothing is left of it."""
        entry.settled = True
        with contextlib.suppress(OSError):  # `clean` then finds nothing
            self._write({"settled": entry.number})

    def left(self) -> list[Entry]:
        """Return the entries that are not settled, the newest first."""
        return [entry for entry in reversed(self.entries.values()) if not entry.settled]

    def forget(self) -> None:
        """Remove the file: nothing is left that it could help with."""
        if self._path is not None and self._started:
            self._path.unlink()

    def _write(self, line: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        with self._path.open("a", encoding="utf-8") as file:
            if not self._started:
                file.write(json.dumps({"head": self.head}) + "\n")
                self._started = True
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())  # before the request: a power cut must not lose it


class Continued(Journal):
    """A journal that `clean` reads and continues.

    Raises:
        ValueError: the folder has no journal that can be read.
    """

    def __init__(self, folder: Path) -> None:
        try:
            lines = _read(folder / FILE)
            head = lines[0]["head"]
            super().__init__(folder, {name: str(head[name]) for name in ("target", "region")})
            for line in lines[1:]:
                self._replay(line)
        except OSError as error:
            raise ValueError(f"{folder / FILE} cannot be read: {error.strerror}") from None
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ValueError(f"{folder} has no journal that can be read: {error!r}") from None
        self._started = True

    def _replay(self, line: Mapping[str, Any]) -> None:
        if "make" in line:
            read_steps(line["undo"]["steps"], "undo")  # raises what `__init__` explains
            self.entries[line["make"]] = Entry(line["make"], line["undo"], dict(line["values"]))
        elif "made" in line:
            self.entries[line["made"]].values.update(line["values"])
            self.entries[line["made"]].known = True
        else:
            self.entries[line["settled"]].settled = True


def _read(path: Path) -> list[Any]:
    """Return the lines; a last one that a power cut left incomplete is dropped: `undo` looks for what it would name."""
    whole = [line for line in path.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
    lines = [json.loads(line) for line in whole]
    path.write_text("".join(whole), "utf-8")
    return lines
