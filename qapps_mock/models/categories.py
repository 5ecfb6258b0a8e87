"""Categories, which the console calls labels: how the items of a library are sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qapps_mock.models.paging import Listing
from qapps_mock.models.permissions import Permissions
from qapps_mock.models.state import new_id
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ConflictException, ResourceNotFoundException, ValidationException

if TYPE_CHECKING:
    from qapps_mock.models.library import LibraryItem

# AWS user guide, "Labels": at most so many for an instance.
MOST_CATEGORIES = 10


@dataclass(slots=True, eq=False)
class Category:
    """A category.

    Attributes:
        items: all library items that have it.
        shown: those of them that the library shows.
    """

    id: str
    title: str
    color: str | None
    items: set[LibraryItem] = field(default_factory=set)
    shown: Listing[LibraryItem] = field(default_factory=Listing)


class Categories(Permissions):
    """The operations on categories.

    AWS gives them to administrators alone, of whom this mock knows nothing: every user may call them.
    """

    def batch_create_category(
        self, context: Context, *, instance_id: str, categories: Sequence[Mapping[str, str]]
    ) -> None:
        """Make categories.

        Documented: at most 10 in an instance, and no two alike.

        Assumed: all or none; an equal id or title is a ConflictException, which comes before the
        limit, a ValidationException; there are none at the start.

        Not simulated: administrators, to whom AWS leaves it. Every user may call it.
        """
        new = [Category(each.get("id") or new_id(), each["title"], each.get("color")) for each in categories]
        existing = self._categories.get(instance_id, {})
        all_of_them = [*existing.values(), *new]
        _require_unique_ids([each.id for each in all_of_them])
        _require_unique_titles({each.id: each.title for each in all_of_them})
        if len(all_of_them) > MOST_CATEGORIES:
            raise ValidationException(
                f"Instance {instance_id} can have at most {MOST_CATEGORIES} categories, "
                f"and this would be {len(all_of_them)}."
            )
        self._categories[instance_id] = {each.id: each for each in all_of_them}

    def batch_update_category(
        self, context: Context, *, instance_id: str, categories: Sequence[Mapping[str, str]]
    ) -> None:
        """Change categories.

        Assumed: all or none; without a color the old one stays; one call may swap two titles.

        Not simulated: administrators, to whom AWS leaves it. Every user may call it.
        """
        found = [self.find_category(instance_id, each["id"]) for each in categories]
        _require_unique_ids([each.id for each in found])
        titles = {each.id: each.title for each in self._categories.get(instance_id, {}).values()}
        _require_unique_titles(titles | {each["id"]: each["title"] for each in categories})
        for category, given in zip(found, categories, strict=True):
            category.title = given["title"]
            category.color = given.get("color", category.color)

    def batch_delete_category(self, context: Context, *, instance_id: str, categories: Sequence[str]) -> None:
        """Delete categories.

        Assumed: all or none; library items lose them.

        Not simulated: administrators, to whom AWS leaves it. Every user may call it.
        """
        for category in {self.find_category(instance_id, category_id) for category_id in categories}:
            for item in category.items:
                item.categories.remove(category)
            del self._categories[instance_id][category.id]

    def list_categories(self, context: Context, *, instance_id: str) -> dict[str, Any]:
        """List the categories of an instance.

        Assumed: in the order in which they were made; appCount counts items that are PUBLISHED.
        """
        return {"categories": [_describe(each) for each in self._categories.get(instance_id, {}).values()]}

    def find_category(self, instance_id: str, category_id: str) -> Category:
        """Return a category of an instance.

        Raises:
            ResourceNotFoundException: it does not exist.
        """
        category = self._categories.get(instance_id, {}).get(category_id)
        if category is None:
            raise ResourceNotFoundException(
                f"Category {category_id} does not exist.", resourceId=category_id, resourceType="Category"
            )
        return category


def _require_unique_ids(ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for category_id in ids:
        if category_id in seen:
            raise _conflict(f"Category id {category_id} is used by more than one category.", category_id)
        seen.add(category_id)


def _require_unique_titles(titles: Mapping[str, str]) -> None:
    seen: set[str] = set()
    for category_id, title in titles.items():
        if title in seen:
            raise _conflict(f"Category title {title} is used by more than one category.", category_id)
        seen.add(title)


def _conflict(message: str, category_id: str) -> ConflictException:
    return ConflictException(message, resourceId=category_id, resourceType="Category")


def _describe(category: Category) -> dict[str, Any]:
    described = {"id": category.id, "title": category.title, "appCount": len(category.shown)}
    if category.color is not None:
        described["color"] = category.color
    return described
