"""Everything is restored, however the body of a mock ends. Clients that outlive their mock."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import threading
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.endpoint
import botocore.retries.bucket
import botocore.session
import botocore.signers
import pytest
import requests
import responses
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from moto import mock_aws
from moto.core.base_backend import BackendDict

from qapps_mock import mock_qapps
from qapps_mock.control.active import ACTIVE
from tests.conftest import (
    ANN,
    CONTENT,
    INSTANCE,
    ONE_ATTEMPT,
    NetworkUsed,
    create_app,
    grant,
    qapps,
    surroundings,
)

# Bodies


def plain(body: Callable[[], None]) -> None:
    mock_qapps(body)()


def generator(body: Callable[[], None]) -> None:
    @mock_qapps
    def steps() -> Iterator[None]:
        yield
        body()

    list(steps())


def coroutine(body: Callable[[], None]) -> None:
    @mock_qapps
    async def task() -> None:
        await asyncio.sleep(0)
        body()

    asyncio.run(task())


def asynchronous_generator(body: Callable[[], None]) -> None:
    @mock_qapps
    async def steps() -> Any:
        yield
        body()

    async def task() -> None:
        async for _ in steps():
            pass

    asyncio.run(task())


def asynchronous_with(body: Callable[[], None]) -> None:
    async def task() -> None:
        async with mock_qapps():
            body()

    asyncio.run(task())


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
@pytest.mark.parametrize("kind", [plain, generator, coroutine, asynchronous_generator, asynchronous_with])
def test_a_body_of_any_kind_may_end_in_any_exception(kind, error):
    before = surroundings()

    def body() -> None:
        create_app(qapps())
        raise error

    with pytest.raises(type(error)):
        kind(body)

    assert surroundings() == before


def test_a_call_that_is_interrupted_leaves_the_mock_usable():
    with mock_qapps() as running:
        client = running.client()

        def interrupted(prompt: str) -> str:
            raise KeyboardInterrupt

        running.answer("Summary", interrupted)
        query = {"qQuery": {"id": ID, "title": "Summary", "type": "q-query", "prompt": "x"}}
        app = create_app(client, query)
        with pytest.raises(KeyboardInterrupt):
            client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1)
        running.answer("Summary", "done")
        seen: list[Any] = []

        def another_thread() -> None:
            started = client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1)
            seen.append(client.get_q_app_session(instanceId=INSTANCE, sessionId=started["sessionId"]))

        thread = threading.Thread(target=another_thread)
        thread.start()
        thread.join(10)

    assert [each["status"] for each in seen] == ["COMPLETED"]


ID = "00000001-0000-4000-8000-000000000000"


def test_a_task_that_is_cancelled_stops_its_mock_and_leaves_the_loop():
    before = surroundings()

    async def body() -> None:
        async with mock_qapps():
            await asyncio.Event().wait()

    async def main() -> list[str]:
        task = asyncio.create_task(body())
        await asyncio.sleep(0)
        assert ACTIVE.runs
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return [each.get_name() for each in asyncio.all_tasks() if each is not asyncio.current_task()]

    assert asyncio.run(main()) == []
    assert surroundings() == before


def test_an_asynchronous_generator_that_is_left_stops_its_mock():
    before = surroundings()

    @mock_qapps
    async def steps() -> Any:
        for number in range(10):
            yield number

    async def main() -> int:
        left = steps()
        first: int = await left.__anext__()
        assert ACTIVE.runs
        await left.aclose()
        return first

    assert asyncio.run(main()) == 0
    assert surroundings() == before


# Clients that outlive their mock


def mock_has_ended(url: str) -> str:
    return (
        f"qapps_mock: this client was made inside a mock that has ended, so nothing is sent to {url}: "
        "use it while a mock is active, or make a new one"
    )


LIST = "https://data.qapps.us-east-1.amazonaws.com/apps.list"


@pytest.mark.parametrize("user", [None, ANN])
@pytest.mark.parametrize("config", [None, ONE_ATTEMPT, Config(retries={"mode": "standard"})])
def test_a_client_made_inside_is_an_error_after_the_mock(user, config):
    with mock_qapps() as running:
        client = running.client(user=user, region_name="us-east-1", config=config)
        client.list_q_apps(instanceId=INSTANCE)

    with pytest.raises(RuntimeError) as refused:
        client.list_q_apps(instanceId=INSTANCE)

    assert str(refused.value) == mock_has_ended(LIST)


def test_a_client_of_another_service_or_of_a_private_session_is_an_error_after_the_mock():
    with mock_qapps():
        s3 = boto3.client("s3", region_name="us-east-1")
        bucket = boto3.resource("s3", region_name="us-east-1").Bucket("mine")
        private = botocore.session.Session().create_client("qapps", region_name="us-east-1")

    with pytest.raises(RuntimeError, match=r"has ended, so nothing is sent to https://s3\.amazonaws\.com/"):
        s3.list_buckets()
    with pytest.raises(RuntimeError, match=r"has ended, so nothing is sent to https://"):
        bucket.create()
    with pytest.raises(RuntimeError, match=r"has ended, so nothing is sent to https://data\.qapps\."):
        private.list_q_apps(instanceId=INSTANCE)


def test_a_thread_that_outlives_the_mock_gets_an_error_and_not_aws():
    stopped, errors = threading.Event(), []

    def outlive(client: Any) -> None:
        stopped.wait(10)
        try:
            client.list_q_apps(instanceId=INSTANCE)
        except RuntimeError as error:
            errors.append(str(error))

    with mock_qapps() as running:
        thread = threading.Thread(target=outlive, args=[running.client()])
        thread.start()
    stopped.set()
    thread.join(10)

    assert errors == [mock_has_ended(LIST)]


def upload_has_ended(url: str) -> str:
    return (
        f"qapps_mock: the mock that made this presigned URL has ended, so nothing is sent to {url}: "
        "use it while the mock is active, for example by waiting for the threads that a test starts"
    )


@pytest.mark.parametrize("session", ["no session", "a session made inside"])
def test_a_form_that_a_late_thread_posts_is_not_sent(session):
    stopped, errors = threading.Event(), []

    def outlive(granted: Any, post: Any) -> None:
        stopped.wait(10)
        form = {"data": granted["presignedUrlFields"], "files": {"file": CONTENT}}
        try:
            post(granted["presignedUrl"], **form)
        except RuntimeError as error:
            errors.append(str(error))

    with mock_qapps() as running:
        granted = grant(running.client())
        post = requests.post if session == "no session" else requests.Session().post
        thread = threading.Thread(target=outlive, args=[granted, post])
        thread.start()
    stopped.set()
    thread.join(10)

    assert errors == [upload_has_ended(granted["presignedUrl"])]


def test_no_url_of_the_services_bucket_is_used_after_the_mock():
    with mock_qapps() as running:
        bucket = grant(running.client())["presignedUrl"].split("/")[2].partition(".")[0]

    for url in (
        f"https://{bucket}.s3.us-east-1.amazonaws.com/key",
        f"https://{bucket.upper()}.s3.amazonaws.com/key",
        f"https://s3.us-east-1.amazonaws.com/{bucket}/key",
    ):
        with pytest.raises(RuntimeError) as refused:
            requests.get(f"{url}?X-Amz-Signature=secret", timeout=1)

        assert str(refused.value) == upload_has_ended(url.lower())


@pytest.mark.parametrize(
    "url",
    [
        "https://qapps-uploaded-files-us-east-1-00000000000000000000000000000000.s3.amazonaws.com/",
        "https://mine.s3.amazonaws.com/qapps-uploaded-files-x",
    ],
)
def test_requests_to_other_buckets_are_sent_after_the_mock(url):
    with mock_qapps() as running:
        grant(running.client())

    with pytest.raises(NetworkUsed):
        requests.get(url, timeout=1)


def test_a_url_works_again_in_a_later_mock():
    for _ in range(2):
        with mock_qapps() as running:
            granted = grant(running.client())
            form = {"data": granted["presignedUrlFields"], "files": {"file": CONTENT}}
            assert requests.post(granted["presignedUrl"], **form).status_code == 204


def test_one_guard_stays_however_many_mocks_end():
    add_headers = []
    for _ in range(2):
        with mock_qapps() as running:
            grant(running.client())
        add_headers.append(requests.adapters.HTTPAdapter.add_headers)

    assert add_headers[0] is add_headers[1]


def test_a_client_made_inside_works_in_a_later_mock_aws_too():
    with mock_qapps():
        s3 = boto3.client("s3", region_name="us-east-1")

    with mock_aws():
        s3.create_bucket(Bucket="mine")

        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["mine"]


def test_a_client_made_inside_for_a_host_that_is_not_awss_goes_there_after_the_mock():
    with mock_qapps():
        client = qapps(endpoint_url="http://127.0.0.1:9", config=ONE_ATTEMPT)

    with pytest.raises(EndpointConnectionError):
        client.list_q_apps(instanceId=INSTANCE)


@pytest.mark.parametrize("used_inside", [False, True])
def test_a_client_made_outside_goes_to_aws_after_the_mock(environment_keys, used_inside):
    client = qapps(config=ONE_ATTEMPT)
    with mock_qapps():
        if used_inside:
            client.list_q_apps(instanceId=INSTANCE)

    with pytest.raises(Exception, match=r"asked for data\.qapps\.us-east-1"):
        client.list_q_apps(instanceId=INSTANCE)


def test_a_client_of_an_older_session_is_an_error_after_the_mock():
    session = boto3.session.Session(region_name="us-east-1")
    with mock_qapps():
        client = session.client("qapps", config=ONE_ATTEMPT)
        client.list_q_apps(instanceId=INSTANCE)

    with pytest.raises(RuntimeError) as refused:
        client.list_q_apps(instanceId=INSTANCE)

    assert str(refused.value) == mock_has_ended(LIST)


def test_a_handler_of_the_test_can_respond_to_a_client_after_the_mock(environment_keys):
    with mock_qapps():
        client = qapps()
    client.meta.events.register(
        "before-send.qapps.*", lambda request, **_: AWSResponse(request.url, 200, {}, RawResponse(b"{}"))
    )

    assert client.list_q_apps(instanceId=INSTANCE)["ResponseMetadata"]["HTTPStatusCode"] == 200


class RawResponse(io.BytesIO):
    def stream(self, **kwargs: object) -> Iterator[bytes]:
        yield self.read()


# Starts that an exception ends within Moto


@pytest.mark.parametrize(
    ("owner", "name"),
    [(BackendDict, "reset"), (responses.RequestsMock, "unbound_on_send")],
    ids=["reset", "start"],
)
def test_a_start_that_is_interrupted_within_moto_leaves_nothing_behind(monkeypatch, owner, name):
    before = surroundings()
    original, interrupts = getattr(owner, name), iter([KeyboardInterrupt()])

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        for interrupt in interrupts:
            raise interrupt
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, interrupted)
        with pytest.raises(KeyboardInterrupt):
            mock_qapps().start()

    assert surroundings() == before
    with mock_qapps():
        assert create_app(qapps())["appVersion"] == 1


# Patches of a test that end after the mock


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (botocore.endpoint, "time"),
        (botocore.endpoint.Endpoint, "_send"),
        (botocore.signers.RequestSigner, "get_auth_instance"),
        (botocore.retries.bucket.TokenBucket, "acquire"),
        (socket, "getaddrinfo"),
    ],
    ids=lambda each: each if isinstance(each, str) else each.__class__.__name__,
)
def test_what_a_late_patch_puts_back_does_nothing_and_is_removed_by_the_next_mock(monkeypatch, owner, name):
    before = vars(owner)[name]
    mock = mock_qapps().start()
    inside = vars(owner)[name]
    setattr(owner, name, types.SimpleNamespace() if name == "time" else lambda *args: None)
    mock.stop()
    setattr(owner, name, inside)  # the end of the test's own patch

    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    client = botocore.session.Session().create_client("qapps", region_name="us-east-1")
    with pytest.raises(NoCredentialsError):
        client.list_q_apps(instanceId=INSTANCE)
    botocore.endpoint.time.sleep(7)
    assert slept == [7]
    with mock_qapps() as again:
        create_app(again.client())
    assert vars(owner)[name] is before
