"""Start and stop Moto quickly, and restore its settings, the keys in the environment and boto3's default session."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.core.base_backend import BackendDict
from requests.adapters import HTTPAdapter

from qapps_mock.bridge.registration import ROUTES, register
from qapps_mock.bridge.table import Touch
from qapps_mock.control.active import ACTIVE

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_CHEAP = "a mock starts in a tenth of the time that mock_aws takes"
_ANY_ORDER = "in Moto's server mode, mocks can stop in any order"
_TIDY = "a nested mock leaves no patch behind, which unittest.mock.patch.stopall would undo later"
_CORE, _MOCK = "moto.core.models", "moto.core.models:MockAWS"

STUBBER = Touch(_CORE, "botocore_stubber", "Moto serves botocore's clients", needed=True)
RESPONSES = Touch(_CORE, "responses_mock", "Moto serves the library requests", needed=True)
SETTINGS = Touch("moto.core.config", "default_user_config", "Moto's settings apply", needed=True)
_PATCHER = Touch(f"{_CORE}:responses_mock", "_patcher", _CHEAP, "set without a look-up by text")
_SEND = Touch("responses:RequestsMock", "unbound_on_send", _CHEAP)
_REGISTERED = Touch(f"{_CORE}:responses_mock._registry", "_registered", _CHEAP, "filled at once")
Touch("moto.core.custom_responses_mock", "is_responses_0_17_x", _CHEAP, "asked once", make=functools.cache)
_COUNT = Touch(
    _MOCK,
    "_nested_count",
    "a start that fails leaves nothing behind, and a class tells its calls from another mock's",
)
_USER_CONFIG = Touch(_MOCK, "_user_config_mock", _TIDY, "stopped with the mock")


# --- Moto's 1,288 callbacks: one for each route and method, the same at every start


# By HTTP method, and the routes that Moto made them for.
_callbacks: dict[str, list[Any]] = {}
_routes: list[Any] = []


def _make_once(original: Callable[..., None]) -> Callable[..., None]:
    def enable_patching(self: Any, reset: bool = True) -> None:
        """Let Moto create its callbacks at the first start (2.4 ms); later starts use the same ones, merged."""
        if _routes == ROUTES.find() and _REGISTERED.find() is not None:
            STUBBER.find().enabled = True
            if reset:
                self.reset()
            _start_responses()
        else:
            original(self, reset)
            _callbacks.update({method: _merged(each) for method, each in (_REGISTERED.find() or {}).items()})
            _routes[:] = ROUTES.find()
        registered = _REGISTERED.find()
        if registered is not None:
            registered.update({method: list(callbacks) for method, callbacks in _callbacks.items()})

    return enable_patching


def _start_responses() -> None:
    """Let Moto's double of requests replace the method that its own start finds by the text of its name (18 us)."""
    moto, make_send = RESPONSES.find(), _SEND.find()
    # The name is there, and None: the double has not been started.
    if make_send is not None and _PATCHER.find() is None and hasattr(moto, _PATCHER.name):
        moto._patcher = patch.object(HTTPAdapter, "send", make_send(moto))
        moto._patcher.start()
    else:
        moto.start()


def _merged(callbacks: list[Any]) -> list[Any]:
    """Return one callback for all routes with the same function, so that a request does not try 184 of them."""
    by_function: dict[Any, list[Any]] = {}
    for each in callbacks:
        by_function.setdefault(each.callback, []).append(each)
    merged = []
    for function, members in by_function.items():
        first = members[0]
        one = type(first)(method=first.method, url=first.url, callback=function)
        one.matches = functools.partial(_matches, members, _match_of_any(members))
        merged.append(one)
    return merged


def _match_of_any(members: list[Any]) -> Callable[[str], bool]:
    patterns = [each.url for each in members]

    @functools.lru_cache(maxsize=256)  # up to 184 patterns, and tests send many requests to few URLs
    def matches(url: str) -> bool:
        return any(pattern.match(url) for pattern in patterns)

    return matches


def _matches(members: list[Any], match: Callable[[str], bool], request: Any) -> tuple[bool, str]:
    """Ask Moto's callbacks only when the test lets a service or a URL through: each would search all routes."""
    if passthrough():
        matching = any(each.matches(request)[0] for each in members)
    else:
        matching = match(request.url.partition("?")[0])
    return matching, "" if matching else "URL does not match"


def passthrough() -> dict[str, Any]:
    """Return the services and URLs that the test lets through; empty: none."""
    core: dict[str, Any] = settings().get("core") or {}
    return {name: each for name, each in (core.get("passthrough") or {}).items() if each}


def _forget_requests() -> None:
    """Remove the requests that the callbacks keep: the callbacks live as long as the process."""
    for callbacks in _callbacks.values():
        for each in callbacks:
            each.calls.reset()


Touch(_MOCK, "_enable_patching", _CHEAP, "keeps its callbacks", False, "self reset", _make_once)


