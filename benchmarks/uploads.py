"""An upload with every check, against Moto's own form POST, which checks nothing."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator

import boto3
import requests

from benchmarks.calls import CARD, INSTANCE, upload_app
from benchmarks.timing import best
from qapps_mock import mock_qapps

_SIZES = (("1 KiB", 1024, 20, 0.35), ("10 MiB", 10 * 1024 * 1024, 1, 0.9))


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, ratio and target of each size."""
    for name, size, times, target in _SIZES:
        ours, motos = _upload(os.urandom(size), times)
        yield f"upload of {name} / Moto's unchecked form POST", ours / motos, target


def _upload(content: bytes, times: int) -> list[float]:
    with mock_qapps() as qapps:
        client = qapps.client(region_name="us-east-1")
        app = client.create_q_app(instanceId=INSTANCE, title="T", appDefinition=upload_app())["appId"]
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        grant = client.create_presigned_url(
            instanceId=INSTANCE,
            appId=app,
            cardId=CARD,
            fileName="f",
            fileContentsSha256=digest,
            scope="APPLICATION",
        )
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="plain")
        plain = "https://plain.s3.us-east-1.amazonaws.com/"
        fields = grant["presignedUrlFields"]
        return best(
            lambda: _post(grant["presignedUrl"], fields, content),
            lambda: _post(plain, fields, content),
            times=times,
        )


def _post(url: str, fields: dict[str, str], content: bytes) -> None:
    assert requests.post(url, data=fields, files={"file": content}, timeout=60).status_code == 204
