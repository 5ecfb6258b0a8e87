"""Put a mock around functions of every kind, and around classes."""

from __future__ import annotations

import contextlib
import functools
import inspect
import unittest
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

T = TypeVar("T")

# Makes a new mock for each run: two calls of one function share nothing.
NewMock = Callable[[], AbstractContextManager[Any]]


def decorate(target: T, new_mock: NewMock) -> T:
    """Return *target* with a mock that is active while it runs; it keeps its signature and its kind.

    Raises:
        TypeError: *target* is neither a function nor a class.
    """
    if isinstance(target, type):
        return cast(T, _class(target, new_mock))
    if isinstance(target, (staticmethod, classmethod)):
        return cast(T, type(target)(_function(target.__func__, new_mock)))
    if _is_fixture(target):
        raise TypeError(
            "put @mock_qapps below @pytest.fixture, not above it: pytest.fixture returns an object that is not a function"
        )
    if not inspect.isroutine(target) and not isinstance(target, functools.partial):
        raise TypeError(
            f"mock_qapps decorates functions and classes, not {type(target).__name__} objects. "
            "Its options are keyword-only, for example mock_qapps(strict=True)."
        )
    return cast(T, _function(target, new_mock))


def _is_fixture(target: object) -> bool:
    # An object of a class of pytest since pytest 8.4, before that a function with an attribute.
    return "pytest" in type(target).__module__ or hasattr(target, "__pytest_wrapped__")


def _function(function: Any, new_mock: NewMock) -> Any:
    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator(function, new_mock)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(function, new_mock)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(function, new_mock)
    else:
        wrapper = _plain(function, new_mock)
    return functools.wraps(function)(wrapper)


def _plain(function: Callable[..., Any], new_mock: NewMock) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with new_mock():
            return function(*args, **kwargs)

    return wrapper


def _coroutine(function: Callable[..., Any], new_mock: NewMock) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with new_mock():
            return await function(*args, **kwargs)

    return wrapper


def _generator(function: Callable[..., Any], new_mock: NewMock) -> Callable[..., Any]:
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with new_mock():
            return (yield from function(*args, **kwargs))

    return wrapper


def _async_generator(function: Callable[..., Any], new_mock: NewMock) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with new_mock():
            async with contextlib.aclosing(function(*args, **kwargs)) as inner:
                # Async generators have no `yield from`; this does the same.
                step = inner.asend(None)
                while True:
                    try:
                        value = await step
                    except StopAsyncIteration:
                        return
                    try:
                        step = inner.asend((yield value))
                    except GeneratorExit:
                        raise
                    except BaseException as error:
                        step = inner.athrow(error)

    return wrapper


def _class(cls: Any, new_mock: NewMock) -> Any:
    if issubclass(cls, unittest.TestCase):
        # One mock from setUp to the last cleanup; some debuggers run a test by `debug`.
        cls.run = functools.wraps(cls.run)(_plain(cls.run, new_mock))
        cls.debug = functools.wraps(cls.debug)(_plain(cls.debug, new_mock))
        return cls
    for name, attribute in list(vars(cls).items()):
        if name.startswith("_") or name in ("setup_method", "teardown_method"):
            continue
        if inspect.isfunction(attribute):
            setattr(cls, name, _function(attribute, new_mock))
        elif isinstance(attribute, type):
            setattr(cls, name, _class(attribute, new_mock))
    _hold_open(cls, new_mock)
    return cls


def _hold_open(cls: Any, new_mock: NewMock) -> None:
    """Start in pytest's setup_method and stop in its teardown_method, so that one test has one state."""
    setup, teardown = getattr(cls, "setup_method", None), getattr(cls, "teardown_method", None)
    key = f"_qapps_mock_{id(new_mock)}"

    def setup_method(self: Any, method: Any = None) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(new_mock())
            if setup is not None:
                _call_hook(setup, self, method)
            # A list: pytest calls these hooks twice for a class in a class.
            vars(self).setdefault(key, []).append(stack.pop_all())

    def teardown_method(self: Any, method: Any = None) -> None:
        with getattr(self, key).pop():
            if teardown is not None:
                _call_hook(teardown, self, method)

    cls.setup_method, cls.teardown_method = setup_method, teardown_method


def _call_hook(hook: Callable[..., None], self: Any, method: Any) -> None:
    # In pytest both hooks may omit the parameter *method*.
    takes_method = len(inspect.signature(hook).parameters) > 1
    if takes_method:
        hook(self, method)
    else:
        hook(self)
