"""Apps and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from qapps_mock import clock
from qapps_mock.models import cards, prediction, tagging
from qapps_mock.models.access import require_file_for, require_uploaded
from qapps_mock.models.associations import Association, Associations
from qapps_mock.models.state import new_id
from qapps_mock.service import arns
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import (
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ValidationException,
)

if TYPE_CHECKING:
    from qapps_mock.models.library import LibraryItem

# Quotas of Amazon Q Apps (AWS user guide, "Quotas"); none is adjustable.
APPS_A_USER = 100
APPS_AN_INSTANCE = 1000
# The service model's only example of it.
_DEFINITION_VERSION = "1"


@dataclass(frozen=True, slots=True, eq=False)
class AppVersion:
    """What an app was from one update to the next."""

    number: int
    title: str
    description: str | None
    initial_prompt: str | None
    cards: list[cards.Card]
    required_capabilities: list[str]
    updated_at: datetime
    updated_by: str

    def kind_of_card(self, card_id: str) -> str | None:
        """Return the kind of the card with that id, as ``fileUpload``, or None."""
        for card in self.cards:
            kind, body = cards.kind_and_body(card)
            if body["id"] == card_id:
                return kind
        return None


@dataclass(slots=True, eq=False)
class App:
    """An app: what does not change, its versions, oldest first, and all that goes with it.

    Attributes:
        grants: the permissions that its owner gave: (user id, action) -> e-mail.
        associations: whose list it is in: user id -> place in that list.
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
        """The number of the version that the library shows, None when it shows none."""
        item = self.library_item
        return item.app_version if item is not None and item.status == "PUBLISHED" else None

    @property
    def status(self) -> str:
        """The status of the newest version."""
        return self.status_of(self.latest)

    def status_of(self, version: AppVersion) -> str:
        """Return PUBLISHED for the version that the library shows, DRAFT for any other."""
        return "PUBLISHED" if version.number == self.published else "DRAFT"

    def version(self, number: int) -> AppVersion:
        """Return one version.

        Raises:
            ResourceNotFoundException: it does not exist.
        """
        if 1 <= number <= len(self.versions):
            return self.versions[number - 1]
        raise ResourceNotFoundException(
            f"App {self.id} has no version {number}.", resourceId=self.id, resourceType="AppVersion"
        )

    def is_open_to(self, user_id: str) -> bool:
        """Tell whether the user may see every version: the owner, and with whom it is shared."""
        return self.can_be_edited_by(user_id) or (user_id, "read") in self.grants

    def can_be_edited_by(self, user_id: str) -> bool:
        """Tell whether the user owns the app or was granted to write it."""
        return user_id == self.owner or (user_id, "write") in self.grants

    def shown_to(self, user_id: str) -> AppVersion:
        """Return the newest version, or the published one for users who may see no other."""
        number = self.published
        if number is None or self.is_open_to(user_id):
            return self.latest
        return self.version(number)

    def user_count(self) -> int:
        """Count the users who have the app: its owner, and those in whose list it is."""
        return len(self.associations) + (self.owner not in self.associations)


