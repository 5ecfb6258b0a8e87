"""One call that reached the mock, as a test inspects it."""

from __future__ import annotations

import json
import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from qapps_mock.control.matching import with_boto3s_names

_SECRET_FIELDS = ("x-amz-signature", "x-amz-security-token")


@dataclass(slots=True, eq=False, repr=False)
class Call:
    """One call that reached the mock."""

    operation: str
    """The operation's name, for example ``CreateQApp``."""
    user: str
    """The id of the calling user."""
    account: str
    """The AWS account, 12 digits."""
    region: str
    """The region's name, for example ``us-east-1``."""
    at: datetime
    """When the call arrived, aware, in UTC."""
    error: str | None
    """The code of the exception that the call ended in, or None."""
    # The checked parameters by the backend's names; when they were refused, what was sent by the model's names,
    # or the body when it is not readable.
    _request: dict[str, Any] | bytes | str | None
    _response: bytes
    # Grows from each call of this process to the next.
    _arrival: int = 0
    # The same for all attempts of an SDK's retries; None: another client.
    _invocation: str | bytes | None = None

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by the names that boto3 uses; a new copy each time.

        For a call that was refused as invalid: the members as they were sent.
        """
        if not isinstance(self._request, dict):
            return _object(self._request)
        return with_boto3s_names(self.operation, self._request)

    @property
    def result(self) -> dict[str, Any] | None:
        """What the operation returned, as JSON shows it (times are strings); None after an error.

        The secrets of a presigned URL (signature and session token) are left out, and the query of
        a link to exported data too.
        """
        if self.error is not None:
            return None
        result = _object(self._response)
        for name in _SECRET_FIELDS:
            result.get("presignedUrlFields", {}).pop(name, None)
        if "csvFileLink" in result:
            result["csvFileLink"] = result["csvFileLink"].partition("?")[0]
        return result

    def summary(self, *, whole: bool = False) -> str:
        """Return the call in one line: its parameters, and its result or its error.

        Args:
            whole: show every value whole; otherwise long ones are shortened.
        """
        shown = repr if whole else _short
        parameters = ", ".join(f"{name}={shown(value)}" for name, value in self.params.items())
        if self.error is None:
            outcome = shown(self.result)
        else:
            outcome = f"{self.error}: {message_of(self)}"
        return f"{self.operation}({parameters}) -> {outcome}"

    def __repr__(self) -> str:
        outcome = self.error or "ok"
        return f"<Call {self.operation} by {self.user} in {self.account}/{self.region}: {outcome}>"


# A number that no other call of the process has.
arrival_of = attrgetter("_arrival")
_sent_invocation_of = attrgetter("_invocation")


def invocation_of(call: Call) -> str | None:
    """Return the id that all attempts of a retried call share; None: its client sends none."""
    found = _sent_invocation_of(call)
    return found.decode("latin-1") if isinstance(found, bytes) else found


def message_of(call: Call) -> str:
    """Return the message of the exception that a call ended in; empty: there is none."""
    return str(_object(call._response).get("message", "")) if call.error else ""


def by_arrival(calls: Iterable[Call]) -> list[Call]:
    """Return *calls* in the order in which they came."""
    return sorted(calls, key=arrival_of)


_SHORT = reprlib.Repr()
_SHORT.maxstring, _SHORT.maxother, _SHORT.maxdict, _SHORT.maxlevel = 60, 60, 6, 3


def _short(value: object) -> str:
    return _SHORT.repr(value)


def _object(text: bytes | str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or b"{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
