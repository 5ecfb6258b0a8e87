"""The public names of the package, and the cost of its import."""

from __future__ import annotations

import inspect
import pkgutil
import re
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

import qapps_mock
from qapps_mock import mock
from qapps_mock.control.options import DEFAULTS, OptionArguments, option_names

HEAVY = "[each for each in ('boto3', 'botocore', 'moto', 'responses', 'requests') if each in sys.modules]"


def test_the_public_names_are_these():
    names = [
        "Call",
        "MockQApps",
        "Progress",
        "Refusal",
        "Upload",
        "current",
        "errors",
        "mock_qapps",
        "register",
    ]
    assert qapps_mock.__all__ == names


@pytest.mark.parametrize("name", [name for name in qapps_mock.__all__ if name != "Progress"])
def test_each_public_name_is_there_and_documented(name):
    value = getattr(qapps_mock, name)

    assert value.__name__ == name
    assert value.__module__.startswith("qapps_mock.")
    assert value.__doc__


def test_public_names_show_before_their_first_use(run_python):
    shown = "[name in dir(qapps_mock) for name in qapps_mock.__all__]"
    program = f"import qapps_mock; print(all({shown})); qapps_mock.Call; print(dir(qapps_mock).count('Call'))"

    assert run_python(program).split() == ["True", "1"]


def test_a_star_import_gives_the_public_names(run_python):
    program = "from qapps_mock import *; print(Call, MockQApps, Upload, mock_qapps, register)"

    assert "MockQApps" in run_python(program)


def test_the_version_is_that_of_the_installed_package():
    assert qapps_mock.__version__ == version("qapps-mock")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(
        AttributeError,
        match=r"^module 'qapps_mock' has no attribute 'mock_qapp'\. Did you mean 'mock_qapps'\?$",
    ):
        qapps_mock.mock_qapp  # noqa: B018  # to look it up is the test


def test_the_import_loads_neither_boto3_nor_moto(run_python):
    assert run_python(f"import qapps_mock, sys; print({HEAVY})") == "[]"


def test_the_decorator_imports_moto_only_when_it_runs(run_python):
    program = "import sys; from qapps_mock import mock_qapps; mock_qapps(lambda: None); print('moto' in sys.modules)"

    assert run_python(program) == "False"


PUBLIC = [
    "advance",
    "answer",
    "as_user",
    "assert_all_used",
    "async_client",
    "calls",
    "client",
    "credentials",
    "dump",
    "expire",
    "fail",
    "fail_upload",
    "load",
    "predict",
    "progress",
    "reset",
    "start",
    "stop",
    "uploads",
    "user",
]


def test_type_checkers_check_every_public_name_in_the_code_of_a_user():
    text = Path(__file__).with_name("typing").joinpath("user_code.py").read_text()

    call = [name for name in dir(qapps_mock.Call) if not name.startswith("_")]
    names = {*qapps_mock.__all__, *PUBLIC, *option_names(), *call}
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()


def _remote() -> object:
    return mock._remote_class()()


@pytest.mark.parametrize("make", [lambda: qapps_mock.MockQApps, qapps_mock.MockQApps, _remote])
def test_a_mock_offers_what_the_documentation_lists_and_nothing_else(make):
    assert [name for name in dir(make()) if not name.startswith("_")] == PUBLIC


def test_a_call_offers_what_the_documentation_lists_and_nothing_that_changes_it():
    public = [name for name in dir(qapps_mock.Call) if not name.startswith("_")]

    assert public == [
        "account",
        "at",
        "error",
        "operation",
        "params",
        "region",
        "result",
        "summary",
        "user",
    ]


@pytest.mark.parametrize("documented", [qapps_mock.MockQApps, qapps_mock.mock_qapps])
def test_the_documentation_of_the_options_has_their_names_and_defaults(documented):
    text = " ".join((inspect.getdoc(documented) or "").split())
    shown = {**vars(DEFAULTS), "url_lifetime": "15 minutes", "upload_host": '``"aws"``'}

    found = dict(
        re.findall(r"(\w+): (?:(?!Default: ).)*Default: (.+?)\.(?= |$)", text.partition(" Args: ")[2])
    )

    assert DEFAULTS.lifetime == timedelta(minutes=15)
    assert found == {name: str(default) for name, default in shown.items()}


def test_the_options_and_their_annotations_are_the_same():
    assert list(OptionArguments.__annotations__) == option_names()


def test_every_module_imports_alone(run_python):
    names = [each.name for each in pkgutil.walk_packages(qapps_mock.__path__, "qapps_mock.")]

    # Each module in its own process, forked from one that has imported none of them, but what they need of others.
    program = f"""
names = {names}
import importlib, os
import boto3, jsonschema, moto.core.models, moto.s3.models, pytest, responses, werkzeug
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


def test_a_misspelt_name_is_an_error_that_suggests_the_right_one():
    with pytest.raises(
        ImportError, match=r"^cannot import name 'mock_qaps' from 'qapps_mock'\. Did you mean 'mock_qapps'\?$"
    ):
        from qapps_mock import mock_qaps  # noqa: F401  # what is tested
    with pytest.raises(AttributeError) as refused:
        qapps_mock.mock_qaps  # noqa: B018  # what is tested

    assert (
        str(refused.value) == "module 'qapps_mock' has no attribute 'mock_qaps'. Did you mean 'mock_qapps'?"
    )
