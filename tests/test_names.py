"""The names of operations and exceptions are those of the service model."""

from __future__ import annotations

import re
from typing import get_args

import pytest

import qapps_mock
from qapps_mock.http_message import CONNECTION_FAILURES
from qapps_mock.s3.errors import OUTAGES
from qapps_mock.service import names
from qapps_mock.service.service_model import service_model
from tests.conftest import create_app, refusal

MODEL = service_model()


def test_a_type_checker_knows_the_operations_of_the_model():
    assert get_args(names.Operation) == tuple(MODEL.operation_names)


def test_a_type_checker_knows_the_exceptions_that_the_model_documents():
    documented = {
        error.name for name in MODEL.operation_names for error in MODEL.operation_model(name).error_shapes
    }

    assert get_args(names.Error) == tuple(sorted(documented))
    assert get_args(names.Failure) == CONNECTION_FAILURES
    assert get_args(names.UploadFailure) == (*OUTAGES, "ConnectionClosedError")


@pytest.mark.parametrize("operation", MODEL.operation_names)
def test_the_errors_of_an_operation_are_those_of_the_model_in_its_order(operation):
    shapes = MODEL.operation_model(operation).error_shapes

    assert qapps_mock.errors(operation) == [shape.name for shape in shapes]


def test_errors_accepts_the_spelling_of_boto3():
    assert qapps_mock.errors("create_q_app") == qapps_mock.errors("CreateQApp")


def test_an_unknown_operation_is_refused_with_the_valid_ones():
    with pytest.raises(
        ValueError, match=re.escape("Did you mean 'CreateQApp'? The operations are: Associate")
    ):
        qapps_mock.errors("CreateQAp")


@pytest.mark.parametrize("error", qapps_mock.errors("CreateQApp"))
def test_each_error_can_be_scripted(qapps_mock, qapps_client, error):
    qapps_mock.fail("CreateQApp", error, times=None)

    code = refusal(lambda **_: create_app(qapps_client))["Code"]

    assert code == error


def test_errors_is_light(run_python):
    program = (
        "import sys, qapps_mock; qapps_mock.errors('CreateQApp');"
        "print([each for each in ('boto3', 'moto', 'responses', 'requests') if each in sys.modules])"
    )

    assert run_python(program) == "[]"
