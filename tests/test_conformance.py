"""The backend compared with botocore's service model: names, parameters, errors."""

from __future__ import annotations

import inspect

import botocore.loaders
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto.core.base_backend import BaseBackend

from qapps_mock.models import QAppsBackend
from qapps_mock.models.access import Access
from qapps_mock.models.apps import Apps
from qapps_mock.models.state import State
from qapps_mock.service import protocol
from qapps_mock.service.service_model import service_model
from tests.conftest import APP, INSTANCE

OPERATIONS = sorted(protocol.operations())
# The mock implements this many operations. If there are more, a new botocore has operations that the mock lacks.
KNOWN = 35


def test_botocore_has_the_operations_that_this_mock_knows():
    model = service_model()
    unknown = [name for name in OPERATIONS if not hasattr(QAppsBackend, xform_name(name))]

    assert unknown == [], f"botocore's model has operations that this mock does not serve: {unknown}"
    assert len(OPERATIONS) == KNOWN
    assert model.metadata["protocol"] == "rest-json", f"Q Apps now speaks {model.metadata['protocol']}"
    assert model.api_version == "2023-11-27", f"Q Apps has a new version, {model.api_version}"


def test_the_model_is_the_one_that_clients_have():
    of_clients = botocore.loaders.create_loader().load_service_model("qapps", "service-2")

    ours = service_model()

    assert (ours.metadata, ours.api_version) == (of_clients["metadata"], of_clients["metadata"]["apiVersion"])
    assert set(ours.operation_names) == set(of_clients["operations"])
    assert set(ours.shape_names) == set(of_clients["shapes"])


def test_no_domain_of_the_backend_derives_from_another():
    *domains, last = QAppsBackend.__bases__

    assert last is BaseBackend
    assert {domain.__bases__ for domain in domains} == {(Access,), (State,)}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_has_the_parameters_of_the_model(name):
    shape = service_model().operation_model(name).input_shape
    method = getattr(QAppsBackend, xform_name(name))

    _, context, *parameters = inspect.signature(method).parameters.values()

    assert context.name == "context"
    assert {each.kind for each in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    assert {each.name for each in parameters} == {xform_name(member) for member in shape.members}
    required = {each.name for each in parameters if each.default is inspect.Parameter.empty}
    assert required == {xform_name(member) for member in shape.required_members}


def test_the_model_has_the_types_that_are_checked():
    checked = {
        "boolean", "integer", "list", "long", "map", "string", "structure", "timestamp",
    }  # fmt: skip
    model = service_model()
    seen: set[str] = set()
    waiting = [model.operation_model(name).input_shape for name in OPERATIONS]
    names: set[str] = set()
    while waiting:
        shape = waiting.pop()
        seen.add(shape.type_name)
        if shape.name not in names:
            names.add(shape.name)
            waiting += list(getattr(shape, "members", {}).values())
            waiting += [getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part)]

    assert seen <= checked, f"botocore's model has types that are not checked: {seen - checked}"


def test_what_only_botocore_knows_is_a_501_that_names_it(client, monkeypatch):
    def get_q_app(self, context, *, instance_id):
        raise NotImplementedError  # no call may be made

    monkeypatch.setattr(Apps, "get_q_app", get_q_app)
    monkeypatch.delattr(Apps, "delete_q_app")

    for call, members, unknown in (
        (client.get_q_app, {"appId": APP, "appVersion": 1}, "appId, appVersion of GetQApp"),
        (client.delete_q_app, {"appId": APP}, "DeleteQApp"),
    ):
        with pytest.raises(ClientError) as error:
            call(instanceId=INSTANCE, **members)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert error.value.response["Error"] == {
            "Code": "NotImplemented",
            "Message": f"qapps_mock does not support {unknown}, which this release of botocore has. "
            "Install a newer qapps_mock, or leave it out.",
        }
