"""restJson1, compiled once for each operation from botocore's own service model.

This module names no operation and repeats nothing from the model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import unquote, unquote_plus

from botocore import xform_name
from botocore.model import OperationModel

from qapps_mock import clock
from qapps_mock.bridge.json_writer import json_writer
from qapps_mock.close_match import did_you_mean
from qapps_mock.http_message import Headers
from qapps_mock.service.constraints import Compiler, Violation, describe
from qapps_mock.service.exceptions import QAppsError, UnknownOperation, ValidationException, members_of
from qapps_mock.service.json_body import read_body
from qapps_mock.service.service_model import service_model

_INTEGER = re.compile(r"-?[0-9]+").fullmatch
_COMPILER = Compiler()
_BOOLEANS: dict[str, Any] = {"true": True, "false": False}


class Operation:
    """One operation of the model: it reads requests and writes results."""

    def __init__(self, model: OperationModel, compiler: Compiler) -> None:
        members: Mapping[str, Any] = model.input_shape.members
        self.name: str = model.name
        self.method_name: str = xform_name(model.name)
        self.parameters: dict[str, str] = {xform_name(name): name for name in members}
        self.errors: frozenset[str] = frozenset(error.name for error in model.error_shapes)
        self.status: int = model.http["responseCode"]
        self.output: Any = model.output_shape
        self._reads_body = any("location" not in member.serialization for member in members.values())
        self._label: str | None = next((name for name, _, _ in _located(members, "uri")), None)
        self._from_headers = [
            (name, wire, _text_reader(shape)) for name, wire, shape in _located(members, "header")
        ]
        self._from_query = [
            (name, wire, _texts_reader(shape)) for name, wire, shape in _located(members, "querystring")
        ]
        self._check = compiler.structure(model.input_shape, rename=xform_name)

    def read(
        self, *, label: str | None, query: str, headers: Headers, body: bytes | str | None
    ) -> dict[str, Any]:
        """Return the members of the input as they were sent, by the model's names.

        Raises:
            ValidationException: the body is not a JSON object, or something is not valid UTF-8.
        """
        sent = read_body(body) if self._reads_body else {}
        for name, wire, read_text in self._from_headers:
            text = _header_text(wire, headers.get(wire))
            sent[name] = None if text is None else read_text(text)
        if self._label is not None:
            sent[self._label] = label
        if self._from_query:
            texts = read_query(query)
            for name, wire, read_texts in self._from_query:
                sent[name] = read_texts(texts.get(wire))
        return sent

    def check(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Return the backend's keyword arguments.

        Raises:
            ValidationException: members break the model's constraints; the message lists all of them.
        """
        found: list[Violation] = []
        arguments: dict[str, Any] = self._check(sent, None, "", found)
        if found:
            raise ValidationException(describe(found))
        return arguments

    def serialise(self, result: Mapping[str, Any] | None) -> bytes:
        """Return the body of a successful response."""
        if self.output is None:
            return b""
        return _write_json({} if result is None else result).encode()


@cache
def operations() -> Mapping[str, Operation]:
    """Return every operation of the model by its name."""
    return {name: _operation(name) for name in service_model().operation_names}


def find_operation(name: str) -> Operation:
    """Return the operation called *name*, in the model's or in boto3's spelling."""
    spellings = _spellings()
    if isinstance(name, str) and name in spellings:
        return _operation(spellings[name])
    raise ValueError(
        f"{name!r} is not an operation of Q Apps.{did_you_mean(name, spellings)} "
        f"The operations are: {', '.join(service_model().operation_names)}."
    )


def route(method: str, path: str) -> tuple[Operation, str | None]:
    """Return the operation that a request is for, and the decoded label in its path.

    *path* is percent-encoded, as it arrived. The label is everything after the prefix: an ARN has
    slashes, and not every client encodes them.
    """
    fixed, labelled = _routes()
    name = fixed.get((method, path))
    if name is not None:
        return _operation(name), None
    for verb, prefix, name in labelled:
        if verb == method and path.startswith(prefix):
            return _operation(name), _decode_label(path[len(prefix) :])
    raise UnknownOperation(f"{method} {path} is not an operation of Amazon Q Apps.")


