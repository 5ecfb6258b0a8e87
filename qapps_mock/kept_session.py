"""The boto3 session that the mock's clients are made from: kept from test to test, and never handed out.

To make a session, and to find its keys, takes longer than to make a client. The clients are new ones each
time, so that nothing that a test does to its own is seen by another test.
"""

from __future__ import annotations

import os
import threading
from typing import Any, NamedTuple

import boto3
import botocore.handlers
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.credentials import Credentials

# pytest writes the running test into it.
_OF_NO_MATTER = "PYTEST_CURRENT_TEST"


class _Surroundings(NamedTuple):
    """What decides what a session is like."""

    environment: dict[str, str | None]
    files: list[tuple[int, ...] | None]
    session_class: Any
    handlers: list[Any]


# Sessions of boto3 are not made for several threads; a handler of the making of clients may make another.
_LOCK = threading.RLock()
_kept: tuple[_Surroundings, boto3.Session] | None = None


def client(region_name: str | None, **kwargs: Any) -> Any:
    """Make a boto3 qapps client; from the default session, if the test has made one."""
    if boto3.DEFAULT_SESSION is not None or not _is_boto3s(boto3.client):
        region_name = _region(region_name, kwargs, boto3.DEFAULT_SESSION or boto3.Session())
        return boto3.client("qapps", region_name=region_name, **kwargs)
    with _LOCK:
        session = _session()
        return session.client("qapps", region_name=_region(region_name, kwargs, session), **kwargs)


def _is_boto3s(function: Any) -> bool:
    """Tell whether *function* is boto3's own; in Moto's server mode another leads to the server."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename == boto3.__file__


def _region(region_name: str | None, kwargs: dict[str, Any], session: boto3.Session) -> str | None:
    config = kwargs.get("config")
    known = region_name or session.region_name or (config is not None and config.region_name)
    return region_name if known else "us-east-1"


def _session() -> boto3.Session:
    global _kept
    here = _surroundings()
    if _kept is not None and _kept[0] == here:
        return _kept[1]
    session = boto3.Session()
    # Any other keys may be another test's, or be renewed.
    keys = session.get_credentials()
    _kept = (here, session) if type(keys) is Credentials and keys.method == "env" else None
    return session


def _surroundings() -> _Surroundings:
    # Not items(): another thread may take one away meanwhile.
    environment = {name: os.environ.get(name) for name in list(os.environ) if name != _OF_NO_MATTER}
    files = [_stamp(variable) for variable in ("config_file", "credentials_file")]
    return _Surroundings(environment, files, boto3.Session, [*botocore.handlers.BUILTIN_HANDLERS])


def _stamp(variable: str) -> tuple[int, ...] | None:
    _, name, default, _ = BOTOCORE_DEFAUT_SESSION_VARIABLES[variable]
    try:
        found = os.stat(os.path.expanduser(os.path.expandvars(os.environ.get(name, default))))
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
