"""What the tests share: a clean environment, no network, and a check that no test leaves anything behind."""

from __future__ import annotations

import _socket
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from importlib import metadata
from typing import Any, NamedTuple

import boto3
import botocore.endpoint
import botocore.hooks
import botocore.loaders
import botocore.retries.bucket
import botocore.session
import botocore.utils
import pytest
import requests.adapters
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import settings
from moto.core import config as moto_config
from moto.core import models as moto_core
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]  # its place in all releases

from qapps_mock import MockQApps
from qapps_mock.bridge import patches  # noqa: F401  # otherwise suites run by pytester would import them again
from qapps_mock.control.active import ACTIVE
from qapps_mock.service import protocol

pytest_plugins = ["pytester"]

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"
APP = "7a11f34b-42d4-4bc8-b668-ae4a788dae1e"
CARD = "82f69028-22a9-4bea-8727-0eabf58e9fed"
ANN = "ann@example.com"
BOB = "bob@example.com"
OTHER_INSTANCE = "8d0bb1cf-6e73-4f4c-b1a6-1f0f3ff2b1f0"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
SESSION = "1fca878e-64c5-4dc4-b1ea-c93effed4e82"
CONTENT = b"Quarterly figures"
DIGEST = "i5MpID/yj45ngDxBwxzFwum/Rk4JugLddym6ARnKGvQ="
# Releases of Moto, whose own S3 lacks something before.
MOTO = tuple(int(number) for number in re.findall(r"\d+", metadata.version("moto"))[:3])


def moto_since(*release: int, reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(release > MOTO, reason=reason)


ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})


def file_card(card_id: str = CARD) -> dict[str, Any]:
    return {"fileUpload": {"id": card_id, "title": "File", "type": "file-upload"}}


def create_app(client: Any, *cards: dict[str, Any], title: str = "Title") -> Any:
    return client.create_q_app(instanceId=INSTANCE, title=title, appDefinition={"cards": list(cards)})


def grant(client: Any, **changes: Any) -> Any:
    """Call CreatePresignedUrl; None leaves a member out."""
    members = {
        "instanceId": INSTANCE,
        "appId": APP,
        "cardId": CARD,
        "fileName": "figures.txt",
        "fileContentsSha256": DIGEST,
        "scope": "APPLICATION",
        **changes,
    }
    return client.create_presigned_url(**{name: each for name, each in members.items() if each is not None})


def refusal(call: Callable[..., Any], **members: Any) -> dict[str, Any]:
    """Make a call that is refused, and return the error's Code, Message and modelled members."""
    with pytest.raises(ClientError) as error:
        call(**members)
    response = dict(error.value.response)
    for name in ("ResponseMetadata", "message"):
        response.pop(name, None)
    return {**response.pop("Error"), **response}


def conforms(operation: str, result: Any) -> None:
    """Fail unless *result*, as JSON shows it, has the form of the operation's output in the model."""
    shape = protocol.find_operation(operation).output
    if shape is None:
        assert result == {}, operation
    else:
        _conforms(shape, result, operation)


_JSON_TYPES = {
    "boolean": bool,
    "integer": int,
    "list": list,
    "map": dict,
    "string": str,
    "structure": dict,
    "timestamp": str,
}
_TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def _conforms(shape: Any, value: Any, path: str) -> None:
    if getattr(shape, "is_document_type", False):
        return
    found: object = type(value)
    assert found is _JSON_TYPES[shape.type_name], path
    if shape.type_name == "structure":
        _members_conform(shape, value, path)
    elif shape.type_name == "list":
        for place, each in enumerate(value):
            _conforms(shape.member, each, f"{path}/{place}")
    elif shape.type_name == "map":
        for key, each in value.items():
            _conforms(shape.value, each, f"{path}/{key}")
    elif shape.type_name == "timestamp":
        assert re.fullmatch(_TIMESTAMP, str(value)), path
    elif shape.type_name == "string":
        assert value in (shape.enum or [value]), path
        assert re.fullmatch(shape.metadata.get("pattern", "(?s:.*)"), str(value)), path


def _members_conform(shape: Any, value: dict[str, Any], path: str) -> None:
    assert value.keys() <= shape.members.keys(), path
    assert set(shape.required_members) <= value.keys(), path
    if getattr(shape, "is_tagged_union", False):
        assert len(value) == 1, path
    for name, each in value.items():
        _conforms(shape.members[name], each, f"{path}/{name}")


def qapps(region: str = "us-east-1", **kwargs: Any) -> Any:
    return boto3.client("qapps", region_name=region, **kwargs)


