"""The form of an upload: its fields in order, up to and with the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from qapps_mock.uploads.errors import S3Error, invalid_argument, missing_field

# Amazon S3 API reference, "POST Object": what stands before the file is limited to 20 KB.
MAX_FIELDS_BYTES = 20480
FILE = "file"
_VARIABLE = "${filename}"
# The decoder copies all that it holds at each step: it gets a file bit by bit.
_CHUNK = 64 * 1024
# Of a part that a client writes without need of quoting: its name and perhaps that of a file.
_PLAIN_HEAD = re.compile(
    rb'\r\nContent-Disposition: form-data; name="([ !#$&-\[\]-~]*)"(?:; filename="([ !#$&-\[\]-~]*)")?'
    rb"(?:\r\nContent-Type: [ -~]*)?\r\n\r\n"
).match
# Name, file name, bytes.
_Part: TypeAlias = "tuple[str, str | None, bytes]"
# RFC 2046: at most 70 characters, the last one no space.
_BOUNDARY = re.compile(r"[ -~]{0,69}[!-~]").fullmatch


@dataclass(frozen=True)
class Form:
    """A form with one file.

    Attributes:
        fields: the values by lower-cased name, since S3 does not mind the case of names.
        names: the names as they were sent, by lower-cased name.
        content: the bytes of the file.
    """

    fields: dict[str, str]
    names: dict[str, str]
    content: bytes = field(repr=False)


def parse(content_type: str, body: bytes) -> Form:
    """Return the form in *body*.

    That the last of several fields of one name counts, and that bytes which are not UTF-8 make
    the form malformed, is assumed.

    Raises:
        S3Error: it is no form, it lacks its key or its file, or its fields are too large.
    """
    values: dict[str, str] = {}
    names: dict[str, str] = {}
    files: list[tuple[str | None, bytes]] = []
    size = 0
    for name, file_name, data in _parts(body, _boundary(content_type)):
        # By its name, never by the presence of a file name: some clients send one with each field.
        if name.lower() == FILE:
            files.append((file_name, data))
        elif not files:  # what follows the file is ignored
            size += len(name) + len(data)
            _refuse_large(size)
            values[name.lower()] = _text(data)
            names[name.lower()] = name
    if len(files) != 1:
        raise invalid_argument(
            "POST requires exactly one file upload per request.", name=FILE, value=str(len(files))
        )
    if not values.get("key"):
        raise missing_field("key")
    (file_name, content) = files[0]
    return Form(_expand(values, file_name), names, content)


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data":
        raise S3Error(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            Condition="Bucket POST must be of the enclosure-type multipart/form-data",
        )
    boundary = options.get("boundary", "")
    if not _BOUNDARY(boundary):
        raise _malformed()
    return boundary.encode()


def _parts(body: bytes, boundary: bytes) -> Iterable[_Part]:
    """Return name, file name and bytes of each part."""
    plain = _plain_parts(body, b"--" + boundary)
    return _decoded_parts(body, boundary) if plain is None else plain


def _plain_parts(body: bytes, delimiter: bytes) -> list[_Part] | None:
    """Return the parts of a body as nearly every client writes it; None: it takes a decoder.

    The decoder compiles two expressions for each boundary and copies a file several times, which
    is most of the cost of an upload. It decides whatever is not plain here.
    """
    parts: list[_Part] = []
    start = len(delimiter)
    if not body.startswith(delimiter):
        return None
    while body.startswith(b"\r\n", start):
        head = _PLAIN_HEAD(body, start)
        end = body.find(delimiter, start)
        if head is None or head.end() > end - 2 or not body.startswith(b"\r\n", end - 2):
            return None
        file_name = head[2].decode() if head[2] is not None else None
        parts.append((head[1].decode(), file_name, body[head.end() : end - 2]))
        start = end + len(delimiter)
    return parts if body.startswith(b"--", start) else None


def _decoded_parts(body: bytes, boundary: bytes) -> Iterator[_Part]:
    name: str | None = None
    file_name: str | None = None
    chunks: list[bytes] = []
    for event in _events(body, boundary):
        if isinstance(event, (Field, File)):
            name, file_name, chunks = event.name, getattr(event, "filename", None), []
            if name is None:
                raise _malformed()
        elif isinstance(event, Data):
            chunks.append(event.data)
            if not event.more_data:
                assert name is not None
                yield name, file_name, b"".join(chunks)


def _events(body: bytes, boundary: bytes) -> Iterator[Event]:
    decoder = MultipartDecoder(boundary)
    try:
        for start in range(0, len(body), _CHUNK):
            decoder.receive_data(body[start : start + _CHUNK])
            while not isinstance(event := decoder.next_event(), NeedData):
                yield event
        decoder.receive_data(None)
        while not isinstance(decoder.next_event(), Epilogue):
            pass
    except ValueError:
        raise _malformed() from None


def _refuse_large(size: int) -> None:
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
    """Put the file's name where fields ask for it; without a name they keep the variable, as S3 does."""
    if file_name is None:
        return values
    base = re.split(r"[/\\]", file_name)[-1]
    return {name: value.replace(_VARIABLE, base) for name, value in values.items()}
