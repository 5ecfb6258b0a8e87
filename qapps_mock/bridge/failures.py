"""Connections that a test lets fail, as the exceptions of the library that made the request."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import requests
from urllib3.exceptions import ProtocolError

from qapps_mock.http_message import ConnectionFailure


def botocores(failure: ConnectionFailure, url: str) -> Exception:
    """Return botocore's exception, which its retries treat as a real one."""
    made: Exception = getattr(botocore.exceptions, failure.code)(endpoint_url=url)
    return made


def of_requests(failure: ConnectionFailure, request: Any) -> Exception:
    """Return the exception of the library requests."""
    if failure.code == "ReadTimeoutError":
        return requests.exceptions.ReadTimeout("Read timed out.", request=request)
    if failure.code == "EndpointConnectionError":
        return requests.exceptions.ConnectionError("Failed to establish a new connection", request=request)
    closed = ConnectionResetError("Remote end closed connection without response")
    return requests.exceptions.ConnectionError(ProtocolError("Connection aborted.", closed), request=request)
