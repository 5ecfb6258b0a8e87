"""The errors that a caller can get: nine of the service model, and two of this mock.

Importing this module does not load the service model: status, members and default messages are read from it when
an error needs them.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any, ClassVar

from qapps_mock.close_match import did_you_mean
from qapps_mock.http_message import CONNECTION_FAILURES, ConnectionFailure
from qapps_mock.service.service_model import service_model

# No real response shows these members, so the placeholders must not look like real values.
PLACEHOLDER = "unknown"
PLACEHOLDERS = {"serviceCode": "qapps", "quotaCode": "L-00000000"}
# Assumed: the model has this optional member, and AWS's clients expect the time to wait with these errors.
RETRY_AFTER_SECONDS = 1

_PYTHON_TYPES = {"string": str, "integer": int}


class QAppsError(Exception):
    """An error that is sent to the caller; *members* have the model's names."""

    code: ClassVar[str] = "InternalFailure"
    default_message: ClassVar[str | None] = None
    unmodelled_status: ClassVar[int] = 500

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Use the class name as the code, unless the class refines another error."""
        super().__init_subclass__(**kwargs)
        if QAppsError in cls.__bases__ and "code" not in vars(cls):
            cls.code = cls.__name__

    def __init__(self, /, message: str | None = None, **members: Any) -> None:
        if members:
            _check_members(self.code, members)
        self.message: str = self._default_message() if message is None else message
        self.members = members
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        shape = _shape(self.code)
        if shape is None:
            return self.unmodelled_status
        status: int = shape.metadata["error"]["httpStatusCode"]
        return status

    @property
    def is_early(self) -> bool:
        """Whether AWS raises it before it checks the input."""
        return self.code == "UnauthorizedException"

    def complete_members(self) -> dict[str, Any]:
        """Return the members, with placeholders for required ones that were not passed, and the time to wait.

        Members that were passed as None are left out.
        """
        names = members_of(self.code)
        required = _shape(self.code).required_members if names else ()
        members: dict[str, Any] = {
            name: PLACEHOLDERS.get(name, PLACEHOLDER) for name in required if name != "message"
        }
        if "retryAfterSeconds" in names:
            members["retryAfterSeconds"] = RETRY_AFTER_SECONDS
        members |= self.members
        return {name: value for name, value in members.items() if value is not None}

    def _default_message(self) -> str:
        return self.default_message or documented_message(self.code)


class AccessDeniedException(QAppsError):
    """The caller has no permission for this."""


class UnauthorizedException(QAppsError):
    """The caller is not a user of the instance."""

    # The real service sends this text; the model documents another one.
    default_message = "Unauthorized"


class ValidationException(QAppsError):
    """The input breaks a constraint."""


class ResourceNotFoundException(QAppsError):
    """The resource does not exist."""


class ConflictException(QAppsError):
    """The resource is in a state that does not allow this."""


class ContentTooLargeException(QAppsError):
    """The content is larger than the service accepts."""


class ServiceQuotaExceededException(QAppsError):
    """The account has used up a quota."""


class ThrottlingException(QAppsError):
    """The caller sends requests too fast."""


class InternalServerException(QAppsError):
    """The service failed."""


# The classes above, one for each error of the model.
MODELLED = {error.__name__: error for error in QAppsError.__subclasses__()}


class UnknownOperation(QAppsError):
    """The request is not for an operation of the model."""

    code = "UnknownOperationException"
    default_message = "The requested operation is not an operation of Amazon Q Apps."
    unmodelled_status = 404


class NotImplementedYet(QAppsError):
    """An operation, or parameters of one, that botocore's model has and this mock does not have."""

    code = "NotImplemented"
    unmodelled_status = 501

    def __init__(self, operation: str, *parameters: str) -> None:
        what = f"{', '.join(parameters)} of {operation}" if parameters else operation
        super().__init__(
            f"qapps_mock does not support {what}, which this release of botocore has. "
            "Install a newer qapps_mock, or leave it out."
        )


# The other keyword arguments of `fail`: a misspelt one looks like a member.
_OF_FAIL = ("when", "after", "times")


def find_failure(name: str, message: str | None, members: dict[str, Any]) -> QAppsError | ConnectionFailure:
    """Return what `fail` scripts: a modelled error, or a connection that fails before AWS responds."""
    if name in CONNECTION_FAILURES:
        if message is not None or members:
            given = ", ".join([*(["message"] if message is not None else []), *members])
            raise TypeError(f"{name} has no message and no members: botocore makes it. Leave out {given}.")
        return ConnectionFailure(name)
    return find_exception(name)(message, **members)


def find_exception(name: str) -> type[QAppsError]:
    """Return the modelled error called *name*."""
    if isinstance(name, str) and name in MODELLED:
        return MODELLED[name]
    raise ValueError(
        f"{name!r} is not an exception of Q Apps.{did_you_mean(name, [*MODELLED, *CONNECTION_FAILURES])} "
        f"The exceptions are: {', '.join(sorted(MODELLED))}; and {', '.join(CONNECTION_FAILURES)}."
    )


def documented_message(code: str) -> str:
    """Return the model's documentation of an error in plain text, or else the error's code."""
    documentation = _shape(code).documentation if _shape(code) else ""
    return html.unescape(re.sub(r"<[^>]*>", "", documentation)).strip() or code


@cache
def _shape(code: str) -> Any:
    """Return the model's structure of an error; None for the mock's own errors."""
    model = service_model()
    return model.shape_for(code) if code in model.shape_names else None


def members_of(code: str) -> dict[str, Any]:
    """Return the shapes of an error's members, without its message."""
    members = dict(_shape(code).members) if _shape(code) else {}
    members.pop("message", None)
    return members


def _check_members(code: str, members: dict[str, Any]) -> None:
    """Raise TypeError for a member that the error does not have, or of another type."""
    valid = members_of(code)
    for name, value in members.items():
        if name not in valid:
            names = ["message", *valid]
            close = did_you_mean(name, [*names, *_OF_FAIL])
            raise TypeError(f"{code} has no member {name!r}.{close} Its members are: {', '.join(names)}.")
        if value is None and name not in _shape(code).required_members:
            continue
        expected = valid[name].type_name
        if type(value) is not _PYTHON_TYPES[expected]:
            raise TypeError(f"{code}: {name} must be of type {expected}, not {value!r}.")
