"""The names of operations and exceptions: for type checkers, and for tests that go through all of them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from qapps_mock.service import protocol
from qapps_mock.service.service_model import service_model

# A type checker reads no service model: these two lists repeat it, and a test compares them with it.
Operation = Literal[
    "AssociateLibraryItemReview",
    "AssociateQAppWithUser",
    "BatchCreateCategory",
    "BatchDeleteCategory",
    "BatchUpdateCategory",
    "CreateLibraryItem",
    "CreatePresignedUrl",
    "CreateQApp",
    "DeleteLibraryItem",
    "DeleteQApp",
    "DescribeQAppPermissions",
    "DisassociateLibraryItemReview",
    "DisassociateQAppFromUser",
    "ExportQAppSessionData",
    "GetLibraryItem",
    "GetQApp",
    "GetQAppSession",
    "GetQAppSessionMetadata",
    "ImportDocument",
    "ListCategories",
    "ListLibraryItems",
    "ListQAppSessionData",
    "ListQApps",
    "ListTagsForResource",
    "PredictQApp",
    "StartQAppSession",
    "StopQAppSession",
    "TagResource",
    "UntagResource",
    "UpdateLibraryItem",
    "UpdateLibraryItemMetadata",
    "UpdateQApp",
    "UpdateQAppPermissions",
    "UpdateQAppSession",
    "UpdateQAppSessionMetadata",
]
Error = Literal[
    "AccessDeniedException",
    "ConflictException",
    "ContentTooLargeException",
    "InternalServerException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ThrottlingException",
    "UnauthorizedException",
    "ValidationException",
]
# The same is true of the connection errors.
Failure = Literal["ConnectionClosedError", "EndpointConnectionError", "ReadTimeoutError"]
# And of S3's errors of uploads.
UploadFailure = Literal[
    "SlowDown",
    "InternalError",
    "RequestTimeout",
    "ServiceUnavailable",
    "AccessDenied",
    "ConnectionClosedError",
]
# An editor completes the names; a variable of type str is accepted too.
OperationName: TypeAlias = "Operation | str"
ExceptionName: TypeAlias = "Error | Failure | str"
UploadFailureName: TypeAlias = "UploadFailure | str"


def errors(operation: OperationName) -> list[str]:
    """Return the names of the exceptions that an operation documents, in the order of the service model.

    It is meant for ``@pytest.mark.parametrize("error", errors("CreateQApp"))`` and imports neither boto3
    nor Moto.

    Args:
        operation: ``CreateQApp`` or ``create_q_app``.

    Raises:
        ValueError: an unknown operation; the message lists the valid ones.
    """
    name = protocol.find_operation(operation).name
    return [error.name for error in service_model().operation_model(name).error_shapes]
