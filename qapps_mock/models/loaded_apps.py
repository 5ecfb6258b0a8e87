"""The versions and the permissions of an app in a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from qapps_mock import users
from qapps_mock.models import cards
from qapps_mock.models.entries import (
    at,
    check,
    list_in,
    mapping,
    object_in,
    require_json,
    require_names,
    text_in,
    time_of,
)
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import App, AppVersion
from qapps_mock.service.service_model import service_model

# A result of GetQApp with a higher number is hardly one.
_MOST_VERSIONS = 10_000
_VERSION = ("title", "description", "initialPrompt", "cards", "updatedAt", "updatedBy")


def versions_of(
    entry: Mapping[str, Any], instance_id: str, owner: str, created_at: datetime
) -> list[AppVersion]:
    """Return the versions of an app: all of them, or those up to the one that a result of GetQApp shows."""
    if "versions" not in entry:
        definition = object_in(entry, "appDefinition", {"cards": []})
        with at("appDefinition"):
            require_names(definition, _names("AppDefinitionInput", "AppDefinition"))
        one = {name: entry[name] for name in _VERSION if name in entry} | {"cards": definition.get("cards")}
        if "initialPrompt" in definition:
            one["initialPrompt"] = definition["initialPrompt"]
        version = _version(one, 1, instance_id, owner, created_at)
        # The result of GetQApp tells of one version; the earlier ones look the same here.
        number = entry.get("appVersion", 1)
        if isinstance(number, int) and not 1 <= number <= _MOST_VERSIONS:
            raise ValueError(f"appVersion is {number}: it must be 1 to {_MOST_VERSIONS}")
        check("CreateLibraryItem", instanceId=instance_id, appId=new_id(), appVersion=number, categories=[])
        return [replace(version, number=each) for each in range(1, number + 1)]
    double = [name for name in (*_VERSION, "appDefinition", "appVersion") if name in entry]
    if double:
        raise ValueError(f"{', '.join(double)} beside versions: leave it out, each version has its own")
    found = []
    for index, given in enumerate(list_in(entry, "versions")):
        with at(f"versions[{index}]"):
            found.append(_version(mapping(given), index + 1, instance_id, owner, created_at))
    if not found:
        raise ValueError("versions is empty: an app has one version or more")
    return found


def _version(
    given: Mapping[str, Any], number: int, instance_id: str, owner: str, created_at: datetime
) -> AppVersion:
    require_names(given, _VERSION)
    definition = {"cards": given.get("cards", []), "initialPrompt": given.get("initialPrompt")}
    _require_card_names(definition["cards"])  # first: the check does not name what it does not know
    checked = check(
        "CreateQApp",
        instanceId=instance_id,
        title=given.get("title"),
        description=given.get("description"),
        appDefinition=definition,
    )
    for index, card in enumerate(given.get("cards", [])):
        with at(f"cards[{index}]"):
            require_json(card)
    built = cards.build(checked["app_definition"])
    for index, (card, sent) in enumerate(zip(built, given.get("cards", []), strict=True)):
        plugin = sent.get("qPlugin") or {}
        if plugin.get("pluginType") is not None:
            with at(f"cards[{index}]"):
                card["qPlugin"]["pluginType"] = text_in(plugin, "pluginType")
    return AppVersion(
        number=number,
        title=checked["title"],
        description=checked.get("description"),
        initial_prompt=checked["app_definition"].get("initialPrompt"),
        cards=built,
        required_capabilities=cards.required_capabilities(built),
        updated_at=time_of(given, "updatedAt", created_at),
        updated_by=text_in(given, "updatedBy", owner),
    )


def _names(*shapes: str) -> list[str]:
    return [name for shape in shapes for name in service_model().shape_for(shape).members]


def _require_card_names(given: object) -> None:
    """Raise ValueError for members that cards have neither in requests nor in results."""
    kinds = [service_model().shape_for(name).members for name in ("CardInput", "Card")]
    for index, card in enumerate(given if isinstance(given, list) else []):
        with at(f"cards[{index}]"):
            if isinstance(card, Mapping):
                require_names(card, kinds[0])
                for kind, body in card.items():
                    if isinstance(body, Mapping):
                        require_names(body, [name for members in kinds for name in members[kind].members])


def share(app: App, entry: Mapping[str, Any]) -> None:
    """Share an app with the users of an entry: e-mails, or permissions as UpdateQAppPermissions has them."""
    grants = [
        {"principal": each, "action": "read"} if isinstance(each, str) else each
        for each in list_in(entry, "sharedWith")
    ]
    if grants:
        with at("sharedWith"):
            check("UpdateQAppPermissions", instanceId=app.instance_id, appId=app.id, grantPermissions=grants)
            for each in grants:
                users.check_email(each["principal"])
    for each in grants:
        app.grants[users.user_id(each["principal"]), each["action"]] = each["principal"]
