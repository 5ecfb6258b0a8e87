"""The errors: as in the model, complete in the response, with checked arguments."""

from __future__ import annotations

import json
import pickle
import re
import subprocess
import sys
from typing import Any

import pytest

from qapps_mock.service import exceptions, protocol
from qapps_mock.service.exceptions import (
    MODELLED,
    AccessDeniedException,
    ConflictException,
    InternalServerException,
    QAppsError,
    ResourceNotFoundException,
    ServiceQuotaExceededException,
    ThrottlingException,
    UnauthorizedException,
    UnknownOperation,
    ValidationException,
    documented_message,
    find_exception,
)
from qapps_mock.service.service_model import service_model

STATUSES = {
    "AccessDeniedException": 403,
    "UnauthorizedException": 401,
    "ValidationException": 400,
    "ResourceNotFoundException": 404,
    "ConflictException": 409,
    "ContentTooLargeException": 413,
    "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429,
    "InternalServerException": 500,
}
RESOURCE = {"resourceId": "unknown", "resourceType": "unknown"}
QUOTA = {"serviceCode": "qapps", "quotaCode": "L-00000000"}


def sent(error: QAppsError) -> tuple[int, dict[str, str], Any]:
    status, headers, body = protocol.error_response(error)
    return status, headers, json.loads(body)


def test_the_classes_are_the_errors_of_the_model():
    modelled = {shape.name for shape in service_model().error_shapes}

    missing, surplus = modelled - set(MODELLED), set(MODELLED) - modelled

    assert not missing, f"The model has errors that qapps_mock.exceptions lacks: {sorted(missing)}"
    assert not surplus, f"qapps_mock.exceptions has errors that the model lost: {sorted(surplus)}"


def test_every_class_that_operations_declare_is_one_of_them():
    declared = frozenset().union(*(operation.errors for operation in protocol.operations().values()))

    assert declared == set(MODELLED), "The operations declare other errors than qapps_mock.exceptions has."


@pytest.mark.parametrize("name", MODELLED)
def test_the_status_is_that_of_the_model(name):
    assert MODELLED[name]().status == STATUSES[name], f"The model changed the status of {name}."


@pytest.mark.parametrize("name", MODELLED)
def test_the_mock_can_set_and_fill_every_member_of_the_model(name):
    shape = service_model().shape_for(name)
    kinds = {"string": "given", "integer": 7}
    members = {member: kinds[kind.type_name] for member, kind in shape.members.items() if member != "message"}

    error = MODELLED[name]("text", **members)

    assert error.members == members
    assert set(shape.required_members) <= {"message", *MODELLED[name]().complete_members()}


@pytest.mark.parametrize("name", MODELLED)
def test_the_code_is_the_name_of_the_class(name):
    assert MODELLED[name].code == MODELLED[name].__name__ == name


def test_a_class_that_refines_a_modelled_error_keeps_its_code_and_status():
    class AppNotFound(ResourceNotFoundException):
        pass

    error = AppNotFound("no such app")

    assert (error.code, error.status) == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (AccessDeniedException, "The client is not authorized to perform the requested operation."),
        (ResourceNotFoundException, "The requested resource could not be found."),
        (
            ServiceQuotaExceededException,
            "The requested operation could not be completed because it would exceed the service's quota or limit.",
        ),
        (UnauthorizedException, "Unauthorized"),
        (UnknownOperation, "The requested operation is not an operation of Amazon Q Apps."),
    ],
)
def test_without_a_message_an_error_has_the_sentence_of_its_documentation(error, message):
    assert error().message == message
    assert str(error()) == message


def test_a_given_message_is_kept_even_when_it_is_empty():
    assert ConflictException("").message == ""
    assert ConflictException(message="busy").message == "busy"


def test_documentation_becomes_plain_text(monkeypatch):
    class Shape:
        documentation = "<p>Too much &amp; <b>too</b> fast.</p>\n"

    monkeypatch.setattr(exceptions, "_shape", lambda code: Shape())

    assert documented_message("ThrottlingException") == "Too much & too fast."


def test_an_error_without_documentation_shows_its_code(monkeypatch):
    monkeypatch.setattr(exceptions, "_shape", lambda code: None)

    assert documented_message("ThrottlingException") == "ThrottlingException"


