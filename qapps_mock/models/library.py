"""The library: which app versions an instance publishes, and how its users rate them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from qapps_mock import clock
from qapps_mock.models.access import Access, not_found
from qapps_mock.models.ids import new_id
from qapps_mock.models.paging import Listing, read_page
from qapps_mock.models.resources import App, Category, LibraryItem
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ConflictException


class Library(Access):
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

        QA-122 documented (IAM role): only the owner can publish an app.
        QA-123 documented (verified apps): publishing the app again removes the verified mark.
        QA-124 documented (web experience): publishing the app again updates the app in the library.
        QA-125 assumed (the model has no other way to publish a later version): an app has one library item,
            which keeps its id and ratings when the app is published again. Settle: two calls for one app.
        QA-126 assumed: the new status of the published version is PUBLISHED. Settle: CreateLibraryItem,
            then GetQApp.
        QA-127 assumed: a disabled item that is published again is shown again. Settle: UpdateLibraryItem
            with DISABLED, CreateLibraryItem, ListLibraryItems.
        QA-128 not simulated: only `fail` raises ServiceQuotaExceededException.
        """
        app = self.find_app(instance_id, app_id)
        app.version(app_version)
        found = self._find_categories(instance_id, categories)
        self.require_owner(context, app)
        item = app.library_item
        if item is None:
            now, user = clock.now(), context.user_id
            item = LibraryItem(new_id(), app, app_version, found, now, user, now, user)
            self.add_item(item)
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

        QA-186 documented (authorization reference): library items are checked as their app.
        QA-187 assumed: the appId of another app is a ResourceNotFoundException. Settle: the appId of
            another app.
        QA-188 assumed: a disabled item is visible only to the owner and to the users with whom the app is
            shared. Settle: the call by another user for a disabled item.
        QA-189 assumed (AWS's example of a new item shows 1): userCount counts the users whose list has the
            app, the owner included. Settle: an item after AssociateQAppWithUser by two users.
        QA-190 observed (AWS's example): the categories of an item have only id and title.
        """
        item = self._find_visible_item(context, instance_id, library_item_id)
        if app_id not in (None, item.app.id):
            raise not_found("LibraryItem", library_item_id, "Library item")
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
        """Change the status or the categories of a library item.

        QA-258 documented (IAM role): only the owner can update the item.
        QA-259 documented (verified apps): showing a disabled item again removes the verified mark.
        QA-260 observed (AWS's example): the status DISABLED takes the item out of the library.
        QA-261 assumed: a request without status and categories changes nothing, not even updatedAt. Settle:
            such a request.
        QA-262 assumed: categories replace the old ones; an unknown one is a ResourceNotFoundException.
            Settle: both.
        QA-263 not simulated: only `fail` raises ConflictException.
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
        """Remove an app from the library.

        QA-162 documented (IAM role and authorization reference, key UserIsAppOwner): only the owner can
            delete the item.
        QA-163 documented (verified apps): the app loses the verified mark.
        QA-164 assumed: the app becomes a draft and loses its ratings. Settle: GetQApp and a new
            CreateLibraryItem after the call.
        QA-165 not simulated (verified apps): the console of an administrator, who can remove any app from
            the library.
        """
        item = self.find_library_item(instance_id, library_item_id)
        self.require_owner(context, item.app)
        self._drop_item(item)

    def list_library_items(
        self,
        context: Context,
        *,
        instance_id: str,
        limit: int | None = None,
        next_token: str | None = None,
        category_id: str | None = None,
    ) -> dict[str, Any]:
        """List the items that the library shows.

        QA-218 observed (AWS's example): the newest item comes first.
        QA-219 assumed: a page has 100 items without limit (`page_size`). Settle: more than 100 items.
        QA-220 assumed: only PUBLISHED items are listed. Settle: a disabled item.
        QA-221 assumed: an unknown category is a ResourceNotFoundException. Settle: an unknown categoryId.
        QA-222 assumed: a token is valid for one instance and category; any other text is a
            ValidationException. Settle: nextToken of another list.
        """
        if category_id is None:
            listing = self._library.get(instance_id, Listing())
        else:
            listing = self.find_category(instance_id, category_id).shown
        scope = ("ListLibraryItems", self.account_id, self.region_name, instance_id, category_id or "")
        items, more = read_page(listing, scope, limit or context.options.page_size, next_token)
        return {"libraryItems": [_describe(item, context) for item in items], **more}

    def update_library_item_metadata(
        self, context: Context, *, instance_id: str, library_item_id: str, is_verified: bool | None = None
    ) -> None:
        """Mark a library item as verified, or remove the mark.

        QA-264 assumed: updatedAt does not change. Settle: GetLibraryItem after the call.
        QA-265 assumed: verifying a verified or a disabled item is not a ConflictException. Settle: both.
        QA-266 not simulated (verified apps): administrators. AWS allows only them to call this; here every
            user can.
        """
        item = self.find_library_item(instance_id, library_item_id)
        if is_verified is not None:
            item.is_verified = is_verified

    def associate_library_item_review(
        self, context: Context, *, instance_id: str, library_item_id: str
    ) -> None:
        """Like a library item.

        QA-101 assumed: a second like of one user is a ConflictException. Settle: two calls by one user.
        QA-102 assumed: owners can like their own items. Settle: the call by the owner.
        """
        item = self._find_visible_item(context, instance_id, library_item_id)
        if context.user_id in item.ratings:
            raise _conflict(f"User {context.user_id} has already rated library item {item.id}.", item)
        item.ratings.add(context.user_id)

    def disassociate_library_item_review(
        self, context: Context, *, instance_id: str, library_item_id: str
    ) -> None:
        """Withdraw a like from a library item.

        QA-174 assumed: withdrawing a like that the caller did not give is a ConflictException. Settle: the
            call without a like.
        """
        item = self._find_visible_item(context, instance_id, library_item_id)
        if context.user_id not in item.ratings:
            raise _conflict(f"User {context.user_id} has not rated library item {item.id}.", item)
        item.ratings.remove(context.user_id)

    def add_item(self, item: LibraryItem) -> None:
        """Add a new item to the library."""
        item.number = self.next_number()
        self._library_items[item.id] = item
        item.app.library_item = item
        for listing in self._listings_of(item):
            listing.add(item)

    def note_change(self, app: App) -> None:
        """Remove the verified mark of the app."""
        if app.library_item is not None:
            app.library_item.is_verified = False

    def forget_app(self, app: App) -> None:
        """Remove the app from the library."""
        super().forget_app(app)
        if app.library_item is not None:
            self._drop_item(app.library_item)

    def forget_category(self, category: Category) -> None:
        """Remove the category from its library items."""
        for item in self._library_items.values():
            if category in item.categories:
                item.categories.remove(category)

    def _find_visible_item(self, context: Context, instance_id: str, library_item_id: str) -> LibraryItem:
        item = self.find_library_item(instance_id, library_item_id)
        self.require_runnable(context, item.app, item.app.version(item.app_version))
        return item

    def _find_categories(self, instance_id: str, ids: Sequence[str]) -> list[Category]:
        return [self.find_category(instance_id, category_id) for category_id in dict.fromkeys(ids)]

    def _touch(self, context: Context, item: LibraryItem) -> None:
        item.updated_at = clock.now()
        item.updated_by = context.user_id

    def _arrange(self, item: LibraryItem, status: str, categories: list[Category]) -> None:
        """Set the status and the categories of an item, and move it to the matching listings."""
        if status == "DISABLED":
            self.note_hiding(item.app)
        for listing in self._listings_of(item):
            listing.remove(item)
        item.status = status
        item.categories = categories
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
        # In AWS's published examples a category has only these two members here.
        "categories": [{"id": each.id, "title": each.title} for each in item.categories],
        "isRatedByUser": context.user_id in item.ratings,
        "userCount": len(item.app.associations),
    }
