"""Moto's variable of the environment that each call asks for."""

from __future__ import annotations

import os

from qapps_mock.bridge.table import Touch

_NAME = "MOTO_ACCOUNT_ID"
_BYTES = _NAME.encode()
_KIND = type(os.environ)
_DATA = Touch(
    "os:environ", "_data", "a call finds out in a third of the time that MOTO_ACCOUNT_ID is not set"
)


def account() -> str | None:
    """Return MOTO_ACCOUNT_ID; None: it is not set."""
    environ = os.environ
    # Not `get` alone: it encodes the name, and raises and handles an exception when the variable is not set.
    if type(environ) is _KIND:
        data = _DATA.find(environ)
        if data is not None and _BYTES not in data and _NAME not in data:
            return None
    return environ.get(_NAME)
