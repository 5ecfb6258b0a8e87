"""Sessions: the runs of an app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qapps_mock import arns
from qapps_mock.exceptions import ResourceNotFoundException, ValidationException
from qapps_mock.models import tagging
from qapps_mock.models.caller import Caller
from qapps_mock.models.library import Library
from qapps_mock.models.state import new_id


@dataclass(slots=True)
class Session:
    """One run of one version of an app."""

    id: str
    arn: str
    instance_id: str
    app_id: str
    app_version: int
    owner: str
    tags: dict[str, str]


class Sessions(Library):
    """The operations on sessions."""

    def start_q_app_session(
        self,
        caller: Caller,
        *,
        instance_id: str,
        app_id: str,
        app_version: int,
        initial_values: Sequence[Mapping[str, Any]] = (),
        session_id: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        app = self.find_app(instance_id, app_id)
        version = app.version(app_version)
        if session_id is not None:
            session = self.find_session(instance_id, session_id)
            if session.app_id != app_id:
                raise ValidationException(f"Session {session_id} is not a session of app {app_id}.")
        else:
            new = new_id()
            session = Session(
                new,
                arns.session_arn(app.arn, new),
                instance_id,
                app_id,
                version.number,
                caller.user_id,
                tagging.merge({}, tags or {}),
            )
            self._sessions[new] = session
        return {"sessionId": session.id, "sessionArn": session.arn}

    def find_session(self, instance_id: str, session_id: str) -> Session:
        """Return a session of an instance.

        Raises:
            ResourceNotFoundException: it does not exist.
        """
        session = self.known_session(instance_id, session_id)
        if session is None:
            raise ResourceNotFoundException(
                f"Session {session_id} does not exist.", resourceId=session_id, resourceType="Session"
            )
        return session

    def known_session(self, instance_id: str, session_id: str) -> Session | None:
        """Return a session of an instance, or None."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.instance_id == instance_id else None

    def _drop_sessions_of(self, app_id: str) -> None:
        for session in [each for each in self._sessions.values() if each.app_id == app_id]:
            del self._sessions[session.id]
