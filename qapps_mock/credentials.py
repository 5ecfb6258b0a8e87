"""Which access keys are valid, and whose they are: the service's, the users', Moto's, the environment's."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timezone
from typing import Any

from qapps_mock import users
from qapps_mock.bridge import moto_keys, moto_names
from qapps_mock.bridge.table import Touch
from qapps_mock.s3.signature import Secret


@dataclass(frozen=True)
class Credentials:
    """An access key and its secret; the secret never shows in a ``repr``."""

    access_key: str
    secret: Secret = field(repr=False)


@functools.cache
def service(seed: int | None) -> Credentials:
    """Return the temporary credentials that sign presigned URLs: those of a seed, or this process's."""
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


def of_user(email: str) -> Credentials:
    """Return the keys of the user behind *email*; from now on they identify that user."""
    digest = hashlib.sha256(users.derived_id(email).encode()).digest()
    keys = Credentials(_access_key(digest[:10]), Secret(key=digest.hex()))
    _of_users[keys.access_key] = keys.secret
    _emails[keys.access_key] = email
    return keys


def email_of(access_key: str) -> str | None:
    """Return the e-mail of the user with *access_key*; None: the key is not a user's."""
    return _emails.get(access_key)


def is_of_user(access_key: str) -> bool:
    """Tell whether *access_key* is that of a user."""
    return access_key in _of_users


def _access_key(ten_bytes: bytes) -> str:
    return "ASIA" + base64.b32encode(ten_bytes).decode()


def secrets_of(access_key: str, named: Mapping[str, str] | None = None) -> Sequence[Secret]:
    """Return the secrets of *access_key*; an unknown key has none.

    A key that was issued has one secret. Every other key has all secrets with which it is known.

    Args:
        access_key: the key.
        named: further keys that are valid, and their secrets.
    """
    issued = _find_issued(access_key)
    if issued is not None:
        return issued
    secrets = [*_of_clients.get(access_key, ()), *moto_keys.FIXED.get(access_key, ())]
    if named and access_key in named:
        secrets.append(Secret(named[access_key]))
    return [*secrets, *_environment(access_key)]


def _find_issued(access_key: str) -> Sequence[Secret] | None:
    """Return the secrets of a key that this mock or Moto has issued, none if it is inactive; None: it is another key."""
    issued = _of_service.get(access_key) or _of_users.get(access_key) or issued_by_sts(access_key)
    return _iam_key(access_key) if issued is None else [issued]


# The keys of clients that were made or used since the first mock started, and their secrets, by access key.
_of_clients: dict[str, list[Secret]] = {}
_accepted: set[tuple[str, str, str | None]] = set()
# The access keys of clients that were issued when the client was made.
_once_issued: set[str] = set()


def accept(access_key: str, secret_key: str, token: str | None) -> None:
    """Accept the keys of a client from now on, unless this mock or Moto has issued the access key.

    An issued key is valid only with its own secret, and no longer when its issuer has deleted it.
    """
    keys = access_key, secret_key, token or None
    if keys in _accepted:  # each call comes here
        return
    _accepted.add(keys)
    if _find_issued(access_key) is not None:
        _once_issued.add(access_key)
    elif access_key not in _once_issued:
        _of_clients.setdefault(access_key, []).append(Secret(secret_key, session_token=token or None))


def forget_clients() -> None:
    """Accept the keys of no client, after the last mock has stopped."""
    for each in (_of_clients, _accepted, _once_issued):
        each.clear()


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


def _iam_key(access_key: str) -> Sequence[Secret] | None:
    for _, _, backend in _loaded(moto_names.IAM_BACKENDS):
        key = backend.access_keys.get(access_key)
        if key is not None:
            return [Secret(key.secret_access_key)] if key.status == "Active" else []
    return None


def _environment(access_key: str) -> Sequence[Secret]:
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
    if not secret or access_key != os.environ.get("AWS_ACCESS_KEY_ID"):
        return []
    return [Secret(key=secret, session_token=os.environ.get("AWS_SESSION_TOKEN") or None)]
