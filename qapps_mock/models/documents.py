"""The state as a document: written, and what is read from one added to the state.

`loading` reads documents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qapps_mock import users
from qapps_mock.models.access import Access
from qapps_mock.models.apps import APPS_A_USER, APPS_AN_INSTANCE, counted_as
from qapps_mock.models.categories import MOST_CATEGORIES
from qapps_mock.models.resources import App, AppVersion, Category, LibraryItem, Session

Entry = dict[str, Any]


@dataclass
class Loaded:
    """What a document has for one account and region.

    Attributes:
        categories: by instance.
        associations: user id, app, the time at which it came into the list, the version known then.
    """

    apps: list[App] = field(default_factory=list)
    associations: list[tuple[str, App, datetime, AppVersion]] = field(default_factory=list)
    categories: dict[str, list[Category]] = field(default_factory=dict)
    items: list[LibraryItem] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)

    def ids(self) -> set[str]:
        """Return the ids of all resources."""
        categories = (each.id for listed in self.categories.values() for each in listed)
        apps, items = (each.id for each in self.apps), (each.id for each in self.items)
        return {*apps, *items, *categories, *(each.id for each in self.sessions)}


class Documents(Access):
    """The state of one account and region as the entries of a document."""

    def entries(self) -> dict[str, list[Entry]]:
        """Return all resources but the files, as JSON has them."""
        items = sorted(self._library_items.values(), key=lambda item: item.number)
        return {
            "apps": [_app(app) for app in self._apps.values()],
            "associations": self._association_entries(),
            "categories": [
                {
                    "account": self.account_id,
                    "region": self.region_name,
                    "instanceId": instance,
                    "id": each.id,
                    "title": each.title,
                    "color": each.color,
                }
                for instance, categories in self._categories.items()
                for each in categories.values()
            ],
            "libraryItems": [_item(item) for item in items],
            "sessions": [_session(session) for session in self._sessions.values()],
        }

    def _association_entries(self) -> list[Entry]:
        found = [
            (each.number, user, each)
            for app in self._apps.values()
            for user, each in app.associations.items()
        ]
        return [
            {
                "appId": each.app.id,
                "userId": user,
                "createdAt": each.created_at.isoformat(),
                "knownVersion": each.known.number,
            }
            for _, user, each in sorted(found, key=lambda entry: entry[0])
        ]

    def require_room(self, loaded: Loaded) -> None:
        """Raise ValueError if the state has one of the resources already, or too many with them."""
        for kind, known, new in (
            ("apps", self._apps, loaded.apps),
            ("libraryItems", self._library_items, loaded.items),
            ("sessions", self._sessions, loaded.sessions),
        ):
            for resource in new:
                if resource.id in known:
                    raise ValueError(f"{kind}: the mock already has one with the id {resource.id}")
        for instance, categories in loaded.categories.items():
            all_of_them = [*self._categories.get(instance, {}).values(), *categories]
            for what in ("id", "title"):
                if len({getattr(each, what) for each in all_of_them}) < len(all_of_them):
                    raise ValueError(
                        f"categories: instance {instance} would have two categories with one {what}"
                    )
            if len(all_of_them) > MOST_CATEGORIES:
                raise ValueError(
                    f"categories: instance {instance} would have {len(all_of_them)} categories; "
                    f"at most {MOST_CATEGORIES} are allowed"
                )
        counts = self._app_counts.copy()
        for app in loaded.apps:
            counts.update(counted_as(app))
        for (instance, user), count in counts.items():
            most = APPS_AN_INSTANCE if user is None else APPS_A_USER
            if count > most:
                who = f"instance {instance}" if user is None else f"user {users.email_of(user) or user}"
                raise ValueError(f"apps: {who} would have {count} apps; at most {most} are allowed")

    def add_loaded(self, loaded: Loaded) -> None:
        """Add the resources, which have room; they count as newer than those that are there."""
        for app in loaded.apps:
            self.add_app(app)
        for association in loaded.associations:
            self.add_association(*association)
        for instance, categories in loaded.categories.items():
            self._categories.setdefault(instance, {}).update({each.id: each for each in categories})
        for item in loaded.items:
            self.add_item(item)
        self._sessions.update({session.id: session for session in loaded.sessions})


def _app(app: App) -> Entry:
    return {
        "appId": app.id,
        "appArn": app.arn,
        "owner": app.owner_email,
        "createdBy": app.owner,
        "createdAt": app.created_at.isoformat(),
        "tags": dict(app.tags),
        "sharedWith": [{"principal": email, "action": action} for (_, action), email in app.grants.items()],
        "versions": [_version(version) for version in app.versions],
    }


def _version(version: AppVersion) -> Entry:
    entry: Entry = {
        "title": version.title,
        "description": version.description,
        "initialPrompt": version.initial_prompt,
        "cards": version.cards,
        "updatedAt": version.updated_at.isoformat(),
        "updatedBy": version.updated_by,
    }
    return {name: value for name, value in entry.items() if value is not None}


def _item(item: LibraryItem) -> Entry:
    return {
        "libraryItemId": item.id,
        "appId": item.app.id,
        "appVersion": item.app_version,
        "status": item.status,
        "categories": [each.id for each in item.categories],
        "createdAt": item.created_at.isoformat(),
        "createdBy": item.created_by,
        "updatedAt": item.updated_at.isoformat(),
        "updatedBy": item.updated_by,
        "isVerified": item.is_verified,
        "ratings": sorted(item.ratings),
    }


def _session(session: Session) -> Entry:
    entry: Entry = {
        "sessionId": session.id,
        "appId": session.app_id,
        "appVersion": session.app_version,
        "createdBy": session.owner,
        "sessionName": session.name,
        "sharingConfiguration": session.sharing.shown(),
        "tags": dict(session.tags),
        "cards": {card_id: run._asdict() for card_id, run in session.card_runs.items()},
        "submissions": [
            {
                "submissionId": each.id,
                "cardId": each.card_id,
                "userId": each.user_id,
                "value": each.value,
                "timestamp": each.at.isoformat(),
            }
            for each in session.submissions
        ],
    }
    return {name: value for name, value in entry.items() if value is not None}
