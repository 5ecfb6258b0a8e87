"""`pytest --qapps-coverage`: what a suite has seen of Q Apps."""

from __future__ import annotations

import pytest

from qapps_mock.control import coverage

SUITE = """
    import pytest
    from qapps_mock import mock_qapps

    def create(client):
        return client.create_q_app(instanceId="i", title="T", appDefinition={"cards": []})

    def test_success(qapps_client):
        create(qapps_client)

    @mock_qapps
    def test_decorator():
        import boto3
        boto3.client("qapps", region_name="us-east-1").list_categories(instanceId="i")

    def test_error(qapps_mock, qapps_client):
        qapps_mock.fail("CreateQApp", "ConflictException")
        with pytest.raises(qapps_client.exceptions.ConflictException):
            create(qapps_client)
        qapps_mock.reset()
"""


@pytest.fixture
def suite(pytester):
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(SUITE)
    return pytester


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_the_table_shows_what_was_seen_and_what_was_not(suite, workers):
    result = suite.runpytest("--qapps-coverage", *workers)

    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "=*= Amazon Q Apps coverage =*=",
            "operation        seen  cover  missing",
            "CreateQApp        2/9    22%  AccessDeniedException, ValidationException, *",
            "ListCategories    1/* ResourceNotFoundException*",
            "TOTAL            3/*",
            "never called: AssociateLibraryItemReview, *",
        ]
    )
    assert "ListCategories" not in result.stdout.str().partition("never called: ")[2]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
@pytest.mark.parametrize(("limit", "status"), [("10", 0), ("100", 1)])
def test_a_run_under_the_limit_fails(suite, workers, limit, status):
    result = suite.runpytest("--qapps-coverage-fail-under", limit, *workers)

    assert result.ret == status
    result.assert_outcomes(passed=3)
    assert ("is under the required 100% (--qapps-coverage-fail-under)" in result.stdout.str()) == bool(status)


def test_a_suite_without_calls_has_no_coverage(pytester):
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile("def test_it(): pass")

    result = pytester.runpytest("--qapps-coverage-fail-under=1")

    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["TOTAL*0/0*0%", "never called: *", "FAILED: the coverage of 0% is under the required 1% *"]
    )


def test_a_run_that_only_collects_has_no_coverage(suite):
    result = suite.runpytest("--collect-only", "--qapps-coverage-fail-under=100")

    assert result.ret == 0
    assert "Amazon Q Apps coverage" not in result.stdout.str()


def test_the_columns_of_a_short_name_have_their_heads(pytester):
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        """
        def test(qapps_mock, qapps_client):
            qapps_mock.load([{"title": "T", "instanceId": "i", "appId": "11111111-1111-4111-8111-111111111111"}])
            qapps_client.get_q_app(instanceId="i", appId="11111111-1111-4111-8111-111111111111")
        """
    )

    result = pytester.runpytest("--qapps-coverage")

    result.stdout.fnmatch_lines(["operation   seen  cover  missing", "GetQApp      1/7    14%  *"])


@pytest.mark.parametrize("limit", ["101", "-1", "most", "nan"])
def test_a_wrong_limit_is_a_usage_error(pytester, limit):
    result = pytester.runpytest(f"--qapps-coverage-fail-under={limit}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{limit!r} is not a percentage: expected 0 to 100" in result.stderr.str()


def test_without_the_options_nothing_is_collected_or_shown(suite):
    before = coverage.collect(None)
    coverage.collect(before)

    result = suite.runpytest()

    assert "Amazon Q Apps coverage" not in result.stdout.str()
    assert before is None
