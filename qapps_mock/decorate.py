"""Put a mock around functions of every kind; decorate_class.py does it for classes."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any, TypeVar, cast

from qapps_mock.bridge.fixtures import scope_of
from qapps_mock.class_mock import NewMock
from qapps_mock.control import handle

T = TypeVar("T")


def decorate(target: T, new_mock: NewMock) -> T:
    """Return *target* with a mock that is active while it runs; it keeps its signature and its kind.

    Raises:
        TypeError: *target* is neither a function nor a class.
    """
    if isinstance(target, type):
        from qapps_mock.decorate_class import decorate_class  # imported here for start-up time

        return cast(T, decorate_class(target, new_mock, _function))
    if isinstance(target, (staticmethod, classmethod)):
        return cast(T, type(target)(_function(target.__func__, new_mock)))
    if scope_of(target) is not None:
        raise TypeError(
            "put @mock_qapps below @pytest.fixture, not above it: pytest.fixture returns an object that is not a function"
        )
    if not inspect.isroutine(target) and not isinstance(target, functools.partial):
        raise TypeError(
            f"mock_qapps decorates functions and classes, not {type(target).__name__} objects. "
            "Its options are keyword-only, for example mock_qapps(strict=True)."
        )
    return cast(T, _function(target, new_mock))


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
            run, inner = handle.own(), function(*args, **kwargs)
            # As `yield from` does, but each step finds this mock first, wherever other generators are.
            step = functools.partial(inner.send, None)
            while True:
                with handle.in_front(run):
                    try:
                        value = step()
                    except StopIteration as end:
                        return end.value
                try:
                    step = functools.partial(inner.send, (yield value))
                except GeneratorExit:
                    inner.close()
                    raise
                except BaseException as error:
                    step = functools.partial(inner.throw, error)

    return wrapper


def _async_generator(function: Callable[..., Any], new_mock: NewMock) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        with new_mock():
            run = handle.own()
            async with contextlib.aclosing(function(*args, **kwargs)) as inner:
                # Async generators have no `yield from`; this does the same.
                step = inner.asend(None)
                while True:
                    try:
                        with handle.in_front(run):
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
