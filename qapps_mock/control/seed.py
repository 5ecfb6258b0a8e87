"""Ids that a seed makes repeatable."""

from __future__ import annotations

import random


class SeededIds:
    """Ids that are the same for the same seed, in each process.

    Three series: how many requests a test makes, to Q Apps or to S3, does not change the other ids. It has its
    own generators, so Python's and Moto's random numbers stay what they are.
    """

    def __init__(self, seed: int) -> None:
        self._resources = random.Random(f"qapps_mock resources {seed}")
        self._requests = random.Random(f"qapps_mock requests {seed}")
        self._s3 = random.Random(f"qapps_mock s3 {seed}")

    def resource(self) -> int:
        """Return the next 128 bits for the id of a resource."""
        return self._resources.getrandbits(128)

    def request(self) -> int:
        """Return the next 128 bits for the id of a request."""
        return self._requests.getrandbits(128)

    def s3_request(self, size: int) -> bytes:
        """Return the next *size* bytes for the ids of a request to S3."""
        return self._s3.randbytes(size)