def _keep_for_all(original: Callable[..., None]) -> Callable[..., None]:
    def enable_patching(self: Any, reset: bool = True) -> None:
        """Let every mock find what patches boto3: Moto keeps it in the first mock that starts, and asks the last."""
        before = set(vars(self))
        original(self, reset)
        for name in vars(self).keys() - before:
            setattr(type(self), name, vars(self)[name])

    return enable_patching


_SERVER_MODE = f"{_CORE}:ServerModeMockAWS"
Touch(_SERVER_MODE, "_enable_patching", _ANY_ORDER, "kept for all", False, "self reset", _keep_for_all)


# --- One mock


@functools.cache
def settings() -> dict[str, Any]:
    """Return Moto's settings, always the same dictionary: every call looks into it."""
    found: dict[str, Any] = SETTINGS.find()
    return found


@contextlib.contextmanager
def moto_started(config: DefaultConfig | None) -> Iterator[None]:
    """Keep ``mock_aws`` active, and leave Moto's settings as they were."""
    register()
    wanted: dict[str, Any] = {**settings(), **(config or {})}
    # `session_kept` restores boto3's default session. Moto's own patch would stay if mocks stop in the wrong order.
    core = {**wanted.get("core", {}), "reset_boto3_session": False}
    if wanted.get("core", {}).get("reset_boto3_session", True) and not (_found or STUBBER.find().enabled):
        boto3.DEFAULT_SESSION = None
    quiet: Any = {**wanted, "core": core}
    mock = mock_aws(config=quiet)
    found, started = _Found(dict(settings()), _keys(), _COUNT.find(mock)), False
    _found.append(found)
    try:
        mock.start()
        started = True
        _replace(settings(), wanted)
        yield
    finally:
        own = _Found(dict(settings()), _keys(), None)
        try:
            # Moto does not undo a start that an exception ended.
            if started or (found.depth is not None and _COUNT.find(mock) > found.depth):
                _forget_requests()
                _stop(mock, own.settings)
        finally:
            _put_back(found, own)


def depth() -> int:
    """Return how deep the active mocks are nested, Moto's own among them."""
    return (_COUNT.find() or 0) + len(ACTIVE.runs)


def empty_backends() -> None:
    """Empty the state of Moto's services."""
    BackendDict.reset()  # and not the routes, as a mock's own reset does


def mock_keys() -> list[str]:
    """Return the keys that the environment has while a mock is active: Moto's, unless the test set others."""
    return [os.environ.get(name) or "mock" for name in _KEYS]


@dataclass
class _Found:
    """What a mock has found at its start: Moto's settings, the keys in the environment, how deep Moto was nested."""

    settings: dict[str, Any]
    keys: dict[str, str | None]
    depth: int | None


# Of each active mock, outermost first.
_found: list[_Found] = []


def _stop(mock: Any, settings: dict[str, Any]) -> None:
    if settings.get("core", {}).get("mock_credentials", True):
        for name in _KEYS:  # Moto deletes them, and raises a KeyError if the test has already done so
            os.environ.setdefault(name, "")
    _stop_moto(mock)
    patched = _USER_CONFIG.find(mock)
    if patched is not None:
        patched.stop()


def _stop_moto(mock: Any) -> None:
    """Stop Moto's mock, and keep what another double of requests has put in place, or put back, since it started.

    Moto's double puts back what it has found: perhaps a double that has ended, and that would refuse every request.
    """
    send = HTTPAdapter.send
    # Not `find`, which warns: at the end of a process the row may be gone, and nobody can do anything about it.
    patcher = getattr(_PATCHER.find_owner(), _PATCHER.name, None)
    is_motos = send is getattr(patcher, "new", send)
    try:
        mock.stop()
    finally:
        if not is_motos:
            HTTPAdapter.send = send  # type: ignore[method-assign]  # as doubles of requests replace it


def _put_back(found: _Found, own: _Found) -> None:
    """Put back the settings and keys that a mock has *found*, in place of its *own*.

    Moto undoes the settings of the last mock that stops, and those of a nested one never. It puts back
    the keys at each stop, also when another mock still needs those of the mock.
    """
    place = next(place for place, each in enumerate(_found) if each is found)
    del _found[place]
    if place < len(_found):  # a mock that started later is still active: it keeps its own
        later = _found[place]
        _replace(later.settings, found.settings)
        later.keys, later.depth = found.keys, found.depth
        found = own
    _replace(settings(), found.settings)
    # If a mock_aws has started or stopped meanwhile, the keys are those that it needs, or has put back.
    _set_keys(found.keys if found.depth == _COUNT.find() else own.keys)


def _replace(settings: dict[str, Any], others: dict[str, Any]) -> None:
    settings.clear()
    settings.update(others)


def _keys() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in _KEYS}


def _set_keys(keys: dict[str, str | None]) -> None:
    for name, value in keys.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextlib.contextmanager
def session_kept() -> Iterator[None]:
    """Put boto3's default session back at the end."""
    session = boto3.DEFAULT_SESSION
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = session
