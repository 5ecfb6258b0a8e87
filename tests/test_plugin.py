"""The pytest plugin: its fixtures, its marker, and its cost for a suite that does not use it."""

from __future__ import annotations

import re
import socket
import textwrap

import pytest

from qapps_mock import mock  # noqa: F401  # else every suite run here would import them anew
from qapps_mock.bridge import patches  # noqa: F401  # else every suite run here would import them anew
from qapps_mock.control.options import DEFAULTS

pytestmark = pytest.mark.usefixtures("_settings")

OPTIONS = "strict, url_lifetime, max_file_size, enforce_all_posts, upload_host, config, page_size, seed, assert_all_used, upload_credentials"
# Without the plugins of this suite that these tests do not need: they take a second each time.
ARGUMENTS = (
    "-p",
    "no:randomly",
    "-p",
    "no:xdist",
    "-p",
    "no:hypothesispytest",
    "-W",
    "error",
    "--strict-markers",
)
HEADER = """
import boto3
import pytest
from qapps_mock import MockQApps, mock_qapps
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.control import Control
from qapps_mock.control.options import DEFAULTS

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"

def create(title="T"):
    client = boto3.client("qapps", region_name="us-east-1")
    return client.create_q_app(instanceId=INSTANCE, title=title, appDefinition={"cards": []})
"""


