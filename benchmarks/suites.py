"""A whole test in pytest: mock, client, three calls; compared with the same test of Moto's dsql.

A figure is the time that one more test adds to a running suite: the time from the end of the first test to
the end of the last one, divided by the number of tests in between. It includes everything that pytest does
for a test, and garbage collection. Our suites collect rarely, so they have more tests, to get an average
share of it. Start and import are not included. The time is the processor's: nothing waits here, and a busy
machine changes it little. Each suite runs in its own processes, without any other plugin.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.timing import in_fresh_processes

_PROGRAM = """
import gc, os, pathlib, tempfile, time
import pytest

class Clock:
    ends = []
    def pytest_runtest_logfinish(self):
        if not self.ends:
            gc.collect()
        self.ends.append(time.process_time())

os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder, "test_suite.py")
    path.write_text({suite!r})
    options = ["-q", "-c", os.devnull, "--rootdir", folder, "-p", "no:cacheprovider", *{options!r}]
    assert pytest.main([*options, str(path)], plugins=[Clock()]) == 0
print((Clock.ends[-1] - Clock.ends[0]) / (len(Clock.ends) - 1))
"""
_HEAD = """
import boto3, pytest
pytestmark = pytest.mark.parametrize("number", range({tests}))
"""
_THREE_CALLS = """
    ids = {"instanceId": "11111111-1111-4111-8111-111111111111"}
    ids["appId"] = client.create_q_app(**ids, title="T", appDefinition={"cards": []})["appId"]
    assert client.get_q_app(**ids)["title"] == "T"
    client.delete_q_app(**ids)
"""
_DECORATOR = f"""{_HEAD.format(tests=101)}
from qapps_mock import mock_qapps

@mock_qapps
def test_app(number):
    client = boto3.client("qapps", region_name="us-east-1")
{_THREE_CALLS}
"""
_FIXTURES = f"""{_HEAD.format(tests=101)}
def test_app(number, qapps_mock, qapps_client):
    client = qapps_client
{_THREE_CALLS}
"""
_MOTO = f"""{_HEAD.format(tests=21)}
from moto import mock_aws

@mock_aws
def test_cluster(number):
    client = boto3.client("dsql", region_name="us-east-1")
    cluster = client.create_cluster(deletionProtectionEnabled=False)["identifier"]
    assert client.get_cluster(identifier=cluster)["identifier"] == cluster
    client.delete_cluster(identifier=cluster)
"""


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, ratio and target of each measure."""
    decorator, fixtures, motos = in_fresh_processes(
        _PROGRAM.format(suite=_DECORATOR, options=[]),
        _PROGRAM.format(suite=_FIXTURES, options=["-p", "qapps_mock.plugin"]),
        _PROGRAM.format(suite=_MOTO, options=[]),
    )
    name = f"a test of {decorator * 1000:.1f} ms: decorator, boto3.client / {motos * 1000:.0f} ms, dsql"
    yield name, decorator / motos, 0.14
    name = f"a test of {fixtures * 1000:.1f} ms: fixtures / {motos * 1000:.0f} ms, dsql"
    yield name, fixtures / motos, 0.13
