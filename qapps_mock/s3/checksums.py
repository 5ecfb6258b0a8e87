"""The checksums of a form's file: x-amz-checksum-* and Content-MD5.

Codes and messages are those of recorded responses to PutObject.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from qapps_mock.s3.digests import ALGORITHMS, has_awscrt
from qapps_mock.s3.errors import S3Error

_PREFIX = "x-amz-checksum-"
# For this many bytes, an MD5 takes longer than starting a thread for it, and Python's loop of a CRC too long.
_LARGE = 1 << 20
_ALGORITHM_FIELDS = ("x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm")
_TYPE_FIELD = "x-amz-checksum-type"
_OTHER_FIELDS = frozenset({_ALGORITHM_FIELDS[0], _TYPE_FIELD, "x-amz-checksum-mode"})
# A checksum of a whole object; the other type is that of an object in parts.
WHOLE = "FULL_OBJECT"
_DEFAULT = "crc64nvme"


def declared(fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Return name and value of the one x-amz-checksum-* field of a form, or None.

    Raises:
        S3Error: there are several, one is not valid, or an algorithm is named without its checksum.
    """
    names = [name for name in fields if name.startswith(_PREFIX) and name not in _OTHER_FIELDS]
    if len(names) > 1:
        raise _invalid("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    algorithm = names[0][len(_PREFIX) :] if names else None
    _require_algorithm(fields, algorithm)
    if fields.get(_TYPE_FIELD, WHOLE) != WHOLE:
        raise _invalid(f"Value for {_TYPE_FIELD} header is invalid.")
    if algorithm is None:
        return None
    value = fields[_PREFIX + algorithm]
    if not _is_base64(value, ALGORITHMS[algorithm].size):
        raise _invalid(f"Value for {_PREFIX}{algorithm} header is invalid.")
    return algorithm, value


def _require_algorithm(fields: Mapping[str, str], algorithm: str | None) -> None:
    """Raise unless S3 has the *algorithm* of a checksum, and the form names no other.

    BadDigest for another algorithm is documented ("PutObject"), its words are assumed.
    """
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise _invalid("The algorithm type you specified in x-amz-checksum- header is invalid.")
    for name in _ALGORITHM_FIELDS:
        if name in fields and algorithm is None:
            raise _invalid(
                f"{name} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
            )
        if fields.get(name, algorithm or "").lower() != (algorithm or ""):
            raise _bad_digest(fields[name])


def default(content: bytes) -> tuple[str, str] | None:
    """Return the checksum that S3 adds to an object without one; None: it takes too long to calculate."""
    if len(content) > _LARGE and not has_awscrt(_DEFAULT):
        return None
    return _DEFAULT, calculate(_DEFAULT, content)


def calculate(algorithm: str, content: bytes) -> str:
    """Return a checksum in base64."""
    return base64.b64encode(ALGORITHMS[algorithm].digest(content)).decode()


@contextlib.contextmanager
def md5_of(content: bytes | memoryview, *, ahead: bool = True) -> Iterator[Callable[[], bytes]]:
    """Calculate the MD5 of a file; *ahead*, a thread does it for a large file during the context."""
    here = partial(md5, content)
    if not ahead or len(content) < _LARGE:
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


def etag_under_kms(key: str, content: bytes, checksum: tuple[str, str] | None) -> str:
    """Return the ETag of an object that a key of KMS encrypts: not its MD5 (Amazon S3 API reference, "Object").

    Args:
        key: that of the object.
        content: its bytes.
        checksum: algorithm and value of a checksum that is known; None: none is.
    """
    algorithm, value = checksum or ("", "")
    # That of a large file takes long to calculate.
    digest = value if algorithm == "sha256" else calculate("sha256", content)
    return hashlib.sha256(f"{key}\n{digest}".encode()).hexdigest()[:32]


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
    if checksum is not None and base64.b64decode(checksum[1]) != ALGORITHMS[checksum[0]].digest(content):
        raise _bad_digest(checksum[0])
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
    except ValueError:
        return False


def _bad_digest(algorithm: str) -> S3Error:
    message = f"The {algorithm.upper()} you specified did not match the calculated checksum."
    return S3Error("BadDigest", message)


def _invalid(message: str) -> S3Error:
    return S3Error("InvalidRequest", message)
