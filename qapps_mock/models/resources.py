"""The resources of Amazon Q Apps: apps, associations, categories, library items and sessions.

Most of them refer to each other, so they share this module. The other modules have the operations on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from qapps_mock.models import card_runs
from qapps_mock.models.card_runs import Begun, Plan, Runs, Step
from qapps_mock.models.cards import Card
from qapps_mock.models.forms import Submissions
from qapps_mock.models.paging import Listing
from qapps_mock.service.exceptions import ResourceNotFoundException

Values = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class AppVersion:
    """The content of an app between two updates."""

    number: int
    title: str
    description: str | None
    initial_prompt: str | None
    cards: list[Card]
    required_capabilities: list[str]
    updated_at: datetime
    updated_by: str

    @property
    def plan(self) -> Plan:
        """What all sessions of this version share."""
        # Not a cached_property: before Python 3.12 it has a lock, which stays taken in a process that was forked meanwhile.
        found: Plan | None = vars(self).get("_plan")
        if found is None:
            found = vars(self)["_plan"] = card_runs.plan(self.cards)
        return found


@dataclass(slots=True, eq=False)
class App:
    """An app, its versions and the resources that depend on it.

    Attributes:
        versions: all versions, oldest first.
        grants: the permissions that the owner granted: (user id, action) -> e-mail.
        associations: the users whose list has the app: user id -> entry in that list.
    """

    id: str
    arn: str
    instance_id: str
    owner: str
    owner_email: str
    created_at: datetime
    versions: list[AppVersion]
    tags: dict[str, str]
    grants: dict[tuple[str, str], str] = field(default_factory=dict)
    associations: dict[str, Association] = field(default_factory=dict)
    library_item: LibraryItem | None = None

    @property
    def latest(self) -> AppVersion:
        """The newest version."""
        return self.versions[-1]

    @property
    def published(self) -> int | None:
        """The number of the version that the library shows; None when the library does not show the app."""
        item = self.library_item
        return item.app_version if item is not None and item.status == "PUBLISHED" else None

    def status_of(self, version: AppVersion) -> str:
        """Return PUBLISHED for the version that the library shows, DRAFT for any other."""
        return "PUBLISHED" if version.number == self.published else "DRAFT"

    def version(self, number: int) -> AppVersion:
        """Return one version.

        Raises:
            ResourceNotFoundException: the app has no version with this number.
        """
        if 1 <= number <= len(self.versions):
            return self.versions[number - 1]
        raise ResourceNotFoundException(
            f"App {self.id} has no version {number}.", resourceId=self.id, resourceType="AppVersion"
        )

    def is_open_to(self, user_id: str) -> bool:
        """Tell whether the user can view every version: the owner can, and each user with a permission."""
        return self.can_be_edited_by(user_id) or (user_id, "read") in self.grants

    def can_be_edited_by(self, user_id: str) -> bool:
        """Tell whether the user owns the app or has the write permission."""
        return user_id == self.owner or (user_id, "write") in self.grants

    def version_for(self, user_id: str) -> AppVersion | None:
        """Return the newest version that the user can view, or None."""
        if self.is_open_to(user_id):
            return self.latest
        number = self.published
        return None if number is None else self.version(number)


@dataclass(slots=True, eq=False)
class Association:
    """An entry in a user's list of apps.

    Attributes:
        number: orders the list, where newer entries have higher numbers.
        created_at: when the app was added to the list.
        known: the version that the list shows while the user can view none: the last one that they could view.
    """

    number: int
    app: App
    created_at: datetime
    known: AppVersion


@dataclass(slots=True, eq=False)
class Category:
    """A category.

    Attributes:
        shown: the published library items in the category.
    """

    id: str
    title: str
    color: str | None
    shown: Listing[LibraryItem] = field(default_factory=Listing)


@dataclass(slots=True, eq=False)
class LibraryItem:
    """An app in the library.

    Attributes:
        app_version: the number of the published version.
        ratings: the ids of the users who like the item.
        number: orders the library, where newer items have higher numbers; 0: the item is not yet in it.
    """

    id: str
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
    number: int = 0


class Sharing(NamedTuple):
    """How the host shares a session with other users."""

    enabled: bool = False
    accept_responses: bool = True
    reveal_cards: bool = True

    @classmethod
    def configured(cls, configuration: Mapping[str, bool]) -> Sharing:
        """Return what the sharingConfiguration of a request says."""
        accept_responses = configuration.get("acceptResponses", True)
        return cls(configuration["enabled"], accept_responses, configuration.get("revealCards", True))

    def shown(self) -> dict[str, bool]:
        """Return the sharingConfiguration of a response."""
        return dict(zip(("enabled", "acceptResponses", "revealCards"), self, strict=True))


_UNSHARED = Sharing()


@dataclass(slots=True)
class Session:
    """One run of one version of an app.

    Attributes:
        owner: the id of the user who started the session: its host.
        exports: the S3 keys of the exported CSV files.
        busy: the cards that a callable of the test is answering now.
        begun: when the cards that run began, while they take a time.
    """

    id: str
    arn: str
    instance_id: str
    app_id: str
    app_version: int
    owner: str
    plan: Plan
    card_runs: Runs
    tags: dict[str, str]
    name: str | None = None
    sharing: Sharing = _UNSHARED
    submissions: Submissions = ()
    exports: list[str] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    begun: Begun = field(default_factory=dict)

    def accepts(self, values: Values) -> bool:
        """Tell whether the session uses any of the values that a user gives to its cards."""
        steps = (self.plan.steps.get(given["cardId"]) for given in values)
        return any(step is not None and self.accepts_value(step) for step in steps)

    def accepts_value(self, step: Step) -> bool:
        """Tell whether the session uses a value that a user gives to this card; it ignores other values."""
        if step.kind == "formInput" and self.sharing.accept_responses:
            return True
        if step.kind == "fileUpload" and step.body.get("fileId") is not None:
            return bool(step.body.get("allowOverride"))
        return self.card_runs[step.id].state == "WAITING"

    def submissions_shown_to(self, user_id: str) -> Submissions:
        """Return the submissions that the user can view, oldest first."""
        if user_id == self.owner or self.sharing.reveal_cards:
            return self.submissions
        return tuple(each for each in self.submissions if each.user_id == user_id)
