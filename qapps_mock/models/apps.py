"""Apps: the operations that create, return, change and delete them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qapps_mock import clock
from qapps_mock.models import cards, prediction, schemas
from qapps_mock.models.access import Access
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import App, AppVersion
from qapps_mock.models.tags import merge_tags
from qapps_mock.service import arns
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ServiceQuotaExceededException

# Quotas of Amazon Q Apps (AWS user guide, "Quotas"); none is adjustable.
APPS_A_USER = 100
APPS_AN_INSTANCE = 1000
# The only value in the service model's examples.
_DEFINITION_VERSION = "1"


class Apps(Access):
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
        """Create an app: version 1, a draft.

        Documented: a user can have at most 100 apps, an instance at most 1000.

        Assumed: a ValidationException is raised when two cards have the same id, when a card has the type
        of another kind of card, and when cards depend on each other in a cycle. A reference to a missing
        card is kept. Two apps can have the same title. Tag keys that start with aws: and more than 50
        tags are rejected.

        Assumed: a q-query card without outputSource gets llm, as in AWS's examples; a q-plugin
        card's pluginType is CUSTOM.

        Assumed: with strict, a card cannot preset a file, because every file belongs to another app; a
        form card must have a usable schema; and a prompt must not name a card by its title.

        Not simulated: only `fail` raises ContentTooLargeException and ConflictException.
        """
        version = AppVersion(
            number=1,
            title=title,
            description=description,
            updated_at=clock.now(),
            updated_by=context.user_id,
            **self._content(context, None, app_definition),
        )
        checked_tags = merge_tags({}, tags or {})
        self._check_quota(context, instance_id)
        app = self._new_app(context, instance_id, version, checked_tags)
        return _describe(app, version)

    def get_q_app(
        self, context: Context, *, instance_id: str, app_id: str, app_version: int | None = None
    ) -> dict[str, Any]:
        """Return one version of an app.

        Documented: owners can view their own apps; every user can view a published app.

        Assumed: without appVersion, users who can view every version get the newest one, and other
        users get the published one. Users with whom the app is shared can view every version. Any
        version that the caller cannot view is an AccessDeniedException. Each version has its own
        status: PUBLISHED for the version in the library, DRAFT for the others.
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
        """Create a new version of an app.

        Assumed: each successful call creates a version, even if the request changes nothing. A new
        definition also replaces the initialPrompt. Users with the write permission can update the app.
        With strict, the file that a card presets must have been uploaded for this app before; the other
        rules of CreateQApp apply too.

        Documented: the app loses the verified mark.

        Not simulated: only `fail` raises ContentTooLargeException.
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
        self.note_change(app)
        return _describe(app, version)

    def delete_q_app(self, context: Context, *, instance_id: str, app_id: str) -> None:
        """Delete an app and every resource that depends on it.

        Documented: only the owner can delete an app. A published app leaves the library.

        Assumed: its sessions, permissions, tags, ratings and files are deleted too, and every later
        call that names them reports that they do not exist. `uploads` still lists the files.
        """
        app = self.find_app(instance_id, app_id)
        self.require_owner(context, app)
        self.forget_app(app)

    def predict_q_app(
        self, context: Context, *, instance_id: str, options: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return an app for a problem.

        Assumed: a request without options, or without a USER message, gets a general app; with strict it is
        a ValidationException.

        Not simulated: a prediction. The response is a small app, of the same shape for every problem,
        or the app that `predict` scripted.
        """
        problem = prediction.problem_of(options, strict=context.options.strict)
        app = context.scripts.predicted() or prediction.app_for(problem)
        return {"app": app, "problemStatement": problem}

    def forget_app(self, app: App) -> None:
        """Remove the app, once the other domains have removed what depends on it."""
        super().forget_app(app)
        self._app_counts.subtract([(app.instance_id, app.owner), (app.instance_id, None)])
        del self._apps[app.id]
        self.note_deleted(app)

    def _content(self, context: Context, app_id: str | None, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of an AppVersion that come from an app definition."""
        built = cards.build(definition)
        if context.options.strict:
            self._check_strictly(app_id, built)
        return {
            "initial_prompt": definition.get("initialPrompt"),
            "cards": built,
            "required_capabilities": cards.required_capabilities(built),
        }

    def _check_strictly(self, app_id: str | None, built: list[cards.Card]) -> None:
        """Raise ValidationException for cards that AWS may accept and that hardly do what was meant."""
        cards.require_ids_in_prompts(built)
        for _, kind, body in cards.by_id(built):
            if "fileId" in body:
                self._check_preset_file(app_id, body["fileId"])
            if kind == "formInput":
                schemas.require_usable(body)

    def _check_preset_file(self, app_id: str | None, file_id: str) -> None:
        upload = self.find_file(file_id)
        self.require_file_for(upload, app_id)
        self.require_uploaded(upload)

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
        self.note_use(app.owner, app, app.created_at)
        return app

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
