"""The reference of the documentation has every public name, option, fixture, resource and variable."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import qapps_mock
from qapps_mock import cli, plugin
from qapps_mock.server import control_api

ROOT = Path(__file__).parent.parent
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
SERVER = (ROOT / "docs" / "server.md").read_text()


def fixtures() -> list[str]:
    """Return the fixtures that the plugin defines for its users."""
    tree = ast.parse(Path(plugin.__file__).read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    decorated = [
        each for each in functions if any("fixture" in ast.unparse(by) for by in each.decorator_list)
    ]
    return [each.name for each in decorated if not each.name.startswith("_")]


@pytest.mark.parametrize("name", qapps_mock.__all__)
def test_each_public_name_has_an_entry(name):
    assert re.search(rf"^\.\. (auto\w+|py:data):: {name}\b", REFERENCE, re.MULTILINE)


def test_each_fixture_is_in_the_reference():
    assert [name for name in fixtures() if f"| `{name}` | " not in REFERENCE] == []
    assert "`@pytest.mark.qapps_mock(**options)`" in REFERENCE


def test_each_option_of_pytest_is_in_the_reference(pytester):
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    shown = pytester.runpytest_inprocess("--help").stdout.str()

    options = set(re.findall(r"--qapps[\w-]+", shown))
    assert options
    assert [option for option in options if f"| `{option}" not in REFERENCE] == []


def test_each_option_of_the_server_is_on_its_page(capsys):
    with pytest.raises(SystemExit):
        cli.main(["server", "--help"])

    options = set(re.findall(r"^  (--[\w-]+)", capsys.readouterr().out, re.MULTILINE))
    assert options
    assert [option for option in options if f"| `{option}" not in SERVER] == []


def test_each_resource_of_the_control_api_is_on_the_page_of_the_server():
    requests = [
        f"`{method} {name}`" for name, methods in control_api._RESOURCES.items() for method in methods
    ]

    assert [request for request in requests if request not in SERVER] == []


def test_each_environment_variable_that_the_package_reads_is_in_the_reference():
    code = "\n".join(path.read_text() for path in (ROOT / "qapps_mock").rglob("*.py"))

    read = set(re.findall(r"\b(?:QAPPS_MOCK|TEST_SERVER|MOTO_ACCOUNT)_\w+", code))
    assert read
    assert [name for name in read if f"`{name}`" not in REFERENCE] == []
