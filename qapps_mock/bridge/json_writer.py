"""Python's own JSON encoder, made once: to make it takes longer than to write a response with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from qapps_mock.bridge.table import Touch


def json_writer(default: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return a function that writes a value as JSON, without spaces and in ASCII.

    The value has no cycles, which are not checked.

    Args:
        default: returns the text for a value that JSON does not have.
    """
    slow = json.JSONEncoder(default=default, separators=(",", ":"), allow_nan=False, check_circular=False)
    make = _MAKE.find()
    try:
        write = make(None, default, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, False)
    except TypeError:  # it is None where it is not written in C
        return slow.encode
    return lambda value: "".join(write(value, 0))


_MAKE = Touch("json.encoder", "c_make_encoder", "a response is written in half the time")
