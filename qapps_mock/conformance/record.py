"""The record of a run: what the target sent, in a form that can be published.

Of each response it has the status, the names of all headers and members, and the type of each value. Values are kept
by an allow-list: those of some headers, and the members that explain an error or that a probe names. `Placeholders`
replaces what may not be published in them too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qapps_mock.conformance import document
from qapps_mock.conformance.placeholders import Placeholders
from qapps_mock.conformance.wire import Answer

FORMAT = 1
FILE = "record.json"
# Headers whose values the protocol defines.
_HEADERS = re.compile(
    r"(content-(type|range|encoding|language|disposition)|cache-control|expires|location|allow|accept-ranges|etag"
    r"|retry-after|x-amzn-errortype|x-amz-(checksum|server-side|bucket-region|storage-class|tagging-count|meta|error).*)"
).fullmatch
# Members of errors, by their sources: S3's documentation of errors, and the service model.
_MEMBERS = frozenset(
    [
        "Code",
        "Message",
        "message",
        "code",
        "type",
        "__type",
        "ArgumentName",
        "ArgumentValue",
        "Condition",
        "BucketName",
        "Method",
        "ResourceType",
        "Region",
        "ProposedSize",
        "MaxSizeAllowed",
        "MinSizeAllowed",
        "MaxPostPreDataLengthBytes",
        "StorageClassRequested",
        "TagKey",
        "TagValue",
        "Header",
        "RangeRequested",
        "ActualObjectSize",
        "resourceId",
        "resourceType",
        "serviceCode",
        "quotaCode",
    ]
)
# A number of so many digits can be an account.
_IDS = 10**6
_PLAIN_NAME = re.compile("[A-Za-z_][A-Za-z_-]{0,39}").fullmatch
_FORM_FIELD = re.compile(r"x-amz-[a-z0-9-]+|key|policy|bucket|acl").fullmatch


@dataclass
class Taken:
    """What one probe found out.

    Attributes:
        state: "answered", or "skipped".
        reason: why it was skipped, or ended before its last step.
        steps: by name of the step, what `describe` returned.
    """

    state: str = "answered"
    reason: str = ""
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What is kept of a response.

    Attributes:
        shape: of the result in the service model; None for S3 and for errors.
        keep: names of further members whose values are kept.
        only: see `document.narrowed`.
        words: the texts that such a member may have: what the probe sent, and what the model enumerates; None: all.
    """

    shape: Any = None
    keep: frozenset[str] = frozenset()
    only: Mapping[str, Any] = field(default_factory=dict)
    words: frozenset[str] | None = None

    def keeps(self, path: str, value: Any, *, error: bool) -> bool:
        """Tell whether the value at a path is kept."""
        name = path.rpartition("/")[2].partition("[")[0]
        if error and name in _MEMBERS:
            return True
        return name in self.keep and (self.words is None or not isinstance(value, str) or value in self.words)


def describe(answer: Answer, places: Placeholders, rules: Rules) -> dict[str, Any]:
    """Return a response in the form that can be published."""
    places.at(answer.at)
    places.learn(answer.body.decode("utf-8", "replace"))
    found = document.narrowed(document.read(answer), rules.only)
    body: dict[str, Any] = {}
    if found is None:
        body["(all)"] = "<empty>"
    for path, value in (
        () if found is None else _leaves(found, "", rules.shape if answer.status < 300 else None, places)
    ):
        rendered = _rendered(path, value, places, kept=rules.keeps(path, value, error=answer.status >= 300))
        if path in body and rendered not in _listed(body[path]):
            body[path] = [*_listed(body[path]), rendered]
        body.setdefault(path, rendered)
    headers = {
        places.masked(name): _header(name, answer.headers[name], places) for name in sorted(answer.headers)
    }
    return {"status": answer.status, "headers": headers, "body": body}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _header(name: str, value: str, places: Placeholders) -> str:
    return places.masked(value) if _HEADERS(name) else "<text>"


