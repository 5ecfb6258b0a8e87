"""The errors a caller can meet: nine of the service model, and two of the mock's own.

Importing this module loads no service model: status, members and default messages are
read from it when an error needs them.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import Any, ClassVar

from qapps_mock.service.service_model import did_you_mean, service_model

# No real answer shows these members: what nobody chose must not look chosen.
PLACEHOLDER = "unknown"
PLACEHOLDERS = {"serviceCode": "qapps", "quotaCode": "L-00000000"}

_PYTHON_TYPES = {"string": str, "integer": int}


class QAppsError(Exception):
    """An error that travels to the caller; *members* go by the model's names."""

    code: ClassVar[str] = "InternalFailure"
    default_message: ClassVar[str | None] = None
    unmodelled_status: ClassVar[int] = 500

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take the code from the class name, unless the class refines another error."""
        super().__init_subclass__(**kwargs)
        if QAppsError in cls.__bases__ and "code" not in vars(cls):
            cls.code = cls.__name__

    def __init__(self, message: str | None = None, **members: Any) -> None:
        if members:
            _refuse_misfits(self.code, members)
        self.message = self._default_message() if message is None else message
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

    def complete_members(self) -> dict[str, Any]:
        """Return the members, placeholders standing in for required ones not given."""
        required = _shape(self.code).required_members if members_of(self.code) else ()
        missing = {name: PLACEHOLDERS.get(name, PLACEHOLDER) for name in required if name != "message"}
        return missing | self.members

    def _default_message(self) -> str:
        return self.default_message or documented_message(self.code)


class AccessDeniedException(QAppsError):
    """The caller may not do this."""


class UnauthorizedException(QAppsError):
    """The caller is nobody the instance knows."""

    # The text that the real service was seen to send; the model documents another one.
    default_message = "Unauthorized"


class ValidationException(QAppsError):
    """The input breaks a constraint."""


class ResourceNotFoundException(QAppsError):
    """The resource does not exist."""


class ConflictException(QAppsError):
    """The resource is in a state that forbids this."""


class ContentTooLargeException(QAppsError):
    """The content is larger than the service takes."""


class ServiceQuotaExceededException(QAppsError):
    """The account has used up a quota."""


class ThrottlingException(QAppsError):
    """The caller is too fast."""


class InternalServerException(QAppsError):
    """The service failed."""


class UnknownOperation(QAppsError):
    """The request is for no operation of the model."""

    code = "UnknownOperationException"
    default_message = "The requested operation is not one of Amazon Q Apps."
    unmodelled_status = 404


class NotImplementedYet(QAppsError):
    """What botocore's model has got, and this mock has not: an operation, or parameters of one."""

    code = "NotImplemented"
    unmodelled_status = 501

    def __init__(self, operation: str, *parameters: str) -> None:
        what = f"{', '.join(parameters)} of {operation}" if parameters else operation
        super().__init__(
            f"qapps_mock does not know {what}, which this release of botocore has: "
            "look for a newer qapps_mock, or leave it out."
        )


MODELLED: dict[str, type[QAppsError]] = {
    error.__name__: error
    for error in (
        AccessDeniedException,
        UnauthorizedException,
        ValidationException,
        ResourceNotFoundException,
        ConflictException,
        ContentTooLargeException,
        ServiceQuotaExceededException,
        ThrottlingException,
        InternalServerException,
    )
}


def by_name(name: str) -> type[QAppsError]:
    """Return the modelled error called *name*."""
    if isinstance(name, str) and name in MODELLED:
        return MODELLED[name]
    raise ValueError(
        f"{name!r} is not an exception of Q Apps.{did_you_mean(name, MODELLED)} "
        f"The exceptions are: {', '.join(sorted(MODELLED))}."
    )


def documented_message(code: str) -> str:
    """Return what the model says about an error, in plain text; its code if nothing."""
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


def _refuse_misfits(code: str, members: dict[str, Any]) -> None:
    """Raise TypeError for a member that the error lacks, or of another type."""
    valid = members_of(code)
    for name, value in members.items():
        if name not in valid:
            names = ", ".join(["message", *valid])
            raise TypeError(f"{code} has no member {name!r}. Its members are: {names}.")
        expected = valid[name].type_name
        if type(value) is not _PYTHON_TYPES[expected]:
            raise TypeError(f"{code}: {name} must be of type {expected}, not {value!r}.")
