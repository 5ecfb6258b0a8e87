"""`mock_qapps` and `MockQApps`: start, stop and nest the mock."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import sys
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from qapps_mock.control import handle
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.control import Control
from qapps_mock.control.handle import Handle
from qapps_mock.control.options import checked_options
from qapps_mock.control.run import Run
from qapps_mock.control.unused import complaint
from qapps_mock.decorate import decorate
from qapps_mock.locks import Lock
from qapps_mock.server.server import Loopback

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from qapps_mock.control.options import OptionArguments, Options

T = TypeVar("T", bound=Callable[..., Any])

_CURE = "Call it after start(), or within the with block or the test."
_LOCK = Lock()
# What the first mock puts in place and the last one removes.
_patches = contextlib.ExitStack()
# The active mocks, innermost last. Changed under the lock only, like `ACTIVE`.
_active: list[MockQApps] = []
# The interpreter runs its exit handlers.
_process_ends = False


class MockQApps(Control):
    """A mock of Amazon Q Apps: a decorator, a context manager, or `start` and `stop`.

    While it is active, every boto3 client talks to a service in memory, S3 and the rest of AWS are
    Moto's, and nothing reaches the network. A test controls and inspects it with `fail`, `answer`,
    `predict`, `progress`, `advance`, `calls`, `uploads`, `client`, `user` and `reset`.

    Args:
        strict: also reject requests that refer to things this mock has never seen: unknown app,
            card or session in CreatePresignedUrl; a value for an unknown card; a file id that is
            used before its upload; regions other than us-east-1 and us-west-2. Also reject requests
            that AWS may accept and that are probably mistakes: a card that presets a file of another
            app, a form whose schema cannot be used, a prompt that names a card by its title,
            PredictQApp without a problem. Default: False.
        url_lifetime: how long a presigned URL is valid, a timedelta or seconds; AWS documents
            nothing. Default: 15 minutes.
        max_file_size: the largest file, in bytes; AWS's quota is 50 MB a file. Default: 52428800.
        enforce_all_posts: check form uploads to every mocked bucket against their policy, not only
            those to Q Apps' own upload buckets. Default: False.
        upload_host: ``"aws"``: presigned URLs look like AWS's and work with ``requests`` in this
            process; ``"loopback"``: a thread of this process serves them on 127.0.0.1, so that they
            work with every HTTP client. Default: ``"aws"``.
        config: passed on to ``moto.mock_aws(config=...)``. Default: None.
        page_size: how many entries a page of ListQApps and ListLibraryItems has when the call passes no
            ``limit``, 1 to 100; AWS documents nothing. Default: 100.
        seed: a whole number, which makes ids, request ids, tokens and the keys of presigned URLs the
            same in each run, for tests that compare whole responses; None: they are random. Default: None.
        assert_all_used: fail at the end of a test that passed otherwise if no call has used one of its
            scripts (`fail`, `fail_upload`, `answer`, `predict`). ``start`` and ``stop`` do not
            check this. Default: True.
        upload_credentials: further access keys and their secrets, ``{"KEY": "SECRET"}``, that can
            sign uploads. Keys of this process's clients, of its environment, and of Moto's IAM, STS
            and Cognito can do so anyway. Default: None.

    Raises:
        TypeError: an option that does not exist.
        ValueError: an option's value that is not valid; the message says what is.
    """

    # The class that the caller named, which is not the one for a server, and its arguments.
    _made_with: tuple[type[MockQApps], OptionArguments]

    def __new__(cls, **options: Unpack[OptionArguments]) -> Self:
        """Choose the class that uses a server, in Moto's server mode."""
        chosen: type[Any] = _remote_class() if cls is MockQApps and _server_mode() else cls
        self: Self = super().__new__(chosen)
        self._made_with = cls, options
        return self

    def __init__(self, **options: Unpack[OptionArguments]) -> None:
        self._loopback = Loopback()
        self._handle = Handle()
        self._decorating: Handle | None = None
        super().__init__(self._new_run(checked_options(options)))
        self._starts: list[contextlib.ExitStack] = []

    def _new_run(self, options: Options) -> Run:
        return Run(options, self._loopback.url) if options.upload_host == "loopback" else Run(options)

    def __call__(self, target: T) -> T:
        """Decorate a function or a class: each run gets a fresh mock with these options."""
        return decorate(target, self._fresh)

    def _fresh(self) -> MockQApps:
        cls, options = self._made_with
        mock = cls(**options)
        mock._decorating = self._handle
        return mock

    def _running(self, method: str) -> Run:
        run = self._handle.running()
        if run is None:
            raise RuntimeError(f"{method}: this mock of Q Apps is not active. {_CURE}")
        return run

    def _latest(self, method: str) -> Run:
        run = self._handle.find()
        if run is None:
            raise RuntimeError(f"{method}: this mock of Q Apps has never been started. {_CURE}")
        return run

    def start(self) -> Self:
        """Start the mock; starts count, and the first of all finds an empty service.

        A mock that is started inside another one shares its state. What it scripts, and the calls
        that it shows, are its own.
        """
        from qapps_mock import models  # imported here for start-up time
        from qapps_mock.bridge import patches, requests, start  # imported here for start-up time

        with _LOCK, contextlib.ExitStack() as undo:
            if not self._starts:
                self._look_ahead()
            undo.callback(_unpatch_after_the_last)
            if not ACTIVE.runs:
                _patches.enter_context(patches.patched())
            undo.enter_context(start.moto_started(self._run.options.config))
            if not ACTIVE.runs:
                requests.serve_requests(_patches)
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
                if _process_ends:  # `_stop_what_is_active` has stopped it
                    return
                raise RuntimeError(
                    "stop() without start(): this mock of Q Apps is not active. Call stop() once for each start()."
                )
            self._starts.pop().close()

    def _join(self) -> None:
        if not self._starts:
            if self._handle.find() is self._run:  # it was the run of an earlier start
                self._run = self._new_run(self._run.options)
            self._run.empty_services = self._empty_services
            self._arrive()
            _active.append(self)
            ACTIVE.push(self._run)
            for each in self._handles():
                each.begin(self._run)
            handle.enter(self._run)

    def _leave(self) -> None:
        if not self._starts:
            with contextlib.ExitStack() as stack:
                stack.callback(self._depart)
                stack.callback(self._loopback.stop)
                stack.callback(self._forget)
                self._run.end(self._uploads_of(self._run), self._unused_of(self._run))

    def _forget(self) -> None:
        for each in self._handles():
            each.end(self._run)
        handle.leave(self._run)
        ACTIVE.remove(self._run)
        _active[:] = (mock for mock in _active if mock is not self)

    def _handles(self) -> list[Handle]:
        return [self._handle] if self._decorating is None else [self._handle, self._decorating]

    def _empty_services(self) -> None:
        """Delete the state of all services; the scripts stay."""
        from qapps_mock import models  # imported here for start-up time
        from qapps_mock.bridge import start  # imported here for start-up time

        start.empty_backends()
        models.reset_all()

    def _look_ahead(self) -> None:
        """Check that the mock can start, before anything is changed."""

    def _arrive(self) -> None:
        """Prepare a server, before the mock is active."""

    def _depart(self) -> None:
        """Restore that server."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        with contextlib.ExitStack() as stack:
            stack.callback(self.stop)
            if kind is None and len(self._starts) == 1:
                require_used(self)

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, error, trace)

    def __repr__(self) -> str:
        run = self._handle.find()
        if run is None:
            return "<MockQApps not started>"
        state = "stopped" if self._handle.running() is None else "active"
        number = len(run.calls())
        return f"<MockQApps {state}, {number} call{'s' if number != 1 else ''}>"


def require_used(mock: MockQApps) -> None:
    """Raise AssertionError when scripts of a running mock were not used; its options, or a failed test, allow it."""
    __tracebackhide__ = True
    run = mock._run
    if run.options.assert_all_used and not run.test_failed:
        texts = mock._unused_of(run)
        if texts:
            raise AssertionError(complaint(texts.values()))


def current() -> MockQApps:
    """Return the innermost mock that is active: for code that has no handle, for example under ``@mock_qapps``.

    In a context (a thread, an asyncio task) in which a mock was started, it is the innermost one of these.

    Raises:
        RuntimeError: no mock is active.
    """
    active = tuple(_active)
    run = handle.innermost(tuple(mock._run for mock in active))
    for mock in active:
        if mock._run is run:
            return mock
    raise RuntimeError(
        "qapps_mock.current(): no mock of Q Apps is active. Call it within a test that uses mock_qapps or "
        "the fixture qapps_mock."
    )


@functools.cache
def _remote_class() -> type[MockQApps]:
    """Return the class of mocks in Moto's server mode."""
    from qapps_mock.server.control_client import RemoteControl  # imported here for start-up time

    class RemoteMockQApps(RemoteControl, MockQApps):
        """A mock whose state, scripts and history are those of a server."""

    return RemoteMockQApps