def _leaves(value: Any, path: str, shape: Any, places: Placeholders) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of each leaf; an empty object or list is a leaf too."""
    if isinstance(value, dict) and value:
        for name, each in value.items():
            below, its_shape = _name(name, shape, places), _member(shape, name)
            yield from _leaves(each, f"{path}/{below}" if path else below, its_shape, places)
    elif isinstance(value, list) and value:
        for each in value:
            yield from _leaves(each, f"{path}[]", getattr(shape, "member", None), places)
    else:
        yield path or "(all)", value


def _member(shape: Any, name: str) -> Any:
    if getattr(shape, "type_name", "") == "map":
        return shape.value
    return getattr(shape, "members", {}).get(name)


def _name(name: str, shape: Any, places: Placeholders) -> str:
    """Return the name of a member; in a map and in a document it is a value of the user."""
    kind = getattr(shape, "type_name", "structure")
    if getattr(shape, "is_document_type", False) or kind == "map":
        return name if _FORM_FIELD(name) else places.typed(name) or "<name>"
    masked = places.masked(name)
    return masked if masked != name or _PLAIN_NAME(name) or _FORM_FIELD(name) else "<name>"


def _rendered(path: str, value: Any, places: Placeholders, *, kept: bool) -> Any:
    if isinstance(value, str):
        if kept:
            return places.masked(value)
        placeholder = places.typed(value) or ("<empty text>" if value == "" else "<text>")
        # How many items a list has is nobody's business, so their placeholders have no numbers.
        return re.sub(r"^<([\w-]+):\d+", r"<\1", placeholder) if "[]" in path else placeholder
    if value is None or value in ({}, []):
        return {"None": "<null>", "dict": "<empty object>", "list": "<empty list>"}.get(
            type(value).__name__, "<null>"
        )
    if kept and abs(value) < _IDS:
        return value
    return "<true or false>" if isinstance(value, bool) else "<number>"


def _require_whole(about: Mapping[str, Any], taken: Mapping[str, Taken]) -> None:
    """Raise a TypeError or a LookupError unless a record has what `diff` reads of it."""
    parts: list[tuple[Any, type]] = [(about[name], str) for name in ("kind", "region", "date")]
    for step in (step for each in taken.values() for step in each.steps.values()):
        parts += [(step["status"], int), (step["headers"], dict), (step["body"], dict)]
    for part, kind in parts:
        if not isinstance(part, kind):
            raise TypeError(f"{part!r:.60} is not {kind.__name__}")


def write(folder: Path, about: Mapping[str, Any], taken: Mapping[str, Taken]) -> Path:
    """Write the record of a run, and return its path."""
    path = folder / FILE
    path.write_text(text_of(about, taken), "utf-8")
    return path


def text_of(about: Mapping[str, Any], taken: Mapping[str, Taken]) -> str:
    """Return a record as text."""
    probes = {
        probe_id: {"state": each.state, "reason": each.reason} | ({"steps": each.steps} if each.steps else {})
        for probe_id, each in taken.items()
    }
    return (
        json.dumps({"format": FORMAT, "target": about, "probes": probes}, indent=1, ensure_ascii=False) + "\n"
    )


def read(path: Path) -> tuple[dict[str, Any], dict[str, Taken]]:
    """Return what a record says of its target, and what the probes found out.

    Args:
        path: the file, or its folder.

    Raises:
        ValueError: the folder has no record, or the record has another format.
    """
    path = path / FILE if path.is_dir() else path
    try:
        found = json.loads(path.read_text("utf-8"))
        if found["format"] != FORMAT:
            raise ValueError(f"it has format {found['format']}, and this kit reads format {FORMAT}")
        taken = {probe_id: Taken(**each) for probe_id, each in found["probes"].items()}
        _require_whole(found["target"], taken)
        return found["target"], taken
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is not a record of this kit: {error!r}") from None
