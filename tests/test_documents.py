"""ImportDocument, and who is allowed to add files to what."""

from __future__ import annotations

import base64
import hashlib

import boto3
import pytest
import requests
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from qapps_mock import mock_qapps
from qapps_mock.models import files
from qapps_mock.service.exceptions import ValidationException
from tests.conftest import CONTENT, INSTANCE, create_app, grant, moto_since
from tests.running import (
    FILE,
    NOBODY,
    TEXT,
    denied,
    invalid,
    missing,
    refusal,
    share,
    text_card,
    upload_card,
)

NOT_BASE64 = invalid("fileContentsBase64 is neither base64 nor a base64 data URL.")
SSE = "x-amz-server-side-encryption"


@pytest.fixture
def mock():
    with mock_qapps() as mock:
        yield mock


@pytest.fixture
def client(mock):
    return mock.client()


@pytest.fixture
def app(client):
    return create_app(client, upload_card(), text_card())["appId"]


def session_of(client, app):
    return client.start_q_app_session(instanceId=INSTANCE, appId=app, appVersion=1)["sessionId"]


def bring(client, app, content="QQ==", **members):
    return client.import_document(
        **{
            "instanceId": INSTANCE,
            "appId": app,
            "cardId": FILE,
            "fileContentsBase64": content,
            "fileName": "figures.txt",
            "scope": "APPLICATION",
            **members,
        }
    )["fileId"]


def presign(client, app, **members):
    return grant(client, **{"appId": app, "cardId": FILE, **members})


BOTH = pytest.mark.parametrize("call", [bring, presign], ids=["ImportDocument", "CreatePresignedUrl"])


# What it stores


def test_an_imported_document_is_an_upload(mock, client, app):
    with freeze_time("2026-03-01 12:00:00"):
        file_id = bring(client, app, base64.b64encode(CONTENT).decode())

    upload = mock.uploads[file_id]
    assert (upload.file_id, upload.file_name, upload.content) == (file_id, "figures.txt", CONTENT)
    assert (upload.scope, upload.app_id, upload.card_id) == ("APPLICATION", app, FILE)
    assert upload.session_id is None
    assert upload.uploaded_at is not None
    assert upload.uploaded_at.isoformat() == "2026-03-01T12:00:00+00:00"
    assert upload.refused == []


@moto_since(5, 1, 3, reason="HeadObject shows no SHA-256")
def test_an_imported_document_is_the_object_that_a_form_upload_would_be(mock, client, app):
    s3 = boto3.client("s3", region_name="us-east-1")
    file_id = bring(client, app, base64.b64encode(CONTENT).decode())
    offer = presign(client, app)
    requests.post(offer["presignedUrl"], data=offer["presignedUrlFields"], files={"file": CONTENT})

    imported, posted = (
        s3.get_object(Bucket=mock.uploads[each].bucket, Key=mock.uploads[each].key, ChecksumMode="ENABLED")
        for each in (file_id, offer["fileId"])
    )

    assert imported["Body"].read() == posted["Body"].read() == CONTENT
    compared = ("ServerSideEncryption", "SSEKMSKeyId", "ChecksumSHA256", "ContentType", "Metadata")
    assert {name: imported[name] for name in compared} == {name: posted[name] for name in compared}
    assert imported["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()


def test_a_document_for_a_session_belongs_to_it(mock, client, app):
    session = session_of(client, app)

    file_id = bring(client, app, scope="SESSION", sessionId=session)

    assert mock.uploads[file_id].scope == "SESSION"
    assert mock.uploads[file_id].session_id == session
    assert session in mock.uploads[file_id].key.split("/")


def test_a_document_for_the_app_ignores_a_session(mock, client, app):
    file_id = bring(client, app, sessionId=NOBODY)

    assert mock.uploads[file_id].session_id is None


def test_stopping_a_session_deletes_the_objects_of_its_files(mock, client, app):
    s3 = boto3.client("s3", region_name="us-east-1")
    session = session_of(client, app)
    gone, kept = bring(client, app, scope="SESSION", sessionId=session), bring(client, app)
    place = mock.uploads[kept]

    client.stop_q_app_session(instanceId=INSTANCE, sessionId=session)

    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=place.bucket)["Contents"]]
    assert keys == [place.key]
    assert mock.uploads[gone].content == b"A"


# The content


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("", b""),
        ("QQ==", b"A"),
        ("QQ", b"A"),
        ("data:text/plain;base64,QQ==", b"A"),
        ("data:text/plain;charset=utf-8;base64,QUI", b"AB"),
        ("data:;base64,QQ==", b"A"),
        ("DATA:text/plain;BASE64,QQ==", b"A"),
        ("data:text/plain;base64,", b""),
        ("SomeFileEncodedInBase64", base64.b64decode("SomeFileEncodedInBase64=")),
    ],
)
def test_content_is_base64_or_a_data_url(mock, client, app, text, content):
    file_id = bring(client, app, text)

    assert mock.uploads[file_id].content == content


@pytest.mark.parametrize(
    "text",
    [
        "Q",
        "QUIDQ",
        "Q===",
        "QQ=",
        "QQ===",
        "QUI==",
        "QUJD=",
        "=",
        "==",
        "QQ==QQ==",
        "Q Q=",
        "QQ==\n",
        "Qü==",
        "Q-__",
        "data:text/plain,QQ==",
        "data:text/plain;base64QQ==",
        "data:text/plain;base64,Q",
        "xdata:text/plain;base64,QQ==",
    ],
)
def test_other_content_is_refused(mock, client, app, text):
    assert refusal(bring, client, app, text) == NOT_BASE64
    assert mock.uploads == {}


