"""The code under test of these examples: it uploads a file for a card of a Q App."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import requests


def request_upload(client: Any, *, instance: str, app: str, card: str, file: Path) -> dict[str, Any]:
    """Call CreatePresignedUrl for *file*."""
    digest = hashlib.sha256(file.read_bytes()).digest()
    grant: dict[str, Any] = client.create_presigned_url(
        instanceId=instance,
        appId=app,
        cardId=card,
        fileName=file.name,
        fileContentsSha256=base64.b64encode(digest).decode(),
        scope="APPLICATION",
    )
    return grant


def send(grant: dict[str, Any], file: Path) -> requests.Response:
    """Upload *file*: the fields of the grant first, the file last."""
    with file.open("rb") as content:
        return requests.post(
            grant["presignedUrl"], data=grant["presignedUrlFields"], files={"file": content}, timeout=30
        )
