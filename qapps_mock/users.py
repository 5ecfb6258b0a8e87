"""The users of Q Apps: which id stands behind which e-mail."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import reprlib
import uuid
from collections.abc import Iterator

from qapps_mock.bridge import moto_names

DEFAULT_EMAIL = "user@example.com"

_SURROGATE = "[\ud800-\udfff]"
# The model's PrincipalOutputUserIdString.
_LONGEST_ID = 256

# The ids by e-mail of the users that were seen since the state was empty.
_ids: dict[str, str] = {}


@functools.lru_cache(maxsize=1024)
def derived_id(email: str) -> str:
    """Return an id in the form of IAM Identity Center: 10 hex digits and a UUID.

    It depends on the e-mail alone, so it is the same in every process and after every reset.
    """
    digest = hashlib.sha256(email.encode("utf-8", "surrogatepass")).digest()
    return f"{digest[:5].hex()}-{uuid.UUID(bytes=digest[5:21], version=4)}"


def user_id(email: str) -> str:
    """Return the id behind *email*, which the first use decides.

    It is the id that the test fixed, or else the UserId of a user with this e-mail in Moto's Identity
    Store, or else one that is derived from the e-mail.
    """
    known = _ids.get(email)
    if known is None:
        known = _ids.setdefault(email, _in_identity_store(email) or derived_id(email))
    return known


def fix_id(email: str, wanted: str) -> None:
    """Let *wanted* be the id behind *email*.

    Raises:
        ValueError: the user was used with another id, or another user has this id.
    """
    for other, known in list(_ids.items()):
        if known == wanted and other != email:
            raise ValueError(f"The id {wanted!r} is that of {other}: each user has an id of their own")
    known = _ids.setdefault(email, wanted)
    if known != wanted:
        raise ValueError(
            f"{email} has the id {known!r} already. Fix the id of a user before anything else uses that user."
        )


def check_email(email: object) -> None:
    """Raise ValueError unless *email* is a text of Unicode characters: lone surrogates are none."""
    if not isinstance(email, str) or not email or re.search(_SURROGATE, email):
        raise ValueError(
            f"{reprlib.repr(email)} is not a user: pass an e-mail address, for example 'ann@example.com'"
        )


def check_id(user_id: object, name: str = "id") -> None:
    """Raise ValueError unless *user_id* is a text that the service model accepts as the id of a user."""
    if not isinstance(user_id, str) or not 1 <= len(user_id) <= _LONGEST_ID or re.search(_SURROGATE, user_id):
        raise ValueError(
            f"{name} is {reprlib.repr(user_id)}: it must be a text of 1 to {_LONGEST_ID} characters, "
            "for example the UserId of IAM Identity Center"
        )


def email_of(user_id: str) -> str | None:
    """Return the e-mail of the user with that id, or None."""
    return next((email for email, known in list(_ids.items()) if known == user_id), None)


def known_ids() -> dict[str, str]:
    """Return the ids of the users that were used, by e-mail."""
    return dict(_ids)


@contextlib.contextmanager
def kept_on_error() -> Iterator[None]:
    """Forget the users of the block again if it ends in an exception."""
    before = dict(_ids)
    try:
        yield
    except BaseException:
        _ids.clear()
        _ids.update(before)
        raise


def forget_ids() -> None:
    """Forget which ids the users had."""
    _ids.clear()


def _in_identity_store(email: str) -> str | None:
    backends = moto_names.find_loaded(moto_names.IDENTITY_STORES)
    if backends is None:  # nobody has made a user
        return None
    for _, _, backend in backends.iter_backends():
        for store in backend.identity_stores.values():
            for user in store.users.values():
                if any(str(each.get("Value")).lower() == email.lower() for each in user.Emails or ()):
                    return str(user.UserId)
    return None
