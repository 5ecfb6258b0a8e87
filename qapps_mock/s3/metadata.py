"""The metadata that a form gives to its object, and how S3 writes text outside ASCII in its headers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping

from qapps_mock.s3.errors import S3Error, invalid_argument

# Amazon S3 user guide: the size of user-defined metadata.
_MAX_METADATA_BYTES = 2048
META = "x-amz-meta-"
SYSTEM_METADATA = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)
_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII).fullmatch
# Latin-1 without control characters: what a header can carry.
_NO_HEADER = re.compile(r"[^\t\x20-\x7e\xa0-\xff]")
_NOT_PLAIN = re.compile(r"[^\t\r\n\x20-\x7e]")
_NOT_IN_Q = re.compile(rb"[^ -~]|[=?_]")
# RFC 2047: a word has 75 characters at most. These are left between its marks.
_WORD = 75 - len("=?UTF-8?Q??=")


def read(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of an object, by lower-cased name, in *fields*.

    Raises:
        S3Error: MetadataTooLarge, or InvalidArgument for a name that no header can have.
    """
    own = {name: value for name, value in fields.items() if name.startswith(META)}
    for name in own:
        if not _HEADER_NAME(name):  # words assumed
            raise invalid_argument("The name of the metadata is not a valid header name", name=name)
    size = sum(len(name[len(META) :].encode()) + len(value.encode()) for name, value in own.items())
    if size > _MAX_METADATA_BYTES:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        raise S3Error("MetadataTooLarge", message, Size=size, MaxSizeAllowed=_MAX_METADATA_BYTES)
    headers = {name: fields[name] for name in SYSTEM_METADATA if name in fields}
    headers |= {name: _encode(value) for name, value in own.items()}
    return {name: _NO_HEADER.sub(" ", value) for name, value in headers.items()}


def _encode(text: str) -> str:
    """Return *text* in words of RFC 2047 unless it is plain, as JavaMail's encodeText does.

    Recorded responses agree with its rules for Q and B words. That S3 splits long text as JavaMail
    does, and counts characters in UTF-16, is assumed.
    """
    odd = _utf16_length("".join(_NOT_PLAIN.findall(text)))
    if not odd:
        return text
    in_q_words = _utf16_length(text) > 2 * odd
    return " ".join(
        _words(text, "Q", _q_word)
        if in_q_words
        else _words(text, "B", lambda data: base64.b64encode(data).decode())
    )


def _words(text: str, kind: str, encode: Callable[[bytes], str]) -> list[str]:
    encoded = encode(text.encode())
    if len(encoded) <= _WORD or len(text) == 1:
        return [f"=?UTF-8?{kind}?{encoded}?="]
    half = _half(text)
    return [*_words(text[:half], kind, encode), *_words(text[half:], kind, encode)]


def _half(text: str) -> int:
    """Return where the first half of *text* ends, counted in UTF-16 and rounded down to a character."""
    units = len(text.encode("utf-16-le")) // 4 * 2
    return len(text.encode("utf-16-le")[:units].decode("utf-16-le", "ignore"))


def _q_word(data: bytes) -> str:
    quoted = _NOT_IN_Q.sub(lambda found: b"=%02X" % found[0][0], data)
    return quoted.replace(b" ", b"_").decode()


def _utf16_length(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
