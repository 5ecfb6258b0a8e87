"""One call against the floor: the same boto3 call, answered by a handler with a canned response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from moto.core.botocore_stubber import MockRawResponse

from benchmarks.timing import best
from qapps_mock import mock_qapps, responses

INSTANCE = "11111111-1111-4111-8111-111111111111"
CARD = "22222222-2222-4222-8222-222222222222"
DIGEST = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE="
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}

Call = Callable[[Any], object]


def rows() -> Iterator[tuple[str, float, float]]:
    """Yield name, ratio or share, and target of each measure."""
    for name, app, call, target in _calls():
        ours, floor = _against_floor(app, call)
        yield name, ours / floor, target


def _calls() -> Iterator[tuple[str, dict[str, Any], Callable[[str], Call], float]]:
    upload = {"fileUpload": {"id": CARD, "title": "File", "type": "file-upload"}}
    yield (
        "GetQApp / floor",
        upload_app(),
        lambda app: lambda c: c.get_q_app(instanceId=INSTANCE, appId=app),
        1.2,
    )
    yield (
        "CreatePresignedUrl / floor",
        {"cards": [upload]},
        lambda app: (
            lambda c: c.create_presigned_url(
                instanceId=INSTANCE,
                appId=app,
                cardId=CARD,
                fileName="a.txt",
                fileContentsSha256=DIGEST,
                scope="APPLICATION",
            )
        ),
        1.2,
    )
    yield (
        "GetQApp with 20 cards / floor",
        {"cards": [_query(number) for number in range(20)]},
        lambda app: lambda c: c.get_q_app(instanceId=INSTANCE, appId=app),
        1.2,
    )
    yield (
        "StartQAppSession / floor",
        upload_app(),
        lambda app: lambda c: c.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1),
        1.2,
    )


def upload_app() -> dict[str, Any]:
    """Return the definition of an app with one file-upload card."""
    return {"cards": [{"fileUpload": {"id": CARD, "title": "File", "type": "file-upload"}}]}


def _query(number: int) -> dict[str, Any]:
    card_id = f"{number:08x}-0000-4000-8000-000000000000"
    return {
        "qQuery": {"id": card_id, "title": f"Query {number}", "type": "q-query", "prompt": "Say hello. " * 20}
    }


def _against_floor(definition: dict[str, Any], call: Callable[[str], Call]) -> tuple[float, float]:
    canned: list[responses.Answer] = []
    with mock_qapps() as qapps:
        client = boto3.client("qapps", region_name="us-east-1", **KEYS)
        app = client.create_q_app(instanceId=INSTANCE, title="T", appDefinition=definition)["appId"]
        ours = call(app)
        original = responses.handle
        responses.handle = lambda *request: canned.append(original(*request)) or canned[-1]  # type: ignore[func-returns-value]  # append, for its effect
        ours(client)
        responses.handle = original

        floor_client = boto3.client("qapps", region_name="us-east-1", **KEYS)
        floor_client.meta.events.unregister("before-send", _moto_handler())
        floor_client.meta.events.register(
            "before-send", lambda request, **_: _response(request.url, canned[0])
        )
        del qapps
        mocked, floor = best(lambda: ours(client), lambda: ours(floor_client), times=25)
    return mocked, floor


def _moto_handler() -> Any:
    from moto.core.models import botocore_stubber

    return botocore_stubber


def _response(url: str, answer: responses.Answer) -> AWSResponse:
    status, headers, body = answer
    return AWSResponse(url, status, headers, MockRawResponse(body))
