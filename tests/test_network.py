"""Inside a mock nothing reaches AWS, from any client; all other requests go to their usual host."""

from __future__ import annotations

import asyncio
import http.client
import io
import socket
import threading
import unittest.mock
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import botocore.httpsession
import botocore.session
import pytest
import requests
from botocore.exceptions import ClientError, HTTPClientError, NoCredentialsError
from moto import backend_index
from moto.core.exceptions import ServiceNotWhitelisted

from qapps_mock import mock_qapps
from qapps_mock.service import protocol
from qapps_mock.service.service_model import service_model
from tests.conftest import ONE_ATTEMPT, NetworkUsed, create_app, qapps

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "a-real-secret"}
PASSTHROUGH: Any = {"core": {"passthrough": {"urls": [r"https://braket\..*"]}}}
ORIGINAL = socket.getaddrinfo
AWS_HOSTS = [
    "braket.us-east-1.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    "data.qapps.us-east-1.amazonaws.com",
    "BRAKET.US-EAST-1.AMAZONAWS.COM",
    "braket.us-east-1.amazonaws.com.",
    "bedrock.us-east-1.api.aws",
    "s3.cn-north-1.amazonaws.com.cn",
    "s3.us-iso-east-1.c2s.ic.gov",
]


def not_mocked(what: str) -> str:
    return (
        f"qapps_mock: nothing reaches AWS while a mock is active, and neither qapps_mock nor Moto serves {what} "
        "(to let it through, name it in mock_qapps(config={'core': {'passthrough': {'urls': [...]}}}))"
    )


@pytest.fixture
def mock():
    with mock_qapps() as running:
        yield running


@pytest.fixture
def nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def send(self: Any, request: Any) -> None:
        raise AssertionError(f"sent to {request.url} with {request.headers.get('Authorization')}")

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", send)


def braket(**kwargs: Any) -> Any:
    """Return a client of a service that Moto does not have."""
    return boto3.client("braket", region_name="us-east-1", config=ONE_ATTEMPT, **kwargs)


# boto3


@pytest.mark.parametrize("name", protocol.operations())
def test_no_operation_of_qapps_goes_past_the_mock(mock, name):
    http = service_model().operation_model(name).http
    path = http["requestUri"].format(resourceARN="arn")

    answer = requests.request(http["method"], f"https://data.qapps.us-east-1.amazonaws.com{path}", timeout=1)

    assert answer.headers["x-amzn-errortype"]
    assert [each.operation for each in mock.calls()] == [name]


@pytest.mark.usefixtures("nothing_is_sent")
def test_the_rest_of_aws_that_moto_has_is_mocked(mock):
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="mine")

    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["mine"]


def test_moto_does_not_have_the_service_that_represents_all_others():
    urls = ["https://braket.us-east-1.amazonaws.com/", "https://braket.us-east-1.api.aws/"]

    assert not [name for name, pattern in backend_index.backend_url_patterns if any(map(pattern.match, urls))]


@pytest.mark.usefixtures("mock")
def test_its_response_to_requests_is_plain_text():
    answer = requests.get("https://braket.us-east-1.amazonaws.com/?a=b", timeout=1)

    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/plain")
    assert answer.text == not_mocked("https://braket.us-east-1.amazonaws.com/")


@pytest.mark.usefixtures("nothing_is_sent")
@pytest.mark.parametrize(
    "endpoint",
    [
        "https://braket.us-east-1.amazonaws.com",
        "https://braket.us-east-1.api.aws",
        "https://braket.cn-north-1.amazonaws.com.cn",
    ],
)
@pytest.mark.parametrize("early", [False, True])
def test_a_service_that_moto_does_not_have_is_an_error_that_names_the_cure(environment_keys, endpoint, early):
    client = braket(endpoint_url=endpoint, **KEYS) if early else None

    with mock_qapps(), pytest.raises(ClientError) as refused:
        (client or braket(endpoint_url=endpoint)).get_job(jobArn="arn")

    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert answer["Error"]["Message"] == not_mocked(f"{endpoint}/job/arn")


@pytest.mark.usefixtures("mock", "nothing_is_sent")
@pytest.mark.parametrize(
    ("service", "operation"),
    [("sdb", "list_domains"), ("eventbridgev2", "list_event_buses")],
    ids=["XML", "CBOR"],
)
def test_clients_that_do_not_speak_json_find_the_cure_too(service, operation):
    if service not in boto3.Session().get_available_services():
        pytest.skip(f"this botocore has no {service}")
    client = boto3.client(service, region_name="us-east-1", config=ONE_ATTEMPT)

    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()

    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert answer["Error"]["Code"] == "404"
    url, _, cure = answer["Error"]["Message"].partition(" (to let it through")
    assert url.startswith(not_mocked(client.meta.endpoint_url).partition(" (to let it through")[0])
    assert "passthrough" in cure