def test_an_error_without_members_refuses_members():
    with pytest.raises(TypeError) as refused:
        ValidationException("no", reason="unknownOperation")

    assert str(refused.value) == "ValidationException has no member 'reason'. Its members are: message."


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        (
            "retryAfterSeconds",
            True,
            "ThrottlingException: retryAfterSeconds must be of type integer, not True.",
        ),
        ("quotaCode", None, "ThrottlingException: quotaCode must be of type string, not None."),
    ],
)
def test_a_member_of_the_wrong_type_is_refused(member, value, message):
    with pytest.raises(TypeError) as refused:
        ThrottlingException("slow", **{member: value})

    assert str(refused.value) == message


def test_an_error_survives_pickling_as_parallel_test_runners_need_it_to():
    error = ResourceNotFoundException("gone", resourceId="a")

    copy = pickle.loads(pickle.dumps(error))

    assert (type(copy), copy.message, copy.members) == (
        ResourceNotFoundException,
        "gone",
        {"resourceId": "a"},
    )


def test_an_error_is_found_by_its_name():
    assert find_exception("ConflictException") is ConflictException


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Conflict", "ConflictException"),
        ("Throttling", "ThrottlingException"),
        ("validation_exception", "ValidationException"),
        ("QAppsError", None),
        ("", None),
        (None, None),
        ({}, None),
    ],
)
def test_a_misspelt_error_name_is_refused_with_the_closest_one(name, meant):
    with pytest.raises(ValueError, match="is not an exception of Q Apps") as refused:
        find_exception(name)

    meant_ones = re.findall(r"Did you mean '(\w+)'\?", str(refused.value))
    assert meant_ones == ([] if meant is None else [meant])


def test_an_error_response_has_the_code_in_its_header_and_the_message_in_its_body():
    assert sent(ValidationException("No.")) == (
        400,
        {"content-type": "application/json", "x-amzn-errortype": "ValidationException"},
        {"message": "No."},
    )


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("AccessDeniedException", {}),
        ("UnauthorizedException", {}),
        ("ValidationException", {}),
        ("ResourceNotFoundException", RESOURCE),
        ("ConflictException", RESOURCE),
        ("ContentTooLargeException", RESOURCE),
        ("ServiceQuotaExceededException", RESOURCE | QUOTA),
        ("ThrottlingException", QUOTA),
        ("InternalServerException", {}),
    ],
)
def test_required_members_without_a_value_are_placeholders(name, members):
    status, headers, body = sent(MODELLED[name]("text"))

    assert (status, body) == (STATUSES[name], {"message": "text"} | members)
    waits = name in ("ThrottlingException", "InternalServerException")
    assert headers.get("Retry-After") == ("1" if waits else None)


@pytest.mark.parametrize("error", [ThrottlingException, InternalServerException])
def test_the_seconds_to_wait_can_be_left_out(error):
    _, headers, body = sent(error("wait", retryAfterSeconds=None))

    assert "Retry-After" not in headers
    assert "retryAfterSeconds" not in body


def test_a_required_member_cannot_be_left_out():
    with pytest.raises(TypeError, match="ThrottlingException: quotaCode must be of type string, not None"):
        ThrottlingException("wait", quotaCode=None)


def test_given_members_arrive_beside_the_placeholders():
    _, _, body = sent(ResourceNotFoundException("gone", resourceType="app"))

    assert body == {"message": "gone", "resourceId": "unknown", "resourceType": "app"}


@pytest.mark.parametrize("error", [ThrottlingException, InternalServerException])
def test_the_seconds_to_wait_travel_in_a_header_only(error):
    _, headers, body = sent(error("wait", retryAfterSeconds=12))

    assert headers["Retry-After"] == "12"
    assert "retryAfterSeconds" not in body


def test_an_unknown_operation_is_a_404():
    assert sent(UnknownOperation("GET /nothing is not an operation of Amazon Q Apps.")) == (
        404,
        {"content-type": "application/json", "x-amzn-errortype": "UnknownOperationException"},
        {"message": "GET /nothing is not an operation of Amazon Q Apps."},
    )


def test_the_errors_of_the_mock_itself_have_no_members():
    with pytest.raises(TypeError) as refused:
        UnknownOperation("no", resourceId="x")

    assert (
        str(refused.value)
        == "UnknownOperationException has no member 'resourceId'. Its members are: message."
    )


def test_importing_the_errors_loads_no_service_model():
    code = "import sys; from qapps_mock.service import exceptions as e; sys.exit(e.service_model.cache_info().currsize)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
