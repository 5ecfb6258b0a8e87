"""One session: what it is, and who may use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from qapps_mock.models import forms, runs
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import AccessDeniedException

Values = Sequence[Mapping[str, Any]]


class Sharing(NamedTuple):
    """Who besides its host may use a session."""

    enabled: bool = False
    accept_responses: bool = True
    reveal_cards: bool = True


_UNSHARED = Sharing()


@dataclass(slots=True)
class Session:
    """One run of one version of an app."""

    id: str
    arn: str
    instance_id: str
    app_id: str
    app_version: int
    owner: str
    plan: runs.Plan
    card_runs: runs.Runs
    tags: dict[str, str]
    name: str | None = None
    sharing: Sharing = _UNSHARED
    submissions: forms.Submissions = ()
    exports: list[str] = field(default_factory=list)

    def has_form_for(self, values: Values) -> bool:
        """Tell whether one of the values is a response to a form card."""
        return any(given["cardId"] == card["id"] for given in values for card in self.plan.forms)

    def takes(self, step: runs.Step) -> bool:
        """Tell whether a value given to a card counts; others are ignored."""
        if step.kind == "formInput" and self.sharing.accept_responses:
            return True
        if step.kind == "fileUpload" and step.body.get("fileId") is not None:
            return bool(step.body.get("allowOverride"))
        return not step.is_query and self.card_runs[step.id].state == "WAITING"


def visible_submissions(context: Context, session: Session) -> forms.Submissions:
    """Return the submissions that the caller may see, oldest first."""
    if context.user_id == session.owner or session.sharing.reveal_cards:
        return session.submissions
    return tuple(each for each in session.submissions if each.user_id == context.user_id)


def require_host(context: Context, session: Session) -> None:
    """Raise unless the caller started the session.

    Raises:
        AccessDeniedException: somebody else did.
    """
    if context.user_id != session.owner:
        raise AccessDeniedException(f"User {context.user_id} is not the host of session {session.id}.")


def require_participant(context: Context, session: Session) -> None:
    """Raise unless the caller may use the session.

    Raises:
        AccessDeniedException: it is another user's, and not shared.
    """
    if context.user_id != session.owner and not session.sharing.enabled:
        raise AccessDeniedException(f"Session {session.id} is not shared with user {context.user_id}.")


def require_responses_accepted(context: Context, session: Session, values: Values) -> None:
    """Raise for a participant's response when the session takes none.

    Raises:
        AccessDeniedException: one of the values is such a response.
    """
    closed = context.user_id != session.owner and not session.sharing.accept_responses
    if closed and session.has_form_for(values):
        raise AccessDeniedException(f"Session {session.id} does not accept responses.")
