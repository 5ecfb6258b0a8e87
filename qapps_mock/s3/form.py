"""The form of an upload: its fields in order, up to the file."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from werkzeug.http import parse_options_header

from qapps_mock.s3.errors import S3Error, invalid_argument, missing_field

# Amazon S3 API reference, "POST Object": the data before the file is limited to 20 KB.
MAX_FIELDS_BYTES = 20480
# Longer than these fields and their part headers, with the start of the file.
BEGINNING_BYTES = 65536
FILE = "file"
_CLOSE = b"\r\n--%s--\r\n"
_VARIABLE = "${filename}"
# RFC 2046: at most 70 characters; the last one is not a space.
_BOUNDARY = re.compile(r"[ -~]{0,69}[!-~]").fullmatch
_DELIMITER_END = re.compile(rb"(--)|[ \t]*\r\n").match
_DISPOSITION = re.compile(r"(?:^|\n)content-disposition:((?:[^\r\n]|\r\n[ \t])*)", re.IGNORECASE).search
# Clients escape quotes only: every other backslash belongs to a Windows path.
_BACKSLASH = re.compile(r'\\(?!")')


@dataclass(frozen=True)
class Form:
    """A form with one file.

    Attributes:
        fields: the values by lower-cased name, since S3 ignores the case of names.
        content: the bytes of the file, a view of the body.
        size: of the file, in bytes. If the body is not complete: if nothing but the last delimiter follows it.
        least_size: if the body is not complete: when other fields follow the file.
    """

    fields: dict[str, str]
    content: memoryview = field(repr=False)
    size: int
    least_size: int


def parse(content_type: str, body: bytes, *, unread: int = 0) -> Form:
    """Return the form in *body*, of which *unread* bytes are still to come.

    Assumed: the last of several fields with the same name counts, and bytes that are not UTF-8
    make the form malformed.

    Raises:
        S3Error: the body is not a form, the form has no key or no file, or its fields are too large.
    """
    values: dict[str, str] = {}
    files: list[tuple[str | None, memoryview]] = []
    boundary = _boundary(content_type)
    for start, end in _parts(body, boundary, complete=not unread):
        name, file_name, start = _open(body, start, end)
        # The name decides, not the presence of a file name: some clients send one with each field.
        if name == FILE:
            files.append((file_name, memoryview(body)[start:end]))
        elif not files:  # S3 ignores the fields after the file
            _require_size(end)
            values[name] = _text(body[start:end])
    if len(files) != 1:
        raise invalid_argument(
            "POST requires exactly one file upload per request.", name=FILE, value=str(len(files))
        )
    (file_name, content) = files[0]
    fields = _expand(values, file_name)
    if not fields.get("key"):
        raise missing_field("key")
    end = len(_CLOSE % boundary) if unread else 0
    size = len(content) + unread
    return Form(fields, content, size - end, size - min(unread, BEGINNING_BYTES))


def find_key(content_type: str, body: bytes) -> str | None:
    """Return the key in a form that S3 refuses, wherever it stands; None: it is not readable.

    Also in a form that was sent without its boundary, or URL-encoded.
    """
    first_line = body[:80].partition(b"\r\n")[0]
    if not first_line.startswith(b"--"):
        keys = parse_qs(body[:MAX_FIELDS_BYTES].decode("latin-1"), encoding="utf-8").get("key")
        return keys[-1] if keys else None
    with contextlib.suppress(S3Error):
        boundary = first_line[2:] if "boundary=" not in content_type.lower() else _boundary(content_type)
        for start, end in _parts(body, boundary):
            name, _, start = _open(body, start, end)
            if name == "key":
                return _text(body[start:end])
    return None


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind.lower() != "multipart/form-data":
        raise S3Error(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            Condition="Bucket POST must be of the enclosure-type multipart/form-data",
        )
    boundary = options.get("boundary", "")
    if not _BOUNDARY(boundary):
        raise _malformed()
    return boundary.encode()


def _parts(body: bytes, boundary: bytes, *, complete: bool = True) -> Iterator[tuple[int, int]]:
    """Yield where each part starts and ends, without copying it. The last one of an incomplete body has no end."""
    delimiter = b"\r\n--" + boundary
    start = None
    # No line break needs to stand before the first delimiter.
    place = -2 if body.startswith(delimiter[2:]) else body.find(delimiter)
    while place != -1:
        after = place + len(delimiter)
        delimiter_end = _DELIMITER_END(body, after)
        if delimiter_end is not None:
            if start is not None:
                yield start, place
            if delimiter_end[1]:
                return
            start = delimiter_end.end()
        place = body.find(delimiter, after)
    if complete or start is None:
        raise _malformed()
    yield start, len(body)


def _open(body: bytes, start: int, end: int) -> tuple[str, str | None, int]:
    """Return lower-cased name and file name of the part from *start* to *end*, and where its content starts."""
    blank = body.find(b"\r\n\r\n", start, end)
    if blank == -1:
        raise _malformed()
    _require_size(blank - start)
    name, file_name = _disposition(body[start:blank])
    return name, file_name, blank + 4


@functools.lru_cache(maxsize=256)
def _disposition(headers: bytes) -> tuple[str, str | None]:
    match = _DISPOSITION(_text(headers))
    if match is None:
        raise _malformed()
    # A folded line is one line, so no name carries a line break into a header.
    line = match[1].replace("\r\n", " ")
    _, options = parse_options_header(_BACKSLASH.sub(r"\\\\", line))
    if "name" not in options:
        raise _malformed()
    return options["name"].lower(), options.get("filename")


def _require_size(size: int) -> None:
    if size > MAX_FIELDS_BYTES:
        raise S3Error(
            "MaxPostPreDataLengthExceeded",
            "Your POST request fields preceeding the upload file was too large.",
            MaxPostPreDataLengthBytes=MAX_FIELDS_BYTES,
        )


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _malformed() from None


def _malformed() -> S3Error:
    return S3Error(
        "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."
    )


def _expand(values: dict[str, str], file_name: str | None) -> dict[str, str]:
    """Replace ``${filename}`` by the name of the file; without a name S3 keeps the variable."""
    if file_name is None:
        return values
    base = re.split(r"[/\\]", file_name)[-1]
    return {name: value.replace(_VARIABLE, base) for name, value in values.items()}
