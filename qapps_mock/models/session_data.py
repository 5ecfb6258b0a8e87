"""What a session collects, and with whom it is shared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from qapps_mock import credentials
from qapps_mock.models import export, forms
from qapps_mock.models.session import Session, Sharing, require_host, visible_submissions
from qapps_mock.models.sessions import Sessions
from qapps_mock.models.state import new_id
from qapps_mock.s3 import presigned_get, service_bucket
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ConflictException

# Neither is documented.
LINK_LIFETIME = timedelta(hours=1)
_CSV = "text/csv; charset=utf-8"


class SessionData(Sessions):
    """The operations on what a session collects, and on its metadata."""

    def get_q_app_session_metadata(
        self, context: Context, *, instance_id: str, session_id: str
    ) -> dict[str, Any]:
        """Return name and sharing of a session.

        Documented: its host and, when it is shared, everybody may ask.

        Assumed: it is not shared at the start.
        """
        session = self.find_session_for(context, instance_id, session_id)
        return {**_metadata(session), "sessionOwner": context.user_id == session.owner}

    def update_q_app_session_metadata(
        self,
        context: Context,
        *,
        instance_id: str,
        session_id: str,
        sharing_configuration: Mapping[str, bool],
        session_name: str | None = None,
    ) -> dict[str, Any]:
        """Name and share a session.

        Documented: only its host may; once shared, users submit and see what is collected.

        Assumed: the whole configuration is replaced, what is left out is true; the name stays until
        another is given.
        """
        session = self.find_session(instance_id, session_id)
        require_host(context, session)
        session.sharing = Sharing(
            sharing_configuration["enabled"],
            sharing_configuration.get("acceptResponses", True),
            sharing_configuration.get("revealCards", True),
        )
        if session_name is not None:
            session.name = session_name
        return _metadata(session)

    def list_q_app_session_data(
        self, context: Context, *, instance_id: str, session_id: str
    ) -> dict[str, Any]:
        """List what a session has collected.

        Assumed: oldest first, all at once, since the model has a nextToken to give and no way to
        send it back; with revealCards false others see only their own.
        """
        session = self.find_session_for(context, instance_id, session_id)
        return {
            "sessionId": session.id,
            "sessionArn": session.arn,
            "sessionData": [
                {"cardId": each.card_id, "user": {"userId": each.user_id}, **forms.shown(each)}
                for each in visible_submissions(context, session)
            ],
        }

    def export_q_app_session_data(
        self, context: Context, *, instance_id: str, session_id: str
    ) -> dict[str, Any]:
        """Make a CSV file of what a session has collected.

        Documented: only its host may.

        Assumed: the columns; a link that lives one hour and then fails as S3 does; without a form
        or without data a ConflictException.

        Not simulated: ServiceQuotaExceededException comes only by `fail`.
        """
        session = self.find_session(instance_id, session_id)
        require_host(context, session)
        _require_data(session)
        bucket = service_bucket.name(region=self.region_name, account=self.account_id)
        service_bucket.ensure(bucket, region=self.region_name, partition=self.partition)
        key = f"{session.app_id}/exports/{session.id}/{new_id()}.csv"
        fields = {**service_bucket.encryption(instance_id), "key": key, "content-type": _CSV}
        service_bucket.put(bucket, fields, export.to_csv(session.plan.forms, session.submissions))
        session.exports.append(key)
        url = service_bucket.url(
            bucket, region=self.region_name, partition=self.partition, origin=context.s3_origin()
        )
        link, expires = presigned_get.presign(
            url + key, region=self.region_name, lifetime=LINK_LIFETIME, credentials=credentials.service()
        )
        return {
            "csvFileLink": link,
            "expiresAt": expires,
            "sessionArn": session.arn,
        }


def _metadata(session: Session) -> dict[str, Any]:
    enabled, accept_responses, reveal_cards = session.sharing
    metadata: dict[str, Any] = {
        "sessionId": session.id,
        "sessionArn": session.arn,
        "sharingConfiguration": {
            "enabled": enabled,
            "acceptResponses": accept_responses,
            "revealCards": reveal_cards,
        },
    }
    if session.name is not None:
        metadata["sessionName"] = session.name
    return metadata


def _require_data(session: Session) -> None:
    if not session.plan.forms:
        why = f"Session {session.id} collects no data: its app has no form card."
    elif not session.submissions:
        why = f"Session {session.id} has collected no data yet."
    else:
        return
    raise ConflictException(why, resourceId=session.id, resourceType="Session")
