"""`mock_qapps`: options, start and stop, nesting, restoration, and every kind of client."""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import re
import threading
import unittest.mock
from datetime import timedelta
from typing import Any

import boto3
import botocore.session
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import config as moto_config
from moto.core import models as moto_core

from qapps_mock import MockQApps, mock_qapps, models
from qapps_mock.bridge import patches, registration, start, table
from qapps_mock.bridge import requests as bridge_requests
from qapps_mock.bridge.table import TABLE
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.control import Control
from tests.conftest import APP, INSTANCE, create_app, file_card, grant, qapps, surroundings

KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}


def codes(mock):
    return [(call.operation, call.error) for call in mock.calls()]


def exists(client, app):
    try:
        client.get_q_app(instanceId=INSTANCE, appId=app["appId"])
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


# Options


def test_the_defaults_are_those_of_the_documentation():
    options = mock_qapps()._run.options

    assert options.strict is False
    assert options.url_lifetime == options.lifetime == timedelta(minutes=15)
    assert options.max_file_size == 50 * 1024 * 1024
    assert options.enforce_all_posts is False
    assert options.config is None


@pytest.mark.parametrize(
    ("value", "lifetime"),
    [
        (1, timedelta(seconds=1)),
        (0.5, timedelta(milliseconds=500)),
        (604800, timedelta(days=7)),
        (timedelta(days=7), timedelta(days=7)),
        (timedelta(microseconds=1), timedelta(microseconds=1)),
    ],
)
def test_the_life_of_a_url_is_a_timedelta_or_seconds(value, lifetime):
    assert mock_qapps(url_lifetime=value)._run.options.lifetime == lifetime


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("strict", 1),
        ("strict", None),
        ("enforce_all_posts", 0),
        ("url_lifetime", -1),
        ("url_lifetime", 604801),
        ("url_lifetime", timedelta(0)),
        ("url_lifetime", timedelta(days=8)),
        ("url_lifetime", True),
        ("url_lifetime", None),
        ("url_lifetime", float("nan")),
        ("url_lifetime", float("inf")),
        ("url_lifetime", 10**400),
        ("max_file_size", 0),
        ("max_file_size", -5),
        ("max_file_size", True),
        ("max_file_size", 1.5),
        ("max_file_size", None),
        ("config", []),
        ("upload_credentials", "KEY:SECRET"),
        ("upload_credentials", [("KEY", "SECRET")]),
    ],
)
def test_a_wrong_value_is_refused_immediately(option, value):
    with pytest.raises(ValueError, match=rf"^{option} is {re.escape(repr(value))}: it must be "):
        mock_qapps(**{option: value})


@pytest.mark.parametrize(
    "wrong", [{"KEY": ""}, {"": "SECRET"}, {"KEY": None}, {1: "SECRET"}, {"KEY": b"SECRET"}]
)
def test_wrong_upload_credentials_are_refused_and_show_no_secret(wrong):
    given = {"OTHER": "a-secret", **wrong}
    shown = dict.fromkeys(given, "...")

    message = (
        f"upload_credentials is {shown}: it must be None or a dict of access keys and their secrets, "
        "all of them texts that are not empty"
    )

    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        mock_qapps(upload_credentials=given)


def test_the_class_has_the_same_keyword_only_options():
    untyped: Any = MockQApps  # mypy reports this error sometimes with one code, sometimes with two

    with pytest.raises(TypeError):
        untyped(True)
    with pytest.raises(TypeError, match="strikt"):
        MockQApps(strikt=True)  # type: ignore[call-arg]  # wrong on purpose


# Start and stop


def test_start_and_stop_do_what_the_context_manager_does():
    mock = mock_qapps()

    assert mock.start() is mock
    app = create_app(qapps())
    mock.stop()

    assert app["status"] == "DRAFT"
    assert codes(mock) == [("CreateQApp", None)]


def test_stop_after_the_last_stop_is_refused():
    mock = mock_qapps()
    with mock:
        pass

    with pytest.raises(RuntimeError, match=r"^stop\(\) without start\(\)"):
        mock.stop()


def test_stop_of_one_mock_does_not_stop_another():
    with mock_qapps():
        with pytest.raises(RuntimeError, match=r"^stop\(\) without start\(\)"):
            mock_qapps().stop()

        assert create_app(qapps())["appVersion"] == 1