@given(
    content=st.binary(max_size=200),
    padded=st.booleans(),
    prefix=st.sampled_from(["", "data:text/plain;base64,", "data:application/pdf;name=a.pdf;base64,"]),
)
def test_whatever_is_encoded_comes_out_again(content, padded, prefix):
    text = base64.b64encode(content).decode()

    assert files._decode(prefix + (text if padded else text.rstrip("="))) == content


@given(
    content=st.binary(max_size=50),
    place=st.integers(0, 70),
    wrong=st.characters(codec="utf-8").filter(
        lambda each: not (each.isascii() and each.isalnum()) and each not in "+/="
    ),
)
def test_one_wrong_character_anywhere_spoils_it(content, place, wrong):
    text = base64.b64encode(content).decode()

    with pytest.raises(ValidationException):
        files._decode(text[:place] + wrong + text[place:])


def of_size(size):
    return base64.b64encode(b"x" * size).decode()


def test_the_largest_document_is_accepted():
    with mock_qapps(max_file_size=10) as mock:
        client = mock.client()
        app = create_app(client, upload_card())["appId"]

        file_id = bring(client, app, of_size(10))

        assert mock.uploads[file_id].content == b"x" * 10


def test_a_larger_document_is_refused():
    with mock_qapps(max_file_size=10) as mock:
        client = mock.client()
        app = create_app(client, upload_card())["appId"]

        answer = refusal(bring, client, app, of_size(11))

        assert mock.uploads == {}
    assert answer == {
        "Code": "ContentTooLargeException",
        "Message": "The file has 11 bytes; at most 10 are allowed.",
        "resourceId": FILE,
        "resourceType": "Card",
    }


# Where a file can be added


def test_a_document_needs_an_app_that_exists(client):
    assert refusal(bring, client, NOBODY) == missing("App", NOBODY)


def test_a_document_needs_a_session_that_exists(client, app):
    answer = refusal(bring, client, app, scope="SESSION", sessionId=NOBODY)

    assert answer == missing("Session", NOBODY)


@pytest.mark.parametrize("scope", ["APPLICATION", "SESSION"])
def test_a_document_needs_a_card_that_exists(client, app, scope):
    session = session_of(client, app)

    answer = refusal(bring, client, app, cardId=NOBODY, scope=scope, sessionId=session)

    assert answer == {
        "Code": "ResourceNotFoundException",
        "Message": f"App {app} has no card {NOBODY}.",
        "resourceId": NOBODY,
        "resourceType": "Card",
    }


@BOTH
@pytest.mark.parametrize("scope", ["APPLICATION", "SESSION"])
def test_a_file_needs_a_file_upload_card(client, app, call, scope):
    session = session_of(client, app)

    answer = refusal(call, client, app, cardId=TEXT, scope=scope, sessionId=session)

    assert answer == invalid(f"Card {TEXT} of app {app} is not a file-upload card.")


def test_a_presigned_url_needs_a_card_of_the_app(client, app):
    assert refusal(presign, client, app, cardId=NOBODY) == invalid(f"App {app} has no card {NOBODY}.")


@BOTH
def test_a_file_for_a_session_needs_its_id(client, app, call):
    answer = refusal(call, client, app, scope="SESSION")

    assert answer == invalid("A sessionId is required when the scope is SESSION.")


@BOTH
def test_a_session_must_be_one_of_the_app(client, app, call):
    session = session_of(client, create_app(client, upload_card())["appId"])

    answer = refusal(call, client, app, scope="SESSION", sessionId=session)

    assert answer == invalid(f"Session {session} is not a session of app {app}.")


# Who can add a file


@BOTH
def test_only_the_owner_adds_files_to_an_app(mock, client, app, call):
    bob = mock.client(user="bob@example.com")

    answer = refusal(call, bob, app)

    assert answer == {
        "Code": "AccessDeniedException",
        "Message": f"User {mock.user('bob@example.com')} is not the owner of app {app}.",
    }
    assert mock.uploads == {}


@BOTH
def test_only_the_host_adds_files_to_a_session_that_is_not_shared(mock, client, app, call):
    session = session_of(client, app)
    bob = mock.client(user="bob@example.com")

    answer = refusal(call, bob, app, scope="SESSION", sessionId=session)

    assert answer == denied(f"Session {session} is not shared with user {mock.user('bob@example.com')}.")
    assert mock.uploads == {}


@BOTH
def test_every_user_can_add_files_to_a_shared_session(mock, client, app, call):
    session = session_of(client, app)
    share(client, session)
    bob = mock.client(user="bob@example.com")

    call(bob, app, scope="SESSION", sessionId=session)

    (upload,) = mock.uploads.values()
    assert upload.session_id == session


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"appId": NOBODY}, f"App {NOBODY} does not exist."),
        ({"scope": "SESSION", "sessionId": NOBODY}, f"Session {NOBODY} does not exist."),
    ],
)
def test_a_strict_mock_refuses_presigned_urls_for_unknown_resources(members, message):
    with mock_qapps(strict=True) as mock:
        client = mock.client()
        app = create_app(client, upload_card())["appId"]

        assert refusal(presign, client, app, **members) == invalid(message)


def test_presigned_urls_are_granted_for_unknown_apps_and_sessions(client):
    presign(client, NOBODY)

    assert presign(client, NOBODY, scope="SESSION", sessionId=NOBODY)["fileId"]