def _server_mode() -> bool:
    """Tell whether Moto sends requests to a server, without importing Moto."""
    settings = sys.modules.get("moto.settings")
    if settings is None:
        return os.environ.get("TEST_SERVER_MODE", "").lower() == "true"
    return bool(settings.TEST_SERVER_MODE)


@atexit.register
def _stop_what_is_active() -> None:
    """Stop mocks that nobody has stopped, while the modules that this needs still exist.

    A generator that is still open is closed after this, and stops its mock again.
    """
    global _process_ends
    _process_ends = True
    while _active:
        # Nothing outlives the process, so an error would help nobody: in Moto's server mode the server may
        # have ended, and the program may have removed what a stop needs.
        with contextlib.suppress(Exception):
            _active[-1].stop()


def _unpatch_after_the_last() -> None:
    from qapps_mock import models  # imported here for start-up time

    if not ACTIVE.runs:
        try:
            models.reset_all()
        finally:
            _patches.close()


@overload
def mock_qapps(target: T, /) -> T: ...


@overload
def mock_qapps(**options: Unpack[OptionArguments]) -> MockQApps: ...


def mock_qapps(target: T | None = None, /, **options: Unpack[OptionArguments]) -> T | MockQApps:
    """Mock Amazon Q Apps, as a decorator with or without options, or as a context manager.

    It decorates plain, async, generator and async-generator functions, and classes (also
    ``unittest.TestCase``).

    Args:
        strict: also reject requests that refer to things this mock has never seen: unknown app,
            card or session in CreatePresignedUrl; a value for an unknown card; a file id that is
            used before its upload; regions other than us-east-1 and us-west-2. Also reject requests
            that AWS may accept and that are probably mistakes: a card that presets a file of another
            app, a form whose schema cannot be used, a prompt that names a card by its title,
            PredictQApp without a problem. Default: False.
        url_lifetime: how long a presigned URL is valid, a timedelta or seconds; AWS documents
            nothing. Default: 15 minutes.
        max_file_size: the largest file, in bytes; AWS's quota is 50 MB a file. Default: 52428800.
        enforce_all_posts: check form uploads to every mocked bucket against their policy, not only
            those to Q Apps' own upload buckets. Default: False.
        upload_host: ``"aws"``: presigned URLs look like AWS's and work with ``requests`` in this
            process; ``"loopback"``: a thread of this process serves them on 127.0.0.1, so that they
            work with every HTTP client. Default: ``"aws"``.
        config: passed on to ``moto.mock_aws(config=...)``. Default: None.
        page_size: how many entries a page of ListQApps and ListLibraryItems has when the call passes no
            ``limit``, 1 to 100; AWS documents nothing. Default: 100.
        seed: a whole number, which makes ids, request ids, tokens and the keys of presigned URLs the
            same in each run, for tests that compare whole responses; None: they are random. Default: None.
        assert_all_used: fail at the end of a test that passed otherwise if no call has used one of its
            scripts (`fail`, `fail_upload`, `answer`, `predict`). ``start`` and ``stop`` do not
            check this. Default: True.
        upload_credentials: further access keys and their secrets, ``{"KEY": "SECRET"}``, that can
            sign uploads. Keys of this process's clients, of its environment, and of Moto's IAM, STS
            and Cognito can do so anyway. Default: None.

    Raises:
        TypeError: an option that does not exist, or *target* is neither a function nor a class.
        ValueError: an option's value that is not valid; the message says what is.
    """
    mock = MockQApps(**options)
    return mock if target is None else mock(target)
