"""Start and stop, the first call, import, memory."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from moto import mock_aws

from benchmarks.timing import best, in_fresh_processes
from qapps_mock import mock_qapps

_FIRST_CALL = """
import time, boto3
{imports}
client = boto3.client({service!r}, region_name="us-east-1", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="s")
{prepare}
start = time.perf_counter()
with {mock}():
    {call}
print(time.perf_counter() - start)
"""
_IMPORT = """
import time, {before}
start = time.perf_counter()
import {module}
{more}
print(time.perf_counter() - start)
"""
_MEMORY = """
import resource, boto3
from moto import mock_aws
import moto.s3.models
{extra}
client = boto3.client("qapps", region_name="us-east-1", aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="s")
with {mock}():
    {call}
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
_CREATE = 'client.create_q_app(instanceId="i", title="t", appDefinition={"cards": []})'


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, figure and target of each measure."""
    ours, motos = best(_start_stop, _moto_start_stop, times=3)
    yield "start + stop / mock_aws start + stop", ours / motos, 0.12
    ours, motos = in_fresh_processes(
        _FIRST_CALL.format(
            imports="from qapps_mock import mock_qapps; import qapps_mock.bridge.patches",
            service="qapps",
            prepare="",
            mock="mock_qapps",
            call=_CREATE,
        ),
        _FIRST_CALL.format(
            imports="from moto import mock_aws",
            service="dsql",
            prepare="from moto.core import patch_client; patch_client(client)",
            mock="mock_aws",
            call="client.create_cluster()",
        ),
    )
    yield "first call in a process / first dsql call", ours / motos, 0.2
    imported, plugin = in_fresh_processes(
        _IMPORT.format(before="boto3", module="qapps_mock", more="qapps_mock.mock_qapps"),
        _IMPORT.format(before="pytest", module="qapps_mock.plugin", more=""),
    )
    yield "import qapps_mock and its mock, ms", imported * 1000, 20
    yield "load the pytest plugin, ms", plugin * 1000, 5
    if sys.platform != "win32":
        with_us, without = in_fresh_processes(
            _MEMORY.format(extra="from qapps_mock import mock_qapps", mock="mock_qapps", call=_CREATE),
            _MEMORY.format(extra="", mock="mock_aws", call="client.meta.service_model.operation_names"),
        )
        yield "memory beyond boto3 + Moto + client, MiB", with_us - without, 2


def _start_stop() -> None:
    mock = mock_qapps()
    mock.start()
    mock.stop()


def _moto_start_stop() -> None:
    mock = mock_aws()
    mock.start()
    mock.stop()
