"""Nothing leaves the machine: connections go to loopback only, no key is sent, no secret is recorded."""

from __future__ import annotations

import base64
import hashlib
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.httpsession
import pytest
import requests

from qapps_mock import MockQApps, credentials, mock_qapps
from qapps_mock.service import protocol
from tests.conftest import CONTENT, INSTANCE, create_app
from tests.running import FILE, TEXT, form_card, given, query_card, submission, text_card, upload_card

CATEGORY = "00000007-0000-4000-8000-000000000000"
REAL = {"key": "AKIAREALREALREALREAL", "secret": "the-real-secret", "token": "the-real-token"}
DIGEST = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()


def live(client: Any) -> list[Any]:
    """Call every operation, upload and download, and return all responses."""
    here = {"instanceId": INSTANCE}
    answers: list[Any] = []

    def call(operation: str, **members: Any) -> Any:
        answers.append(getattr(client, operation)(**members))
        return answers[-1]

    call("predict_q_app", **here, options={"problemStatement": "x"})
    app = create_app(client, text_card(), query_card(f"@{TEXT}"), upload_card(), form_card())
    answers.append(app)
    this = {**here, "appId": app["appId"]}
    call("update_q_app", **this, title="New")
    call("get_q_app", **this)
    call("list_q_apps", **here)
    friend = [{"action": "read", "principal": "friend@example.com"}]
    call("update_q_app_permissions", **this, grantPermissions=friend)
    call("describe_q_app_permissions", **this)
    call("associate_q_app_with_user", **this)
    call("disassociate_q_app_from_user", **this)
    call("tag_resource", resourceARN=app["appArn"], tags={"a": "b"})
    call("list_tags_for_resource", resourceARN=app["appArn"])
    call("untag_resource", resourceARN=app["appArn"], tagKeys=["a"])
    call("batch_create_category", **here, categories=[{"id": CATEGORY, "title": "HR"}])
    call("batch_update_category", **here, categories=[{"id": CATEGORY, "title": "IT"}])
    call("list_categories", **here)
    item = call("create_library_item", **this, appVersion=2, categories=[CATEGORY])["libraryItemId"]
    one = {**here, "libraryItemId": item}
    call("get_library_item", **one)
    call("list_library_items", **here)
    call("update_library_item", **one, status="PUBLISHED")
    call("update_library_item_metadata", **one, isVerified=True)
    call("associate_library_item_review", **one)
    call("disassociate_library_item_review", **one)
    file = {"cardId": FILE, "fileName": "a.txt", "scope": "APPLICATION"}
    call("import_document", **this, **file, fileContentsBase64="YQ==")
    grant = call("create_presigned_url", **this, **file, fileContentsSha256=DIGEST)
    sent = requests.post(grant["presignedUrl"], data=grant["presignedUrlFields"], files={"file": CONTENT})
    answers.append((sent.status_code, sent.text))
    session = call("start_q_app_session", **this, appVersion=2)["sessionId"]
    run = {**here, "sessionId": session}
    call("update_q_app_session", **run, values=[*given({TEXT: "x", FILE: grant["fileId"]}), submission({})])
    call("get_q_app_session", **run)
    call("update_q_app_session_metadata", **run, sharingConfiguration={"enabled": True})
    call("get_q_app_session_metadata", **run)
    call("list_q_app_session_data", **run)
    link = call("export_q_app_session_data", **run)["csvFileLink"]
    answers.append((requests.get(link).status_code, requests.get(link).text))
    call("stop_q_app_session", **run)
    call("delete_library_item", **one)
    call("batch_delete_category", **here, categories=[CATEGORY])
    call("delete_q_app", **this)
    assert [each[0] for each in answers if isinstance(each, tuple)] == [204, 200]
    return answers