@pytest.fixture
def _settings(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n")


def run(pytester: pytest.Pytester, tests: str, *arguments: str) -> pytest.RunResult:
    """Run *tests* as a separate suite, in this process."""
    pytester.makepyfile(HEADER + textwrap.dedent(tests))
    return pytester.runpytest_inprocess(*ARGUMENTS, *arguments)


def passes(pytester: pytest.Pytester, tests: str, number: int = 1) -> None:
    run(pytester, tests).assert_outcomes(passed=number)


def refused(pytester: pytest.Pytester, tests: str) -> str:
    """Run *tests*, which pytest must reject as a usage error, and return the message."""
    result = run(pytester, tests)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    [line] = [each for each in result.errlines if each.startswith("ERROR: ")]
    return line.removeprefix("ERROR: ")


# Fixtures


def test_the_fixtures_are_a_running_mock_and_a_ready_client(pytester):
    passes(
        pytester,
        """
        def test_it(qapps_mock, qapps_client):
            assert isinstance(qapps_mock, MockQApps)
            app = qapps_client.create_q_app(instanceId=INSTANCE, title="T", appDefinition={"cards": []})

            assert [call.operation for call in qapps_mock.calls()] == ["CreateQApp"]
            assert app["createdBy"] == qapps_mock.user("user@example.com")
            assert qapps_client.meta.region_name == "us-east-1"
        """,
    )


def test_the_client_fixture_alone_starts_the_mock(pytester):
    passes(
        pytester,
        """
        def test_it(qapps_client):
            qapps_client.create_q_app(instanceId=INSTANCE, title="T", appDefinition={"cards": []})
            assert len(ACTIVE.runs) == 1
        """,
    )


def test_each_test_finds_an_empty_mock(pytester):
    passes(
        pytester,
        """
        @pytest.mark.qapps_mock(assert_all_used=False)
        @pytest.mark.parametrize("number", [1, 2])
        def test_it(qapps_mock, number):
            assert qapps_mock.calls() == []
            create()
            qapps_mock.fail("CreateQApp", "ConflictException", times=None)
        """,
        number=2,
    )


@pytest.mark.parametrize("last_words", ["assert False", "raise SystemExit", "pytest.fail('x')"])
def test_the_mock_ends_with_a_test_that_fails(pytester, last_words):
    result = run(
        pytester,
        f"""
        def test_first(qapps_mock):
            create()
            {last_words}

        def test_second():
            assert ACTIVE.runs == ()
        """,
    )

    result.assert_outcomes(failed=1, passed=1)


def test_the_mock_ends_when_a_later_fixture_fails(pytester):
    result = run(
        pytester,
        """
        @pytest.fixture
        def broken(qapps_mock):
            raise ValueError

        def test_first(broken):
            pass

        def test_second():
            assert ACTIVE.runs == ()
        """,
    )

    result.assert_outcomes(errors=1, passed=1)


def test_a_suite_can_put_its_own_client_in_the_place_of_ours(pytester):
    passes(
        pytester,
        """
        @pytest.fixture
        def qapps_client(qapps_mock):
            return qapps_mock.client("ann@example.com")

        def test_it(qapps_mock, qapps_client):
            app = qapps_client.create_q_app(instanceId=INSTANCE, title="T", appDefinition={"cards": []})
            assert app["createdBy"] == qapps_mock.user("ann@example.com")
        """,
    )


def test_the_fixtures_serve_async_tests(pytester):
    passes(
        pytester,
        """
        import pytest_asyncio

        @pytest_asyncio.fixture
        async def app(qapps_mock):
            yield create("async")

        @pytest.mark.asyncio
        async def test_fixture(qapps_mock, app):
            assert app["title"] == "async"
            assert len(qapps_mock.calls()) == 1

        @pytest.mark.asyncio
        @pytest.mark.qapps_mock(strict=True)
        async def test_marker(app):
            assert ACTIVE.innermost.options.strict
            assert create()["appVersion"] == 1
        """,
        number=2,
    )


# The marker


def test_a_marked_test_runs_with_the_mock_and_the_options(pytester):
    passes(
        pytester,
        """
        @pytest.mark.qapps_mock(strict=True, url_lifetime=60, max_file_size=5, enforce_all_posts=True)
        def test_marker_alone():
            assert create()["appVersion"] == 1
            options = ACTIVE.innermost.options
            assert options.strict and options.enforce_all_posts
            assert (options.lifetime.total_seconds(), options.max_file_size) == (60, 5)

        @pytest.mark.qapps_mock(config={"core": {"service_whitelist": ["qapps"]}})
        def test_with_the_fixture(qapps_mock):
            assert qapps_mock._run.options.config == {"core": {"service_whitelist": ["qapps"]}}
            assert ACTIVE.runs == (qapps_mock._run,)

        @pytest.mark.qapps_mock
        def test_without_options():
            assert ACTIVE.innermost.options == DEFAULTS
            assert len(ACTIVE.runs) == 1

        def test_without_marker():
            assert ACTIVE.runs == ()
        """,
        number=4,
    )


def test_the_closest_marker_decides_option_by_option(pytester):
    passes(
        pytester,
        """
        pytestmark = pytest.mark.qapps_mock(strict=True, max_file_size=1, url_lifetime=10)

        @pytest.mark.qapps_mock(max_file_size=2, url_lifetime=20)
        class TestClass:
            @pytest.mark.qapps_mock(url_lifetime=30)
            def test_function(self, qapps_mock):
                options = qapps_mock._run.options
                assert (options.strict, options.max_file_size, options.lifetime.seconds) == (True, 2, 30)

            def test_class(self):
                options = ACTIVE.innermost.options
                assert (options.strict, options.max_file_size, options.lifetime.seconds) == (True, 2, 20)

        def test_module():
            options = ACTIVE.innermost.options
            assert (options.strict, options.max_file_size, options.lifetime.seconds) == (True, 1, 10)

        @pytest.mark.qapps_mock(strict=False)
        def test_off():
            assert not ACTIVE.innermost.options.strict
        """,
        number=4,
    )


def test_the_marker_of_one_set_of_parameters_is_that_sets_own(pytester):
    passes(
        pytester,
        """
        @pytest.mark.parametrize(
            "size", [pytest.param(7, marks=pytest.mark.qapps_mock(max_file_size=7)), 50 * 1024 * 1024]
        )
        def test_it(qapps_mock, size):
            assert qapps_mock._run.options.max_file_size == size
        """,
        number=2,
    )


def test_a_marked_test_gets_the_mock_before_every_other_fixture(pytester):
    passes(
        pytester,
        """
        @pytest.fixture(autouse=True)
        def automatic():
            assert len(ACTIVE.runs) == 1
            yield create("automatic")
            assert len(ACTIVE.runs) == 1

        @pytest.fixture
        def asked_for():
            return create("asked for")

        @pytest.mark.qapps_mock
        def test_marker(asked_for):
            assert [call.params["title"] for call in Control(ACTIVE.runs[0]).calls()] == ["automatic", "asked for"]

        @pytest.mark.qapps_mock
        def test_marker_and_fixture(asked_for, qapps_mock):
            assert [call.params["title"] for call in qapps_mock.calls()] == ["automatic", "asked for"]
        """,
        number=2,
    )


def test_the_marker_works_on_unittest_classes(pytester):
    passes(
        pytester,
        """
        import unittest

        @pytest.mark.qapps_mock(max_file_size=9)
        class TestCase(unittest.TestCase):
            def setUp(self):
                self.app = create("setUp")
                self.addCleanup(self.clean)

            def clean(self):
                assert len(ACTIVE.runs) == 1

            def test_it(self):
                assert ACTIVE.innermost.options.max_file_size == 9
                assert self.app["title"] == "setUp"

        class TestMethod(unittest.TestCase):
            @pytest.mark.qapps_mock
            def test_it(self):
                assert create()["appVersion"] == 1

            def test_other(self):
                assert ACTIVE.runs == ()
        """,
        number=3,
    )


def test_the_marker_and_the_decorator_nest(pytester):
    passes(
        pytester,
        """
        @pytest.mark.qapps_mock(strict=True)
        @mock_qapps(max_file_size=3)
        def test_it(qapps_mock):
            create()
            assert ACTIVE.innermost.options.max_file_size == 3
            assert len(qapps_mock.calls()) == 1
        """,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            "strikt=True",
            f"mock_qapps has no option 'strikt'. Did you mean 'strict'? Its options are: {OPTIONS}.",
        ),
        ("max_file_size='5'", "max_file_size is '5': it must be a whole number of bytes, 1 or more"),
        ("True", f"True has no name. The options are keyword-only: {OPTIONS}."),
        ("'strict', strict=True", f"'strict' has no name. The options are keyword-only: {OPTIONS}."),
    ],
)
def test_wrong_arguments_of_the_marker_are_a_usage_error_that_names_test_and_options(
    pytester, arguments, sentence
):
    tests = f"""
    class TestClass:
        @pytest.mark.qapps_mock({arguments})
        def test_it(self):
            pass
    """

    assert refused(pytester, tests) == (
        "test_wrong_arguments_of_the_marker_are_a_usage_error_that_names_test_and_options.py"
        f"::TestClass::test_it: @pytest.mark.qapps_mock: {sentence}"
    )


