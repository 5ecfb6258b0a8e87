"""Connections that a test lets fail before AWS responds: in process, to a server, by any HTTP client."""

from __future__ import annotations

import time
from http.client import RemoteDisconnected
from urllib.error import URLError
from urllib.request import urlopen

import botocore.exceptions
import pytest
import requests
from botocore.config import Config

from qapps_mock import mock_qapps
from tests.conftest import INSTANCE, ONE_ATTEMPT, UNKNOWN

NAMES = ["ConnectionClosedError", "EndpointConnectionError", "ReadTimeoutError"]
QUICK = ONE_ATTEMPT.merge(Config(read_timeout=0.3))


@pytest.mark.parametrize("name", NAMES)
def test_a_call_raises_botocores_own_exception(qapps_mock, name):
    client = qapps_mock.client(config=ONE_ATTEMPT)
    qapps_mock.fail("ListQApps", name)

    with pytest.raises(getattr(botocore.exceptions, name)) as raised:
        client.list_q_apps(instanceId=INSTANCE)

    assert raised.value.kwargs["endpoint_url"].startswith(
        "https://data.qapps.us-east-1.amazonaws.com/apps.list"
    )
    assert client.list_q_apps(instanceId=INSTANCE)["apps"] == []
    assert [call.error for call in qapps_mock.calls()] == [name, None]


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
@pytest.mark.parametrize("name", NAMES)
def test_botocore_retries_it(qapps_mock, name, mode):
    client = qapps_mock.client(config=Config(retries={"mode": mode, "total_max_attempts": 3}))
    qapps_mock.fail("ListQApps", name, times=2)

    answer = client.list_q_apps(instanceId=INSTANCE)

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [call.error for call in qapps_mock.calls()] == [name, name, None]


@pytest.mark.parametrize(
    ("name", "seen"),
    list(zip(NAMES, ["ConnectionClosedError", "ConnectionClosedError", "ReadTimeoutError"], strict=True)),
)
def test_a_server_cuts_the_connection_or_sends_nothing(qapps_mock, qapps_server, name, seen):
    client = qapps_mock.client(endpoint_url=qapps_server, config=QUICK)
    qapps_mock.fail("ListQApps", name)

    with pytest.raises(getattr(botocore.exceptions, seen)):
        client.list_q_apps(instanceId=INSTANCE)

    assert client.list_q_apps(instanceId=INSTANCE)["apps"] == []
    assert [call.error for call in qapps_mock.calls()] == [name, None]


def test_botocore_retries_what_a_server_cuts(qapps_mock, qapps_server):
    client = qapps_mock.client(endpoint_url=qapps_server)
    qapps_mock.fail("ListQApps", "ConnectionClosedError", times=2)

    assert client.list_q_apps(instanceId=INSTANCE)["ResponseMetadata"]["RetryAttempts"] == 2


def test_a_server_that_sends_nothing_can_still_end(qapps_mock):
    from qapps_mock.server.server import Server

    qapps_mock.fail("ListQApps", "ReadTimeoutError")
    with Server() as server:
        client = qapps_mock.client(endpoint_url=server.url, config=QUICK)
        with pytest.raises(botocore.exceptions.ReadTimeoutError):
            client.list_q_apps(instanceId=INSTANCE)
        began = time.monotonic()

    assert time.monotonic() - began < 10


def test_it_comes_before_aws_checks_the_input(qapps_mock, any_client):
    qapps_mock.fail("GetQApp", "ConnectionClosedError", times=None)

    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        any_client.get_q_app(instanceId=INSTANCE, appId="not-an-id")


def test_it_applies_to_every_operation_and_to_parameters(qapps_mock):
    client = qapps_mock.client(config=ONE_ATTEMPT)
    qapps_mock.fail("*", "ConnectionClosedError", when={"appId": UNKNOWN})

    client.list_q_apps(instanceId=INSTANCE)
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        client.get_q_app(instanceId=INSTANCE, appId=UNKNOWN)


def test_a_call_changes_no_state(qapps_mock):
    client = qapps_mock.client(config=ONE_ATTEMPT)
    qapps_mock.fail("CreateQApp", "ReadTimeoutError")

    with pytest.raises(botocore.exceptions.ReadTimeoutError):
        client.create_q_app(instanceId=INSTANCE, title="T", appDefinition={"cards": []})

    assert client.list_q_apps(instanceId=INSTANCE)["apps"] == []


def test_motos_general_route_raises_it_too():
    with mock_qapps(config={"core": {"service_whitelist": ["qapps"]}}) as mock:
        client = mock.client(config=ONE_ATTEMPT)
        mock.fail("ListQApps", "ConnectionClosedError")

        with pytest.raises(botocore.exceptions.ConnectionClosedError):
            client.list_q_apps(instanceId=INSTANCE)


@pytest.mark.parametrize(
    ("name", "expected"),
    list(zip(NAMES, [requests.ConnectionError, requests.ConnectionError, requests.ReadTimeout], strict=True)),
)
def test_the_library_requests_raises_its_own(qapps_mock, name, expected):
    qapps_mock.fail("ListQApps", name)

    with pytest.raises(expected):
        requests.get(
            "https://data.qapps.us-east-1.amazonaws.com/apps.list", headers={"instance-id": "i"}, timeout=9
        )


def test_another_client_of_a_server_sees_the_cut(qapps_mock, qapps_server):
    qapps_mock.fail("ListQApps", "ConnectionClosedError")

    with pytest.raises((RemoteDisconnected, URLError, ConnectionError)):
        urlopen(f"{qapps_server}/apps.list")


@pytest.mark.asyncio
async def test_aiobotocore_raises_and_retries_it(qapps_mock):
    pytest.importorskip("aiobotocore")
    qapps_mock.fail("ListQApps", "ReadTimeoutError", times=2)

    async with qapps_mock.async_client() as client:
        answer = await client.list_q_apps(instanceId=INSTANCE)

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"message": "x"}, "message"),
        ({"message": "x", "resourceId": "y"}, "message, resourceId"),
    ],
)
def test_it_has_neither_message_nor_members(qapps_mock, arguments, text):
    with pytest.raises(TypeError) as refused:
        qapps_mock.fail("GetQApp", "ReadTimeoutError", **arguments)

    assert str(refused.value) == (
        f"ReadTimeoutError has no message and no members: botocore makes it. Leave out {text}."
    )