@pytest.fixture
def contacts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The addresses that any socket of this process was asked to reach."""
    seen: list[object] = []

    def watch(owner: Any, name: str, place: int) -> None:
        original = getattr(owner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            seen.append((name, args[place]))
            return original(*args, **kwargs)

        monkeypatch.setattr(owner, name, watched)

    # They are set on Python's socket class, which inherits these methods from C.
    for name in ("connect", "connect_ex"):
        watch(socket.socket, name, 1)
    watch(socket.socket, "sendto", -1)
    watch(socket, "create_connection", 0)
    watch(socket, "getaddrinfo", 0)
    for name in ("gethostbyname", "gethostbyname_ex"):
        watch(socket, name, 0)
    yield seen
    # A test that expects addresses must empty the list.
    monkeypatch.undo()


def test_no_operation_upload_or_download_touches_a_socket(contacts):
    with mock_qapps() as mock:
        live(mock.client())

        assert {call.operation for call in mock.calls()} == set(protocol.operations())
    assert contacts == []


def test_what_is_watched_sees_a_connection(contacts):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        socket.create_connection(listener.getsockname()).close()

    assert [name for name, _ in contacts] == ["create_connection", "getaddrinfo", "connect"]


# Keys


def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", REAL["key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", REAL["secret"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", REAL["token"])
    return {}


def profile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "credentials"
    file.write_text(
        f"[real]\naws_access_key_id = {REAL['key']}\naws_secret_access_key = {REAL['secret']}\n"
        f"aws_session_token = {REAL['token']}\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.fspath(file))
    monkeypatch.setenv("AWS_PROFILE", "real")
    return {}


def explicit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    return {
        "aws_access_key_id": REAL["key"],
        "aws_secret_access_key": REAL["secret"],
        "aws_session_token": REAL["token"],
    }


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A request that botocore was about to send over a connection."""
    seen: list[str] = []

    def send(self: Any, request: Any) -> None:
        seen.append(f"{request.url} {request.headers}")
        raise AssertionError("sent")

    monkeypatch.setattr(botocore.httpsession.URLLib3Session, "send", send)
    return seen


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("source", [environment, profile, explicit])
def test_no_key_is_sent_over_the_network(monkeypatch, tmp_path, contacts, sent, source, early):
    keys = {"region_name": "us-east-1", **source(monkeypatch, tmp_path)}
    client = boto3.client("qapps", **keys) if early else None

    with mock_qapps():
        live(client or boto3.client("qapps", **keys))
        boto3.client("sts", **keys).get_caller_identity()

    assert contacts == []
    assert sent == []


@pytest.mark.parametrize("source", [environment, profile, explicit])
def test_no_key_is_in_what_the_mock_records_or_shows(monkeypatch, tmp_path, caplog, recwarn, source):
    keys = {"region_name": "us-east-1", **source(monkeypatch, tmp_path)}
    client = boto3.client("qapps", **keys)
    caplog.set_level(logging.DEBUG, logger="qapps_mock")

    with mock_qapps() as mock:
        answers = live(client)
        text = records(mock, caplog, recwarn) + repr(answers)

    for secret in (REAL["secret"], REAL["token"]):
        assert secret not in text


# Presigned secrets


def records(mock: MockQApps, caplog: pytest.LogCaptureFixture, warned: pytest.WarningsRecorder) -> str:
    """Everything that the mock shows, records, logs and warns of."""
    shown = [repr(mock), repr(mock._run.options), repr(mock.uploads), repr(mock.calls())]
    called = [f"{call.params} {call.result} {call!r}" for call in mock.calls()]
    logged = [f"{record.getMessage()} {record.args} {record.exc_text}" for record in caplog.records]
    return "\n".join([*shown, *called, *logged, caplog.text, *(str(each.message) for each in warned)])


def test_no_presigned_secret_is_in_what_the_mock_records_or_shows(caplog, recwarn):
    caplog.set_level(logging.DEBUG, logger="qapps_mock")
    with mock_qapps() as mock:
        answers = live(mock.client())
        fields = next(each["presignedUrlFields"] for each in answers if "presignedUrlFields" in each)
        link = next(each["csvFileLink"] for each in answers if "csvFileLink" in each)
        # It is refused, so that a refusal is recorded too.
        bucket = f"https://{link.split('/')[2]}/"
        requests.post(bucket, data=fields, files={"file": b"other"})
        assert [each.code for upload in mock.uploads.values() for each in upload.refused] == ["BadDigest"]
        text = records(mock, caplog, recwarn)

    service = credentials.service(None)
    assert service.secret.session_token is not None
    secrets = {
        "signature": fields["x-amz-signature"],
        "session token": service.secret.session_token,
        "secret key": service.secret.key,
        "signature of the link": link.partition("X-Amz-Signature=")[2].partition("&")[0],
    }
    assert fields["x-amz-security-token"] == secrets["session token"]
    assert [name for name, secret in secrets.items() if not secret or secret in text] == []


def test_keys_hide_their_secrets():
    service = credentials.service(None)
    user = credentials.of_user("ann@example.com")

    text = f"{service!r} {service.secret!r} {user!r} {user.secret!r} {service} {user}"

    assert service.access_key in text
    for secret in (service.secret.key, service.secret.session_token, user.secret.key):
        assert secret is not None
        assert secret not in text
