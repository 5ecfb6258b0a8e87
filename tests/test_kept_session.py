"""Clients of the mock come from one session, until something decides that it would be another; each is new."""

from __future__ import annotations

import os
import sys
import threading
from functools import lru_cache
from typing import Any
from unittest.mock import Mock

import boto3
import botocore.credentials
import botocore.handlers
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from qapps_mock import kept_session, mock_qapps
from tests.conftest import INSTANCE, create_app


@pytest.fixture(autouse=True)
def _files_of_aws(tmp_path, monkeypatch):
    # Not os.devnull: its time changes.
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(kept_session, "_kept", None)


def a_test(use=lambda client: None, **options):
    """Return the client of a mock, after *use*."""
    with mock_qapps(**options) as qapps:
        client = qapps.client()
        use(client)
    return client


def kept():
    """Return the session that is kept now."""
    assert kept_session._kept is not None
    return kept_session._kept[1]


def is_kept_from_one_test_to_the_next():
    a_test()
    session = kept()
    a_test()
    return kept() is session


def test_one_session_makes_the_clients_of_all_tests():
    assert is_kept_from_one_test_to_the_next()


def test_each_client_is_a_new_one():
    first = a_test()
    with mock_qapps() as qapps:
        others = [qapps.client(), qapps.client(), qapps.client("ann@example.com")]

    assert len({id(each) for each in (first, *others)}) == 4
    assert len({id(each.meta.events) for each in (first, *others)}) == 4


def test_what_remembers_clients_knows_none_of_another_test():
    @lru_cache
    def apps(client):
        return len(client.list_q_apps(instanceId=INSTANCE)["apps"])

    found: list[int] = []

    def use(client):
        if not found:
            create_app(client)
        found.append(apps(client))

    a_test(use)
    a_test(use)

    assert found == [1, 0]


def test_handlers_and_stubs_of_one_test_are_not_those_of_the_next():
    called = []

    def change(client):
        client.meta.events.register("before-send", lambda **_: called.append(client))
        client.meta.config.retries["max_attempts"] = 9
        client.get_q_app = print
        Stubber(client).activate()

    a_test(change)
    fresh = a_test(create_app)

    assert is_kept_from_one_test_to_the_next()
    assert called == []
    assert fresh.meta.config.retries.get("max_attempts") != 9


@pytest.mark.parametrize(
    ("variable", "value"), [("AWS_DEFAULT_REGION", "us-west-2"), ("NO_PROXY", "*"), ("ANY", "1")]
)
def test_another_environment_makes_another(monkeypatch, variable, value):
    assert is_kept_from_one_test_to_the_next()
    session = kept()
    monkeypatch.setenv(variable, value)

    client = a_test()

    assert kept() is not session
    assert client.meta.region_name == ("us-west-2" if variable == "AWS_DEFAULT_REGION" else "us-east-1")


@pytest.mark.parametrize("file", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
@pytest.mark.parametrize("named", [str, lambda path: path.replace(os.path.dirname(path), "$FOLDER")])
def test_another_file_of_aws_makes_another(monkeypatch, file, named):
    path = os.environ[file]
    monkeypatch.setenv("FOLDER", os.path.dirname(path))
    monkeypatch.setenv(file, named(path))
    assert is_kept_from_one_test_to_the_next()
    with open(path, "w", encoding="utf-8") as config:
        config.write("[default]\nregion = us-west-2\n")

    assert a_test().meta.region_name == "us-west-2"


def test_what_a_test_puts_in_the_place_of_boto3s_client_is_called(monkeypatch):
    assert is_kept_from_one_test_to_the_next()
    fake = Mock()
    monkeypatch.setattr(boto3, "client", fake)

    with mock_qapps() as qapps:
        client = qapps.client()

    assert client is fake.return_value
    fake.assert_called_once_with("qapps", region_name="us-east-1")


@pytest.mark.parametrize("name", ["Session", "session.Session.client"])
def test_what_a_test_puts_in_the_place_of_boto3s_sessions_is_called(monkeypatch, name):
    assert is_kept_from_one_test_to_the_next()
    original = boto3.Session if name == "Session" else boto3.Session.client
    called = []

    def replacement(*args, **kwargs):
        called.append(name)
        return original(*args, **kwargs)

    monkeypatch.setattr(f"boto3.{name}", replacement)

    a_test(create_app)

    assert called == [name]


def test_a_handler_among_those_that_botocore_builds_in_is_called(monkeypatch):
    assert is_kept_from_one_test_to_the_next()
    called = []
    handlers = [
        *botocore.handlers.BUILTIN_HANDLERS,
        ("before-send.qapps", lambda **_: called.append("before-send")),
    ]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)

    a_test(create_app)

    assert called == ["before-send"]


def test_a_default_session_of_the_tests_own_makes_its_clients():
    assert is_kept_from_one_test_to_the_next()
    with mock_qapps() as qapps:
        boto3.setup_default_session(region_name="us-west-2")

        assert qapps.client().meta.region_name == "us-west-2"


def test_a_client_of_the_mock_makes_no_default_session():
    for _ in range(2):
        a_test(lambda client: None if boto3.DEFAULT_SESSION is None else pytest.fail("there is one"))


def test_the_region_of_a_config_will_do():
    config = Config(region_name="us-west-2")
    with mock_qapps() as qapps:
        assert qapps.client(config=config).meta.region_name == "us-west-2"


def test_keys_that_are_renewed_are_not_kept(monkeypatch):
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z")

    a_test(create_app)

    assert kept_session._kept is None


def test_keys_from_elsewhere_are_not_kept(monkeypatch, tmp_path):
    program = tmp_path / "keys.py"
    program.write_text('print(\'{"Version": 1, "AccessKeyId": "AKIAA", "SecretAccessKey": "s"}\')\n')
    with open(os.environ["AWS_CONFIG_FILE"], "w", encoding="utf-8") as config:
        config.write(f"[default]\ncredential_process = {sys.executable} {program}\n")

    a_test(create_app, config={"core": {"mock_credentials": False}})

    assert kept_session._kept is None


def test_keys_of_a_class_that_a_test_replaced_are_not_kept(monkeypatch):
    class Mine(botocore.credentials.Credentials):  # type: ignore[misc]  # botocore has no types
        pass

    monkeypatch.setattr(botocore.credentials, "Credentials", Mine)

    a_test(create_app)

    assert kept_session._kept is None


def test_threads_may_make_clients_at_once():
    made: list[Any] = []
    errors: list[BaseException] = []
    together = threading.Barrier(8)

    def body(qapps):
        try:
            together.wait()
            made.extend(qapps.client() for _ in range(10))
        except BaseException as error:
            errors.append(error)

    with mock_qapps() as qapps:
        threads = [threading.Thread(target=body, args=[qapps]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert errors == []
    assert len({id(each) for each in made}) == 80
