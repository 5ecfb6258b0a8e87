"""The plain client is the same one in test after test, until something could tell that it is."""

from __future__ import annotations

import os
from unittest.mock import Mock

import boto3
import botocore.handlers
import pytest
from botocore.stub import Stubber

from qapps_mock import kept_client, mock_qapps
from tests.conftest import INSTANCE, create_app


@pytest.fixture(autouse=True)
def _files_of_aws(tmp_path, monkeypatch):
    # Not os.devnull: its time changes.
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    kept_client._free.clear()


def a_test(use=lambda client: None):
    """Return the client of a mock, after *use*."""
    with mock_qapps() as qapps:
        client = qapps.client()
        use(client)
    return client


def call(client):
    app = create_app(client)["appId"]
    client.get_q_app(instanceId=INSTANCE, appId=app)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_q_app(instanceId=INSTANCE, appId=INSTANCE)
    assert len(list(client.get_paginator("list_q_apps").paginate(instanceId=INSTANCE))) == 1
    client.generate_presigned_url("list_q_apps", Params={"instanceId": INSTANCE})
    client.close()


def register(client):
    client.meta.events.register("before-send.qapps", lambda **_: None)


def unregister(client):
    event, handler, *_ = next(
        each for each in botocore.handlers.BUILTIN_HANDLERS if each[0].startswith("before-call")
    )
    client.meta.events.unregister(event, handler)


def stub(client):
    Stubber(client).activate()


def stub_for_a_while(client):
    with Stubber(client):
        pass


def replace_method(client):
    client.get_q_app = print


def replace_method_of_its_class(client):
    type(client).get_q_app = print


def delete_method_of_its_class(client):
    del type(client).get_q_app


def add_attribute(client):
    client.mine = 1


def replace_configuration(client):
    client.meta.config.region_name = "us-west-2"


def replace_connections(client):
    client._endpoint.http_session.send = print


def replace_keys(client):
    client._request_signer._credentials.access_key = "AKIAIOSFODNN7EXAMPLE"


def test_is_used_again_after_calls_errors_pages_and_close():
    first = a_test(call)

    assert a_test(call) is first
    assert a_test(call) is first


@pytest.mark.parametrize(
    "change",
    [
        register,
        unregister,
        stub,
        stub_for_a_while,
        replace_method,
        replace_method_of_its_class,
        delete_method_of_its_class,
        add_attribute,
        replace_configuration,
        replace_connections,
        replace_keys,
    ],
)
def test_is_not_used_again_once_a_test_has_changed_it(change):
    changed = a_test(change)

    fresh = a_test(call)

    assert fresh is not changed
    assert a_test(call) is fresh


def test_a_handler_of_one_test_is_not_called_in_the_next():
    called = []
    a_test(lambda client: client.meta.events.register("before-send", lambda **_: called.append(client)))

    a_test(call)

    assert called == []


@pytest.mark.parametrize(
    ("variable", "value"), [("AWS_DEFAULT_REGION", "us-west-2"), ("NO_PROXY", "*"), ("ANY", "1")]
)
def test_another_environment_makes_another(monkeypatch, variable, value):
    first = a_test()
    monkeypatch.setenv(variable, value)

    assert a_test() is not first


@pytest.mark.parametrize("file", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_another_file_of_aws_makes_another(file):
    first = a_test()
    with open(os.environ[file], "w", encoding="utf-8") as config:
        config.write("[default]\nregion = us-west-2\n")

    second = a_test()

    assert second is not first
    assert second.meta.region_name == "us-west-2"


@pytest.mark.parametrize("name", ["client", "setup_default_session"])
def test_what_a_test_puts_in_boto3s_place_is_called(monkeypatch, name):
    a_test()
    replacement = Mock(wraps=getattr(boto3, name))
    monkeypatch.setattr(boto3, name, replacement)

    a_test()

    assert replacement.call_count == 1


def test_a_handler_among_those_that_botocore_builds_in_is_called(monkeypatch):
    a_test()
    called = []
    handlers = [
        *botocore.handlers.BUILTIN_HANDLERS,
        ("before-send.qapps", lambda **_: called.append("before-send")),
    ]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)

    a_test(create_app)

    assert called == ["before-send"]


def test_a_default_session_of_the_tests_own_makes_its_client():
    first = a_test()
    with mock_qapps() as qapps:
        boto3.setup_default_session(region_name="us-west-2")
        client = qapps.client()

    assert client is not first
    assert client.meta.region_name == "us-west-2"


@pytest.mark.parametrize("mode", ["standard", "adaptive"])
def test_a_client_that_counts_its_retries_is_not_used_again(monkeypatch, mode):
    monkeypatch.setenv("AWS_RETRY_MODE", mode)

    assert a_test(call) is not a_test(call)


def test_a_client_that_renews_its_keys_is_not_used_again(monkeypatch):
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z")

    assert a_test(call) is not a_test(call)


def test_each_client_within_a_mock_is_one_of_its_own():
    with mock_qapps() as outer, mock_qapps() as inner:
        clients = [outer.client(), outer.client(), inner.client()]

    assert len({id(each) for each in clients}) == 3


def test_users_regions_and_arguments_make_clients_of_their_own():
    plain = a_test()
    with mock_qapps() as qapps:
        others = [
            qapps.client("ann@example.com"),
            qapps.client(region_name="us-east-1"),
            qapps.client(verify=False),
        ]
        assert qapps.client() is not plain

    assert plain not in others
