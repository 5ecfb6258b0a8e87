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
    """A file that CreatePresignedUrl returned a URL for, or that ImportDocument stored."""

    file_id: str
    """The fileId that the operation returned."""
    file_name: str
    """The name that the caller gave the file."""
    bucket: str
    """The bucket of the mocked S3 that has the file."""
    key: str
    """The key of the file in this bucket."""
    scope: str
    """``APPLICATION`` or ``SESSION``."""
    app_id: str
    """The id of the app."""
    card_id: str
    """The id of the file card."""
    session_id: str | None
    """The id of the session; None with the scope ``APPLICATION``."""
    content: bytes | None = field(default=None, repr=False)
    """The uploaded bytes; None until the upload."""
    uploaded_at: datetime | None = None
    """When the file was uploaded, aware, in UTC; None until the upload."""
    refused: list[Refusal] = field(default_factory=list)
    """The upload attempts that S3 refused, oldest first."""
    expired: bool = False
    """Whether the test has let the presigned URL expire (`MockQApps.expire`)."""
