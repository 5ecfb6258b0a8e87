"""One request to Amazon Q Apps, from its arrival to its response."""

from __future__ import annotations

import functools
import inspect
import itertools
import re
import uuid
from collections.abc import Callable, Set
from typing import Any

from qapps_mock import clock, endpoints, models, users
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.call import Call
from qapps_mock.control.options import DEFAULTS
from qapps_mock.http_message import ConnectionFailure, Headers, IncomingBody, Response
from qapps_mock.models.ids import uuid_of
from qapps_mock.service import authorization, protocol
from qapps_mock.service.context import Context
from qapps_mock.service.exceptions import (
    ContentTooLargeException,
    NotImplementedYet,
    QAppsError,
    ValidationException,
)
from qapps_mock.service.identity import identify, require_current_keys

# AWS user guide, "Supported regions" of Amazon Q Apps.
REGIONS = frozenset({"us-east-1", "us-west-2"})

_ACCOUNT = re.compile("[0-9]{12}").fullmatch

# The header that every response of Q Apps has.
REQUEST_ID = "x-amzn-requestid"
# The first digits of every request's id; its number is the rest.
_PROCESS = str(uuid.uuid4())[:-12]
_ARRIVALS = itertools.count()
_NO_RESPONSE: Response = (0, {}, b"")


def handle(
    method: str,
    url: str,
    headers: Headers,
    body: bytes | str | IncomingBody | None,
    *,
    s3_origin: Callable[[], str | None] = ACTIVE.s3_origin,
) -> Response:
    """Return the response to one HTTP request: status, headers, body.

    *s3_origin* returns the origin of presigned URLs; None: AWS's.

    Raises:
        ConnectionFailure: the test has scripted that no response comes.
    """
    arrival = next(_ARRIVALS)
    try:
        operation, label, query, region = _read_url(method, url)
    except QAppsError as error:
        return _with_id(protocol.error_response(error), arrival)
    at, histories = clock.now(), [run.history for run in ACTIVE.runs]
    account, region, email, access_key = identify(region, headers)
    email = email or ACTIVE.default_email
    context = Context(users.user_id(email), email, ACTIVE.innermost.options, ACTIVE, s3_origin)
    request: Any = None if isinstance(body, IncomingBody) else body
    code = unreadable = None
    try:
        _require_place(account, region, context.options.strict)
        require_current_keys(access_key, headers, at)
        if isinstance(body, IncomingBody):
            _require_size(body.size, operation, context)
            body = body.read()
        request = body
        # Who the caller is comes before what was sent: AWS reports Unauthorized for ids that break their pattern.
        try:
            request = sent = operation.read(label=label, query=query, headers=headers, body=body)
        except ValidationException as error:
            sent, unreadable = {}, error
        ACTIVE.raise_failure(operation.name, sent, early=True)
        backend = models.backend_of(account, region)
        if authorization.enforced():
            target = authorization.target_of(backend, sent)
            keys = authorization.condition_keys(target, sent, context, region)
            authorization.authorize(operation.name, target, keys, account, method, url, headers, body)
        if unreadable is not None:
            raise unreadable
        request = parameters = operation.check(sent)
        ACTIVE.raise_failure(operation.name, sent, early=False)
        result = _run(backend, operation, context, parameters)
        response = operation.status, {"content-type": "application/json"}, operation.serialise(result)
    except QAppsError as error:
        response, code = protocol.error_response(error), error.code
    except ConnectionFailure as failure:
        response, code = _NO_RESPONSE, failure.code
    place = context.user_id, account, region
    attempt = headers.get("amz-sdk-invocation-id")
    call = Call(operation.name, *place, at, code, request, response[2], arrival, attempt)
    for history in histories:
        history.append(call)
    if response is _NO_RESPONSE:
        raise ConnectionFailure(str(code))
    return _with_id(response, arrival)


@functools.lru_cache(maxsize=64)  # most calls of an operation have the same URL
def _read_url(method: str, url: str) -> tuple[protocol.Operation, str | None, str, str | None]:
    """Return the operation, the label in the path, the query, and the region that the host names."""
    path, _, query = url.partition("://")[2].partition("/")[2].partition("?")
    return *protocol.route(method, f"/{path}"), query, endpoints.qapps_region(url)


@functools.lru_cache(maxsize=64)
def _require_place(account: str, region: str, strict: bool) -> None:
    # A server gets them from headers that nobody has checked.
    if not _ACCOUNT(account):
        raise ValidationException(f"{account!r} is not an AWS account: expected 12 digits")
    if not endpoints.is_region(region):
        raise ValidationException(f"{region!r} is not a region: expected a name such as us-east-1")
    # AWS has no endpoint in other regions; this is an error that every operation documents.
    if strict and region not in REGIONS:
        raise ValidationException(
            f"Amazon Q Apps is not available in {region}. It is in {' and '.join(sorted(REGIONS))}."
        )


def _require_size(size: int | None, operation: protocol.Operation, context: Context) -> None:
    # Base64 makes a file a third larger.
    limit = 2 * max(context.options.max_file_size, DEFAULTS.max_file_size)
    if size is not None and size > limit:
        documented = ContentTooLargeException.__name__ in operation.errors
        refusal = ContentTooLargeException if documented else ValidationException
        raise refusal(f"The request has {size} bytes; at most {limit} are allowed.")


def _run(
    backend: models.QAppsBackend, operation: protocol.Operation, context: Context, parameters: dict[str, Any]
) -> Any:
    method = getattr(backend, operation.method_name, None)
    if method is None:
        raise NotImplementedYet(operation.name)
    known = _keywords(getattr(method, "__func__", method), operation)
    if not parameters.keys() <= known:
        unknown = sorted(parameters.keys() - known)
        raise NotImplementedYet(operation.name, *(operation.parameters[name] for name in unknown))
    with backend.lock:
        return method(context, **parameters)


@functools.lru_cache(maxsize=256)
def _keywords(method: Callable[..., Any], operation: protocol.Operation) -> Set[str]:
    """Return those parameters of the operation that its method accepts."""
    parameters = inspect.signature(method).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return operation.parameters.keys()
    return operation.parameters.keys() & {parameter.name for parameter in parameters}


def _with_id(response: Response, arrival: int) -> Response:
    # Unique is enough: a random id for each request would take as long as the rest of the response.
    seeded = ACTIVE.innermost.seeded_ids
    response[1][REQUEST_ID] = f"{_PROCESS}{arrival:012x}" if seeded is None else uuid_of(seeded.request())
    return response
