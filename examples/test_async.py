"""Code that uses aiobotocore: its clients are mocked in process, as boto3's are."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"

# Your tests need no such line: this file is also run where aiobotocore is not installed.
session = pytest.importorskip("aiobotocore.session")


async def titles(client: Any) -> list[str]:
    """Return the titles of all apps: the code that is tested."""
    pages = client.get_paginator("list_q_apps").paginate(instanceId=INSTANCE)
    return [app["title"] async for page in pages for app in page["apps"]]


def test_the_titles_are_listed(qapps_mock):
    async def body() -> list[str]:
        ann = qapps_mock.credentials("ann@example.com")
        async with session.get_session().create_client("qapps", region_name="us-east-1", **ann) as client:
            for title in ("First", "Second"):
                await client.create_q_app(instanceId=INSTANCE, title=title, appDefinition={"cards": []})
            return await titles(client)

    assert asyncio.run(body()) == ["Second", "First"]
    assert {call.user for call in qapps_mock.calls()} == {qapps_mock.user("ann@example.com")}


def test_throttling_is_retried_without_a_wait(qapps_mock):
    async def body() -> list[str]:
        async with session.get_session().create_client("qapps", region_name="us-east-1") as client:
            return await titles(client)

    qapps_mock.fail("ListQApps", "ThrottlingException", times=2)

    assert asyncio.run(body()) == []
    assert [call.error for call in qapps_mock.calls()] == ["ThrottlingException"] * 2 + [None]
