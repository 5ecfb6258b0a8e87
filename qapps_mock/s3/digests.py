"""The digests behind S3's checksums."""

from __future__ import annotations

import hashlib
import importlib
import struct
import zlib
from collections.abc import Callable
from functools import cache, partial
from typing import Any, NamedTuple

from qapps_mock.s3.errors import S3Error


class Algorithm(NamedTuple):
    """How to calculate a digest, and how many bytes it has."""

    digest: Callable[[bytes], bytes]
    size: int


def has_awscrt(name: str) -> bool:
    """Tell whether awscrt is installed and has the CRC called *name*."""
    return _awscrt(name) is not None


@cache  # Python looks for a missing package again each time, which takes longer than a small upload
def _awscrt(name: str) -> Callable[[bytes], int] | None:
    try:
        from awscrt import checksums
    except ImportError:
        return None
    found: Callable[[bytes], int] | None = getattr(checksums, name, None)  # None: a release that is too old
    return found


def _crc(name: str, polynomial: int, size: int, content: bytes) -> bytes:
    """Use awscrt when it is installed: Python has neither CRC, and its loop needs a second for 10 MB."""
    calculate = _awscrt(name)
    if calculate is None:
        return _reflected_crc(polynomial, size, content)
    return calculate(content).to_bytes(size, "big")


def _reflected_crc(polynomial: int, size: int, content: bytes) -> bytes:
    """Calculate a CRC eight bytes at a time, then the rest byte by byte."""
    tables = _crc_tables(polynomial)
    t0, t1, t2, t3, t4, t5, t6, t7 = tables
    ones = (1 << 8 * size) - 1
    crc = ones
    whole = len(content) & ~7
    for (word,) in struct.iter_unpack("<Q", memoryview(content)[:whole]):
        crc ^= word
        crc = (
            t7[crc & 255]
            ^ t6[crc >> 8 & 255]
            ^ t5[crc >> 16 & 255]
            ^ t4[crc >> 24 & 255]
            ^ t3[crc >> 32 & 255]
            ^ t2[crc >> 40 & 255]
            ^ t1[crc >> 48 & 255]
            ^ t0[crc >> 56]
        )
    for byte in content[whole:]:
        crc = t0[(crc ^ byte) & 255] ^ (crc >> 8)
    return (crc ^ ones).to_bytes(size, "big")


@cache
def _crc_tables(polynomial: int) -> list[list[int]]:
    """Return the tables of a CRC: the remainder of each byte, followed by none to seven bytes of zeros."""
    first = []
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (polynomial if crc & 1 else 0)
        first.append(crc)
    tables = [first]
    for _ in range(7):
        tables.append([first[crc & 255] ^ (crc >> 8) for crc in tables[-1]])
    return tables


def _hash(name: str, content: bytes) -> bytes:
    return hashlib.new(name, content, usedforsecurity=False).digest()


def _xxhash(field: str, name: str, content: bytes) -> bytes:
    """Return the canonical, big-endian digest (assumed: no value of S3 is known)."""
    try:
        xxhash: Any = importlib.import_module("xxhash")
    except ImportError:
        message = f"qapps_mock needs the package xxhash to check {field}: pip install xxhash."
        raise S3Error("InvalidRequest", message) from None
    digest: bytes = getattr(xxhash, name)(content).digest()
    return digest


# By the end of the name of its field.
ALGORITHMS = {
    "crc32": Algorithm(lambda content: zlib.crc32(content).to_bytes(4, "big"), 4),
    "crc32c": Algorithm(partial(_crc, "crc32c", 0x82F63B78, 4), 4),
    "crc64nvme": Algorithm(partial(_crc, "crc64nvme", 0x9A6C9329AC4BC9B5, 8), 8),
    "md5": Algorithm(partial(_hash, "md5"), 16),
    "sha1": Algorithm(partial(_hash, "sha1"), 20),
    "sha256": Algorithm(partial(_hash, "sha256"), 32),
    "sha512": Algorithm(partial(_hash, "sha512"), 64),
    "xxhash64": Algorithm(partial(_xxhash, "x-amz-checksum-xxhash64", "xxh64"), 8),
    "xxhash3": Algorithm(partial(_xxhash, "x-amz-checksum-xxhash3", "xxh3_64"), 8),
    "xxhash128": Algorithm(partial(_xxhash, "x-amz-checksum-xxhash128", "xxh3_128"), 16),
}
