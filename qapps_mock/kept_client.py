"""The plain boto3 client of the mock: made once, and lent to test after test as long as none can tell.

To make a session and a client, and to warm it up, takes twice the time of all else in a short test.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import botocore.handlers
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.credentials import RefreshableCredentials
from botocore.model import ServiceModel

# pytest writes the running test into it.
_OF_NO_MATTER = "PYTEST_CURRENT_TEST"


class _Kept(NamedTuple):
    """A client, what it was made of, and what it was like when it was new."""

    client: Any
    made_of: object
    parts: list[tuple[Any, dict[str, Any]]]

    def is_changed(self) -> bool:
        return any(
            vars(part).keys() != attributes.keys()
            or any(vars(part)[name] is not value for name, value in attributes.items())
            for part, attributes in self.parts
        )


# One at most of both together. It comes back when no mock is active any more.
_free: list[_Kept] = []
_lent: list[_Kept] = []


def lend(region_name: str | None, **kwargs: Any) -> Any:
    """Return a boto3 qapps client; the first plain one of a test may be an earlier test's, as good as new."""
    if region_name is not None or kwargs or boto3.DEFAULT_SESSION is not None or _lent:
        return _new(region_name, **kwargs)
    made_of, kept = _made_of(), None
    with contextlib.suppress(IndexError):  # none is free, or another thread was quicker
        kept = _free.pop()
    if kept is None or kept.made_of != made_of or kept.is_changed():
        client = _new(None)
        parts = [(part, dict(vars(part))) for part in _parts(client)]
        if not _is_stateless(client, parts):
            return client
        kept = _Kept(client, made_of, parts)
    _lent.append(kept)
    return kept.client


def take_back() -> None:
    """Take back what was lent: no mock is active."""
    if _lent:
        _free[:] = _lent[-1:]
        _lent.clear()


def _new(region_name: str | None, **kwargs: Any) -> Any:
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    session = boto3.DEFAULT_SESSION or boto3.Session()  # a mock in another thread may have dropped it
    config = kwargs.get("config")
    known = region_name or session.region_name or (config is not None and config.region_name)
    if not known:
        region_name = "us-east-1"
    # Not the session's: in Moto's server mode it is boto3's function that leads to the server.
    return boto3.client("qapps", region_name=region_name, **kwargs)


def _made_of() -> object:
    """Return all that decides what a plain client is like: environment, files, and what a test may patch."""
    # Not items(): another thread may take one away meanwhile.
    environment = {name: os.environ.get(name) for name in list(os.environ) if name != _OF_NO_MATTER}
    files = [_stamp(variable) for variable in ("config_file", "credentials_file")]
    patched = boto3.client, boto3.setup_default_session, boto3.Session, boto3.Session.client
    return environment, files, patched, [*botocore.handlers.BUILTIN_HANDLERS]


def _stamp(variable: str) -> tuple[int, ...] | None:
    _, name, default, _ = BOTOCORE_DEFAUT_SESSION_VARIABLES[variable]
    try:
        found = os.stat(os.path.expanduser(os.environ.get(name, default)))
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _parts(client: Any) -> Iterator[Any]:
    """Yield a client, its class, and what botocore has put into it: events, configuration, connections."""
    client.exceptions  # noqa: B018  # else it would be made, and look like a change, when a test needs it
    yield type(client)
    found, seen = [client], set()
    while found:
        part = found.pop()
        # The model only remembers what it was asked.
        if id(part) not in seen and not isinstance(part, ServiceModel):
            seen.add(id(part))
            yield part
            found += [each for each in vars(part).values() if _is_botocores(each)]


def _is_botocores(value: Any) -> bool:
    return hasattr(value, "__dict__") and any(
        each.__module__.startswith("botocore.") for each in type(value).__mro__
    )


def _is_stateless(client: Any, parts: list[tuple[Any, dict[str, Any]]]) -> bool:
    """Tell whether calls leave no trace in a client: no quota of retries is used up, no key renewed."""
    return client.meta.config.retries["mode"] == "legacy" and not any(
        isinstance(part, RefreshableCredentials) for part, _ in parts
    )