def test_a_service_that_is_let_through_goes_to_the_network():
    with mock_qapps(config=PASSTHROUGH), pytest.raises(HTTPClientError) as sent:
        braket().get_job(jobArn="arn")

    assert "asked for braket.us-east-1.amazonaws.com" in str(sent.value)


@pytest.mark.usefixtures("nothing_is_sent")
def test_what_is_not_named_stays_mocked_beside_what_is_let_through():
    with mock_qapps(config=PASSTHROUGH) as mock:
        create_app(qapps())
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="mine")

        assert [each.operation for each in mock.calls()] == ["CreateQApp"]


@pytest.mark.usefixtures("nothing_is_sent")
@pytest.mark.parametrize("passthrough", [{"urls": [r"https://braket\..*"]}, {"services": ["s3"]}])
def test_a_service_that_moto_lacks_stays_barred_beside_what_is_let_through(passthrough):
    endpoint = "https://bedrock.us-east-1.api.aws"
    config: Any = {"core": {"passthrough": passthrough}}

    with mock_qapps(config=config), pytest.raises(ClientError) as refused:
        braket(endpoint_url=endpoint).get_job(jobArn="arn")

    assert refused.value.response["Error"]["Message"] == not_mocked(f"{endpoint}/job/arn")


@pytest.mark.parametrize(
    ("region", "host"),
    [("us-west-2", "s3.us-west-2.amazonaws.com"), ("us-iso-east-1", "s3.us-iso-east-1.c2s.ic.gov")],
)
def test_a_service_of_moto_that_is_let_through_goes_to_the_network(region, host):
    config: Any = {"core": {"passthrough": {"services": ["s3"]}}}

    with mock_qapps(config=config), pytest.raises(HTTPClientError, match=f"asked for {host}"):
        boto3.client("s3", region_name=region, config=ONE_ATTEMPT).list_buckets()


@pytest.mark.usefixtures("nothing_is_sent")
def test_a_service_outside_motos_whitelist_is_motos_error():
    config: Any = {"core": {"service_whitelist": ["qapps"]}}

    with mock_qapps(config=config), pytest.raises(ServiceNotWhitelisted):
        boto3.client("s3", region_name="us-east-1").list_buckets()


def test_the_keys_in_a_mock_are_not_those_of_the_environment(environment_keys, mock):
    keys = boto3.session.Session().get_credentials()

    assert (keys.access_key, keys.secret_key) == ("FOOBARKEY", "FOOBARSECRET")


# Clients that were made where no keys are


def test_a_client_that_was_made_without_keys_can_be_used_inside(mock_aws_keys_absent):
    qapps_client = botocore.session.Session().create_client("qapps", region_name="us-east-1")
    s3 = botocore.session.Session().create_client("s3", region_name="us-east-1")
    with mock_qapps() as mock:
        create_app(qapps_client)
        s3.create_bucket(Bucket="mine")
        s3.put_object(Bucket="mine", Key="key", Body=b"content")
        link = s3.generate_presigned_url("get_object", {"Bucket": "mine", "Key": "key"})

        assert requests.get(link, timeout=1).content == b"content"
        assert [(call.operation, call.user) for call in mock.calls()] == [
            ("CreateQApp", mock.user("user@example.com"))
        ]

    with pytest.raises(NoCredentialsError):
        create_app(qapps_client)


@pytest.fixture
def mock_aws_keys_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://sts.amazonaws.com./",
        "https://braket.us-east-1.amazonaws.com./job",
        "https://sts.us-east-1.amazonaws.com:443/",
        "http://lambda.us-east-1.amazonaws.com:8080/2015-03-31/functions/",
        "https://bucket.s3.amazonaws.com:443/key",
    ],
)
def test_a_host_with_a_port_or_a_dot_at_its_end_is_not_mocked_and_not_reached(mock, url):
    answer = requests.get(url, timeout=1)

    assert (answer.status_code, answer.text) == (404, not_mocked(url))


