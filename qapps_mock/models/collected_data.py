"""Collected data: the responses to a session's forms, their export, and how the session is shared."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from qapps_mock import credentials
from qapps_mock.models import export, forms
from qapps_mock.models.access import Access
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import Session, Sharing
from qapps_mock.s3 import presigned_get, service_bucket
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import ConflictException

# AWS documents neither of these.
LINK_LIFETIME = timedelta(hours=1)
_CSV = "text/csv; charset=utf-8"


class CollectedData(Access):
    """The operations on collected data and on the metadata of sessions."""

    def get_q_app_session_metadata(
        self, context: Context, *, instance_id: str, session_id: str
    ) -> dict[str, Any]:
        """Return the metadata of a session: its name and how it is shared.

        QA-208 documented (IAM role): the host may call this, and every user if the session is shared.
        QA-209 assumed: a new session is not shared, and accepts and reveals responses once it is. Settle:
            the call for a new session.
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
        """Change the metadata of a session: its name and how it is shared.

        QA-302 documented (IAM role): only the host can change the metadata.
        QA-303 documented (data collection): while a session is shared, other users can submit responses and
            view the collected data.
        QA-304 documented (data collection): by default everybody may submit and view: an absent
            acceptResponses or revealCards is true.
        QA-305 assumed: the new sharing configuration replaces the old one. Settle: a call without
            acceptResponses after one with false.
        QA-306 assumed: a request without a name keeps the old name. Settle: such a request.
        """
        session = self.find_session(instance_id, session_id)
        self.require_host(context, session)
        session.sharing = Sharing.configured(sharing_configuration)
        if session_name is not None:
            session.name = session_name
        return _metadata(session)

    def list_q_app_session_data(
        self, context: Context, *, instance_id: str, session_id: str
    ) -> dict[str, Any]:
        """List the data that a session has collected.

        QA-223 modelled: there is no second page: the response has a nextToken, the request has none.
        QA-224 assumed: the oldest submission comes first. Settle: three submissions.
        QA-225 documented (data collection): the host can hide the collected data from others (revealCards
            false).
        QA-226 assumed: users from whom the data is hidden see their own submissions. Settle: the call by a
            participant with revealCards false.
        """
        session = self.find_session_for(context, instance_id, session_id)
        return {
            "sessionId": session.id,
            "sessionArn": session.arn,
            "sessionData": [
                {"cardId": each.card_id, "user": {"userId": each.user_id}, **forms.shown(each)}
                for each in session.submissions_shown_to(context.user_id)
            ],
        }

    def export_q_app_session_data(
        self, context: Context, *, instance_id: str, session_id: str
    ) -> dict[str, Any]:
        """Export the data that a session has collected as a CSV file.

        QA-181 documented (IAM role): only the host can export the data.
        QA-182 assumed: the columns of the file: submission id, user, timestamp, card id, card title, then
            the fields of each form. Settle: a real export.
        QA-183 assumed: the link is valid for one hour and then fails with S3's error. Settle: expiresAt and
            the time of the call.
        QA-184 assumed: a session without a form card, or without data, is a ConflictException. Settle: the
            call before any response.
        QA-309 assumed: a text that a spreadsheet takes for a formula (=1+1) is exported as it was given.
            Settle: an export of such a text.
        QA-185 not simulated: only `fail` raises ServiceQuotaExceededException.
        """
        session = self.find_session(instance_id, session_id)
        self.require_host(context, session)
        _require_data(session)
        key = f"{session.app_id}/exports/{session.id}/{new_id()}.csv"
        fields = {**service_bucket.encryption(instance_id), "key": key, "content-type": _CSV}
        service_bucket.put(
            self.ensure_upload_bucket(), fields, export.to_csv(session.plan.forms, session.submissions)
        )
        session.exports.append(key)
        link, expires = presigned_get.presign(
            self.upload_bucket_url(context.s3_origin()) + key,
            region=self.region_name,
            lifetime=LINK_LIFETIME,
            credentials=credentials.service(context.options.seed),
        )
        return {"csvFileLink": link, "expiresAt": expires, "sessionArn": session.arn}


def _metadata(session: Session) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "sessionId": session.id,
        "sessionArn": session.arn,
        "sharingConfiguration": session.sharing.shown(),
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
