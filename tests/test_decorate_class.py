"""`@mock_qapps` around the hooks of a class: one mock from the first hook to the last one."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import unittest
from pathlib import Path
from typing import Any

import boto3
import pytest

from qapps_mock import MockQApps, mock_qapps
from qapps_mock.control.active import ACTIVE
from tests.conftest import create_app, qapps

# What each suite starts with. A request that reached AWS would fail: the network is closed.
PRELUDE = """
import socket, unittest
import boto3, pytest
from moto import mock_aws
from qapps_mock import MockQApps, mock_qapps
from qapps_mock.control.active import ACTIVE

def closed(*args, **kwargs):
    raise OSError("the network is closed")

socket.getaddrinfo = closed
SEEN = []

def bucket(name):
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)

def buckets():
    assert ACTIVE.runs, "no mock is active"
    return [each["Name"] for each in boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"]]

def app(title):
    client = boto3.client("qapps", region_name="us-east-1")
    client.create_q_app(instanceId="i", title=title, appDefinition={"cards": []})

def apps():
    assert ACTIVE.runs, "no mock is active"
    client = boto3.client("qapps", region_name="us-east-1")
    return sorted(each["title"] for each in client.list_q_apps(instanceId="i")["apps"])
"""

TEST_CASES = (
    PRELUDE
    + '''
class One:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        app("class")

    @classmethod
    def tearDownClass(cls):
        assert apps() == ["1", "2", "class"], apps()
        super().tearDownClass()

    def test_1(self):
        assert apps() == ["class"], apps()
        app("1")

    def test_2(self):
        assert apps() == ["1", "class"], apps()
        app("2")

@mock_qapps
class Direct(One, unittest.TestCase):
    pass

class Plain(One, unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()

@mock_qapps(max_file_size=5)
class OfPlainBase(Plain):
    pass

del Plain  # or it would run too, without a mock

@mock_qapps(max_file_size=7)
class BothDecorated(OfPlainBase):
    def setUp(self):
        assert ACTIVE.innermost.options.max_file_size == 7

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        assert ACTIVE.innermost.options.max_file_size == 7
        assert len(ACTIVE.runs) == 1

class ChildWithout(Direct):
    """Not decorated, and calls its own service before and without the hooks of its base."""
    @classmethod
    def setUpClass(cls):
        app("class")

    @classmethod
    def tearDownClass(cls):
        assert apps() == ["1", "2", "class"], apps()

@mock_qapps
class OtherService(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        bucket("class")

    def test_1(self):
        assert buckets() == ["class"]
        bucket("one")

    def test_2(self):
        assert buckets() == ["class", "one"]

class Framework(unittest.TestCase):
    """Hooks that make no call, as Django's."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()

@mock_qapps
class NoCall(Framework):
    def test_1(self):
        self.alone()

    def test_2(self):
        self.alone()

    def alone(self):
        assert (apps(), buckets()) == ([], [])
        assert [call.operation for call in ACTIVE.runs[0].calls()] == ["ListQApps"]
        app("mine"), bucket("mine")
        boto3.setup_default_session(region_name="eu-west-1")

    def setUp(self):
        assert boto3.DEFAULT_SESSION is None

    @classmethod
    def tearDownClass(cls):
        assert (apps(), buckets()) == ([], [])

@mock_qapps
class Cleanups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(lambda: SEEN.append(apps()))
        app("class")

    def test_it(self):
        app("test")

@mock_qapps
class CleanupOfATest(unittest.TestCase):
    def test_it(self):
        assert len(ACTIVE.runs) == 1
        self.addClassCleanup(apps)

@mock_qapps
class EarlyCleanup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        app("class")
        cls.addClassCleanup(apps)

    @classmethod
    def tearDownClass(cls):
        cls.doClassCleanups()
        assert apps() == ["class"]

    def test_it(self):
        pass

@mock_qapps
class Asynchronous(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        app("class")

    async def asyncSetUp(self):
        assert apps() == ["class"]

    async def test_it(self):
        app("test")

    @classmethod
    def tearDownClass(cls):
        assert apps() == ["class", "test"]

@unittest.skip("not now")
@mock_qapps
class Skipped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError

    def test_it(self):
        raise ValueError

@mock_qapps
class SkipsItself(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(lambda: SEEN.append(apps()))
        app("skip")
        raise unittest.SkipTest("not now")

    def test_it(self):
        raise ValueError

class ZLast(unittest.TestCase):
    def test_nothing_is_left(self):
        assert ACTIVE.runs == ()
        assert SEEN in ([["class", "test"], ["skip"]], [["skip"], ["class", "test"]], [])
'''
)

if sys.version_info >= (3, 11):
    TEST_CASES += """
@mock_qapps
class Contexts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(mock_aws())
        bucket("class")

    def test_it(self):
        assert buckets() == ["class"]
"""

SKIPPED = 2


def run_unittest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "unittest", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def run_pytest(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    # pytest 9.1 warns of class-scoped fixtures that are methods of an instance.
    warnings = ("-W", "error", "-W", "ignore:Class-scoped fixtures")
    return pytester.runpytest_subprocess("-p", "no:hypothesispytest", *warnings, *arguments)


def in_order(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return run_pytest(pytester, "-p", "no:randomly", "-p", "no:xdist", *arguments)


def test_unittest_runs_the_hooks_of_a_class_inside_the_mock(tmp_path):
    tmp_path.joinpath("suite.py").write_text(TEST_CASES)

    done = run_unittest(tmp_path, "suite")

    assert "\nOK (skipped=" in done.stderr, done.stderr


def test_pytest_runs_the_hooks_of_test_cases_inside_the_mock(pytester):
    pytester.makepyfile(TEST_CASES)

    result = in_order(pytester)

    counts = result.parseoutcomes()
    assert counts.keys() == {"passed", "skipped"}, result.stdout.str()
    assert counts["skipped"] == SKIPPED


@pytest.mark.parametrize("runner", ["unittest", "pytest"])
@pytest.mark.parametrize("error", ["ValueError", "KeyboardInterrupt", "pytest.skip.Exception('no')"])
def test_a_set_up_class_that_raises_ends_the_mock(runner, error, pytester):
    pytester.makepyfile(
        test_suite=PRELUDE
        + textwrap.dedent(
            f"""
            import atexit
            @mock_qapps
            class A(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    cls.addClassCleanup(lambda: SEEN.append(apps()))
                    app("class")
                    raise {error}

                def test_it(self):
                    pass

            class B(unittest.TestCase):
                def test_it(self):
                    print("ended", ACTIVE.runs)

            # Before the mock's own.
            atexit.register(lambda: print("ended", ACTIVE.runs, SEEN))
            """
        )
    )

    if runner == "pytest":
        output = in_order(pytester, "-s").stdout.str()
    else:
        output = run_unittest(pytester.path, "test_suite").stdout

    assert "ended ()" in output
    assert ("ended () [['class']]" in output) == (error == "ValueError")


PYTEST_CLASSES = (
    PRELUDE
    + """
class One:
    def test_1(self):
        assert apps() == ["class"], apps()
        app("1")

    @pytest.mark.parametrize("number", [2])
    def test_2(self, number):
        assert apps() == ["1", "class"], apps()
        app("2")

def check():
    assert apps() == ["1", "2", "class"], apps()

@mock_qapps
class TestFunctions(One):
    def setup_class(self):
        assert isinstance(self, type)
        app("class")

    def teardown_class(self):
        check()

@mock_qapps
class TestWithoutParameters(One):
    @staticmethod
    def setup_class():
        app("class")

    def teardown_class():
        check()

@mock_qapps(max_file_size=5)
class TestClassMethods(One):
    @classmethod
    def setup_class(cls):
        cls.size = ACTIVE.innermost.options.max_file_size
        app("class")

    @classmethod
    def teardown_class(cls):
        check()

class TestSuper(TestClassMethods):
    @classmethod
    def setup_class(cls):
        assert apps() == []
        super().setup_class()
        assert cls.size == 5
        assert len(ACTIVE.runs) == 1

class TestWithoutSuper(TestClassMethods):
    def setup_class(self):
        app("class")

    def setup_method(self):
        assert apps()

@mock_qapps(max_file_size=7)
class TestBoth(TestClassMethods):
    @classmethod
    def setup_class(cls):
        super().setup_class()
        assert cls.size == 7

    def setup_method(self):
        super().setup_method()
        assert ACTIVE.innermost.options.max_file_size == 7

@mock_qapps
class TestFixtures(One):
    @pytest.fixture(scope="class", autouse=True)
    def made(self):
        app("class")
        yield
        check()

@mock_qapps
class TestLateFixture:
    @pytest.fixture(scope="class")
    def made(self):
        app("class")

    def test_1(self):
        assert apps() == []
        app("1")

    def test_2(self, made):
        assert apps() == ["class"]
        app("2")

    def test_3(self):
        assert apps() == ["2", "class"]

@pytest.fixture(scope="class")
def outside():
    bucket("outside")

@mock_qapps
class TestFixtureFromOutside:
    def setup_class(self):
        pass

    def test_1(self, outside):
        assert buckets() == ["outside"]

    def test_2(self):
        assert buckets() == ["outside"]

@mock_qapps
class TestOuter:
    kind = int

    def setup_class(self):
        app("outer")

    def test_1(self):
        assert apps() == ["outer"]

    class TestInner:
        def setup_class(self):
            app("inner")

        def test_1(self):
            assert apps() in (["inner", "outer"], ["inner", "outer", "outer"])

    class TestBare:
        def test_1(self):
            assert "outer" in apps()

@mock_qapps
class TestQuiet:
    def setup_class(self):
        pass

    def teardown_class(self):
        assert "1" not in apps()

    def test_1(self):
        assert apps() == []
        app("1")

    def test_2(self):
        assert apps() == []
        app("2")

    class TestInner:
        def setup_class(self):
            app("inner")

        def test_1(self):
            assert apps() == ["inner"]

    class TestOtherInner:
        def test_1(self):
            assert apps() == []

class OwnMock:
    @pytest.fixture(autouse=True)
    def own(self):
        with mock_aws():
            bucket("fixture")
            yield

    def test_1(self):
        assert buckets() == ["fixture"]
        bucket("test")

    def test_2(self):
        assert buckets() == ["fixture"]
        bucket("test")

@mock_qapps
class TestBesideAnotherMock(unittest.TestCase, OwnMock):
    @classmethod
    def setUpClass(cls):
        pass

@mock_qapps
class TestCaseWithFixture(unittest.TestCase):
    @pytest.fixture(scope="class", autouse=True)
    def made(self):
        app("class")

    def setup_class(self):
        assert apps() == []

    def test_1(self):
        assert apps() == ["class"]

@mock_qapps
class TestNoHooks:
    def test_1(self):
        assert len(ACTIVE.runs) == 2
        assert apps() == []
        app("1")

    def test_2(self):
        assert apps() == []

def test_last():
    assert ACTIVE.runs == ()
"""
)


def test_pytest_runs_the_hooks_of_its_classes_inside_the_mock(pytester):
    pytester.makepyfile(PYTEST_CLASSES)

    result = in_order(pytester)

    assert result.parseoutcomes().keys() == {"passed"}, result.stdout.str()


@pytest.mark.parametrize("select", ["TestFunctions and test_1", "TestFixtures and test_1", "TestInner"])
def test_one_selected_test_has_the_hooks_of_its_class(select, pytester):
    pytester.makepyfile(PYTEST_CLASSES.replace('["1", "2", "class"], apps()', '["1", "class"]'))

    result = in_order(pytester, "-k", select)

    assert result.parseoutcomes().keys() <= {"passed", "deselected"}, result.stdout.str()


ANY_ORDER = (
    PRELUDE
    + """
class One:
    def test_1(self):
        assert "class" in apps()
        app("1")

    test_2 = test_3 = test_4 = test_1

@mock_qapps
class TestPytest(One):
    def setup_class(self):
        assert apps() == []
        app("class")

@mock_qapps
class TestUnittest(One, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        assert apps() == []
        app("class")

@mock_qapps
class TestQuiet:
    def setup_class(self):
        pass

    def test_1(self):
        assert apps() == []
        app("1")

    test_2 = test_3 = test_4 = test_1
"""
)


@pytest.mark.parametrize(
    "how", [["-p", "randomly"], ["-n", "2", "-p", "no:randomly"]], ids=["random", "xdist"]
)
def test_the_order_and_the_worker_of_a_test_do_not_matter(how, pytester):
    pytester.makepyfile(ANY_ORDER)

    result = run_pytest(pytester, *(how if how[0] == "-n" else ["-p", "no:xdist"]))

    assert result.parseoutcomes() == {"passed": 12}, result.stdout.str()


@pytest.mark.parametrize("raises", ["setup_class", "teardown_class", "made"])
def test_a_hook_of_pytest_that_raises_ends_the_mock(raises, pytester):
    pytester.makepyfile(
        PRELUDE
        + textwrap.dedent(
            f"""
            def check(name):
                assert apps() == []
                if name == {raises!r}:
                    raise ValueError

            @mock_qapps
            class TestIt:
                def setup_class(self):
                    check("setup_class")

                def teardown_class(self):
                    check("teardown_class")

                @pytest.fixture(scope="class", autouse=True)
                def made(self):
                    check("made")

                def test_it(self):
                    pass

            def test_last():
                assert ACTIVE.runs == ()
            """
        )
    )

    counts = in_order(pytester).parseoutcomes()

    assert counts == {"passed": 2 if raises == "teardown_class" else 1, "errors": 1}


# In this process


def run(case: type[unittest.TestCase]) -> list[str]:
    """Run the tests of *case*, and return what failed."""
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    assert ACTIVE.runs == ()
    return [text for _, text in result.errors + result.failures]


def test_a_class_may_run_twice():
    seen: list[Any] = []

    @mock_qapps
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            create_app(qapps(), title="class")

        def test_it(self) -> None:
            seen.append([call.params.get("title") for call in ACTIVE.runs[0].calls()])

    assert run(Case) == run(Case) == []
    assert seen == [["class"], ["class"]]


def test_a_subclass_that_is_older_than_the_decorator_is_inside_the_mock():
    class Base(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            create_app(qapps(), title="class")

        def test_it(self) -> None:
            seen.append([call.params.get("title") for call in ACTIVE.runs[0].calls()])

    # As parameterized_class makes its classes.
    child = type("Child", (type("Between", (Base,), {}),), dict(vars(Base)))
    seen: list[Any] = []
    mock_qapps(Base)

    assert run(child) == run(Base) == []
    assert seen == [["class"], ["class"]]


def test_a_class_inside_another_mock_shares_its_state():
    @mock_qapps
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None: ...

        def test_1(self) -> None:
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="one")

        def test_2(self) -> None:
            assert len(boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"]) == 2

    with mock_qapps() as outside:
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="outside")
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(Case).run(result)
        assert ACTIVE.runs != ()
        assert outside.calls() == []

    assert result.failures == result.errors == []


def test_scripts_of_a_test_end_with_it():
    @mock_qapps(assert_all_used=False)
    class Case(unittest.TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            create_app(qapps(), title="class")

        def test_1(self) -> None:
            from qapps_mock.control.control import Control

            Control(ACTIVE.runs[-1]).fail("CreateQApp", "InternalServerException", times=None)

        def test_2(self) -> None:
            create_app(qapps(), title="two")

    assert run(Case) == []


def test_a_hook_that_is_called_without_its_class_has_a_mock():
    seen: list[int] = []

    @mock_qapps
    class Case(unittest.TestCase):
        @classmethod
        def tearDownClass(cls) -> None:
            seen.append(len(ACTIVE.runs))

    Case.tearDownClass()

    assert seen == [1]
    assert ACTIVE.runs == ()


def test_a_subclass_hook_of_the_decorated_class_still_runs():
    names: list[str] = []

    class Registry:
        def __init_subclass__(cls, *, label: str = "") -> None:
            names.append(label)

    @mock_qapps
    class Base(Registry, label="base"):
        def __init_subclass__(cls, **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            names.append("own")

    class Child(Base, label="child"): ...

    assert issubclass(Child, Base)
    assert names == ["base", "child", "own"]


# Subclasses of MockQApps


class Mine(MockQApps):
    """A mock with something of its own."""


@pytest.mark.parametrize("options", [{}, {"strict": True, "url_lifetime": 9}], ids=str)
def test_a_subclass_as_decorator_runs_the_subclass(options, monkeypatch):
    started: list[MockQApps] = []
    monkeypatch.setattr(Mine, "_arrive", lambda self: started.append(self))

    @Mine(**options)
    def function() -> bool:
        return ACTIVE.innermost.options.strict

    @Mine(**options)
    class Plain:
        def method(self) -> bool:
            return ACTIVE.innermost.options.strict

    assert function() == Plain().method() == options.get("strict", False)
    assert [type(each) for each in started] == [Mine, Mine]


def test_a_subclass_with_an_option_of_its_own_gets_it_in_each_run(monkeypatch):
    started: list[Any] = []
    monkeypatch.setattr(MockQApps, "_arrive", lambda self: started.append(self))

    class Tenant(MockQApps):
        def __init__(self, *, tenant: str, **options: Any) -> None:
            self._tenant = tenant
            super().__init__(**options)

    @Tenant(tenant="t", strict=True)
    def function() -> bool:
        return ACTIVE.innermost.options.strict

    assert function()
    assert started[0]._tenant == "t"
