"""Which access keys are valid, and whose they are: the service's, the users', Moto's, the environment's."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import random
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any

from qapps_mock.bridge import moto_names
from qapps_mock.bridge.table import Touch
from qapps_mock.s3.signature import Secret

DEFAULT_EMAIL = "user@example.com"
# Keys that were passed to a server at its start, by access key.
NAMED: dict[str, Secret] = {}


@dataclass(frozen=True)
class Credentials:
    """An access key and its secret; the secret never shows in a ``repr``."""

    access_key: str
    secret: Secret = field(repr=False)


def service(seed: int | None = None) -> Credentials:
    """Return the temporary credentials that sign presigned URLs: those of a seed, or this process's."""
    return _service(seed)


@functools.cache
def _service(seed: int | None) -> Credentials:
    make = secrets.token_bytes if seed is None else random.Random(f"qapps_mock keys {seed}").randbytes
    key, token = (base64.urlsafe_b64encode(make(size)).decode() for size in (30, 120))
    keys = Credentials(_access_key(make(10)), Secret(key=key, session_token=token))
    _of_service[keys.access_key] = keys.secret
    return keys


_of_service: dict[str, Secret] = {}
# The users whose keys were asked for, and their secrets, by access key. Both depend on the e-mail alone,
# so they are never stale.
_emails: dict[str, str] = {}
_of_users: dict[str, Secret] = {}


@functools.lru_cache(maxsize=1024)  # called once for each call
def user_id(email: str) -> str:
    """Return the id behind *email*, in the form of IAM Identity Center: 10 hex digits and a UUID.

    It depends on the e-mail alone, so it is the same in every process and after every reset.
    """
    digest = hashlib.sha256(email.encode("utf-8", "surrogatepass")).digest()
    return f"{digest[:5].hex()}-{uuid.UUID(bytes=digest[5:21], version=4)}"


def of_user(email: str) -> Credentials:
    """Return the keys of the user behind *email*; from now on they identify that user."""
    identity = user_id(email)
    digest = hashlib.sha256(identity.encode()).digest()
    keys = Credentials(_access_key(digest[:10]), Secret(key=digest.hex()))
    _of_users[keys.access_key] = keys.secret
    _emails[keys.access_key] = email
    return keys


def email_of(access_key: str) -> str:
    """Return the e-mail of the user with *access_key*; the default user's when the key is not a user's."""
    return _emails.get(access_key, DEFAULT_EMAIL)


def _access_key(ten_bytes: bytes) -> str:
    return "ASIA" + base64.b32encode(ten_bytes).decode()


def secret_of(access_key: str) -> Secret | None:
    """Return the secret of *access_key*, or None when the key is unknown."""
    return (
        _of_service.get(access_key)
        or NAMED.get(access_key)
        or _of_users.get(access_key)
        or issued_by_sts(access_key)
        or _iam_key(access_key)
        or _environment(access_key)
    )


def _loaded(backends: Touch) -> Iterable[tuple[str, str, Any]]:
    """Return the backends of a service; an empty list if Moto's module is not imported: it has issued no keys."""
    found = moto_names.find_loaded(backends)
    return () if found is None else found.iter_backends()


def issued_by_sts(access_key: str) -> Secret | None:
    """Return the secret of temporary keys that Moto's STS issued, or None."""
    for _, _, backend in _loaded(moto_names.STS_BACKENDS):
        role = backend.get_assumed_role_from_access_key(access_key)
        if role is not None:
            expiration = role.expiration.replace(tzinfo=timezone.utc)
            return Secret(role.secret_access_key, session_token=role.session_token, expiration=expiration)
    return None


def _iam_key(access_key: str) -> Secret | None:
    for _, _, backend in _loaded(moto_names.IAM_BACKENDS):
        key = backend.access_keys.get(access_key)
        if key is not None and key.status == "Active":
            return Secret(key=key.secret_access_key)
    return None


def _environment(access_key: str) -> Secret | None:
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not secret or access_key != os.environ.get("AWS_ACCESS_KEY_ID"):
        return None
    return Secret(key=secret, session_token=os.environ.get("AWS_SESSION_TOKEN") or None)