def test_the_with_statement_gives_the_mock():
    mock = mock_qapps(strict=True)

    with mock as given:
        assert given is mock


def test_async_with_gives_the_mock():
    async def body():
        async with mock_qapps() as mock:
            await asyncio.to_thread(lambda: create_app(qapps()))
        return mock

    mock = asyncio.run(body())

    assert codes(mock) == [("CreateQApp", None)]
    assert ACTIVE.runs == ()


def test_a_mock_used_again_starts_empty():
    mock = mock_qapps(assert_all_used=False)
    with mock:
        client = qapps()
        app = create_app(client)
        mock.fail("GetQApp", "AccessDeniedException", times=None)

    with mock:
        assert mock.calls() == []
        assert not exists(client, app)


def test_history_can_be_read_after_the_stop():
    with mock_qapps() as mock:
        app = create_app(qapps())

    result = mock.calls()[0].result
    assert result is not None
    assert result["appId"] == app["appId"]
    assert repr(mock) == "<MockQApps stopped, 1 call>"


def test_the_repr_shows_whether_it_is_active():
    mock = mock_qapps()

    assert repr(mock) == "<MockQApps not started>"
    with mock:
        assert repr(mock) == "<MockQApps active, 0 calls>"
    assert repr(mock) == "<MockQApps stopped, 0 calls>"


def test_the_state_is_deleted_after_the_last_stop():
    with mock_qapps():
        app = create_app(qapps())
        grant(qapps())
    assert list(models.all_backends()) == []

    with mock_qapps():
        assert not exists(qapps(), app)


# Nesting


def test_one_mock_may_be_nested_in_itself():
    mock = mock_qapps()

    with mock:
        app = create_app(qapps())
        with mock as inner:
            assert inner is mock
            assert exists(qapps(), app)
        assert exists(qapps(), app)

        assert [call.operation for call in mock.calls()] == ["CreateQApp", "GetQApp", "GetQApp"]


def test_an_inner_mock_shares_the_state_and_sees_only_its_own_calls():
    with mock_qapps() as outer:
        app = create_app(qapps())
        with mock_qapps() as inner:
            assert exists(qapps(), app)
            second = create_app(qapps())
        assert exists(qapps(), second)

    assert [call.operation for call in outer.calls()] == ["CreateQApp", "GetQApp", "CreateQApp", "GetQApp"]
    assert [call.operation for call in inner.calls()] == ["GetQApp", "CreateQApp"]


def test_the_options_of_the_innermost_mock_are_in_force():
    with mock_qapps(strict=True):
        with mock_qapps(url_lifetime=60):
            inner = grant(qapps())
        with pytest.raises(ClientError, match="does not exist"):
            grant(qapps())

    assert inner["fileId"]


def test_the_scripts_of_the_innermost_mock_go_first_and_end_with_it():
    with mock_qapps() as outer:
        app = create_app(qapps())
        outer.fail("GetQApp", "AccessDeniedException")
        with mock_qapps() as inner:
            inner.fail("GetQApp", "UnauthorizedException", times=None)
            with pytest.raises(ClientError, match="Unauthorized"):
                exists(qapps(), app)
        with pytest.raises(ClientError, match="AccessDenied"):
            exists(qapps(), app)

        assert exists(qapps(), app)


def test_overlapping_mocks_may_stop_in_the_wrong_order():
    before = surroundings()
    first, second = mock_qapps(), mock_qapps()

    first.start()
    app = create_app(qapps())
    second.start()
    first.stop()
    assert ACTIVE.runs == (second._run,)
    assert exists(qapps(), app)
    second.stop()

    assert surroundings() == before
    assert [call.operation for call in first.calls()] == ["CreateQApp"]
    assert [call.operation for call in second.calls()] == ["GetQApp"]


def test_the_configs_of_overlapping_mocks_end_with_their_own():
    before = surroundings()
    first = mock_qapps(config={"iam": {"load_aws_managed_policies": True}})
    second = mock_qapps(config={"core": {"reset_boto3_session": False}})

    first.start()
    second.start()
    first.stop()
    assert moto_config.default_user_config["core"] == {"reset_boto3_session": False}
    second.stop()

    assert surroundings() == before


