"""A session in a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qapps_mock.models import card_runs
from qapps_mock.models.entries import (
    at,
    check,
    list_in,
    mapping,
    object_in,
    require_json,
    require_names,
    shown,
    text_in,
    time_of,
    version_of,
)
from qapps_mock.models.forms import Submission
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import App, Session, Sharing
from qapps_mock.models.tags import merge_tags
from qapps_mock.service import arns


def session_of(entry: Mapping[str, Any], app: App, owner: str) -> Session:
    """Return the session that an entry describes."""
    session_id = entry.get("sessionId", new_id())
    version = version_of(app, entry, "appVersion")
    tags = check(
        "StartQAppSession",
        instanceId=app.instance_id,
        appId=app.id,
        sessionId=session_id,
        appVersion=version.number,
        tags=entry.get("tags"),
    ).get("tags")
    metadata = check(
        "UpdateQAppSessionMetadata",
        instanceId=app.instance_id,
        sessionId=session_id,
        sharingConfiguration=entry.get("sharingConfiguration", {"enabled": False}),
        sessionName=entry.get("sessionName"),
    )
    plan = version.plan
    return Session(
        id=session_id,
        arn=arns.session_arn(app.arn, session_id),
        instance_id=app.instance_id,
        app_id=app.id,
        app_version=version.number,
        owner=owner,
        plan=plan,
        card_runs={**plan.start, **_runs(plan, object_in(entry, "cards", {}))},
        tags=merge_tags({}, tags or {}),
        name=metadata.get("session_name"),
        sharing=Sharing.configured(metadata["sharing_configuration"]),
        submissions=tuple(_submissions(plan, list_in(entry, "submissions"))),
    )


def _runs(plan: card_runs.Plan, given: Mapping[str, Any]) -> card_runs.Runs:
    runs = {}
    for card_id, entry in given.items():
        with at(f"cards.{card_id}"):
            if card_id not in plan.steps:
                raise ValueError(
                    f"the app has no such card. Its cards are: {', '.join(plan.steps) or 'none'}"
                )
            run = mapping(entry)
            require_names(run, card_runs.CardRun._fields)
            if run.get("state") not in card_runs.STATES:
                raise ValueError(
                    f"state is {shown(run.get('state'))}: it must be one of {', '.join(card_runs.STATES)}"
                )
            for name in ("value", "message"):
                if not isinstance(run.get(name, ""), str):
                    raise ValueError(f"{name} is {shown(run[name])}: it must be a text")
            if type(run.get("reads", 0)) is not int or run.get("reads", 0) < 0:
                raise ValueError(f"reads is {shown(run['reads'])}: it must be a whole number, 0 or more")
            runs[card_id] = card_runs.CardRun(**run)
    return runs


def _submissions(plan: card_runs.Plan, given: list[Any]) -> Iterator[Submission]:
    for number, entry in enumerate(given):
        with at(f"submissions[{number}]"):
            yield _submission(plan, mapping(entry))


def _submission(plan: card_runs.Plan, entry: Mapping[str, Any]) -> Submission:
    require_names(entry, ("submissionId", "cardId", "userId", "value", "timestamp"))
    forms = [card["id"] for card in plan.forms]
    if entry.get("cardId") not in forms:
        raise ValueError(
            f"cardId is {shown(entry.get('cardId'))}: the app's form cards are: {', '.join(forms) or 'none'}"
        )
    require_json(entry.get("value"))
    return Submission(
        text_in(entry, "submissionId", new_id()),
        entry["cardId"],
        text_in(entry, "userId"),
        dict(object_in(entry, "value")),
        time_of(entry, "timestamp"),
    )
