"""One uploaded file, and the upload attempts that S3 refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """An upload attempt that S3 refused."""

    at: datetime
    """When it came, aware, in UTC."""
    code: str
    """The Code of S3's error, for example ``SlowDown``; ``ConnectionClosedError`` if the test cut the connection."""
    message: str
    """The Message of S3's error."""


@dataclass(slots=True)
class Upload:
    """A file that CreatePresignedUrl returned a URL for, or that ImportDocument stored.

    Attributes:
        content: the uploaded bytes; None until the upload.
        uploaded_at: the time of the upload, in UTC; None until the upload.
        refused: the upload attempts that S3 refused, oldest first.
        expired: the test has let the presigned URL expire (`MockQApps.expire`).
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
    expired: bool = False