def test_mocks_in_two_tasks_overlap_without_harm():
    before = surroundings()
    mocks = []

    async def task(entered, wait_for):
        async with mock_qapps() as mock:
            mocks.append(mock)
            entered.set()
            await wait_for.wait()
            app = create_app(qapps())
            assert exists(qapps(), app)

    async def both():
        first, second = asyncio.Event(), asyncio.Event()
        await asyncio.gather(task(first, second), task(second, first))

    asyncio.run(both())

    assert surroundings() == before
    assert len(mocks) == 2


def test_mocks_in_many_threads_overlap_without_harm():
    before = surroundings()
    errors = []
    together = threading.Barrier(8)

    def body():
        try:
            together.wait()
            for _ in range(10):
                with mock_qapps() as mock:
                    create_app(mock.client(region_name="us-east-1", **KEYS))
                    assert ("CreateQApp", None) in codes(mock)
        except BaseException as error:
            errors.append(error)

    session = boto3.DEFAULT_SESSION
    threads = [threading.Thread(target=body) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert surroundings() == before
    assert boto3.DEFAULT_SESSION is session


def test_the_exceptions_of_a_client_catch_what_another_client_raises(monkeypatch):
    with mock_qapps() as mock:
        client = mock.client()
        monkeypatch.setenv("ANY", "1")
        others = [boto3.client("qapps", region_name="us-east-1"), mock.client("ann@example.com")]

        for other in others:
            with pytest.raises(client.exceptions.ResourceNotFoundException):
                other.get_q_app(instanceId=INSTANCE, appId=INSTANCE)


def test_a_test_sees_no_clients_of_another_test():
    @functools.lru_cache
    def apps(client):
        return len(client.list_q_apps(instanceId=INSTANCE)["apps"])

    found: list[int] = []
    for _ in range(2):
        with mock_qapps() as mock:
            client = mock.client()
            if not found:
                create_app(client)
            found.append(apps(client))

    assert found == [1, 0]


# With Moto's own mock_aws


def use_everything(mock):
    """Use Q Apps and the rest of AWS, and return everything that could depend on the nesting."""
    client = qapps()
    app = create_app(client, file_card())
    granted = grant(client, appId=app["appId"])
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="mine")
    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    dynamodb.create_table(
        TableName="t",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="t", Item={"k": {"S": "v"}})
    return {
        "found": exists(client, app),
        "calls": codes(mock),
        "fields": sorted(granted["presignedUrlFields"]),
        "url": granted["presignedUrl"],
        "buckets": [each["Name"] for each in s3.list_buckets()["Buckets"]],
        "items": dynamodb.scan(TableName="t")["Count"],
        "account": boto3.client("sts", region_name="us-east-1").get_caller_identity()["Account"],
        "stored": s3.list_objects_v2(Bucket=mock.uploads[granted["fileId"]].bucket)["KeyCount"],
    }


def alone():
    with mock_qapps() as mock:
        return use_everything(mock)


def inside_a_context_manager():
    with mock_aws(), mock_qapps() as mock:
        return use_everything(mock)


def around_a_context_manager():
    with mock_qapps() as mock, mock_aws():
        return use_everything(mock)


def inside_a_decorator():
    @mock_aws
    @mock_qapps
    def body():
        return use_everything(Control(ACTIVE.runs[-1]))

    return body()


def around_a_decorator():
    @mock_qapps
    @mock_aws
    def body():
        return use_everything(Control(ACTIVE.runs[-1]))

    return body()


def between_two():
    with mock_aws(), mock_qapps() as mock, mock_aws():
        return use_everything(mock)


@pytest.mark.parametrize(
    "nesting",
    [inside_a_context_manager, around_a_context_manager, inside_a_decorator, around_a_decorator, between_two],
)
def test_mock_aws_can_be_outside_or_inside_with_the_same_result(nesting):
    before = surroundings()

    result = nesting()

    assert surroundings() == before
    assert result == alone()
    assert result["buckets"] == ["mine"]
    assert result["calls"] == [("CreateQApp", None), ("CreatePresignedUrl", None), ("GetQApp", None)]


