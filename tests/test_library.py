"""The library: publish, categorise, verify and rate apps."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
import time_machine

from tests.conftest import ANN, BOB, INSTANCE, OTHER_INSTANCE, UNKNOWN, create_app, refusal

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
ONE = datetime(2026, 3, 1, 13, tzinfo=timezone.utc)
OWNER = "user@example.com"
FIRST = "10000000-0000-4000-8000-000000000000"
SECOND = "20000000-0000-4000-8000-000000000000"
THIRD = "30000000-0000-4000-8000-000000000000"
CATEGORIES = [
    {"id": FIRST, "title": "First", "color": "#111"},
    {"id": SECOND, "title": "Second"},
    {"id": THIRD, "title": "Third"},
]


def create_categories(client: Any) -> None:
    client.batch_create_category(instanceId=INSTANCE, categories=CATEGORIES)


def publish(client: Any, app: dict[str, Any], *categories: str, version: int = 1) -> dict[str, Any]:
    answer = client.create_library_item(
        instanceId=INSTANCE, appId=app["appId"], appVersion=version, categories=list(categories)
    )
    return {name: each for name, each in answer.items() if name != "ResponseMetadata"}


def published(client: Any, *categories: str) -> str:
    """Publish a new app, and return the id of its library item."""
    return str(publish(client, create_app(client), *categories)["libraryItemId"])


def update(client: Any, item: str, **changes: Any) -> dict[str, Any]:
    answer = client.update_library_item(instanceId=INSTANCE, libraryItemId=item, **changes)
    return {name: each for name, each in answer.items() if name != "ResponseMetadata"}


def read(client: Any, item: str) -> dict[str, Any]:
    answer = client.get_library_item(instanceId=INSTANCE, libraryItemId=item)
    return {name: each for name, each in answer.items() if name != "ResponseMetadata"}


def listed(client: Any, **members: str) -> list[str]:
    items = client.list_library_items(instanceId=INSTANCE, **members)["libraryItems"]
    return [each["libraryItemId"] for each in items]


def verify(client: Any, item: str, is_verified: bool = True) -> None:
    client.update_library_item_metadata(instanceId=INSTANCE, libraryItemId=item, isVerified=is_verified)


def rate(client: Any, item: str) -> None:
    client.associate_library_item_review(instanceId=INSTANCE, libraryItemId=item)


def missing(item: str) -> dict[str, str]:
    return {
        "Code": "ResourceNotFoundException",
        "Message": f"Library item {item} does not exist.",
        "resourceId": item,
        "resourceType": "LibraryItem",
    }


# CreateLibraryItem


def test_a_published_app_has_an_item_in_the_library(mocked, client):
    create_categories(client)
    app = create_app(client)
    with time_machine.travel(NOON, tick=False):
        created = publish(client, app, SECOND, FIRST)

    user = mocked.user(OWNER)
    summary = {
        "libraryItemId": created["libraryItemId"],
        "status": "PUBLISHED",
        "createdAt": NOON,
        "createdBy": user,
        "updatedAt": NOON,
        "updatedBy": user,
        "ratingCount": 0,
        "isVerified": False,
    }
    assert created == summary
    item = {
        **summary,
        "appId": app["appId"],
        "appVersion": 1,
        "categories": [{"id": SECOND, "title": "Second"}, {"id": FIRST, "title": "First"}],
        "isRatedByUser": False,
        "userCount": 1,
    }
    assert read(client, created["libraryItemId"]) == item
    assert client.list_library_items(instanceId=INSTANCE)["libraryItems"] == [item]
    assert client.get_q_app(instanceId=INSTANCE, appId=app["appId"])["status"] == "PUBLISHED"


def test_a_second_publication_updates_the_one_item_of_the_app(client, ann):
    create_categories(client)
    app = create_app(client)
    with time_machine.travel(NOON, tick=False):
        first = publish(client, app, FIRST)
    verify(client, first["libraryItemId"])
    rate(ann, first["libraryItemId"])
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="New")

    with time_machine.travel(ONE, tick=False):
        second = publish(client, app, SECOND, version=2)

    assert second == {**first, "updatedAt": ONE, "ratingCount": 1}
    item = read(client, first["libraryItemId"])
    assert (item["appVersion"], item["isVerified"]) == (2, False)
    assert listed(client) == [first["libraryItemId"]]
    assert listed(client, categoryId=FIRST) == []
    assert listed(client, categoryId=SECOND) == [first["libraryItemId"]]


def test_an_item_that_is_published_again_keeps_its_place(client):
    app = create_app(client)
    older = publish(client, app)["libraryItemId"]
    newer = published(client)

    publish(client, app)

    assert listed(client) == [newer, older]


def test_a_disabled_item_is_published_again(client):
    app = create_app(client)
    item = publish(client, app)["libraryItemId"]
    update(client, item, status="DISABLED")

    assert publish(client, app)["status"] == "PUBLISHED"
    assert listed(client) == [item]


def test_an_older_version_can_be_published(client):
    app = create_app(client, title="Old")
    client.update_q_app(instanceId=INSTANCE, appId=app["appId"], title="New")

    item = publish(client, app, version=1)["libraryItemId"]

    assert read(client, item)["appVersion"] == 1


def test_a_category_named_twice_is_one(client):
    create_categories(client)

    item = published(client, FIRST, FIRST)

    assert read(client, item)["categories"] == [{"id": FIRST, "title": "First"}]
    assert listed(client, categoryId=FIRST) == [item]


def test_a_publication_of_what_is_not_there_publishes_nothing(client):
    create_categories(client)
    app = create_app(client)["appId"]
    publication = {"instanceId": INSTANCE, "appId": app, "appVersion": 1, "categories": [FIRST]}

    errors = [
        refusal(client.create_library_item, **{**publication, **change})
        for change in ({"appVersion": 2}, {"categories": [FIRST, UNKNOWN]})
    ]

    assert errors == [
        {
            "Code": "ResourceNotFoundException",
            "Message": f"App {app} has no version 2.",
            "resourceId": app,
            "resourceType": "AppVersion",
        },
        {
            "Code": "ResourceNotFoundException",
            "Message": f"Category {UNKNOWN} does not exist.",
            "resourceId": UNKNOWN,
            "resourceType": "Category",
        },
    ]
    assert listed(client) == listed(client, categoryId=FIRST) == []
    assert client.get_q_app(instanceId=INSTANCE, appId=app)["status"] == "DRAFT"


def test_a_refused_publication_leaves_the_item_that_is_there(client, ann):
    create_categories(client)
    app = create_app(client)
    item = publish(client, app, FIRST)["libraryItemId"]
    verify(client, item)
    before = read(client, item)
    again = {"instanceId": INSTANCE, "appId": app["appId"], "appVersion": 1, "categories": [SECOND]}

    refusal(client.create_library_item, **{**again, "appVersion": 2})
    refusal(client.create_library_item, **{**again, "categories": [UNKNOWN]})
    refusal(ann.create_library_item, **again)

    assert read(client, item) == before


@pytest.mark.parametrize("action", ["read", "write"])
def test_only_the_owner_publishes_and_changes_an_item(mocked, client, ann, action):
    app = create_app(client)
    item = publish(client, app)["libraryItemId"]
    client.update_q_app_permissions(
        instanceId=INSTANCE, appId=app["appId"], grantPermissions=[{"action": action, "principal": ANN}]
    )
    before = read(client, item)

    errors = [
        refusal(
            ann.create_library_item, instanceId=INSTANCE, appId=app["appId"], appVersion=1, categories=[]
        ),
        refusal(ann.update_library_item, instanceId=INSTANCE, libraryItemId=item, status="DISABLED"),
    ]

    assert (
        errors
        == [
            {
                "Code": "AccessDeniedException",
                "Message": f"User {mocked.user(ANN)} is not the owner of app {app['appId']}.",
            }
        ]
        * 2
    )
    assert read(client, item) == before


# GetLibraryItem

BY_ITEM: list[tuple[str, dict[str, Any]]] = [
    ("get_library_item", {}),
    ("update_library_item", {"status": "DISABLED"}),
    ("delete_library_item", {}),
    ("update_library_item_metadata", {"isVerified": True}),
    ("associate_library_item_review", {}),
    ("disassociate_library_item_review", {}),
]


@pytest.mark.parametrize(("operation", "members"), BY_ITEM)
def test_an_item_that_is_not_in_the_instance_is_not_found(mocked, client, operation, members):
    item = published(client)
    elsewhere = mocked.client(region_name="us-west-2")
    call, there = getattr(client, operation), getattr(elsewhere, operation)

    assert refusal(call, instanceId=INSTANCE, libraryItemId=UNKNOWN, **members) == missing(UNKNOWN)
    assert refusal(call, instanceId=OTHER_INSTANCE, libraryItemId=item, **members) == missing(item)
    assert refusal(there, instanceId=INSTANCE, libraryItemId=item, **members) == missing(item)
    assert read(client, item)["status"] == "PUBLISHED"


def test_an_item_is_found_with_its_app_and_not_with_another(client):
    app, other = create_app(client), create_app(client)
    item = publish(client, app)["libraryItemId"]
    get = client.get_library_item

    assert get(instanceId=INSTANCE, libraryItemId=item, appId=app["appId"])["appId"] == app["appId"]
    error = refusal(get, instanceId=INSTANCE, libraryItemId=item, appId=other["appId"])
    assert error == missing(item)


@pytest.mark.parametrize(
    "operation",
    ["get_library_item", "associate_library_item_review", "disassociate_library_item_review"],
)
def test_a_disabled_item_is_closed_to_others(mocked, client, ann, bob, operation):
    app = create_app(client)
    item = publish(client, app)["libraryItemId"]
    rate(bob, item)
    update(client, item, status="DISABLED")

    error = refusal(getattr(bob, operation), instanceId=INSTANCE, libraryItemId=item)

    assert error == {
        "Code": "AccessDeniedException",
        "Message": (
            f"Version 1 of app {app['appId']} is neither published nor shared with user {mocked.user(BOB)}."
        ),
    }
    assert read(client, item)["ratingCount"] == 1
    client.update_q_app_permissions(
        instanceId=INSTANCE, appId=app["appId"], grantPermissions=[{"action": "read", "principal": ANN}]
    )
    assert read(ann, item)["status"] == "DISABLED"


def test_the_users_of_an_item_are_its_owner_and_those_who_took_it(client, ann, bob):
    app = create_app(client)
    item = publish(client, app)["libraryItemId"]
    names = {"instanceId": INSTANCE, "appId": app["appId"]}

    def count() -> int:
        return int(read(client, item)["userCount"])

    assert count() == 1
    ann.associate_q_app_with_user(**names)
    ann.associate_q_app_with_user(**names)
    bob.associate_q_app_with_user(**names)
    assert count() == 3
    client.disassociate_q_app_from_user(**names)
    assert count() == 3
    bob.disassociate_q_app_from_user(**names)
    assert count() == 2
    client.associate_q_app_with_user(**names)
    assert count() == 2


# UpdateLibraryItem


def test_an_update_replaces_what_it_names(mocked, client):
    create_categories(client)
    with time_machine.travel(NOON, tick=False):
        item = published(client, FIRST, SECOND)
    verify(client, item)
    before = read(client, item)

    with time_machine.travel(ONE, tick=False):
        updated = update(client, item, categories=[THIRD])

    assert updated == {**before, "updatedAt": ONE, "categories": [{"id": THIRD, "title": "Third"}]}
    assert read(client, item) == updated
    assert [listed(client, categoryId=each) for each in (FIRST, SECOND, THIRD)] == [[], [], [item]]


def test_an_update_of_the_status_keeps_the_categories(client):
    create_categories(client)
    item = published(client, FIRST)

    updated = update(client, item, status="DISABLED")

    assert (updated["status"], updated["categories"]) == ("DISABLED", [{"id": FIRST, "title": "First"}])


def test_an_update_to_no_categories_removes_all(client):
    create_categories(client)
    item = published(client, FIRST)

    assert update(client, item, categories=[])["categories"] == []
    assert listed(client, categoryId=FIRST) == []


def test_an_update_that_names_nothing_changes_nothing(client):
    with time_machine.travel(NOON, tick=False):
        item = published(client)
    before = read(client, item)

    assert update(client, item) == before
    assert read(client, item) == before


def test_an_unknown_category_changes_nothing(client):
    create_categories(client)
    item = published(client, FIRST)
    before = read(client, item)

    error = refusal(
        client.update_library_item,
        instanceId=INSTANCE,
        libraryItemId=item,
        status="DISABLED",
        categories=[SECOND, UNKNOWN],
    )

    assert error == {
        "Code": "ResourceNotFoundException",
        "Message": f"Category {UNKNOWN} does not exist.",
        "resourceId": UNKNOWN,
        "resourceType": "Category",
    }
    assert read(client, item) == before


def test_a_disabled_item_leaves_the_lists_and_comes_back_to_its_place(client):
    create_categories(client)
    items = [published(client, FIRST) for _ in range(3)]

    update(client, items[1], status="DISABLED")
    update(client, items[1], status="DISABLED")

    assert listed(client) == listed(client, categoryId=FIRST) == [items[2], items[0]]
    update(client, items[1], status="PUBLISHED")
    assert listed(client) == listed(client, categoryId=FIRST) == items[::-1]


def test_a_disabled_item_can_change_its_categories_unseen(client):
    create_categories(client)
    item = published(client, FIRST)
    update(client, item, status="DISABLED", categories=[SECOND])

    assert listed(client, categoryId=SECOND) == []
    update(client, item, status="PUBLISHED")
    assert listed(client, categoryId=SECOND) == [item]


# DeleteLibraryItem


def test_a_removed_item_leaves_its_app_a_draft(client, ann):
    create_categories(client)
    app = create_app(client)
    item = publish(client, app, FIRST)["libraryItemId"]

    client.delete_library_item(instanceId=INSTANCE, libraryItemId=item)

    assert listed(client) == listed(client, categoryId=FIRST) == []
    assert client.get_q_app(instanceId=INSTANCE, appId=app["appId"])["status"] == "DRAFT"
    assert refusal(client.get_library_item, instanceId=INSTANCE, libraryItemId=item) == missing(item)
    assert refusal(client.delete_library_item, instanceId=INSTANCE, libraryItemId=item) == missing(item)


def test_a_removed_item_loses_ratings_verification_and_id(client, ann):
    app = create_app(client)
    first = publish(client, app)["libraryItemId"]
    verify(client, first)
    rate(ann, first)
    client.delete_library_item(instanceId=INSTANCE, libraryItemId=first)

    second = publish(client, app)

    assert second["libraryItemId"] != first
    assert (second["ratingCount"], second["isVerified"]) == (0, False)


def test_a_disabled_item_can_be_removed(client):
    create_categories(client)
    item = published(client, FIRST)
    update(client, item, status="DISABLED")

    client.delete_library_item(instanceId=INSTANCE, libraryItemId=item)

    assert refusal(client.get_library_item, instanceId=INSTANCE, libraryItemId=item) == missing(item)


def test_every_user_may_verify_an_item(client, ann):
    item = published(client)

    verify(ann, item)

    assert read(client, item)["isVerified"] is True


# ListLibraryItems


def test_the_library_of_an_instance_is_the_same_for_all_and_newest_first(client, ann):
    items = [published(each) for each in (client, ann, client)]

    assert listed(client) == listed(ann) == items[::-1]
    assert client.list_library_items(instanceId=OTHER_INSTANCE)["libraryItems"] == []


def test_a_category_shows_its_items_newest_first(client):
    create_categories(client)
    first, second = published(client, FIRST, SECOND), published(client, SECOND)

    assert listed(client, categoryId=FIRST) == [first]
    assert listed(client, categoryId=SECOND) == [second, first]
    assert listed(client, categoryId=THIRD) == []


def test_an_item_that_is_put_in_a_category_later_has_its_place_there(client):
    create_categories(client)
    first, second = published(client), published(client, FIRST)

    update(client, first, categories=[FIRST])

    assert listed(client, categoryId=FIRST) == [second, first]


def test_an_unknown_category_is_not_found(client):
    error = refusal(client.list_library_items, instanceId=INSTANCE, categoryId=UNKNOWN)

    assert error == {
        "Code": "ResourceNotFoundException",
        "Message": f"Category {UNKNOWN} does not exist.",
        "resourceId": UNKNOWN,
        "resourceType": "Category",
    }


# UpdateLibraryItemMetadata


def test_an_item_is_verified_and_not_any_more_as_often_as_one_likes(client):
    with time_machine.travel(NOON, tick=False):
        item = published(client)
    before = read(client, item)

    verify(client, item)
    verify(client, item)

    assert read(client, item) == {**before, "isVerified": True}
    assert client.list_q_apps(instanceId=INSTANCE)["apps"][0]["isVerified"] is True
    verify(client, item, False)
    assert read(client, item) == before


def test_an_item_that_is_published_again_is_no_longer_verified(client):
    item = published(client)
    verify(client, item)

    update(client, item, status="PUBLISHED")
    assert read(client, item)["isVerified"] is True
    update(client, item, status="DISABLED")
    assert read(client, item)["isVerified"] is True
    update(client, item, status="PUBLISHED")
    assert read(client, item)["isVerified"] is False


def test_metadata_that_names_nothing_changes_nothing(client):
    item = published(client)
    verify(client, item)

    client.update_library_item_metadata(instanceId=INSTANCE, libraryItemId=item)

    assert read(client, item)["isVerified"] is True


# Ratings


def test_ratings_are_counted_and_each_user_sees_the_own_one(client, ann, bob):
    item = published(client)

    rate(ann, item)
    rate(client, item)

    assert [read(each, item)["isRatedByUser"] for each in (client, ann, bob)] == [True, True, False]
    assert read(bob, item)["ratingCount"] == 2
    items = bob.list_library_items(instanceId=INSTANCE)["libraryItems"]
    assert (items[0]["ratingCount"], items[0]["isRatedByUser"]) == (2, False)


def test_a_rating_can_be_removed_and_given_again(client, ann):
    item = published(client)
    rate(ann, item)

    ann.disassociate_library_item_review(instanceId=INSTANCE, libraryItemId=item)

    assert (read(ann, item)["ratingCount"], read(ann, item)["isRatedByUser"]) == (0, False)
    rate(ann, item)
    assert read(ann, item)["ratingCount"] == 1


def test_a_second_rating_of_one_user_conflicts(mocked, client, ann):
    item = published(client)
    rate(ann, item)

    error = refusal(ann.associate_library_item_review, instanceId=INSTANCE, libraryItemId=item)

    assert error == {
        "Code": "ConflictException",
        "Message": f"User {mocked.user(ANN)} has already rated library item {item}.",
        "resourceId": item,
        "resourceType": "LibraryItem",
    }
    assert read(client, item)["ratingCount"] == 1


def test_a_rating_that_was_not_given_cannot_be_removed(mocked, client, ann):
    item = published(client)
    rate(client, item)

    error = refusal(ann.disassociate_library_item_review, instanceId=INSTANCE, libraryItemId=item)

    assert error == {
        "Code": "ConflictException",
        "Message": f"User {mocked.user(ANN)} has not rated library item {item}.",
        "resourceId": item,
        "resourceType": "LibraryItem",
    }
    assert read(client, item)["ratingCount"] == 1
