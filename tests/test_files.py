"""CreatePresignedUrl: its result, its rules, and the policy of the form. Nothing is uploaded."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.loaders
import pytest
import requests
from botocore.auth import S3SigV4PostAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from freezegun import freeze_time
from hypothesis import example, given
from hypothesis import strategies as st

from qapps_mock import credentials, endpoints, mock_qapps
from qapps_mock.s3 import service_bucket
from qapps_mock.s3.signature import sign_v4, signing_key
from tests.conftest import (
    APP,
    CARD,
    CONTENT,
    DIGEST,
    INSTANCE,
    ONE_ATTEMPT,
    SESSION,
    create_app,
    file_card,
    grant,
    qapps,
)
from tests.shapes import fuzz

UUID_4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
OTHER = "1f0bf7a4-3d29-4a06-9d4e-3e4b3a8a5a11"
TEXT_CARD = {"textInput": {"id": OTHER, "title": "Text", "type": "text-input"}}
REGIONS = sorted(
    region
    for partition in botocore.loaders.create_loader().load_data("partitions")["partitions"]
    for region in partition["regions"]
)
FIELDS = [
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
    "x-amz-checksum-sha256",
    "key",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-security-token",
    "policy",
    "x-amz-signature",
]
DIGEST_MESSAGE = (
    "1 validation error detected. Value at '/fileContentsSha256' failed to satisfy constraint: "
    "Member must be the base64 encoding of a SHA-256 digest (32 bytes)"
)
# All examples share the mock of the test: earlier presigned URLs do not matter.
PROPERTY = fuzz(150)


@pytest.fixture
def mock():
    with mock_qapps() as running:
        yield running


@pytest.fixture
def client(mock):
    return mock.client(config=ONE_ATTEMPT)


def policy_of(granted: Any) -> Any:
    return json.loads(base64.b64decode(granted["presignedUrlFields"]["policy"], validate=True))


def upload_of(mock: Any, granted: Any) -> Any:
    return mock.uploads[granted["fileId"]]


def refusal(client: Any, **changes: Any) -> str:
    """Call CreatePresignedUrl, which must raise ValidationException, and return its message."""
    with pytest.raises(client.exceptions.ValidationException) as refused:
        grant(client, **changes)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Error"]["Code"] == "ValidationException"
    return str(answer["Error"]["Message"])


def start_session(client: Any, app: Any) -> str:
    started = client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1)
    return str(started["sessionId"])


# The result


def test_the_response_has_exactly_the_members_of_the_model(client):
    granted = grant(client)

    assert granted.keys() - {"ResponseMetadata"} == {
        "fileId",
        "presignedUrl",
        "presignedUrlFields",
        "presignedUrlExpiration",
    }
    assert re.fullmatch(UUID_4, granted["fileId"])
    assert granted["presignedUrlExpiration"].tzinfo is not None


def test_the_url_is_that_of_the_bucket_in_the_region(client):
    url = grant(client)["presignedUrl"]

    assert re.fullmatch(
        r"https://qapps-uploaded-files-us-east-1-[0-9a-f]{32}\.s3\.us-east-1\.amazonaws\.com/", url
    )


@pytest.mark.parametrize(
    ("region", "end"),
    [
        ("us-west-2", ".s3.us-west-2.amazonaws.com/"),
        ("eu-central-1", ".s3.eu-central-1.amazonaws.com/"),
        ("us-gov-west-1", ".s3.us-gov-west-1.amazonaws.com/"),
        ("cn-north-1", ".s3.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_the_url_has_the_suffix_of_its_partition(mock, region, end):
    url = grant(qapps(region))["presignedUrl"]

    assert url.endswith(end)
    bucket, path, query = (endpoints.s3_url(url) or ("", "", ""))[:3]
    assert service_bucket.is_ours(bucket or "")
    assert (path, query) == ("/", "")


def test_every_grant_is_of_a_file_of_its_own(client):
    granted = [grant(client) for _ in range(5)]

    assert len({each["fileId"] for each in granted}) == 5
    assert len({each["presignedUrlFields"]["key"] for each in granted}) == 5
    assert len({each["presignedUrl"] for each in granted}) == 1


def test_the_expected_upload_can_be_looked_at(mock, client):
    granted = grant(client)

    assert list(mock.uploads) == [granted["fileId"]]
    upload = upload_of(mock, granted)
    assert (upload.file_id, upload.file_name) == (granted["fileId"], "figures.txt")
    assert (upload.scope, upload.app_id, upload.card_id, upload.session_id) == (
        "APPLICATION",
        APP,
        CARD,
        None,
    )
    assert (upload.content, upload.uploaded_at, upload.refused) == (None, None, [])
    assert upload.key == granted["presignedUrlFields"]["key"]
    assert urlsplit(granted["presignedUrl"]).hostname == f"{upload.bucket}.s3.us-east-1.amazonaws.com"


# The fields and the policy


def test_the_form_has_exactly_these_fields(client):
    fields = grant(client)["presignedUrlFields"]

    assert list(fields) == FIELDS
    assert all(type(value) is str and value for value in fields.values())


def test_the_documented_fields_have_the_documented_values(client):
    fields = grant(client)["presignedUrlFields"]

    assert fields["x-amz-server-side-encryption"] == "aws:kms"
    assert re.fullmatch(UUID_4, fields["x-amz-server-side-encryption-aws-kms-key-id"])
    context = json.loads(base64.b64decode(fields["x-amz-server-side-encryption-context"], validate=True))
    assert context == {"APPLICATION_ID": INSTANCE}
    assert fields["x-amz-checksum-sha256"] == DIGEST


def test_the_context_names_the_instance_of_the_call(client):
    fields = grant(client, instanceId="another-instance")["presignedUrlFields"]

    context = json.loads(base64.b64decode(fields["x-amz-server-side-encryption-context"]))
    assert context == {"APPLICATION_ID": "another-instance"}


@freeze_time("2024-05-21 23:17:27.350")
def test_the_signing_fields_are_those_of_sigv4():
    with mock_qapps() as mock:
        fields = grant(mock.client(region_name="us-west-2"))["presignedUrlFields"]

    keys = credentials.service(None)
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert fields["x-amz-date"] == "20240521T231727Z"
    assert fields["x-amz-credential"] == f"{keys.access_key}/20240521/us-west-2/s3/aws4_request"
    assert fields["x-amz-security-token"] == keys.secret.session_token
    assert re.fullmatch("[0-9a-f]{64}", fields["x-amz-signature"])


def test_the_policy_covers_the_bucket_and_every_field_exactly(mock, client):
    granted = grant(client)
    fields = granted["presignedUrlFields"]

    conditions = policy_of(granted)["conditions"]

    covered = {name: value for name, value in fields.items() if name not in ("policy", "x-amz-signature")}
    exact: dict[str, str] = {}
    for each in conditions:
        if isinstance(each, dict):
            assert len(each) == 1
            exact.update(each)
    assert exact == {"bucket": upload_of(mock, granted).bucket, **covered}
    assert [each for each in conditions if isinstance(each, list)] == [
        ["content-length-range", 0, 50 * 1024 * 1024]
    ]
    assert len(conditions) == len(covered) + 2
    assert policy_of(granted).keys() == {"expiration", "conditions"}


@pytest.mark.parametrize("size", [1, 1024, 10**12])
def test_the_policy_allows_as_many_bytes_as_the_option(size):
    with mock_qapps(max_file_size=size) as mock:
        conditions = policy_of(grant(mock.client()))["conditions"]

    assert ["content-length-range", 0, size] in conditions


def test_the_signature_is_botocores_own_over_the_same_policy(client):
    granted = grant(client)
    fields = granted["presignedUrlFields"]
    keys = credentials.service(None)
    own = {name: fields[name] for name in FIELDS[:5]}
    request = AWSRequest("POST", granted["presignedUrl"])
    policy = policy_of(granted)
    added = {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token"}
    request.context["s3-presign-post-fields"] = dict(own)
    request.context["s3-presign-post-policy"] = {
        "expiration": policy["expiration"],
        "conditions": [each for each in policy["conditions"] if not added & set(each)],
    }
    moment = datetime.strptime(fields["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)

    with freeze_time(moment):
        S3SigV4PostAuth(
            Credentials(keys.access_key, keys.secret.key, keys.secret.session_token), "s3", "us-east-1"
        ).add_auth(request)

    signed = request.context["s3-presign-post-fields"]
    for name in added:
        assert signed[name] == fields[name]
    # botocore puts its own conditions last; only its signature over our text matters.
    assert sorted(map(json.dumps, json.loads(base64.b64decode(signed["policy"]))["conditions"])) == sorted(
        map(json.dumps, policy["conditions"])
    )
    auth = S3SigV4PostAuth(Credentials(keys.access_key, keys.secret.key), "s3", "us-east-1")
    request.context["timestamp"] = fields["x-amz-date"]
    assert auth.signature(fields["policy"], request) == fields["x-amz-signature"]


def test_signatures_are_those_of_the_example_in_amazons_documentation():
    # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html, the policy as its text is printed.
    policy = (
        "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1w"
        "bGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAg"
        "IHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2Fk"
        "Lmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUx"
        "MjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXot"
        "bWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3"
        "czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlU"
        "MDAwMDAwWiIgfQ0KICBdDQp9"
    )
    key = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", date="20151229", region="us-east-1")

    assert sign_v4(key, policy) == "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"


# How long it lives


@pytest.mark.parametrize(
    ("lifetime", "expires"),
    [
        (None, "2024-05-21T23:32:27.350Z"),
        (1, "2024-05-21T23:17:28.350Z"),
        (0.25, "2024-05-21T23:17:27.600Z"),
        (timedelta(hours=1), "2024-05-22T00:17:27.350Z"),
        (timedelta(days=7), "2024-05-28T23:17:27.350Z"),
    ],
)
@freeze_time("2024-05-21 23:17:27.350999")
def test_the_expiration_is_that_of_the_policy_to_the_millisecond(lifetime, expires):
    options: Any = {} if lifetime is None else {"url_lifetime": lifetime}

    with mock_qapps(**options) as mock:
        granted = grant(mock.client())
        [call] = mock.calls()

    assert policy_of(granted)["expiration"] == expires
    assert granted["presignedUrlExpiration"] == datetime.fromisoformat(expires.replace("Z", "+00:00"))
    assert (call.result or {})["presignedUrlExpiration"] == expires


def test_the_expiration_follows_the_clock(client):
    with freeze_time("2030-01-01 00:00:00") as clock:
        first = grant(client)["presignedUrlExpiration"]
        clock.tick(60)
        second = grant(client)["presignedUrlExpiration"]

    assert first == datetime(2030, 1, 1, 0, 15, tzinfo=timezone.utc)
    assert second - first == timedelta(seconds=60)


# The bucket


@pytest.mark.parametrize("region", [*REGIONS, "moon-base-of-a-very-long-name-indeed-1", "x" * 63])
def test_the_name_of_the_bucket_is_legal_in_every_region(region):
    name = service_bucket.name(region=region, account="123456789012")

    assert len(name) <= 63
    assert re.fullmatch(r"qapps-uploaded-files-[a-z0-9-]+-[0-9a-f]+", name)


def test_buckets_differ_by_account_and_region_and_nothing_else():
    names = {
        service_bucket.name(region=region, account=account)
        for region in [*REGIONS, "a" * 24 + "b", "a" * 24 + "c"]
        for account in ("123456789012", "111122223333")
    }

    assert len(names) == 2 * (len(REGIONS) + 2)


def test_the_bucket_of_an_account_and_region_stays_the_same(mock, client, monkeypatch):
    def bucket(**changes: Any) -> str:
        return str(grant(client, **changes)["presignedUrl"])

    first = bucket()
    assert (
        bucket(
            instanceId="another", appId=OTHER, cardId=OTHER, fileName="b", scope="SESSION", sessionId=SESSION
        )
        == first
    )
    mock.reset()
    assert bucket() == first
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    assert bucket() != first


def test_the_bucket_is_the_same_in_every_process(mock, client, run_python):
    program = "from qapps_mock.s3 import service_bucket; print(service_bucket.name(region='us-east-1', account='123456789012'))"

    bucket = upload_of(mock, grant(client)).bucket

    assert run_python(program) == bucket


def test_the_bucket_is_there_but_not_in_the_callers_list(mock, client):
    bucket = upload_of(mock, grant(client)).bucket
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="mine")

    assert s3.head_bucket(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["mine"]
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_long_region_gets_a_bucket_too(mock):
    region = "ap-southeast-7"

    bucket = upload_of(mock, grant(qapps(region))).bucket

    assert boto3.client("s3", region_name=region).head_bucket(Bucket=bucket)


# The key


def test_the_key_has_app_card_and_file(client):
    granted = grant(client)

    key = granted["presignedUrlFields"]["key"]

    assert key == f"{APP}/{CARD}/{granted['fileId']}/figures.txt"


def test_the_key_of_a_sessions_file_has_the_session_too(client):
    granted = grant(client, scope="SESSION", sessionId=SESSION)

    key = granted["presignedUrlFields"]["key"]

    assert key == f"{APP}/{CARD}/{SESSION}/{granted['fileId']}/figures.txt"


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("Übersicht 2024 (final).txt", "Übersicht 2024 (final).txt"),
        ("报告.pdf", "报告.pdf"),
        ("a/b\\c.txt", "a_b_c.txt"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("${filename}", "__filename_"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        (" ", "file"),
        ("a\x00b\nc", "a_b_c"),
        ('<script>"&', "_script___"),
        (".hidden", ".hidden"),
    ],
)
def test_the_last_part_of_a_key_is_a_harmless_form_of_the_file_name(mock, client, name, last):
    granted = grant(client, fileName=name)

    assert granted["presignedUrlFields"]["key"].rpartition("/")[2] == last
    assert upload_of(mock, granted).file_name == name


PIECES = st.sampled_from(
    ["..", ".", "/", "\\", "${filename}", "$", "{", "}", "%2e", "\x00", "\r\n", "é", "𝄞", " "]
)
FILE_NAMES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=100),
    st.lists(PIECES, max_size=20).map(lambda pieces: "".join(pieces)[:100]),
)


@PROPERTY
@given(name=FILE_NAMES, scope=st.sampled_from(["APPLICATION", "SESSION"]))
@example(name="𝄞" * 100, scope="SESSION")
@example(name="${filename}" * 9, scope="APPLICATION")
def test_no_file_name_makes_a_dangerous_key(client, name, scope):
    granted = grant(client, fileName=name, scope=scope, sessionId=SESSION)

    key = granted["presignedUrlFields"]["key"]

    folders = [APP, CARD, *([SESSION] if scope == "SESSION" else []), granted["fileId"]]
    *found, last = key.split("/")
    assert found == folders
    assert last.strip(". ")
    assert last not in ("..", ".")
    assert len(key.encode()) <= 1024
    assert not re.search(r"[${}\\\x00-\x1f\x7f]", key)
    assert {"key": key} in policy_of(granted)["conditions"]


def test_a_file_name_of_more_than_100_characters_is_refused(client):
    assert refusal(client, fileName="a" * 101) == (
        "1 validation error detected. Value with length 101 at '/fileName' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )


# The digest


@PROPERTY
@given(content=st.binary(max_size=64))
@example(content=CONTENT)
def test_every_sha_256_digest_is_accepted_and_is_in_the_form(client, content):
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()

    assert grant(client, fileContentsSha256=digest)["presignedUrlFields"]["x-amz-checksum-sha256"] == digest


@PROPERTY
@given(data=st.binary(min_size=30, max_size=34).filter(lambda data: len(data) != 32))
@example(data=bytes(31))
@example(data=bytes(33))
def test_base64_of_other_lengths_is_refused(client, data):
    text = base64.b64encode(data).decode()

    message = refusal(client, fileContentsSha256=text)

    if len(data) in (31, 33):  # the model's pattern allows these
        assert message == DIGEST_MESSAGE
    else:
        assert "at '/fileContentsSha256' failed to satisfy constraint" in message


@PROPERTY
@given(text=st.text(st.sampled_from("abcXYZ019+/=-_ \n"), max_size=46))
@example(text=DIGEST[:-1])
@example(text=DIGEST.replace("/", "_"))
@example(text=f"{DIGEST}\n")
@example(text=f"{DIGEST[:-1]}A")
def test_a_value_that_is_not_a_digest_is_refused(mock, client, text):
    before = len(mock.uploads)

    message = refusal(client, fileContentsSha256=text)

    assert "at '/fileContentsSha256' failed to satisfy constraint" in message
    assert len(mock.uploads) == before


def test_a_digest_in_hex_violates_the_model(client):
    assert refusal(client, fileContentsSha256=hashlib.sha256(CONTENT).hexdigest()).startswith(
        "1 validation error detected. Value at '/fileContentsSha256' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: "
    )


# Scope, session, app and card


NO_SESSION = "A sessionId is required when the scope is SESSION."


def test_the_scope_session_needs_a_session(client):
    assert refusal(client, scope="SESSION") == NO_SESSION


def test_the_scope_application_ignores_the_session(mock, client):
    app = create_app(client, file_card())
    session = start_session(client, app)

    for other in (SESSION, session):  # of no app, and of another one
        upload = upload_of(mock, grant(client, sessionId=other))
        assert upload.session_id is None
        assert session not in upload.key


def test_a_session_of_the_app_is_accepted(mock, client):
    app = create_app(client, file_card())
    session = start_session(client, app)

    granted = grant(client, appId=app["appId"], scope="SESSION", sessionId=session)

    assert upload_of(mock, granted).session_id == session


@pytest.mark.parametrize("known", [False, True])
def test_a_session_of_another_app_is_refused(client, known):
    session = start_session(client, create_app(client, file_card()))
    app_id = create_app(client, file_card())["appId"] if known else APP

    assert refusal(client, appId=app_id, scope="SESSION", sessionId=session) == (
        f"Session {session} is not a session of app {app_id}."
    )


def test_a_card_that_a_known_app_does_not_have_is_refused(client):
    app_id = create_app(client, TEXT_CARD)["appId"]

    assert refusal(client, appId=app_id) == f"App {app_id} has no card {CARD}."


def test_a_card_of_another_kind_is_refused(client):
    app_id = create_app(client, file_card(), TEXT_CARD)["appId"]

    assert refusal(client, appId=app_id, cardId=OTHER) == (
        f"Card {OTHER} of app {app_id} is not a file-upload card."
    )


def test_a_file_upload_card_of_a_known_app_is_accepted(client):
    app_id = create_app(client, TEXT_CARD, file_card())["appId"]

    assert grant(client, appId=app_id)["presignedUrlFields"]["key"].startswith(f"{app_id}/{CARD}/")


def test_an_unknown_app_card_and_session_are_accepted(client):
    assert grant(client)["fileId"]
    assert grant(client, scope="SESSION", sessionId=SESSION)["fileId"]


def test_a_deleted_app_is_refused(client):
    app_id = create_app(client, file_card())["appId"]
    client.delete_q_app(instanceId=INSTANCE, appId=app_id)

    assert refusal(client, appId=app_id) == f"App {app_id} does not exist."


@pytest.mark.parametrize("delete", ["stop_q_app_session", "delete_q_app"])
def test_a_deleted_session_is_refused(client, delete):
    app = create_app(client, file_card())
    session = start_session(client, app)
    goes = {"stop_q_app_session": {"sessionId": session}, "delete_q_app": {"appId": app["appId"]}}[delete]
    getattr(client, delete)(instanceId=INSTANCE, **goes)

    assert refusal(client, scope="SESSION", sessionId=session) == f"Session {session} does not exist."


def test_what_was_deleted_in_one_instance_is_unknown_in_another(client):
    app_id = create_app(client, file_card())["appId"]
    client.delete_q_app(instanceId=INSTANCE, appId=app_id)

    assert grant(client, appId=app_id, instanceId="another")["fileId"]


def test_after_a_reset_what_was_deleted_is_unknown_again(mock, client):
    app_id = create_app(client, file_card())["appId"]
    client.delete_q_app(instanceId=INSTANCE, appId=app_id)
    mock.reset()

    assert grant(client, appId=app_id)["fileId"]


def test_an_app_of_another_instance_is_unknown(client):
    app_id = create_app(client, TEXT_CARD)["appId"]

    assert grant(client, appId=app_id, instanceId="another")["fileId"]


# Strict


@pytest.fixture
def strict_client():
    with mock_qapps(strict=True) as running:
        yield running.client(config=ONE_ATTEMPT)


def test_strict_refuses_an_unknown_app(strict_client):
    assert refusal(strict_client) == f"App {APP} does not exist."


def test_strict_refuses_an_unknown_session(strict_client):
    app = create_app(strict_client, file_card())

    assert refusal(strict_client, appId=app["appId"], scope="SESSION", sessionId=SESSION) == (
        f"Session {SESSION} does not exist."
    )


def test_strict_refuses_an_unknown_card(strict_client):
    app_id = create_app(strict_client)["appId"]

    assert refusal(strict_client, appId=app_id) == f"App {app_id} has no card {CARD}."


def test_strict_accepts_what_is_known(strict_client):
    app = create_app(strict_client, file_card())
    session = start_session(strict_client, app)

    assert grant(strict_client, appId=app["appId"])["fileId"]
    assert grant(strict_client, appId=app["appId"], sessionId=SESSION)["fileId"]
    assert grant(strict_client, appId=app["appId"], scope="SESSION", sessionId=session)["fileId"]


def preset(file_id):
    card = file_card()
    card["fileUpload"] |= {"fileId": file_id, "filename": "a.txt"}
    return card


def test_strict_refuses_a_file_that_a_card_presets_before_its_upload(strict_client):
    app = create_app(strict_client, file_card())
    granted = grant(strict_client, appId=app["appId"])

    messages = [strict_refusal(strict_client, file_id, app) for file_id in (OTHER, granted["fileId"])]

    assert messages == [
        f"File {OTHER} does not exist.",
        f"File {granted['fileId']} has not been uploaded yet.",
    ]
    assert strict_client.get_q_app(instanceId=INSTANCE, appId=app["appId"])["appVersion"] == 1


def test_strict_accepts_a_default_file_after_its_upload(strict_client):
    app = create_app(strict_client, file_card())
    granted = grant(strict_client, appId=app["appId"])
    files = {"file": CONTENT}
    requests.post(granted["presignedUrl"], data=granted["presignedUrlFields"], files=files, timeout=60)

    definition = {"cards": [preset(granted["fileId"])]}
    updated = strict_client.update_q_app(instanceId=INSTANCE, appId=app["appId"], appDefinition=definition)

    assert updated["appVersion"] == 2


def uploaded(client, app, **scope):
    """Upload a file for an app or a session, and return its id."""
    granted = grant(client, appId=app["appId"], **scope)
    fields, files = granted["presignedUrlFields"], {"file": CONTENT}
    assert requests.post(granted["presignedUrl"], data=fields, files=files, timeout=60).status_code == 204
    return granted["fileId"]


def strict_refusal(client, file_id, app):
    with pytest.raises(client.exceptions.ValidationException) as refused:
        client.update_q_app(
            instanceId=INSTANCE, appId=app["appId"], appDefinition={"cards": [preset(file_id)]}
        )
    return refused.value.response["Error"]["Message"]


def test_strict_refuses_to_preset_a_file_of_another_app_or_of_a_session(strict_client):
    app, other = (create_app(strict_client, file_card()) for _ in range(2))
    session = start_session(strict_client, app)
    files = [
        uploaded(strict_client, other),
        uploaded(strict_client, app, scope="SESSION", sessionId=session),
    ]

    messages = [strict_refusal(strict_client, each, app) for each in files]

    assert messages == [f"File {each} belongs to another app or session." for each in files]


def test_without_strict_a_card_can_have_any_default_file(client):
    assert create_app(client, preset(OTHER))["appVersion"] == 1


# What is refused


@pytest.mark.parametrize(
    "member", ["instanceId", "appId", "cardId", "fileName", "fileContentsSha256", "scope"]
)
def test_every_required_member_is_required(mock, member):
    client = mock.client(config=ONE_ATTEMPT.merge(Config(parameter_validation=False)))

    assert refusal(client, **{member: None}) == (
        f"1 validation error detected. Value at '/{member}' failed to satisfy constraint: Member must not be null"
    )


def test_all_that_is_wrong_with_a_call_is_listed(mock):
    client = mock.client(config=ONE_ATTEMPT.merge(Config(parameter_validation=False)))

    message = refusal(client, cardId=None, scope="NONE")

    assert message == (
        "2 validation errors detected. "
        "Value at '/cardId' failed to satisfy constraint: Member must not be null; "
        "Value at '/scope' failed to satisfy constraint: Member must satisfy enum value set: [APPLICATION, SESSION]"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"fileContentsSha256": base64.b64encode(bytes(31)).decode()},
        {"scope": "SESSION"},
        {"scope": "NONE"},
        {"appId": "no-uuid"},
    ],
    ids=str,
)
def test_a_refused_call_leaves_nothing_behind(mock, client, changes):
    refusal(client, **changes)

    assert mock.uploads == {}
    with pytest.raises(ClientError, match="404"):
        boto3.client("s3", region_name="us-east-1").head_bucket(
            Bucket=service_bucket.name(region="us-east-1", account="123456789012")
        )
