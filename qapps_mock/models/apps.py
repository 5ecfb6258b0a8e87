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

        QA-142 documented (quotas): a user can have at most 100 apps, an instance at most 1000.
        QA-143 modelled: an app has at most 20 cards; the user guide's quota is 35.
        QA-144 modelled: dependencies are the ids behind @ in a card's prompt.
        QA-145 assumed: dependencies are in the order of the prompt, without duplicates. Settle: a prompt
            that names two cards twice, then GetQApp.
        QA-146 observed (AWS's example): a reference to a missing card is kept, and stays in the prompt of a
            run.
        QA-147 assumed: two cards with the same id are a ValidationException. Settle: CreateQApp with two
            such cards.
        QA-148 assumed: cards that depend on each other in a cycle are a ValidationException. Settle:
            CreateQApp with two queries that refer to each other.
        QA-149 assumed: a card with the type of another kind of card is a ValidationException. Settle: a
            text card with the type q-query.
        QA-150 assumed: two apps can have the same title. Settle: two calls with one title.
        QA-151 assumed (AWS's examples): a q-query card without outputSource gets llm. Settle: GetQApp of
            such a card; AWS's Smithy model says approved-sources.
        QA-152 assumed (AWS's examples show CreatorMode): requiredCapabilities has CreatorMode for llm,
            RetrievalMode for approved-sources, PluginMode for plugins and FileUpload for files, in this
            order. Settle: an app with all kinds of cards.
        QA-153 assumed: the pluginType of a q-plugin card is CUSTOM. Settle: GetQApp of an app with a
            plugin.
        QA-154 documented (data collection): a form card without computeMode gets replace: one response a
            user.
        QA-155 assumed: memoryReferences of a q-query card has the ids of form cards in its prompt, which
            stay in dependencies too. It is absent if there are none. Settle: GetQApp of a query that refers
            to a form.
        QA-156 assumed: attribute filters are stored and returned, and change nothing. Settle: a run of a
            query with a filter.
        QA-157 assumed: title and initialPrompt are stored as sent; absent optional members are absent from
            the result. Settle: an app without a description.
        QA-158 assumed (AWS's general rules for tags): tag keys that start with aws: and more than 50 tags
            are ValidationExceptions. Settle: CreateQApp with an aws: key, then with 51 tags.
        QA-159 assumed: with strict, a card cannot preset a file, because every file belongs to another app;
            a form card must have a usable schema; a prompt must not name another card's title behind @.
            Settle: CreateQApp with each of them, which AWS may accept.
        QA-160 assumed (AWS's example): the definition version of every app is 1. Settle: GetQApp after an
            update.
        QA-161 not simulated: only `fail` raises ContentTooLargeException and ConflictException.
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

        QA-191 documented (IAM role): owners can view their own apps; every user can view a published app.
        QA-192 assumed: without appVersion, users who can view every version get the newest one, and other
            users get the published one. Settle: the call by the owner and by another user, after an update
            of a published app.
        QA-193 assumed: users with whom the app is shared can view every version. Settle: the call with each
            version by such a user.
        QA-194 assumed: any version that the caller cannot view is an AccessDeniedException. Settle: the
            call for a draft by another user.
        QA-195 assumed: each version has its own status: PUBLISHED for the version in the library, DRAFT for
            the others. Settle: GetQApp of each version after an update of a published app.
        QA-196 assumed: canEdit is true for owners and for users with the write permission. Settle: the call
            by such users.
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

        QA-267 observed (AWS's example): each successful call creates a version, and members that the
            request leaves out keep their values.
        QA-268 assumed: a request that changes nothing creates a version too. Settle: such a request.
        QA-269 assumed: a new definition also replaces the initialPrompt. Settle: a definition without one.
        QA-270 documented (verified apps and web experience): the app loses the verified mark.
        QA-271 assumed: the published version stays in the library; the new version is a draft. Settle:
            GetQApp with and without appVersion after the call.
        QA-272 assumed (service model; against private sharing): users with the write permission can update
            the app. The user guide says that shared users only run apps, and the model has the permission.
            Settle: the call by such a user.
        QA-273 assumed: with strict, the file that a card presets must have been uploaded for this app
            before; the other rules of CreateQApp apply too. Settle: a file of another app.
        QA-274 not simulated: only `fail` raises ContentTooLargeException.
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

        QA-166 modelled: a published app leaves the library.
        QA-167 documented (IAM role): only the owner can delete an app.
        QA-168 assumed: the app's sessions, permissions, tags, ratings and files are deleted too. Settle:
            GetQAppSession after the call.
        QA-169 assumed: every later call that names them reports that they do not exist; no app has the
            status DELETED. `uploads` still lists the files. Settle: GetQApp after the call.
        """
        app = self.find_app(instance_id, app_id)
        self.require_owner(context, app)
        self.forget_app(app)

    def predict_q_app(
        self, context: Context, *, instance_id: str, options: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return an app for a problem.

        QA-236 modelled: options can be absent.
        QA-237 assumed: a request without options, or without a USER message, gets a general app; with
            strict it is a ValidationException. Settle: the call without options.
        QA-238 assumed: the problem statement of a conversation is its last USER message. Settle: a
            conversation with two of them.
        QA-239 not simulated: a prediction. The response is a small app, of the same shape for every
            problem, or the app that `predict` scripted.
        """
        problem = prediction.problem_of(options, strict=context.options.strict)
        app = context.scripts.predicted() or prediction.app_for(problem)
        return {"app": app, "problemStatement": problem}

    def add_app(self, app: App) -> None:
        """Add a new app, which no user's list has yet."""
        self._apps[app.id] = app
        self._app_counts.update(counted_as(app))

    def forget_app(self, app: App) -> None:
        """Remove the app, once the other domains have removed what depends on it."""
        super().forget_app(app)
        self._app_counts.subtract(counted_as(app))
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
                self.require_file(body["fileId"], app_id, uploaded=True)
            if kind == "formInput":
                schemas.require_usable(body)

    def _new_app(self, context: Context, instance_id: str, version: AppVersion, tags: dict[str, str]) -> App:
        app_id = new_id()
        app = App(
            id=app_id,
            arn=arns.app_arn(**self.place, instance_id=instance_id, app_id=app_id),
            instance_id=instance_id,
            owner=context.user_id,
            owner_email=context.email,
            created_at=version.updated_at,
            versions=[version],
            tags=tags,
        )
        self.add_app(app)
        self.note_use(app.owner, app, app.created_at)
        return app

    def _check_quota(self, context: Context, instance_id: str) -> None:
        if self._app_counts[instance_id, context.user_id] >= APPS_A_USER:
            raise _quota_exceeded(
                f"User {context.user_id} already has {APPS_A_USER} apps.", context.user_id, "User"
            )
        if self._app_counts[instance_id, None] >= APPS_AN_INSTANCE:
            raise _quota_exceeded(
                f"Instance {instance_id} already has {APPS_AN_INSTANCE} apps.", instance_id, "Instance"
            )


def counted_as(app: App) -> list[tuple[str, str | None]]:
    """Return the keys of `State._app_counts` that count an app."""
    return [(app.instance_id, app.owner), (app.instance_id, None)]


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
