"""Remove what a run made: at its end, and by `clean`. Nothing is touched that the journal does not name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from qapps_mock.conformance import template
from qapps_mock.conformance.caller import Caller
from qapps_mock.conformance.journal import Entry, Journal
from qapps_mock.conformance.probe import ProbeError, Step, read_steps
from qapps_mock.conformance.wire import Answer, NoAnswer

_MOST_PAGES = 100


class _Left(Exception):
    """Something could not be removed; the message is the reason."""


def undo(entries: Iterable[Entry], caller: Caller, journal: Journal, say: Callable[[str], None]) -> None:
    """Remove what *entries* name, in their order; tell of what stays."""
    for entry in entries:
        try:
            _remove(entry, caller)
        except (_Left, NoAnswer, ProbeError, template.Missing) as error:
            say(f"not removed: {_named(entry)}: {error}")
        except (AttributeError, LookupError, TypeError):
            say(f"not removed: {_named(entry)}: the target sent a response of another form")
        else:
            journal.settle(entry)


def _named(entry: Entry) -> str:
    wanted = ", ".join(sorted(set(template.references(entry.undo))))
    return f"entry {entry.number} of the journal" + (f" ({wanted})" if wanted else "")


def _remove(entry: Entry, caller: Caller) -> None:
    values = dict(entry.values)
    if not entry.known and "find" in entry.undo:
        # The response never came. What was made, if anything, has a name of this run.
        found = _find(entry.undo["find"], caller, values)
        if found is None:
            return
        values[entry.undo["find"]["as"]] = found
    for step in read_steps(entry.undo["steps"], "undo"):
        if step.kind == "empty":
            _empty(step, caller, values)
        else:
            _require_gone(caller.call(step, values))


def _require_gone(answer_and_document: tuple[Answer, Any]) -> None:
    answer, _ = answer_and_document
    if answer.status >= 300 and answer.status != 404:
        raise _Left(f"status {answer.status}")


def _find(find: Mapping[str, Any], caller: Caller, values: Mapping[str, Any]) -> Any:
    """Return the item of a list that has exactly the members that the journal names; None: there is none."""
    where, token = template.filled(find["where"], values), None
    for _ in range(_MOST_PAGES):
        parameters = {**find.get("with", {}), **({"nextToken": token} if token else {})}
        answer, page = caller.call(Step("find", "call", find["call"], {"with": parameters}), values)
        if answer.status >= 300:
            raise _Left(f"{find['call']} has status {answer.status}")
        for item in page.get(find["list"], []):
            if all(item.get(name) == value for name, value in where.items()):
                return item
        token = page.get("nextToken")
        if not token:
            return None
    raise _Left(f"{find['call']} has more than {_MOST_PAGES} pages")


def _empty(step: Step, caller: Caller, values: Mapping[str, Any]) -> None:
    """Delete the objects of a bucket that the run made."""
    bucket = template.filled(step.what, values)
    for _ in range(_MOST_PAGES):
        answer, found = caller.call(Step("list", "s3", {"bucket": bucket, "query": "list-type=2"}), values)
        if answer.status == 404:
            return
        if answer.status >= 300:
            raise _Left(f"the list of objects has status {answer.status}")
        keys = list(_keys(found))
        if not keys:
            return
        _require_gone(caller.call(Step("delete", "s3", _deletion(bucket, keys)), values))
    raise _Left("the bucket does not become empty")


def _deletion(bucket: str, keys: Iterable[str]) -> dict[str, Any]:
    # In the path of a URL some keys would lead elsewhere, for example ../a.
    objects = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
    body = f"<Delete>{objects}</Delete>"
    md5 = base64.b64encode(hashlib.md5(body.encode(), usedforsecurity=False).digest()).decode()
    headers = {"Content-MD5": md5, "Content-Type": "application/xml"}
    return {"method": "POST", "bucket": bucket, "query": "delete=", "headers": headers, "body": body}


def _keys(document: Any) -> Iterator[str]:
    contents = document["ListBucketResult"].get("Contents", [])
    for each in contents if isinstance(contents, list) else [contents]:
        yield each["Key"]
