"""The checksums of a form's file: x-amz-checksum-* and Content-MD5.

Codes and messages are those of recorded responses to PutObject.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

from qapps_mock.s3.errors import S3Error

_PREFIX = "x-amz-checksum-"
# For this many bytes, an MD5 takes longer than starting a thread for it.
_LARGE = 1 << 20
_ALGORITHM_FIELDS = ("x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm")


def _crc(name: str, polynomial: int, size: int, content: bytes) -> bytes:
    """Use awscrt when it is installed: Python has neither CRC, and its loop needs over a second for 10 MB."""
    try:
        from awscrt import checksums

        value: int = getattr(checksums, name)(content)
    except (ImportError, AttributeError):  # AttributeError: a release that is too old
        return _reflected_crc(polynomial, size, content)
    return value.to_bytes(size, "big")


def _reflected_crc(polynomial: int, size: int, content: bytes) -> bytes:
    table, ones = _crc_table(polynomial), (1 << 8 * size) - 1
    crc = ones
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return (crc ^ ones).to_bytes(size, "big")


@cache
def _crc_table(polynomial: int) -> list[int]:
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (polynomial if crc & 1 else 0)
        table.append(crc)
    return table


# By the end of the field's name: the algorithm, and the number of bytes of its checksums.
_ALGORITHMS: dict[str, tuple[Callable[[bytes], bytes], int]] = {
    "crc32": (lambda content: zlib.crc32(content).to_bytes(4, "big"), 4),
    "crc32c": (partial(_crc, "crc32c", 0x82F63B78, 4), 4),
    "crc64nvme": (partial(_crc, "crc64nvme", 0x9A6C9329AC4BC9B5, 8), 8),
    "sha1": (lambda content: hashlib.sha1(content, usedforsecurity=False).digest(), 20),
    "sha256": (lambda content: hashlib.sha256(content).digest(), 32),
}


def declared(fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Return name and value of the one x-amz-checksum-* field of a form, or None.

    Raises:
        S3Error: there are several, its value is not valid, or an algorithm is named without its checksum.
    """
    given = [(each, fields[_PREFIX + each]) for each in _ALGORITHMS if _PREFIX + each in fields]
    if len(given) > 1:
        raise _invalid("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    for name in _ALGORITHM_FIELDS:
        if name in fields and [fields[name].lower()] != [algorithm for algorithm, _ in given]:
            raise _invalid(
                f"{name} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
            )
    for algorithm, value in given:
        if not _is_base64(value, _ALGORITHMS[algorithm][1]):
            raise _invalid(f"Value for {_PREFIX}{algorithm} header is invalid.")
        return algorithm, value
    return None


@contextlib.contextmanager
def md5_of(content: bytes | memoryview) -> Iterator[Callable[[], bytes]]:
    """Calculate the MD5 of a file; for a large file a thread does it during the context."""
    here = partial(md5, content)
    if len(content) < _LARGE:
        yield here
        return
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="qapps-mock MD5") as pool:
        try:
            digest = pool.submit(here).result
        except RuntimeError:  # no thread can be started: there are too many, or the interpreter is exiting
            digest = here
        yield digest


def md5(content: bytes | memoryview) -> bytes:
    """Return the MD5 of *content*."""
    return hashlib.md5(content, usedforsecurity=False).digest()


def check(
    content: bytes, checksum: tuple[str, str] | None, *, md5: Callable[[], bytes], declared_md5: str | None
) -> None:
    """Raise unless the file has the checksums that the form declares.

    Args:
        content: the bytes of the file.
        checksum: what `declared` returned.
        md5: returns the MD5 of *content*.
        declared_md5: the field Content-MD5.

    Raises:
        S3Error: BadDigest or InvalidDigest.
    """
    if checksum is not None and base64.b64decode(checksum[1]) != _ALGORITHMS[checksum[0]][0](content):
        name = checksum[0].upper()
        raise S3Error("BadDigest", f"The {name} you specified did not match the calculated checksum.")
    if declared_md5 is not None:
        _check_md5(md5(), declared_md5)


def _check_md5(md5: bytes, declared_md5: str) -> None:
    if not _is_base64(declared_md5, len(md5)):
        raise S3Error(
            "InvalidDigest", "The Content-MD5 you specified was invalid.", **{"Content-MD5": declared_md5}
        )
    if base64.b64decode(declared_md5) != md5:
        raise S3Error(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
            ExpectedDigest=base64.b64decode(declared_md5).hex(),
            CalculatedDigest=base64.b64encode(md5).decode(),
        )


def _is_base64(value: str, size: int) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == size
    except (binascii.Error, ValueError):
        return False


def _invalid(message: str) -> S3Error:
    return S3Error("InvalidRequest", message)
