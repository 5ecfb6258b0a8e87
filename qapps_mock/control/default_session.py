"""The sessions behind the clients that a mock makes, also where AWS_PROFILE names a profile that does not exist."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ProfileNotFound

_VARIABLES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
# The four places that could name a profile are none.
_NO_PROFILE = {"profile": (None, None, None, None)}


@contextlib.contextmanager
def default_session() -> Iterator[boto3.Session]:
    """Set boto3's default session up; one without the profile that does not exist ends with the block."""
    kept = boto3.DEFAULT_SESSION
    lasting = True
    if kept is None or not _has_its_profile(kept):
        lasting = kept is None
        try:
            boto3.setup_default_session()
        except ProfileNotFound:
            boto3.setup_default_session(botocore_session=botocore.session.Session(_NO_PROFILE))
            lasting = False
    try:
        yield boto3.DEFAULT_SESSION or boto3.Session()  # a mock in another thread may have dropped it
    finally:
        if not lasting:
            boto3.DEFAULT_SESSION = kept


def _has_its_profile(session: boto3.Session) -> bool:
    """Tell whether a session can be used: a variable may have named another profile since it was made."""
    named = not os.environ.keys().isdisjoint(_VARIABLES)
    return not named or session.profile_name in session.available_profiles


def session_variables() -> dict[str, Any] | None:
    """Return the variables of a session of aiobotocore: as they are, or none of them names a profile."""
    try:
        botocore.session.Session().get_scoped_config()
    except ProfileNotFound:
        return dict(_NO_PROFILE)
    return None
