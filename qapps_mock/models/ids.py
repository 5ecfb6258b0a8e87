"""Ids of resources: version 4 UUIDs of Moto's random numbers, so that Moto's seed makes them repeatable."""

from __future__ import annotations

import random
from typing import Any

from qapps_mock.bridge.moto_names import RANDOM


def new_id() -> str:
    """Return a new id, a version 4 UUID."""
    generator: Any = RANDOM.find() or random
    # uuid.UUID takes twice as long.
    digits = f"{generator.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
