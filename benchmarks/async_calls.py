"""One call of aiobotocore, compared with the same call of boto3."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import boto3

from benchmarks.calls import INSTANCE, KEYS, create_app, upload_app
from qapps_mock import mock_qapps

_ROUNDS, _TIMES = 100, 5


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, ratio and target of each measure; none without aiobotocore."""
    if find_spec("aiobotocore"):
        ours, sync = asyncio.run(_get_q_app())
        yield "async GetQApp / GetQApp", ours / sync, 1.4


async def _get_q_app() -> tuple[float, float]:
    from aiobotocore.session import get_session  # an optional library

    with mock_qapps():
        client = boto3.client("qapps", region_name="us-east-1", **KEYS)
        members: Any = {"instanceId": INSTANCE, "appId": create_app(client, upload_app())}
        async with get_session().create_client("qapps", region_name="us-east-1", **KEYS) as other:
            ours = sync = float("inf")
            for _ in range(_ROUNDS):
                start = time.process_time()
                for _ in range(_TIMES):
                    await other.get_q_app(**members)
                middle = time.process_time()
                for _ in range(_TIMES):
                    client.get_q_app(**members)
                ours, sync = min(ours, middle - start), min(sync, time.process_time() - middle)
    return ours, sync
