"""Apps and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qapps_mock import arns, clock
from qapps_mock.exceptions import ResourceNotFoundException, ServiceQuotaExceededException
from qapps_mock.models import cards
from qapps_mock.models.caller import Caller
from qapps_mock.models.state import State, new_id

# Quotas of Amazon Q Apps (AWS user guide, "Quotas"); none is adjustable.
APPS_A_USER = 100
APPS_AN_INSTANCE = 1000
# The service model's only example of it.
_DEFINITION_VERSION = "1"


@dataclass(frozen=True, slots=True)
class AppVersion:
    """What an app was from one update to the next."""

    number: int
    title: str
    description: str | None
    initial_prompt: str | None
    cards: list[cards.Card]
    updated_at: datetime
    updated_by: str

    def card(self, card_id: str) -> tuple[str, dict[str, Any]] | None:
        """Return kind and body of the card with that id, or None."""
        for each_id, kind, body in cards.by_id(self.cards):
            if each_id == card_id:
                return kind, body
        return None


@dataclass(slots=True)
class App:
    """An app: what does not change, and its versions, oldest first."""

    id: str
    arn: str
    instance_id: str
    owner: str
    created_at: datetime
    versions: list[AppVersion]
    status: str = "DRAFT"

    @property
    def latest(self) -> AppVersion:
        """The newest version."""
        return self.versions[-1]

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


class Apps(State):
    """The operations on apps."""

    def create_q_app(
        self,
        caller: Caller,
        *,
        instance_id: str,
        title: str,
        app_definition: Mapping[str, Any],
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        definition = cards.build(app_definition)
        self._refuse_over_quota(caller, instance_id)
        now = clock.now()
        version = AppVersion(
            1, title, description, app_definition.get("initialPrompt"), definition, now, caller.user_id
        )
        app_id = new_id()
        app = App(app_id, self._app_arn(instance_id, app_id), instance_id, caller.user_id, now, [version])
        self._apps[app_id] = app
        self._app_counts.update([(instance_id, caller.user_id), (instance_id, None)])
        return _describe(app, version)

    def get_q_app(
        self, caller: Caller, *, instance_id: str, app_id: str, app_version: int | None = None
    ) -> dict[str, Any]:
        app = self.find_app(instance_id, app_id)
        version = app.latest if app_version is None else app.version(app_version)
        definition = {
            "appDefinitionVersion": _DEFINITION_VERSION,
            "cards": version.cards,
            "canEdit": caller.user_id == app.owner,
        }
        return {**_describe(app, version), "appDefinition": definition}

    def find_app(self, instance_id: str, app_id: str) -> App:
        """Return an app of an instance.

        Raises:
            ResourceNotFoundException: it does not exist.
        """
        app = self.known_app(instance_id, app_id)
        if app is None:
            raise ResourceNotFoundException(
                f"App {app_id} does not exist.", resourceId=app_id, resourceType="App"
            )
        return app

    def known_app(self, instance_id: str, app_id: str) -> App | None:
        """Return an app of an instance, or None."""
        app = self._apps.get(app_id)
        return app if app is not None and app.instance_id == instance_id else None

    def _app_arn(self, instance_id: str, app_id: str) -> str:
        return arns.app_arn(
            partition=self.partition,
            region=self.region_name,
            account=self.account_id,
            instance_id=instance_id,
            app_id=app_id,
        )

    def _refuse_over_quota(self, caller: Caller, instance_id: str) -> None:
        if self._app_counts[instance_id, caller.user_id] >= APPS_A_USER:
            _refuse_quota(f"User {caller.user_id} already has {APPS_A_USER} apps.", caller.user_id, "User")
        if self._app_counts[instance_id, None] >= APPS_AN_INSTANCE:
            _refuse_quota(
                f"Instance {instance_id} already has {APPS_AN_INSTANCE} apps.", instance_id, "Instance"
            )


def _refuse_quota(message: str, resource_id: str, resource_type: str) -> None:
    raise ServiceQuotaExceededException(message, resourceId=resource_id, resourceType=resource_type)


def _describe(app: App, version: AppVersion) -> dict[str, Any]:
    described = {
        "appId": app.id,
        "appArn": app.arn,
        "title": version.title,
        "appVersion": version.number,
        "status": app.status,
        "createdAt": app.created_at,
        "createdBy": app.owner,
        "updatedAt": version.updated_at,
        "updatedBy": version.updated_by,
        "requiredCapabilities": cards.required_capabilities(version.cards),
    }
    if version.description is not None:
        described["description"] = version.description
    if version.initial_prompt is not None:
        described["initialPrompt"] = version.initial_prompt
    return described
