"""One call, compared with the floor: the same boto3 call, with a handler that returns a canned response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from benchmarks.timing import best
from qapps_mock import mock_qapps
from qapps_mock.http_message import Response
from qapps_mock.service import dispatch

INSTANCE = "11111111-1111-4111-8111-111111111111"
CARD = "22222222-2222-4222-8222-222222222222"
DIGEST = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}

Call = Callable[[Any], object]


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, ratio and target of each measure."""
    for name, prepare in _CALLS.items():
        ours, floor = _against_floor(prepare)
        yield f"{name} / floor", ours / floor, _TARGETS.get(name, 1.2)


def get_q_app(client: Any) -> Call:
    app = create_app(client, upload_app())
    return lambda c: c.get_q_app(instanceId=INSTANCE, appId=app)


def create_presigned_url(client: Any) -> Call:
    app = create_app(client, upload_app())
    return lambda c: c.create_presigned_url(
        instanceId=INSTANCE,
        appId=app,
        cardId=CARD,
        fileName="a.txt",
        fileContentsSha256=DIGEST,
        scope="APPLICATION",
    )


def _get_q_app_with_20_cards(client: Any) -> Call:
    app = create_app(client, {"cards": [_query(number) for number in range(20)]})
    return lambda c: c.get_q_app(instanceId=INSTANCE, appId=app)


def _start_q_app_session(client: Any) -> Call:
    app = create_app(client, upload_app())
    return lambda c: c.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)


def _list_q_apps(client: Any) -> Call:
    for _ in range(20):
        create_app(client, upload_app())
    return lambda c: c.list_q_apps(instanceId=INSTANCE, limit=10)


def _list_library_items(client: Any) -> Call:
    for _ in range(100):
        app = create_app(client, upload_app())
        client.create_library_item(instanceId=INSTANCE, appId=app, appVersion=1, categories=[])
    return lambda c: c.list_library_items(instanceId=INSTANCE, limit=100)


# Its HMACs, its policy and its 2.4 KiB of JSON are most of a CreatePresignedUrl.
_TARGETS = {"CreatePresignedUrl": 1.4}
_CALLS: dict[str, Callable[[Any], Call]] = {
    "GetQApp": get_q_app,
    "CreatePresignedUrl": create_presigned_url,
    "GetQApp with 20 cards": _get_q_app_with_20_cards,
    "StartQAppSession": _start_q_app_session,
    "ListQApps, a page of 10": _list_q_apps,
    "ListLibraryItems, a page of 100": _list_library_items,
}


def create_app(client: Any, definition: dict[str, Any]) -> Any:
    """Create an app, and return its id."""
    return client.create_q_app(instanceId=INSTANCE, title="T", appDefinition=definition)["appId"]


def upload_app() -> dict[str, Any]:
    """Return the definition of an app with one file-upload card."""
    return {"cards": [{"fileUpload": {"id": CARD, "title": "File", "type": "file-upload"}}]}


def _query(number: int) -> dict[str, Any]:
    card_id = f"{number:08x}-0000-4000-8000-000000000000"
    return {
        "qQuery": {"id": card_id, "title": f"Query {number}", "type": "q-query", "prompt": "Say hello. " * 20}
    }


def _against_floor(prepare: Callable[[Any], Call]) -> list[float]:
    canned: list[Response] = []
    with mock_qapps():
        client = boto3.client("qapps", region_name="us-east-1", **KEYS)
        call = prepare(client)
        original = dispatch.handle
        dispatch.handle = lambda *request: canned.append(original(*request)) or canned[-1]  # type: ignore[func-returns-value]  # append, for its effect
        call(client)
        dispatch.handle = original

        floor_client = boto3.client("qapps", region_name="us-east-1", **KEYS)
        floor_client.meta.events.unregister("before-send", _moto_handler())
        floor_client.meta.events.register(
            "before-send", lambda request, **_: _response(request.url, canned[0])
        )
        return best(lambda: call(client), lambda: call(floor_client), times=5)


def _moto_handler() -> Any:
    from moto.core.models import botocore_stubber

    return botocore_stubber


def _response(url: str, answer: Response) -> AWSResponse:
    status, headers, body = answer
    return AWSResponse(url, status, headers, MockRawResponse(body))
