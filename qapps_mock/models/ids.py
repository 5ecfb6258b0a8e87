"""Ids of resources: version 4 UUIDs.

They are made of the numbers of the mock's seed, or else of Moto's random numbers, which Moto's own seed
makes repeatable.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

from qapps_mock.bridge.moto_names import RANDOM
from qapps_mock.control.active import ACTIVE

# The ids that a seeded mock must not make again: a nested mock of the same seed shares the state.
_taken: set[str] = set()


def uuid_of(bits: int) -> str:
    """Return 128 bits as a version 4 UUID."""
    digits = bits.to_bytes(16, "big").hex()  # uuid.UUID takes twice as long
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def new_id() -> str:
    """Return a new id, a version 4 UUID."""
    seeded = ACTIVE.innermost.seeded_ids
    if seeded is None:
        generator: Any = RANDOM.find() or random
        return uuid_of(generator.getrandbits(128))
    while True:
        made = uuid_of(seeded.resource())
        if made not in _taken:
            _taken.add(made)
            return made


def take(ids: Iterable[str]) -> None:
    """Let no seeded mock make these ids, until `forget_all`."""
    _taken.update(ids)


def forget_all() -> None:
    """Let seeded mocks make every id again."""
    _taken.clear()
