"""The checksums of a form's file."""

from __future__ import annotations

import base64
import hashlib
import sys
import threading
import types
from typing import Any

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.s3 import checksums, digests
from qapps_mock.s3.digests import ALGORITHMS
from tests.s3.posts import refused

# The published check values of CRCs (and of NIST for SHA) are those of these nine bytes.
CHECK = b"123456789"
CHECKSUMS = {
    "crc32": "cbf43926",
    "crc32c": "e3069283",
    "crc64nvme": "ae8b14860a799888",
    "sha1": hashlib.sha1(CHECK).hexdigest(),
    "sha256": hashlib.sha256(CHECK).hexdigest(),
    "sha512": hashlib.sha512(CHECK).hexdigest(),
    "md5": hashlib.md5(CHECK).hexdigest(),
}
# The functions of the package xxhash, and the sizes of their digests.
XXHASHES = {"xxhash64": ("xxh64", 8), "xxhash3": ("xxh3_64", 8), "xxhash128": ("xxh3_128", 16)}
MD5 = base64.b64encode(hashlib.md5(CHECK).digest()).decode()
LARGE = CHECK * 150_000


@pytest.fixture(autouse=True)
def _awscrt_is_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_awscrt", digests._awscrt.__wrapped__)


def base64_of(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()


def verify(content: bytes, declared: tuple[str, str] | None = None, md5: str | None = None) -> bytes:
    """Check *content* as in an upload, and return its MD5."""
    with checksums.md5_of(content) as found:
        checksums.check(content, declared, md5=found, declared_md5=md5)
        return found()


@pytest.mark.parametrize(("algorithm", "checksum"), CHECKSUMS.items())
def test_a_checksum_that_is_right_passes(algorithm, checksum):
    declared = checksums.declared({"key": "a", f"x-amz-checksum-{algorithm}": base64_of(checksum)})

    assert declared == (algorithm, base64_of(checksum))
    assert verify(CHECK, declared) == hashlib.md5(CHECK).digest()


@pytest.mark.parametrize(("algorithm", "checksum"), CHECKSUMS.items())
def test_a_checksum_that_is_wrong_is_a_bad_digest(algorithm, checksum):
    with refused(
        "BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum."
    ):
        verify(CHECK + b"0", (algorithm, base64_of(checksum)))


@pytest.mark.parametrize("algorithm", ["crc32c", "crc64nvme"])
@pytest.mark.parametrize("installed", [True, False, "without this checksum"])
def test_awscrt_calculates_a_crc_when_it_is_installed(monkeypatch, algorithm, installed):
    asked = []

    def crc(content: bytes) -> int:
        asked.append(content)
        return int(CHECKSUMS[algorithm], 16)

    awscrt: Any = types.ModuleType("awscrt")
    awscrt.checksums = types.SimpleNamespace(**{algorithm: crc} if installed is True else {})
    monkeypatch.setitem(sys.modules, "awscrt", awscrt if installed else None)

    verify(CHECK, (algorithm, base64_of(CHECKSUMS[algorithm])))

    assert asked == ([CHECK] if installed is True else [])


@pytest.mark.parametrize("algorithm", CHECKSUMS)
@pytest.mark.parametrize("value", ["", "!", "AAA", "AAAA", "AAAA\n", "ü", "A" * 100])
def test_a_checksum_has_the_size_of_its_algorithm(algorithm, value):
    with refused("InvalidRequest", f"Value for x-amz-checksum-{algorithm} header is invalid."):
        checksums.declared({f"x-amz-checksum-{algorithm}": value})


def test_a_form_declares_one_checksum_at_most():
    fields = {f"x-amz-checksum-{name}": base64_of(each) for name, each in CHECKSUMS.items()}

    with refused(
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    ):
        checksums.declared(fields)


@pytest.mark.parametrize("name", ["x-amz-checksum-algorithm", "x-amz-sdk-checksum-algorithm"])
@pytest.mark.parametrize("value", ["SHA256", "CRC32", "unknown", ""])
def test_an_algorithm_needs_its_checksum(name, value):
    message = f"{name} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."

    with refused("InvalidRequest", message):
        checksums.declared({name: value})
    with refused("BadDigest", f"The {value.upper()} you specified did not match the calculated checksum."):
        checksums.declared({name: value, "x-amz-checksum-sha1": base64_of(CHECKSUMS["sha1"])})


@pytest.mark.parametrize("algorithm", ["crc16", "", "sha-256", "ü"])
def test_an_unknown_algorithm_is_refused(algorithm):
    message = "The algorithm type you specified in x-amz-checksum- header is invalid."

    with refused("InvalidRequest", message):
        checksums.declared({f"x-amz-checksum-{algorithm}": "AAAA"})


def test_a_checksum_is_that_of_the_whole_object():
    fields = {"x-amz-checksum-sha256": base64_of(CHECKSUMS["sha256"])}

    assert checksums.declared({**fields, "x-amz-checksum-type": "FULL_OBJECT"})
    with refused("InvalidRequest", "Value for x-amz-checksum-type header is invalid."):
        checksums.declared({**fields, "x-amz-checksum-type": "COMPOSITE"})


@pytest.mark.parametrize(("algorithm", "name", "size"), [(each, *XXHASHES[each]) for each in XXHASHES])
def test_xxhash_calculates_its_checksums_when_it_is_installed(monkeypatch, algorithm, name, size):
    digest = bytes(range(size))
    package: Any = types.ModuleType("xxhash")
    setattr(package, name, lambda content: types.SimpleNamespace(digest=lambda: digest))
    monkeypatch.setitem(sys.modules, "xxhash", package)
    declared = checksums.declared({f"x-amz-checksum-{algorithm}": base64_of(digest.hex())})

    verify(CHECK, declared)

    with refused(
        "BadDigest", f"The {algorithm.upper()} you specified did not match the calculated checksum."
    ):
        verify(CHECK, (algorithm, base64_of("00" * size)))


@pytest.mark.parametrize("algorithm", XXHASHES)
def test_without_xxhash_its_checksums_are_refused(monkeypatch, algorithm):
    monkeypatch.setitem(sys.modules, "xxhash", None)
    declared = checksums.declared({f"x-amz-checksum-{algorithm}": base64_of("00" * XXHASHES[algorithm][1])})

    message = f"qapps_mock needs the package xxhash to check x-amz-checksum-{algorithm}: pip install xxhash."
    with refused("InvalidRequest", message):
        verify(CHECK, declared)


def test_every_checksum_algorithm_of_s3_is_known():
    model = botocore.session.Session().get_service_model("s3")

    assert {each.lower() for each in model.shape_for("ChecksumAlgorithm").enum} <= ALGORITHMS.keys()


@pytest.mark.parametrize("installed", [True, False])
def test_a_file_without_checksum_gets_one_at_once_unless_it_takes_too_long(monkeypatch, installed):
    awscrt: Any = types.ModuleType("awscrt")
    awscrt.checksums = types.SimpleNamespace(crc64nvme=lambda content: int(CHECKSUMS["crc64nvme"], 16))
    monkeypatch.setitem(sys.modules, "awscrt", awscrt if installed else None)
    expected = ("crc64nvme", base64_of(CHECKSUMS["crc64nvme"]))

    assert checksums.default(CHECK) == expected
    assert checksums.default(LARGE) == (expected if installed else None)


@given(st.binary(max_size=40), st.sampled_from(["crc32c", "crc64nvme"]))
def test_a_crc_is_that_of_its_definition(content, algorithm):
    polynomial, bits = {"crc32c": (0x82F63B78, 32), "crc64nvme": (0x9A6C9329AC4BC9B5, 64)}[algorithm]
    crc = ones = (1 << bits) - 1
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (polynomial if crc & 1 else 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "awscrt", None)
        assert ALGORITHMS[algorithm].digest(content) == (crc ^ ones).to_bytes(bits // 8, "big")


@pytest.mark.parametrize("value", ["SHA256", "sha256"])
def test_an_algorithm_can_accompany_its_checksum(value):
    fields = {"x-amz-checksum-sha256": base64_of(CHECKSUMS["sha256"]), "x-amz-checksum-algorithm": value}

    assert checksums.declared(fields) == ("sha256", base64_of(CHECKSUMS["sha256"]))


def test_a_form_need_not_declare_anything():
    assert checksums.declared({"key": "a"}) is None
    assert verify(CHECK) == hashlib.md5(CHECK).digest()


def test_a_content_md5_that_is_right_passes():
    assert verify(CHECK, md5=MD5) == hashlib.md5(CHECK).digest()


def test_a_content_md5_that_is_wrong_is_a_bad_digest():
    with refused(
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        ExpectedDigest=hashlib.md5(CHECK).hexdigest(),
        CalculatedDigest=base64.b64encode(hashlib.md5(b"").digest()).decode(),
    ):
        verify(b"", md5=MD5)


@pytest.mark.parametrize("value", ["", "!", "AAAA", MD5[:-2], f"{MD5}\n", "ü"])
def test_a_content_md5_is_base64_of_16_bytes(value):
    elements: dict[str, Any] = {"Content-MD5": value}

    with refused("InvalidDigest", "The Content-MD5 you specified was invalid.", **elements):
        verify(CHECK, md5=value)


def test_both_digests_of_a_large_file_are_checked():
    sha256 = ("sha256", base64_of(hashlib.sha256(LARGE).hexdigest()))

    assert verify(LARGE, sha256) == hashlib.md5(LARGE).digest()
    with refused("BadDigest", "The SHA256 you specified did not match the calculated checksum."):
        verify(LARGE + b"0", sha256)
    with refused(
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        ExpectedDigest=hashlib.md5(CHECK).hexdigest(),
        CalculatedDigest=base64.b64encode(hashlib.md5(LARGE).digest()).decode(),
    ):
        verify(LARGE, sha256, MD5)


def test_the_digest_of_a_large_file_needs_no_thread(monkeypatch):
    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)

    assert verify(LARGE, md5=base64_of(hashlib.md5(LARGE).hexdigest())) == hashlib.md5(LARGE).digest()


def test_the_thread_of_a_digest_ends_with_its_context():
    before = threading.active_count()

    with pytest.raises(KeyboardInterrupt), checksums.md5_of(LARGE):
        raise KeyboardInterrupt

    assert threading.active_count() == before


@given(
    fields=st.dictionaries(
        st.sampled_from([*(f"x-amz-checksum-{each}" for each in CHECKSUMS), "key"]), st.text()
    )
)
def test_any_text_is_a_checksum_or_refused(fields):
    fields.pop("key", None)

    if fields:
        message = (
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
            if len(fields) > 1
            else f"Value for {next(iter(fields))} header is invalid."
        )
        with refused("InvalidRequest", message):
            checksums.declared(fields)
    else:
        assert checksums.declared(fields) is None
