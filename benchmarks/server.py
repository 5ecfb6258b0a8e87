"""The server, compared with a constant application on werkzeug's server, which it is based on."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any

import boto3

from benchmarks.calls import INSTANCE, KEYS, upload_app
from benchmarks.timing import best

_OURS = "from qapps_mock.cli import main; main(['server', '--port', '0'])"
_CONSTANT = """
import sys
from werkzeug.serving import WSGIRequestHandler, make_server
WSGIRequestHandler.log_request = lambda *args: None
body = sys.stdin.buffer.read()
def application(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
server = make_server("127.0.0.1", 0, application, threaded=True)
print(f"http://127.0.0.1:{server.port}", flush=True)
server.serve_forever()
"""
_REQUESTS = 400
_ROUNDS = 40


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, figure and target of each measure."""
    start = time.perf_counter()
    with _process(_OURS) as ours:
        yield "server: seconds to the ready line", time.perf_counter() - start, 3
        client = _client(ours)
        app = client.create_q_app(instanceId=INSTANCE, title="T", appDefinition=upload_app())["appId"]
        with _process(_CONSTANT, _get(ours, app)) as constant:
            yield "server: GetQApp / constant application", _one_call(client, _client(constant), app), 1.6
            for threads in (1, 4, 16):
                rate, floor = _rates(ours, constant, app, threads)
                name = f"server, {threads} threads: {rate:.0f}/s; constant/s {floor:.0f} / ours"
                yield name, floor / rate, 1.6


@contextlib.contextmanager
def _process(program: str, body: bytes = b"") -> Iterator[str]:
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(body)
        process.stdin.close()
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.terminate()


def _client(url: str) -> Any:
    return boto3.client("qapps", region_name="us-east-1", endpoint_url=url, **KEYS)


def _one_call(client: Any, constant: Any, app: str) -> float:
    ours, floor = best(
        lambda: client.get_q_app(instanceId=INSTANCE, appId=app),
        lambda: constant.get_q_app(instanceId=INSTANCE, appId=app),
        times=5,
        clock=time.perf_counter,  # most of the time is spent in another process
    )
    return ours / floor


def _get(url: str, app: str) -> bytes:
    """Get an app over a new connection, which werkzeug's server requires for each request."""
    signature = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/qapps/aws4_request"
    connection = HTTPConnection(url.partition("://")[2])
    connection.request(
        "GET", f"/apps.get?appId={app}", headers={"instance-id": INSTANCE, "Authorization": signature}
    )
    response = connection.getresponse()
    assert response.status == 200
    with contextlib.closing(connection):
        return response.read()


def _rates(ours: str, constant: str, app: str, threads: int) -> tuple[float, float]:
    """Return the requests per second of both, the best of alternating rounds."""
    rates = {ours: 0.0, constant: 0.0}
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(_ROUNDS):
            for url in rates:
                rates[url] = max(rates[url], _rate(lambda url=url: _get(url, app), pool))  # type: ignore[misc]  # a lambda with a default has no type
    return rates[ours], rates[constant]


def _rate(get: Callable[[], object], pool: ThreadPoolExecutor) -> float:
    start = time.perf_counter()
    for future in [pool.submit(get) for _ in range(_REQUESTS)]:
        future.result()
    return _REQUESTS / (time.perf_counter() - start)
