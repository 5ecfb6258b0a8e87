"""The shell and JavaScript snippets of a page run in their order, in a fresh folder, with servers on free ports."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^```(sh|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Commands that cannot run here, and why. The rest of their line runs.
_NOT_RUN = {
    r"(\S+/)?pip install [^&\n]*(&& )?": "needs the network; what it installs is installed",
    r"python3 -m venv \.venv && ": "the environment of the tests is used",
    r"\.venv/bin/(?!tox)": "the same",
    r"^(?=.*\.venv/bin/tox).*$": "runs these tests",
    r"^qapps-mock conformance .*$": "needs an account of AWS",
}
_START = """\
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null' EXIT
other_terminal() {  # starts a server in the place of the one before, and waits for its URL
  [ ! -e url ] || { kill "$server"; wait "$server" || true; rm url; }
  mkfifo url
  "$@" > url & server=$!
  read -r _ < url
}
"""


def path(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def with_free_ports(text: str) -> str:
    """Return the text with a free port in the place of each port from 5000 to 5099."""
    for port in sorted(set(re.findall(r"\b50\d\d\b", text))):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            text = re.sub(rf"\b{port}\b", str(probe.getsockname()[1]), text)
    return text


def script(page: Path) -> str:
    """Return the snippets of a page as one script of bash."""
    snippets = _BLOCK.findall(with_free_ports(page.read_text()))
    return "".join(
        runnable(text) if language == "sh" else in_node(text) for language, text in snippets
    ).strip()


def in_node(program: str) -> str:
    if shutil.which("node") is None:
        return ""
    return f"cat > snippet.mjs <<'END'\n{program}END\nnode snippet.mjs\n"


def runnable(commands: str) -> str:
    for command in _NOT_RUN:
        commands = re.sub(command, "", commands, flags=re.MULTILINE)
    if shutil.which("aws") is None:
        commands = re.sub("^aws .*$", "", commands, flags=re.MULTILINE)
    # A server that is not in the background has a terminal of its own.
    return re.sub(r"^(?=qapps-mock server [^&\n]*$)", "other_terminal ", commands, flags=re.MULTILINE)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("page", [page for page in PAGES if script(page)], ids=path)
def test_the_shell_snippets_of_a_page_run(page, tmp_path):
    program = script(page)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("test_[!f]*"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    (tmp_path / ".curlrc").write_text("fail\n")  # an error of the server is one of the snippet
    environment["CURL_HOME"] = str(tmp_path)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"

    with subprocess.Popen(
        ["bash", "-c", _START + program],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(timeout=120)
        finally:
            with suppress(ProcessLookupError):  # it has ended, and so have its servers
                os.killpg(shell.pid, signal.SIGTERM)

    assert shell.returncode == 0, f"{program}\n{output}"
