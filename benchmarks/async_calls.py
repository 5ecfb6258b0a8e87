"""One call of aiobotocore, compared with the same call of boto3, and with a call in aiomoto's mock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from typing import Any

import boto3

from benchmarks.calls import INSTANCE, KEYS, create_app, upload_app
from qapps_mock import mock_qapps

_ROUNDS, _TIMES = 100, 5


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, ratio and target of each measure; none without aiobotocore, or without aiomoto."""
    if not find_spec("aiobotocore"):
        return
    ours, sync = asyncio.run(_get_q_app())
    yield "async GetQApp / GetQApp", ours / sync, 1.4
    if find_spec("aiomoto"):
        yield "async GetQApp / async GetCluster (dsql) in aiomoto", ours / asyncio.run(_get_cluster()), 0.6


def _client(service: str) -> Any:
    from aiobotocore.session import get_session  # an optional library

    return get_session().create_client(service, region_name="us-east-1", **KEYS)


async def _get_q_app() -> tuple[float, float]:
    with mock_qapps():
        client = boto3.client("qapps", region_name="us-east-1", **KEYS)
        members: Any = {"instanceId": INSTANCE, "appId": create_app(client, upload_app())}
        async with _client("qapps") as other:

            async def sync() -> None:
                client.get_q_app(**members)

            ours, theirs = await _best(lambda: other.get_q_app(**members), sync)
    return ours, theirs


async def _get_cluster() -> float:
    from aiomoto import mock_aws  # an optional library, which wants an older Moto

    async with mock_aws(), _client("dsql") as client:
        cluster = await client.create_cluster(tags={"a": "b"})
        [theirs] = await _best(lambda: client.get_cluster(identifier=cluster["identifier"]))
    return theirs


async def _best(*calls: Callable[[], Awaitable[object]]) -> list[float]:
    """Return the seconds that one call of each function takes: the best of alternating rounds."""
    shortest = [float("inf")] * len(calls)
    for _ in range(_ROUNDS):
        for place, call in enumerate(calls):
            start = time.process_time()
            for _ in range(_TIMES):
                await call()
            shortest[place] = min(shortest[place], (time.process_time() - start) / _TIMES)
    return shortest
