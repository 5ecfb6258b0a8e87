"""Files for file-upload cards: presigned uploads.

AWS documents the operation's members only. What this mock decides beyond them stands in
docs/fidelity.md: the life of a URL, the layout of the key, who may upload to what.
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from qapps_mock import clock, credentials, upload_bucket
from qapps_mock.exceptions import ValidationException
from qapps_mock.models.caller import Caller
from qapps_mock.models.sessions import Sessions
from qapps_mock.models.state import new_id
from qapps_mock.uploads.signature import sign_v4, signing_key

# The service's own key, a KMS key id as AWS's example shows one.
KMS_KEY_ID = "6f8a1a2e-4d3b-4c5f-9a7e-0b1c2d3e4f50"
_SHA256_BYTES = 32
_UNSAFE = re.compile(r"[^\w .()+=@,-]")
_DNS_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True)
class Refusal:
    """An upload that S3 refused: when, and the error's Code and Message."""

    at: datetime
    code: str
    message: str


@dataclass
class Upload:
    """A file that a presigned URL was made for.

    Attributes:
        content: the bytes, or None until they came.
        uploaded_at: when they came, in UTC, or None.
        refused: the uploads to it that S3 refused, oldest first.
    """

    file_id: str
    file_name: str
    bucket: str
    key: str
    scope: str
    app_id: str
    card_id: str
    session_id: str | None
    content: bytes | None = field(default=None, repr=False)
    uploaded_at: datetime | None = None
    refused: list[Refusal] = field(default_factory=list)


class Files(Sessions):
    """The operations on files."""

    def create_presigned_url(
        self,
        caller: Caller,
        *,
        instance_id: str,
        card_id: str,
        app_id: str,
        file_contents_sha256: str,
        file_name: str,
        scope: str,
        session_id: str | None = None,
    ) -> dict[str, Any]:
        _refuse_other_digest(file_contents_sha256)
        if scope == "SESSION":
            self._refuse_wrong_session(caller, instance_id, app_id, session_id)
        else:
            session_id = None  # it says nothing of a file for the whole app
        self._refuse_wrong_card(caller, instance_id, app_id, card_id)
        upload = self._expect_upload(file_name, scope, app_id, card_id, session_id)
        return self._grant(caller, upload, instance_id, file_contents_sha256)

    def _refuse_wrong_session(
        self, caller: Caller, instance_id: str, app_id: str, session_id: str | None
    ) -> None:
        if session_id is None:
            raise ValidationException("A sessionId is required when the scope is SESSION.")
        session = self.known_session(instance_id, session_id)
        if session is None:
            if caller.options.strict:
                raise ValidationException(f"Session {session_id} does not exist.")
        elif session.app_id != app_id:
            raise ValidationException(f"Session {session_id} is not a session of app {app_id}.")

    def _refuse_wrong_card(self, caller: Caller, instance_id: str, app_id: str, card_id: str) -> None:
        app = self.known_app(instance_id, app_id)
        if app is None:
            if caller.options.strict:
                raise ValidationException(f"App {app_id} does not exist.")
            return
        card = app.latest.card(card_id)
        if card is None:
            raise ValidationException(f"App {app_id} has no card {card_id}.")
        if card[0] != "fileUpload":
            raise ValidationException(f"Card {card_id} of app {app_id} is not a file-upload card.")

    def _expect_upload(
        self, file_name: str, scope: str, app_id: str, card_id: str, session_id: str | None
    ) -> Upload:
        file_id = new_id()
        folders = [app_id, card_id, session_id, file_id] if session_id else [app_id, card_id, file_id]
        upload = Upload(
            file_id=file_id,
            file_name=file_name,
            bucket=upload_bucket.name(region=self.region_name, account=self.account_id),
            key="/".join([*folders, _key_name(file_name)]),
            scope=scope,
            app_id=app_id,
            card_id=card_id,
            session_id=session_id,
        )
        upload_bucket.ensure(upload.bucket, region=self.region_name, partition=self.partition)
        self.uploads[file_id] = upload
        return upload

    def _grant(self, caller: Caller, upload: Upload, instance_id: str, digest: str) -> dict[str, Any]:
        now = clock.now()
        expires = clock.to_milliseconds(now + caller.options.lifetime)
        fields = {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": KMS_KEY_ID,
            "x-amz-server-side-encryption-context": _encryption_context(instance_id),
            "x-amz-checksum-sha256": digest,
            "key": upload.key,
        }
        size = caller.options.max_file_size
        _sign(fields, bucket=upload.bucket, region=self.region_name, now=now, expires=expires, max_size=size)
        return {
            "fileId": upload.file_id,
            "presignedUrl": self._bucket_url(caller, upload.bucket),
            "presignedUrlFields": fields,
            "presignedUrlExpiration": expires,
        }

    def _bucket_url(self, caller: Caller, bucket: str) -> str:
        origin = caller.upload_origin()
        if origin is not None:
            return f"{origin}/{bucket}/"
        suffix = _DNS_SUFFIXES.get(self.partition, "amazonaws.com")
        return f"https://{bucket}.s3.{self.region_name}.{suffix}/"


def _refuse_other_digest(value: str) -> None:
    # The model's pattern also lets through base64 of 31 and 33 bytes; no SHA-256 has those.
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != _SHA256_BYTES:
        raise ValidationException(
            "1 validation error detected. Value at '/fileContentsSha256' failed to satisfy constraint: "
            "Member must be the base64 encoding of a SHA-256 digest (32 bytes)"
        )


def _key_name(file_name: str) -> str:
    # S3 would expand ${filename} in a key, and HTTP clients would resolve a name of dots.
    name = _UNSAFE.sub("_", file_name)
    return name if name.strip(". ") else "file"


@functools.lru_cache(maxsize=64)
def _encryption_context(instance_id: str) -> str:
    context = json.dumps({"APPLICATION_ID": instance_id}, separators=(",", ":"))
    return base64.b64encode(context.encode()).decode()


def _sign(
    fields: dict[str, str], *, bucket: str, region: str, now: datetime, expires: datetime, max_size: int
) -> None:
    """Add to *fields* what makes them a SigV4 POST, in the order of botocore's presigned posts."""
    keys = credentials.service()
    moment = f"{now:%Y%m%dT%H%M%SZ}"
    date = moment[:8]
    assert keys.secret.session_token is not None
    fields["x-amz-algorithm"] = "AWS4-HMAC-SHA256"
    fields["x-amz-credential"] = f"{keys.access_key}/{date}/{region}/s3/aws4_request"
    fields["x-amz-date"] = moment
    fields["x-amz-security-token"] = keys.secret.session_token
    conditions = [{"bucket": bucket}, *({name: value} for name, value in fields.items())]
    policy = {
        "expiration": clock.timestamp(expires),
        "conditions": [*conditions, ["content-length-range", 0, max_size]],
    }
    fields["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
    fields["x-amz-signature"] = sign_v4(
        signing_key(keys.secret.key, date=date, region=region), fields["policy"]
    )
