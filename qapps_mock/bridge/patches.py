"""All replacements of the table at once, while a mock is active."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from qapps_mock import credentials
from qapps_mock.bridge import (  # noqa: F401  # imported for their touches, which enter themselves into the table
    aio,
    client_keys,
    fixtures,
    lookups,
    moto_names,
    moto_requests,
    outliving,
    registration,
    requests,
    start,
    waiting,
)
from qapps_mock.bridge.table import TABLE, put_back, put_in_place

# A test without async clients can have imported an aiobotocore that does not fit.
_NEEDED = [touch for touch in TABLE if touch.needed and touch.library != "aiobotocore"]


@contextlib.contextmanager
def patched() -> Iterator[None]:
    """Keep every replacement of the table in place that fits; on exit everything is as it was.

    Raises:
        RuntimeError: something that is needed is gone; then nothing was changed.
    """
    for touch in _NEEDED:
        if touch.module in sys.modules:
            touch.find()
    with start.session_kept():
        try:
            put_in_place()
            yield
        finally:
            put_back()
            credentials.forget_clients()