def test_wrong_arguments_of_an_outer_marker_are_refused_too(pytester):
    tests = """
    pytestmark = pytest.mark.qapps_mock(strikt=True)

    @pytest.mark.qapps_mock(strict=True)
    def test_it():
        pass
    """

    assert "mock_qapps has no option 'strikt'" in refused(pytester, tests)


def test_wrong_arguments_of_a_marker_that_comes_late_are_a_usage_error(pytester):
    result = run(
        pytester,
        """
        @pytest.fixture
        def late(request):
            request.node.add_marker(pytest.mark.qapps_mock(strikt=True))

        def test_it(late, qapps_mock):
            pass
        """,
    )

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*UsageError: *::test_it: @pytest.mark.qapps_mock: mock_qapps has no option*"]
    )


# What pytest shows


OPTIONS_FIXTURES = """
    import pytest

    @pytest.fixture(scope="{scope}")
    def qapps_mock_options():
        return {options}
"""


@pytest.mark.parametrize("scope", ["session", "package", "module", "class", "function"])
def test_a_fixture_of_any_scope_gives_the_options_and_the_markers_win(pytester, scope):
    pytester.makeconftest(OPTIONS_FIXTURES.format(scope=scope, options={"page_size": 1, "seed": 7}))
    pytester.makepyfile(
        """
        import pytest

        def create(client):
            return client.create_q_app(instanceId="i", title="T", appDefinition={"cards": []})["appId"]

        def test_the_fixture(qapps_client):
            created = [create(qapps_client), create(qapps_client)]
            assert len(qapps_client.list_q_apps(instanceId="i")["apps"]) == 1
            assert created[0] == "653049be-c07a-43ad-aa7f-62f94597a44b"

        @pytest.mark.qapps_mock(page_size=2)
        def test_the_marker(qapps_client):
            create(qapps_client), create(qapps_client)
            assert len(qapps_client.list_q_apps(instanceId="i")["apps"]) == 2
        """
    )

    pytester.runpytest().assert_outcomes(passed=2)


