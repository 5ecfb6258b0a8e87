"""The control API: how a test in any language controls a running mock over HTTP, with JSON.

Each resource under ``/moto-api/static/qapps/`` is a method of `Control`. The members of a JSON object are its
parameters.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from qapps_mock import credentials, models
from qapps_mock.bridge import start
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.control import Control
from qapps_mock.endpoints import CONTROL_PATH
from qapps_mock.server import control_json
from qapps_mock.server.access import refusal

if TYPE_CHECKING:
    from qapps_mock.http_message import Response


class _Refused(Exception):
    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class _ServerControl(Control):
    """A server's control: also its options and its default user, which can change while it runs."""

    def options(self) -> dict[str, Any]:
        return control_json.options_to_json(self._run.options)

    def set_options(self, **changes: Any) -> dict[str, Any]:
        for name in changes:
            if name not in control_json.OPTIONS:
                raise TypeError(
                    f"A server has no option {name!r}. Its options are: {', '.join(control_json.OPTIONS)}."
                )
        self._run.use(dataclasses.replace(self._run.options, **changes))
        return self.options()

    def empty(self) -> None:
        """Delete the state of Q Apps and of Moto's services, and the history; keep the scripts."""
        start.empty_backends()
        models.reset_all()
        self._run.history = []

    def newest_script(self) -> dict[str, int]:
        return {"script": self._run.scripts.everything[-1].number}

    def all_scripts(self) -> dict[str, Any]:
        return {"scripts": [control_json.script_to_json(script) for script in self._run.scripts.everything]}

    def unused(self) -> dict[str, Any]:
        texts = self._unused_of(self._run)
        return {"unused": [{"script": number, "text": text} for number, text in texts.items()]}

    def default_user(self) -> dict[str, str | None]:
        return {"email": self._default_user}

    def set_default_user(self, email: str | None) -> dict[str, str | None]:
        self._default_user = None if email is None else self._registered(email)
        return self.default_user()


def respond(method: str, resource: str, query: str, body: bytes) -> Response:
    """Return the response to a request for a resource under `endpoints.CONTROL_PATH`."""
    try:
        act = _find_action(method, resource)
        parameters = _parameters(query) if method == "GET" else _members(body)
        result = _call(act, _find_control(), parameters)
    except _Refused as refused:
        return refusal(refused.status, str(refused), refused.headers)
    except RecursionError:
        return _json(400, {"error": "ValueError", "message": "The request is nested too deeply."})
    except (TypeError, ValueError) as error:
        return _json(400, {"error": type(error).__name__, "message": str(error)})
    return _json(200, {} if result is None else result)


def _find_action(method: str, resource: str) -> Callable[..., Any]:
    methods = _RESOURCES.get(resource)
    if methods is None:
        raise _Refused(
            404,
            f"No resource {CONTROL_PATH}{resource}. "
            f"The resources are: {', '.join(CONTROL_PATH + name for name in _RESOURCES)}.",
        )
    if method not in methods:
        raise _Refused(
            405,
            f"{CONTROL_PATH}{resource} allows {', '.join(methods)}, not {method}",
            Allow=", ".join(methods),
        )
    return methods[method]


def _find_control() -> _ServerControl:
    runs = ACTIVE.runs
    if not runs:
        raise _Refused(
            409,
            "No mock of Q Apps is active in the process of this server. Start one, for example with mock_qapps().",
        )
    return _ServerControl(runs[-1])


def _parameters(query: str) -> dict[str, Any]:
    found = parse_qs(query, keep_blank_values=True)
    for name, texts in found.items():
        if len(texts) > 1:
            raise _Refused(400, f"The query has {len(texts)} values for {name}: pass one")
    return {name: text for name, [text] in found.items()}


def _members(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        received = json.dumps(body[:80].decode("utf-8", "replace"))
        raise _Refused(400, f"The body must be a JSON object in UTF-8, not {received}") from None
    if not isinstance(value, dict):
        raise _Refused(400, f"The body must be a JSON object, not {json.dumps(value)[:80]}")
    return value


def _call(act: Callable[..., Any], mock: Control, members: dict[str, Any]) -> Any:
    """Call *act* with the members as its parameters.

    Raises:
        TypeError: a member is missing, or *act* has no such parameter.
    """
    signature = inspect.signature(act)
    try:
        signature.bind(mock, **members)
    except TypeError as error:
        parameters = list(signature.parameters.values())[1:]
        names = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_KEYWORD]
        raise TypeError(f"{error}; the members are: {', '.join(names) or 'none'}") from None
    return act(mock, **members)


