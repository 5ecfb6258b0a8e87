"""The object that decorates speaks to the mock that runs; `current` finds it without an object."""

from __future__ import annotations

import asyncio
import threading
import unittest
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

import qapps_mock
from qapps_mock import mock_qapps
from tests.conftest import create_app
from tests.conftest import qapps as client


def titles(mock):
    return [call.params["title"] for call in mock.calls("CreateQApp")]


def make(title):
    create_app(boto3.client("qapps", region_name="us-east-1"), title=title)


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("fail", ("GetQApp", "AccessDeniedException")),
        ("answer", ("Summary", "text")),
        ("predict", ({"title": "T", "appDefinition": {"cards": []}},)),
        ("advance", ("session",)),
        ("reset", ()),
        ("calls", ()),
    ],
)
def test_a_mock_that_was_never_started_refuses(method, arguments):
    with pytest.raises(RuntimeError, match=rf"^{method}\(\): this mock of Q Apps "):
        getattr(mock_qapps(), method)(*arguments)


def test_uploads_and_progress_of_a_mock_that_was_never_started_are_refused():
    mock = mock_qapps()

    with pytest.raises(RuntimeError, match=r"^uploads: "):
        mock.uploads  # noqa: B018  # the test
    with pytest.raises(RuntimeError, match=r"^progress: "):
        mock.progress  # noqa: B018  # the test
    with pytest.raises(RuntimeError, match=r"^progress: "):
        mock.progress = 3


@pytest.mark.parametrize("method", ["fail", "answer", "predict", "advance", "reset"])
def test_a_mock_that_has_ended_takes_no_scripts(method):
    with mock_qapps() as mock:
        pass

    arguments = {"fail": ("GetQApp", "AccessDeniedException"), "answer": ("A", "B"), "predict": ({},)}
    with pytest.raises(RuntimeError, match="is not active"):
        getattr(mock, method)(*arguments.get(method, ("x",) if method == "advance" else ()))


def test_a_mock_that_has_ended_still_tells():
    with mock_qapps() as mock:
        make("T")

    assert titles(mock) == ["T"]
    assert mock.uploads == {}
    assert mock.progress == "immediate"


def test_the_decorating_object_speaks_to_the_run():
    q = mock_qapps()

    @q
    def function():
        q.fail("CreateQApp", "ConflictException", message="Scripted")
        with pytest.raises(Exception, match="Scripted"):
            make("first")
        make("second")
        return titles(q)

    assert function() == titles(q) == ["first", "second"]
    assert repr(q) == "<MockQApps stopped, 2 calls>"


def test_in_a_recursion_it_speaks_to_the_innermost_run():
    q = mock_qapps()

    @q
    def function(depth):
        make(str(depth))
        if depth:
            function(depth - 1)
        return titles(q)

    assert function(2) == ["2", "1", "0"]
    assert titles(q) == ["2", "1", "0"]


def test_generators_that_alternate_speak_to_their_own_runs():
    q = mock_qapps()

    @q
    def function(title):
        make(title)
        yield titles(q)
        q.reset()
        make(title * 2)
        yield titles(q)

    first, second = function("a"), function("b")
    assert [next(first), next(second)] == [["a"], ["b"]]
    assert next(first) == ["aa"]
    assert next(second) == ["bb"]
    first.close()
    second.close()


def test_a_generator_keeps_what_is_sent_thrown_and_returned():
    @mock_qapps
    def function():
        try:
            got = yield 1
        except KeyError as error:
            got = yield f"caught {error}"
        return got

    def delegate():
        return (yield from function())

    generator = delegate()
    assert next(generator) == 1
    assert generator.throw(KeyError("x")) == "caught 'x'"
    with pytest.raises(StopIteration) as end:
        generator.send("last")
    assert end.value.value == "last"


@pytest.mark.asyncio
async def test_tasks_speak_to_their_own_runs():
    q = mock_qapps()

    @q
    async def function(title, other):
        q.calls()
        make(title)
        await other.wait()
        q.reset()
        make(title * 2)
        return titles(q)

    async def run():
        event = asyncio.Event()
        tasks = [asyncio.create_task(function(title, event)) for title in "ab"]
        await asyncio.sleep(0)
        event.set()
        return await asyncio.gather(*tasks)

    # A mock sees all calls while it is active; each reset is that of its own run.
    assert await run() == [["aa"], ["bb"]]


@pytest.mark.asyncio
async def test_async_generators_that_alternate_speak_to_their_own_runs():
    q = mock_qapps()

    @q
    async def function(title):
        make(title)
        yield titles(q)
        q.reset()
        make(title * 2)
        yield titles(q)

    first, second = function("a"), function("b")
    assert [await anext(first), await anext(second)] == [["a"], ["b"]]
    assert [await anext(first), await anext(second)] == [["aa"], ["bb"]]
    await first.aclose()
    await second.aclose()


def test_threads_speak_to_their_own_runs():
    q = mock_qapps()
    both, done = threading.Barrier(2), threading.Barrier(2)

    @q
    def function(exception):
        both.wait()
        q.fail("GetQApp", exception)
        found = next(script.text for script in q._running("").scripts.everything)
        q.reset()
        done.wait()
        return found

    names = ["AccessDeniedException", "ThrottlingException"]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(function, names))

    assert found == [f"fail('GetQApp', '{name}')" for name in names]


def test_a_thread_without_a_run_speaks_to_the_latest():
    q = mock_qapps()

    @q
    def function():
        make("T")
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(titles, q).result(), pool.submit(qapps_mock.current).result().calls()

    found, calls = function()

    assert found == ["T"]
    assert len(calls) == 1


def test_a_class_speaks_to_the_run_of_its_test():
    q = mock_qapps()
    seen = []

    @q
    class Case(unittest.TestCase):
        def setUp(self):
            make("setUp")

        def test_one(self):
            make("one")
            seen.append(titles(q))

    result = unittest.TestResult()
    Case("test_one").run(result)
    assert result.wasSuccessful()
    assert seen == [["setUp", "one"]]
    assert titles(q) == ["setUp", "one"]


def test_an_object_that_decorates_and_is_started_speaks_to_both():
    q = mock_qapps()

    @q
    def function():
        make("inner")
        return titles(q)

    with q:
        make("outer")
        assert function() == ["inner"]
        assert titles(q) == ["outer", "inner"]


def test_current_is_the_innermost_mock():
    with mock_qapps() as outer:
        assert qapps_mock.current() is outer
        with mock_qapps() as inner:
            assert qapps_mock.current() is inner
        assert qapps_mock.current() is outer


def test_current_finds_the_mock_of_a_decorated_function():
    @mock_qapps
    def function():
        client().list_q_apps(instanceId="i")
        return [call.operation for call in qapps_mock.current().calls()]

    assert function() == ["ListQApps"]
