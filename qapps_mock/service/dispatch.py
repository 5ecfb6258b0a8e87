"""The way of a call: request, operation, record, script, backend, answer."""

from __future__ import annotations

import functools
import inspect
import itertools
import os
import sys
import uuid
from collections.abc import Callable, Set
from typing import Any, NamedTuple

from qapps_mock import clock, credentials, endpoints, models
from qapps_mock.control import control
from qapps_mock.control.call import Call
from qapps_mock.http_message import Headers, Response, header_text
from qapps_mock.models.caller import Caller
from qapps_mock.service import authorization, protocol
from qapps_mock.service.exceptions import NotImplementedYet, QAppsError, ValidationException

# AWS user guide, "Supported regions" of Amazon Q Apps.
REGIONS = frozenset({"us-east-1", "us-west-2"})

_DEFAULT_ACCOUNT = "123456789012"
_DEFAULT_REGION = "us-east-1"

# A UUID's first digits, and its last ones.
_PROCESS = str(uuid.uuid4())[:-12]
_REQUESTS = itertools.count()

Answer = Response


class Identity(NamedTuple):
    """Where a request goes, and for whom."""

    account: str
    region: str
    email: str


def handle(
    method: str,
    url: str,
    headers: Headers,
    body: bytes | str | None,
    *,
    s3_origin: Callable[[], str | None] = control.s3_origin,
) -> Answer:
    """Answer one HTTP request to Q Apps: status, headers, body.

    *s3_origin* is asked where presigned URLs are to lead; None: to AWS, as far as one sees.
    """
    _, _, rest = url.partition("://")
    _, _, target = rest.partition("/")
    path, _, query = target.partition("?")
    try:
        operation, label = protocol.route(method, f"/{path}")
    except QAppsError as error:
        return _finish(protocol.error_response(error))
    identity = identify(url, headers)
    account, region, email = identity
    user = credentials.user_id(email)
    call = Call(operation.name, user=user, account=account, region=region, at=clock.now())
    call.sent(body)
    control.record(call)
    try:
        _refuse_other_region(region)
        parameters = operation.parse(label=label, query=query, headers=headers, body=body)
        call.accepted(parameters)
        _raise_scripted(operation.name)
        backend = models.backend_of(account, region)
        if authorization.enforced():
            resource = authorization.resource_of(backend, parameters)
            authorization.authorize(operation.name, resource, account, method, url, headers, body)
        caller = Caller(user, email, control.options(), control.SCRIPTS, s3_origin)
        result = _run(backend, operation, caller, parameters)
        answer = operation.status, {"content-type": "application/json"}, operation.serialise(result)
        call.answered(answer[2], None)
    except QAppsError as error:
        answer = protocol.error_response(error)
        call.answered(answer[2], error.code)
    return _finish(answer)


def _refuse_other_region(region: str) -> None:
    # In AWS there is no such endpoint; this is an error that every operation documents.
    if region not in REGIONS and control.options().strict:
        raise ValidationException(
            f"Amazon Q Apps is not available in {region}. It is in {' and '.join(sorted(REGIONS))}."
        )


def _raise_scripted(operation: str) -> None:
    failure = control.next_failure(operation)
    if failure is not None:
        raise failure.with_traceback(None)


def _run(
    backend: models.QAppsBackend, operation: protocol.Operation, caller: Caller, parameters: dict[str, Any]
) -> Any:
    method = getattr(backend, operation.method_name, None)
    if method is None:
        raise NotImplementedYet(operation.name)
    unknown = parameters.keys() - _keywords(getattr(method, "__func__", method), operation)
    if unknown:
        raise NotImplementedYet(operation.name, *(operation.parameters[each] for each in sorted(unknown)))
    with backend.lock:
        return method(caller, **parameters)


@functools.lru_cache(maxsize=256)
def _keywords(method: Callable[..., Any], operation: protocol.Operation) -> Set[str]:
    """Return those parameters of the operation that its method takes."""
    parameters = inspect.signature(method).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return operation.parameters.keys()
    return operation.parameters.keys() & {each.name for each in parameters}


def _finish(answer: Answer) -> Answer:
    # Unique is enough: a random one for each request would take as long as all the rest of the answer.
    answer[1]["x-amzn-requestid"] = f"{_PROCESS}{next(_REQUESTS):012x}"
    return answer


def identify(url: str, headers: Headers) -> Identity:
    """Read account, region and user from where a request goes and how it is signed.

    The account follows Moto's rules: MOTO_ACCOUNT_ID, the header x-moto-account-id, the owner of the access key.
    """
    _, _, scope = header_text(headers.get("Authorization")).partition("Credential=")
    parts = scope.split("/", 3)
    access_key, signed_region = (parts[0], parts[2]) if len(parts) == 4 else ("", "")
    region = endpoints.qapps_region(url) or signed_region or _DEFAULT_REGION
    account = (
        os.environ.get("MOTO_ACCOUNT_ID")
        or header_text(headers.get("x-moto-account-id"))
        or _account_of(access_key)
    )
    return Identity(account, region, control.USERS.get(access_key, credentials.DEFAULT_EMAIL))


def _account_of(access_key: str) -> str:
    iam = sys.modules.get("moto.iam.models")  # not imported: it has issued no keys
    if iam is None:
        return _DEFAULT_ACCOUNT
    account: str = iam.get_account_id_from(access_key)
    return account
