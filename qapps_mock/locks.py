"""The locks of this package."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator


class Lock:
    """A re-entrant lock that is free in a forked process.

    A fork copies only the thread that forks. A lock that another thread holds at that moment would never
    be released in the new process.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Release the lock, which this thread holds once, and take it again at the end."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()

    def renew(self) -> None:
        """Replace the lock by one that no thread holds."""
        self._lock = threading.RLock()


_locks: weakref.WeakSet[Lock] = weakref.WeakSet()


def renew_all() -> None:
    """Free every lock, in a process that was just forked."""
    for lock in list(_locks):
        lock.renew()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=renew_all)
