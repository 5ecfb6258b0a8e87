"""What a test does not wait for: parsing a service model again, and the back-off between retries."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import botocore.hooks
import botocore.loaders  # a replacement needs the module

from qapps_mock.bridge.table import Touch, in_place


@functools.lru_cache(maxsize=8)
def _read_from(folders: tuple[str, ...]) -> dict[Any, Any]:
    """Return what loaders of these folders have read: parsing it again takes 36 ms for each session."""
    return {}


class _SharedCache:
    """Stands for the cache of one loader: what loaders of the same folders have read."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._folders: tuple[str, ...] = ()
        self._read: dict[Any, Any] = {}

    def _results(self) -> dict[Any, Any]:
        # A test can add a folder to its loader. Otherwise the loader keeps its results when they are evicted:
        # botocore looks a name up first and reads it then.
        folders = tuple(self._loader.search_paths)
        if folders != self._folders:
            self._folders, self._read = folders, _read_from(folders)
        return self._read

    def __contains__(self, key: object) -> bool:
        return key in self._results()

    def __getitem__(self, key: object) -> Any:
        return self._results()[key]

    def __setitem__(self, key: object, value: object) -> None:
        self._results()[key] = value


def _share(original: Callable[..., Any]) -> Callable[..., Any]:
    def create_loader(search_path_string: str | None = None) -> Any:
        """Return a new loader, which shares what it reads with the loaders of the same folders."""
        loader = original(search_path_string)
        if in_place and _CACHE.find(loader) is not None:
            loader._cache = _SharedCache(loader)
        return loader

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


class _WithoutSleep:
    """Stands for the module time."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)  # looked up each time: freezegun replaces some of them

    def sleep(self, seconds: float) -> None:
        """Return immediately while a mock is active."""
        # A test that patched the name `time` of botocore can put this object back after the last mock.
        if not in_place:
            time.sleep(seconds)


def _without_sleep(original: Any) -> Any:
    return _WithoutSleep()


def _at_once(original: Callable[..., Any]) -> Callable[..., Any]:
    def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        """Return immediately; the adaptive retry mode would wait for its rate limit."""
        return True if in_place else original(self, *args, **kwargs)

    return acquire


_MODELS = "a session in a test does not parse botocore's models again (36 ms)"
_NAMES = "a session in a test does not work out the names of 140 events again (2 ms)"
_NO_WAITING = "no test waits for the back-off between retries"
_BUCKET = "botocore.retries.bucket:TokenBucket"

_CACHE = Touch("botocore.loaders:Loader", "_cache", _MODELS, "shared by loaders of the same folders")
Touch("botocore.session", "create_loader", _MODELS, "loaders share their results", make=_share)
Touch("botocore.loaders", "create_loader", _MODELS, "loaders share their results", make=_share)
Touch("botocore.hooks:EventAliaser", "__init__", _NAMES, "one cache", make=_share_event_names)
Touch("botocore.endpoint", "time", _NO_WAITING, "sleep returns immediately", make=_without_sleep, anew=True)
Touch(_BUCKET, "acquire", _NO_WAITING, "no rate limit", make=_at_once)