class Apps(Associations):
    """The operations on apps."""

    def create_q_app(
        self,
        context: Context,
        *,
        instance_id: str,
        title: str,
        app_definition: Mapping[str, Any],
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Make an app: version 1, a draft.

        Documented: at most 100 apps a user and 1000 an instance.

        Assumed: cards with one id, with another card's type, and cards that depend on each other in a
        circle are ValidationExceptions; a reference to a missing card is kept; equal titles are allowed; tag
        keys that start with aws: and more than 50 tags are refused.

        Assumed: a q-query card without outputSource gets llm, as in AWS's examples; a q-plugin
        card's pluginType is CUSTOM.

        Assumed: with strict, a file that a card presets was uploaded before.

        Not simulated: ContentTooLargeException and ConflictException come only by `fail`.
        """
        version = AppVersion(
            number=1,
            title=title,
            description=description,
            updated_at=clock.now(),
            updated_by=context.user_id,
            **self._content(context, None, app_definition),
        )
        checked_tags = tagging.merge({}, tags or {})
        self._check_quota(context, instance_id)
        app = self._new_app(context, instance_id, version, checked_tags)
        return _describe(app, version)

    def get_q_app(
        self, context: Context, *, instance_id: str, app_id: str, app_version: int | None = None
    ) -> dict[str, Any]:
        """Return one version of an app.

        Documented: owners see their apps, everybody sees published ones.

        Assumed: without appVersion the newest version, for others the published one; a shared app
        shows every version; any other version is an AccessDeniedException; each version has a
        status of its own, PUBLISHED for the one in the library.
        """
        app = self.find_app(instance_id, app_id)
        if app_version is None:
            version = self.find_visible_version(context, app)
        else:
            version = app.version(app_version)
            self.require_runnable(context, app, version)
        definition = {
            "appDefinitionVersion": _DEFINITION_VERSION,
            "cards": version.cards,
            "canEdit": app.can_be_edited_by(context.user_id),
        }
        return {**_describe(app, version), "appDefinition": definition}

    def update_q_app(
        self,
        context: Context,
        *,
        instance_id: str,
        app_id: str,
        title: str | None = None,
        description: str | None = None,
        app_definition: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Make a new version of an app.

        Assumed: each accepted call makes a version, also one that names nothing; a new definition
        replaces the initialPrompt as well; a write permission allows it; with strict, a file that a
        card presets was uploaded for this app before.

        Not simulated: ContentTooLargeException comes only by `fail`.
        """
        app = self.find_app(instance_id, app_id)
        self.require_editor(context, app)
        last = app.latest
        content = {} if app_definition is None else self._content(context, app_id, app_definition)
        version = replace(
            last,
            number=last.number + 1,
            title=last.title if title is None else title,
            description=last.description if description is None else description,
            updated_at=clock.now(),
            updated_by=context.user_id,
            **content,
        )
        app.versions.append(version)
        return _describe(app, version)

    def predict_q_app(
        self, context: Context, *, instance_id: str, options: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return an app for a problem.

        Assumed: without options, or without a USER message, a ValidationException.

        Not simulated: a prediction. The answer is a small app of the same shape for any problem, or
        the one that `predict` scripted.
        """
        problem = prediction.problem_of(options)
        app = context.scripts.predicted() or prediction.app_for(problem)
        return {"app": app, "problemStatement": problem}

    def _content(self, context: Context, app_id: str | None, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a version that an app definition sets, worked out once for all reads."""
        built = cards.build(definition)
        if context.options.strict:
            for _, _, body in cards.by_id(built):
                if "fileId" in body:
                    self._check_preset_file(app_id, body["fileId"])
        return {
            "initial_prompt": definition.get("initialPrompt"),
            "cards": built,
            "required_capabilities": cards.required_capabilities(built),
        }

    def _check_preset_file(self, app_id: str | None, file_id: str) -> None:
        upload = self.find_file(file_id)
        if app_id is not None:
            require_file_for(upload, app_id)
        if upload.app_id in self._gone:
            raise ValidationException(f"The app of file {file_id} does not exist.")
        require_uploaded(upload)

    def _new_app(self, context: Context, instance_id: str, version: AppVersion, tags: dict[str, str]) -> App:
        app_id = new_id()
        app = App(
            id=app_id,
            arn=self._app_arn(instance_id, app_id),
            instance_id=instance_id,
            owner=context.user_id,
            owner_email=context.email,
            created_at=version.updated_at,
            versions=[version],
            tags=tags,
        )
        self._apps[app_id] = app
        self._app_counts.update([(instance_id, app.owner), (instance_id, None)])
        self._associate(app.owner, app, app.created_at)
        return app

    def _drop_app(self, app: App) -> None:
        for user_id in list(app.associations):
            self._dissociate(user_id, app)
        self._app_counts.subtract([(app.instance_id, app.owner), (app.instance_id, None)])
        del self._apps[app.id]
        self._gone[app.id] = app.instance_id

    def _app_arn(self, instance_id: str, app_id: str) -> str:
        return arns.app_arn(
            partition=self.partition,
            region=self.region_name,
            account=self.account_id,
            instance_id=instance_id,
            app_id=app_id,
        )

    def _check_quota(self, context: Context, instance_id: str) -> None:
        if self._app_counts[instance_id, context.user_id] >= APPS_A_USER:
            raise _quota_exceeded(
                f"User {context.user_id} already has {APPS_A_USER} apps.", context.user_id, "User"
            )
        if self._app_counts[instance_id, None] >= APPS_AN_INSTANCE:
            raise _quota_exceeded(
                f"Instance {instance_id} already has {APPS_AN_INSTANCE} apps.", instance_id, "Instance"
            )


def _quota_exceeded(message: str, resource_id: str, resource_type: str) -> ServiceQuotaExceededException:
    return ServiceQuotaExceededException(message, resourceId=resource_id, resourceType=resource_type)


def _describe(app: App, version: AppVersion) -> dict[str, Any]:
    described = {
        "appId": app.id,
        "appArn": app.arn,
        "title": version.title,
        "appVersion": version.number,
        "status": app.status_of(version),
        "createdAt": app.created_at,
        "createdBy": app.owner,
        "updatedAt": version.updated_at,
        "updatedBy": version.updated_by,
        "requiredCapabilities": version.required_capabilities,
    }
    if version.description is not None:
        described["description"] = version.description
    if version.initial_prompt is not None:
        described["initialPrompt"] = version.initial_prompt
    return described
