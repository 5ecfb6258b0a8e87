"""The cost of many apps: a page of their list, the memory of each app, a reset."""

from __future__ import annotations

import contextlib
import json
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from benchmarks.calls import INSTANCE, upload_app
from benchmarks.timing import best, traced
from qapps_mock import MockQApps, mock_qapps, models, users
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.options import DEFAULTS
from qapps_mock.models import apps
from qapps_mock.service.context import Context

_FEW, _MANY = 1_000, 100_000
_ACCOUNT = "123456789012"
_CONTEXT = Context(
    users.user_id(users.DEFAULT_EMAIL),
    users.DEFAULT_EMAIL,
    DEFAULTS,
    ACTIVE,
)


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, figure and target of each measure."""
    with without_quotas() as qapps:
        few, many = apps_in(qapps, "us-east-1", _FEW), apps_in(qapps, "us-west-2", _MANY)
        at_many, at_few = best(lambda: list_page(many), lambda: list_page(few), times=5)
        yield f"ListQApps, a page of 10 of {_MANY:,} apps / of {_FEW:,}", at_many / at_few, 1.3
        start = time.perf_counter()
        qapps.reset()
        yield f"reset of {_MANY:,} apps, ms", (time.perf_counter() - start) * 1000, 50
    with without_quotas():
        yield "memory of an app beyond its definition, KiB", _bytes_an_app() / 1024, 2


@contextlib.contextmanager
def without_quotas() -> Iterator[MockQApps]:
    """Run a mock without a quota of apps."""
    with mock_qapps() as qapps, patch.multiple(apps, APPS_A_USER=10**9, APPS_AN_INSTANCE=10**9):
        yield qapps


def apps_in(qapps: MockQApps, region: str, count: int) -> Any:
    """Create apps of the default user, and return a client for them."""
    _create([upload_app() for _ in range(count)], region)
    return qapps.client(region_name=region)


def list_page(client: Any) -> None:
    assert len(client.list_q_apps(instanceId=INSTANCE, limit=10)["apps"]) == 10


def _create(definitions: list[dict[str, Any]], region: str) -> None:
    """Create apps in the backend directly: with boto3 this many would take minutes."""
    backend = models.backend_of(_ACCOUNT, region)
    for definition in definitions:
        backend.create_q_app(_CONTEXT, instance_id=INSTANCE, title="T", app_definition=definition)


def _bytes_an_app() -> float:
    text = json.dumps(upload_app())
    with traced():
        definitions = [json.loads(text) for _ in range(_MANY)]
        before, _ = tracemalloc.get_traced_memory()
        _create(definitions, "us-east-1")
        del definitions
        after, _ = tracemalloc.get_traced_memory()
    return (after - before) / _MANY
