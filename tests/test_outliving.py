"""Clients, sessions and resources that outlive their mock send nothing with the mock's keys."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import boto3
import botocore.httpsession
import botocore.session
import pytest
from botocore.exceptions import HTTPClientError, NoCredentialsError

from qapps_mock import mock_qapps
from tests.conftest import ANN, ONE_ATTEMPT

REAL = "AKIAIOSFODNN7EXAMPLE"
REGION = "us-east-1"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The access keys of requests that botocore hands to the network."""
    keys: list[str] = []

    def send(self: Any, request: Any) -> None:
        signed = request.headers["Authorization"]
        keys.append(
            (signed.decode() if isinstance(signed, bytes) else signed).split("Credential=")[1].split("/")[0]
        )
        raise HTTPClientError(error="not sent")

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", send)
    return keys


def list_buckets(session: Any) -> None:
    session.client("s3", region_name=REGION, config=ONE_ATTEMPT).list_buckets()


def list_by_resource(session: Any) -> None:
    list(session.resource("s3", region_name=REGION, config=ONE_ATTEMPT).buckets.all())


USES = pytest.mark.parametrize("use", [list_buckets, list_by_resource])


@USES
@pytest.mark.parametrize("early", [False, True])
def test_a_session_that_was_used_inside_has_the_users_own_keys_after_the_mock(
    environment_keys, sent, use, early
):
    session = boto3.Session() if early else None
    with mock_qapps():
        session = session or boto3.Session()
        use(session)
        assert session.get_credentials().access_key == "FOOBARKEY"

    with pytest.raises(HTTPClientError):
        use(session)

    assert sent == [REAL]


@USES
def test_without_keys_of_the_user_it_has_none_after_the_mock(sent, use):
    with mock_qapps():
        session = boto3.Session()
        use(session)

    with pytest.raises(NoCredentialsError):
        use(session)

    assert sent == []


@USES
@pytest.mark.parametrize("uses_inside", [0, 2])
def test_a_session_of_a_user_of_the_mock_sends_nothing_after_it(sent, use, uses_inside):
    with mock_qapps() as mock:
        session = boto3.Session(**mock.credentials(ANN))
        for _ in range(uses_inside):
            use(session)

    with pytest.raises(RuntimeError) as refused:
        use(session)

    assert re.fullmatch(
        r"qapps_mock: this session has the keys of a user of a mock that has ended, so nothing is sent to "
        r"https://s3\.(us-east-1\.)?amazonaws\.com/: use it while a mock is active, or make a new one",
        str(refused.value),
    )
    assert sent == []
    with mock_qapps():
        use(session)


def test_a_session_with_keys_of_its_own_keeps_them(sent):
    session = boto3.Session(aws_access_key_id=REAL, aws_secret_access_key="secret")
    with mock_qapps():
        list_buckets(session)
        kept = session.get_credentials()

    assert session.get_credentials() is kept
    with pytest.raises(HTTPClientError):
        list_buckets(session)
    assert sent == [REAL]


def of_boto3(session: Any) -> Callable[[], object]:
    return session.client("s3", region_name=REGION).list_buckets  # type: ignore[no-any-return]


def of_a_resource(session: Any) -> Callable[[], object]:
    buckets = session.resource("s3", region_name=REGION).buckets
    return lambda: list(buckets.all())


def of_botocore(session: Any) -> Callable[[], object]:
    return botocore.session.Session().create_client("s3", region_name=REGION).list_buckets  # type: ignore[no-any-return]


@pytest.mark.parametrize("make", [of_boto3, of_a_resource, of_botocore])
def test_a_client_or_resource_that_was_made_inside_sends_nothing_after_the_mock(environment_keys, sent, make):
    with mock_qapps():
        use = make(boto3.Session())
        use()

    with pytest.raises(
        RuntimeError, match="this client was made inside a mock that has ended, so nothing is sent"
    ):
        use()

    assert sent == []


def test_a_session_of_aiobotocore_has_the_users_own_keys_after_the_mock(environment_keys):
    session = pytest.importorskip("aiobotocore.session").get_session()

    async def key() -> str:
        return (await session.get_credentials()).access_key  # type: ignore[no-any-return]

    with mock_qapps():
        assert asyncio.run(key()) == "FOOBARKEY"

    assert asyncio.run(key()) == REAL


@pytest.mark.parametrize("used_inside", [False, True])
def test_a_session_of_aiobotocore_of_a_user_sends_nothing_after_the_mock(used_inside):
    module = pytest.importorskip("aiobotocore.session")

    async def use(session: Any) -> None:
        async with session.create_client("s3", region_name=REGION) as client:
            await client.list_buckets()

    session = module.get_session()
    with mock_qapps() as mock:
        keys = mock.credentials(ANN)
        session.set_credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
        if used_inside:
            asyncio.run(use(session))

    with pytest.raises(RuntimeError, match="this session has the keys of a user of a mock that has ended"):
        asyncio.run(use(session))
