"""Nothing of the user is in what the kit writes or shows, whatever the target sends."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock.conformance import record
from qapps_mock.conformance.placeholders import Placeholders, known_values
from qapps_mock.conformance.progress import Json, Lines
from qapps_mock.conformance.target import Target
from qapps_mock.conformance.wire import Answer
from qapps_mock.service import protocol
from qapps_mock.service.service_model import service_model
from tests.conformance.conftest import runner_of

NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)
KEYS = Credentials(
    "AKIAQ3EGPLANTEDKEY01",
    "planted/Secret+Of0Nobody1234567890abcdef",
    "FwoGZXPlantedSessionToken0123456789abcdefgh==",
)
# By kind; each has a part that no output may have.
SECRETS = {
    "access key": KEYS.access_key,
    "secret": KEYS.secret_key,
    "token": KEYS.token,
    "another key": "ASIAXYZPLANTED012345",
    "account": "914700321345",
    "role": "arn:aws:sts::914700321345:assumed-role/PlantedAdmin/jane.planted",
    "session name alone": "jane.planted",
    "app": "arn:aws:qapps:us-east-1:914700321345:application/11112222-3333-4444-8555-666677778888/qapp/9999aaaa-bbbb-4ccc-8ddd-eeeeffff0000",
    "uuid": "5ec4e7aa-1234-4abc-9def-0123456789ab",
    "user id": "a841e30040-c1706200-1111-4222-8333-5b46dadbbaac",
    "e-mail": "jane.planted@planted-company.com",
    "url": "https://planted-bucket.s3.us-east-1.amazonaws.com/secret/path?X-Amz-Signature=abcdef0123456789",
    "host": "vpce-0planted.internal.planted-company.com",
    "ip": "10.97.14.233",
    "time": "2026-11-27T11:22:33.444Z",
    "http date": "Fri, 27 Nov 2026 11:22:33 GMT",
    "hash": "d41d8cd98f00b204e9800998ecf8427e",
    "base64": "cGxhbnRlZCBwbGFudGVkIHBsYW50ZWQgcGxhbnRlZA==",
}  # fmt: skip
FREE = ["Project Bluebird", "What does Bluebird cost us?", "bluebird.pdf", "Bluebird"]


def planted(text: str) -> list[str]:
    return [kind for kind, secret in SECRETS.items() if secret in text] + [
        word for word in ("Bluebird", "bluebird", "PlantedAdmin") if word in text
    ]


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_in_a_message_becomes_a_placeholder(kind):
    places = Placeholders(known_values({"first-secret": KEYS.secret_key, "first-token": KEYS.token}))
    places.learn(SECRETS["role"])
    places.at(NOW)

    masked = places.masked(f'User: "{SECRETS[kind]}" is not authorized, see {SECRETS[kind]}.')

    assert planted(masked) == []
    assert masked.startswith('User: "<')
    assert "is not authorized, see <" in masked


@pytest.mark.parametrize(
    "text",
    [
        "Bucket POST must contain a field named 'X-Amz-Signature'.  If it is specified, please check the order of the fields.",
        'Invalid according to Policy: Policy Condition failed: ["starts-with", "$x-amz-server-side-encryption-aws-kms-key-id", ""]',
        'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        "1 validation error detected. Value at '/grantPermissions/0/action' failed to satisfy constraint: Member must satisfy enum value set: [read, write]",
        "Value at '/appId' must satisfy regular expression pattern: ^[\\da-f]{8}-[\\da-f]{4}-[45][\\da-f]{3}-[89ABab][\\da-f]{3}-[\\da-f]{12}$",
        "Bucket POST must be of the enclosure-type multipart/form-data",
        "AuthorizationQueryParametersError",
        "MaxPostPreDataLengthExceeded",
        "UnrecognizedClientException",
        "AWS4-HMAC-SHA256",
        "application/xml; charset=utf-8",
    ],
)
def test_the_words_of_the_service_stay(text):
    assert Placeholders({}).masked(text) == text


def test_equal_values_have_equal_placeholders():
    places = Placeholders({})
    one, two = SECRETS["uuid"], "0d1c2b3a-1234-4abc-9def-0123456789ab"

    assert places.masked(f"{one} {two} {one}") == "<uuid4:1> <uuid4:2> <uuid4:1>"
    assert places.masked("c232ab00-9414-11ec-b3c8-9f68deced846") == "<uuid1:1>"
    assert places.masked(one.upper()) == "<UUID4:1>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-27T12:15:00.000Z", "<time:+900s 9999-99-99T99:99:99.999Z>"),
        ("2026-11-27T11:59:59Z", "<time:-1s 9999-99-99T99:99:99Z>"),
        ("20261127T120001Z", "<time:+1s 99999999T999999Z>"),
        ("Fri, 27 Nov 2026 12:00:00 GMT", "<time:+0s Day, 99 Mon 9999 99:99:99 GMT>"),
        ("2099-01-01T00:00:00.000Z", "<time:long after 9999-99-99T99:99:99.999Z>"),
        ("2026-99-27T12:15:00.000Z", "<time:not a time 9999-99-99T99:99:99.999Z>"),
        ("d41d8cd98f00b204e9800998ecf8427e", "<token:1 hex 32>"),
        ('"123456789012b204e9800998ecf8427e"', '"<token:1 hex 32>"'),
        ("123456789012b204e9800998-x", "<account:1>b204e9800998-x"),
        (KEYS.token, "<token:1 base64 45>"),
        ("arn:aws:qapps:us-east-1:914700321345:app/5ec4e7aa-1234-4abc-9def-0123456789ab", "<arn:1 qapps app/*>"),
        ("https://h.example.com/a?X-Amz-Date=1&who=me", "<url:1 ?X-Amz-Date,*>"),
    ],
)  # fmt: skip
def test_a_placeholder_keeps_distances_and_shapes(text, expected):
    places = Placeholders({})
    places.at(NOW)

    assert places.masked(text) == expected


@given(text=st.text(max_size=80), secret=st.sampled_from(sorted(SECRETS.values())), more=st.text(max_size=20))
def test_no_text_around_a_secret_brings_it_out(text, secret, more):
    # A letter or a digit beside it would make another word of it.
    places = Placeholders(known_values({"first-secret": KEYS.secret_key}))
    places.learn(SECRETS["role"])

    masked = places.masked(f"{text} {secret} {more}")

    assert secret not in masked


# --- A target that sends secrets everywhere


def filled_with(shape: Any, secrets: Iterator[str]) -> Any:
    """Return a result of the model's form, full of secrets."""
    if getattr(shape, "is_document_type", False):
        return {next(secrets): next(secrets)}
    if shape.type_name == "structure":
        if shape.name in ("AndOrNot", "DocumentAttribute", "AttributeFilter"):
            return {}
        return {name: filled_with(each, secrets) for name, each in shape.members.items()}
    if shape.type_name == "list":
        return [filled_with(shape.member, secrets) for _ in range(3)]
    if shape.type_name == "map":
        return {next(secrets): filled_with(shape.value, secrets) for _ in range(3)}
    if shape.type_name in ("integer", "long"):
        return 914700321345
    return shape.type_name == "boolean" or next(secrets)


