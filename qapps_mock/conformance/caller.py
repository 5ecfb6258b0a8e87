"""Send the steps of probes, and wait when the target asks to slow down."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from qapps_mock.conformance import document, request, template
from qapps_mock.conformance.probe import Step
from qapps_mock.conformance.target import Target
from qapps_mock.conformance.wire import Answer, NoAnswer

_ATTEMPTS = 6
_LONGEST_WAIT = 60
_SLOW_DOWN = (b"SlowDown", b"Throttling", b"TooManyRequests", b"RequestLimitExceeded")


class Caller:
    """Sends steps to a target.

    Args:
        target: where they go.
        wait: how to wait some seconds.
        say: called with a line about what takes time.
    """

    def __init__(
        self,
        target: Target,
        *,
        wait: Callable[[float], None] = time.sleep,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.target = target
        self._wait = wait
        self._say = say

    def call(self, step: Step, values: Mapping[str, Any]) -> tuple[Answer, Any]:
        """Fill the templates of a step, and send it.

        Raises:
            Missing: a template has no value.
            NoAnswer, ConnectionLost, ProbeError: as `send`.
        """
        return self.send(filled(step, values), values)

    def send(self, step: Step, values: Mapping[str, Any]) -> tuple[Answer, Any]:
        """Return the response to a step without templates, and the document in it.

        Raises:
            NoAnswer: the target only asks to slow down, or a state that the step waits for does not come.
            ConnectionLost: no response came.
            ProbeError: the step cannot be sent.
        """
        until = step.options.get("until")
        if until is None:
            return self._send(step, values)
        waited, every = 0.0, until.get("every", 2)
        while True:
            answer, found = self._send(step, values)
            state = found.get(until["member"]) if isinstance(found, dict) else None
            if answer.status >= 400 or state in until["in"]:
                return answer, found
            if waited >= until.get("seconds", 120):
                raise NoAnswer(f"{until['member']} was {state!r} for {waited:.0f} seconds")
            self._wait(every)
            waited += every

    def _send(self, step: Step, values: Mapping[str, Any]) -> tuple[Answer, Any]:
        for attempt in range(_ATTEMPTS):
            answer = self.target.send(request.build(step, self.target, values))
            if not _is_throttled(answer):
                return answer, document.read(answer)
            seconds = min(_seconds(answer.headers.get("retry-after"), 2.0**attempt), _LONGEST_WAIT)
            self._say(f"the target asks to slow down: waiting {seconds:.0f} s")
            self._wait(seconds)
        raise NoAnswer(f"the target asked to slow down {_ATTEMPTS} times")


def filled(step: Step, values: Mapping[str, Any]) -> Step:
    """Return a step without templates; those of its undo stay, for what it makes has no id yet.

    Raises:
        Missing: a template has no value.
    """
    parts = {name: step.options[name] for name in ("with", "sign", "only", "origin") if name in step.options}
    return dataclasses.replace(
        step,
        what=template.filled(step.what, values),
        options={**step.options, **template.filled(parts, values)},
    )


def _is_throttled(answer: Answer) -> bool:
    kind = answer.headers.get("x-amzn-errortype", "").encode()
    return answer.status in (429, 503) and any(each in answer.body or each in kind for each in _SLOW_DOWN)


def _seconds(text: str | None, default: float) -> float:
    try:
        return float(text or default)
    except ValueError:
        return default
