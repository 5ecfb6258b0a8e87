"""Several servers at once, and one server with many clients: nothing is mixed up, nothing is lost.

``QAPPS_MOCK_SECONDS=60 pytest tests/test_servers.py`` loads the server for longer.
"""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import boto3
import requests
from urllib3.filepost import encode_multipart_formdata

from qapps_mock.endpoints import CONTROL_PATH
from tests.conftest import CARD, CONTENT, DIGEST, INSTANCE, console_server, create_app, file_card, grant

CLIENTS = 64
SECONDS = float(os.environ.get("QAPPS_MOCK_SECONDS", "1"))
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "a-secret"}


def client_of(url: str) -> Any:
    return boto3.client("qapps", region_name="us-east-1", endpoint_url=url, **KEYS)


def upload(granted: Any, url: str | None = None) -> int:
    fields = granted["presignedUrlFields"]
    answer = requests.post(url or granted["presignedUrl"], data=fields, files={"file": CONTENT}, timeout=30)
    return answer.status_code


def test_two_servers_side_by_side_share_nothing():
    with console_server("--strict") as first, console_server() as second:
        one, other = client_of(first.url), client_of(second.url)
        app = create_app(one, file_card())["appId"]
        granted = grant(one, appId=app)

        elsewhere = upload(granted, granted["presignedUrl"].replace(first.url, second.url))
        at_home = upload(granted)
        lenient = grant(other)

        titles = [
            [each["title"] for each in client.list_q_apps(instanceId=INSTANCE)["apps"]]
            for client in (one, other)
        ]
        uploads = [
            list(requests.get(f"{url}{CONTROL_PATH}uploads", timeout=30).json()["uploads"])
            for url in (first.url, second.url)
        ]
        for each in (first, second):
            each.process.send_signal(signal.SIGTERM)
        ends = [(*each.process.communicate(timeout=30), each.process.returncode) for each in (first, second)]

    assert (at_home, elsewhere) == (204, 404)
    assert titles == [["Title"], []]
    assert uploads == [[granted["fileId"]], [lenient["fileId"]]]
    assert ends == [("", "", 0)] * 2


UPLOAD = {"cardId": CARD, "fileName": "figures.txt", "fileContentsSha256": DIGEST, "scope": "APPLICATION"}


class RawClient:
    """A client that sends plain HTTP and counts the responses."""

    def __init__(self, url: str, email: str) -> None:
        self.answers: Counter[str] = Counter()
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers: dict[str, str] = {}

        key = self._call("POST", f"{CONTROL_PATH}users", {"email": email})["accessKeyId"]
        scope = f"{key}/20260101/us-east-1/qapps/aws4_request"
        self._headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}"

    def round(self, title: str) -> None:
        """Create apps in a separate instance, change one and upload a file for it, delete the other."""
        self._headers["instance-id"] = title
        cards = {"cards": [file_card()]}
        app = self._call("POST", "/apps.create", {"title": "New", "appDefinition": cards})["appId"]
        doomed = self._call("POST", "/apps.create", {"title": "Doomed", "appDefinition": cards})["appId"]
        changed = self._call("POST", "/apps.update", {"appId": app, "title": title})
        shown = self._call("GET", f"/apps.get?appId={app}")
        self._upload(self._call("POST", "/apps.createPresignedUrl", {**UPLOAD, "appId": app}))
        self._call("POST", "/apps.delete", {"appId": doomed})
        listed = self._call("GET", "/apps.list")["apps"]
        assert (changed["appVersion"], shown["appVersion"], shown["title"]) == (2, 2, title)
        assert [each["title"] for each in listed] == [title]

    def _call(self, method: str, path: str, members: dict[str, Any] | None = None) -> Any:
        status, body = self._ask(method, path, json.dumps(members or {}), self._headers)
        assert status == 200, (status, path, body)
        return json.loads(body or b"{}")

    def _upload(self, granted: Any) -> None:
        fields = {**granted["presignedUrlFields"], "file": ("figures.txt", CONTENT)}
        form, kind = encode_multipart_formdata(fields)
        path = urlsplit(granted["presignedUrl"]).path
        status, body = self._ask("POST", path, form, {"Content-Type": kind})
        assert status == 204, (status, body)

    def _ask(self, method: str, path: str, body: str | bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, path, None if method == "GET" else body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        self.answers[path.partition("?")[0].removeprefix("/apps.")] += 1
        return answer.status, content

    def close(self) -> None:
        self._connection.close()


def test_many_clients_at_once_lose_nothing():
    together = threading.Barrier(CLIENTS)

    def work(number: int) -> Counter[str]:
        client = RawClient(url, f"user{number}@example.com")
        together.wait(60)
        end = time.monotonic() + SECONDS
        for count in itertools.count():
            client.round(f"{number}.{count}")
            if time.monotonic() > end:
                break
        client.close()
        return client.answers

    with console_server() as console, ThreadPoolExecutor(CLIENTS) as pool:
        url = console.url
        start = time.monotonic()
        answers = sum(pool.map(work, range(CLIENTS)), Counter())
        took = time.monotonic() - start
        calls = requests.get(f"{url}{CONTROL_PATH}calls", timeout=300).json()["calls"]
        uploads = requests.get(f"{url}{CONTROL_PATH}uploads", timeout=300).json()["uploads"]
        console.process.send_signal(signal.SIGTERM)
        said = console.process.communicate(timeout=30)

    rounds = answers["create"] // 2
    print(
        f"{CLIENTS} clients: {answers.total()} answers in {took:.1f} s, {answers.total() / took:.0f} a second"
    )
    assert Counter((each["operation"], each["error"]) for each in calls) == {
        ("CreateQApp", None): 2 * rounds,
        ("UpdateQApp", None): rounds,
        ("GetQApp", None): rounds,
        ("CreatePresignedUrl", None): rounds,
        ("DeleteQApp", None): rounds,
        ("ListQApps", None): rounds,
    }
    assert len({each["user"] for each in calls}) == CLIENTS
    assert len(uploads) == rounds
    assert {each["content"] for each in uploads.values()} == {base64.b64encode(CONTENT).decode()}
    assert (console.process.returncode, said) == (0, ("", ""))
