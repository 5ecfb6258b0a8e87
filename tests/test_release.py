"""What the wheel and the sdist contain."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build both files with the build backend itself, which needs no network."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return folder


def test_the_wheel_has_every_file_of_the_package_and_nothing_else(built):
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    package = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "qapps_mock").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if not name.startswith("qapps_mock-")} == package
    assert "qapps_mock/py.typed" in package
    described = {name.partition("/")[2] for name in names if name.startswith("qapps_mock-")}
    assert described == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}


def test_the_sdist_can_run_the_tests_and_build_the_documentation(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {"pyproject.toml", "tox.ini", "README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md"} <= names
    assert {"tests/conftest.py", "examples/quickstart.py", "docs/conf.py", "qapps_mock/py.typed"} <= names
    assert [name for name in names if "__pycache__" in name or name.startswith((".tox", "dist/"))] == []


def test_the_console_script_and_the_plugin_are_registered(built):
    (wheel,) = built.glob("*.whl")
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))

    assert archive.read(name).decode() == (
        "[console_scripts]\nqapps-mock = qapps_mock.cli:main\n\n[pytest11]\nqapps_mock = qapps_mock.plugin\n"
    )