def test_a_mock_inside_a_long_mock_aws_starts_and_ends_empty():
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="mine")
        s3.put_object(Bucket="mine", Key="k", Body=b"v")
        with mock_qapps() as mock:
            first = create_app(qapps(), file_card())
            granted = grant(qapps())
            bucket = mock.uploads[granted["fileId"]].bucket
            s3.head_bucket(Bucket=bucket)
        with mock_qapps() as mock:
            assert not exists(qapps(), first)
            assert mock.uploads == {}

        with pytest.raises(ClientError, match="404"):
            s3.head_bucket(Bucket=bucket)
        assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["mine"]
        assert s3.get_object(Bucket="mine", Key="k")["Body"].read() == b"v"
        assert list(models.all_backends()) == []


def test_apps_made_in_a_plain_mock_aws_are_not_seen_by_a_mock_inside():
    registration.register()
    with mock_aws():
        app = create_app(qapps())
        with mock_qapps():
            assert not exists(qapps(), app)


def test_raw_requests_to_qapps_are_mocked_inside_a_mock_aws_that_started_first(run_python):
    program = """
import requests
from moto import mock_aws
from qapps_mock import mock_qapps
with mock_aws(), mock_qapps():
    answer = requests.get("https://data.qapps.us-east-1.amazonaws.com/apps.get?appId=x", headers={"instance-id": "i"})
    print(answer.status_code, answer.headers["x-amzn-errortype"])
"""

    assert run_python(program) == "400 ValidationException"


def test_a_mock_aws_that_ends_inside_leaves_the_mock_active():
    with mock_qapps():
        app = create_app(qapps())
        with mock_aws():
            pass

        assert exists(qapps(), app)


# Restoration


def raise_inside(error):
    with mock_qapps():
        create_app(qapps())
        raise error


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
@pytest.mark.parametrize("value", [None, "", "mine"])
@pytest.mark.parametrize("nested", [False, True])
def test_environment_variables_are_as_before(monkeypatch, variable, value, nested):
    if value is not None:
        monkeypatch.setenv(variable, value)
    before = surroundings()

    with mock_qapps():
        assert os.environ[variable].startswith("FOOBAR")
        if nested:
            with mock_qapps():
                assert os.environ[variable].startswith("FOOBAR")

    assert os.environ.get(variable) == value
    assert surroundings() == before


MOTOS_KEYS = ["FOOBARKEY", "FOOBARSECRET"]


def environment():
    return [os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")]


@pytest.mark.parametrize("own", [None, "mine"])
@pytest.mark.parametrize("inner", ["mock_aws", "mock_qapps"])
def test_a_mock_that_stops_keeps_the_keys_for_the_one_that_started_inside(monkeypatch, own, inner):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if own else ():
        monkeypatch.setenv(name, own)
    first, second = mock_qapps(), mock_aws() if inner == "mock_aws" else mock_qapps()

    first.start()
    second.start()
    first.stop()
    between = environment()
    second.stop()

    assert between == MOTOS_KEYS
    # Each puts back what it has found. Moto's mock_aws found its own keys, which the mock had set.
    assert environment() == (MOTOS_KEYS if inner == "mock_aws" else [own, own])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.pop(name, None)
        if own:
            os.environ[name] = own


@pytest.mark.parametrize("own", [None, "mine"])
def test_no_key_of_moto_is_left_by_a_mock_aws_outside_that_stops_first(monkeypatch, own):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if own else ():
        monkeypatch.setenv(name, own)
    outer, mock = mock_aws(), mock_qapps()

    outer.start()
    mock.start()
    outer.stop()
    create_app(mock.client())
    mock.stop()
    unittest.mock.patch.stopall()  # Moto's patch of boto3's default session, which Moto itself leaves then

    assert environment() == [own, own]


@pytest.mark.parametrize("stops", list(itertools.permutations(range(3))))
def test_the_keys_of_overlapping_mocks_end_with_the_last_one(environment_keys, stops):
    before = environment()
    mocks = [mock_qapps().start() for _ in range(3)]

    for place in stops:
        assert environment() == MOTOS_KEYS
        mocks[place].stop()

    assert environment() == before


def test_other_environment_variables_are_left_alone(monkeypatch):
    monkeypatch.setenv("AWS_SESSION_TOKEN", "mine")

    with mock_qapps():
        monkeypatch.setenv("MINE", "set inside")
        assert os.environ["AWS_SESSION_TOKEN"] == "mine"

    assert os.environ["MINE"] == "set inside"


def test_the_default_session_is_as_before(environment_keys):
    boto3.setup_default_session(region_name="eu-west-3")
    session = boto3.DEFAULT_SESSION

    with mock_qapps():
        assert boto3.DEFAULT_SESSION is None
        qapps()
        assert boto3.DEFAULT_SESSION is not session

    assert boto3.DEFAULT_SESSION is session


def test_a_nested_config_ends_with_its_mock():
    with mock_qapps(config={"core": {"service_whitelist": ["qapps", "s3"]}}):
        outer = dict(moto_config.default_user_config)
        with mock_qapps(config={"iam": {"load_aws_managed_policies": True}}):
            assert moto_config.default_user_config["iam"] == {"load_aws_managed_policies": True}
            assert moto_config.default_user_config["core"] == {"service_whitelist": ["qapps", "s3"]}

        assert moto_config.default_user_config == outer


def test_a_config_ends_inside_a_mock_aws_too():
    with mock_aws():
        before = dict(moto_config.default_user_config)
        with mock_qapps(config={"iam": {"load_aws_managed_policies": True}}):
            pass

        assert moto_config.default_user_config == before


def test_no_patch_is_left_for_a_later_stopall():
    first, second = mock_qapps(), mock_qapps()
    first.start()
    second.start()
    first.stop()
    second.stop()
    mine = boto3.session.Session(region_name="eu-west-3", **KEYS)
    boto3.DEFAULT_SESSION = mine

    unittest.mock.patch.stopall()

    assert boto3.DEFAULT_SESSION is mine


class Interrupted(BaseException):
    """Like KeyboardInterrupt, except that pytest does not stop."""


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3), Interrupted()])
def test_everything_is_as_before_when_the_body_raises(error):
    before = surroundings()

    with pytest.raises(type(error)) as raised:
        raise_inside(error)

    assert raised.value is error
    assert surroundings() == before


