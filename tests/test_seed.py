"""A seed makes ids, tokens and keys the same in each run."""

from __future__ import annotations

import random
import uuid
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from freezegun import freeze_time
from moto.moto_api._internal import mock_random

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.service import protocol
from tests.conftest import ANN, BOB, CARD, CONTENT, INSTANCE, create_app, file_card, grant
from tests.running import (
    QUERY,
    TEXT,
    card_of,
    form_card,
    given,
    query_card,
    start,
    submission,
    text_card,
)

PROGRAM = """
import hashlib
from tests.test_seed import everything
print(hashlib.sha256(repr(everything(7)).encode()).hexdigest())
"""


def use(client):
    """Make all that has an id or a token, and return the whole responses."""
    with freeze_time("2026-01-01"):
        app = create_app(client, file_card())
        return [
            app,
            client.create_library_item(instanceId=INSTANCE, appId=app["appId"], appVersion=1, categories=[]),
            grant(client, appId=app["appId"]),
            client.list_q_apps(instanceId=INSTANCE, limit=1),
            client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1),
            client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": "A problem"}),
            card_of(client, start(client, query_card("Say")), QUERY),
        ]


class Everything:
    """Uses every operation, and form uploads and links, and keeps each response byte by byte.

    *chosen* decides which failures come in between.
    """

    def __init__(self, mock: MockQApps, chosen: random.Random, **kwargs: Any) -> None:
        self.mock, self.chosen = mock, chosen
        self.seen: list[Any] = []
        self.ann, self.bob = (self.client(user, **kwargs) for user in (ANN, BOB))
        self.instance = {"instanceId": INSTANCE}

    def client(self, user: str, **kwargs: Any) -> Any:
        client: Any = self.mock.client(user, **kwargs)
        client.meta.events.register("before-parse.qapps", self.note)
        return client

    def note(self, response_dict: dict[str, Any], **_: Any) -> None:
        headers = dict(sorted(response_dict["headers"].items()))
        self.seen.append((response_dict["status_code"], headers, response_dict["body"]))

    def call(self, client: Any, operation: str, **members: Any) -> Any:
        if self.chosen.random() < 0.3:
            self.mock.fail(operation, "InternalServerException")
        try:
            return getattr(client, operation)(**self.instance, **members)
        except ClientError as refused:
            return self.seen.append(refused.response)

    def send(self, method: str, url: str, **kwargs: Any) -> None:
        answer = requests.request(method, url, timeout=30, **kwargs)
        self.seen.append((answer.status_code, dict(sorted(answer.headers.items())), answer.content))

    def upload(self, granted: Any, content: bytes = CONTENT, **fields: str) -> None:
        data = {**granted["presignedUrlFields"], **fields}
        self.send("POST", granted["presignedUrl"], data=data, files={"file": content})

    def use(self) -> list[Any]:
        app = self.apps()
        self.library(app)
        self.sessions(app)
        self.uploads(app)
        self.permissions_and_tags(app)
        self.call(self.ann, "delete_q_app", appId=app["appId"])
        self.seen += [
            self.mock.dump(),
            [call.summary(whole=True) for call in self.mock.calls()],
            self.mock.uploads,
        ]
        return self.seen

    def apps(self) -> Any:
        cards = [query_card(f"@{{{TEXT}}}"), text_card(), form_card(), file_card()]
        app = self.call(
            self.ann, "create_q_app", title="App", appDefinition={"cards": cards}, tags={"a": "b"}
        )
        for _ in range(3):
            problem = {"problemStatement": f"Problem {self.chosen.random()}"}
            self.call(self.ann, "predict_q_app", options=problem)
            self.call(self.ann, "create_q_app", title="Other", appDefinition={"cards": [text_card()]})
        self.call(self.ann, "update_q_app", appId=app["appId"], title="New")
        self.call(self.bob, "get_q_app", appId=app["appId"])
        self.call(self.ann, "get_q_app", appId=app["appId"])
        self.call(self.ann, "list_q_apps", limit=2)
        return app

    def library(self, app: Any) -> None:
        category = "00000009-0000-4000-8000-000000000000"
        self.call(
            self.ann, "batch_create_category", categories=[{"id": category, "title": "HR"}, {"title": "IT"}]
        )
        self.call(self.ann, "batch_update_category", categories=[{"id": category, "title": "Staff"}])
        self.call(self.ann, "list_categories")
        item = self.call(
            self.ann, "create_library_item", appId=app["appId"], appVersion=1, categories=[category]
        )
        named = {"libraryItemId": item["libraryItemId"]}
        self.call(self.ann, "update_library_item", **named, categories=[])
        self.call(self.ann, "update_library_item_metadata", **named, isVerified=True)
        self.call(self.bob, "get_library_item", **named)
        self.call(self.bob, "list_library_items", limit=1)
        self.call(self.bob, "associate_library_item_review", **named)
        self.call(self.bob, "disassociate_library_item_review", **named)
        self.call(self.bob, "associate_q_app_with_user", appId=app["appId"])
        self.call(self.bob, "disassociate_q_app_from_user", appId=app["appId"])
        self.call(self.ann, "delete_library_item", **named)
        self.call(self.ann, "batch_delete_category", categories=[category])

    def sessions(self, app: Any) -> None:
        values = given({TEXT: "dogs"})
        session = self.call(
            self.ann, "start_q_app_session", appId=app["appId"], appVersion=1, initialValues=values
        )
        named = {"sessionId": session["sessionId"]}
        self.call(self.ann, "update_q_app_session_metadata", **named, sharingConfiguration={"enabled": True})
        for client in (self.ann, self.bob):
            self.call(client, "update_q_app_session", **named, values=[submission({"a": 1}, "edit")])
            self.call(client, "update_q_app_session", **named, values=[submission({"a": 1})])
        self.call(self.ann, "get_q_app_session", **named)
        self.call(self.ann, "get_q_app_session_metadata", **named)
        self.call(self.ann, "list_q_app_session_data", **named)
        exported = self.call(self.ann, "export_q_app_session_data", **named)
        link = exported["csvFileLink"]
        for method, url in (
            ("GET", link),
            ("HEAD", link),
            ("GET", f"{link}x"),
            ("GET", link.partition("?")[0]),
        ):
            self.send(method, url)
        self.call(self.ann, "stop_q_app_session", **named)

    def uploads(self, app: Any) -> None:
        card = {"appId": app["appId"], "cardId": CARD}
        for _ in range(2):
            granted = grant(self.ann, **card)
            self.mock.fail_upload("SlowDown", file_id=granted["fileId"])
            self.upload(granted)
            self.upload(granted, b"other")
            self.upload(granted, key="other")
            self.upload(granted)
        imported = {"fileName": "a.txt", "fileContentsBase64": "YQ==", "scope": "APPLICATION"}
        self.call(self.ann, "import_document", **card, **imported)

    def permissions_and_tags(self, app: Any) -> None:
        grants = [{"action": "read", "principal": BOB}]
        self.call(self.ann, "update_q_app_permissions", appId=app["appId"], grantPermissions=grants)
        self.call(self.ann, "describe_q_app_permissions", appId=app["appId"])
        self.instance = {}
        self.call(self.ann, "tag_resource", resourceARN=app["appArn"], tags={"c": "d"})
        self.call(self.ann, "untag_resource", resourceARN=app["appArn"], tagKeys=["c"])
        self.call(self.ann, "list_tags_for_resource", resourceARN=app["appArn"])
        self.instance = {"instanceId": INSTANCE}


