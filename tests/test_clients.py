"""Other clients with a server: the AWS CLI, aiobotocore, curl, a browser."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from typing import Any

import boto3
import pytest
import requests
from botocore import xform_name

from qapps_mock import models
from qapps_mock.service import protocol
from tests.conftest import CONTENT, create_app, grant, moto_since
from tests.lifecycle import LIFECYCLE, filled, found

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def needs(*, command=None, package=None):
    """Skip where a command or a package is missing."""
    missing = shutil.which(command) is None if command else find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{command or package} is not installed")


@pytest.fixture
def figures(tmp_path):
    path = tmp_path / "figures.txt"
    path.write_bytes(CONTENT)
    return path


# --- The calls that each client makes


def test_the_lifecycle_has_every_operation_once():
    assert sorted(step.operation for step in LIFECYCLE) == sorted(protocol.operations())


def is_built(operation):
    return hasattr(models.QAppsBackend, protocol.find_operation(operation).method_name)


def walk(call):
    """Call every implemented operation in turn, and return the operations."""
    kept: dict[str, Any] = {}
    steps = [step for step in LIFECYCLE if is_built(step.operation)]
    for step in steps:
        result = call(step.operation, filled(step.members, {"version": 1, **kept}))
        kept |= {name: found(result, path) for name, path in step.keep.items()}
    return [step.operation for step in steps]


def test_boto3_walks_the_lifecycle(any_client, qapps_mock):
    walked = walk(lambda operation, members: getattr(any_client, xform_name(operation))(**members))

    assert [(call.operation, call.error) for call in qapps_mock.calls()] == [(each, None) for each in walked]


# --- The AWS CLI


def flag(name, value):
    """Return a member as options of the CLI; options of booleans have no value."""
    name = xform_name(name, "-")
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", value if isinstance(value, str) else json.dumps(value)]


def aws(url, operation, members):
    options = [text for item in members.items() for text in flag(*item)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "awscli", "--endpoint-url", url, "--region", "us-east-1"),
            *("qapps", xform_name(operation, "-"), *options),
        ],
        env={**os.environ, **KEYS, "AWS_PAGER": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "{}")


@needs(package="awscli")
def test_the_aws_cli_walks_the_lifecycle(qapps_server, qapps_mock):
    walked = walk(lambda operation, members: aws(qapps_server, operation, members))

    assert [(call.operation, call.error) for call in qapps_mock.calls()] == [(each, None) for each in walked]


# --- aiobotocore


@needs(package="aiobotocore")
def test_aiobotocore_calls_the_server(qapps_server, qapps_mock):
    async def call():
        from aiobotocore.session import get_session

        client = get_session().create_client(
            "qapps",
            region_name="us-east-1",
            endpoint_url=qapps_server,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )
        async with client as qapps:
            return await qapps.create_q_app(instanceId="i", title="Async", appDefinition={"cards": []})

    created = asyncio.run(call())

    assert (created["title"], created["appVersion"]) == ("Async", 1)
    assert [call.operation for call in qapps_mock.calls()] == ["CreateQApp"]


# --- curl


def curl(*arguments):
    done = subprocess.run(
        ["curl", "-sS", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    return done.stdout


@needs(command="curl")
def test_curl_uploads_a_file(qapps_server, qapps_mock, figures):
    granted = grant(qapps_mock.client(endpoint_url=qapps_server))
    fields = [
        text for item in granted["presignedUrlFields"].items() for text in ("--form-string", "=".join(item))
    ]

    status = curl("-w", "%{http_code}", *fields, "-F", f"file=@{figures}", granted["presignedUrl"])

    assert status == "204"
    assert qapps_mock.uploads[granted["fileId"]].content == CONTENT


@needs(command="curl")
def test_curl_calls_an_operation_and_scripts_a_failure(qapps_server, qapps_mock):
    failure = '{"operation": "CreateQApp", "exception": "ConflictException"}'
    curl("-d", failure, f"{qapps_server}/moto-api/static/qapps/failures")
    call = [
        "-H",
        "instance-id: i",
        "-d",
        '{"title": "t", "appDefinition": {"cards": []}}',
        f"{qapps_server}/apps.create",
    ]

    refused, created = json.loads(curl(*call)), json.loads(curl(*call))

    assert refused["resourceId"] == "unknown"
    assert created["title"] == "t"


# --- A browser


class Browser:
    """Headless Chromium, by the WebDriver protocol."""

    def __init__(self, driver, profile):
        options = {
            "args": [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                f"--user-data-dir={profile}",
            ]
        }
        self.url = f"{driver}/session"
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}
        self.url += "/" + self.ask("", capabilities=capabilities)["sessionId"]

    def ask(self, path, **members):
        answer = requests.post(self.url + path, json=members, timeout=60).json()["value"]
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def find(self, selector):
        (element,) = self.ask("/element", using="css selector", value=selector).values()
        return f"/element/{element}"

    def run(self, script, *arguments):
        """Run a script that ends by calling its last argument."""
        return self.ask("/execute/async", script=script, args=list(arguments))

    def close(self):
        requests.delete(self.url, timeout=60)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True) as driver:
        try:
            assert driver.stdout is not None
            started = (re.search(r"on port (\d+)\.", line) for line in driver.stdout)
            port = next(match[1] for match in started if match)
            session = Browser(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("profile"))
            try:
                yield session
            finally:
                session.close()
        finally:
            driver.terminate()


@pytest.fixture
def page():
    """Serve one page from its own origin."""

    @contextlib.contextmanager
    def serve(html):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *args):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
            thread.join()

    return serve


def form(granted):
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{value}">'
        for name, value in granted["presignedUrlFields"].items()
    )
    return (
        f'<form action="{granted["presignedUrl"]}" method="post" enctype="multipart/form-data">{fields}'
        '<input type="file" name="file"><button>Send</button></form>'
    )


@needs(command="chromedriver")
def test_a_browser_submits_a_form(qapps_server, qapps_mock, browser, page, figures):
    granted = grant(qapps_mock.client(endpoint_url=qapps_server))
    with page(form(granted)) as url:
        browser.ask("/url", url=url)
        browser.ask(f"{browser.find('input[type=file]')}/value", text=str(figures))

        browser.ask(f"{browser.find('button')}/click")

        upload = qapps_mock.uploads[granted["fileId"]]
        give_up = time.monotonic() + 30
        while upload.content is None and not upload.refused and time.monotonic() < give_up:
            browser.find("body")  # after S3's 204 the browser stays on the page, without an event
    assert (upload.content, upload.refused) == (CONTENT, [])


FETCH = """
const [call, grant, text, done] = arguments
const form = new FormData()
async function upload() {
  const created = await fetch(call, {method: "POST", headers: {"instance-id": "i"},
    body: JSON.stringify({title: "Page", appDefinition: {cards: []}})})
  for (const [name, value] of Object.entries(grant.presignedUrlFields)) form.append(name, value)
  form.append("file", new Blob([text]), "figures.txt")
  const answer = await fetch(grant.presignedUrl, {method: "POST", body: form})
  return [(await created.json()).title, answer.status, answer.headers.get("ETag"), answer.headers.get("Location")]
}
upload().then(done, error => done(String(error)))
"""


@needs(command="chromedriver")
def test_a_page_calls_and_uploads_by_fetch(qapps_server, qapps_mock, browser, page):
    granted = grant(qapps_mock.client(endpoint_url=qapps_server))
    plain = {name: granted[name] for name in ("presignedUrl", "presignedUrlFields")}
    with page("<p>A page</p>") as url:
        browser.ask("/url", url=url)

        answer = browser.run(FETCH, f"{qapps_server}/apps.create", plain, CONTENT.decode())

    upload = qapps_mock.uploads[granted["fileId"]]
    head = boto3.client("s3", region_name="us-east-1").head_object(Bucket=upload.bucket, Key=upload.key)
    assert answer[:3] == ["Page", 204, head["ETag"]]
    assert answer[3].startswith(granted["presignedUrl"])
    assert upload.content == CONTENT


# The parts of jQuery that Moto's page uses.
JQUERY = """
window.shown = {}
window.$ = selector => ({bootstrapTable: options => { window.shown[selector] = options.data }})
"""
SHOWN = """
const [selector, done] = arguments
const look = () => window.shown[selector] ? done(window.shown[selector]) : requestAnimationFrame(look)
look()
"""


@needs(command="chromedriver")
@moto_since(5, 1, 9, reason="older dashboards need more scripts of the internet than jQuery")
def test_the_dashboard_lists_apps(qapps_server, qapps_mock, browser):
    app = create_app(qapps_mock.client(endpoint_url=qapps_server), title="Dashboard")
    add = {"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": JQUERY}}
    browser.ask("/goog/cdp/execute", **add)

    browser.ask("/url", url=f"{qapps_server}/moto-api/")

    (row,) = browser.run(SHOWN, "#table-qapps-App")
    assert (row["id"], row["title"]) == (app["appId"], "Dashboard")
