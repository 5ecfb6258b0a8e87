"""A model of the service for tests: its rules, written as simply as possible."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import ANN, BOB

CAROL = "carol@example.com"
USERS = (ANN, BOB, CAROL)
INSTANCES = ("first", "second")

NOT_FOUND = "ResourceNotFoundException"
DENIED = "AccessDeniedException"
CONFLICT = "ConflictException"
INVALID = "ValidationException"


@dataclass
class Cards:
    """The cards of an app version, beside a query card that refers to all of them; *form*: the computeMode of the form card."""

    text: bool
    form: str | None
    file: bool


@dataclass
class App:
    instance: str
    owner: str
    arn: str
    versions: list[tuple[str, Cards]]
    tags: dict[str, str]
    grants: set[tuple[str, str]] = field(default_factory=set)


@dataclass
class Item:
    app: str
    version: int
    categories: list[str]
    status: str = "PUBLISHED"
    verified: bool = False
    likes: set[str] = field(default_factory=set)


@dataclass
class Session:
    app: str
    version: int
    owner: str
    arn: str
    cards: Cards
    tags: dict[str, str] = field(default_factory=dict)
    enabled: bool = False
    accept: bool = True
    reveal: bool = True
    text: str = ""
    file: str = ""
    responses: list[tuple[str, str]] = field(default_factory=list)

    def waits_for(self) -> list[str]:
        missing = {
            "text": self.cards.text and not self.text,
            "form": self.cards.form is not None and not self.responses,
            "file": self.cards.file and not self.file,
        }
        return [name for name, is_missing in missing.items() if is_missing]

    def collects(self) -> bool:
        return self.cards.form is not None and self.accept


class Service:
    """All resources by id, oldest first. Each operation returns the code of the expected error, or None."""

    def __init__(self) -> None:
        self.apps: dict[str, App] = {}
        self.items: dict[str, Item] = {}
        self.sessions: dict[str, Session] = {}
        # File id -> the app and the session that it is for.
        self.files: dict[str, tuple[str, str | None]] = {}
        # Instance -> category id -> title.
        self.categories: dict[str, dict[str, str]] = {each: {} for each in INSTANCES}
        # Instance and user -> ids of the apps in that user's list.
        self.lists: dict[tuple[str, str], list[str]] = {
            (instance, user): [] for instance in INSTANCES for user in USERS
        }
        # User and app -> the last version that the user could view.
        self.known: dict[tuple[str, str], int] = {}

    # Apps

    def item_of(self, app_id: str) -> Item | None:
        return next((item for item in self.items.values() if item.app == app_id), None)

    def published(self, app_id: str) -> int | None:
        item = self.item_of(app_id)
        return item.version if item is not None and item.status == "PUBLISHED" else None

    def may_edit(self, user: str, app_id: str) -> bool:
        app = self.apps[app_id]
        return user == app.owner or (user, "write") in app.grants

    def is_open(self, user: str, app_id: str) -> bool:
        return self.may_edit(user, app_id) or (user, "read") in self.apps[app_id].grants

    def version_for(self, user: str, app_id: str) -> int:
        """The version that a user sees: the published one, or the newest for users who can read the app."""
        published = self.published(app_id)
        if published is None or self.is_open(user, app_id):
            return len(self.apps[app_id].versions)
        return published

    def seeing(self, user: str, app_id: str, version: int | None = None) -> str | None:
        if app_id not in self.apps:
            return NOT_FOUND
        if version is None:
            version = self.version_for(user, app_id)
        elif not 1 <= version <= len(self.apps[app_id].versions):
            return NOT_FOUND
        return None if self.is_open(user, app_id) or version == self.published(app_id) else DENIED

    def editing(self, user: str, app_id: str) -> str | None:
        if app_id not in self.apps:
            return NOT_FOUND
        return None if self.may_edit(user, app_id) else DENIED

    def owning(self, user: str, app_id: str) -> str | None:
        if app_id not in self.apps:
            return NOT_FOUND
        return None if user == self.apps[app_id].owner else DENIED

    def user_count(self, app_id: str) -> int:
        users = {user for (_, user), apps in self.lists.items() if app_id in apps}
        return len(users | {self.apps[app_id].owner})

    def add_to_list(self, user: str, app_id: str) -> None:
        own = self.lists[self.apps[app_id].instance, user]
        if app_id not in own:
            own.append(app_id)

    def remove_from_list(self, user: str, app_id: str) -> None:
        own = self.lists[self.apps[app_id].instance, user]
        if app_id in own:
            own.remove(app_id)

    def note_known_versions(self) -> None:
        for (_, user), apps in self.lists.items():
            for app_id in apps:
                if self.seeing(user, app_id) is None:
                    self.known[user, app_id] = self.version_for(user, app_id)

    def delete_app(self, app_id: str) -> None:
        for user in USERS:
            self.remove_from_list(user, app_id)
        self.items = {item_id: item for item_id, item in self.items.items() if item.app != app_id}
        self.sessions = {each: session for each, session in self.sessions.items() if session.app != app_id}
        del self.apps[app_id]

    # The library

    def arranging(self, user: str, app_id: str, categories: list[str]) -> str | None:
        if (
            app_id not in self.apps
            or not set(categories) <= self.categories[self.apps[app_id].instance].keys()
        ):
            return NOT_FOUND
        return self.owning(user, app_id)

    def seeing_item(self, user: str, item_id: str) -> str | None:
        item = self.items.get(item_id)
        return NOT_FOUND if item is None else self.seeing(user, item.app, item.version)

    def shown_items(self, instance: str, category: str | None = None) -> list[str]:
        return [
            item_id
            for item_id, item in reversed(self.items.items())
            if self.apps[item.app].instance == instance
            and item.status == "PUBLISHED"
            and (category is None or category in item.categories)
        ]

    # Categories

    def titling(self, instance: str, batch: list[tuple[str, str]]) -> str | None:
        """Set titles by id; no other category has these ids or titles."""
        titles = {**self.categories[instance], **dict(batch)}
        clash = len(dict(batch)) < len(batch) or len(set(titles.values())) < len(titles)
        return CONFLICT if clash else None

    # Sessions

    def using(self, user: str, session_id: str) -> str | None:
        session = self.sessions.get(session_id)
        if session is None:
            return NOT_FOUND
        return None if user == session.owner or session.enabled else DENIED

    def hosting(self, user: str, session_id: str) -> str | None:
        session = self.sessions.get(session_id)
        if session is None:
            return NOT_FOUND
        return None if user == session.owner else DENIED

    def giving(self, user: str, session_id: str, given: dict[str, str]) -> str | None:
        """Give values by card, if the user can use the session."""
        session = self.sessions[session_id]
        if "form" in given and session.cards.form and user != session.owner and not session.accept:
            return DENIED
        if not session.waits_for() and not (session.collects() and "form" in given):
            return INVALID
        if "file" in given and session.cards.file and not session.file:
            its_app, its_session = self.files.get(given["file"], (None, None))
            if its_app != session.app or its_session not in (None, session_id):
                return INVALID
        return None

    def give(self, user: str, session_id: str, given: dict[str, str]) -> None:
        """Store the values of cards that wait for one, and responses while the session accepts them."""
        session = self.sessions[session_id]
        waiting, collects = session.waits_for(), session.collects()
        if "text" in waiting:
            session.text = given.get("text", "")
        if "file" in waiting:
            session.file = given.get("file", "")
        if "form" in given and ("form" in waiting or collects):
            if session.cards.form == "replace":
                session.responses = [each for each in session.responses if each[0] != user]
            session.responses.append((user, given["form"]))

    def responses_for(self, user: str, session_id: str) -> list[tuple[str, str]]:
        session = self.sessions[session_id]
        sees_all = user == session.owner or session.reveal
        return [each for each in session.responses if sees_all or each[0] == user]

    # Tags

    def tags_of(self, arn: str) -> dict[str, str] | None:
        tagged: list[Any] = [*self.apps.values(), *self.sessions.values()]
        return next((each.tags for each in tagged if each.arn == arn), None)


def answers(responses: list[tuple[str, str]]) -> str:
    """Responses in the form that a prompt shows."""
    return json.dumps([{"answer": answer} for _, answer in responses])