def everything(choice: int, **kwargs: Any) -> list[str]:
    with freeze_time("2026-01-01"), mock_qapps(seed=choice) as mock:
        seen = Everything(mock, random.Random(choice), **kwargs).use()
        assert {call.operation for call in mock.calls()} == protocol.operations().keys()
    return [repr(each) for each in seen]


def created(mock):
    return create_app(mock.client())["appId"]


def test_the_whole_responses_are_the_same_in_each_run():
    with mock_qapps(seed=7) as mock:
        first = use(mock.client())
    with mock_qapps(seed=7) as mock:
        second = use(mock.client())

    assert first == second


@pytest.mark.parametrize("choice", range(5))
@pytest.mark.parametrize("route", ["in process", "server"])
def test_every_response_is_the_same_byte_by_byte(route, choice, request):
    url = {"endpoint_url": request.getfixturevalue("_qapps_server")} if route == "server" else {}

    first, second = (everything(choice, **url) for _ in range(2))

    assert first == second


def test_they_are_the_same_in_each_process(run_python):
    first, second = (run_python(PROGRAM, PYTHONHASHSEED=seed) for seed in ("1", "2"))

    assert first == second


def test_another_seed_makes_other_ids_and_none_makes_random_ones():
    ids = set()
    for seed in (1, 2, None, None):
        with mock_qapps(seed=seed) as mock:
            ids.add(created(mock))

    assert len(ids) == 4


def test_an_id_is_a_version_4_uuid():
    with mock_qapps(seed=7) as mock:
        assert uuid.UUID(created(mock)).version == 4


def test_the_number_of_requests_does_not_change_the_ids_of_resources():
    with mock_qapps(seed=7) as mock:
        first = [created(mock), created(mock)]
    with mock_qapps(seed=7) as mock:
        second = [created(mock)]
        mock.client().list_q_apps(instanceId=INSTANCE)
        second.append(created(mock))

    assert first == second


def test_no_random_numbers_of_the_test_or_of_moto_change():
    before = random.getstate(), mock_random.getstate()

    with mock_qapps(seed=7) as mock:
        created(mock)

    # Moto's own start draws from its generator.
    assert random.getstate() == before[0]
    with mock_qapps() as mock:
        drawn = mock_random.getstate()
        created(mock)
        assert mock_random.getstate() != drawn
    with mock_qapps(seed=7) as mock:
        drawn = mock_random.getstate()
        created(mock)
        assert mock_random.getstate() == drawn


def test_a_reset_starts_the_ids_again():
    with mock_qapps(seed=7) as mock:
        first = created(mock)
        mock.reset()

        assert created(mock) == first


def test_a_nested_mock_of_the_same_seed_makes_no_id_that_is_taken():
    with mock_qapps(seed=7) as outer:
        ids = [created(outer)]
        for _ in range(2):
            with mock_qapps(seed=7) as inner:
                ids.append(created(inner))
        ids.append(created(outer))

    assert len(set(ids)) == 4


def test_a_presigned_url_of_the_outer_mock_works_inside_a_seeded_one():
    with mock_qapps() as outer:
        granted = grant(outer.client(), cardId=CARD)
        with mock_qapps(seed=7):
            sent = requests.post(
                granted["presignedUrl"],
                data=granted["presignedUrlFields"],
                files={"file": b"Quarterly figures"},
                timeout=30,
            )

    assert sent.status_code == 204


@pytest.mark.qapps_mock(seed=7)
def test_a_server_makes_the_same_ids(any_client):
    app = create_app(any_client)

    assert app["appId"] == "653049be-c07a-43ad-aa7f-62f94597a44b"
    assert app["ResponseMetadata"]["RequestId"] == "bd727e1d-3dad-437e-a6dc-d409c3e0e295"
