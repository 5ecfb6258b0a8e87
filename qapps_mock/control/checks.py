"""Checks of what a test passes to `Control`."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from botocore.validate import ParamValidator

from qapps_mock.close_match import did_you_mean
from qapps_mock.control.matching import operations_with
from qapps_mock.http_message import CONNECTION_FAILURES
from qapps_mock.service import exceptions, protocol
from qapps_mock.service.constraints import Compiler, Violation, describe
from qapps_mock.service.service_model import service_model


def check_failure(times: object, message: object) -> None:
    """Raise unless *times* is a number of calls, or None, and *message* is a text, or None."""
    if times is not None and not _is_count(times):
        raise ValueError(f"times is {times!r}: it must be a whole number, 1 or more, or None for every call")
    if message is not None and not isinstance(message, str):
        raise TypeError(f"message is {message!r}: it must be a str, or None for AWS's own sentence")


def check_after(after: object) -> None:
    """Raise ValueError unless *after* is a number of calls."""
    if not _is_count(after) and (after != 0 or isinstance(after, bool)):
        raise ValueError(f"after is {after!r}: it must be a whole number, 0 or more")


def find_matching(operations: frozenset[str], when: object) -> frozenset[str]:
    """Return the names of those operations that have the parameters of *when*.

    Raises:
        TypeError: it is neither a mapping nor a callable, nor None.
        ValueError: no operation has them.
    """
    if when is None or callable(when):
        return operations
    if not isinstance(when, Mapping):
        raise TypeError(
            f"when is {when!r}: it must be a mapping of parameters, for example {{'appId': app_id}}, "
            "or a callable that gets them"
        )
    return operations_with(when, operations)


def check_upload_failure(code: object) -> None:
    """Raise ValueError unless *code* is what an upload can fail with."""
    from qapps_mock.s3.errors import OUTAGES  # imported here for start-up time

    valid = [*OUTAGES, "ConnectionClosedError"]
    if code not in valid:
        raise ValueError(
            f"{code!r} is not a failure of an upload.{did_you_mean(code, valid)} "
            f"The failures are: {', '.join(valid)}."
        )


def check_answers(card: object, values: tuple[object, ...]) -> None:
    """Raise unless *card* names a card, and there are *values* and all of them are valid answers."""
    if not isinstance(card, str) or not card:
        raise ValueError(f"card is {card!r}: it must be the id or the title of a card")
    if not values:
        raise TypeError(
            "answer() needs one or more values for the card: texts, callables that get the prompt, "
            "or exceptions, for example answer('Summary', 'A short text')"
        )
    for value in values:
        if not _is_answer(value):
            raise ValueError(
                f"{value!r} is not a valid card answer: pass a str, a callable that gets the prompt and "
                "returns a str, or an Exception"
            )


def check_progress(value: object) -> None:
    """Raise ValueError unless *value* is a valid progress."""
    if isinstance(value, timedelta) and value > timedelta(0):
        return
    if not _is_count(value) and value not in ("immediate", "manual"):
        raise ValueError(
            f"progress is {value!r}: it must be 'immediate', 'manual', a whole number, 1 or more, "
            "of GetQAppSession calls, or a timedelta of more than 0"
        )


def check_region(region: object) -> None:
    """Raise ValueError unless AWS can have a region of that name."""
    from qapps_mock import endpoints  # imported here for start-up time

    if not isinstance(region, str) or not endpoints.is_region(region):
        raise ValueError(f"{region!r} is not a region: expected a name such as us-east-1")


def find_documenting(operation: str, exception: str) -> frozenset[str]:
    """Return the names of the operations, of those asked for, that document *exception*.

    Raises:
        ValueError: an unknown operation or exception, or no operation documents it.
    """
    everything = protocol.operations().values()
    candidates = everything if operation == "*" else [protocol.find_operation(operation)]
    if exception in CONNECTION_FAILURES:
        return frozenset(candidate.name for candidate in candidates)
    exceptions.find_exception(exception)
    names = frozenset(candidate.name for candidate in candidates if exception in candidate.errors)
    if not names:
        [asked] = candidates
        documented = ", ".join(sorted(asked.errors))
        raise ValueError(f"{asked.name} does not document {exception}. It documents: {documented}")
    return names


def checked_prediction(app: dict[str, Any]) -> dict[str, Any]:
    """Return a checked copy of an app that PredictQApp is to return.

    Raises:
        ValueError: the service model or CreateQApp does not allow it.
    """
    from qapps_mock.models import cards  # imported here for start-up time

    shape = service_model().operation_model("PredictQApp").output_shape.members["app"]
    # botocore's own check names misspelt members; ours knows lengths, patterns and enums.
    report = ParamValidator().validate(app, shape).generate_report()
    found: list[Violation] = []
    checked = {} if report else Compiler().check(shape)(copy.deepcopy(app), (None, ""), "app", found)
    if report or found:
        raise ValueError(f"PredictQApp cannot return this app. {report or describe(found)}")
    try:
        json.dumps(checked, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"PredictQApp cannot return this app. It is not JSON: {error}") from None
    try:
        cards.build(checked["appDefinition"])
    except exceptions.ValidationException as error:
        raise ValueError(f"CreateQApp would refuse this app. {error.message}") from None
    return dict(checked)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_answer(value: object) -> bool:
    if isinstance(value, type):
        return issubclass(value, Exception)
    return isinstance(value, (str, Exception)) or callable(value)
