"""However a test or its process ends, nothing of the mock is left: pytest-timeout, -x, --pdb, Ctrl-C, spawn."""

from __future__ import annotations

import sys
import textwrap

import pytest

CHECK = """
import os, socket, boto3, pytest
from moto.core import models as moto_core
from qapps_mock import mock_qapps

def clean():
    assert not moto_core.botocore_stubber.enabled
    assert "AWS_ACCESS_KEY_ID" not in os.environ
    assert socket.getaddrinfo.__module__ == "socket"
"""
WATCH = (
    CHECK
    + """
def pytest_unconfigure(config):
    clean()
    print("nothing is left")
"""
)


def run(pytester, body, *options):
    pytester.makeconftest(WATCH)
    pytester.makepyfile(CHECK + textwrap.dedent(body))
    return pytester.runpytest_subprocess(
        "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:socket", *options
    )


@pytest.mark.parametrize("options", [(), ("-x",)])
def test_nothing_is_left_by_a_test_that_is_interrupted(pytester, options):
    result = run(
        pytester,
        """
        @mock_qapps
        def test_it(qapps_mock):
            raise KeyboardInterrupt
        """,
        *options,
    )

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*nothing is left"])
    result.stderr.no_fnmatch_line("*Traceback*")


def test_nothing_is_left_after_the_first_failure(pytester):
    result = run(
        pytester,
        """
        def test_fails(qapps_mock):
            assert False

        def test_other(qapps_mock):
            pass
        """,
        "-x",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*nothing is left"])


def test_nothing_is_left_after_a_debugger(pytester):
    result = run(
        pytester,
        """
        def test_fails(qapps_mock):
            assert False

        def test_other():
            clean()
        """,
        "--pdb",
    )

    result.stdout.fnmatch_lines(["*nothing is left"])


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGALRM")
@pytest.mark.parametrize("method", ["signal", "thread"])
def test_nothing_is_left_after_a_timeout(pytester, method):
    pytest.importorskip("pytest_timeout")

    result = run(
        pytester,
        """
        import threading

        @pytest.mark.timeout(1)
        def test_hangs(qapps_mock):
            threading.Event().wait()

        def test_next():
            clean()
        """,
        f"--timeout-method={method}",
    )

    if method == "signal":
        result.assert_outcomes(failed=1, passed=1)
        result.stdout.fnmatch_lines(["*nothing is left"])
    else:  # it ends the process
        assert result.ret == 1
        assert "Timeout" in result.stdout.str() + result.stderr.str()


def test_a_spawned_process_has_no_mock_and_can_start_its_own(pytester):
    result = run(
        pytester,
        """
        import multiprocessing

        def own(queue):
            clean()
            with mock_qapps() as mock:
                mock.client().list_q_apps(instanceId="i")
                queue.put(len(mock.calls()))

        def test_it(qapps_mock, monkeypatch):
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                monkeypatch.delenv(name)
            context = multiprocessing.get_context("spawn")
            queue = context.Queue()
            child = context.Process(target=own, args=(queue,))
            child.start()
            assert queue.get(timeout=60) == 1
            child.join()
            assert qapps_mock.calls() == []
        """,
    )

    result.assert_outcomes(passed=1)
