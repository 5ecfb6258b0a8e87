"""The library: which version of an app an instance publishes, and what its users think of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qapps_mock import clock
from qapps_mock.models.apps import App
from qapps_mock.models.categories import Categories, Category
from qapps_mock.models.paging import DEFAULT_LIMIT, Listing, read_page
from qapps_mock.models.state import new_id
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ConflictException, ResourceNotFoundException


@dataclass(slots=True, eq=False)
class LibraryItem:
    """An app in the library.

    Attributes:
        number: its place in the library.
        app_version: the version that is published.
        ratings: the ids of the users who like it.
    """

    id: str
    number: int
    app: App
    app_version: int
    categories: list[Category]
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    status: str = "PUBLISHED"
    is_verified: bool = False
    ratings: set[str] = field(default_factory=set)


class Library(Categories):
    """The operations on the library."""

    def create_library_item(
        self,
        context: Context,
        *,
        instance_id: str,
        app_id: str,
        app_version: int,
        categories: Sequence[str],
    ) -> dict[str, Any]:
        """Publish a version of an app.

        Documented: only the owner may; a new publication drops the verified mark.

        Assumed: an app has one item; publishing again updates it and keeps id and ratings.

        Not simulated: ServiceQuotaExceededException comes only by `fail`.
        """
        app = self.find_app(instance_id, app_id)
        app.version(app_version)
        found = self._find_categories(instance_id, categories)
        self.require_owner(context, app)
        item = app.library_item
        if item is None:
            item = self._new_item(context, app, app_version)
        else:
            self._touch(context, item)
            item.app_version = app_version
            item.is_verified = False
        self._arrange(item, "PUBLISHED", found)
        return _summary(item)

    def get_library_item(
        self, context: Context, *, instance_id: str, library_item_id: str, app_id: str | None = None
    ) -> dict[str, Any]:
        """Return a library item.

        Assumed: with an appId of another app a ResourceNotFoundException; a disabled item is for
        its owner and those whom the app is shared with; userCount is the owner and all who have the
        app in their list.
        """
        item = self._find_visible_item(context, instance_id, library_item_id)
        if app_id not in (None, item.app.id):
            raise _not_found(library_item_id)
        return _describe(item, context)

    def update_library_item(
        self,
        context: Context,
        *,
        instance_id: str,
        library_item_id: str,
        status: str | None = None,
        categories: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Change status or categories of a library item.

        Documented: only the owner may; a new publication drops the verified mark.

        Assumed: a call that names nothing changes nothing, updatedAt included.

        Not simulated: ConflictException comes only by `fail`.
        """
        item = self.find_library_item(instance_id, library_item_id)
        found = item.categories if categories is None else self._find_categories(instance_id, categories)
        self.require_owner(context, item.app)
        if status is not None or categories is not None:
            self._touch(context, item)
            if status == "PUBLISHED" and item.status != status:
                item.is_verified = False
            self._arrange(item, status or item.status, found)
        return _describe(item, context)

    def delete_library_item(self, context: Context, *, instance_id: str, library_item_id: str) -> None:
        """Take an app from the library.

        Documented: the verified mark is lost.

        Assumed: the app lives on as a draft; its ratings are lost.

        Not simulated: administrators, to whom AWS leaves it. Every user may call it.
        """
        self._drop_item(self.find_library_item(instance_id, library_item_id))

    def list_library_items(
        self,
        context: Context,
        *,
        instance_id: str,
        limit: int = DEFAULT_LIMIT,
        next_token: str | None = None,
        category_id: str | None = None,
    ) -> dict[str, Any]:
        """List what the library shows.

        Assumed: newest first, 100 a page, only items that are PUBLISHED; an unknown category is a
        ResourceNotFoundException; a token belongs to one instance and category.
        """
        if category_id is None:
            listing = self._library.get(instance_id, Listing())
        else:
            listing = self.find_category(instance_id, category_id).shown
        scope = ("ListLibraryItems", self.account_id, self.region_name, instance_id, category_id or "")
        items, more = read_page(listing, scope, limit, next_token)
        return {"libraryItems": [_describe(item, context) for item in items], **more}

    def update_library_item_metadata(
        self, context: Context, *, instance_id: str, library_item_id: str, is_verified: bool | None = None
    ) -> None:
        """Mark a library item as verified, or not.

        Assumed: updatedAt stays.

        Not simulated: administrators, to whom AWS leaves it. Every user may call it.
        """
        item = self.find_library_item(instance_id, library_item_id)
        if is_verified is not None:
            item.is_verified = is_verified

    def associate_library_item_review(
        self, context: Context, *, instance_id: str, library_item_id: str
    ) -> None:
        """Like a library item.

        Assumed: a second time is a ConflictException.
        """
        item = self._find_visible_item(context, instance_id, library_item_id)
        if context.user_id in item.ratings:
            raise _conflict(f"User {context.user_id} has already rated library item {item.id}.", item)
        item.ratings.add(context.user_id)

    def disassociate_library_item_review(
        self, context: Context, *, instance_id: str, library_item_id: str
    ) -> None:
        """Take a like back.

        Assumed: without one, a ConflictException.
        """
        item = self._find_visible_item(context, instance_id, library_item_id)
        if context.user_id not in item.ratings:
            raise _conflict(f"User {context.user_id} has not rated library item {item.id}.", item)
        item.ratings.remove(context.user_id)

    def find_library_item(self, instance_id: str, library_item_id: str) -> LibraryItem:
        """Return a library item of an instance.

        Raises:
            ResourceNotFoundException: it does not exist.
        """
        item = self.known_library_item(instance_id, library_item_id)
        if item is None:
            raise _not_found(library_item_id)
        return item

    def known_library_item(self, instance_id: str, library_item_id: str) -> LibraryItem | None:
        """Return a library item of an instance, or None."""
        item = self._library_items.get(library_item_id)
        return item if item is not None and item.app.instance_id == instance_id else None

    def _find_visible_item(self, context: Context, instance_id: str, library_item_id: str) -> LibraryItem:
        item = self.find_library_item(instance_id, library_item_id)
        self.require_runnable(context, item.app, item.app.version(item.app_version))
        return item

    def _find_categories(self, instance_id: str, ids: Sequence[str]) -> list[Category]:
        return [self.find_category(instance_id, category_id) for category_id in dict.fromkeys(ids)]

    def _new_item(self, context: Context, app: App, app_version: int) -> LibraryItem:
        now = clock.now()
        user = context.user_id
        # Disabled until it is arranged: nothing shows it yet.
        item = LibraryItem(
            new_id(), next(self._numbers), app, app_version, [], now, user, now, user, "DISABLED"
        )
        self._library_items[item.id] = item
        app.library_item = item
        return item

    def _touch(self, context: Context, item: LibraryItem) -> None:
        item.updated_at = clock.now()
        item.updated_by = context.user_id

    def _arrange(self, item: LibraryItem, status: str, categories: list[Category]) -> None:
        """Set what decides where an item is shown, and show it there and nowhere else."""
        for listing in self._listings_of(item):
            listing.remove(item)
        for category in item.categories:
            category.items.remove(item)
        item.status = status
        item.categories = categories
        for category in categories:
            category.items.add(item)
        for listing in self._listings_of(item):
            listing.add(item)

    def _listings_of(self, item: LibraryItem) -> Iterator[Listing[LibraryItem]]:
        if item.status == "PUBLISHED":
            yield self._library.setdefault(item.app.instance_id, Listing())
            for category in item.categories:
                yield category.shown

    def _drop_item(self, item: LibraryItem) -> None:
        self._arrange(item, "DISABLED", [])
        item.app.library_item = None
        del self._library_items[item.id]


def _not_found(item_id: str) -> ResourceNotFoundException:
    return ResourceNotFoundException(
        f"Library item {item_id} does not exist.", resourceId=item_id, resourceType="LibraryItem"
    )


def _conflict(message: str, item: LibraryItem) -> ConflictException:
    return ConflictException(message, resourceId=item.id, resourceType="LibraryItem")


def _summary(item: LibraryItem) -> dict[str, Any]:
    return {
        "libraryItemId": item.id,
        "status": item.status,
        "createdAt": item.created_at,
        "createdBy": item.created_by,
        "updatedAt": item.updated_at,
        "updatedBy": item.updated_by,
        "ratingCount": len(item.ratings),
        "isVerified": item.is_verified,
    }


def _describe(item: LibraryItem, context: Context) -> dict[str, Any]:
    return {
        **_summary(item),
        "appId": item.app.id,
        "appVersion": item.app_version,
        # AWS's published examples show no more of a category here.
        "categories": [{"id": each.id, "title": each.title} for each in item.categories],
        "isRatedByUser": context.user_id in item.ratings,
        "userCount": item.app.user_count(),
    }