def surroundings() -> dict[str, Any]:
    """Return all that a mock changes while it is active."""
    stubber = moto_core.botocore_stubber
    return {
        "environment": {name: each for name, each in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "default session": boto3.DEFAULT_SESSION,
        "Moto's settings": dict(moto_config.default_user_config),
        "Moto's stubber": (dict(vars(stubber)), type(stubber).__call__),
        "Moto's nesting": (moto_core.MockAWS._nested_count, moto_core.MockAWS._mocks_active),
        "Moto's handlers": [each for each in botocore.handlers.BUILTIN_HANDLERS if each[1] is stubber],
        "create_endpoint": botocore.endpoint.EndpointCreator.create_endpoint,
        "get_credentials": botocore.session.Session.get_credentials,
        "signer": (
            botocore.signers.RequestSigner.__init__,
            botocore.signers.RequestSigner.get_auth_instance,
        ),
        "metadata": botocore.utils.InstanceMetadataFetcher.retrieve_iam_role_credentials,
        "requests": requests.adapters.HTTPAdapter.send,
        "calls of requests": (moto_core.responses_mock._calls, dict(vars(moto_core.responses_mock._calls))),
        "look-ups": [getattr(socket, name) for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex")],
        "look-ups in C": _socket.getaddrinfo,
        "sockets": [getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")],
        "proxies": [getattr(HTTPConnection, name) for name in ("set_tunnel", "putrequest")],
        "send": botocore.endpoint.Endpoint._send,
        "sleep": botocore.endpoint.time,
        "aliaser": botocore.hooks.EventAliaser.__init__,
        "loaders": (botocore.session.create_loader, botocore.loaders.create_loader),
        "acquire": botocore.retries.bucket.TokenBucket.acquire,
        "active mocks": ACTIVE.runs,
    }


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = surroundings()
    yield
    assert surroundings() == before


@pytest.fixture(autouse=True)
def _clean_environment(_nothing_is_left: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("AWS_", "MOTO_", "QAPPS_MOCK_CONTROL_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


class NetworkUsed(Exception):
    """A test sent something beyond loopback."""


@pytest.fixture(autouse=True)
def _no_network(_nothing_is_left: None, monkeypatch: pytest.MonkeyPatch) -> None:
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in (None, "localhost", "127.0.0.1", b"127.0.0.1"):
            raise NetworkUsed(f"asked for {host}")
        return original(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@contextlib.contextmanager
def enable_iam_authentication() -> Iterator[None]:
    """Enable Moto's IAM enforcement, as the function of that name does in newer releases of Moto."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        patch.setattr(ActionAuthenticatorMixin, "request_count", 0)
        yield


@pytest.fixture
def keys_with(qapps_mock):
    """Make the keys of a user with one policy."""

    def make(*actions: str, resource: str = "*") -> dict[str, str]:
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_user(UserName="ann")
        statement = {"Effect": "Allow", "Action": list(actions) or ["s3:*"], "Resource": resource}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    return make


@pytest.fixture(params=["in process", "server"])
def any_client(request: pytest.FixtureRequest, qapps_mock: MockQApps) -> Any:
    """A qapps client of the mock in this process, then one of a server with the same state."""
    if request.param == "server":
        return qapps_mock.client(endpoint_url=request.getfixturevalue("qapps_server"))
    return qapps_mock.client(region_name="us-east-1")


class Console(NamedTuple):
    """A running `qapps-mock server`."""

    process: subprocess.Popen[str]
    url: str


@contextlib.contextmanager
def console_server(*arguments: str) -> Iterator[Console]:
    """Run `qapps-mock server` on a free port, in a process of its own."""
    program = "from qapps_mock.cli import main; main()"
    command = [sys.executable, "-W", "error", "-c", program, "server", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Console(process, process.stdout.readline().strip())
        finally:
            process.kill()


@pytest.fixture
def mocked(qapps_mock: MockQApps) -> Iterator[MockQApps]:
    """A running mock. At the end, all its results are checked against the model."""
    yield qapps_mock
    for call in qapps_mock.calls():
        if call.error is None:
            conforms(call.operation, call.result)


@pytest.fixture
def client(mocked: MockQApps) -> Any:
    """A client of the default user."""
    return mocked.client()


@pytest.fixture
def ann(mocked: MockQApps) -> Any:
    """A client of another user."""
    return mocked.client(user=ANN)


@pytest.fixture
def bob(mocked: MockQApps) -> Any:
    """A client of a third user."""
    return mocked.client(user=BOB)


@pytest.fixture
def environment_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys of the environment, for clients that are made outside every mock."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "environment-secret")


@pytest.fixture
def run_python() -> Callable[..., str]:
    """Run a program in a process of its own, and return what it prints."""

    def run(program: str, **environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.strip()

    return run
