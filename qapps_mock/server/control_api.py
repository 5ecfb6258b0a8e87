"""The test's say over HTTP, for every language: JSON under ``/moto-api/static/qapps/``.

Each resource is a method of `Control`, with its parameters as the members of a JSON object.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from qapps_mock import credentials
from qapps_mock.control import control
from qapps_mock.endpoints import SAY_PATH
from qapps_mock.server import control_json

if TYPE_CHECKING:
    from qapps_mock.service.dispatch import Answer


class _Refused(Exception):
    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def answer(method: str, resource: str, query: str, body: bytes) -> Answer:
    """Answer a request for a resource under `endpoints.SAY_PATH`."""
    try:
        act = _action(method, resource)
        parameters = _parameters(query) if method == "GET" else _members(body)
        result = _bound(act, _control(), parameters)
    except _Refused as refusal:
        return _json(refusal.status, _error("Refused", refusal), refusal.headers)
    except (TypeError, ValueError) as error:
        return _json(400, _error(type(error).__name__, error), {})
    return _json(200, {} if result is None else result, {})


def _action(method: str, resource: str) -> Callable[..., Any]:
    methods = _RESOURCES.get(resource)
    if methods is None:
        raise _Refused(
            404,
            f"There is no {SAY_PATH}{resource}. There are: {', '.join(SAY_PATH + name for name in _RESOURCES)}",
        )
    if method not in methods:
        raise _Refused(
            405, f"{SAY_PATH}{resource} takes {', '.join(methods)}, not {method}", Allow=", ".join(methods)
        )
    return methods[method]


def _control() -> control.Control:
    if not control.ACTIVE:
        raise _Refused(
            409, "No mock of Q Apps is active in the process of this server: start one, as mock_qapps() does"
        )
    return control.ACTIVE[-1]


def _parameters(query: str) -> dict[str, Any]:
    return {name: texts[0] for name, texts in parse_qs(query, keep_blank_values=True).items()}


def _members(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        came = json.dumps(body[:80].decode("utf-8", "replace"))
        raise _Refused(400, f"The body must be a JSON object in UTF-8, not {came}") from None
    if not isinstance(value, dict):
        raise _Refused(400, f"The body must be a JSON object, not {json.dumps(value)[:80]}")
    return value


def _bound(act: Callable[..., Any], mock: control.Control, members: dict[str, Any]) -> Any:
    """Call *act* with the members as its parameters.

    Raises:
        TypeError: one is missing, or it has no such parameter.
    """
    signature = inspect.signature(act)
    try:
        signature.bind(mock, **members)
    except TypeError as error:
        named = [each.name for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
        names = ", ".join(named[1:]) or "none"
        raise TypeError(f"{error}; the members are: {names}") from None
    return act(mock, **members)


def _error(kind: str, error: Exception) -> dict[str, str]:
    return {"error": kind, "message": str(error)}


def _json(status: int, value: Mapping[str, Any], headers: dict[str, str]) -> Answer:
    return status, {"Content-Type": "application/json", **headers}, json.dumps(value).encode()


# --- The resources


def _fail(
    mock: control.Control,
    operation: str,
    exception: str,
    times: int | None = 1,
    message: str | None = None,
    **members: Any,
) -> None:
    for name, value in (("operation", operation), ("exception", exception)):
        if not isinstance(value, str):
            raise TypeError(f"{name} is {json.dumps(value)}: it must be a string")
    mock.fail(operation, exception, times=times, message=message, **members)


def _answer(mock: control.Control, card: str, values: list[Any]) -> None:
    if not isinstance(values, list):
        raise TypeError(f"values is {json.dumps(values)}: it must be a list")
    mock.answer(card, *map(control_json.answer_from_json, values))


def _predict(mock: control.Control, app: dict[str, Any]) -> None:
    mock.predict(app)


def _progress(mock: control.Control) -> dict[str, Any]:
    return {"progress": mock.progress}


def _set_progress(mock: control.Control, progress: Any) -> dict[str, Any]:
    mock.progress = progress
    return _progress(mock)


def _advance(mock: control.Control, session_id: str) -> None:
    mock.advance(session_id)


def _calls(mock: control.Control, operation: str | None = None) -> dict[str, Any]:
    return {"calls": [control_json.call_to_json(each) for each in mock.calls(operation)]}


def _uploads(mock: control.Control) -> dict[str, Any]:
    return {"uploads": {file_id: control_json.upload_to_json(each) for file_id, each in mock.uploads.items()}}


def _user(mock: control.Control, email: str) -> dict[str, str]:
    user = mock.user(email)
    keys = credentials.of_user(email)
    return {"user": user, "accessKeyId": keys.access_key, "secretAccessKey": keys.secret.key}


def _options(mock: control.Control) -> dict[str, Any]:
    return control_json.options_to_json(mock.options)


def _set_options(mock: control.Control, **changes: Any) -> dict[str, Any]:
    for name in changes:
        if name not in control_json.OPTIONS:
            raise TypeError(
                f"there is no option {name!r} of a server; its options are: {', '.join(control_json.OPTIONS)}"
            )
    mock.options = dataclasses.replace(mock.options, **changes)
    return _options(mock)


def _reset(mock: control.Control) -> None:
    mock.reset()


_RESOURCES: dict[str, dict[str, Callable[..., Any]]] = {
    "advance": {"POST": _advance},
    "answers": {"POST": _answer},
    "calls": {"GET": _calls},
    "failures": {"POST": _fail},
    "options": {"GET": _options, "PUT": _set_options},
    "predictions": {"POST": _predict},
    "progress": {"GET": _progress, "PUT": _set_progress},
    "reset": {"POST": _reset},
    "uploads": {"GET": _uploads},
    "users": {"POST": _user},
}
