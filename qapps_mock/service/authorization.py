"""Moto's IAM enforcement for Q Apps' actions, when a test has switched it on.

A test switches it on as for every other service of Moto, with ``set_initial_no_auth_action_count`` or
``moto.core.authorization.enable_iam_authentication``. Moto checks signature, policies and boundaries; the codes
and sentences are those of AWS's JSON services.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qapps_mock.bridge import moto_names
from qapps_mock.http_message import Headers, body_bytes, header_text, without_surrogates
from qapps_mock.service import arns
from qapps_mock.service.exceptions import AccessDeniedException, QAppsError

if TYPE_CHECKING:
    from qapps_mock.models import QAppsBackend

# "IAM permissions are derived from qapps:ImportDocument" (service model, CreatePresignedUrl).
_CHECKED_AS = {"CreatePresignedUrl": "ImportDocument"}


class UnrecognizedClientException(QAppsError):
    """The access key does not exist, or its token is wrong (AWS, common errors)."""

    default_message = "The security token included in the request is invalid."
    unmodelled_status = 403


class InvalidSignatureException(QAppsError):
    """The request was not signed with its access key (AWS, common errors)."""

    default_message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )
    unmodelled_status = 403


class MissingAuthenticationTokenException(QAppsError):
    """The request is not signed (AWS, common errors)."""

    default_message = "Missing Authentication Token"
    unmodelled_status = 403


def enforced() -> bool:
    """Tell whether the next request must be authorized; if not, count it as Moto does."""
    settings = sys.modules.get("moto.settings")
    if settings is None or settings.INITIAL_NO_AUTH_ACTION_COUNT == math.inf:
        return False
    counter = moto_names.IAM_COUNTER.find()
    if counter.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT:
        return True
    counter.request_count += 1
    return False


def authorize(
    operation: str,
    resource: str,
    account: str,
    method: str,
    url: str,
    headers: Headers,
    body: bytes | str | None,
) -> None:
    """Raise unless the caller's policies allow the operation on the resource.

    Raises:
        AccessDeniedException: no policy allows the operation, or a policy denies it.
        UnrecognizedClientException: the access key does not exist.
        InvalidSignatureException: the signature is wrong.
        MissingAuthenticationTokenException: the request has no signature.
    """
    from moto.core import exceptions as refusals  # imported here for start-up time

    host, _, path = url.partition("://")[2].partition("/")
    signed = {"Host": host, **_texts(headers)}
    if "Credential=" not in signed.get("Authorization", ""):
        raise MissingAuthenticationTokenException
    action = _CHECKED_AS.get(operation, operation)
    try:
        request = moto_names.IAM_REQUEST.find()(
            account, method, f"/{path}", {}, body_bytes(body), signed, action
        )
        request.check_signature()
        request.check_action_permitted(resource)
    except refusals.InvalidClientTokenIdError:
        raise UnrecognizedClientException from None
    except (refusals.SignatureDoesNotMatchError, KeyError, IndexError):
        # KeyError and IndexError: no signature at all
        raise InvalidSignatureException from None
    except refusals.AccessDeniedError as error:
        why = f"on resource: {resource} because no identity-based policy allows the qapps:{action} action"
        raise AccessDeniedException(f"{error.message} {why}") from None


def _texts(headers: Headers) -> dict[str, str]:
    items: list[tuple[str, str | bytes]] = list(headers.items())  # type: ignore[attr-defined]  # all kinds of headers have them
    return {name: without_surrogates(header_text(value)) for name, value in items}


def resource_of(backend: QAppsBackend, parameters: Mapping[str, Any]) -> str:
    """Return the ARN that a call's policies must allow: of the session, the app, or the instance.

    For a library item it is the ARN of its app.

    Source: the service authorization reference of Amazon Q Business Q Apps.
    """
    if "resource_arn" in parameters:
        return str(parameters["resource_arn"])
    instance = parameters["instance_id"]
    place = {"partition": backend.partition, "region": backend.region_name, "account": backend.account_id}
    session = backend.known_session(instance, parameters.get("session_id") or "")
    if session is not None:
        return session.arn
    item = backend.known_library_item(instance, parameters.get("library_item_id") or "")
    if item is not None:
        return item.app.arn
    app_id = parameters.get("app_id")
    if app_id is None:
        return arns.instance_arn(**place, instance_id=instance)
    return arns.app_arn(**place, instance_id=instance, app_id=app_id)
