"""What the package offers, and what its import costs."""

from __future__ import annotations

import pkgutil
from importlib.metadata import version

import pytest

import qapps_mock

HEAVY = "[each for each in ('boto3', 'botocore', 'moto', 'responses', 'requests') if each in sys.modules]"


def test_the_public_names_are_these():
    assert qapps_mock.__all__ == ["Call", "MockQApps", "Upload", "mock_qapps", "register"]


@pytest.mark.parametrize("name", qapps_mock.__all__)
def test_each_public_name_is_there_and_documented(name):
    value = getattr(qapps_mock, name)

    assert value.__name__ == name
    assert value.__module__.startswith("qapps_mock.")
    assert value.__doc__


def test_public_names_show_before_their_first_use(run_python):
    program = "import qapps_mock; print(set(qapps_mock.__all__) <= set(dir(qapps_mock)))"

    assert run_python(program) == "True"


def test_a_star_import_gives_the_public_names(run_python):
    program = "from qapps_mock import *; print(Call, MockQApps, Upload, mock_qapps, register)"

    assert "MockQApps" in run_python(program)


def test_the_version_is_that_of_the_installed_package():
    assert qapps_mock.__version__ == version("qapps-mock")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"^module 'qapps_mock' has no attribute 'mock_qapp'$"):
        qapps_mock.mock_qapp  # noqa: B018  # to look it up is the test


def test_the_import_brings_neither_boto3_nor_moto(run_python):
    assert run_python(f"import qapps_mock, sys; print({HEAVY})") == "[]"


def test_the_decorator_brings_moto_only_when_it_runs(run_python):
    program = "import sys; from qapps_mock import mock_qapps; mock_qapps(lambda: None); print('moto' in sys.modules)"

    assert run_python(program) == "False"


def test_every_module_imports_alone(run_python):
    names = [each.name for each in pkgutil.walk_packages(qapps_mock.__path__, "qapps_mock.")]

    # Each in a process of its own, forked from one that has imported none of them.
    program = f"""
names = {names}
import importlib, os
for name in names:
    child = os.fork()
    if not child:
        importlib.import_module(name)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0, name
print(len(names))
"""
    assert run_python(program) == str(len(names))
    assert "qapps_mock.bridge" in names
