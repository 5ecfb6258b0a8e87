"""Clients of aiobotocore, aioboto3 and s3fs in process: they are mocked like those of boto3."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import time
from collections.abc import Awaitable, Callable
from importlib import metadata
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.bridge import table
from qapps_mock.bridge.table import TABLE, Touch
from qapps_mock.control.active import ACTIVE
from qapps_mock.service import protocol
from tests.conftest import ANN, APP, CONTENT, INSTANCE, ONE_ATTEMPT, file_card, grant, qapps
from tests.lifecycle import LIFECYCLE, filled, found

session = pytest.importorskip("aiobotocore.session")


def client_of(service: str = "qapps", **kwargs: Any) -> Any:
    return session.get_session().create_client(service, region_name="us-east-1", **kwargs)


def run(body: Callable[[MockQApps], Awaitable[Any]], **options: Any) -> Any:
    with mock_qapps(**options) as mock:
        return asyncio.run(body(mock))  # type: ignore[arg-type]  # any awaitable of these tests is a coroutine


async def create_app(client: Any) -> Any:
    return await client.create_q_app(
        instanceId=INSTANCE, title="Title", appDefinition={"cards": [file_card()]}
    )


def test_all_operations_are_mocked():
    async def body(mock: MockQApps) -> None:
        kept: dict[str, Any] = {}
        async with client_of() as client:
            for step in LIFECYCLE:
                method = getattr(client, protocol.find_operation(step.operation).method_name)
                result = await method(**filled(step.members, kept))
                kept |= {name: found(result, path) for name, path in step.keep.items()}

        assert [call.operation for call in mock.calls()] == [step.operation for step in LIFECYCLE]
        assert {call.error for call in mock.calls()} == {None}

    run(body)


@pytest.mark.parametrize("user", [None, ANN])
def test_async_client_is_a_client_of_a_user(user: str | None):
    async def body(mock: MockQApps) -> None:
        async with mock.async_client(user=user, config=ONE_ATTEMPT) as client:
            app = await create_app(client)

        assert app["createdBy"] == mock.user(user or "user@example.com")
        assert client.meta.region_name == "us-east-1"

    run(body)


def test_async_client_takes_a_region_and_keys():
    async def body(mock: MockQApps) -> None:
        async with mock.async_client(region_name="us-west-2", **mock.credentials(ANN)) as client:
            app = await create_app(client)

        assert app["createdBy"] == mock.user(ANN)
        assert client.meta.region_name == "us-west-2"

    run(body)


def test_keys_of_the_environment_act_as_their_user():
    async def body(mock: MockQApps) -> None:
        with pytest.MonkeyPatch.context() as monkeypatch:
            for name, value in mock.credentials(ANN).items():
                monkeypatch.setenv(name.upper(), value)
            async with client_of() as client:
                assert (await create_app(client))["createdBy"] == mock.user(ANN)

    run(body)


def test_state_is_shared_with_clients_of_boto3():
    async def body(mock: MockQApps) -> None:
        async with client_of() as client:
            app = await create_app(client)

        assert qapps().get_q_app(instanceId=INSTANCE, appId=app["appId"])["title"] == "Title"

    run(body)


def test_errors_are_those_of_boto3():
    async def body(mock: MockQApps) -> None:
        async with client_of() as client:
            with pytest.raises(client.exceptions.ResourceNotFoundException) as refused:
                await client.get_q_app(instanceId=INSTANCE, appId=APP)

        assert refused.value.response["Error"] == {
            "Message": f"App {APP} does not exist.",
            "Code": "ResourceNotFoundException",
        }
        assert refused.value.response["resourceId"] == APP

    run(body)


def test_paginators_go_through_all_pages():
    async def body(mock: MockQApps) -> None:
        async with client_of() as client:
            for _ in range(5):
                await create_app(client)
            pages = client.get_paginator("list_q_apps").paginate(
                instanceId=INSTANCE, PaginationConfig={"PageSize": 2}
            )

            assert [len(page["apps"]) async for page in pages] == [2, 2, 1]

    run(body)


def test_two_hundred_concurrent_calls_get_their_own_results():
    async def body(mock: MockQApps) -> None:
        async with client_of() as client:
            apps = [await create_app(client) for _ in range(10)]
            asked = [app["appId"] for app in apps] * 20
            answers = await asyncio.gather(
                *(client.get_q_app(instanceId=INSTANCE, appId=app_id) for app_id in asked)
            )

        assert [app["appId"] for app in answers] == asked
        assert len(mock.calls("GetQApp")) == 200

    run(body)


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_retries_are_immediate(monkeypatch, mode):
    async def sleep(delay: float, result: Any = None) -> None:
        assert delay == 0, f"a wait of {delay} seconds"

    async def body(mock: MockQApps) -> None:
        mock.fail("CreateQApp", "ThrottlingException", times=2, retryAfterSeconds=60)
        monkeypatch.setattr(asyncio, "sleep", sleep)
        async with client_of(config=Config(retries={"mode": mode})) as client:
            await create_app(client)

        assert [call.error for call in mock.calls()] == ["ThrottlingException"] * 2 + [None]

    run(body)


def test_a_client_that_is_older_than_the_mock_is_mocked():
    async def body() -> None:
        async with client_of(aws_access_key_id="k", aws_secret_access_key="s") as client:
            with mock_qapps() as mock:
                await create_app(client)

                assert [call.operation for call in mock.calls()] == ["CreateQApp"]

    asyncio.run(body())


def test_aiobotocore_and_its_client_can_be_older_than_motos_import(run_python):
    program = f"""
