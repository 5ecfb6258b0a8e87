"""The JSON object in a request's body, read as strictly as restJson1 demands, with a limit on its nesting."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from qapps_mock.service.exceptions import ValidationException

# Deep enough for any sensible document or filter, and small enough for recursive code that copies
# or writes the values later.
MAX_NESTING = 100

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]").search


def read_body(body: bytes | str | None) -> dict[str, Any]:
    """Return the JSON object in a request's body."""
    if not body:
        return {}
    text = _body_text(body)
    value = _parse_json(text)
    if type(value) is not dict:
        raise ValidationException("The request body must be a JSON object.")
    # With fewer brackets than allowed levels it cannot be too deep.
    if text.count("{") + text.count("[") > MAX_NESTING and is_nested_deeper(value, MAX_NESTING):
        raise _too_deep()
    if "\\u" in text and _SURROGATE_ESCAPE(text):
        _check_surrogates(value)
    return value


def _body_text(body: bytes | str) -> str:
    try:
        if not isinstance(body, str):
            return str(body, "utf-8")
        body.encode()  # a str may hold lone surrogates
    except UnicodeError:
        raise ValidationException("The request body is not valid UTF-8.") from None
    return body


def _parse_json(text: str) -> Any:
    try:
        if text[0] == "{":  # without spaces around it `raw_decode` is enough, and takes half the time
            value, end = _DECODER.raw_decode(text)
            if end == len(text):
                return value
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        if text.startswith("\ufeff"):
            raise ValidationException(
                "The request body is not valid JSON: it starts with a byte order mark."
            ) from None
        where = f"line {error.lineno} column {error.colno}"
        raise ValidationException(f"The request body is not valid JSON: {error.msg} at {where}.") from None
    except ValueError:  # Python's limit on the digits of an integer
        raise _too_large() from None
    except RecursionError:
        raise _too_deep() from None


def _refuse_constant(word: str) -> NoReturn:
    raise ValidationException(
        f"The request body is not valid JSON: it contains {word}, which JSON does not allow."
    )


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _too_large()
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)


def is_nested_deeper(value: Any, levels: int) -> bool:
    """Tell whether a value has more levels of lists and objects, without recursion."""
    level: list[Any] = [[value]]
    for _ in range(levels + 1):
        children = (
            child for parent in level for child in (parent.values() if type(parent) is dict else parent)
        )
        level = [child for child in children if type(child) in (dict, list)]
    return bool(level)


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValidationException(
            "The request body contains a lone surrogate, which is not valid Unicode."
        ) from None


def _too_deep() -> ValidationException:
    return ValidationException(f"The request body is nested more than {MAX_NESTING} levels deep.")


def _too_large() -> ValidationException:
    return ValidationException("The request body contains a number that is too large.")