def error_response(error: QAppsError) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the response to a request that ends in *error*."""
    headers = {"content-type": "application/json", "x-amzn-errortype": error.code}
    body: dict[str, Any] = {"message": error.message}
    shapes = members_of(error.code)
    for name, value in error.complete_members().items():
        place = shapes[name].serialization
        if place.get("location") == "header":
            headers[place["name"]] = str(value)
        else:
            body[place.get("name", name)] = value
    return error.status, headers, _write_json(body).encode()


@cache
def _operation(name: str) -> Operation:
    return Operation(service_model().operation_model(name), _COMPILER)


@cache
def _spellings() -> Mapping[str, str]:
    names = service_model().operation_names
    return {name: name for name in names} | {xform_name(name): name for name in names}


@cache
def _routes() -> tuple[Mapping[tuple[str, str], str], list[tuple[str, str, str]]]:
    """Return the fixed paths, and (method, prefix, name) of those that end in a label."""
    fixed: dict[tuple[str, str], str] = {}
    labelled = []
    for name in service_model().operation_names:
        http = service_model().operation_model(name).http
        prefix, brace, _ = http["requestUri"].partition("{")
        if brace:
            labelled.append((http["method"], prefix, name))
        else:
            fixed[http["method"], prefix] = name
    return fixed, labelled


def _located(members: Mapping[str, Any], location: str) -> Iterable[tuple[str, str, Any]]:
    for name, shape in members.items():
        if shape.serialization.get("location") == location:
            yield name, shape.serialization["name"], shape


def read_query(query: str) -> dict[str, list[str]]:
    """Return the texts of each parameter of a query string."""
    texts: dict[str, list[str]] = {}
    if query:
        try:
            query.encode()
            for pair in query.split("&"):
                name, _, text = pair.partition("=")
                texts.setdefault(_decode_form(name), []).append(_decode_form(text))
        except UnicodeError:
            raise ValidationException("The query string is not valid UTF-8.") from None
    return texts


def _decode_form(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def _decode_label(text: str) -> str:
    try:
        text.encode()
        return unquote(text, errors="strict")
    except UnicodeError:
        raise ValidationException("The path is not valid UTF-8.") from None


def _header_text(name: str, value: str | bytes | None) -> str | None:
    """Return a header's text, None for an empty one.

    An empty header is the same as none: Smithy's restJson1 clients never send an empty one.
    """
    try:
        text = value.decode() if isinstance(value, bytes) else value or ""
        text.encode()  # it may hold lone surrogates
    except UnicodeError:
        raise ValidationException(f"The header {name} is not valid UTF-8.") from None
    return text.strip(" \t") or None


def _text_reader(shape: Any) -> Callable[[str], Any]:
    """Return a function that converts the text of a header or parameter to a typed value.

    A text that is not of the type stays a text, and the check reports it like any wrong type.
    """
    if shape.type_name in ("integer", "long"):
        return _integer_or_text
    if shape.type_name == "boolean":
        return lambda text: _BOOLEANS.get(text, text)
    return str


def _integer_or_text(text: str) -> int | str:
    try:
        return int(text) if _INTEGER(text) else text
    except ValueError:  # more digits than Python converts
        return text


def _texts_reader(shape: Any) -> Callable[[list[str] | None], Any]:
    """Return a function that converts the texts of a query parameter: all of them, or the first."""
    if shape.type_name == "list":
        read = _text_reader(shape.member)
        return lambda texts: None if texts is None else [read(text) for text in texts]
    read = _text_reader(shape)
    return lambda texts: None if texts is None else read(texts[0])


@lru_cache(maxsize=1024)  # this is most of the cost of a list, and lists are read again and again
def _format(value: Any) -> str:
    """Write a time in UTC with milliseconds."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} cannot be part of a response")
    return clock.timestamp(value)


_write_json = json_writer(_format)
