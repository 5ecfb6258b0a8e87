"""A session in a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qapps_mock.models import card_runs
from qapps_mock.models.entries import at, check, list_of, mapping, require_names, text, time_of, version_of
from qapps_mock.models.forms import Submission
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import App, Session, Sharing
from qapps_mock.models.tags import merge_tags
from qapps_mock.service import arns

_SESSION = (
    "sessionId",
    "appId",
    "appVersion",
    "createdBy",
    "owner",
    "sessionName",
    "sharingConfiguration",
    "tags",
    "cards",
    "submissions",
)


def session_of(entry: Mapping[str, Any], app: App, owner: str) -> Session:
    """Return the session that an entry describes."""
    require_names(entry, _SESSION)
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
        card_runs={**plan.start, **_runs(plan, entry.get("cards", {}))},
        tags=merge_tags({}, tags or {}),
        name=metadata.get("session_name"),
        sharing=Sharing.configured(metadata["sharing_configuration"]),
        submissions=tuple(_submission(plan, each) for each in list_of(entry.get("submissions", []))),
    )


def _runs(plan: card_runs.Plan, given: Any) -> card_runs.Runs:
    runs = {}
    for card_id, entry in mapping(given).items():
        with at(f"cards.{card_id}"):
            if card_id not in plan.steps:
                raise ValueError("the app has no such card")
            run = mapping(entry)
            require_names(run, card_runs.CardRun._fields)
            if run.get("state") not in card_runs.STATES:
                raise ValueError(
                    f"state is {run.get('state')!r}: it must be one of {', '.join(card_runs.STATES)}"
                )
            if not all(isinstance(run.get(name, ""), str) for name in ("value", "message")):
                raise ValueError("value and message must be texts")
            if type(run.get("reads", 0)) is not int or run.get("reads", 0) < 0:
                raise ValueError(f"reads is {run['reads']!r}: it must be a whole number, 0 or more")
            runs[card_id] = card_runs.CardRun(**run)
    return runs


def _submission(plan: card_runs.Plan, given: Any) -> Submission:
    entry = mapping(given)
    require_names(entry, ("submissionId", "cardId", "userId", "value", "timestamp"))
    if entry.get("cardId") not in [card["id"] for card in plan.forms]:
        raise ValueError(f"submissions: the app has no form card {entry.get('cardId')!r}")
    return Submission(
        text(entry.get("submissionId", new_id())),
        entry["cardId"],
        text(entry.get("userId")),
        dict(mapping(entry.get("value"))),
        time_of(entry, "timestamp"),
    )
