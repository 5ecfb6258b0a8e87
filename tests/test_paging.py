"""Lists are read page by page, at any length, and also when they change in between."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.models.paging import Listing, read_page
from qapps_mock.service.exceptions import ValidationException
from tests.conftest import ANN, INSTANCE, OTHER_INSTANCE, create_app, refusal

BAD_TOKEN = {
    "Code": "ValidationException",
    "Message": "The nextToken is not one that this list has given out.",
}
SCOPE = ("ListThings", "here")


@dataclass(frozen=True)
class Thing:
    number: int


class CountedThing:
    """An entry; the class counts how often the position of any entry is read."""

    asked = 0

    def __init__(self, number: int) -> None:
        self._number = number

    @property
    def number(self) -> int:
        CountedThing.asked += 1
        return self._number


def listing_of(*numbers: int) -> Listing[Thing]:
    listing: Listing[Thing] = Listing()
    for number in numbers:
        listing.add(Thing(number))
    return listing


def numbers_on(page: list[Thing]) -> list[int]:
    return [thing.number for thing in page]


def walk(listing: Listing[Thing], limit: int) -> list[list[int]]:
    """Return the numbers on each page, from the first to the last."""
    pages = []
    token = None
    while True:
        things, more = read_page(listing, SCOPE, limit, token)
        pages.append(numbers_on(things))
        if not more:
            return pages
        token = more["nextToken"]


@pytest.mark.parametrize(
    ("limit", "pages"),
    [
        (1, [[5], [4], [3], [2], [1]]),
        (2, [[5, 4], [3, 2], [1]]),
        (5, [[5, 4, 3, 2, 1]]),
        (6, [[5, 4, 3, 2, 1]]),
    ],
)
def test_pages_hold_the_limit_newest_first_and_the_last_has_no_token(limit, pages):
    assert walk(listing_of(1, 2, 3, 4, 5), limit) == pages


def test_an_empty_list_is_one_empty_page():
    assert walk(listing_of(), 10) == [[]]


@given(st.sets(st.integers(1, 10_000)), st.integers(1, 100), st.randoms())
def test_every_thing_is_on_one_page_whatever_the_order_of_adding(numbers, limit, random):
    shuffled = random.sample(sorted(numbers), len(numbers))

    pages = walk(listing_of(*shuffled), limit)

    assert [number for page in pages for number in page] == sorted(numbers, reverse=True)
    assert all(len(page) == limit for page in pages[:-1])


@given(st.sets(st.integers(1, 50), min_size=3), st.data())
def test_a_token_survives_additions_and_the_removal_of_anything(numbers, data):
    listing = listing_of(*sorted(numbers))
    first, more = read_page(listing, SCOPE, 2, None)
    gone = data.draw(st.sets(st.sampled_from(sorted(numbers))))
    for number in gone:
        listing.remove(Thing(number))
    listing.add(Thing(51))

    rest, _ = read_page(listing, SCOPE, 100, more["nextToken"])

    expected = numbers - set(numbers_on(first)) - gone
    assert numbers_on(rest) == sorted(expected, reverse=True)


def test_a_page_in_the_middle_of_100000_things_asks_for_few_of_them():
    listing: Listing[CountedThing] = Listing()
    listing._entries = [CountedThing(number) for number in range(100_000)]
    CountedThing.asked = 0

    things, below = listing.page(10, below=50_000)

    assert (len(things), below) == (10, 49_990)
    assert CountedThing.asked <= 2 * 17 + 2  # two places by bisection, and the last thing's number


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "ä",
        "AAAA",
        "!" * 28,
        base64.urlsafe_b64encode(bytes(20)).decode(),
        base64.urlsafe_b64encode(bytes(21)).decode(),
    ],
)
def test_a_token_that_no_list_returned_is_refused(token):
    with pytest.raises(ValidationException) as refused:
        read_page(listing_of(1), SCOPE, 1, token)

    assert refused.value.message == BAD_TOKEN["Message"]


def test_a_token_cut_short_or_made_longer_is_refused():
    _, more = read_page(listing_of(1, 2), SCOPE, 1, None)

    for token in (more["nextToken"][:-4], more["nextToken"] + "AAAA"):
        with pytest.raises(ValidationException):
            read_page(listing_of(1, 2), SCOPE, 1, token)


@given(st.integers(1, 2**60), st.text())
def test_a_token_is_short_enough_for_the_model_and_shows_nothing(number, instance):
    _, more = read_page(listing_of(number, number + 1), ("List", instance), 1, None)

    assert more["nextToken"].isascii()
    assert len(more["nextToken"]) <= 300


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_a_token_is_valid_only_for_its_own_list(scope, other):
    listing = listing_of(1, 2)
    _, more = read_page(listing, scope, 1, None)

    if scope == other:
        assert numbers_on(read_page(listing, other, 1, more["nextToken"])[0]) == [1]
    else:
        with pytest.raises(ValidationException):
            read_page(listing, other, 1, more["nextToken"])


def create_apps(client: Any, count: int, instance: str = INSTANCE) -> list[str]:
    """Create and publish apps, and return their ids, newest first."""
    ids = []
    for _ in range(count):
        app = client.create_q_app(instanceId=instance, title="T", appDefinition={"cards": []})
        client.create_library_item(instanceId=instance, appId=app["appId"], appVersion=1, categories=[])
        ids.append(app["appId"])
    return ids[::-1]


LISTS = pytest.mark.parametrize(
    ("operation", "member"), [("list_q_apps", "apps"), ("list_library_items", "libraryItems")]
)


@LISTS
def test_a_list_is_read_by_limit_and_token(client, operation, member):
    ids = create_apps(client, 5)
    list_page = getattr(client, operation)

    first = list_page(instanceId=INSTANCE, limit=2)
    second = list_page(instanceId=INSTANCE, limit=2, nextToken=first["nextToken"])
    third = list_page(instanceId=INSTANCE, limit=2, nextToken=second["nextToken"])

    assert [[each["appId"] for each in page[member]] for page in (first, second, third)] == [
        ids[:2],
        ids[2:4],
        ids[4:],
    ]
    assert "nextToken" not in third


@LISTS
def test_botocore_s_paginator_reads_a_whole_list(client, operation, member):
    ids = create_apps(client, 5)

    pages = client.get_paginator(operation).paginate(instanceId=INSTANCE, PaginationConfig={"PageSize": 2})

    assert [each["appId"] for page in pages for each in page[member]] == ids


@LISTS
def test_without_a_limit_a_page_holds_100(client, ann, operation, member):
    create_apps(ann, 1)
    for app_id in create_apps(client, 100):
        ann.associate_q_app_with_user(instanceId=INSTANCE, appId=app_id)

    page = getattr(ann, operation)(instanceId=INSTANCE)

    assert len(page[member]) == 100
    assert len(getattr(ann, operation)(instanceId=INSTANCE, nextToken=page["nextToken"])[member]) == 1


@pytest.mark.qapps_mock(page_size=2)
@LISTS
def test_page_size_is_the_size_of_a_page_without_a_limit(any_client, operation, member):
    create_apps(any_client, 3)
    list_page = getattr(any_client, operation)

    assert len(list_page(instanceId=INSTANCE)[member]) == 2
    assert len(list_page(instanceId=INSTANCE, limit=3)[member]) == 3
    pages = any_client.get_paginator(operation).paginate(instanceId=INSTANCE)
    assert [len(page[member]) for page in pages] == [2, 1]


@LISTS
def test_a_list_goes_on_when_the_app_at_its_token_is_deleted(client, operation, member):
    ids = create_apps(client, 4)
    list_page = getattr(client, operation)
    first = list_page(instanceId=INSTANCE, limit=2)
    client.delete_q_app(instanceId=INSTANCE, appId=ids[1])
    client.delete_q_app(instanceId=INSTANCE, appId=ids[2])
    create_apps(client, 1)

    second = list_page(instanceId=INSTANCE, limit=2, nextToken=first["nextToken"])

    assert [each["appId"] for each in second[member]] == ids[3:]


@LISTS
def test_a_token_of_another_list_is_refused(mocked, client, operation, member):
    category = {"id": "9d5d1f2c-9a0a-4a8f-9f60-0f3e6a1b2c3d", "title": "Label"}
    for place in (INSTANCE, OTHER_INSTANCE):
        create_apps(client, 3, place)
        client.batch_create_category(instanceId=place, categories=[category])
    elsewhere = mocked.client(region_name="us-west-2")
    create_apps(elsewhere, 3)
    other_list = {"list_q_apps": "list_library_items", "list_library_items": "list_q_apps"}[operation]
    tokens = [
        getattr(client, operation)(instanceId=OTHER_INSTANCE, limit=1)["nextToken"],
        getattr(client, other_list)(instanceId=INSTANCE, limit=1)["nextToken"],
        getattr(elsewhere, operation)(instanceId=INSTANCE, limit=1)["nextToken"],
        "",
        "bm90IGEgdG9rZW4=",
    ]

    refusals = [refusal(getattr(client, operation), instanceId=INSTANCE, nextToken=token) for token in tokens]

    assert refusals == [BAD_TOKEN] * 5


def test_a_token_of_another_user_s_apps_is_refused(client, ann):
    for each in (client, ann):
        create_app(each)
        create_app(each)
    token = ann.list_q_apps(instanceId=INSTANCE, limit=1)["nextToken"]

    assert refusal(client.list_q_apps, instanceId=INSTANCE, nextToken=token) == BAD_TOKEN


def test_a_token_of_the_library_is_valid_for_every_user(mocked, client):
    ids = create_apps(client, 2)
    token = client.list_library_items(instanceId=INSTANCE, limit=1)["nextToken"]

    page = mocked.client(user=ANN).list_library_items(instanceId=INSTANCE, nextToken=token)

    assert [each["appId"] for each in page["libraryItems"]] == ids[1:]


def test_a_token_of_a_category_is_refused_without_it_and_with_another(client):
    categories = [
        {"id": f"{number}d5d1f2c-9a0a-4a8f-9f60-0f3e6a1b2c3d", "title": f"Label {number}"}
        for number in (1, 2)
    ]
    client.batch_create_category(instanceId=INSTANCE, categories=categories)
    first, second = (each["id"] for each in categories)
    for _ in range(2):
        app = create_app(client)["appId"]
        client.create_library_item(instanceId=INSTANCE, appId=app, appVersion=1, categories=[first, second])
    token = client.list_library_items(instanceId=INSTANCE, limit=1, categoryId=first)["nextToken"]
    list_items = client.list_library_items

    good = list_items(instanceId=INSTANCE, categoryId=first, nextToken=token)
    assert len(good["libraryItems"]) == 1
    assert refusal(list_items, instanceId=INSTANCE, nextToken=token) == BAD_TOKEN
    assert refusal(list_items, instanceId=INSTANCE, categoryId=second, nextToken=token) == BAD_TOKEN