def test_the_closest_fixture_of_options_holds(pytester):
    pytester.makeconftest(OPTIONS_FIXTURES.format(scope="session", options={"page_size": 1}))
    pytester.makepyfile(
        """
        import pytest

        def pages(client):
            for _ in range(3):
                client.create_q_app(instanceId="i", title="T", appDefinition={"cards": []})
            return len(client.list_q_apps(instanceId="i")["apps"])

        class TestClass:
            @pytest.fixture(scope="class")
            def qapps_mock_options(self, qapps_mock_options):
                return {**qapps_mock_options, "page_size": 2}

            def test_inside(self, qapps_client):
                assert pages(qapps_client) == 2

        def test_outside(qapps_client):
            assert pages(qapps_client) == 1
        """
    )

    pytester.runpytest().assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"strikt": True},
            f"mock_qapps has no option 'strikt'. Did you mean 'strict'? Its options are: {OPTIONS}.",
        ),
        ({"page_size": 0}, "page_size is 0: it must be a whole number, 1 to 100"),
        (None, "it returns None: it must return a dict of options, for example {'strict': True}"),
    ],
)
def test_wrong_options_of_the_fixture_name_the_fixture_and_the_valid_ones(pytester, options, message):
    pytester.makeconftest(OPTIONS_FIXTURES.format(scope="session", options=options))
    pytester.makepyfile("def test_it(qapps_client): pass")

    result = pytester.runpytest()

    result.assert_outcomes(errors=1)
    assert f"test_it: the fixture qapps_mock_options: {message}" in result.stdout.str()
    result.stdout.no_fnmatch_line("*raise pytest.UsageError*")


def test_usefixtures_in_the_configuration_guards_a_whole_suite(pytester):
    pytester.makeini("[pytest]\nusefixtures = qapps_mock\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(
        """
        import unittest
        import boto3

        def call():
            client = boto3.client("qapps", region_name="us-east-1")
            return client.list_q_apps(instanceId="i")["apps"]

        def test_function():
            assert call() == []

        class TestClass:
            def test_method(self):
                assert call() == []

        class Case(unittest.TestCase):
            def test_case(self):
                self.assertEqual(call(), [])
        """
    )

    pytester.runpytest().assert_outcomes(passed=3)


def test_the_marker_is_listed_with_its_options_and_defaults(pytester):
    result = run(pytester, "", "--markers")

    result.stdout.fnmatch_lines(
        [
            "@pytest.mark.qapps_mock([*], strict=False, url_lifetime=900, max_file_size=52428800, "
            "enforce_all_posts=False, upload_host='aws', config=None, page_size=100, seed=None, assert_all_used=True, upload_credentials=None): run the test with Amazon Q Apps mocked, with these options."
        ]
    )


def test_the_marker_lists_the_defaults_that_hold(pytester):
    shown = run(pytester, "", "--markers").stdout.str()

    assert f"strict={DEFAULTS.strict}, url_lifetime={DEFAULTS.lifetime.seconds}, " in shown
    assert f"max_file_size={DEFAULTS.max_file_size}, enforce_all_posts={DEFAULTS.enforce_all_posts}" in shown