def fail_at(monkeypatch, owner, name):
    def failing(*args, **kwargs):
        raise Interrupted(name)

    monkeypatch.setattr(owner, name, failing)


EVERY_START: list[tuple[object, str]] = [
    (start, "moto_started"),
    (start, "register"),
    (start, "mock_aws"),
    (MockQApps, "_join"),
]
FIRST_START: list[tuple[object, str]] = [
    (patches, "patched"),
    (bridge_requests, "serve_requests"),
    (models, "reset_all"),
]


@pytest.mark.parametrize(("owner", "name"), FIRST_START + EVERY_START, ids=str)
def test_everything_is_as_before_when_a_step_of_the_first_start_raises(monkeypatch, owner, name):
    before = surroundings()
    with monkeypatch.context() as context:
        fail_at(context, owner, name)

        with pytest.raises(Interrupted, match=name):
            mock_qapps().start()

    assert surroundings() == before
    with mock_qapps():
        assert create_app(qapps())["appVersion"] == 1


@pytest.mark.parametrize(("owner", "name"), EVERY_START, ids=str)
def test_the_outer_mock_stays_active_when_a_step_of_a_nested_start_raises(monkeypatch, owner, name):
    with mock_qapps(config={"iam": {"load_aws_managed_policies": True}}):
        app = create_app(qapps())
        before = surroundings()
        with monkeypatch.context() as context:
            fail_at(context, owner, name)

            with pytest.raises(Interrupted, match=name):
                mock_qapps().start()

        assert surroundings() == before
        assert exists(qapps(), app)


@pytest.mark.parametrize("place", range(len(TABLE)))
def test_the_replacements_made_are_undone_when_one_fails(monkeypatch, place):
    before = surroundings()
    failing: Any = unittest.mock.Mock(library="moto")
    fail_at(monkeypatch, failing, "find_owner")
    monkeypatch.setattr(table, "TABLE", [*TABLE[:place], failing, *TABLE[place:]])

    with pytest.raises(Interrupted, match="find_owner"):
        mock_qapps().start()

    assert surroundings() == before


def test_a_mock_that_failed_to_start_can_start_later(monkeypatch):
    mock = mock_qapps()
    with monkeypatch.context() as context:
        fail_at(context, start, "moto_started")
        with pytest.raises(Interrupted):
            mock.start()
    with pytest.raises(RuntimeError, match="not active"):
        mock.stop()

    with mock:
        create_app(qapps())

    assert codes(mock) == [("CreateQApp", None)]


