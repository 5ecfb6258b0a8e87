"""Signatures of a POST policy: SigV4 and SigV2, over the policy's base64 text exactly as it was sent."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Secret:
    """The secret of an access key; temporary keys have a session token and an expiration."""

    key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expiration: datetime | None = None


@functools.lru_cache(maxsize=64)
def signing_key(secret_key: str, *, date: str, region: str, service: str = "s3") -> bytes:
    """Derive the SigV4 key of one day (``YYYYMMDD``) in one region."""
    key = f"AWS4{secret_key}".encode()
    for part in (date, region, service, "aws4_request"):
        key = _hmac(key, part, "sha256")
    return key


def sign_v4(key: bytes, policy: str) -> str:
    """Return the hex signature of *policy*, a base64 text, by a key of `signing_key`."""
    signature = _keyed(key).copy()
    signature.update(policy.encode("utf-8", "replace"))
    return signature.hexdigest()


@functools.lru_cache(maxsize=64)
def _keyed(key: bytes) -> hmac.HMAC:
    """Return an HMAC that has its key: to copy it takes half of the time of making a new one."""
    return hmac.new(key, digestmod=hashlib.sha256)


def sign_v2(secret_key: str, policy: str) -> str:
    """Return the base64 signature of *policy*, a base64 text, by the secret itself."""
    return base64.b64encode(_hmac(secret_key.encode(), policy, "sha1")).decode()


def same(signature: str, other: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(signature.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _hmac(key: bytes, text: str, digest: str) -> bytes:
    return hmac.digest(key, text.encode("utf-8", "replace"), digest)