def _json(status: int, value: Mapping[str, Any]) -> Response:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


# --- The resources


def _scripting(act: Callable[..., None]) -> Callable[..., dict[str, int]]:
    """Let a method that makes a script return its number."""

    @functools.wraps(act)
    def with_number(mock: _ServerControl, /, *args: Any, **kwargs: Any) -> dict[str, int]:
        act(mock, *args, **kwargs)
        return mock.newest_script()

    return with_number


@functools.wraps(Control.fail)
def _fail(mock: Control, /, operation: str, exception: str, **members: Any) -> None:
    for name, value in (("operation", operation), ("exception", exception)):
        if not isinstance(value, str):
            raise TypeError(f"{name} is {json.dumps(value)}: it must be a string")
    when = members.get("when")
    if when is not None and not isinstance(when, dict):
        raise TypeError(
            f"when is {json.dumps(when)}: it must be an object with some of the call's parameters"
        )
    mock.fail(operation, exception, **members)


def _answer(mock: Control, card: str, values: list[Any]) -> None:
    if not isinstance(values, list) or not values:
        raise TypeError(
            f'values is {json.dumps(values)}: it must be a list of texts, or of {{"error": "why"}}, with one or more'
        )
    mock.answer(card, *map(control_json.answer_from_json, values))


def _progress(mock: Control) -> dict[str, Any]:
    return {"progress": control_json.progress_to_json(mock.progress)}


def _set_progress(mock: Control, progress: Any) -> dict[str, Any]:
    try:
        mock.progress = control_json.progress_from_json(progress)
    except ValueError:
        raise ValueError(
            f'progress is {json.dumps(progress)}: it must be "immediate", "manual", a whole number, 1 or more, of '
            'GetQAppSession calls, or {"seconds": N} with a number of more than 0'
        ) from None
    return _progress(mock)


def _calls(mock: Control, /, operation: str | None = None, **parameters: str) -> dict[str, Any]:
    wanted = control_json.parameters_from_query(parameters)
    return {"calls": [control_json.call_to_json(call) for call in mock.calls(operation, **wanted)]}


def _uploads(mock: Control) -> dict[str, Any]:
    uploads = mock.uploads
    return {"uploads": {file_id: control_json.upload_to_json(upload) for file_id, upload in uploads.items()}}


def _user(mock: Control, email: str, id: str | None = None) -> dict[str, str]:
    user = mock.user(email, id)
    keys = credentials.of_user(email)
    return {"user": user, "accessKeyId": keys.access_key, "secretAccessKey": keys.secret.key}


def _load(mock: Control, document: Any) -> None:
    if not isinstance(document, (dict, list)):  # not a path of this machine
        raise ValueError(f"document is {json.dumps(document)[:80]}: it must be an object or a list")
    mock.load(document)


_RESOURCES: dict[str, dict[str, Callable[..., Any]]] = {
    "advance": {"POST": Control.advance},
    "answers": {"POST": _scripting(_answer)},
    "calls": {"GET": _calls},
    "default-user": {"GET": _ServerControl.default_user, "PUT": _ServerControl.set_default_user},
    "empty": {"POST": _ServerControl.empty},
    "expirations": {"POST": Control.expire},
    "failures": {"POST": _scripting(_fail)},
    "options": {"GET": _ServerControl.options, "PUT": _ServerControl.set_options},
    "predictions": {"POST": _scripting(Control.predict)},
    "progress": {"GET": _progress, "PUT": _set_progress},
    "reset": {"POST": Control.reset},
    "scripts": {"GET": _ServerControl.all_scripts},
    "state": {"GET": Control.dump, "POST": _load},
    "unused": {"GET": _ServerControl.unused},
    "upload-failures": {"POST": _scripting(Control.fail_upload)},
    "uploads": {"GET": _uploads},
    "users": {"POST": _user},
}
