"""Apps: create, get, update, delete, list, predict, and who is allowed to."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
import requests
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock import mock_qapps, models, users
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.options import DEFAULTS
from qapps_mock.models import prediction, resources
from qapps_mock.service.context import Context
from qapps_mock.service.service_model import service_model
from tests.conftest import (
    ANN,
    CARD,
    INSTANCE,
    OTHER_INSTANCE,
    UNKNOWN,
    create_app,
    file_card,
    qapps,
    refusal,
)
from tests.shapes import fuzz

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
ONE = datetime(2026, 3, 1, 13, tzinfo=timezone.utc)
TWO = datetime(2026, 3, 1, 14, tzinfo=timezone.utc)

TEXT = "11111111-1111-4111-8111-111111111111"
QUERY = "22222222-2222-4222-8222-222222222222"
PLUGIN = "33333333-3333-4333-8333-333333333333"
FORM = "44444444-4444-4444-8444-444444444444"
PLUGIN_ID = "55555555-5555-4555-8555-555555555555"

NO_APP = {
    "Code": "ResourceNotFoundException",
    "Message": f"App {UNKNOWN} does not exist.",
    "resourceId": UNKNOWN,
    "resourceType": "App",
}


def text_card(**more: Any) -> dict[str, Any]:
    return {"textInput": {"id": TEXT, "title": "Text", "type": "text-input", **more}}


def query_card(prompt: str = "Say hello", **more: Any) -> dict[str, Any]:
    return {"qQuery": {"id": QUERY, "title": "Query", "type": "q-query", "prompt": prompt, **more}}


def plugin_card(prompt: str = "Open a ticket") -> dict[str, Any]:
    card = {"id": PLUGIN, "title": "Plugin", "type": "q-plugin", "prompt": prompt, "pluginId": PLUGIN_ID}
    return {"qPlugin": card}


def form_card(**more: Any) -> dict[str, Any]:
    metadata = {"schema": {"type": "object"}}
    return {"formInput": {"id": FORM, "title": "Form", "type": "form-input", "metadata": metadata, **more}}


def publish(client: Any, app: dict[str, Any], version: int = 1, instance: str = INSTANCE) -> str:
    item = client.create_library_item(
        instanceId=instance, appId=app["appId"], appVersion=version, categories=[]
    )
    return str(item["libraryItemId"])


def share(client: Any, app: dict[str, Any], *actions: str) -> None:
    permissions = [{"action": action, "principal": ANN} for action in actions]
    client.update_q_app_permissions(instanceId=INSTANCE, appId=app["appId"], grantPermissions=permissions)


def read(client: Any, app: dict[str, Any], version: int | None = None) -> dict[str, Any]:
    members = {} if version is None else {"appVersion": version}
    answer = client.get_q_app(instanceId=INSTANCE, appId=app["appId"], **members)
    return {name: each for name, each in answer.items() if name != "ResponseMetadata"}


def listed(client: Any, instance: str = INSTANCE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.list_q_apps(instanceId=instance)["apps"]
    return found


def denied(app: dict[str, Any], version: int, user: str) -> dict[str, str]:
    return {
        "Code": "AccessDeniedException",
        "Message": f"Version {version} of app {app['appId']} is neither published nor shared with user {user}.",
    }


# CreateQApp


def test_a_new_app_is_the_first_version_and_a_draft(mocked, client):
    with time_machine.travel(NOON, tick=False):
        created = client.create_q_app(
            instanceId=INSTANCE,
            title="Title",
            description="Description",
            appDefinition={"cards": [text_card(), query_card()], "initialPrompt": "Prompt"},
        )

    del created["ResponseMetadata"]
    user = mocked.user("user@example.com")
    app_id = created["appId"]
    assert created == {
        "appId": app_id,
        "appArn": f"arn:aws:qapps:us-east-1:123456789012:application/{INSTANCE}/qapp/{app_id}",
        "title": "Title",
        "description": "Description",
        "initialPrompt": "Prompt",
        "appVersion": 1,
        "status": "DRAFT",
        "createdAt": NOON,
        "createdBy": user,
        "updatedAt": NOON,
        "updatedBy": user,
        "requiredCapabilities": ["CreatorMode"],
    }


def test_what_an_app_does_not_have_is_left_out(client):
    app = create_app(client)

    assert {"description", "initialPrompt"}.isdisjoint(app)
    assert {"description", "initialPrompt"}.isdisjoint(read(client, app))
    assert "description" not in listed(client)[0]


def test_an_empty_description_is_kept(client):
    app = client.create_q_app(
        instanceId=INSTANCE, title="T", description="", appDefinition={"cards": [], "initialPrompt": ""}
    )

    assert (app["description"], app["initialPrompt"]) == ("", "")


def test_two_apps_may_have_one_title(client):
    assert create_app(client)["appId"] != create_app(client)["appId"]


@pytest.mark.parametrize(
    ("cards", "capabilities"),
    [
        ([], []),
        ([text_card(), form_card()], []),
        ([file_card()], ["FileUpload"]),
        ([query_card()], ["CreatorMode"]),
        ([query_card(outputSource="llm")], ["CreatorMode"]),
        ([query_card(outputSource="approved-sources")], ["RetrievalMode"]),
        ([plugin_card()], ["PluginMode"]),
        ([plugin_card(), query_card(), file_card()], ["FileUpload", "CreatorMode", "PluginMode"]),
    ],
)
def test_the_capabilities_follow_from_the_cards(client, cards, capabilities):
    app = create_app(client, *cards)

    assert app["requiredCapabilities"] == capabilities
    assert read(client, app)["requiredCapabilities"] == capabilities


def test_two_cards_with_one_id_are_refused(client):
    error = refusal(
        client.create_q_app,
        instanceId=INSTANCE,
        title="T",
        appDefinition={"cards": [text_card(), text_card()]},
    )

    assert error == {
        "Code": "ValidationException",
        "Message": f"Card id {TEXT} is used by more than one card.",
    }


@pytest.mark.parametrize(
    ("cards", "names"),
    [
        ([query_card(f"@{QUERY}")], QUERY),
        ([text_card(), query_card(f"@{PLUGIN}"), plugin_card(f"@{TEXT} @{QUERY}")], f"{QUERY}, {PLUGIN}"),
    ],
)
def test_cards_that_wait_for_each_other_are_refused(client, cards, names):
    error = refusal(client.create_q_app, instanceId=INSTANCE, title="T", appDefinition={"cards": cards})

    assert error == {
        "Code": "ValidationException",
        "Message": f"Cards depend on each other in a cycle: {names}.",
    }


CARDS = [text_card(), query_card(), plugin_card(), form_card(), file_card()]
TYPES = [next(iter(card.values()))["type"] for card in CARDS]


@pytest.mark.parametrize("own", CARDS, ids=TYPES)
@pytest.mark.parametrize("wrong", TYPES)
def test_a_card_has_the_type_of_its_kind(client, own, wrong):
    [(kind, body)] = own.items()
    cards = [{kind: {**body, "type": wrong}}]
    if wrong == body["type"]:
        assert create_app(client, *cards)["appVersion"] == 1
        return

    error = refusal(client.create_q_app, instanceId=INSTANCE, title="T", appDefinition={"cards": cards})

    assert error == {
        "Code": "ValidationException",
        "Message": f"Card {body['id']} is a {kind} card: its type must be {body['type']}, and is {wrong}.",
    }


def test_the_types_of_cards_are_all_that_the_model_has():
    cards = service_model().shape_for("Card")

    assert {kind for card in CARDS for kind in card} == set(cards.members)
    assert sorted(TYPES) == sorted(service_model().shape_for("CardType").enum)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"aws:x": "1"}, "Tag key aws:x is reserved: it starts with aws:."),
        (
            {f"k{number}": "" for number in range(51)},
            "A resource can have at most 50 tags, and this would be 51.",
        ),
    ],
)
def test_tags_that_no_resource_may_have_are_refused_on_creation(client, tags, message):
    error = refusal(
        client.create_q_app, instanceId=INSTANCE, title="T", appDefinition={"cards": []}, tags=tags
    )

    assert error == {"Code": "ValidationException", "Message": message}
    assert listed(client) == []


# Quotas


def fill(context: Context, count: int, instance: str = INSTANCE) -> list[str]:
    backend = models.backend_of("123456789012", "us-east-1")
    return [
        backend.create_q_app(context, instance_id=instance, title="T", app_definition={"cards": []})["appId"]
        for _ in range(count)
    ]


def context_of(email: str) -> Context:
    return Context(users.user_id(email), email, DEFAULTS, ACTIVE)


def test_a_user_can_have_100_apps_in_an_instance(mocked, ann):
    fill(context_of(ANN), 99)
    create_app(ann)

    error = refusal(ann.create_q_app, instanceId=INSTANCE, title="T", appDefinition={"cards": []})

    assert error == {
        "Code": "ServiceQuotaExceededException",
        "Message": f"User {mocked.user(ANN)} already has 100 apps.",
        "resourceId": mocked.user(ANN),
        "resourceType": "User",
        "serviceCode": "qapps",
        "quotaCode": "L-00000000",
    }
    assert mocked.calls("CreateQApp")[-1].error == "ServiceQuotaExceededException"
    assert len(listed(ann)) == 100


def test_the_quota_of_a_user_is_one_for_each_instance_and_user(client, ann):
    fill(context_of(ANN), 100)

    assert create_app(client)["appVersion"] == 1
    assert ann.create_q_app(instanceId=OTHER_INSTANCE, title="T", appDefinition={"cards": []})


def test_a_deleted_app_makes_room(ann):
    ids = fill(context_of(ANN), 100)

    ann.delete_q_app(instanceId=INSTANCE, appId=ids[0])

    assert create_app(ann)["appVersion"] == 1


def test_an_instance_can_have_1000_apps(client):
    for user in range(10):
        ids = fill(context_of(f"user-{user}@example.com"), 100)

    error = refusal(client.create_q_app, instanceId=INSTANCE, title="T", appDefinition={"cards": []})

    assert error == {
        "Code": "ServiceQuotaExceededException",
        "Message": f"Instance {INSTANCE} already has 1000 apps.",
        "resourceId": INSTANCE,
        "resourceType": "Instance",
        "serviceCode": "qapps",
        "quotaCode": "L-00000000",
    }
    assert client.create_q_app(instanceId=OTHER_INSTANCE, title="T", appDefinition={"cards": []})
    models.backend_of("123456789012", "us-east-1").delete_q_app(
        context_of("user-9@example.com"), instance_id=INSTANCE, app_id=ids[0]
    )
    assert create_app(client)["appVersion"] == 1


# GetQApp


def test_an_app_is_read_as_it_was_created(client):
    created = create_app(client, text_card(placeholder="Here"), query_card(f"About @{TEXT}"))
    del created["ResponseMetadata"]

    found = read(client, created)

    definition = found.pop("appDefinition")
    assert found == created
    assert definition == {
        "appDefinitionVersion": "1",
        "canEdit": True,
        "cards": [
            {
                "textInput": {
                    "id": TEXT,
                    "title": "Text",
                    "type": "text-input",
                    "placeholder": "Here",
                    "dependencies": [],
                }
            },
            {
                "qQuery": {
                    "id": QUERY,
                    "title": "Query",
                    "type": "q-query",
                    "prompt": f"About @{TEXT}",
                    "outputSource": "llm",
                    "dependencies": [TEXT],
                }
            },
        ],
    }


def test_each_kind_of_card_shows_what_the_service_adds(client):
    app = create_app(client, file_card(), plugin_card(), form_card(), query_card(f"@{FORM} @{TEXT} @{FORM}"))

    upload, plugin, form, query = (
        next(iter(card.values())) for card in read(client, app)["appDefinition"]["cards"]
    )

    assert upload["dependencies"] == []
    assert (plugin["pluginType"], plugin["dependencies"]) == ("CUSTOM", [])
    assert (form["computeMode"], form["dependencies"]) == ("replace", [])
    assert query["dependencies"] == [FORM, TEXT]  # a reference to a missing card is kept
    assert query["memoryReferences"] == [FORM]


def test_the_members_of_a_card_are_kept(client):
    app = create_app(client, form_card(computeMode="append"), query_card(outputSource="approved-sources"))

    form, query = (next(iter(card.values())) for card in read(client, app)["appDefinition"]["cards"])

    assert form["computeMode"] == "append"
    assert query["outputSource"] == "approved-sources"
    assert "memoryReferences" not in query


def test_every_version_stays_readable(client):
    app = create_app(client, text_card(), title="First")
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Second")

    assert [read(client, app, version)["title"] for version in (1, 2)] == ["First", "Second"]
    assert read(client, app)["appVersion"] == 2


@pytest.mark.parametrize("version", [0, 2, 2147483647])
def test_a_version_that_does_not_exist_is_not_found(client, version):
    app = create_app(client)

    error = refusal(client.get_q_app, instanceId=INSTANCE, appId=app["appId"], appVersion=version)

    assert error == {
        "Code": "ResourceNotFoundException",
        "Message": f"App {app['appId']} has no version {version}.",
        "resourceId": app["appId"],
        "resourceType": "AppVersion",
    }


BY_APP: list[tuple[str, dict[str, Any]]] = [
    ("get_q_app", {}),
    ("update_q_app", {"title": "New"}),
    ("delete_q_app", {}),
    ("associate_q_app_with_user", {}),
    ("disassociate_q_app_from_user", {}),
    ("describe_q_app_permissions", {}),
    ("update_q_app_permissions", {}),
    ("create_library_item", {"appVersion": 1, "categories": []}),
]


@pytest.mark.parametrize(("operation", "members"), BY_APP)
def test_an_unknown_app_is_not_found(client, operation, members):
    assert refusal(getattr(client, operation), instanceId=INSTANCE, appId=UNKNOWN, **members) == NO_APP


@pytest.mark.parametrize(("operation", "members"), BY_APP)
def test_an_app_of_another_instance_region_or_account_is_not_found(
    mocked, client, monkeypatch, operation, members
):
    app = create_app(client)["appId"]
    elsewhere = mocked.client(region_name="us-west-2")
    missing = {**NO_APP, "Message": f"App {app} does not exist.", "resourceId": app}

    found = [
        refusal(getattr(client, operation), instanceId=OTHER_INSTANCE, appId=app, **members),
        refusal(getattr(elsewhere, operation), instanceId=INSTANCE, appId=app, **members),
    ]
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111111111111")
    found.append(refusal(getattr(client, operation), instanceId=INSTANCE, appId=app, **members))

    assert found == [missing] * 3
    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    assert client.get_q_app(instanceId=INSTANCE, appId=app)["title"] == "Title"


# Who may read


def test_a_draft_is_its_owner_s_alone(mocked, client, ann):
    app = create_app(client)

    for members in ({}, {"appVersion": 1}):
        error = refusal(ann.get_q_app, instanceId=INSTANCE, appId=app["appId"], **members)
        assert error == denied(app, 1, mocked.user(ANN))


def test_others_read_the_published_version_and_cannot_edit(mocked, client, ann):
    app = create_app(client, title="First")
    publish(client, app)
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Second")

    found = read(ann, app)

    assert (found["appVersion"], found["title"], found["status"]) == (1, "First", "PUBLISHED")
    assert found["appDefinition"]["canEdit"] is False
    assert read(ann, app, 1) == found
    error = refusal(ann.get_q_app, instanceId=INSTANCE, appId=app["appId"], appVersion=2)
    assert error == denied(app, 2, mocked.user(ANN))


def test_a_version_that_does_not_exist_is_not_found_for_others_too(client, ann):
    app = create_app(client)

    error = refusal(ann.get_q_app, instanceId=INSTANCE, appId=app["appId"], appVersion=2)

    assert error["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize(("action", "can_edit"), [("read", False), ("write", True)])
def test_a_shared_draft_is_open_in_every_version(client, ann, action, can_edit):
    app = create_app(client, title="First")
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Second")
    share(client, app, action)

    found = read(ann, app)

    assert (found["title"], found["appDefinition"]["canEdit"]) == ("Second", can_edit)
    assert read(ann, app, 1)["title"] == "First"


def test_with_whom_an_app_is_shared_sees_its_newest_version_even_when_another_is_published(client, ann):
    app = create_app(client, title="First")
    publish(client, app)
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Second")
    share(client, app, "read")

    assert read(ann, app)["title"] == "Second"


@pytest.mark.parametrize("end", ["disable", "remove"])
def test_an_app_that_is_no_longer_published_is_closed_to_others(mocked, client, ann, end):
    app = create_app(client)
    item = publish(client, app)
    if end == "disable":
        client.update_library_item(instanceId=INSTANCE, libraryItemId=item, status="DISABLED")
    else:
        client.delete_library_item(instanceId=INSTANCE, libraryItemId=item)

    error = refusal(ann.get_q_app, instanceId=INSTANCE, appId=app["appId"])

    assert error == denied(app, 1, mocked.user(ANN))
    assert read(client, app)["status"] == "DRAFT"


def test_each_version_has_its_own_status(client):
    app = create_app(client)
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Second")
    publish(client, app, 1)

    assert [read(client, app, version)["status"] for version in (1, 2)] == ["PUBLISHED", "DRAFT"]
    publish(client, app, 2)
    assert [read(client, app, version)["status"] for version in (1, 2)] == ["DRAFT", "PUBLISHED"]


# UpdateQApp


def full_app(client: Any) -> dict[str, Any]:
    app: dict[str, Any] = client.create_q_app(
        instanceId=INSTANCE,
        title="Title",
        description="Description",
        appDefinition={"cards": [file_card()], "initialPrompt": "Prompt"},
    )
    return app


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, {}),
        ({"title": "New"}, {"title": "New"}),
        ({"description": "New"}, {"description": "New"}),
        ({"description": ""}, {"description": ""}),
        (
            {"appDefinition": {"cards": [query_card()], "initialPrompt": "New"}},
            {"requiredCapabilities": ["CreatorMode"], "initialPrompt": "New"},
        ),
        ({"title": "New", "description": "Newer"}, {"title": "New", "description": "Newer"}),
    ],
)
def test_an_update_is_a_new_version_that_keeps_what_is_not_named(mocked, client, change, expected):
    with time_machine.travel(NOON, tick=False):
        before = read(client, full_app(client))
    with time_machine.travel(ONE, tick=False):
        answer = client.update_q_app(instanceId=INSTANCE, appId=before["appId"], **change)

    del answer["ResponseMetadata"]
    definition = before.pop("appDefinition")
    assert answer == {**before, "appVersion": 2, "updatedAt": ONE, **expected}
    after = read(client, before)
    if "appDefinition" not in change:
        assert after["appDefinition"] == definition
    assert {name: after[name] for name in answer} == answer
    assert read(client, before, 1) == {**before, "appDefinition": definition}


def test_a_new_definition_replaces_the_old_one_whole(client):
    app = full_app(client)

    answer = client.update_q_app(
        instanceId=INSTANCE, appId=app["appId"], appDefinition={"cards": [text_card()]}
    )

    assert "initialPrompt" not in answer
    assert answer["requiredCapabilities"] == []
    cards = read(client, app)["appDefinition"]["cards"]
    assert [next(iter(card)) for card in cards] == ["textInput"]


def test_an_update_of_a_published_app_is_a_draft_until_it_is_published(client):
    app = create_app(client)
    publish(client, app)

    updated = client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="New")

    assert updated["status"] == "DRAFT"
    assert listed(client)[0]["status"] == "PUBLISHED"


def test_a_bad_definition_changes_nothing(client):
    app = full_app(client)
    before = read(client, app)

    error = refusal(
        client.update_q_app,
        instanceId=INSTANCE,
        appId=app["appId"],
        title="New",
        appDefinition={"cards": [text_card(), text_card()]},
    )

    assert error == {
        "Code": "ValidationException",
        "Message": f"Card id {TEXT} is used by more than one card.",
    }
    assert read(client, app) == before


@pytest.mark.parametrize("actions", [[], ["read"]])
def test_who_cannot_write_cannot_update(mocked, client, ann, actions):
    app = create_app(client)
    publish(client, app)
    share(client, app, *actions)
    before = read(client, app)

    error = refusal(ann.update_q_app, instanceId=INSTANCE, appId=app["appId"], title="New")

    assert error == {
        "Code": "AccessDeniedException",
        "Message": f"User {mocked.user(ANN)} has no write permission for app {app['appId']}.",
    }
    assert read(client, app) == before


def test_who_was_granted_to_write_updates_another_s_app(mocked, client, ann):
    app = create_app(client)
    share(client, app, "write")

    updated = ann.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="New")

    assert (updated["createdBy"], updated["updatedBy"]) == (
        mocked.user("user@example.com"),
        mocked.user(ANN),
    )
    assert read(client, app)["appDefinition"]["canEdit"] is True


# DeleteQApp


@pytest.mark.parametrize("actions", [[], ["read"], ["write"]])
def test_only_the_owner_deletes(mocked, client, ann, actions):
    app = create_app(client)
    share(client, app, *actions)

    error = refusal(ann.delete_q_app, instanceId=INSTANCE, appId=app["appId"])

    assert error == {
        "Code": "AccessDeniedException",
        "Message": f"User {mocked.user(ANN)} is not the owner of app {app['appId']}.",
    }
    assert read(client, app)["title"] == "Title"


def test_deleting_an_app_deletes_every_resource_that_depends_on_it(mocked, client, ann):
    app = create_app(client, file_card())
    other = create_app(client, file_card())
    client.batch_create_category(instanceId=INSTANCE, categories=[{"id": CARD, "title": "Label"}])
    items = [
        client.create_library_item(instanceId=INSTANCE, appId=each["appId"], appVersion=1, categories=[CARD])[
            "libraryItemId"
        ]
        for each in (app, other)
    ]
    ann.associate_library_item_review(instanceId=INSTANCE, libraryItemId=items[0])
    files = {}
    sessions = {}
    for each in (app, other):
        ann.associate_q_app_with_user(instanceId=INSTANCE, appId=each["appId"])
        sessions[each["appId"]] = client.start_q_app_session(
            instanceId=INSTANCE, appId=each["appId"], appVersion=1
        )["sessionArn"]
        files[each["appId"]] = client.import_document(
            instanceId=INSTANCE,
            appId=each["appId"],
            cardId=CARD,
            fileName="f",
            fileContentsBase64="AAAA",
            scope="APPLICATION",
        )["fileId"]

    client.delete_q_app(instanceId=INSTANCE, appId=app["appId"])

    gone = {"instanceId": INSTANCE, "appId": app["appId"]}
    for operation, members in BY_APP:
        error = refusal(getattr(client, operation), **gone, **members)
        assert error["Message"] == f"App {app['appId']} does not exist."
    error = refusal(ann.get_library_item, instanceId=INSTANCE, libraryItemId=items[0])
    assert error["Message"] == f"Library item {items[0]} does not exist."
    for arn in (app["appArn"], sessions[app["appId"]]):
        error = refusal(client.list_tags_for_resource, resourceARN=arn)
        assert error["Message"] == f"Resource {arn} does not exist."
    bucket = mocked.uploads[files[other["appId"]]].bucket
    stored = boto3.client("s3", region_name="us-east-1").list_objects_v2(Bucket=bucket)["Contents"]
    assert [each["Key"] for each in stored] == [mocked.uploads[files[other["appId"]]].key]
    assert [each["appId"] for each in listed(client)] == [other["appId"]]
    assert [each["appId"] for each in listed(ann)] == [other["appId"]]
    library = client.list_library_items(instanceId=INSTANCE, categoryId=CARD)["libraryItems"]
    assert [each["libraryItemId"] for each in library] == items[1:]
    assert client.list_categories(instanceId=INSTANCE)["categories"][0]["appCount"] == 1
    assert client.list_tags_for_resource(resourceARN=sessions[other["appId"]])["tags"] == {}


def test_a_second_deletion_finds_nothing(client):
    app = create_app(client)["appId"]
    client.delete_q_app(instanceId=INSTANCE, appId=app)

    error = refusal(client.delete_q_app, instanceId=INSTANCE, appId=app)

    assert error == {**NO_APP, "Message": f"App {app} does not exist.", "resourceId": app}


def test_deletion_leaves_nothing_in_memory(client):
    app = create_app(client)
    publish(client, app)
    backend = models.backend_of("123456789012", "us-east-1")

    client.delete_q_app(instanceId=INSTANCE, appId=app["appId"])

    assert backend._apps == {}
    assert backend._library_items == {}
    assert backend._sessions == {}
    assert +backend._app_counts == {}


# ListQApps, AssociateQAppWithUser, DisassociateQAppFromUser


def test_an_own_app_is_listed(client):
    with time_machine.travel(NOON, tick=False):
        app = full_app(client)

    assert listed(client) == [
        {
            "appId": app["appId"],
            "appArn": app["appArn"],
            "title": "Title",
            "description": "Description",
            "createdAt": NOON,
            "canEdit": True,
            "status": "DRAFT",
            "isVerified": False,
        }
    ]


def test_a_list_shows_the_apps_of_one_user_in_one_instance(client, ann):
    mine = create_app(client)
    publish(client, mine)
    there = client.create_q_app(instanceId=OTHER_INSTANCE, title="T", appDefinition={"cards": []})

    assert [each["appId"] for each in listed(client)] == [mine["appId"]]
    assert [each["appId"] for each in listed(client, OTHER_INSTANCE)] == [there["appId"]]
    assert listed(ann) == []


def test_an_app_added_from_the_library_is_listed_since_then_and_in_its_published_version(client, ann):
    with time_machine.travel(NOON, tick=False):
        app = create_app(client, title="First")
        item = publish(client, app)
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="Second")
    client.update_library_item_metadata(instanceId=INSTANCE, libraryItemId=item, isVerified=True)

    with time_machine.travel(ONE, tick=False):
        ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])

    assert listed(ann) == [
        {
            "appId": app["appId"],
            "appArn": app["appArn"],
            "title": "First",
            "createdAt": ONE,
            "canEdit": False,
            "status": "PUBLISHED",
            "isVerified": True,
        }
    ]
    assert (listed(client)[0]["title"], listed(client)[0]["createdAt"]) == ("Second", NOON)


def test_the_newest_association_comes_first(client, ann):
    apps = [create_app(client) for _ in range(3)]
    own = create_app(ann)
    for app in apps:
        publish(client, app)
    for app in (apps[2], apps[0], apps[1]):
        ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])

    expected = [apps[1], apps[0], apps[2], own]
    assert [each["appId"] for each in listed(ann)] == [each["appId"] for each in expected]
    assert [each["appId"] for each in listed(client)] == [each["appId"] for each in apps[::-1]]


def test_an_association_is_made_once_and_keeps_its_place_and_time(client, ann):
    first, second = create_app(client), create_app(client)
    for number, app in enumerate((first, second, first)):
        publish(client, app)
        with time_machine.travel((NOON, ONE, TWO)[number], tick=False):
            ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])

    assert [(each["appId"], each["createdAt"]) for each in listed(ann)] == [
        (second["appId"], ONE),
        (first["appId"], NOON),
    ]


def test_only_the_owner_and_users_it_is_shared_with_can_add_a_draft(mocked, client, ann, bob):
    app = create_app(client)
    client.disassociate_q_app_from_user(instanceId=INSTANCE, appId=app["appId"])
    share(client, app, "read")

    for each in (client, ann):
        each.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])
    error = refusal(bob.associate_q_app_with_user, instanceId=INSTANCE, appId=app["appId"])

    assert error == denied(app, 1, mocked.user("bob@example.com"))
    assert [len(listed(each)) for each in (client, ann, bob)] == [1, 1, 0]


def test_a_permission_alone_does_not_add_an_app_to_a_list(client, ann):
    share(client, create_app(client), "read", "write")

    assert listed(ann) == []


def test_a_writer_s_list_shows_that_the_app_can_be_edited(client, ann):
    app = create_app(client)
    share(client, app, "write")

    ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])

    assert listed(ann)[0]["canEdit"] is True


def test_an_app_leaves_the_list_of_its_user_alone(client, ann):
    app = create_app(client)
    publish(client, app)
    ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])

    ann.disassociate_q_app_from_user(instanceId=INSTANCE, appId=app["appId"])
    ann.disassociate_q_app_from_user(instanceId=INSTANCE, appId=app["appId"])

    assert listed(ann) == []
    assert len(listed(client)) == 1


def test_an_app_that_comes_back_comes_first(client, ann):
    first, second = create_app(client), create_app(client)

    for app in (first, second):
        publish(client, app)
        ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])
    ann.disassociate_q_app_from_user(instanceId=INSTANCE, appId=first["appId"])
    ann.associate_q_app_with_user(instanceId=INSTANCE, appId=first["appId"])

    assert [each["appId"] for each in listed(ann)] == [first["appId"], second["appId"]]


def test_an_app_that_is_no_longer_published_stays_in_the_lists_as_a_draft(client, ann):
    app = create_app(client)
    item = publish(client, app)
    ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app["appId"])

    client.delete_library_item(instanceId=INSTANCE, libraryItemId=item)

    assert [(each["appId"], each["status"]) for each in listed(ann)] == [(app["appId"], "DRAFT")]


# PredictQApp


def test_a_prediction_for_a_problem_statement_is_a_small_app(client):
    answer = client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": "Sum up {a} text"})

    text, query = answer["app"]["appDefinition"]["cards"]
    assert answer["problemStatement"] == "Sum up {a} text"
    assert answer["app"]["title"] == "Sum up a text"
    assert answer["app"]["description"] == "Made by qapps_mock: not the prediction of a language model."
    assert answer["app"]["appDefinition"]["initialPrompt"] == "Sum up {a} text"
    assert text["textInput"]["type"] == "text-input"
    assert query["qQuery"]["prompt"] == f"Sum up {{a}} text\n\n@{text['textInput']['id']}"


def test_a_prediction_is_the_same_for_the_same_problem_and_differs_for_another(client):
    first, second, other = (
        client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": each})["app"]
        for each in ("One", "One", "Another")
    )

    assert first == second
    ids = [
        {next(iter(card.values()))["id"] for card in app["appDefinition"]["cards"]} for app in (first, other)
    ]
    assert ids[0].isdisjoint(ids[1])


def test_a_prediction_for_a_conversation_uses_its_last_user_message(client):
    conversation = [
        {"type": "USER", "body": "First"},
        {"type": "USER", "body": "Second"},
        {"type": "SYSTEM", "body": "Well"},
    ]

    answer = client.predict_q_app(instanceId=INSTANCE, options={"conversation": conversation})

    assert answer["problemStatement"] == "Second"
    assert answer["app"] == prediction.app_for("Second")


def test_a_prediction_stores_nothing(client):
    client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": "Problem"})

    assert listed(client) == []


@pytest.mark.parametrize("problem", ["", " ", '{}\\"<>', "x" * 10_000, "a" * 99 + " b", f"@{TEXT}"])
def test_every_prediction_can_be_created(client, problem):
    app = client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": problem})["app"]

    created = client.create_q_app(instanceId=INSTANCE, **app)

    assert created["requiredCapabilities"] == ["CreatorMode"]


@fuzz(30)
@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_can_be_predicted_and_created(client, problem):
    app = client.predict_q_app(instanceId=INSTANCE, options={"problemStatement": problem})["app"]

    created = client.create_q_app(instanceId=INSTANCE, **app)
    client.delete_q_app(instanceId=INSTANCE, appId=created["appId"])

    assert created["title"] == app["title"]


# What it costs


def size_of(value: Any, seen: set[int]) -> int:
    """Return the bytes of *value* and of the objects that only it refers to."""
    if id(value) in seen or isinstance(value, type):
        return 0
    seen.add(id(value))
    size = sys.getsizeof(value)
    if isinstance(value, dict):
        return size + sum(size_of(key, seen) + size_of(each, seen) for key, each in value.items())
    if isinstance(value, (list, tuple, set)):
        return size + sum(size_of(each, seen) for each in value)
    return size + sum(size_of(getattr(value, name), seen) for name in getattr(value, "__slots__", ()))


def test_an_app_needs_at_most_2_kib_beyond_its_definition(client):
    app_id = create_app(client)["appId"]
    app = models.backend_of("123456789012", "us-east-1")._apps[app_id]

    assert isinstance(app, resources.App)
    assert size_of(app, set()) <= 2048


def test_another_account_has_apps_of_its_own(mocked, monkeypatch):
    create_app(qapps())
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111111111111")

    assert listed(qapps()) == []


# Regions


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-2", "moon-1"])
def test_strict_knows_the_regions_of_the_service(region):
    with mock_qapps(strict=True) as mock:
        client = mock.client(region_name=region)

        answer = refusal(client.create_q_app, instanceId=INSTANCE, title="T", appDefinition={"cards": []})

    assert answer == {
        "Code": "ValidationException",
        "Message": f"Amazon Q Apps is not available in {region}. It is in us-east-1 and us-west-2.",
    }
    assert [(call.operation, call.error) for call in mock.calls()] == [("CreateQApp", "ValidationException")]


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_strict_accepts_the_regions_of_the_service(region):
    with mock_qapps(strict=True) as mock:
        assert create_app(mock.client(region_name=region))["appVersion"] == 1


def test_without_strict_any_region_will_do(mocked):
    assert create_app(mocked.client(region_name="eu-west-1"))["appVersion"] == 1


def seeded_app(seed: int) -> Any:
    with mock_qapps():
        requests.post(f"http://motoapi.amazonaws.com/moto-api/seed?a={seed}", timeout=5)
        return create_app(qapps())["appId"]


def test_motos_seed_makes_ids_repeatable():
    assert seeded_app(42) == seeded_app(42) != seeded_app(43)
