"""Read a document with the state of Q Apps, and check it as the operations check their requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from qapps_mock import users
from qapps_mock.models.documents import Loaded
from qapps_mock.models.entries import (
    at,
    boolean,
    check,
    list_in,
    mapping,
    object_in,
    place_of,
    require_names,
    shown,
    text_in,
    texts_in,
    time_of,
    version_of,
)
from qapps_mock.models.ids import new_id
from qapps_mock.models.loaded_apps import share, versions_of
from qapps_mock.models.loaded_sessions import session_of
from qapps_mock.models.resources import App, Category, LibraryItem
from qapps_mock.models.tags import merge_tags
from qapps_mock.service import arns
from qapps_mock.service.json_body import MAX_NESTING, is_nested_deeper
from qapps_mock.service.service_model import service_model

Place = tuple[str, str]

# A card is three levels deeper in a document than in a request.
_MOST_LEVELS = MAX_NESTING + 3
# What the entries of each part can have. Apps can also have what GetQApp returns.
_MEMBERS = {
    "apps": "instanceId owner published sharedWith tags versions account region ResponseMetadata",
    "associations": "appId userId createdAt knownVersion",
    "categories": "account region instanceId id title color appCount",
    "libraryItems": "libraryItemId appId appVersion status categories createdAt createdBy updatedAt updatedBy "
    "isVerified ratings",
    "sessions": "sessionId appId appVersion createdBy owner sessionName sharingConfiguration tags cards submissions",
}


def _members_of(part: str) -> list[str]:
    result = service_model().shape_for("GetQAppOutput").members if part == "apps" else ()
    return [*result, *_MEMBERS[part].split()]


def read(document: Any, default_user: str) -> dict[Place, Loaded]:
    """Return what a document has, by account and region.

    Args:
        document: a mapping of lists, or a list of apps.
        default_user: the e-mail of the owner of apps that name none.

    Raises:
        ValueError: something in it is wrong; the message says where and why.
    """
    return _Reader(_parts(document), default_user).read()


def _parts(document: Any) -> Mapping[str, Any]:
    if is_nested_deeper(document, _MOST_LEVELS):
        raise ValueError(f"The document is nested more than {_MOST_LEVELS} levels deep")
    if isinstance(document, list):
        return {"apps": document}
    if not isinstance(document, Mapping):
        raise ValueError(f"The document is {shown(document)}: it must be a JSON object, or a list of apps")
    if "appDefinition" in document:  # the result of one GetQApp
        return {"apps": [document]}
    require_names(document, [*_MEMBERS, "users"])
    return document


class _Reader:
    """Reads one document.

    Attributes:
        loaded: what was read, by account and region.
    """

    def __init__(self, parts: Mapping[str, Any], default_user: str) -> None:
        self._parts = parts
        self._default_user = default_user
        self.loaded: dict[Place, Loaded] = defaultdict(Loaded)
        self._apps: dict[str, tuple[App, Loaded]] = {}
        self._categories: dict[tuple[str, str], Category] = {}
        self._seen: set[str] = set()

    def read(self) -> dict[Place, Loaded]:
        for email, user_id in object_in(self._parts, "users", {}).items():
            with at("users"):
                users.check_email(email)
            with at(f"users.{email}"):
                users.check_id(user_id)
                users.fix_id(email, user_id)
        for part, read_entry in (
            ("categories", self._category),
            ("apps", self._app),
            ("libraryItems", self._item),
            ("associations", self._association),
            ("sessions", self._session),
        ):
            members = _members_of(part)
            for number, entry in enumerate(list_in(self._parts, part)):
                with at(f"{part}[{number}]"):
                    require_names(mapping(entry), members)
                    read_entry(entry)
        # Owners always list their apps.
        for app, loaded in self._apps.values():
            if _association_of(app.owner, app) not in self._seen:
                loaded.associations.append((app.owner, app, app.created_at, app.latest))
        self._publish()
        return self.loaded

    def _category(self, entry: Mapping[str, Any]) -> None:
        given = {name: entry[name] for name in ("id", "title", "color") if entry.get(name) is not None}
        checked = check("BatchCreateCategory", instanceId=entry.get("instanceId"), categories=[given])
        [one] = checked["categories"]
        category = Category(one.get("id") or new_id(), one["title"], one.get("color"))
        instance = checked["instance_id"]
        self._categories[instance, category.id] = category
        self.loaded[place_of(entry)].categories.setdefault(instance, []).append(category)

    def _app(self, entry: Mapping[str, Any]) -> None:
        if entry.get("status", "DRAFT") not in ("DRAFT", "PUBLISHED"):
            raise ValueError(f"status is {shown(entry['status'])}: it must be DRAFT or PUBLISHED")
        arn = arns.parse(str(entry.get("appArn", "")))
        if "appArn" in entry and arn is None:
            raise ValueError(f"appArn is {shown(entry['appArn'])}: it is not the ARN of an app")
        if arn is not None:
            _require_agreement(entry, arn)
        place = (arn.account, arn.region) if arn else place_of(entry)
        instance_id = entry.get("instanceId") or (arn and arn.instance_id)
        if not instance_id:
            raise ValueError("it needs an instanceId, or an appArn that has one")
        ids = check(
            "GetQApp", instanceId=instance_id, appId=entry.get("appId", arn.app_id if arn else new_id())
        )
        app_id = ids["app_id"]
        self._require_new(f"app with the id {app_id}")
        owner, email = self._owner(entry)
        created_at = time_of(entry, "createdAt")
        app = App(
            id=app_id,
            arn=arns.app_arn(
                partition=arn.partition if arn else "aws",
                region=place[1],
                account=place[0],
                instance_id=instance_id,
                app_id=app_id,
            ),
            instance_id=instance_id,
            owner=owner,
            owner_email=email,
            created_at=created_at,
            versions=versions_of(entry, instance_id, owner, created_at),
            tags={},
        )
        tags = check("TagResource", resourceARN=app.arn, tags=entry.get("tags", {}))["tags"]
        app.tags.update(merge_tags({}, tags))
        share(app, entry)
        self._apps[app_id] = app, self.loaded[place]
        self.loaded[place].apps.append(app)

    def _owner(self, entry: Mapping[str, Any]) -> tuple[str, str]:
        """Return the id and the e-mail of the owner."""
        email, user_id = entry.get("owner"), entry.get("createdBy")
        if user_id is not None:
            users.check_id(user_id, "createdBy")
            known = users.email_of(user_id) or f"{user_id}@example.com"
        else:
            known = self._default_user
        email = known if email is None else email
        with at("owner"):
            users.check_email(email)
        if user_id is not None:
            users.fix_id(email, user_id)
        return users.user_id(email), email

    def _require_new(self, resource: str) -> None:
        """Raise ValueError if an earlier entry of the document was this resource."""
        if resource in self._seen:
            raise ValueError(f"the document has another {resource}")
        self._seen.add(resource)

    def _find_app(self, entry: Mapping[str, Any]) -> tuple[App, Loaded]:
        app_id = entry.get("appId")
        if not isinstance(app_id, str) or app_id not in self._apps:
            raise ValueError(f"appId is {shown(app_id)}: the document has no such app")
        return self._apps[app_id]

    def _item(self, entry: Mapping[str, Any]) -> None:
        app, loaded = self._find_app(entry)
        checked = check(
            "CreateLibraryItem",
            instanceId=app.instance_id,
            appId=app.id,
            appVersion=entry.get("appVersion", app.latest.number),
            categories=entry.get("categories", []),
        )
        if app.library_item is not None:
            raise ValueError(f"app {app.id} has another library item")
        created_at = time_of(entry, "createdAt")
        status = entry.get("status", "PUBLISHED")
        item_id = entry.get("libraryItemId", new_id())
        check("UpdateLibraryItem", instanceId=app.instance_id, libraryItemId=item_id, status=status)
        self._require_new(f"library item with the id {item_id}")
        created_by = text_in(entry, "createdBy", app.owner)
        item = LibraryItem(
            id=item_id,
            app=app,
            app_version=app.version(checked["app_version"]).number,
            categories=[self._find_category(app.instance_id, each) for each in checked["categories"]],
            created_at=created_at,
            created_by=created_by,
            updated_at=time_of(entry, "updatedAt", created_at),
            updated_by=text_in(entry, "updatedBy", created_by),
            status=status,
            is_verified=boolean(entry, "isVerified"),
            ratings=set(texts_in(entry, "ratings")),
        )
        app.library_item = item
        loaded.items.append(item)

    def _find_category(self, instance_id: str, category_id: str) -> Category:
        category = self._categories.get((instance_id, category_id))
        if category is None:
            raise ValueError(f"the document has no category {category_id} of instance {instance_id}")
        return category

    def _publish(self) -> None:
        """Make the library items of apps that are published, and that no library item is for."""
        entries = enumerate(self._parts.get("apps", []))
        for (number, entry), (app, loaded) in zip(entries, self._apps.values(), strict=True):
            version = entry.get(
                "published", app.latest.number if entry.get("status") == "PUBLISHED" else None
            )
            if version is None or version is False:
                continue
            with at(f"apps[{number}]"):
                if app.library_item is not None:
                    if "published" in entry:
                        raise ValueError("published beside a library item of the app: leave one of them out")
                    continue
                if type(version) not in (bool, int):
                    raise ValueError(
                        f"published is {shown(version)}: it must be true, false or the number of a version"
                    )
                known = app.latest if version is True else app.version(version)
            moment, user = known.updated_at, app.owner
            item = LibraryItem(new_id(), app, known.number, [], moment, user, moment, user)
            app.library_item = item
            loaded.items.append(item)

    def _association(self, entry: Mapping[str, Any]) -> None:
        app, loaded = self._find_app(entry)
        known = version_of(app, entry, "knownVersion")
        user_id = text_in(entry, "userId", app.owner)
        self._require_new(_association_of(user_id, app))
        loaded.associations.append((user_id, app, time_of(entry, "createdAt"), known))

    def _session(self, entry: Mapping[str, Any]) -> None:
        app, loaded = self._find_app(entry)
        owner = text_in(entry, "createdBy") if "createdBy" in entry else self._owner(entry)[0]
        session = session_of(entry, app, owner)
        self._require_new(f"session with the id {session.id}")
        loaded.sessions.append(session)


def _require_agreement(entry: Mapping[str, Any], arn: arns.ResourceArn) -> None:
    """Raise unless the members of an app say what its ARN says."""
    of_arn = {
        "appId": arn.app_id,
        "instanceId": arn.instance_id,
        "account": arn.account,
        "region": arn.region,
    }
    for name, value in of_arn.items():
        if value is not None and entry.get(name, value) not in (None, value):
            raise ValueError(f"{name} is {shown(entry[name])}, and appArn has {value}: leave one of them out")


def _association_of(user_id: str, app: App) -> str:
    return f"association of user {user_id} with app {app.id}"
