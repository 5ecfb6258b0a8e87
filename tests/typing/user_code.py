"""For mypy and pyright only, never run: code of a user with every public name, option, fixture and method.

Both check it strictly, as the code of users who do so: no type may be unknown, even in part.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import unittest
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import qapps_mock
from qapps_mock import Call, MockQApps, Progress, Refusal, Upload, current, errors, mock_qapps, register

register()
names: list[str] = [qapps_mock.__name__, *qapps_mock.__all__]


# Decorators


@mock_qapps
def test_plain() -> None:
    current().client().list_q_apps(instanceId="i")


@mock_qapps(
    strict=True,
    url_lifetime=timedelta(minutes=5),
    max_file_size=1024,
    enforce_all_posts=True,
    upload_host="loopback",
    config={"core": {"mock_credentials": True}},
    page_size=3,
    seed=1,
    assert_all_used=False,
    upload_credentials={"KEY": "SECRET"},
)
async def test_with_options() -> None:
    await asyncio.sleep(0)


@mock_qapps
def generator() -> Iterator[int]:
    yield 1


@mock_qapps()
async def async_generator() -> AsyncIterator[int]:
    yield 1


@mock_qapps
class TestClass:
    def test_method(self) -> None:
        assert current().calls() == []


@mock_qapps(url_lifetime=60)
class Case(unittest.TestCase):
    def test_method(self) -> None:
        assert current().calls() == []


handle = mock_qapps()


@handle
def test_handle() -> None:
    handle.fail("CreateQApp", "ThrottlingException")


class Mock(MockQApps):
    def throttled(self) -> None:
        self.fail("*", "ThrottlingException", times=None)


@Mock(strict=True)
def test_subclass() -> None:
    with Mock() as mock:
        mock.throttled()
    Mock().start().throttled()


# Fixtures and markers


@pytest.fixture(scope="session")
def qapps_mock_options() -> dict[str, Any]:
    return {"strict": True}


@pytest.fixture
@mock_qapps
def app() -> Iterator[str]:
    yield "app"
    current().assert_all_used()


@pytest.mark.qapps_mock(strict=True, seed=3)
@pytest.mark.parametrize("error", errors("CreateQApp"))
def test_each(error: str, qapps_mock: MockQApps, qapps_server: str, app: str) -> None:
    qapps_mock.fail("CreateQApp", error)
    first = qapps_mock.client()
    second = qapps_mock.client("ann@example.com", "us-east-1", endpoint_url=qapps_server)
    created = first.create_q_app(instanceId="i", title=app, appDefinition={"cards": []})
    assert second.get_q_app(instanceId="i", appId=created["appId"])["status"]


async def test_async_client(qapps_mock: MockQApps) -> None:
    async with qapps_mock.async_client(user="ann@example.com", region_name="us-east-1") as client:
        await client.list_q_apps(instanceId="i")


# Methods


def scripts(mock: MockQApps, operation: str, exception: str) -> None:
    mock.fail("CreateQApp", "ConflictException", when={"title": "x"}, after=1, message="No.", resourceId="r")
    mock.fail("create_q_app", "ReadTimeoutError", when=lambda parameters: parameters["title"] == "x")
    mock.fail(operation, exception)
    mock.answer("Summary", "text", lambda prompt: prompt.upper(), ValueError("No."), KeyError)
    mock.answer("Summary", lambda prompt, uploads: f"{prompt} {[upload.file_name for upload in uploads]}")
    mock.answer("Summary", about)
    mock.predict({"title": "T", "appDefinition": {"cards": []}})
    mock.fail_upload()
    mock.fail_upload("InternalError", file_id="x", times=None, after=2)
    mock.expire("x")
    mock.progress = 3
    mock.progress = "manual"
    mock.progress = timedelta(seconds=3)
    progress: Progress = mock.progress
    assert progress
    mock.advance("x")
    mock.assert_all_used()
    mock.reset()


def about(prompt: str, uploads: list[Upload]) -> str:
    return f"{prompt} {len(uploads)}"


def history(mock: MockQApps) -> None:
    for call in [*mock.calls(), *mock.calls("GetQApp", appId="x")]:
        show(call)
    for file_id, upload in mock.uploads.items():
        content: bytes | None = upload.content
        uploaded: datetime | None = upload.uploaded_at
        where: str = f"{upload.bucket}/{upload.key} {upload.file_name}"
        assert [file_id, content, uploaded, where, upload.expired]
        for refusal in upload.refused:
            why(refusal)


def show(call: Call) -> None:
    at: datetime = call.at
    error: str | None = call.error
    where: str = f"{call.operation} {call.user} {call.account} {call.region}"
    assert [at, error, where, call.params["title"], call.summary(), call.summary(whole=True)]
    if call.result is not None:
        assert call.result["appId"]


def why(refusal: Refusal) -> None:
    assert f"{refusal.at.isoformat()} {refusal.code} {refusal.message}"


def users(mock: MockQApps) -> str:
    with mock.as_user("ann@example.com") as user_id:
        keys = mock.credentials("ann@example.com")
        mock.user("bob@example.com", id="bob")
        return user_id.upper() + keys["aws_access_key_id"].upper()


def state(mock: MockQApps) -> None:
    mock.load("state.json")
    mock.load(Path("state.json"))
    mock.load({"apps": []})
    mock.load([{"appId": "x"}])
    assert json.dumps(mock.dump())


# Context managers


async def context_managers() -> None:
    async with mock_qapps() as mock:
        assert mock.calls()[0].operation
    with contextlib.ExitStack() as stack, mock_qapps(seed=1) as first, first.as_user("x") as user_id:
        stack.enter_context(mock_qapps(seed=None, config=None)).fail("GetQApp", "AccessDeniedException")
        assert user_id
    started = MockQApps(strict=True).start()
    started.stop()
