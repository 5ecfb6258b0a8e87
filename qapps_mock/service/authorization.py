"""Moto's IAM enforcement for Q Apps' actions, when a test has switched it on.

A test switches it on as for every other service of Moto, with ``set_initial_no_auth_action_count`` or
``moto.core.authorization.enable_iam_authentication``. Moto checks the signature and matches actions and resources of
the policies; the codes and sentences are those of AWS's JSON services.
"""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from qapps_mock.bridge import moto_names
from qapps_mock.http_message import Headers, body_bytes, header_text, without_surrogates
from qapps_mock.service import arns, policy_conditions
from qapps_mock.service.exceptions import AccessDeniedException, QAppsError
from qapps_mock.service.identity import UnrecognizedClientException

if TYPE_CHECKING:
    from qapps_mock.models import QAppsBackend
    from qapps_mock.models.resources import App, Session
    from qapps_mock.service.context import Context

_LOG = logging.getLogger("qapps_mock")

# "IAM permissions are derived from qapps:ImportDocument" (service model, CreatePresignedUrl).
_CHECKED_AS = {"CreatePresignedUrl": "ImportDocument"}


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
    target: Target,
    keys: Mapping[str, Sequence[str]],
    account: str,
    method: str,
    url: str,
    headers: Headers,
    body: bytes | str | None,
) -> None:
    """Raise unless the caller's policies allow the operation on the target.

    *keys* has the values of the condition keys, as `condition_keys` returns them.

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
    except refusals.InvalidClientTokenIdError:
        raise UnrecognizedClientException from None
    except (refusals.SignatureDoesNotMatchError, KeyError, IndexError):
        # KeyError and IndexError: no signature at all
        raise InvalidSignatureException from None
    _require_permission(request, f"qapps:{action}", target.arn, keys)


def _require_permission(request: Any, action: str, resource: str, keys: Mapping[str, Sequence[str]]) -> None:
    """Raise AccessDeniedException unless a statement allows the action and none denies it.

    Moto decides what one statement says of the action and the resource, but evaluates hardly any condition.
    """
    policy, effects = moto_names.IAM_POLICY.find(), moto_names.IAM_PERMISSION.find()
    found = set()
    for statement in moto_names.statements_of(request):
        conditions = statement.get("Condition") or {}
        bare = {name: value for name, value in statement.items() if name != "Condition"}
        effect = policy(json.dumps({"Statement": bare})).is_action_permitted(action, resource)
        if effect is not effects.NEUTRAL and _conditions_are_met(conditions, keys):
            found.add(effect)
    if effects.DENIED in found:
        why = "with an explicit deny in an identity-based policy"
    elif effects.PERMITTED not in found:
        why = f"because no identity-based policy allows the {action} action"
    else:
        return
    caller = moto_names.caller_of(request)
    raise AccessDeniedException(
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} {why}"
    )


def _conditions_are_met(conditions: Mapping[str, Any], keys: Mapping[str, Sequence[str]]) -> bool:
    try:
        return policy_conditions.are_met(conditions, keys)
    except policy_conditions.NotEvaluated as condition:
        _LOG.warning(
            "The condition %s of a policy cannot be evaluated, so its statement does not apply: it neither "
            "allows nor denies. The condition keys of this call are: %s.",
            condition,
            ", ".join(sorted(keys)),
        )
        return False


def _texts(headers: Headers) -> dict[str, str]:
    """Return the headers with the names that Moto looks for: Authorization, X-Amz-Date."""
    items: list[tuple[str, str | bytes]] = list(headers.items())  # type: ignore[attr-defined]  # all kinds of headers have them
    return {name.title(): without_surrogates(header_text(value)) for name, value in items}


class Target(NamedTuple):
    """What a call is for: the ARN that policies must allow, and the app and session behind it."""

    arn: str
    app: App | None = None
    session: Session | None = None


def target_of(backend: QAppsBackend, sent: Mapping[str, Any]) -> Target:
    """Return the target of a call: a session, an app, or the instance. A library item's target is its app.

    *sent* has the members as they were sent: nobody has checked them.

    Source: the service authorization reference of Amazon Q Business Q Apps.
    """
    if "resourceARN" in sent:
        arn = _text(sent, "resourceARN")
        return Target(arn, *backend.known_resource(arns.parse(arn)))
    instance = _text(sent, "instanceId")
    session = backend.known_session(instance, _text(sent, "sessionId"))
    if session is not None:
        return Target(session.arn, backend.known_app(instance, session.app_id), session)
    item = backend.known_library_item(instance, _text(sent, "libraryItemId"))
    if item is not None:
        return Target(item.app.arn, item.app)
    app_id = _text(sent, "appId")
    if not app_id:
        return Target(arns.instance_arn(**backend.place, instance_id=instance))
    arn = arns.app_arn(**backend.place, instance_id=instance, app_id=app_id)
    return Target(arn, backend.known_app(instance, app_id))


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name)
    return value if isinstance(value, str) else ""


def condition_keys(
    target: Target, sent: Mapping[str, Any], context: Context, region: str
) -> dict[str, list[str]]:
    """Return the values of each condition key, by its name in lower case, from the state before the call.

    Source: the service authorization reference; where it lists fewer keys than the policy of the page
    "IAM permissions for using Amazon Q Apps" uses, the policy counts. Keys of an app or a session that
    does not exist are absent.
    """
    keys = {"aws:requestedregion": [region]}
    _, app, session = target
    if app is not None:
        keys["qapps:appispublished"] = _boolean(app.published is not None)
        keys["qapps:userisappowner"] = _boolean(app.owner == context.user_id)
    if session is not None:
        keys["qapps:sessionisshared"] = _boolean(session.sharing.enabled)
        keys["qapps:userissessionmoderator"] = _boolean(session.owner == context.user_id)
    resource = session or app
    if resource is not None:
        keys |= {f"aws:resourcetag/{name}".lower(): [value] for name, value in resource.tags.items()}
    tags, tag_keys = sent.get("tags"), sent.get("tagKeys")
    if isinstance(tags, dict):
        keys |= {f"aws:requesttag/{name}".lower(): [str(value)] for name, value in tags.items()}
        tag_keys = list(tags)
    if isinstance(tag_keys, list):
        keys["aws:tagkeys"] = [str(name) for name in tag_keys]
    return keys


def _boolean(value: bool) -> list[str]:
    return ["true" if value else "false"]
