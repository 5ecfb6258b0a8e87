"""The code under test of test_session.py: it runs a Q App and waits for the result."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class RunFailed(Exception):
    """The app has no result."""


def run_app(
    client: Any,
    *,
    instance: str,
    app: str,
    values: dict[str, str],
    wait: Callable[[float], object] = time.sleep,
) -> dict[str, str]:
    """Run an app's newest version and return the value of each of its cards."""
    version = client.get_q_app(instanceId=instance, appId=app)["appVersion"]
    session = client.start_q_app_session(
        instanceId=instance,
        appId=app,
        appVersion=version,
        initialValues=[{"cardId": card, "value": value} for card, value in values.items()],
    )["sessionId"]
    for _ in range(60):
        state = client.get_q_app_session(instanceId=instance, sessionId=session)
        if state["status"] == "COMPLETED":
            return {card: status["currentValue"] for card, status in state["cardStatus"].items()}
        if state["status"] != "IN_PROGRESS":
            raise RunFailed(state["status"])
        wait(2)
    raise RunFailed("no result after two minutes")
