"""Which call a scripted failure hits: by parameters, by number, by the order of the scripts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import ANY

import pytest
from botocore.exceptions import ClientError

from qapps_mock.control.matching import has_part
from tests.conftest import INSTANCE, UNKNOWN, create_app, file_card

CONFLICT, DENIED, MISSING = "ValidationException", "AccessDeniedException", "ResourceNotFoundException"


def outcome(call, **parameters):
    """Make a call, and return the code of its error, or None."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def read(client, app):
    return outcome(client.get_q_app, instanceId=INSTANCE, appId=app)


@pytest.fixture
def apps(any_client):
    return [create_app(any_client, file_card(), title=title)["appId"] for title in ("one", "two")]


# when


def test_only_calls_with_the_parameters_fail(qapps_mock, any_client, apps):
    qapps_mock.fail("GetQApp", DENIED, when={"appId": apps[1]})

    assert [read(any_client, app) for app in apps * 2] == [None, DENIED, None, None]


def test_a_callable_is_called_itself_also_if_it_cannot_be_copied(qapps_mock, client):
    class Watcher:
        def __init__(self):
            self.lock, self.seen = threading.Lock(), []

        def matches(self, parameters):
            self.seen.append(parameters)
            return True

    watcher = Watcher()
    qapps_mock.fail("ListQApps", DENIED, when=watcher.matches)

    assert outcome(client.list_q_apps, instanceId=INSTANCE) == DENIED
    assert watcher.seen == [{"instanceId": INSTANCE}]


def test_a_mapping_matches_nested_parameters_by_a_part_of_them(qapps_mock, any_client):
    qapps_mock.fail("CreateQApp", DENIED, when={"appDefinition": {"cards": [file_card()]}}, times=None)

    def create(*cards):
        definition = {"cards": list(cards), "initialPrompt": "p"}
        return outcome(any_client.create_q_app, instanceId=INSTANCE, title="T", appDefinition=definition)

    assert create() is None
    assert create(file_card()) == DENIED
    assert create(file_card(), file_card(UNKNOWN)) is None


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({}, True),
        ({"a": {"b": [1, {"c": 2}]}}, True),
        ({"a": {"x": 1}}, False),
        ({"a": {"b": [1]}}, False),
        ({"a": {"b": [1, {}]}}, False),
        ({"a": {"b": ANY, "d": "e"}}, True),
        ({"a": 1}, False),
        ({"d": {"x": 1}}, False),
    ],
)
def test_a_mapping_can_have_more_and_a_list_must_be_equal(part, expected):
    assert has_part({"a": {"b": [1, {"c": 2}], "d": "e"}, "d": None}, part) is expected


def test_a_callable_gets_the_parameters_by_boto3s_names(qapps_mock, any_client, apps):
    seen = []

    def second(parameters):
        seen.append(dict(parameters))
        parameters.clear()  # its own copy
        return len(seen) == 2

    qapps_mock.fail("GetQApp", DENIED, when=second)

    assert [read(any_client, app) for app in apps] == [None, DENIED]
    assert seen == [{"instanceId": INSTANCE, "appId": app} for app in apps]
    assert qapps_mock.calls("GetQApp")[0].params == seen[0]


def test_a_callable_can_call_the_service(qapps_mock, qapps_client):
    app = create_app(qapps_client)["appId"]

    def is_first_app(parameters):
        return len(qapps_client.list_q_apps(instanceId=INSTANCE)["apps"]) == 1

    qapps_mock.fail("GetQApp", DENIED, when=is_first_app)

    assert read(qapps_client, app) == DENIED


def test_a_callable_that_fails_does_not_match_and_is_logged(qapps_mock, any_client, apps, caplog):
    qapps_mock.fail("GetQApp", DENIED, when=lambda parameters: parameters["app_id"])

    assert read(any_client, apps[0]) is None

    [record] = caplog.records
    assert str(record.exc_info[1]) == "'app_id'"
    assert record.getMessage().startswith(
        "The callable when of fail('GetQApp', 'AccessDeniedException', when=<"
    )
    qapps_mock.reset()


