"""The checksum of a large object, calculated when somebody looks at it for the first time.

Without awscrt, the CRC-64/NVME of 10 MiB takes a second: an upload must not wait for it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from qapps_mock.s3 import checksums

if TYPE_CHECKING:
    from moto.s3.models import FakeKey


def defer(stored: FakeKey) -> None:
    """Let *stored*, which has no checksum, calculate its CRC-64/NVME when it is needed."""
    stored.checksum_algorithm = "CRC64NVME"
    stored.__class__ = _late(type(stored))


@cache
def _late(plain: type) -> Any:
    """Return a class whose objects become *plain* ones with their first look at the checksum."""

    def look(stored: Any) -> Any:
        # In this order, for another thread that looks at the same time.
        vars(stored)["checksum_value"] = checksums.calculate("crc64nvme", stored.value)
        stored.__class__ = plain
        return stored.checksum_value

    def reduce(stored: Any, protocol: Any) -> Any:
        look(stored)  # copy and pickle know the plain class only
        return stored.__reduce_ex__(protocol)

    # The name of Moto's class: Moto counts the objects of each name.
    return type(plain.__name__, (plain,), {"checksum_value": property(look), "__reduce_ex__": reduce})
