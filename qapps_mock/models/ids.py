"""Ids of resources."""

from __future__ import annotations

import os


def new_id() -> str:
    """Return a new id, a version 4 UUID."""
    # uuid.uuid4 takes four times as long.
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
