"""Many threads share one mock: every call counts once, and no thread sees a partial change.

``QAPPS_MOCK_CALLS=500 pytest tests/test_threads.py`` makes more calls a thread.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from itertools import cycle, islice
from typing import Any

import pytest

from tests.conftest import INSTANCE, console_server, create_app
from tests.running import QUERY, TEXT, given, query_card, states, text_card

THREADS = 32
CALLS = int(os.environ.get("QAPPS_MOCK_CALLS", "60"))


def in_threads(work: Callable[[int], None]) -> None:
    """Run *work* in all threads at once; raise the exception of one of them."""
    errors: list[BaseException] = []
    together = threading.Barrier(THREADS)

    def body(number: int) -> None:
        try:
            together.wait(30)
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=body, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.fixture
def clients(qapps_mock: Any) -> list[Any]:
    """A client for each thread, each of a different user."""
    return [qapps_mock.client(user=f"user{number}@example.com") for number in range(THREADS)]


def test_the_counts_of_mixed_calls_are_exact(qapps_mock, clients):
    app = create_app(clients[0], text_card(), query_card(f"About @{TEXT}"))
    here = {"instanceId": INSTANCE, "appId": app["appId"]}
    item = clients[0].create_library_item(**here, appVersion=1, categories=[])["libraryItemId"]

    def work(number: int) -> None:
        client = clients[number]
        operations = {
            "TagResource": lambda: client.tag_resource(
                resourceARN=app["appArn"], tags={f"t{number % 8}": "x"}
            ),
            "AssociateQAppWithUser": lambda: client.associate_q_app_with_user(**here),
            "StartQAppSession": lambda: client.start_q_app_session(**here, appVersion=1),
            # Each thread has its own instance, because an instance can have 1,000 apps.
            "CreateQApp": lambda: client.create_q_app(
                instanceId=f"instance-{number}", title="T", appDefinition={"cards": []}
            ),
            "ListQApps": lambda: client.list_q_apps(instanceId=INSTANCE),
        }
        client.associate_library_item_review(instanceId=INSTANCE, libraryItemId=item)
        for name in islice(cycle(operations), number, number + CALLS):
            operations[name]()

    in_threads(work)

    seen = Counter(call.operation for call in qapps_mock.calls())
    assert seen.total() == 2 + THREADS * (CALLS + 1)
    assert {call.error for call in qapps_mock.calls()} == {None}
    [shown] = clients[0].list_library_items(instanceId=INSTANCE)["libraryItems"]
    assert (shown["ratingCount"], shown["userCount"]) == (THREADS, THREADS)
    tags = clients[0].list_tags_for_resource(resourceARN=app["appArn"])["tags"]
    assert sorted(tags) == [f"t{number}" for number in range(8)]
    apps = [
        each["appId"]
        for number, client in enumerate(clients)
        for each in client.list_q_apps(instanceId=f"instance-{number}")["apps"]
    ]
    assert len(set(apps)) == len(apps) == seen["CreateQApp"] - 1
    assert {len(client.list_q_apps(instanceId=INSTANCE)["apps"]) for client in clients} == {1}


def test_no_version_is_lost_and_none_is_read_half_written(clients):
    app = create_app(clients[0], query_card("0"), title="0")
    here = {"instanceId": INSTANCE, "appId": app["appId"]}
    friends = [{"principal": f"user{number}@example.com", "action": "write"} for number in range(THREADS)]
    clients[0].update_q_app(**here, title="0", description="0")
    clients[0].update_q_app_permissions(**here, grantPermissions=friends)

    def work(number: int) -> None:
        client = clients[number]
        for count in range(CALLS // 2):
            text = f"{number} {count}"
            cards = {"cards": [query_card(text)]}
            client.update_q_app(**here, title=text, description=text, appDefinition=cards)
            shown = client.get_q_app(**here)
            prompt = shown["appDefinition"]["cards"][0]["qQuery"]["prompt"]
            assert shown["title"] == shown["description"] == prompt

    in_threads(work)

    assert clients[0].get_q_app(**here)["appVersion"] == 2 + THREADS * (CALLS // 2)


def test_scripted_failures_and_answers_are_each_used_once(qapps_mock, clients):
    app = create_app(clients[0], text_card(), query_card(f"About @{TEXT}"))
    here = {"instanceId": INSTANCE, "appId": app["appId"]}
    clients[0].create_library_item(**here, appVersion=1, categories=[])
    qapps_mock.fail("GetQApp", "AccessDeniedException", times=THREADS // 2)
    qapps_mock.answer(QUERY, *map(str, range(THREADS)))
    answers = []

    def work(number: int) -> None:
        client = clients[number]
        try:
            client.get_q_app(**here)
        except client.exceptions.AccessDeniedException:
            pass
        values = given({TEXT: "dogs"})
        session = client.start_q_app_session(**here, appVersion=1, initialValues=values)["sessionId"]
        shown = client.get_q_app_session(instanceId=INSTANCE, sessionId=session)
        answers.append(shown["cardStatus"][QUERY]["currentValue"])

    in_threads(work)

    failed = [call for call in qapps_mock.calls("GetQApp") if call.error == "AccessDeniedException"]
    assert len(failed) == THREADS // 2
    assert sorted(answers, key=int) == [str(number) for number in range(THREADS)]


def test_an_answer_that_raises_puts_its_card_in_error_and_is_logged(qapps_mock, clients, caplog):
    app = create_app(clients[0], text_card(), query_card(f"About @{TEXT}"))
    here = {"instanceId": INSTANCE, "appId": app["appId"]}
    clients[0].create_library_item(**here, appVersion=1, categories=[])
    crashed = [f"About {number}" for number in range(0, THREADS, 2)]

    def answer(prompt: str) -> str:
        if prompt in crashed:
            raise LookupError(f"no answer: {prompt}")
        return "fine"

    qapps_mock.answer(QUERY, answer)
    seen = {}

    def work(number: int) -> None:
        values = given({TEXT: str(number)})
        session = clients[number].start_q_app_session(**here, appVersion=1, initialValues=values)["sessionId"]
        seen[number] = states(clients[number], session)

    in_threads(work)

    for number in range(THREADS):
        end = "COMPLETED" if number % 2 else "ERROR"
        assert seen[number] == [end, "COMPLETED", end]
    assert {record.name for record in caplog.records if record.exc_info} == {"qapps_mock"}
    logged = sorted(record.getMessage() for record in caplog.records if record.exc_info)
    assert logged == sorted(
        f"A scripted answer failed; its card is in ERROR. The prompt was: {prompt}" for prompt in crashed
    )
    assert caplog.text.count("Traceback") == len(crashed)
    assert "LookupError: no answer: About 0" in caplog.text


_FIRST_CALLS = """
import threading
import boto3
from qapps_mock import mock_qapps

errors = []

def call(client):
    for _ in range(200):
        try:
            client.list_q_apps(instanceId="i")
        except Exception as error:
            errors.append(repr(error))
            return

{start}
for service, operation in (("iam", "list_users"), ("sts", "get_caller_identity"), ("s3", "list_buckets")):
    clients = [boto3.client("qapps", region_name="us-east-1", **where) for _ in range(8)]
    threads = [threading.Thread(target=call, args=[each]) for each in clients]
    for each in threads:
        each.start()
    getattr(boto3.client(service, region_name="us-east-1", **where), operation)()
    for each in threads:
        each.join()
{stop}
print(errors)
"""


def test_the_first_call_of_another_service_breaks_no_call_of_other_threads(run_python):
    program = _FIRST_CALLS.format(start="where = {}; mock = mock_qapps().start()", stop="mock.stop()")

    assert run_python(program) == "[]"


def test_the_first_call_of_another_service_to_a_server_breaks_no_call_of_other_threads(run_python):
    keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}
    with console_server() as console:
        program = _FIRST_CALLS.format(start=f"where = {{'endpoint_url': {console.url!r}}}", stop="")

        assert run_python(program, **keys) == "[]"