def test_the_fixtures_are_listed_with_what_they_are(pytester):
    result = run(pytester, "", "--fixtures")

    result.stdout.fnmatch_lines(
        [
            "qapps_mock -- *plugin.py:*",
            "    Amazon Q Apps mocked for one test: the running `qapps_mock.MockQApps`, to script and to inspect.",
            "qapps_client -- *plugin.py:*",
            "    A boto3 qapps client of the mocked service, which acts as the default user.",
        ]
    )


# A process of its own


SUITE = """
import sys

def test_nothing_heavy_is_imported():
    assert [each for each in ("boto3", "botocore", "moto", "responses") if each in sys.modules] == []
"""


def subprocess(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-W", "error", "--strict-markers", "--strict-config", *arguments)


def test_a_suite_that_does_not_use_the_plugin_imports_neither_boto3_nor_moto(pytester):
    pytester.makepyfile(SUITE)

    result = subprocess(pytester, "-p", "no:randomly", "-p", "no:xdist")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["plugins: *qapps*"])


def test_a_run_on_two_processes_is_clean(pytester):
    pytester.makepyfile(
        HEADER
        + textwrap.dedent(
            """
            @pytest.mark.parametrize("number", range(6))
            def test_fixture(qapps_mock, number):
                create()
                assert len(qapps_mock.calls()) == 1

            @pytest.mark.qapps_mock(strict=True)
            @pytest.mark.parametrize("number", range(6))
            def test_marker(number):
                assert ACTIVE.innermost.options.strict
            """
        )
    )

    result = subprocess(pytester, "-n", "2")

    result.assert_outcomes(passed=12)
    result.stdout.no_fnmatch_line("*warning*")


def test_wrong_arguments_of_the_marker_fail_their_test_in_a_run_on_two_processes(pytester):
    pytester.makepyfile(
        HEADER
        + textwrap.dedent(
            """
            @pytest.mark.qapps_mock(strikt=True)
            def test_wrong():
                pass

            def test_right():
                pass
            """
        )
    )

    result = subprocess(pytester, "-n", "2")

    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(
        ["*::test_wrong: @pytest.mark.qapps_mock: mock_qapps has no option 'strikt'*"]
    )


def test_the_report_of_a_failed_test_shows_its_calls(pytester):
    pytester.makepyfile(
        """
        def test_fails(qapps_mock, qapps_client):
            qapps_mock.fail("ListQApps", "ThrottlingException", times=None, message="Slow down.")
            app = qapps_client.create_q_app(instanceId="i", title="T" * 100, appDefinition={"cards": []})
            qapps_client.list_q_apps(instanceId="i")


        def test_passes(qapps_client):
            qapps_client.list_categories(instanceId="i")
        """
    )

    result = pytester.runpytest_inprocess("-rA")

    result.assert_outcomes(passed=1, failed=1)
    output = result.stdout.str()
    assert output.count("Amazon Q Apps calls") == 1
    result.stdout.fnmatch_lines(
        [
            "*- Amazon Q Apps calls -*",
            "CreateQApp(instanceId='i', title='TTT*...TTT*', appDefinition=*) -> {'appArn': 'arn:aws:qapps:*",
            "ListQApps(instanceId='i') -> ThrottlingException: Slow down. (attempt *, after ThrottlingException, *)",
        ]
    )
    assert "ListCategories(" not in output


def test_a_failed_test_without_calls_has_no_such_section(pytester):
    pytester.makepyfile("def test_fails(qapps_mock): assert False")

    result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*Amazon Q Apps calls*")


# Keys of the environment


