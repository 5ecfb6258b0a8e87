"""`mock_qapps`: start, stop and nest the mock, in every way that a test is written."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from qapps_mock.control import control
from qapps_mock.decorate import decorate

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

T = TypeVar("T", bound=Callable[..., Any])

_LOCK = threading.RLock()
# What the first mock puts in place and the last one takes away.
_patches = contextlib.ExitStack()


class MockQApps(control.Control):
    """A mock of Amazon Q Apps: a decorator, a context manager, or `start` and `stop`.

    While it is active, every boto3 client talks to a service in memory, S3 and the rest of AWS are
    Moto's, and nothing reaches the network. It also is the test's say: `fail`, `answer`, `predict`,
    `progress`, `advance`, `calls`, `uploads`, `client`, `user`, `reset`.

    Args:
        strict: also check what the real service could only know from earlier calls: unknown app,
            card or session in CreatePresignedUrl; a file id that is used before its upload; regions
            other than us-east-1 and us-west-2.
        url_lifetime: the life of a presigned URL, a timedelta or seconds. AWS documents none.
        max_file_size: the largest file, in bytes. AWS's quota is 50 MB a file.
        enforce_all_posts: hold form uploads to every mocked bucket to their policy, not only
            those to Q Apps' own upload buckets.
        upload_host: ``"aws"``: presigned URLs look like AWS's and are served to ``requests`` in process;
            ``"loopback"``: a thread of this process serves them on 127.0.0.1, to every HTTP client.
        config: passed on to ``moto.mock_aws(config=...)``.

    Raises:
        TypeError: an option that does not exist.
        ValueError: an option's value that is not valid; the message says what is.
    """

    def __new__(cls, **options: Any) -> MockQApps:
        """Choose the class that asks a server, in Moto's server mode."""
        if cls is MockQApps and _server_mode():
            from qapps_mock.server.control_client import RemoteMockQApps

            return super().__new__(RemoteMockQApps)
        return super().__new__(cls)

    def __init__(
        self,
        *,
        strict: bool = False,
        url_lifetime: timedelta | float = control.DEFAULTS.url_lifetime,
        max_file_size: int = control.DEFAULTS.max_file_size,
        enforce_all_posts: bool = False,
        upload_host: control.UploadHost = "aws",
        config: DefaultConfig | None = None,
    ) -> None:
        super().__init__(
            control.Options(
                strict=strict,
                url_lifetime=url_lifetime,
                max_file_size=max_file_size,
                enforce_all_posts=enforce_all_posts,
                upload_host=upload_host,
                config=config,
            )
        )
        self._starts: list[contextlib.ExitStack] = []

    def __call__(self, target: T) -> T:
        """Decorate a function or a class: each run gets a fresh mock with these options."""
        return decorate(target, self._fresh)

    def _fresh(self) -> MockQApps:
        return MockQApps(**{name: getattr(self.options, name) for name in control.option_names()})

    def start(self) -> MockQApps:
        """Start the mock; starts count, and the first of all finds an empty service.

        A mock that is started inside another one shares its state. What it scripts, and the calls
        that it shows, are its own.
        """
        from qapps_mock import models
        from qapps_mock.bridge import patches, requests, start

        with _LOCK, contextlib.ExitStack() as undo:
            if not self._starts:
                self._look_ahead()
            undo.callback(_unpatch_after_the_last)
            if not control.ACTIVE:
                _patches.enter_context(patches.patched())
            undo.enter_context(start.moto_started(self.options.config))
            if not control.ACTIVE:
                _patches.enter_context(requests.requests_served())
                models.reset_all()
            undo.callback(self._leave)
            self._join()
            self._starts.append(undo.pop_all())
        return self

    def stop(self) -> None:
        """Undo one `start`; the last one leaves everything as it was before the first.

        Raises:
            RuntimeError: the mock is not active.
        """
        with _LOCK:
            if not self._starts:
                raise RuntimeError(
                    "stop() without start(): this mock of Q Apps is not active; stop it once for each start"
                )
            self._starts.pop().close()

    def _join(self) -> None:
        if not self._starts:
            self.clear()
            self._arrive()
            control.ACTIVE = (*control.ACTIVE, self)

    def _leave(self) -> None:
        if not self._starts:
            self._uploads_at_end = super().uploads
            control.ACTIVE = tuple(each for each in control.ACTIVE if each is not self)
            self._stop_loopback()
            self._depart()

    def _look_ahead(self) -> None:
        """See that the mock can start, before anything is done."""

    def _arrive(self) -> None:
        """Do what is to be done elsewhere, before the mock is active."""

    def _depart(self) -> None:
        """Undo it."""

    def __enter__(self) -> MockQApps:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> MockQApps:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<MockQApps {'active' if self._starts else 'stopped'}, {len(self._history)} calls>"


def _server_mode() -> bool:
    """Tell whether Moto is to talk to a server of its own; without importing Moto for that."""
    settings = sys.modules.get("moto.settings")
    if settings is None:
        return os.environ.get("TEST_SERVER_MODE", "").lower() == "true"
    return bool(settings.TEST_SERVER_MODE)


@atexit.register
def _stop_what_is_active() -> None:
    """Stop mocks that nobody has stopped while there are modules still to do it with."""
    with contextlib.suppress(ConnectionError):  # a server, in Moto's server mode, has ended
        while control.ACTIVE and isinstance(control.ACTIVE[-1], MockQApps):
            control.ACTIVE[-1].stop()


def _unpatch_after_the_last() -> None:
    from qapps_mock import models

    if not control.ACTIVE:
        try:
            models.reset_all()
        finally:
            _patches.close()


@overload
def mock_qapps(target: T, /) -> T: ...


@overload
def mock_qapps(
    *,
    strict: bool = ...,
    url_lifetime: timedelta | float = ...,
    max_file_size: int = ...,
    enforce_all_posts: bool = ...,
    upload_host: control.UploadHost = ...,
    config: DefaultConfig | None = ...,
) -> MockQApps: ...


def mock_qapps(target: T | None = None, /, **options: Any) -> T | MockQApps:
    """Mock Amazon Q Apps, as a decorator with or without options, or as a context manager.

    It decorates plain, async, generator and async-generator functions, and classes (also
    ``unittest.TestCase``). `MockQApps` describes the options.

    Raises:
        TypeError: an option that does not exist, or something that is neither function nor class.
        ValueError: an option's value that is not valid.
    """
    valid = control.option_names()
    for name in options:
        if name not in valid:
            raise TypeError(f"mock_qapps has no option {name!r}; its options are: {', '.join(valid)}")
    mock = MockQApps(**options)
    return mock if target is None else mock(target)
