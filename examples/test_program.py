"""Does a program in its own process work? It can be written in any language that has an AWS SDK."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("flask_cors", reason="qapps_server needs the extra: pip install 'qapps-mock[server]'")

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"
PROGRAM = [sys.executable, str(Path(__file__).with_name("list_apps.py"))]


@pytest.fixture
def run(qapps_server):
    """Run the program with the environment variables that every AWS SDK reads."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": qapps_server,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def test_the_program_prints_the_titles(qapps_mock, qapps_client, run):
    for title in ("First", "Second"):
        qapps_client.create_q_app(instanceId=INSTANCE, title=title, appDefinition={"cards": []})

    done = run(INSTANCE)

    assert (done.returncode, done.stdout) == (0, "Second\nFirst\n")
    assert len(qapps_mock.calls("ListQApps")) == 1


def test_the_program_fails_without_permission_to_list(qapps_mock, run):
    qapps_mock.fail("ListQApps", "AccessDeniedException", message="Not you.")

    done = run(INSTANCE)

    assert done.returncode == 1
    assert "AccessDeniedException" in done.stderr
    assert "Not you." in done.stderr