@pytest.mark.parametrize(
    ("test", "left"),
    [
        ("def test_one(qapps_mock, monkeypatch): monkeypatch.delenv(NAME)", None),
        ("@pytest.mark.qapps_mock\ndef test_one(monkeypatch): monkeypatch.setenv(NAME, 'mine')", None),
        ("@mock_qapps\ndef test_one(monkeypatch):\n with monkeypatch.context() as m: m.delenv(NAME)", None),
        ("def test_one(monkeypatch, qapps_mock): monkeypatch.delenv(NAME)", "FOOBARKEY"),
    ],
    ids=["the fixture first", "the marker", "a context", "the patch first"],
)
def test_a_patch_of_the_keys_that_ends_before_the_mock_leaves_no_fake_key(pytester, monkeypatch, test, left):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    pytester.makepyfile(f"""
{HEADER}
import os
NAME = "AWS_ACCESS_KEY_ID"

{test}

def test_two():
    assert os.environ.get(NAME) == {left!r}
    os.environ.pop(NAME, None)
""")

    pytester.inline_run(*ARGUMENTS).assertoutcome(passed=2)


def test_the_report_of_a_failed_test_names_the_url_where_its_client_found_no_server(pytester):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        pytester.makepyfile(
            f"""
            import boto3
            from botocore.config import Config

            once = Config(retries={{"total_max_attempts": 1}})

            def test_fails(qapps_mock):
                client = boto3.client("qapps", region_name="us-east-1", endpoint_url="{url}", config=once)
                client.list_q_apps(instanceId="i")

            def test_fails_otherwise(qapps_mock):
                assert False
            """
        )

        result = pytester.runpytest_inprocess()

    result.assert_outcomes(failed=2)
    assert [line for line in result.outlines if "the mock does not see" in line] == [
        f"No server at {url}: a client with this endpoint_url calls it, and the mock does not see these calls. "
        "Remove endpoint_url (also AWS_ENDPOINT_URL and endpoint_url of the profile), or start the server."
    ]


# Scripts that no call has used


def test_a_script_that_no_call_has_used_fails_the_test(pytester):
    result = run(
        pytester,
        """
        def test_passes(qapps_mock):
            qapps_mock.fail("GetQApp", "AccessDeniedException")

        def test_fails(qapps_mock):
            qapps_mock.fail("GetQApp", "AccessDeniedException")
            assert False, "of the test"

        def test_skips(qapps_mock):
            qapps_mock.fail("GetQApp", "AccessDeniedException")
            pytest.skip("of the test")

        @pytest.mark.qapps_mock(assert_all_used=False)
        def test_allows(qapps_mock):
            qapps_mock.fail("GetQApp", "AccessDeniedException")

        @pytest.fixture
        def broken(qapps_mock):
            qapps_mock.fail("GetQApp", "AccessDeniedException")
            raise ValueError("of the fixture")

        def test_setup(broken):
            pass
        """,
    )

    result.assert_outcomes(passed=1, failed=2, skipped=1, errors=1)
    assert result.outlines.count("1 script was not used:") == 1


def test_the_report_of_unused_scripts_is_the_message_or_shows_the_line_of_the_test(pytester):
    result = run(
        pytester,
        """
        import unittest
        from qapps_mock import current

        def test_fixture(qapps_mock):
            qapps_mock.fail("GetQApp", "AccessDeniedException")

        @mock_qapps
        def test_decorator():
            current().fail("GetQApp", "AccessDeniedException")

        @mock_qapps
        class TestCase(unittest.TestCase):
            def test_method(self):
                current().fail("GetQApp", "AccessDeniedException")

        def test_with():
            with mock_qapps() as mock:
                mock.fail("GetQApp", "AccessDeniedException")
        """,
    )

    result.assert_outcomes(failed=4)
    output = result.stdout.str()
    assert "Traceback" not in output
    assert "traceback entries are hidden" not in output
    [*bare, shown] = re.split("_{3,} [A-Za-z.]*test_[a-z]+ _{3,}\n", output)[1:]
    message = (
        "1 script was not used:\n  fail('GetQApp', 'AccessDeniedException')\n"
        "    No call of GetQApp came, and none of another operation.\n"
        "Remove what the test does not need, or pass assert_all_used=False to mock_qapps or to the marker.\n---"
    )
    assert [each.startswith(message) for each in bare] == [True, True, True]
    assert ">       with mock_qapps() as mock:\nE       AssertionError: 1 script was not used:\n" in shown


