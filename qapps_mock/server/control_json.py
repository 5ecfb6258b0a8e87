"""The JSON of the control API: calls, uploads, options and answers, written and read."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from qapps_mock.control.call import Call, arrival_of, invocation_of, message_of
from qapps_mock.control.options import Options
from qapps_mock.control.scripts import Used
from qapps_mock.service.service_model import service_model

if TYPE_CHECKING:
    from qapps_mock.control.scripts import Progress, Script, Value
    from qapps_mock.models.upload import Upload

# The options of a server; the others only make sense for a mock in the test's own process.
OPTIONS = (
    "strict",
    "url_lifetime",
    "max_file_size",
    "enforce_all_posts",
    "page_size",
    "seed",
    "upload_credentials",
)
_CALL = ("operation", "params", "user", "account", "region", "result", "error")


def options_to_json(options: Options) -> dict[str, Any]:
    """Write options, the lifetime in seconds."""
    values = {name: getattr(options, name) for name in OPTIONS}
    return {**values, "url_lifetime": options.lifetime.total_seconds()}


def call_to_json(call: Call) -> dict[str, Any]:
    """Write a call."""
    return {
        **{name: getattr(call, name) for name in _CALL},
        "at": call.at.isoformat(),
        "message": message_of(call) or None,
        "invocation": invocation_of(call),
        "arrival": arrival_of(call),
    }


def call_from_json(value: dict[str, Any]) -> Call:
    """Read a call."""
    response = value["result"] if value["error"] is None else {"message": value["message"] or ""}
    return Call(
        **{name: value[name] for name in ("operation", "user", "account", "region", "error")},
        at=datetime.fromisoformat(value["at"]),
        _request=json.dumps(value["params"]),
        _response=json.dumps(response).encode(),
        _arrival=value["arrival"],
        _invocation=value["invocation"],
    )


def script_to_json(script: Script) -> dict[str, Any]:
    """Write a script as a report shows it, with its number."""
    return {"script": script.number, **script.used._asdict()}


def used_from_json(value: dict[str, Any]) -> Used:
    """Read how many calls have used a script."""
    return Used(**{name: value[name] for name in Used._fields})


def upload_to_json(upload: Upload) -> dict[str, Any]:
    """Write an upload, its content in base64."""
    return {field.name: _to_json(getattr(upload, field.name)) for field in fields(upload)}


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if is_dataclass(value):  # a refusal
        return {field.name: _to_json(getattr(value, field.name)) for field in fields(value)}
    return value


def upload_from_json(value: dict[str, Any]) -> Upload:
    """Read an upload."""
    from qapps_mock.models.upload import Refusal, Upload  # imported here for start-up time

    content, uploaded_at = value["content"], value["uploaded_at"]
    refused = [
        Refusal(datetime.fromisoformat(refusal["at"]), refusal["code"], refusal["message"])
        for refusal in value["refused"]
    ]
    return Upload(
        **{
            **value,
            "content": None if content is None else base64.b64decode(content),
            "uploaded_at": None if uploaded_at is None else datetime.fromisoformat(uploaded_at),
            "refused": refused,
        }
    )


def parameters_from_query(texts: dict[str, str]) -> dict[str, Any]:
    """Read the parameters of calls from a query: texts as they are, all others as JSON.

    Raises:
        ValueError: one of the others is not JSON.
    """
    model = service_model()
    inputs = (model.operation_model(operation).input_shape for operation in model.operation_names)
    kinds = {name: member.type_name for shape in inputs for name, member in shape.members.items()}
    return {
        name: text if kinds.get(name, "string") == "string" else _read_json(name, text)
        for name, text in texts.items()
    }


def _read_json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(
            f"{name} is {text!r}: it must be JSON, since it is not a string in AWS's model"
        ) from None


def progress_to_json(progress: Progress) -> Any:
    """Write a progress: a timedelta as an object."""
    return {"seconds": progress.total_seconds()} if isinstance(progress, timedelta) else progress


def progress_from_json(value: Any) -> Any:
    """Read a progress; what is not one stays what it is."""
    if isinstance(value, dict) and list(value) == ["seconds"] and type(value["seconds"]) in (int, float):
        try:
            return timedelta(seconds=value["seconds"])
        except (OverflowError, ValueError):
            return value
    return value


def answer_to_json(value: Value) -> str | dict[str, str]:
    """Write a scripted answer: a text, or an error.

    Raises:
        TypeError: it is a callable.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Exception):
        return {"error": str(value)}
    if isinstance(value, type):
        return {"error": value.__name__}
    raise TypeError(f"{value!r} cannot be called by a server: pass texts or exceptions")


def answer_from_json(value: Any) -> Value:
    """Read a scripted answer.

    Raises:
        ValueError: *value* is not an answer.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and list(value) == ["error"] and isinstance(value["error"], str):
        return RuntimeError(value["error"])
    raise ValueError(
        f"{json.dumps(value)} is not a valid card answer: "
        'pass a text, or {"error": "why"}, which puts the card in ERROR'
    )
