"""An upload with every check, compared with Moto's own form POST, which checks nothing."""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import boto3
import requests

from benchmarks.calls import CARD, INSTANCE, create_app, upload_app
from benchmarks.timing import best, traced
from qapps_mock import MockQApps, mock_qapps

_MIB = 1024 * 1024
_FORMS = 100
_SIZES = (("1 KiB", 1024, 5, 200, 0.42), ("10 MiB", 10 * _MIB, 1, 40, 1.1))


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, figure and target of each measure."""
    for name, size, times, rounds, target in _SIZES:
        ours, motos = _upload(os.urandom(size), times, rounds)
        yield f"upload of {name}, a new form each / Moto's unchecked form POST", ours / motos, target
    yield "peak memory of an upload of 10 MiB, beyond the file / file", _peak(os.urandom(10 * _MIB)), 3.5


def _upload(content: bytes, times: int, rounds: int) -> list[float]:
    with mock_qapps() as qapps:
        # More forms than the caches hold: a test seldom posts the same form twice.
        forms = itertools.cycle([_grant(qapps, content) for _ in range(_FORMS)])
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="plain")
        plain = "https://plain.s3.us-east-1.amazonaws.com/"
        return best(
            lambda: _post(*_target(next(forms)), content),
            lambda: _post(plain, _target(next(forms))[1], content),
            times=times,
            rounds=rounds,
            clock=time.perf_counter,  # two threads work on a large file: the user's waiting time counts
        )


def _peak(content: bytes) -> float:
    """Return the peak of allocated memory for an upload, including the body that `requests` builds from the file."""
    with mock_qapps() as qapps:
        grant = _grant(qapps, content)
        _post(*_target(grant), content)
        with traced():
            _post(*_target(grant), content)
            _, peak = tracemalloc.get_traced_memory()
    return peak / len(content)


def _grant(qapps: MockQApps, content: bytes) -> Any:
    client = qapps.client(region_name="us-east-1")
    return client.create_presigned_url(
        instanceId=INSTANCE,
        appId=create_app(client, upload_app()),
        cardId=CARD,
        fileName="f",
        fileContentsSha256=base64.b64encode(hashlib.sha256(content).digest()).decode(),
        scope="APPLICATION",
    )


def _target(grant: Any) -> tuple[str, dict[str, str]]:
    return grant["presignedUrl"], grant["presignedUrlFields"]


def _post(url: str, fields: dict[str, str], content: bytes) -> None:
    assert requests.post(url, data=fields, files={"file": content}, timeout=60).status_code == 204
