"""Hostile input: never a traceback, never a 5xx, and a refused request changes nothing.

``QAPPS_MOCK_FUZZ=100000 pytest tests/test_fuzz.py`` runs longer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qapps_mock import mock_qapps, models
from qapps_mock.service import dispatch, protocol
from qapps_mock.service.service_model import service_model
from tests.conftest import INSTANCE
from tests.shapes import UUIDS, Headers, Hints, HttpRequest, fuzz, http_requests

LONG = fuzz(1000)
DEEP = b"[" * 100_000 + b"]" * 100_000
ORIGIN = "https://data.qapps.us-east-1.amazonaws.com"
CARDS = [
    {"textInput": {"id": UUIDS[0], "title": "Text", "type": "text-input"}},
    {"qQuery": {"id": UUIDS[1], "title": "Query", "type": "q-query", "prompt": f"About @{UUIDS[0]}"}},
    {"fileUpload": {"id": UUIDS[2], "title": "File", "type": "file-upload"}},
    {
        "formInput": {
            "id": UUIDS[3],
            "title": "Form",
            "type": "form-input",
            "metadata": {"schema": {"type": "object"}},
            "computeMode": "append",
        }
    },
]


def post(path: str, body: dict[str, Any]) -> Any:
    status, _, answer = dispatch.handle(
        "POST", ORIGIN + path, Headers({"instance-id": INSTANCE}), json.dumps(body).encode()
    )
    assert status == 200, answer
    return json.loads(answer or b"{}")


def fill() -> Hints:
    """Put one of each resource into an empty mock; return the ids by the model's names of their shapes."""
    app = post("/apps.create", {"title": "App", "appDefinition": {"cards": CARDS}})
    post("/catalog.createCategories", {"categories": [{"id": UUIDS[0], "title": "One"}]})
    item = post("/catalog.createItem", {"appId": app["appId"], "appVersion": 1, "categories": [UUIDS[0]]})
    session = post("/runtime.startQAppSession", {"appId": app["appId"], "appVersion": 1})
    ids = [app["appId"], item["libraryItemId"], session["sessionId"], *UUIDS]
    return {
        "UUID": ids,
        "InstanceId": [INSTANCE, "another"],
        "AmazonResourceName": [app["appArn"], session["sessionArn"], f"{app['appArn']}x", "no-arn"],
    }


def with_real_ids(request: HttpRequest, made: Hints) -> HttpRequest:
    """Replace placeholders by the ids of the resources that `fill` has created."""
    url, body = request.url, request.body.decode()
    for placeholder, real in zip(STAND_INS["UUID"][:3], made["UUID"], strict=False):
        url, body = url.replace(placeholder, real), body.replace(placeholder, real)
    return request._replace(url=url, body=body.encode())


# Strategies are made before there is any state.
STAND_INS: Hints = {
    "UUID": [f"{letter * 8}-1111-4111-8111-111111111111" for letter in "abc"] + UUIDS,
    "InstanceId": [INSTANCE, "another"],
}


NO_STATE = {"account_id", "lock", "partition", "region_name", "_numbers"}


def state() -> str:
    """Return the whole state of the backends."""
    known = [
        {name: each for name, each in vars(backend).items() if each and name not in NO_STATE}
        for backend in models.all_backends()
    ]
    return repr([each for each in known if each])


def send(request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
    """Send a request and check what must be true of every response."""
    before = state()
    status, headers, body = dispatch.handle(*request)
    assert status == 200 or 400 <= status < 500
    if status >= 400:
        assert state() == before
        assert headers["x-amzn-errortype"]
        assert json.loads(body)["message"]
    return status, headers, body


@LONG
@given(request=http_requests(STAND_INS))
def test_any_members_are_accepted_or_refused(request):
    with mock_qapps():
        made = fill()

        send(with_real_ids(request, made))


@LONG
@given(
    request=http_requests(STAND_INS, loose=False),
    body=st.binary(max_size=64) | st.sampled_from([DEEP, b"\xff\xfe{}", b'{"a":' * 50_000, b"1" * 50_000]),
    cut=st.integers(0, 400),
    place=st.integers(0, 400),
)
def test_any_bytes_in_a_body_are_accepted_or_refused(request, body, cut, place):
    broken = request.body[:place] + body + request.body[place : max(place, len(request.body) - cut)]
    with mock_qapps():
        fill()

        send(request._replace(body=broken))


@LONG
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "get", ""]),
    path=st.text(max_size=40)
    | st.sampled_from(["", "/", "//", "/apps.get", "/tags/", "/tags/%FF", "/tags/%", "/apps.get/"]),
    query=st.text(max_size=40)
    | st.sampled_from(["appId=%FF", "appId=&appId=", "limit=9" + "9" * 5000, "&&==", "?"]),
    headers=st.dictionaries(
        st.sampled_from(["instance-id", "authorization", "x-moto-account-id"]), st.text(max_size=40)
    ),
    body=st.binary(max_size=20),
)
@example(method="GET", path="/apps.get", query="appId=" + "%" * 50_000, headers={}, body=b"")
@example(method="POST", path="/apps.create", query="", headers={"instance-id": "\udcff"}, body=b"{}")
def test_any_request_line_and_header_are_accepted_or_refused(method, path, query, headers, body):
    with mock_qapps():
        fill()

        send(HttpRequest(method, f"{ORIGIN}{path}?{query}", Headers(headers), body))


BODIED = [
    name
    for name in sorted(protocol.operations())
    if service_model().operation_model(name).http["method"] == "POST"
]


@pytest.mark.parametrize("name", BODIED)
def test_deep_nesting_is_refused_in_every_body(name):
    http = service_model().operation_model(name).http
    body = b'{"x":' * 100_000 + b"1" + b"}" * 100_000
    with mock_qapps():
        status, _, answer = send(
            HttpRequest(http["method"], ORIGIN + http["requestUri"], Headers({"instance-id": INSTANCE}), body)
        )

    assert status == 400
    assert json.loads(answer)["message"] == "The request body is nested more than 100 levels deep."
