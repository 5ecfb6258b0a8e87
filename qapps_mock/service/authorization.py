"""Moto's IAM enforcement on Q Apps' actions, when a test has switched it on.

It is switched on as for every service of Moto, with ``set_initial_no_auth_action_count`` or
``moto.core.authorization.enable_iam_authentication``. Signature, policies and boundaries are
judged by Moto; the codes and sentences are those that AWS's JSON services answer.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from qapps_mock.http_message import Headers, body_bytes, header_text, without_surrogates
from qapps_mock.service import arns
from qapps_mock.service.exceptions import AccessDeniedException, QAppsError

if TYPE_CHECKING:
    from qapps_mock.models import QAppsBackend

# "IAM permissions are derived from qapps:ImportDocument" (service model, CreatePresignedUrl).
_JUDGED_AS = {"CreatePresignedUrl": "ImportDocument"}


class UnrecognizedClientException(QAppsError):
    """The access key is nobody's, or its token is wrong (AWS, common errors)."""

    default_message = "The security token included in the request is invalid."
    unmodelled_status = 403


class InvalidSignatureException(QAppsError):
    """The request's signature is not that of its access key (AWS, common errors)."""

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
    """Tell whether Moto judges the next request; count it when not, as Moto does."""
    settings = sys.modules.get("moto.settings")
    if settings is None or settings.INITIAL_NO_AUTH_ACTION_COUNT == math.inf:
        return False
    from moto.core.authorization import ActionAuthenticatorMixin

    if ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT:
        return True
    ActionAuthenticatorMixin.request_count += 1
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
        AccessDeniedException: no policy allows it, or one denies it.
        UnrecognizedClientException: nobody has this access key.
        InvalidSignatureException: the signature is wrong.
        MissingAuthenticationTokenException: there is no signature.
    """
    from moto.core import exceptions as refusals
    from moto.iam.access_control import IAMRequest

    host, _, path = url.partition("://")[2].partition("/")
    signed = {"Host": host, **_texts(headers)}
    if "Credential=" not in signed.get("Authorization", ""):
        raise MissingAuthenticationTokenException
    action = _JUDGED_AS.get(operation, operation)
    try:
        request = IAMRequest(account, method, f"/{path}", {}, body_bytes(body), signed, action)
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
    """Return the ARN that a call's policies are judged by: of the session, the app, or the instance.

    A library item is judged as its app.

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
