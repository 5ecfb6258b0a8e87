"""An object in a response: whole or in part, with its headers, as S3's GetObject and HeadObject send it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from werkzeug.http import parse_date, parse_etags, parse_range_header

from qapps_mock.http_message import Headers, header_text
from qapps_mock.s3 import checksums
from qapps_mock.s3.errors import Response, S3Error, invalid_argument
from qapps_mock.s3.metadata import META, SYSTEM_METADATA
from qapps_mock.s3.request_ids import request_ids

if TYPE_CHECKING:
    from moto.s3.models import FakeKey

# Amazon S3 API reference, "GetObject": the parameters of a signed request that replace a header.
_OVERRIDES = {f"response-{name}": name.title() for name in SYSTEM_METADATA}
_NO_HEADER = re.compile(r"[^\t\x20-\x7e\xa0-\xff]").search
# Moto's own, and the one that is sent on demand.
_NOT_SENT = frozenset({"x-amz-sdk-checksum-algorithm", "content-length"})


def respond(stored: FakeKey, query: Mapping[str, str], headers: Headers) -> Response:
    """Return the object, the part of it that Range asks for, or 304 when the client has it already.

    Args:
        stored: Moto's object.
        query: the decoded parameters of a signed request.
        headers: of the request.

    Raises:
        S3Error: PreconditionFailed, InvalidRange, or InvalidArgument for a parameter that no header can carry.
    """
    about = _describe(stored) | _overrides(query)
    _require_preconditions(about, headers)
    if _is_not_modified(about, headers):
        return Response(304, {name: each for name, each in about.items() if name[:8] != "Content-"}, b"")
    content = stored.value
    part = _find_range(header_text(headers.get("range")), len(content))
    if part is not None:
        start, stop = part
        about["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        content = content[start:stop]
    elif header_text(headers.get("x-amz-checksum-mode")) == "ENABLED" and stored.checksum_algorithm:
        about[f"x-amz-checksum-{stored.checksum_algorithm.lower()}"] = stored.checksum_value or ""
        about["x-amz-checksum-type"] = (
            getattr(stored, "checksum_type", None) or checksums.WHOLE
        )  # None before Moto 5.1.9
    return Response(206 if part else 200, {**about, "Content-Length": str(len(content))}, content)


def _describe(stored: FakeKey) -> dict[str, str]:
    metadata = {
        name: each for name, each in stored.metadata.items() if name in SYSTEM_METADATA or name[:11] == META
    }
    found = {**stored.response_dict, **metadata}
    named = {_name(name): str(value) for name, value in found.items() if name not in _NOT_SENT}
    return {**request_ids(), "Accept-Ranges": "bytes", **named}


def _name(name: str) -> str:
    """Spell a header's name as S3 does."""
    return name if name == "ETag" or name.startswith("x-amz-") else name.title()


def _overrides(query: Mapping[str, str]) -> dict[str, str]:
    for name in _OVERRIDES.keys() & query.keys():
        if _NO_HEADER(query[name]):  # S3 says so of what is not Latin-1; control characters are assumed
            raise invalid_argument(
                "Header value cannot be represented using ISO-8859-1.", name=name, value=query[name]
            )
    return {header: query[name] for name, header in _OVERRIDES.items() if name in query}


def _require_preconditions(about: Mapping[str, str], headers: Headers) -> None:
    """Raise when If-Match does not hold, or without it If-Unmodified-Since."""
    failed = None
    if tags := header_text(headers.get("if-match")):
        if not parse_etags(tags).contains_raw(about["ETag"]):
            failed = "If-Match"
    elif _is_changed_since(about, headers, "if-unmodified-since"):
        failed = "If-Unmodified-Since"
    if failed:
        message = "At least one of the pre-conditions you specified did not hold"
        raise S3Error("PreconditionFailed", message, Condition=failed)


def _is_not_modified(about: Mapping[str, str], headers: Headers) -> bool:
    """Tell it by If-None-Match, or without it by If-Modified-Since."""
    if tags := header_text(headers.get("if-none-match")):
        return parse_etags(tags).contains_raw(f"W/{about['ETag']}")
    return _is_changed_since(about, headers, "if-modified-since") is False


def _is_changed_since(about: Mapping[str, str], headers: Headers, name: str) -> bool | None:
    """Compare the object's time with the one in a header; None: the header is absent, or not a time."""
    try:
        since = parse_date(header_text(headers.get(name)))
    except OverflowError:  # werkzeug lets it through
        return None
    changed = parse_date(about["Last-Modified"])
    return None if since is None or changed is None else changed > since


def _find_range(text: str, size: int) -> tuple[int, int] | None:
    """Return where the part that Range asks for starts and stops; None: it asks for the whole object.

    S3 ignores a header that it cannot read, and one with several ranges.

    Raises:
        S3Error: InvalidRange, when the object has nothing there.
    """
    asked = parse_range_header(text)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    start, stop = asked.ranges[0]
    if start < 0:
        start = max(start + size, 0)
    if start >= size or text.strip().endswith("=-0"):  # werkzeug reads the last 0 bytes as the first
        message = "The requested range is not satisfiable"
        raise S3Error("InvalidRange", message, RangeRequested=text, ActualObjectSize=size)
    return start, size if stop is None else min(stop, size)
