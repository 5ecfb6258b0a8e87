"""Categories: batches that create, change or delete them, and succeed or fail as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import INSTANCE, OTHER_INSTANCE, UNKNOWN, create_app, refusal

IDS = [f"{number}0000000-0000-4000-8000-000000000000" for number in range(10)]
NEW = "aaaaaaaa-0000-4000-8000-000000000000"


def category(number: int, **changes: str) -> dict[str, str]:
    return {"id": IDS[number], "title": f"Title {number}", **changes}


def create(client: Any, *categories: dict[str, str], instance: str = INSTANCE) -> None:
    client.batch_create_category(instanceId=instance, categories=list(categories))


def listed(client: Any, instance: str = INSTANCE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.list_categories(instanceId=instance)["categories"]
    return found


def publish(client: Any, *categories: str) -> str:
    app = create_app(client)["appId"]
    item = client.create_library_item(
        instanceId=INSTANCE, appId=app, appVersion=1, categories=list(categories)
    )
    return str(item["libraryItemId"])


def item_categories(client: Any, item: str) -> list[str]:
    found = client.get_library_item(instanceId=INSTANCE, libraryItemId=item)
    return [each["id"] for each in found["categories"]]


def missing(category_id: str) -> dict[str, str]:
    return {
        "Code": "ResourceNotFoundException",
        "Message": f"Category {category_id} does not exist.",
        "resourceId": category_id,
        "resourceType": "Category",
    }


def shared_id(category_id: str) -> dict[str, str]:
    return {
        "Code": "ConflictException",
        "Message": f"Category id {category_id} is used by more than one category.",
        "resourceId": category_id,
        "resourceType": "Category",
    }


def shared_title(title: str, category_id: str) -> dict[str, str]:
    return {
        "Code": "ConflictException",
        "Message": f"Category title {title} is used by more than one category.",
        "resourceId": category_id,
        "resourceType": "Category",
    }


def test_an_instance_starts_without_categories(client):
    assert listed(client) == []


def test_categories_are_listed_as_they_were_created(client):
    create(client, category(2), category(1, color="#FF0000"))
    create(client, category(3))

    assert listed(client) == [
        {"id": IDS[2], "title": "Title 2", "appCount": 0},
        {"id": IDS[1], "title": "Title 1", "color": "#FF0000", "appCount": 0},
        {"id": IDS[3], "title": "Title 3", "appCount": 0},
    ]


def test_a_category_without_an_id_gets_one(client):
    create(client, {"title": "One"}, {"title": "Two"})

    assert [each["title"] for each in listed(client)] == ["One", "Two"]
    assert len({each["id"] for each in listed(client)}) == 2


def test_an_empty_batch_changes_nothing(client):
    create(client, category(1))

    create(client)
    client.batch_update_category(instanceId=INSTANCE, categories=[])
    client.batch_delete_category(instanceId=INSTANCE, categories=[])

    assert listed(client) == [{"id": IDS[1], "title": "Title 1", "appCount": 0}]


def test_each_instance_has_categories_of_its_own(client):
    create(client, category(1))
    create(client, category(1, title="Other"), instance=OTHER_INSTANCE)

    client.batch_delete_category(instanceId=OTHER_INSTANCE, categories=[IDS[1]])

    assert [each["title"] for each in listed(client)] == ["Title 1"]
    assert listed(client, OTHER_INSTANCE) == []


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ([category(2), category(2, title="Two")], shared_id(IDS[2])),
        ([category(2), category(1, title="Two")], shared_id(IDS[1])),
        ([category(2), category(3, title="Title 2")], shared_title("Title 2", IDS[3])),
        ([category(2), category(3, title="Title 1")], shared_title("Title 1", IDS[3])),
    ],
)
def test_a_batch_with_a_second_id_or_title_creates_nothing(client, batch, error):
    create(client, category(1))

    assert refusal(client.batch_create_category, instanceId=INSTANCE, categories=batch) == error
    assert [each["id"] for each in listed(client)] == [IDS[1]]


def test_titles_differ_by_case(client):
    create(client, category(1, title="Label"), category(2, title="label"))

    assert len(listed(client)) == 2


def test_an_instance_can_have_10_categories(client):
    create(client, *(category(number) for number in range(9)))
    create(client, category(9))

    error = refusal(
        client.batch_create_category, instanceId=INSTANCE, categories=[{"id": NEW, "title": "More"}]
    )

    assert error == {
        "Code": "ValidationException",
        "Message": f"Instance {INSTANCE} can have at most 10 categories, and this would be 11.",
    }
    assert len(listed(client)) == 10
    create(client, category(1), instance=OTHER_INSTANCE)


def test_a_batch_that_goes_over_the_limit_creates_nothing(client):
    create(client, *(category(number) for number in range(9)))

    refusal(
        client.batch_create_category,
        instanceId=INSTANCE,
        categories=[category(9), {"id": NEW, "title": "More"}],
    )

    assert len(listed(client)) == 9


def test_a_deleted_category_makes_room_and_frees_id_and_title(client):
    create(client, *(category(number) for number in range(10)))

    client.batch_delete_category(instanceId=INSTANCE, categories=[IDS[0]])
    create(client, category(0))

    assert [each["id"] for each in listed(client)] == [*IDS[1:], IDS[0]]


def test_an_update_keeps_order_and_a_color_that_is_not_named(client):
    create(client, category(1, color="#111"), category(2, color="#222"), category(3))

    client.batch_update_category(
        instanceId=INSTANCE,
        categories=[category(2, title="Two", color="#ABCDEF"), category(1, title="One")],
    )

    assert listed(client) == [
        {"id": IDS[1], "title": "One", "color": "#111", "appCount": 0},
        {"id": IDS[2], "title": "Two", "color": "#ABCDEF", "appCount": 0},
        {"id": IDS[3], "title": "Title 3", "appCount": 0},
    ]


def test_two_categories_may_swap_titles(client):
    create(client, category(1), category(2))

    client.batch_update_category(
        instanceId=INSTANCE, categories=[category(1, title="Title 2"), category(2, title="Title 1")]
    )

    assert [each["title"] for each in listed(client)] == ["Title 2", "Title 1"]


def test_a_category_may_keep_its_title(client):
    create(client, category(1))

    client.batch_update_category(instanceId=INSTANCE, categories=[category(1, color="#111")])

    assert listed(client) == [{"id": IDS[1], "title": "Title 1", "color": "#111", "appCount": 0}]


@pytest.mark.parametrize(
    ("batch", "error"),
    [
        ([category(1, title="New"), category(3)], missing(IDS[3])),
        ([category(1, title="New"), category(1, title="Newer")], shared_id(IDS[1])),
        ([category(1, title="Title 2")], shared_title("Title 2", IDS[2])),
        ([category(1, title="New"), category(2, title="New")], shared_title("New", IDS[2])),
    ],
)
def test_a_batch_with_one_bad_update_changes_nothing(client, batch, error):
    create(client, category(1), category(2))
    before = listed(client)

    assert refusal(client.batch_update_category, instanceId=INSTANCE, categories=batch) == error
    assert listed(client) == before


def test_a_batch_with_one_unknown_category_deletes_nothing(client):
    create(client, category(1))

    error = refusal(client.batch_delete_category, instanceId=INSTANCE, categories=[IDS[1], UNKNOWN])

    assert error == missing(UNKNOWN)
    assert [each["id"] for each in listed(client)] == [IDS[1]]


def test_a_category_of_another_instance_is_not_found(client):
    create(client, category(1), instance=OTHER_INSTANCE)

    errors = [
        refusal(client.batch_update_category, instanceId=INSTANCE, categories=[category(1)]),
        refusal(client.batch_delete_category, instanceId=INSTANCE, categories=[IDS[1]]),
        refusal(client.list_library_items, instanceId=INSTANCE, categoryId=IDS[1]),
    ]

    assert errors == [missing(IDS[1])] * 3


def test_a_category_named_twice_is_deleted_once(client):
    create(client, category(1))

    client.batch_delete_category(instanceId=INSTANCE, categories=[IDS[1], IDS[1]])

    assert listed(client) == []


def test_the_count_is_of_published_apps(client):
    create(client, category(1), category(2))
    both, one = publish(client, IDS[1], IDS[2]), publish(client, IDS[1])

    def counts() -> list[int]:
        return [each["appCount"] for each in listed(client)]

    assert counts() == [2, 1]
    client.update_library_item(instanceId=INSTANCE, libraryItemId=both, status="DISABLED")
    assert counts() == [1, 0]
    client.update_library_item(instanceId=INSTANCE, libraryItemId=both, status="PUBLISHED")
    assert counts() == [2, 1]
    client.update_library_item(instanceId=INSTANCE, libraryItemId=one, categories=[IDS[2]])
    assert counts() == [1, 2]
    client.delete_library_item(instanceId=INSTANCE, libraryItemId=both)
    assert counts() == [0, 1]


@pytest.mark.parametrize("status", ["PUBLISHED", "DISABLED"])
def test_a_deleted_category_leaves_its_items(client, status):
    create(client, category(1), category(2))
    item = publish(client, IDS[1], IDS[2])
    client.update_library_item(instanceId=INSTANCE, libraryItemId=item, status=status)

    client.batch_delete_category(instanceId=INSTANCE, categories=[IDS[1]])

    assert item_categories(client, item) == [IDS[2]]
    create(client, category(1))
    assert item_categories(client, item) == [IDS[2]]


def test_an_item_shows_its_categories_present_titles(client):
    create(client, category(1, color="#111"))
    item = publish(client, IDS[1])

    client.batch_update_category(instanceId=INSTANCE, categories=[category(1, title="New")])

    found = client.get_library_item(instanceId=INSTANCE, libraryItemId=item)
    assert found["categories"] == [{"id": IDS[1], "title": "New"}]


def test_every_user_may_sort_the_library(client, ann):
    create(ann, category(1))

    client.batch_update_category(instanceId=INSTANCE, categories=[category(1, title="New")])

    assert [each["title"] for each in listed(ann)] == ["New"]
