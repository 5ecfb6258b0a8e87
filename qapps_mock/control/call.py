"""One call that reached the mock, as a test looks at it."""

from __future__ import annotations

import copy
import json
import reprlib
from datetime import datetime
from typing import Any

from botocore import xform_name

from qapps_mock.service.service_model import service_model

_SECRET_FIELDS = ("x-amz-signature", "x-amz-security-token")


class Call:
    """One call that reached the mock.

    Attributes:
        operation: the operation's name, as ``CreateQApp``.
        user: the id of the calling user.
        account: the AWS account, 12 digits.
        region: the region's name.
        at: when it came, aware, in UTC.
        error: the code of the exception that it ended in, or None.
    """

    __slots__ = ("_body", "_parameters", "_sent", "account", "at", "error", "operation", "region", "user")

    def __init__(self, operation: str, *, user: str, account: str, region: str, at: datetime) -> None:
        self.operation = operation
        self.user = user
        self.account = account
        self.region = region
        self.at = at
        self.error: str | None = None
        self._sent: bytes | str | None = None
        self._parameters: dict[str, Any] | None = None
        self._body = b""

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by the names that boto3 uses; a copy of one's own at each look.

        Of a call that was refused as invalid: the members of the body as they were sent.
        """
        if self._parameters is None:
            return _object(self._sent)
        members = service_model().operation_model(self.operation).input_shape.members
        names = {xform_name(name): name for name in members}
        return {names[name]: copy.deepcopy(value) for name, value in self._parameters.items()}

    @property
    def result(self) -> dict[str, Any] | None:
        """What the operation answered, as JSON shows it (times are strings); None after an error.

        The secrets of a presigned URL (signature and session token) are left out, and with them the
        query of a link to exported data.
        """
        if self.error is not None:
            return None
        result = _object(self._body)
        for name in _SECRET_FIELDS:
            result.get("presignedUrlFields", {}).pop(name, None)
        if "csvFileLink" in result:
            result["csvFileLink"] = result["csvFileLink"].partition("?")[0]
        return result

    def sent(self, body: bytes | str | None) -> None:
        """Note the body as it came, for the look of a call that is refused."""
        self._sent = body

    def accepted(self, parameters: dict[str, Any]) -> None:
        """Note the checked parameters; they stand for the body from now on."""
        self._parameters, self._sent = parameters, None

    def answered(self, body: bytes, error: str | None) -> None:
        """Note how the call ended."""
        self._body, self.error = body, error

    def summary(self) -> str:
        """Return the call in one line: its main parameters, and its result or its error."""
        parameters = ", ".join(f"{name}={_short(value)}" for name, value in self.params.items())
        if self.error is None:
            outcome = _short(self.result)
        else:
            outcome = f"{self.error}: {_object(self._body).get('message', '')}"
        return f"{self.operation}({parameters}) -> {outcome}"

    def __repr__(self) -> str:
        outcome = self.error or "ok"
        return f"<Call {self.operation} by {self.user} in {self.account}/{self.region}: {outcome}>"


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
