"""Other doubles beside the mock, each started before it and within it: docs/other_doubles.md has the table."""

from __future__ import annotations

import contextlib
import functools
import threading
import unittest.mock
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
import requests
import responses
from moto import mock_aws
from requests.adapters import HTTPAdapter

from qapps_mock import mock_qapps
from tests.conftest import CONTENT, INSTANCE, grant, qapps

URL = "http://example.test/thing"
ORDERS = pytest.mark.parametrize("order", ["double outside", "double inside"])
Double = Callable[[], AbstractContextManager[Any]]


@contextlib.contextmanager
def both(double: Double, order: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for each in (double, mock_qapps) if order == "double outside" else (mock_qapps, double):
            stack.enter_context(each())
        yield


def upload() -> int:
    granted = grant(qapps())
    form = {"data": granted["presignedUrlFields"], "files": {"file": CONTENT}}
    return requests.post(granted["presignedUrl"], **form).status_code


def use_boto3() -> None:
    qapps().list_q_apps(instanceId=INSTANCE)
    assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []


@pytest.fixture
def local_url() -> Iterator[str]:
    class Mine(BaseHTTPRequestHandler):
        """Responds to every GET."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", "4")
            self.end_headers()
            self.wfile.write(b"mine")

        def log_message(self, *args: Any) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Mine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


# responses


@contextlib.contextmanager
def own_responses(*passthru: str) -> Iterator[None]:
    with responses.RequestsMock() as double:
        double.get(URL, body="mine")
        for each in passthru:
            double.add_passthru(each)
        yield


@contextlib.contextmanager
def default_responses() -> Iterator[None]:
    with responses.mock as double:
        double.get(URL, body="mine")
        yield


@pytest.mark.parametrize("double", [own_responses, default_responses])
def test_responses_outside_responds_to_its_urls_and_the_mock_to_uploads(double):
    with both(double, "double outside"):
        use_boto3()
        assert upload() == 204
        assert requests.get(URL).text == "mine"


@pytest.mark.parametrize("double", [own_responses, default_responses])
def test_responses_inside_takes_all_requests_of_requests(double):
    with both(double, "double inside"):
        use_boto3()
        assert requests.get(URL).text == "mine"
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            upload()


def test_responses_around_a_function_of_the_mock():
    @responses.activate
    @mock_qapps
    def test() -> None:
        responses.get(URL, body="mine")
        use_boto3()
        assert upload() == 204
        assert requests.get(URL).text == "mine"

    test()


@pytest.mark.parametrize("other", [mock_qapps, mock_aws], ids=["alone", "inside mock_aws"])
def test_responses_that_starts_before_the_mock_and_stops_before_it_leaves_nothing(other, monkeypatch):
    send = HTTPAdapter.send
    monkeypatch.setattr(HTTPAdapter, "send", send)
    double, outside, mock = responses.RequestsMock(), other(), mock_qapps()
    for each in (double, outside, mock):
        each.start()
    for each in (double, outside, mock):  # as tearDown may do, and pytest-responses
        each.stop()

    assert HTTPAdapter.send is send
    unittest.mock.patch.stopall()  # a mock_aws that does not stop last leaves its patch of boto3's session


def test_a_request_that_responses_inside_lets_through_is_an_error_that_names_the_cure():
    with both(lambda: own_responses("https://"), "double inside"):
        assert requests.get(URL).text == "mine"
        with pytest.raises(requests.ConnectionError) as refused:
            upload()

    assert "unless responses or requests-mock started inside the mock and handles them" in str(refused.value)
    assert "start it before the mock" in str(refused.value)


def test_a_request_that_neither_has_is_refused_by_responses_outside():
    with both(own_responses, "double outside"):
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            requests.get("http://example.test/other")
        requests.get(URL)


# Doubles of the group clients


@ORDERS
@pytest.mark.parametrize("real_http", [False, True])
def test_requests_mock(order, real_http):
    requests_mock = pytest.importorskip("requests_mock")

    @contextlib.contextmanager
    def double() -> Iterator[None]:
        with requests_mock.Mocker(real_http=real_http) as mocker:
            mocker.get(URL, text="mine")
            yield

    with both(double, order):
        use_boto3()
        assert requests.get(URL).text == "mine"
        if real_http:
            assert upload() == 204
        else:
            with pytest.raises(requests_mock.NoMockAddress):
                upload()


@ORDERS
@pytest.mark.parametrize("url", [URL, "https://braket.us-east-1.amazonaws.com/job"])
def test_respx(order, url):
    respx, httpx = pytest.importorskip("respx"), pytest.importorskip("httpx")

    @contextlib.contextmanager
    def double() -> Iterator[None]:
        with respx.mock as router:
            router.get(url).respond(text="mine")
            yield

    with both(double, order):
        use_boto3()
        assert upload() == 204
        assert httpx.get(url).text == "mine"


@ORDERS
@pytest.mark.parametrize("network", [False, True])
def test_pook(order, network):
    pook = pytest.importorskip("pook")

    @contextlib.contextmanager
    def double() -> Iterator[None]:
        with pook.use(network=network):
            pook.get(URL, reply=200, response_body="mine")
            yield

    with both(double, order):
        use_boto3()
        assert requests.get(URL).text == "mine"
        assert upload() == 204


@ORDERS
def test_vcrpy(order, tmp_path, local_url, caplog):
    vcr = pytest.importorskip("vcr")
    cassette = tmp_path / "cassette.yaml"

    for mode in ("once", "none"):
        with both(functools.partial(vcr.use_cassette, str(cassette), record_mode=mode), order):
            use_boto3()
            assert upload() == 204
            assert requests.get(local_url).text == "mine"

    assert "amazonaws" not in cassette.read_text()
    assert [each for each in caplog.records if each.name == "qapps_mock"] == []


@ORDERS
def test_pytest_httpserver(order):
    HTTPServer = pytest.importorskip("pytest_httpserver").HTTPServer
    url = ""

    @contextlib.contextmanager
    def double() -> Iterator[None]:
        nonlocal url
        with HTTPServer(host="127.0.0.1") as server:
            server.expect_request("/thing").respond_with_data("mine")
            url = server.url_for("/thing")
            yield

    with both(double, order):
        use_boto3()
        assert upload() == 204
        assert requests.get(url).text == "mine"


@ORDERS
def test_pytest_socket(order, local_url):
    pytest_socket = pytest.importorskip("pytest_socket")

    @contextlib.contextmanager
    def double() -> Iterator[None]:
        pytest_socket.disable_socket()
        try:
            yield
        finally:
            pytest_socket.enable_socket()

    with both(double, order):
        use_boto3()
        assert upload() == 204
        with pytest.raises(pytest_socket.SocketBlockedError), pytest.warns(UserWarning, match="tried to use"):
            requests.get(local_url)
    assert requests.get(local_url).text == "mine"
