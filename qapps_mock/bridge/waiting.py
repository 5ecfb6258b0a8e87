"""What a test does not wait for: parsing a service model again, and the back-off between retries."""

from __future__ import annotations

import functools
import time
import types
from collections.abc import Callable
from typing import Any

import botocore.hooks
import botocore.loaders

from qapps_mock.bridge.table import Touch, in_place, swapped

_loader = functools.lru_cache(maxsize=8)(botocore.loaders.create_loader)


def _share(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_loader(search_path_string: str | None = None) -> Any:
        """Return one loader of botocore's models for all sessions: parsing them again costs 36 ms each."""
        return _loader(search_path_string)

    return create_loader


# The names of events as botocore's aliases make them, for all sessions: a new one works out 140 of them.
_EVENT_NAMES: dict[str, str] = {}
_EVENT_ALIASES = dict(botocore.hooks.EVENT_ALIASES)


def _share_event_names(original: Callable[..., None]) -> Callable[..., None]:
    def init(aliaser: Any, *args: Any, **kwargs: Any) -> None:
        original(aliaser, *args, **kwargs)
        if type(aliaser) is botocore.hooks.EventAliaser and aliaser._event_aliases == _EVENT_ALIASES:
            aliaser._alias_name_cache = _EVENT_NAMES

    return init


def _without_sleep(original: Any) -> Any:
    # A test that patched this name restores this value late, when no mock is active any more.
    return types.SimpleNamespace(
        **{**vars(time), "sleep": lambda seconds: None if in_place else time.sleep(seconds)}
    )


def _at_once(original: Callable[..., Any]) -> Callable[..., Any]:
    def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Return immediately; the adaptive retry mode would wait for its rate limit."""
        return True if in_place else original(self, *args, **kwargs)

    return acquire


_MODELS = "a session in a test does not parse botocore's models again (36 ms)"
_NAMES = "a session in a test does not work out the names of 140 events again (2 ms)"
_NO_WAITING = "no test waits for the back-off between retries"
_BUCKET = "botocore.retries.bucket:TokenBucket"

Touch("botocore.session", "create_loader", _MODELS, "one loader for all", during=swapped(_share))
Touch("botocore.loaders", "create_loader", _MODELS, "one loader for all", during=swapped(_share))
Touch("botocore.hooks:EventAliaser", "__init__", _NAMES, "one cache", during=swapped(_share_event_names))
Touch("botocore.endpoint", "time", _NO_WAITING, "sleep returns immediately", during=swapped(_without_sleep))
Touch(_BUCKET, "acquire", _NO_WAITING, "no rate limit", during=swapped(_at_once))
