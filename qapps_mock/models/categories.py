"""Categories, which the console calls labels: they group the items of an instance's library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qapps_mock.models.access import Access
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import Category
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ConflictException, ValidationException

# AWS user guide, "Labels": the quota of an instance.
MOST_CATEGORIES = 10


class Categories(Access):
    """The operations on categories."""

    def batch_create_category(
        self, context: Context, *, instance_id: str, categories: Sequence[Mapping[str, str]]
    ) -> None:
        """Create categories.

        QA-108 documented (labels): an instance can have at most 10 categories. Duplicates are not allowed.
        QA-109 assumed: exceeding the limit is a ValidationException. Settle: an eleventh category.
        QA-110 assumed: a duplicate id or title is a ConflictException, which comes before the limit.
            Settle: two categories with one title, then with one id.
        QA-111 assumed: the call creates all categories or none. Settle: a batch with one duplicate, then
            ListCategories.
        QA-112 assumed: a category without a color has none. Settle: a category without a color, then
            ListCategories.
        QA-113 not simulated (labels): predefined categories: AWS has some, which count towards the 10. A
            new instance of this mock has none.
        QA-114 not simulated (labels): administrators. AWS allows only them to call this; here every user
            can.
        """
        new = [Category(each.get("id") or new_id(), each["title"], each.get("color")) for each in categories]
        combined = [*self._categories.get(instance_id, {}).values(), *new]
        _require_unique("id", [(each.id, each.id) for each in combined])
        _require_unique("title", [(each.id, each.title) for each in combined])
        if len(combined) > MOST_CATEGORIES:
            raise ValidationException(
                f"Instance {instance_id} can have at most {MOST_CATEGORIES} categories, "
                f"and this would be {len(combined)}."
            )
        self._categories[instance_id] = {each.id: each for each in combined}

    def batch_update_category(
        self, context: Context, *, instance_id: str, categories: Sequence[Mapping[str, str]]
    ) -> None:
        """Change categories.

        QA-118 documented (labels, example of the AWS CLI): a request with id and title only renames: the
            category keeps its color.
        QA-119 assumed: the call changes all categories or none. Settle: a batch with one unknown id, then
            ListCategories.
        QA-120 assumed: one call can swap two titles. Settle: a batch that swaps two titles.
        QA-121 not simulated (labels): administrators. AWS allows only them to call this; here every user
            can.
        """
        found = [self.find_category(instance_id, each["id"]) for each in categories]
        _require_unique("id", [(each.id, each.id) for each in found])
        titles = {each.id: each.title for each in self._categories.get(instance_id, {}).values()}
        titles |= {each["id"]: each["title"] for each in categories}
        _require_unique("title", titles.items())
        for category, given in zip(found, categories, strict=True):
            category.title = given["title"]
            category.color = given.get("color", category.color)

    def batch_delete_category(self, context: Context, *, instance_id: str, categories: Sequence[str]) -> None:
        """Delete categories.

        QA-115 assumed: the call deletes all categories or none. Settle: a batch with one unknown id, then
            ListCategories.
        QA-116 assumed: a deleted category is removed from its library items. Settle: the deletion of a
            category in use; AWS may return a ConflictException.
        QA-117 not simulated (labels): administrators. AWS allows only them to call this; here every user
            can.
        """
        for category in {self.find_category(instance_id, category_id) for category_id in categories}:
            self.forget_category(category)
            del self._categories[instance_id][category.id]

    def list_categories(self, context: Context, *, instance_id: str) -> dict[str, Any]:
        """List the categories of an instance.

        QA-216 assumed: categories are in the order of their creation. Settle: three categories.
        QA-217 modelled: appCount counts the published apps of the category.
        """
        return {"categories": [_describe(each) for each in self._categories.get(instance_id, {}).values()]}


def _require_unique(what: str, values: Iterable[tuple[str, str]]) -> None:
    """Raise ConflictException if two categories have the same value, as in (category id, value)."""
    seen: set[str] = set()
    for category_id, value in values:
        if value in seen:
            raise ConflictException(
                f"Category {what} {value} is used by more than one category.",
                resourceId=category_id,
                resourceType="Category",
            )
        seen.add(value)


def _describe(category: Category) -> dict[str, Any]:
    described = {"id": category.id, "title": category.title, "appCount": len(category.shown)}
    if category.color is not None:
        described["color"] = category.color
    return described
