"""For mypy only, never run: the decorator keeps the type of the decorated function or class."""

from __future__ import annotations

import contextlib
import unittest
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from qapps_mock import Call, MockQApps, Upload, mock_qapps

if TYPE_CHECKING:
    from typing_extensions import assert_type


@mock_qapps
def plain(number: int, *, word: str) -> bool:
    return bool(number) and bool(word)


@mock_qapps(strict=True)
def plain_with_options(number: int, *, word: str) -> bool:
    return bool(number) and bool(word)


assert_type(plain(1, word="x"), bool)
assert_type(plain_with_options(1, word="x"), bool)
plain("1", word="x")  # type: ignore[arg-type]
plain(1)  # type: ignore[call-arg]
plain_with_options(1, word=2)  # type: ignore[arg-type]
takes_plain: Callable[[int], bool] = plain  # type: ignore[assignment]


@mock_qapps
async def coroutine(number: int) -> str:
    return str(number)


@mock_qapps(max_file_size=1)
async def coroutine_with_options(number: int) -> str:
    return str(number)


async def awaited() -> None:
    assert_type(await coroutine(1), str)
    assert_type(await coroutine_with_options(1), str)
    await coroutine("1")  # type: ignore[arg-type]


@mock_qapps
def generator(number: int) -> Iterator[int]:
    yield number


@mock_qapps(url_lifetime=timedelta(minutes=1))
async def async_generator(number: int) -> AsyncIterator[int]:
    yield number


assert_type(generator(1), Iterator[int])
assert_type(async_generator(1), AsyncIterator[int])


@mock_qapps
class Decorated:
    def method(self, number: int) -> str:
        return str(number)


@mock_qapps(url_lifetime=60)
class Case(unittest.TestCase):
    number = 3


assert_type(Decorated(), Decorated)
assert_type(Decorated().method(1), str)
assert_type(Case.number, int)


def managers() -> None:
    with mock_qapps() as first:
        assert_type(first, MockQApps)
    with mock_qapps(config={"core": {"mock_credentials": True}}) as second:
        assert_type(second.calls(), list[Call])
        assert_type(second.uploads, dict[str, Upload])
        assert_type(second.user("ann@example.com"), str)
    assert_type(mock_qapps().start(), MockQApps)
    assert_type(first.stop(), None)
    stack = contextlib.ExitStack()
    assert_type(stack.enter_context(mock_qapps()), MockQApps)


async def async_manager() -> None:
    async with mock_qapps() as mock:
        assert_type(mock, MockQApps)


def wrong_options() -> None:
    mock_qapps(strikt=True)  # type: ignore[call-overload]
    mock_qapps(True)  # type: ignore[call-overload]
    mock_qapps(max_file_size="1")  # type: ignore[call-overload]
    MockQApps(strict="yes")  # type: ignore[arg-type]
