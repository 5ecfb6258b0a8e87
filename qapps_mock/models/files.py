"""Files for file-upload cards: presigned uploads, and documents that ImportDocument sends.

AWS documents only the members of the operations. docs/fidelity.md lists what this mock decides beyond
that: for example the lifetime of a URL, and who can upload to what.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from qapps_mock import clock, credentials
from qapps_mock.models.access import Access
from qapps_mock.models.ids import new_id
from qapps_mock.models.resources import App, Session
from qapps_mock.models.upload import Upload
from qapps_mock.s3 import presigned_post, service_bucket
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import (
    ContentTooLargeException,
    QAppsError,
    ResourceNotFoundException,
    ValidationException,
)

_SHA256_BYTES = 32
_UNSAFE = re.compile(r"[^\w .()+=@,-]")
# Both of AWS's examples of ImportDocument send a data URL, although the model says base64.
_DATA_URL = re.compile(r"data:[^,]*;base64,", re.IGNORECASE)


class Files(Access):
    """The operations on files."""

    def create_presigned_url(
        self,
        context: Context,
        *,
        instance_id: str,
        card_id: str,
        app_id: str,
        file_contents_sha256: str,
        file_name: str,
        scope: str,
        session_id: str | None = None,
    ) -> dict[str, Any]:
        """Return a presigned URL and the form fields to upload a file to it.

        QA-129 modelled: the operation has no ResourceNotFoundException, so an unknown id is a
            ValidationException.
        QA-130 documented (service model and authorization reference): the operation needs the permissions
            of ImportDocument.
        QA-131 documented (S3 POST policy): the form has all fields of a SigV4 POST with temporary
            credentials, and the policy covers each field.
        QA-132 observed (AWS's example): bucket name, host, encryption and checksum fields.
        QA-133 assumed: the URL is valid for 15 minutes (`url_lifetime`), cut to whole milliseconds and
            including the last instant. Settle: presignedUrlExpiration and the time of the call.
        QA-134 assumed: the policy limits the size of the file (`max_file_size`). Settle: the policy of a
            real form.
        QA-135 assumed: the digest must have the 32 bytes of a SHA-256; the model's pattern also fits 31 and
            33. Settle: a digest of 33 bytes.
        QA-136 assumed: an app or session that this mock has never seen is accepted, unless the mock is
            strict; a deleted one is rejected. Settle: an unknown appId, then the id of a deleted app.
        QA-137 assumed: a known app must have the card, and the card must be a file-upload card. Settle: the
            id of a text card, then of no card.
        QA-138 assumed: the scope SESSION requires a sessionId; the scope APPLICATION ignores it. Settle:
            SESSION without a sessionId.
        QA-139 documented (IAM role): only the owner can upload for an app. The users of a session can
            upload for it.
        QA-140 assumed: the key of the object has the ids of app, card, session and file, and the name of
            the file. Settle: the key of a real form.
        QA-141 not simulated (AWS's example): KMS. The key id is invented.
        """
        _require_sha256(file_contents_sha256)
        session_id = _session_in_scope(scope, session_id)
        session = self.known_session(instance_id, session_id) if session_id else None
        app = self.known_app(instance_id, app_id)
        if session is None and session_id is not None:
            self._check_may_exist(context, instance_id, session_id, "Session")
        if app is None:
            self._check_may_exist(context, instance_id, app_id, "App")
        if session is not None:
            self.require_participant(context, session)
            self.require_session_of(app_id, session)
        if app is not None:
            if scope == "APPLICATION":
                self.require_owner(context, app)
            _require_file_card(app, session, card_id, ValidationException)
        upload = self._expect_upload(file_name, scope, app_id, card_id, session_id)
        return self._grant(context, upload, instance_id, file_contents_sha256)

    def import_document(
        self,
        context: Context,
        *,
        instance_id: str,
        card_id: str,
        app_id: str,
        file_contents_base64: str,
        file_name: str,
        scope: str,
        session_id: str | None = None,
    ) -> dict[str, Any]:
        """Store a file whose content is in the request.

        QA-210 observed (AWS's example): the base64 text can have no padding and can be a data URL.
        QA-211 assumed: wrong padding, white space and any other text is a ValidationException. Settle: each
            of them.
        QA-212 assumed (quotas: 50 MB a card): more than `max_file_size` bytes are a
            ContentTooLargeException. Settle: a file of 51 MB, as far as the request size allows.
        QA-213 assumed: an unknown card is a ResourceNotFoundException, a card of another kind a
            ValidationException. Settle: both.
        QA-214 documented (IAM role): the owner can import for an app, the users of a session for the
            session.
        QA-215 assumed: every type of file is accepted. Settle: a file with an unknown extension.
        """
        session_id = _session_in_scope(scope, session_id)
        app = self.find_app(instance_id, app_id)
        if session_id is None:
            session = None
            self.require_owner(context, app)
        else:
            session = self.find_session_for(context, instance_id, session_id)
            self.require_session_of(app_id, session)
        members = {"resourceId": card_id, "resourceType": "Card"}
        _require_file_card(app, session, card_id, ResourceNotFoundException, **members)
        content = _decode(file_contents_base64)
        _check_size(content, context.options.max_file_size, card_id)
        upload = self._expect_upload(file_name, scope, app_id, card_id, session_id)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        service_bucket.put(upload.bucket, _object_fields(upload, instance_id, digest), content)
        upload.content, upload.uploaded_at = content, clock.now()
        return {"fileId": upload.file_id}

    def forget_app(self, app: App) -> None:
        """Delete the app's files in S3; `uploads` still lists them."""
        super().forget_app(app)
        self.delete_objects([upload.key for upload in self.uploads.values() if upload.app_id == app.id])

    def _check_may_exist(self, context: Context, instance_id: str, unknown_id: str, what: str) -> None:
        if context.options.strict or self._deleted.get(unknown_id) == instance_id:
            raise ValidationException(f"{what} {unknown_id} does not exist.")

    def _expect_upload(
        self, file_name: str, scope: str, app_id: str, card_id: str, session_id: str | None
    ) -> Upload:
        file_id = new_id()
        folders = [app_id, card_id, session_id, file_id] if session_id else [app_id, card_id, file_id]
        upload = Upload(
            file_id=file_id,
            file_name=file_name,
            bucket=self.ensure_upload_bucket(),
            key="/".join([*folders, _key_name(file_name)]),
            scope=scope,
            app_id=app_id,
            card_id=card_id,
            session_id=session_id,
        )
        self.uploads[file_id] = upload
        return upload

    def _grant(self, context: Context, upload: Upload, instance_id: str, digest: str) -> dict[str, Any]:
        now = clock.now()
        # The same text as in the policy, so that the response and the policy name the same instant.
        expires = clock.timestamp(now + context.options.lifetime)
        fields = _object_fields(upload, instance_id, digest)
        presigned_post.sign(
            fields,
            keys=credentials.service(context.options.seed),
            bucket=upload.bucket,
            region=self.region_name,
            now=now,
            expires=expires,
            max_size=context.options.max_file_size,
        )
        return {
            "fileId": upload.file_id,
            "presignedUrl": self.upload_bucket_url(context.s3_origin()),
            "presignedUrlFields": fields,
            "presignedUrlExpiration": expires,
        }


def _session_in_scope(scope: str, session_id: str | None) -> str | None:
    """Return the id of the session that a file belongs to, or None if it belongs to the whole app."""
    if scope != "SESSION":
        return None
    if session_id is None:
        raise ValidationException("A sessionId is required when the scope is SESSION.")
    return session_id


def _require_file_card(
    app: App, session: Session | None, card_id: str, missing: type[QAppsError], **members: str
) -> None:
    """Raise unless the session, or else the newest version of the app, has a file-upload card with that id."""
    plan = app.latest.plan if session is None else session.plan
    step = plan.steps.get(card_id)
    if step is None:
        raise missing(f"App {app.id} has no card {card_id}.", **members)
    if step.kind != "fileUpload":
        raise ValidationException(f"Card {card_id} of app {app.id} is not a file-upload card.")


def _decode(text: str) -> bytes:
    encoded = _DATA_URL.sub("", text, count=1) if _DATA_URL.match(text) else text
    bare = encoded.rstrip("=")
    padding = len(encoded) - len(bare)
    try:
        if padding and (padding > 2 or len(encoded) % 4):
            raise ValueError
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        raise ValidationException("fileContentsBase64 is neither base64 nor a base64 data URL.") from None


def _check_size(content: bytes, limit: int, card_id: str) -> None:
    if len(content) > limit:
        raise ContentTooLargeException(
            f"The file has {len(content)} bytes; at most {limit} are allowed.",
            resourceId=card_id,
            resourceType="Card",
        )


def _object_fields(upload: Upload, instance_id: str, digest: str) -> dict[str, str]:
    """Return the form fields for the object's encryption, checksum and key."""
    return {**service_bucket.encryption(instance_id), "x-amz-checksum-sha256": digest, "key": upload.key}


def _require_sha256(value: str) -> None:
    # The model's pattern also accepts the base64 of 31 and of 33 bytes.
    if len(base64.b64decode(value)) != _SHA256_BYTES:
        raise ValidationException(
            "1 validation error detected. Value at '/fileContentsSha256' failed to satisfy constraint: "
            "Member must be the base64 encoding of a SHA-256 digest (32 bytes)"
        )


def _key_name(file_name: str) -> str:
    # S3 would expand ${filename} in a key, and HTTP clients would resolve a name that is only dots.
    name = _UNSAFE.sub("_", file_name)
    return name if name.strip(". ") else "file"
