"""`upload_host="loopback"`: presigned URLs that every HTTP client of this machine can use."""

from __future__ import annotations

import asyncio
import threading
import urllib.error
import urllib.request
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from freezegun import freeze_time

from qapps_mock import mock_qapps
from tests.conftest import CONTENT, INSTANCE, grant
from tests.running import form_card, start


def post(granted):
    return requests.post(
        granted["presignedUrl"],
        data=granted["presignedUrlFields"],
        files={"file": CONTENT},
        timeout=30,
    ).status_code


def by_urllib3(granted):
    form = {**granted["presignedUrlFields"], "file": ("figures.txt", CONTENT)}
    with urllib3.PoolManager() as pool:
        return pool.request("POST", granted["presignedUrl"], fields=form).status


def by_urllib(granted):
    form = {**granted["presignedUrlFields"], "file": ("figures.txt", CONTENT)}
    body, content_type = urllib3.encode_multipart_formdata(form)
    request = urllib.request.Request(granted["presignedUrl"], body, {"Content-Type": content_type})
    with urllib.request.urlopen(request) as answer:
        return answer.status


def by_httpx(granted):
    httpx = pytest.importorskip("httpx", reason="httpx is not installed")
    return httpx.post(
        granted["presignedUrl"], data=granted["presignedUrlFields"], files={"file": CONTENT}
    ).status_code


def by_async_httpx(granted):
    httpx = pytest.importorskip("httpx", reason="httpx is not installed")

    async def upload():
        async with httpx.AsyncClient() as client:
            return await client.post(
                granted["presignedUrl"], data=granted["presignedUrlFields"], files={"file": CONTENT}
            )

    return asyncio.run(upload()).status_code


def by_aiohttp(granted):
    aiohttp = pytest.importorskip("aiohttp", reason="aiohttp is not installed")

    async def upload():
        form = aiohttp.FormData(granted["presignedUrlFields"])
        form.add_field("file", CONTENT, filename="figures.txt")
        async with (
            aiohttp.ClientSession() as session,
            session.post(granted["presignedUrl"], data=form) as answer,
        ):
            return answer.status

    return asyncio.run(upload())


@pytest.mark.parametrize("upload", [post, by_urllib3, by_urllib, by_httpx, by_async_httpx, by_aiohttp])
def test_every_client_uploads_for_real(upload):
    with mock_qapps(upload_host="loopback") as qapps:
        granted = grant(qapps.client())

        assert upload(granted) == 204

        assert urlsplit(granted["presignedUrl"]).hostname == "127.0.0.1"
        assert qapps.uploads[granted["fileId"]].content == CONTENT


def test_the_server_starts_with_the_first_presigned_url_and_stops_at_the_end():
    before = set(threading.enumerate())
    with mock_qapps(upload_host="loopback") as qapps:
        client = qapps.client()
        client.create_q_app(instanceId="i", title="t", appDefinition={"cards": []})
        assert set(threading.enumerate()) <= before

        origins = {urlsplit(grant(client)["presignedUrl"]).netloc for _ in range(2)}

        assert len(origins) == 1
        assert not set(threading.enumerate()) <= before

    assert set(threading.enumerate()) <= before
    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"http://{origins.pop()}")


def test_an_inner_mock_has_its_own_server_and_the_outer_server_stays():
    with mock_qapps(upload_host="loopback") as outer:
        granted = grant(outer.client())
        with mock_qapps(upload_host="loopback") as inner:
            other = grant(inner.client())
        with mock_qapps() as aws:
            plain = grant(aws.client())

        assert post(granted) == 204
    netlocs = {urlsplit(each["presignedUrl"]).netloc for each in (granted, other, plain)}
    assert len(netlocs) == 3
    assert urlsplit(plain["presignedUrl"]).hostname.endswith(".amazonaws.com")


def test_a_mock_can_start_again():
    mock = mock_qapps(upload_host="loopback")
    for _ in range(2):
        with mock as qapps:
            assert post(grant(qapps.client())) == 204


def test_a_late_upload_is_refused_when_the_clock_is_frozen():
    with freeze_time("2026-01-01 12:00:00") as clock, mock_qapps(upload_host="loopback") as qapps:
        granted = grant(qapps.client())
        clock.tick(timedelta(minutes=15, seconds=1))

        status = post(granted)

    assert status == 403


def test_exported_data_is_downloaded_for_real():
    with mock_qapps(upload_host="loopback") as qapps:
        client = qapps.client()
        session = start(client, form_card(), FORM='{"a": "b"}')
        link = client.export_q_app_session_data(instanceId=INSTANCE, sessionId=session)["csvFileLink"]

        with urllib.request.urlopen(link) as answer:
            text = answer.read()

    assert urlsplit(link).hostname == "127.0.0.1"
    assert text.startswith(b"submission id,user,")


@pytest.mark.parametrize("value", ["Loopback", "", None, 1, ["aws"]])
def test_a_wrong_host_is_refused_with_the_valid_ones(value):
    with pytest.raises(ValueError, match=r"^upload_host is .*: it must be 'aws' or 'loopback'$"):
        mock_qapps(upload_host=value)


@pytest.mark.qapps_mock(upload_host="loopback")
def test_the_marker_accepts_the_option(qapps_mock):
    client = qapps_mock.client(user="ann@example.com")

    assert post(grant(client)) == 204