def test_a_decorated_fixture_and_class_check_their_scripts(pytester):
    result = run(
        pytester,
        """
        handle = mock_qapps()

        @pytest.fixture
        @handle
        def scripted():
            handle.fail("GetQApp", "AccessDeniedException")
            yield

        def test_passes(scripted):
            pass

        def test_fails(scripted):
            assert False

        @handle
        class TestClass:
            def setup_method(self):
                handle.fail("GetQApp", "AccessDeniedException")

            def test_passes(self):
                pass

            def test_fails(self):
                assert False

        @handle
        class TestHooks:
            @classmethod
            def setup_class(cls):
                handle.fail("GetQApp", "AccessDeniedException")

            def test_passes(self):
                pass
        """,
    )

    result.assert_outcomes(passed=3, failed=2, errors=3)


# The report


def _sections(result: pytest.RunResult, title: str) -> list[list[str]]:
    """Return the lines of each section of that title."""
    found: list[list[str]] = []
    lines: list[str] | None = None
    for line in result.outlines:
        if title in line and line.startswith("--"):
            found.append(lines := [])
        elif line.startswith(("--", "==", "__")):
            lines = None
        elif lines is not None:
            lines.append(line)
    return found


REPORTED = """
from botocore.config import Config

TRIED = Config(retries={"mode": "standard", "total_max_attempts": 3})

@pytest.fixture
def broken(qapps_mock):
    create("setup")
    raise ValueError

def test_setup(broken):
    pass

@pytest.fixture
def broken_later(qapps_mock):
    yield
    create("teardown")
    raise ValueError

def test_teardown(broken_later):
    create("body")

@mock_qapps
def test_decorated():
    create("decorated")
    assert False

@pytest.fixture(scope="module")
def wide():
    with mock_qapps() as mock:
        yield mock

def test_wide_passes(wide):
    create("earlier")

def test_wide_fails(wide):
    create("wide")
    assert False

def test_retried(qapps_mock):
    qapps_mock.fail("CreateQApp", "ThrottlingException", times=3)
    client = qapps_mock.client(config=TRIED)
    qapps_mock.fail("ListQApps", "ThrottlingException", times=2)
    client.list_q_apps(instanceId=INSTANCE)
    with pytest.raises(client.exceptions.ThrottlingException):
        boto3.client("qapps", region_name="us-east-1", config=Config(retries={"total_max_attempts": 1})).create_q_app(
            instanceId=INSTANCE, title="T", appDefinition={"cards": []})
    create("x" * 100)
"""


def test_the_report_shows_the_calls_of_every_mock_of_a_failing_test(pytester):
    result = run(pytester, REPORTED.replace('create("x" * 100)', "assert False"), "-p", "no:cacheprovider")

    result.assert_outcomes(passed=2, failed=3, errors=2)
    calls = _sections(result, "Amazon Q Apps calls")
    titles = [[line.partition("title=")[2].partition(",")[0] for line in lines] for lines in calls]
    assert titles[:4] == [["'setup'"], ["'body'", "'teardown'"], ["'decorated'"], ["'wide'"]]
    assert [line.partition("(")[0] for line in calls[4]] == ["ListQApps", "CreateQApp"]
    assert calls[4][0].endswith(" (attempt 3, after ThrottlingException, ThrottlingException)")
    assert _sections(result, "Amazon Q Apps scripts") == [
        [
            "fail('CreateQApp', 'ThrottlingException', times=3): 1 of 3 used",
            "fail('ListQApps', 'ThrottlingException', times=2): 2 of 2 used",
        ]
    ]


@pytest.mark.parametrize(("arguments", "whole"), [((), False), (("-vv",), True)])
def test_values_are_whole_when_pytest_is_asked_for_more(pytester, arguments, whole):
    tests = """
    def test_fails(qapps_mock):
        create("x" * 100)
        assert False
    """
    result = run(pytester, tests, *arguments)

    [[line]] = _sections(result, "Amazon Q Apps calls")
    assert (f"title='{'x' * 100}'" in line) is whole