def endless() -> Iterator[str]:
    while True:
        yield from [*SECRETS.values(), *FREE]


def result_of(operation: protocol.Operation) -> Any:
    shape = service_model().operation_model(operation.name).output_shape
    return filled_with(shape, endless()) if shape is not None else {}


def leaking(request: Any) -> Answer:
    """Respond to every request with secrets: results, errors, headers."""
    headers = {f"x-planted-{number}": each for number, each in enumerate([*SECRETS.values(), *FREE])}
    headers |= {"location": SECRETS["url"], "x-amzn-errortype": f"AccessDeniedException:{SECRETS['url']}"}
    message = f"{'; '.join(SECRETS.values())}"
    if request.url.startswith("https://s3.test"):
        elements = "".join(
            f"<E{number}>{each.replace('&', '')}</E{number}>"
            for number, each in enumerate([*SECRETS.values(), *FREE])
        )
        body = (
            f"<Error><Code>AccessDenied</Code><Message>{message.replace('&', '')}</Message>{elements}</Error>"
        )
        return Answer(200 if request.method == "PUT" else 403, headers, body.encode(), NOW)
    _, _, path = request.url.partition("://")[2].partition("/")
    try:
        operation = protocol.find_operation(
            protocol.route(request.method, f"/{path.partition('?')[0]}")[0].name
        )
    except Exception:
        error = {"message": message, "Other": FREE[0], SECRETS["uuid"]: FREE[1]}
        return Answer(404, headers, json.dumps(error).encode(), NOW)
    return Answer(200, headers, json.dumps(result_of(operation)).encode(), NOW)


HOSTS = {
    "qapps": "data.qapps.us-east-1.api.aws",
    "s3": "s3.us-east-1.amazonaws.com",
    "suffix": "amazonaws.com",
    "website": "s3-website-us-east-1.amazonaws.com",
}


def test_nothing_that_a_target_sends_of_its_user_comes_out(everything):
    shown = io.StringIO()
    keys = {user: lambda: KEYS for user in ("first", "second")}
    found = Target(
        "server",
        "us-east-1",
        "https://qapps.test",
        "https://s3.test",
        HOSTS,
        keys,
        {"second": SECRETS["e-mail"]},
        leaking,
    )
    runners = [runner_of(found, everything, progress=kind(shown)) for kind in (Lines, Json)]

    for runner in runners:
        runner.run(list(everything.probes.values()))

    taken = runners[0].taken
    assert sum(each.state == "answered" for each in taken.values()) > 350
    assert planted(record.text_of({}, taken)) == []
    assert planted(shown.getvalue()) == []