def test_everything_is_as_before_when_a_step_of_the_stop_raises(monkeypatch):
    before = surroundings()
    mock = mock_qapps().start()
    with monkeypatch.context() as context:
        fail_at(context, models, "reset_all")
        with pytest.raises(Interrupted):
            mock.stop()

    assert surroundings() == before


# Every client


def assert_served_once(mock, client):
    app = create_app(client)

    found = client.get_q_app(instanceId=INSTANCE, appId=app["appId"])

    assert found["appId"] == app["appId"]
    assert codes(mock) == [("CreateQApp", None), ("GetQApp", None)]


def test_a_client_made_before_the_mock_is_mocked(environment_keys):
    client = qapps()

    with mock_qapps() as mock:
        assert_served_once(mock, client)


def test_a_client_made_before_moto_was_imported_is_mocked(run_python):
    program = f"""
import boto3, sys
keys = {KEYS!r}
clients = [boto3.client("qapps", region_name="us-east-1", **keys), boto3.session.Session().client("s3", **keys)]
bucket = boto3.resource("s3", **keys).Bucket("mine")
assert "moto" not in sys.modules
from qapps_mock import mock_qapps
with mock_qapps() as mock:
    clients[0].create_q_app(instanceId="i", title="t", appDefinition={{"cards": []}})
    bucket.create()
    clients[1].put_object(Bucket="mine", Key="k", Body=b"v")
    print([call.operation for call in mock.calls()], [each["Name"] for each in clients[1].list_buckets()["Buckets"]])
"""

    assert run_python(program) == "['CreateQApp'] ['mine']"


def test_a_client_of_a_private_boto3_session_is_mocked():
    client = boto3.session.Session(**KEYS).client("qapps", region_name="us-west-2")

    with mock_qapps() as mock:
        assert_served_once(mock, client)


@pytest.mark.parametrize("inside", [False, True])
def test_a_client_of_a_private_botocore_session_is_mocked(inside):
    def make():
        return botocore.session.Session().create_client("qapps", region_name="us-east-1", **KEYS)

    client = None if inside else make()

    with mock_qapps() as mock:
        assert_served_once(mock, client or make())


def test_resource_objects_are_mocked(environment_keys):
    bucket = boto3.resource("s3", region_name="us-east-1").Bucket("mine")

    with mock_qapps():
        bucket.create()
        bucket.put_object(Key="k", Body=b"v")

        assert bucket.Object("k").get()["Body"].read() == b"v"


def test_a_client_with_its_own_handlers_is_handled_once():
    seen = []

    def before_send(request, **kwargs):
        seen.append(request.url)

    with mock_qapps() as mock:
        client = qapps()
        client.meta.events.register("before-send.qapps.*", before_send)
        client.meta.events.register_first("before-send.qapps.*", before_send)
        assert_served_once(mock, client)

    assert len(seen) == 4


def test_a_client_that_moto_patched_by_hand_is_handled_once(environment_keys):
    client = qapps()
    moto_core.patch_client(client)

    with mock_qapps() as mock:
        assert_served_once(mock, client)


def test_an_active_stubber_of_botocore_responds_before_the_mock():
    with mock_qapps() as mock:
        client = qapps()
        with Stubber(client) as stubber:
            stubber.add_client_error("get_q_app", "Stubbed")
            with pytest.raises(ClientError, match="Stubbed"):
                client.get_q_app(instanceId=INSTANCE, appId=APP)
        create_app(client)

    assert codes(mock) == [("CreateQApp", None)]


def test_a_client_made_in_one_mock_works_in_the_next():
    with mock_qapps():
        client = qapps()
        create_app(client)

    with mock_qapps() as mock:
        assert_served_once(mock, client)


@pytest.mark.parametrize("dual_stack", [False, True])
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("us-west-2", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("moon-base-1", "aws"),
        ("moon", "aws"),
    ],
)
def test_every_endpoint_is_mocked(region, partition, fips, dual_stack):
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)

    with mock_qapps() as mock:
        app = create_app(qapps(region, config=config))

        [call] = mock.calls()
    assert call.region == region
    assert app["appArn"].startswith(
        f"arn:{partition}:qapps:{region}:123456789012:application/{INSTANCE}/qapp/"
    )