import asyncio
from aiobotocore.session import get_session

async def main():
    keys = dict(aws_access_key_id="k", aws_secret_access_key="s")
    async with get_session().create_client("qapps", region_name="us-east-1", **keys) as client:
        import sys
        assert "moto" not in sys.modules
        from qapps_mock import mock_qapps
        with mock_qapps() as mock:
            mock.fail("ListQApps", "ThrottlingException", times=2)
            await client.list_q_apps(instanceId={INSTANCE!r})
            print(len(mock.calls()))

asyncio.run(main())
"""
    started = time.monotonic()

    assert run_python(program) == "3"
    assert time.monotonic() - started < 60


def test_aiobotocore_can_be_imported_within_the_mock(run_python):
    program = f"""
import asyncio, sys
from qapps_mock import mock_qapps

async def main(mock):
    from aiobotocore.session import get_session
    async with get_session().create_client("qapps", region_name="us-east-1") as client:
        mock.fail("ListQApps", "ThrottlingException", times=2)
        await client.list_q_apps(instanceId={INSTANCE!r})

with mock_qapps() as mock:
    assert "aiobotocore" not in sys.modules
    asyncio.run(main(mock))
    print([call.error for call in mock.calls()])
"""

    assert run_python(program) == "['ThrottlingException', 'ThrottlingException', None]"


def test_a_client_that_outlives_the_mock_sends_nothing():
    async def body() -> None:
        async with contextlib.AsyncExitStack() as stack:
            with mock_qapps():
                client = await stack.enter_async_context(client_of(config=ONE_ATTEMPT))
            with pytest.raises(
                RuntimeError, match="made inside a mock that has ended, so nothing is sent to"
            ):
                await create_app(client)

    asyncio.run(body())


def test_a_service_that_moto_does_not_have_is_an_error_that_names_the_cure():
    async def body(mock: MockQApps) -> None:
        async with client_of("braket", config=ONE_ATTEMPT) as client:
            with pytest.raises(ClientError, match="nothing reaches AWS while a mock is active"):
                await client.get_job(jobArn="arn")

    run(body)


def test_an_upload_to_a_presigned_url_is_the_same():
    async def body(mock: MockQApps) -> None:
        import aiohttp

        async with client_of() as client, aiohttp.ClientSession() as http:
            app = await create_app(client)
            granted = await client.create_presigned_url(**_grant(app["appId"]))
            form = aiohttp.FormData(granted["presignedUrlFields"])
            form.add_field("file", CONTENT, filename="figures.txt")
            async with http.post(granted["presignedUrl"], data=form) as response:
                assert response.status == 204

        assert mock.uploads[granted["fileId"]].content == CONTENT

    run(body, upload_host="loopback")


def _grant(app_id: str) -> dict[str, Any]:
    seen: dict[str, Any] = {}

    class Recorder:
        def create_presigned_url(self, **members: Any) -> None:
            seen.update(members)

    grant(Recorder(), appId=app_id)
    return seen


@pytest.mark.parametrize("content", [b"", b"hello" * 1000])
def test_objects_of_motos_s3_can_be_read_in_every_way(content):
    async def body(mock: MockQApps) -> None:
        async with client_of("s3") as s3:
            await s3.create_bucket(Bucket="mine")
            await s3.put_object(Bucket="mine", Key="key", Body=content)

            async def get() -> Any:
                return (await s3.get_object(Bucket="mine", Key="key"))["Body"]

            assert await (await get()).read() == content
            assert b"".join([chunk async for chunk in await get()]) == content
            assert b"".join([chunk async for chunk in (await get()).iter_chunks(7)]) == content
            assert b"".join([line async for line in (await get()).iter_lines()]) == content
            async with await get() as stream:
                assert await stream.read() == content
            if hasattr(
                await get(), "content"
            ):  # newer releases wrap the body in one that checks the checksum
                parts = [part async for part in (await get()).content.iter_chunked(100)]
                assert b"".join(parts) == content

    run(body)


def test_streamed_bodies_are_stored_whole():
    async def body(mock: MockQApps) -> None:
        async with client_of("s3") as s3:
            await s3.create_bucket(Bucket="mine")
            await s3.put_object(Bucket="mine", Key="key", Body=io.BytesIO(b"streamed" * 10_000))
            answer = await s3.get_object(Bucket="mine", Key="key")

            assert await answer["Body"].read() == b"streamed" * 10_000

    run(body)


def test_aioboto3_is_mocked():
    aioboto3 = pytest.importorskip("aioboto3")

    async def body(mock: MockQApps) -> None:
        async with aioboto3.Session().client("s3", region_name="us-east-1") as s3:
            await s3.create_bucket(Bucket="mine")
            await s3.upload_fileobj(io.BytesIO(b"part" * 3_000_000), "mine", "large")
            stored = await s3.get_object(Bucket="mine", Key="large")
            assert len(await stored["Body"].read()) == 12_000_000
        async with aioboto3.Session().client("qapps", region_name="us-east-1") as client:
            await create_app(client)

        assert [call.operation for call in mock.calls()] == ["CreateQApp"]

    run(body)


def test_s3fs_is_mocked():
    s3fs = pytest.importorskip("s3fs")

    with mock_qapps():
        files = s3fs.S3FileSystem(skip_instance_cache=True)
        files.mkdir("bucket")
        with files.open("bucket/a.txt", "wb") as file:
            file.write(CONTENT)

        assert files.cat("bucket/a.txt") == CONTENT
        assert files.ls("bucket") == ["bucket/a.txt"]


def test_users_are_identified_by_their_keys():
    async def body(mock: MockQApps) -> None:
        async with client_of(**mock.credentials(ANN)) as client:
            await create_app(client)

        assert [call.user for call in mock.calls()] == [mock.user(ANN)]

    run(body)


def test_the_url_where_a_client_found_no_server_is_noted():
    async def body(mock: MockQApps) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{unused.getsockname()[1]}"
            async with client_of(endpoint_url=url, config=ONE_ATTEMPT) as client:
                with pytest.raises(EndpointConnectionError):
                    await client.list_q_apps(instanceId=INSTANCE)
        assert ACTIVE.runs[-1].unanswered == [url]

    run(body)


def test_back_off_is_not_waited_with_a_server(qapps_server, qapps_mock, monkeypatch):
    slept: list[float] = []
    sleep = asyncio.sleep

    async def noted(delay: float, result: Any = None) -> Any:
        slept.append(delay)
        return await sleep(0, result)

    async def body() -> None:
        monkeypatch.setattr(asyncio, "sleep", noted)
        config = Config(retries={"total_max_attempts": 4, "mode": "standard"})
        async with client_of(endpoint_url=qapps_server, config=config) as client:
            await client.list_q_apps(instanceId=INSTANCE)

    qapps_mock.fail("ListQApps", "ThrottlingException", times=3)
    asyncio.run(body())

    assert [each.error for each in qapps_mock.calls()] == ["ThrottlingException"] * 3 + [None]
    assert [delay for delay in slept if delay] == []


ROWS = [touch for touch in TABLE if touch.library == "aiobotocore"]


@pytest.mark.parametrize("touch", ROWS, ids=str)
def test_every_touch_of_aiobotocore_fits(touch):
    assert touch.find() is not None


@pytest.mark.parametrize("touch", ROWS, ids=str)
def test_without_a_touch_of_aiobotocore_other_clients_are_mocked(monkeypatch, touch, caplog):
    original = Touch.find

    def find(self: Touch, owner: Any = None) -> Any:
        return self._report() if self is touch else original(self, owner)

    monkeypatch.setattr(Touch, "find", find)
    monkeypatch.setattr(table, "_reported", set())
    monkeypatch.delitem(table._made, touch, raising=False)  # an earlier start has found it
    with mock_qapps() as mock:
        qapps().list_q_apps(instanceId=INSTANCE)

        assert [call.operation for call in mock.calls()] == ["ListQApps"]
    logged = [record.getMessage() for record in caplog.records if record.name == "qapps_mock"]
    assert len(logged) == (touch.make is not None)
    assert all(f"has no {touch} that fits" in message for message in logged)


def test_a_release_of_aiobotocore_that_does_not_fit_is_one_sentence(monkeypatch):
    [response] = [touch for touch in ROWS if touch.name == "AioAWSResponse"]
    monkeypatch.setattr(
        Touch, "find", lambda self, owner=None: self._report() if self is response else FIND(self, owner)
    )

    async def body(mock: MockQApps) -> None:
        async with client_of(config=ONE_ATTEMPT) as client:
            with pytest.raises(RuntimeError) as refused:
                await create_app(client)
        release = metadata.version("aiobotocore")
        assert str(refused.value) == (
            f"qapps_mock does not work with this release of aiobotocore: aiobotocore {release} has no "
            "aiobotocore.awsrequest.AioAWSResponse that fits, which is needed so that clients of aiobotocore are "
            "mocked in process (without it, use qapps-mock server). Install another release of aiobotocore, or a "
            "newer release of qapps-mock."
        )

    run(body)


FIND = Touch.find


def test_a_suite_without_aiobotocore_does_not_import_it(run_python):
    program = f"""
import sys, boto3
from qapps_mock import mock_qapps
with mock_qapps() as mock:
    mock.client().list_q_apps(instanceId={INSTANCE!r})
print([name for name in ("aiobotocore", "aiohttp") if name in sys.modules])
"""

    assert run_python(program) == "[]"