def test_a_star_with_parameters_means_the_operations_that_have_them(qapps_mock, any_client, apps):
    qapps_mock.fail("*", DENIED, when={"appId": apps[0]}, times=None)

    assert create_app(any_client)["appVersion"] == 1
    assert [read(any_client, app) for app in apps] == [DENIED, None]
    assert outcome(any_client.list_q_apps, instanceId=INSTANCE) is None


def test_a_later_change_of_the_mapping_changes_nothing(qapps_mock, any_client, apps):
    wanted = {"appId": apps[0]}
    qapps_mock.fail("GetQApp", DENIED, when=wanted)
    wanted["appId"] = apps[1]

    assert [read(any_client, app) for app in reversed(apps)] == [None, DENIED]


# after


def test_calls_succeed_first(qapps_mock, any_client, apps):
    qapps_mock.fail("GetQApp", DENIED, after=2, times=2)

    assert [read(any_client, apps[0]) for _ in range(5)] == [None, None, DENIED, DENIED, None]


def test_only_calls_that_match_are_counted(qapps_mock, any_client, apps):
    one, two = apps
    qapps_mock.fail("GetQApp", DENIED, when={"appId": two}, after=1)

    assert [read(any_client, app) for app in (one, two, one, two, two)] == [None, None, None, DENIED, None]


# Several scripts


def test_a_call_takes_the_first_script_that_matches(qapps_mock, any_client, apps):
    one, two = apps
    qapps_mock.fail("GetQApp", DENIED, when={"appId": two})
    qapps_mock.fail("GetQApp", CONFLICT)
    qapps_mock.fail("GetQApp", MISSING)

    assert [read(any_client, app) for app in (one, two, one, one)] == [CONFLICT, DENIED, MISSING, None]


def test_a_call_that_a_script_lets_pass_can_take_the_next_one(qapps_mock, any_client, apps):
    qapps_mock.fail("GetQApp", DENIED, after=1)
    qapps_mock.fail("GetQApp", MISSING)

    assert [read(any_client, apps[0]) for _ in range(3)] == [MISSING, DENIED, None]


def test_threads_take_each_failure_once(qapps_mock, qapps_client):
    qapps_mock.fail("GetQApp", MISSING, message="Scripted", after=10, times=20)
    app = create_app(qapps_client)["appId"]
    barrier = threading.Barrier(4)

    def ask():
        barrier.wait()
        return [read(qapps_client, app) for _ in range(20)]

    with ThreadPoolExecutor(4) as pool:
        answers = [answer for future in [pool.submit(ask) for _ in range(4)] for answer in future.result()]

    assert (answers.count(MISSING), answers.count(None)) == (20, 60)


# calls


def test_calls_are_selected_by_parameters(qapps_mock, any_client, apps):
    for app in apps:
        read(any_client, app)

    assert [call.params["appId"] for call in qapps_mock.calls("get_q_app", appId=apps[1])] == [apps[1]]
    assert [call.operation for call in qapps_mock.calls(appId=apps[1])] == ["GetQApp"]
    assert [call.params["title"] for call in qapps_mock.calls("CreateQApp", title="two")] == ["two"]
    assert len(qapps_mock.calls("CreateQApp", appDefinition={"cards": [file_card()]})) == 2
    assert qapps_mock.calls("CreateQApp", appDefinition={"cards": []}) == []


def test_calls_that_were_refused_as_invalid_are_selected_too(qapps_mock, any_client):
    wrong = {"instanceId": INSTANCE, "title": "x" * 1000, "appDefinition": {"cards": []}}
    outcome(any_client.create_q_app, **wrong)

    assert len(qapps_mock.calls("CreateQApp", title="x" * 1000)) == 1
