"""`@mock_qapps` on functions of every kind and on classes: active while they run, and nothing else changed."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import textwrap
import unittest
from datetime import datetime, timezone
from typing import Any

import pytest
from freezegun import freeze_time
from moto import mock_aws

from qapps_mock import mock_qapps
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.control import Control
from qapps_mock.control.options import Options
from tests.conftest import INSTANCE, create_app, qapps

FORMS = pytest.mark.parametrize(
    "decorator", [mock_qapps, mock_qapps(), mock_qapps(strict=True)], ids=["bare", "called", "options"]
)


def active() -> int:
    """Return how many mocks are active."""
    return len(ACTIVE.runs)


def titles() -> list[str]:
    """Return the titles of the apps that were created in the innermost mock."""
    return [call.params["title"] for call in Control(ACTIVE.runs[-1]).calls("CreateQApp")]


def make(title: str) -> None:
    create_app(qapps(), title=title)


# Functions


@FORMS
def test_a_function_runs_with_a_mock(decorator):
    @decorator
    def function(a, *, b):
        make("T")
        return a, b, active()

    assert function(1, b=2) == (1, 2, 1)


@FORMS
def test_a_coroutine_function_runs_with_a_mock_until_it_ends(decorator):
    @decorator
    async def function(a, *, b):
        await asyncio.sleep(0)
        make("T")
        return a, b, active()

    assert asyncio.run(function(1, b=2)) == (1, 2, 1)


@FORMS
def test_a_generator_runs_with_a_mock_until_it_ends(decorator):
    @decorator
    def function(a):
        make("T")
        got = yield a, active()
        return (yield got, titles())

    generator = function(1)
    assert active() == 0
    assert next(generator) == (1, 1)
    assert active() == 1
    assert generator.send("sent") == ("sent", ["T"])
    with pytest.raises(StopIteration) as end:
        generator.send("last")
    assert end.value.value == "last"


@FORMS
def test_an_async_generator_runs_with_a_mock_until_it_ends(decorator):
    @decorator
    async def function(a):
        make("T")
        got = yield a, active()
        await asyncio.sleep(0)
        yield got, titles()

    async def body() -> None:
        generator = function(1)
        assert active() == 0
        assert await anext(generator) == (1, 1)
        assert active() == 1
        assert await generator.asend("sent") == ("sent", ["T"])
        with pytest.raises(StopAsyncIteration):
            await anext(generator)
        assert active() == 0

    asyncio.run(body())


def test_the_options_are_those_of_the_decorator():
    @mock_qapps(strict=True, max_file_size=7, url_lifetime=9)
    def function() -> Options:
        return ACTIVE.innermost.options

    options = function()

    assert (options.strict, options.max_file_size, options.lifetime.seconds) == (True, 7, 9)


def test_each_run_gets_a_mock_of_its_own():
    decorator = mock_qapps(assert_all_used=False)

    @decorator
    def function(title: str) -> list[str]:
        Control(ACTIVE.runs[0]).fail("GetQApp", "AccessDeniedException", times=None)
        make(title)
        return titles()

    assert function("a") == ["a"]
    assert function("b") == ["b"]
    assert [call.params.get("title") for call in decorator.calls("CreateQApp")] == ["b"]


def test_a_function_may_call_itself():
    @mock_qapps
    def function(depth: int) -> list[int]:
        make("T")
        return [active(), *(function(depth - 1) if depth else []), active()]

    assert function(2) == [1, 2, 3, 3, 2, 1]


def test_coroutines_of_one_function_may_run_side_by_side():
    @mock_qapps
    async def function(number: int) -> list[str]:
        make(f"{number}")
        mine = Control(ACTIVE.runs[-1])
        await asyncio.sleep(0)
        return [call.params["title"] for call in mine.calls()]

    async def body() -> list[list[str]]:
        return await asyncio.gather(*(function(number) for number in range(3)))

    results = asyncio.run(body())

    assert [each[0] for each in results] == ["0", "1", "2"]


class Boom(Exception):
    """An exception that a test raises."""


def test_a_function_that_raises_ends_its_mock():
    @mock_qapps
    def function() -> None:
        raise Boom

    with pytest.raises(Boom):
        function()


def test_a_coroutine_function_that_raises_ends_its_mock():
    @mock_qapps
    async def function() -> None:
        await asyncio.sleep(0)
        raise Boom

    with pytest.raises(Boom):
        asyncio.run(function())


def test_a_coroutine_that_is_cancelled_ends_its_mock():
    @mock_qapps
    async def function(started: asyncio.Event) -> None:
        started.set()
        await asyncio.sleep(60)

    async def body() -> None:
        started = asyncio.Event()
        task = asyncio.create_task(function(started))
        await started.wait()
        assert active() == 1
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert active() == 0

    asyncio.run(body())


# Generators: what is thrown in, closed, left


def test_an_error_thrown_into_a_generator_reaches_it():
    @mock_qapps
    def function() -> Any:
        try:
            yield active()
        except Boom as error:
            yield "caught", error, active()

    generator, error = function(), Boom()
    assert next(generator) == 1

    assert generator.throw(error) == ("caught", error, 1)
    assert list(generator) == []


def test_an_error_that_a_generator_does_not_catch_ends_its_mock():
    @mock_qapps
    def function() -> Any:
        yield active()

    generator, error = function(), Boom()
    next(generator)

    with pytest.raises(Boom) as raised:
        generator.throw(error)

    assert raised.value is error
    assert active() == 0


@pytest.mark.parametrize("end", ["close", "forget"])
def test_a_generator_that_is_left_ends_its_mock(end):
    seen: list[int] = []

    @mock_qapps
    def function() -> Any:
        try:
            yield 1
        finally:
            seen.append(active())

    generator = function()
    next(generator)
    if end == "close":
        generator.close()
    del generator

    assert seen == [1]
    assert active() == 0


def run_async_generator(function: Any, use: Any) -> Any:
    async def body() -> Any:
        generator = function()
        await anext(generator)
        result = await use(generator)
        assert active() == 0
        return result

    return asyncio.run(body())


def test_an_error_thrown_into_an_async_generator_reaches_it():
    error = Boom()

    @mock_qapps
    async def function() -> Any:
        try:
            yield 1
        except Boom as caught:
            await asyncio.sleep(0)
            yield "caught", caught, active()

    async def use(generator: Any) -> Any:
        result = await generator.athrow(error)
        with pytest.raises(StopAsyncIteration):
            await anext(generator)
        return result

    assert run_async_generator(function, use) == ("caught", error, 1)


def test_an_error_that_an_async_generator_does_not_catch_ends_its_mock():
    error = Boom()

    @mock_qapps
    async def function() -> Any:
        yield 1

    async def use(generator: Any) -> Any:
        with pytest.raises(Boom) as raised:
            await generator.athrow(error)
        return raised.value

    assert run_async_generator(function, use) is error


def test_an_async_generator_that_is_closed_ends_its_mock_after_its_own_end():
    seen: list[int] = []

    @mock_qapps
    async def function() -> Any:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            seen.append(active())

    run_async_generator(function, lambda generator: generator.aclose())

    assert seen == [1]


def test_an_async_generator_that_raises_ends_its_mock():
    @mock_qapps
    async def function() -> Any:
        yield 1
        raise Boom

    async def use(generator: Any) -> None:
        with pytest.raises(Boom):
            await anext(generator)

    run_async_generator(function, use)


def test_cancellation_reaches_an_async_generator():
    seen: list[str] = []

    @mock_qapps
    async def function() -> Any:
        yield 1
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append(f"cancelled, {active()} active")
            raise
        yield 2

    async def use(generator: Any) -> None:
        task = asyncio.ensure_future(anext(generator))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_async_generator(function, use)

    assert seen == ["cancelled, 1 active"]


# Kind, signature and name stay


def plain(a: int, b: str = "b", *args: int, key: bool, **kwargs: int) -> str:
    """Documented."""
    return b


async def coroutine(a: int, b: str = "b", *args: int, key: bool, **kwargs: int) -> str:
    """Documented."""
    return b


def generator(a: int, b: str = "b", *args: int, key: bool, **kwargs: int) -> Any:
    """Documented."""
    yield b


async def async_generator(a: int, b: str = "b", *args: int, key: bool, **kwargs: int) -> Any:
    """Documented."""
    yield b


@FORMS
@pytest.mark.parametrize("function", [plain, coroutine, generator, async_generator])
def test_a_function_stays_what_it_was(decorator, function):
    decorated = decorator(function)

    for tell in (
        inspect.isfunction,
        inspect.iscoroutinefunction,
        inspect.isgeneratorfunction,
        inspect.isasyncgenfunction,
        inspect.signature,
        inspect.getdoc,
        inspect.getmodule,
    ):
        assert tell(decorated) == tell(function), tell.__name__
    for name in ("__name__", "__qualname__", "__doc__", "__module__", "__annotations__"):
        assert getattr(decorated, name) == getattr(function, name)
    assert decorated.__wrapped__ is function


def test_attributes_of_a_function_stay():
    def function() -> None: ...

    function.mine = "mine"  # type: ignore[attr-defined]  # functions take any attribute
    marked = pytest.mark.skip(function)

    decorated: Any = mock_qapps(marked)

    assert decorated.mine == "mine"
    assert [each.name for each in decorated.pytestmark] == ["skip"]


# Methods, partials, lambdas, and what is refused


class Methods:
    """Decorated one by one."""

    @mock_qapps
    def method(self, a: int) -> tuple[Any, int, int]:
        return self, a, active()

    @classmethod
    @mock_qapps
    def class_method(cls, a: int) -> tuple[Any, int, int]:
        return cls, a, active()

    @staticmethod
    @mock_qapps
    def static_method(a: int) -> tuple[int, int]:
        return a, active()

    @mock_qapps
    @classmethod
    def class_method_inside(cls, a: int) -> tuple[Any, int, int]:
        return cls, a, active()

    @mock_qapps
    @staticmethod
    def static_method_inside(a: int) -> tuple[int, int]:
        return a, active()


def test_methods_can_be_decorated():
    methods = Methods()

    assert methods.method(1) == (methods, 1, 1)
    assert methods.class_method(2) == methods.class_method_inside(2) == (Methods, 2, 1)
    assert methods.static_method(3) == methods.static_method_inside(3) == (3, 1)


def test_bound_methods_partials_lambdas_and_builtins_can_be_decorated():
    class Plain:
        def method(self, a: int) -> tuple[int, int]:
            return a, active()

    def add(a: int, b: int) -> tuple[int, int]:
        return a + b, active()

    assert mock_qapps(Plain().method)(1) == (1, 1)
    assert mock_qapps(functools.partial(add, 1))(2) == (3, 1)
    assert mock_qapps(lambda a: (a, active()))(4) == (4, 1)
    assert mock_qapps(len)("abc") == 3


def test_a_partial_of_a_coroutine_function_stays_one():
    async def function(a: int) -> tuple[int, int]:
        return a, active()

    decorated = mock_qapps(functools.partial(function, 1))

    assert inspect.iscoroutinefunction(decorated)
    assert asyncio.run(decorated()) == (1, 1)


class CallableObject:
    """Callable, and not a function."""

    def __call__(self) -> None: ...


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        (CallableObject(), "CallableObject"),
        (True, "bool"),
        ({"strict": True}, "dict"),
        ("strict", "str"),
        (property(len), "property"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_is_neither_function_nor_class_is_refused(target, kind):
    for decorator in (mock_qapps, mock_qapps()):
        with pytest.raises(TypeError, match=f"functions and classes, not {kind} objects. "):
            decorator(target)


# Beside other decorators


@mock_qapps
@mock_aws
def ours_outside() -> list[str]:
    make("T")
    return titles()


@mock_aws
@mock_qapps
def ours_inside() -> list[str]:
    make("T")
    return titles()


@mock_qapps
@mock_qapps(strict=True)
def twice() -> list[str]:
    make("T")
    assert ACTIVE.innermost.options.strict
    assert active() == 2
    return titles()


@pytest.mark.parametrize("function", [ours_outside, ours_inside, twice])
def test_the_decorator_nests_with_mock_aws_and_with_itself(function):
    assert function() == ["T"]


@mock_qapps
@freeze_time("2020-01-02 03:04:05")
def time_inside() -> datetime:
    make("T")
    return Control(ACTIVE.runs[-1]).calls()[0].at


@freeze_time("2020-01-02 03:04:05")
@mock_qapps
def time_outside() -> datetime:
    make("T")
    return Control(ACTIVE.runs[-1]).calls()[0].at


@pytest.mark.parametrize("function", [time_inside, time_outside])
def test_the_decorator_nests_with_freeze_time(function):
    assert function() == datetime(2020, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@mock_qapps
@pytest.mark.parametrize("number", [1, 2])
def test_parametrize_works_under_the_decorator(number):
    assert number in (1, 2)
    make("T")


@pytest.mark.parametrize("number", [1, 2])
@mock_qapps
def test_parametrize_works_above_the_decorator(number, tmp_path):
    assert number in (1, 2)
    assert tmp_path.exists()
    make("T")


@pytest.fixture
@mock_qapps
def yielding():
    make("fixture")
    yield titles()
    assert titles() == ["fixture", "test"]


@mock_qapps
def returning_titles() -> list[str]:
    make("fixture")
    return titles()


returning = pytest.fixture(returning_titles)


def test_a_fixture_that_yields_keeps_its_mock_for_the_test(yielding):
    assert yielding == ["fixture"]
    assert active() == 1
    make("test")


def test_a_fixture_that_returns_has_its_mock_while_it_runs(returning):
    assert returning == ["fixture"]
    assert active() == 0


@pytest.mark.asyncio
@mock_qapps
async def test_an_async_test_runs_with_a_mock(tmp_path):
    await asyncio.sleep(0)
    make("T")
    assert titles() == ["T"]


# Classes


@mock_qapps(max_file_size=5)
class TestDecorated:
    """Each test has a mock of its own, from its setup to its teardown."""

    made_by_setup = 0

    def setup_method(self, method):
        assert method.__name__.startswith("test_")
        make("setup")

    def teardown_method(self):
        assert [call.params["title"] for call in Control(ACTIVE.runs[0]).calls()] == ["setup", "test"]

    @pytest.fixture
    def asked_for(self):
        assert active() >= 1
        return "fixture"

    def helper(self):
        make("test")

    @staticmethod
    def static_helper():
        return active()

    @classmethod
    def class_helper(cls):
        return cls, active()

    @property
    def as_property(self):
        return active()

    def test_setup_and_test_share_one_state(self):
        self.helper()
        assert ACTIVE.innermost.options.max_file_size == 5

    def test_fixtures_work(self, asked_for, tmp_path):
        assert asked_for == "fixture"
        make("test")

    @pytest.mark.parametrize("number", [1, 2])
    def test_parametrize_works(self, number):
        make("test")

    def test_helpers_that_are_not_methods_stay_unchanged(self):
        make("test")
        assert self.static_helper() == self.as_property == active()
        assert self.class_helper() == (TestDecorated, active())

    @pytest.mark.asyncio
    async def test_async_methods_work(self):
        make("test")

    class TestNested:
        """Nested in a decorated class."""

        def test_it_has_a_mock(self):
            make("nested")
            assert ACTIVE.innermost.options.max_file_size == 5


class Base:
    """Tests that a decorated subclass inherits."""

    def setup_method(self):
        self.seen = active()

    def test_inherited_tests_have_a_mock(self):
        assert self.seen == 1
        make("T")


@mock_qapps
class TestInheriting(Base):
    """Decorated below the class that has the tests."""

    def test_of_its_own(self):
        assert self.seen == 1
        make("T")


class TestChild(TestInheriting):
    """Not decorated itself."""

    def setup_method(self):
        super().setup_method()
        make("setup")

    def test_a_subclass_of_a_decorated_class_has_the_mock(self):
        assert [call.params["title"] for call in Control(ACTIVE.runs[0]).calls()] == ["setup"]


@mock_qapps
class TestOuter(Base):
    """Decorated, like its child."""


@mock_qapps(max_file_size=3)
class TestDecoratedChild(TestOuter):
    """Decorated once more: the closest options apply."""

    def setup_method(self):
        super().setup_method()
        self.size = ACTIVE.innermost.options.max_file_size

    def test_inherited_tests_have_a_mock(self):
        assert active() >= 2
        make("T")
        assert ACTIVE.innermost.options.max_file_size == 3


def test_a_class_stays_itself():
    class Plain:
        """Documented."""

        value = 3

        def __init__(self, a: int) -> None:
            self.a = a

        def method(self) -> int:
            return active()

        def _private(self) -> int:
            return active()

    decorated = mock_qapps(Plain)

    assert decorated is Plain
    assert (decorated(4).a, decorated.value, decorated.__doc__) == (4, 3, "Documented.")
    assert decorated(4).method() == 1
    assert decorated(4)._private() == 0


def test_a_setup_that_raises_ends_its_mock():
    @mock_qapps
    class Plain:
        def setup_method(self) -> None:
            assert active() == 1
            raise Boom

    instance: Any = Plain()
    with pytest.raises(Boom):
        instance.setup_method()


def test_a_teardown_that_raises_ends_its_mock():
    @mock_qapps
    class Plain:
        def teardown_method(self) -> None:
            raise Boom

    instance: Any = Plain()
    instance.setup_method()
    with pytest.raises(Boom):
        instance.teardown_method()


# unittest


def outcome(case: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert active() == 0
    return result


def succeeded(case: type[unittest.TestCase]) -> int:
    """Run the tests of *case*, and return their number."""
    result = outcome(case)
    assert [text for _, text in result.errors + result.failures] == []
    return result.testsRun


@FORMS
def test_a_test_case_has_one_mock_from_set_up_to_the_last_cleanup(decorator):
    seen: list[Any] = []

    @decorator
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            seen.append(("setUpClass", active()))

        def setUp(self) -> None:
            make("setUp")
            self.addCleanup(lambda: seen.append(("cleanup", titles())))

        def tearDown(self) -> None:
            seen.append(("tearDown", titles()))

        def test_it(self) -> None:
            make("test")
            for number in range(2):
                with self.subTest(number=number):
                    make(f"subtest {number}")

    assert succeeded(Case) == 1
    everything = ["setUp", "test", "subtest 0", "subtest 1"]
    assert seen == [("setUpClass", 1), ("tearDown", everything), ("cleanup", everything)]


def test_each_test_of_a_test_case_finds_an_empty_service():
    @mock_qapps
    class Case(unittest.TestCase):
        def test_a(self) -> None:
            self.alone()

        def test_b(self) -> None:
            self.alone()

        def alone(self) -> None:
            assert Control(ACTIVE.runs[0]).calls() == []
            make("T")

    assert succeeded(Case) == 2


def test_subclasses_of_a_decorated_test_case_have_the_mock():
    @mock_qapps
    class Base(unittest.TestCase):
        def setUp(self) -> None:
            make("setUp")

    class Child(Base):
        def test_it(self) -> None:
            assert titles() == ["setUp"]

    assert succeeded(Child) == 1


def test_decorating_a_test_case_does_not_touch_its_base():
    class Base(unittest.TestCase):
        def test_it(self) -> None:
            assert active() == 0

    @mock_qapps
    class Child(Base):
        def test_it(self) -> None:
            assert active() == 1

    assert succeeded(Base) == succeeded(Child) == 1


def test_a_method_of_a_test_case_can_be_decorated():
    class Case(unittest.TestCase):
        def setUp(self) -> None:
            assert active() == 0

        @mock_qapps
        def test_it(self) -> None:
            make("T")

    assert succeeded(Case) == 1


@pytest.mark.parametrize("method", ["setUp", "tearDown", "test_it"])
def test_a_test_case_that_fails_ends_its_mock(method):
    def fail(self: Any) -> None:
        raise Boom

    case = mock_qapps(type("Case", (unittest.TestCase,), {"test_it": lambda self: None, method: fail}))

    assert len(outcome(case).errors) == 1


def test_a_debugger_that_runs_a_test_case_has_the_mock():
    @mock_qapps
    class Case(unittest.TestCase):
        def test_it(self) -> None:
            make("T")

    Case("test_it").debug()


def test_an_async_test_case_has_one_mock_from_set_up_to_the_last_cleanup():
    seen: list[Any] = []

    @mock_qapps
    class Case(unittest.IsolatedAsyncioTestCase):
        def setUp(self) -> None:
            make("setUp")

        async def asyncSetUp(self) -> None:
            await asyncio.sleep(0)
            make("asyncSetUp")
            self.addAsyncCleanup(self.clean)

        async def clean(self) -> None:
            seen.append(("cleanup", titles()))

        async def asyncTearDown(self) -> None:
            seen.append(("asyncTearDown", titles()))

        async def test_it(self) -> None:
            await asyncio.sleep(0)
            make("test")

    assert succeeded(Case) == 1
    everything = ["setUp", "asyncSetUp", "test"]
    assert seen == [("asyncTearDown", everything), ("cleanup", everything)]


@mock_qapps
class CaseUnderPytest(unittest.TestCase):
    """Collected by pytest, which has its own runner for test cases."""

    def setUp(self) -> None:
        make("setUp")
        self.addCleanup(self.clean)

    def clean(self) -> None:
        assert titles() == ["setUp", "test"]

    def test_it(self) -> None:
        make("test")


# Under pytest itself


def test_pytest_runs_decorated_suites_of_every_kind(pytester):
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        f"INSTANCE = {INSTANCE!r}\n"
        + textwrap.dedent(
            """
            import boto3, pytest, pytest_asyncio
            from qapps_mock import mock_qapps
            from qapps_mock.control.active import ACTIVE
            from qapps_mock.control.control import Control

            def make():
                client = boto3.client("qapps", region_name="us-east-1")
                return client.create_q_app(instanceId=INSTANCE, title="T", appDefinition={"cards": []})

            @pytest_asyncio.fixture
            @mock_qapps
            async def yielding():
                yield make()
                assert len(ACTIVE.runs) == 1

            @pytest_asyncio.fixture
            @mock_qapps
            async def returning():
                return make()

            @pytest.mark.asyncio
            async def test_async_fixtures(returning, yielding):
                assert len(ACTIVE.runs) == 1
                assert make()["title"] == yielding["title"] == returning["title"]

            @mock_qapps
            def test_fails():
                make()
                assert False

            @mock_qapps
            @pytest.mark.skip
            def test_is_skipped():
                raise ValueError

            @mock_qapps
            class TestClass:
                def setup_method(self):
                    raise ValueError

                def test_errs(self):
                    pass

            def test_last():
                assert ACTIVE.runs == ()
            """
        )
    )

    # pytest-asyncio 0.24 leaves event loops to the garbage collector, also those of earlier tests.
    loops = "ignore::pytest.PytestUnraisableExceptionWarning"
    result = pytester.runpytest_inprocess(
        "-p", "no:randomly", "-p", "no:xdist", "-p", "no:hypothesispytest", "-W", "error", "-W", loops
    )

    result.assert_outcomes(passed=2, failed=1, skipped=1, errors=1)