@pytest.mark.parametrize("body", [(each for each in [b"{}"]), io.BytesIO(b"{}"), "{}", b"{}"], ids=type)
def test_requests_can_send_a_body_of_any_kind_with_a_fragment_in_the_url(mock, body):
    url = "https://data.qapps.us-east-1.amazonaws.com/apps.create#fragment"

    answer = requests.post(url, data=body, headers={"instance-id": "i"}, timeout=1)

    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert (
        "Value at '/title' failed to satisfy constraint: Member must not be null" in answer.json()["message"]
    )


# Any other client


def connect(host: str) -> None:
    socket.create_connection((host, 443), timeout=1).close()


def look_up(host: str) -> None:
    socket.getaddrinfo(host, 443)


def look_up_bytes(host: str) -> None:
    socket.getaddrinfo(host.encode(), 443)


def use_http_client(host: str) -> None:
    http.client.HTTPSConnection(host, timeout=1).request("GET", "/")


async def open_stream(host: str) -> None:
    await asyncio.open_connection(host, 443)


def use_asyncio(host: str) -> None:
    asyncio.run(open_stream(host))


@pytest.mark.parametrize("host", AWS_HOSTS)
@pytest.mark.parametrize("use", [connect, look_up, look_up_bytes, use_http_client, use_asyncio])
def test_the_name_of_an_aws_host_is_not_looked_up(mock, use, host):
    with pytest.raises(socket.gaierror) as refused:
        use(host)

    assert refused.value.errno == socket.EAI_NONAME
    assert not_mocked(f"requests of this client to {host}") in str(refused.value)


def test_urllib_does_not_reach_aws(mock):
    with pytest.raises(urllib.error.URLError, match="nothing reaches AWS while a mock is active"):
        urllib.request.urlopen("https://braket.us-east-1.amazonaws.com/", timeout=1)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_requests_does_not_reach_a_service_that_moto_lacks(mock, method):
    url = "https://braket.us-east-1.amazonaws.com/job/arn"

    answer = requests.request(method, f"{url}?secret=yes", timeout=1)

    assert answer.status_code == 404
    assert answer.text == ("" if method == "HEAD" else not_mocked(url))


def test_requests_does_not_reach_hosts_that_moto_does_not_have(mock):
    answer = requests.get("https://braket.us-east-1.api.aws/", timeout=1)

    assert answer.status_code == 404
    assert answer.text == not_mocked("https://braket.us-east-1.api.aws/")


def test_what_is_let_through_is_looked_up():
    with mock_qapps(config=PASSTHROUGH), pytest.raises(NetworkUsed):
        look_up("braket.us-east-1.amazonaws.com")


def test_another_thread_does_not_reach_aws_either(mock):
    seen: list[BaseException] = []

    def work() -> None:
        try:
            look_up("s3.amazonaws.com")
        except OSError as error:
            seen.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert [type(each) for each in seen] == [socket.gaierror]


@pytest.mark.parametrize(
    "host", ["example.com", "notamazonaws.com", "amazonaws.com.example.com", "docs.aws.amazon.com"]
)
def test_the_names_of_other_hosts_are_looked_up_as_before(mock, host):
    with pytest.raises(NetworkUsed, match=f"asked for {host}"):
        look_up(host)


def test_a_patch_that_ends_inside_the_mock_leaves_the_bar_in_place(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", ORIGINAL)  # without the network bar of conftest.py
        tests_own = unittest.mock.patch("socket.getaddrinfo", return_value=[])
        tests_own.start()
        with mock_qapps():
            tests_own.stop()

            with pytest.raises(socket.gaierror) as refused:
                look_up("s3.amazonaws.com")

    assert not_mocked("requests of this client to s3.amazonaws.com") in str(refused.value)


def test_after_the_mock_names_are_looked_up_as_before():
    with mock_qapps():
        pass

    with pytest.raises(NetworkUsed):
        look_up("s3.amazonaws.com")


# Loopback


class Hello(BaseHTTPRequestHandler):
    """Responds to every GET."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args: Any) -> None:
        """Log nothing."""


@pytest.fixture
def local_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_loopback_is_untouched(mock, local_url):
    assert requests.get(local_url, timeout=5).text == "hello"
    with urllib.request.urlopen(local_url, timeout=5) as answer:
        assert answer.read() == b"hello"


def test_no_host_at_all_is_untouched(mock):
    assert socket.getaddrinfo(None, 80, type=socket.SOCK_STREAM)


def test_a_boto3_client_of_a_local_endpoint_goes_there(mock, local_url):
    client = boto3.client("s3", region_name="us-east-1", endpoint_url=local_url, config=ONE_ATTEMPT)

    answer = client.get_object(Bucket="mine", Key="key")

    assert answer["Body"].read() == b"hello"