def test_a_mock_that_is_never_stopped_ends_quietly_with_its_process(run_python):
    program = """
import boto3, qapps_mock as kept
mock = kept.mock_qapps().start().start()
mock.client().list_q_apps(instanceId="i")
print("done")
"""

    assert run_python(program) == "done"


OPEN_GENERATOR = """
import asyncio, atexit, sys, qapps_mock

@qapps_mock.mock_qapps
def generator():
    yield 1
    yield 2

@qapps_mock.mock_qapps
async def asynchronous():
    yield 1

"""


@pytest.mark.parametrize(
    "program",
    [
        "kept = generator(); next(kept)",
        "kept = generator(), generator(); [next(each) for each in kept]",
        "kept = [generator()]; next(kept[0]); kept.append(kept); del kept",
        "kept = generator(); next(kept); sys.modules['kept'] = kept",
        "kept = generator(); next(kept); atexit.register(list, kept)",
        "kept = asynchronous()\ntry: kept.asend(None).send(None)\nexcept StopIteration: pass",
        "mock = qapps_mock.mock_qapps(); atexit.unregister(mock.stop); mock.start(); mock.start()",
    ],
    ids=[f"program {number}" for number in range(7)],
)
def test_a_generator_that_is_still_open_ends_quietly_with_its_process(run_python, program):
    assert run_python(f"{OPEN_GENERATOR}{program}\nprint('done')") == "done"


@pytest.mark.parametrize(
    "gone",
    [
        "sys.modules.clear()",
        "del moto.core.models.MockAWS.stop, moto.core.models.responses_mock",
        "del moto.s3.models.s3_backends, botocore.endpoint.Endpoint, socket.getaddrinfo",
        "moto.core.models.MockAWS._nested_count = 0",
    ],
)
def test_a_process_ends_quietly_whatever_a_stop_needs_is_gone(run_python, gone):
    program = f"""
import socket, sys
import botocore.endpoint, moto.core.models, moto.s3.models
from qapps_mock import mock_qapps
mocks = [mock_qapps().start(), mock_qapps().start()]
print("done")
{gone}
"""

    assert run_python(program) == "done"


def test_a_stop_of_an_exit_handler_is_quiet(run_python):
    program = """
import atexit
atexit.register(lambda: mock.stop())
from qapps_mock import mock_qapps
mock = mock_qapps().start()
print("done")
"""

    assert run_python(program) == "done"


@pytest.mark.parametrize("region", ["global", "aws"])
def test_a_region_that_means_something_to_moto_is_one_like_others(region):
    with mock_qapps() as mock:
        create_app(qapps(region))

        assert len(qapps(region).list_q_apps(instanceId=INSTANCE)["apps"]) == 1
        assert [each.region for each in mock.calls()] == [region, region]


@pytest.mark.parametrize(
    "url",
    [
        "https://data.qapps.us-west-2.amazonaws.com",
        "https://qapps.us-west-2.api.aws/",
        "http://qapps-fips.us-west-2.api.aws",
    ],
)
def test_an_endpoint_url_of_aws_is_mocked_in_its_region(url):
    with mock_qapps() as mock:
        assert_served_once(mock, qapps("us-east-1", endpoint_url=url))

        assert {call.region for call in mock.calls()} == {"us-west-2"}


def test_a_client_that_does_not_sign_is_mocked():
    with mock_qapps() as mock:
        assert_served_once(mock, qapps(config=Config(signature_version=UNSIGNED)))

        assert {call.account for call in mock.calls()} == {"123456789012"}


def test_a_raw_request_is_handled_once():
    with mock_qapps() as mock:
        answer = requests.post(
            "https://data.qapps.us-east-1.amazonaws.com/apps.create",
            headers={"instance-id": INSTANCE},
            json={"title": "Raw", "appDefinition": {"cards": []}},
        )

    assert answer.status_code == 200
    assert answer.json()["title"] == "Raw"
    assert codes(mock) == [("CreateQApp", None)]


def test_clients_made_in_a_mock_keep_their_own_waiters_and_paginators():
    with mock_qapps():
        client = qapps()

        assert client.can_paginate("list_q_apps")
        assert client.waiter_names == []
