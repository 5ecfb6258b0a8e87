"""Nothing leaves a process for AWS while a mock is active, by any route: see tests/routes.py."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qapps_mock.bridge import patches  # noqa: F401  # importing it fills the table
from qapps_mock.bridge.table import TABLE
from tests.routes import HOSTS, NOT_STOPPED

ROOT = Path(__file__).parent.parent
RESOLVER = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"
# The new namespace's loopback device is down (SIOCSIFFLAGS: up, loopback, running).
PROGRAM = """
import fcntl, socket, struct, sys
with socket.socket() as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh", b"lo", 0x49))
from tests.routes import main
main(sys.argv[1], "isolated")
"""


@functools.cache
def isolation(resolver: Path) -> list[str]:
    """Return a command that runs another one in a namespace without a route; empty: not possible here."""
    command = ["sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(resolver)]
    for unshare in (["unshare", "-n", "-m"], ["unshare", "-r", "-n", "-m"]):
        try:
            subprocess.run([*unshare, *command, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return [*unshare, *command]
    return []


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Any:
    resolver = tmp_path_factory.mktemp("resolver") / "resolv.conf"
    resolver.write_text(RESOLVER)
    inner = isolation(resolver)

    @functools.cache
    def run(where: str) -> dict[str, list[str]]:
        program = ["-c", PROGRAM, where] if inner else ["-m", "tests.routes", where, "recorded"]
        environment = {
            name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
        }
        done = subprocess.run(
            [*inner, sys.executable, *program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run


def test_outside_a_mock_every_route_leads_to_aws(left):
    found = left("outside")

    assert {name: hosts for name, hosts in found.items() if hosts != sorted(HOSTS)} == {}
    assert found.keys() >= {"socket.connect", "http.client by a proxy", "boto3", "boto3 by a proxy"}


def test_inside_a_mock_only_what_is_documented_leads_to_aws(left):
    found = left("inside")

    assert found.keys() == left("outside").keys()
    assert {name for name, hosts in found.items() if hosts} == NOT_STOPPED.keys() & found.keys()


# --- The rows of the table for libraries that not every environment has

ROWS = [
    each
    for each in TABLE
    if each.library in {"aiohttp", "httpcore", "httpcore2", "httpx", "httpx2", "uvloop"}
]


@pytest.mark.parametrize("touch", ROWS, ids=str)
def test_every_touch_fits_todays_libraries(touch):
    pytest.importorskip(touch.library)

    assert touch.find() is not None
