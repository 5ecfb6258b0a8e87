"""The fixture qapps_server, and the behaviour of every server: it runs in a thread, so that a test sees both sides."""

from __future__ import annotations

import gc
import os
import re
import socket
import threading
import time
from datetime import timedelta
from urllib.parse import urlsplit

import boto3
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError
from freezegun import freeze_time
from moto.s3.models import FakeKey

from qapps_mock.server.server import Server
from tests.conftest import APP, CONTENT, INSTANCE, ONE_ATTEMPT, create_app, grant
from tests.running import form_card, start

PLAIN = ("-W", "error", "-p", "no:randomly", "-p", "no:asyncio")
PAGE = "http://page.test"
KEYS = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}


def aws(service, url, **kwargs):
    return boto3.client(service, region_name="us-east-1", endpoint_url=url, **KEYS, **kwargs)


def post(granted, content=CONTENT, **headers):
    return requests.post(
        granted["presignedUrl"],
        data=granted["presignedUrlFields"],
        files={"file": content},
        headers=headers,
        timeout=30,
    )


def raw(url, request):
    """Send bytes unchanged, and return the whole response."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def client(qapps_mock, qapps_server):
    return qapps_mock.client(endpoint_url=qapps_server, config=ONE_ATTEMPT, **KEYS)


def test_the_same_calls_work_in_process_and_with_a_server(any_client, qapps_mock):
    app = create_app(any_client, title="Häuser")

    found = any_client.get_q_app(instanceId=INSTANCE, appId=app["appId"])

    assert found["title"] == "Häuser"
    assert [call.operation for call in qapps_mock.calls()] == ["CreateQApp", "GetQApp"]


def test_the_same_errors_are_raised_in_process_and_with_a_server(any_client):
    with pytest.raises(ClientError) as refused:
        any_client.get_q_app(instanceId=INSTANCE, appId=APP)

    assert refused.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"App {APP} does not exist.",
    }
    assert refused.value.response["resourceId"] == APP


def test_the_server_shares_state_and_control_with_the_mock(qapps_mock, qapps_client, client):
    app = create_app(qapps_client)
    qapps_mock.fail("GetQApp", "ThrottlingException", retryAfterSeconds=3)

    with pytest.raises(ClientError) as refused:
        client.get_q_app(instanceId=INSTANCE, appId=app["appId"])

    assert refused.value.response["Error"]["Code"] == "ThrottlingException"
    assert refused.value.response["retryAfterSeconds"] == 3
    assert client.get_q_app(instanceId=INSTANCE, appId=app["appId"])["appId"] == app["appId"]


@pytest.mark.qapps_mock(strict=True)
def test_the_options_of_the_mock_apply_to_the_server(client):
    with pytest.raises(ClientError) as refused:
        grant(client)

    assert refused.value.response["Error"]["Message"] == f"App {APP} does not exist."


def test_users_call_the_server(qapps_mock, qapps_server):
    ann = qapps_mock.client(user="ann@example.com", endpoint_url=qapps_server)

    assert create_app(ann)["createdBy"] == qapps_mock.user("ann@example.com")


def test_an_upload_to_a_presigned_url_of_the_server_is_stored(qapps_mock, qapps_server, client):
    granted = grant(client)

    answer = post(granted)

    upload = qapps_mock.uploads[granted["fileId"]]
    s3 = aws("s3", qapps_server)
    stored = s3.get_object(Bucket=upload.bucket, Key=upload.key)["Body"].read()
    assert granted["presignedUrl"] == f"{qapps_server}/{upload.bucket}/"
    assert (answer.status_code, stored, upload.content) == (204, CONTENT, CONTENT)
    assert answer.headers["Location"].startswith(granted["presignedUrl"])


def test_a_wrong_file_gets_the_refusal_of_s3(qapps_mock, client):
    granted = grant(client)

    answer = post(granted, b"other")

    assert answer.status_code == 400
    assert "<Code>BadDigest</Code>" in answer.text
    assert [each.code for each in qapps_mock.uploads[granted["fileId"]].refused] == ["BadDigest"]


def test_an_upload_after_the_expiry_is_refused_when_the_clock_is_frozen(qapps_mock, qapps_server):
    with freeze_time("2026-01-01 12:00:00") as clock:
        granted = grant(qapps_mock.client(endpoint_url=qapps_server))
        clock.tick(timedelta(minutes=15))
        on_time = post(granted)
        clock.tick(1)

        late = post(granted)

    assert (on_time.status_code, late.status_code) == (204, 403)
    assert "<Message>Invalid according to Policy: Policy expired.</Message>" in late.text


def test_a_chunked_form_without_a_length_is_refused(client):
    granted = grant(client)
    form = requests.Request(
        "POST", granted["presignedUrl"], data=granted["presignedUrlFields"], files={"file": CONTENT}
    )
    prepared = form.prepare()
    body = prepared.body
    assert isinstance(body, bytes)
    headers = {"Content-Type": prepared.headers["Content-Type"]}

    answer = requests.post(
        granted["presignedUrl"],
        data=(body[at : at + 99] for at in range(0, len(body), 99)),
        headers=headers,
        timeout=30,
    )

    assert answer.status_code == 411
    assert "<Code>MissingContentLength</Code>" in answer.text


def test_broken_chunks_are_a_bad_request(qapps_server):
    answer = raw(
        qapps_server,
        b"POST /apps.create HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(b"The body of the request is broken.\n")


def test_the_host_of_a_call_decides_where_its_presigned_url_leads(qapps_server, client):
    client.meta.events.register(
        "before-sign.qapps.*", lambda request, **_: request.headers.add_header("Host", "qapps.test:1234")
    )

    granted = grant(client)

    assert re.fullmatch(
        r"http://qapps\.test:1234/qapps-uploaded-files-us-east-1-[0-9a-f]+/", granted["presignedUrl"]
    )


def test_calls_without_a_signature_are_recognised_by_their_path(qapps_server):
    body = {"title": "Raw", "appDefinition": {"cards": []}}

    created = requests.post(
        f"{qapps_server}/apps.create", json=body, headers={"instance-id": INSTANCE}, timeout=30
    )

    assert created.json()["title"] == "Raw"
    assert created.headers["content-type"] == "application/json"


def test_a_call_signed_for_qapps_with_an_unknown_path_is_refused_in_json(qapps_server):
    scope = "Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/qapps/aws4_request"

    answer = requests.get(
        f"{qapps_server}/nothing", headers={"Authorization": f"AWS4-HMAC-SHA256 {scope}"}, timeout=30
    )

    assert answer.status_code == 404
    assert answer.json() == {"message": "GET /nothing is not an operation of Amazon Q Apps."}


def test_a_header_in_utf_8_arrives_as_it_was_sent(qapps_server, qapps_mock):
    request = b"GET /apps.list HTTP/1.1\r\nHost: a\r\ninstance-id: H\xc3\xa4user\r\n\r\n"

    raw(qapps_server, request)

    assert qapps_mock.calls("ListQApps")[0].params == {"instanceId": "Häuser"}


def test_a_path_that_is_not_utf_8_is_a_validation_exception(qapps_server):
    answer = raw(
        qapps_server,
        b"GET /tags/arn:aws:qapps:\xff HTTP/1.1\r\nHost: qapps.us-east-1.amazonaws.com\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"The path is not valid UTF-8." in answer


def test_a_request_with_the_whole_url_gets_a_response(qapps_server, qapps_mock):
    raw(qapps_server, f"GET {qapps_server}/apps.list HTTP/1.1\r\nHost: a\r\ninstance-id: i\r\n\r\n".encode())

    assert [call.operation for call in qapps_mock.calls()] == ["ListQApps"]


def test_a_page_may_call_and_upload(qapps_server, client):
    granted = grant(client)
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "instance-id"}

    for url in (f"{qapps_server}/apps.create", granted["presignedUrl"]):
        answer = requests.options(url, headers={"Origin": PAGE, **asks}, timeout=30)

        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
        assert answer.headers["Access-Control-Allow-Headers"] == "instance-id"


def test_a_page_may_ask_for_headers_that_are_not_ascii(qapps_server):
    request = (
        b"OPTIONS /apps.create HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: POST\r\n"
        b"Access-Control-Request-Headers: a, \xff\r\n\r\n"
    )

    response = raw(qapps_server, request)

    assert response.startswith(b"HTTP/1.1 200 ")
    assert b"Access-Control-Allow-Headers: a, ?\r\n" in response


def test_a_page_may_read_etag_and_location_of_its_upload(client):
    answer = post(grant(client), Origin=PAGE)

    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"ETag", "Location"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))


def test_a_client_without_an_origin_gets_no_cors_headers(client):
    assert "Access-Control-Allow-Origin" not in post(grant(client)).headers


@pytest.mark.qapps_mock(enforce_all_posts=True)
def test_forms_to_other_buckets_are_checked_against_their_policy(qapps_server):
    s3 = aws("s3", qapps_server)
    s3.create_bucket(Bucket="plain")

    answer = requests.post(f"{qapps_server}/plain", data={"key": "a"}, files={"file": b"1"}, timeout=30)

    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)
    assert "Contents" not in s3.list_objects_v2(Bucket="plain")


def test_without_that_option_moto_handles_forms_to_other_buckets(qapps_server):
    s3 = aws("s3", qapps_server)
    s3.create_bucket(Bucket="plain")

    answer = requests.post(f"{qapps_server}/plain", data={"key": "a"}, files={"file": b"1"}, timeout=30)

    assert answer.status_code == 204


@pytest.mark.qapps_mock(enforce_all_posts=True)
def test_a_form_to_a_virtual_host_is_checked_against_its_policy(qapps_server):
    aws("s3", qapps_server).create_bucket(Bucket="plain")
    host = {"Host": "plain.s3.us-east-1.amazonaws.com"}

    answer = requests.post(qapps_server, data={"key": "a"}, files={"file": b"1"}, headers=host, timeout=30)

    assert "<Code>AccessDenied</Code>" in answer.text


@pytest.mark.qapps_mock(enforce_all_posts=True)
def test_signed_posts_of_other_services_pass(qapps_server):
    sqs = aws("sqs", qapps_server)

    assert sqs.create_queue(QueueName="q")["QueueUrl"].endswith("/q")


def test_motos_reset_empties_q_apps_too(qapps_mock, qapps_server, client):
    create_app(client)
    qapps_mock.fail("CreateQApp", "ThrottlingException")

    requests.post(f"{qapps_server}/moto-api/reset", timeout=30)

    assert qapps_mock.calls() == []
    assert create_app(client)["appVersion"] == 1


def test_motos_dashboard_shows_the_library(qapps_server, client):
    app = create_app(client)
    item = client.create_library_item(instanceId=INSTANCE, appId=app["appId"], appVersion=1, categories=[])

    shown = requests.get(f"{qapps_server}/moto-api/data.json", timeout=30).json()["qapps"]

    (row,) = shown["LibraryItem"]
    assert (row["id"], row["app_id"], row["title"], row["status"]) == (
        item["libraryItemId"],
        app["appId"],
        "Title",
        "PUBLISHED",
    )


def test_motos_dashboard_shows_apps_sessions_and_uploads(qapps_server, client):
    app = create_app(client, {"fileUpload": {"id": APP, "title": "File", "type": "file-upload"}})
    session = client.start_q_app_session(instanceId=INSTANCE, appId=app["appId"], appVersion=1)
    granted = grant(client, appId=app["appId"], cardId=APP)
    post(granted)

    shown = requests.get(f"{qapps_server}/moto-api/data.json", timeout=30).json()["qapps"]

    assert [(each["id"], each["title"], each["status"]) for each in shown["App"]] == [
        (app["appId"], "Title", "DRAFT")
    ]
    assert [each["id"] for each in shown["Session"]] == [session["sessionId"]]
    assert [(each["file_id"], each["size"]) for each in shown["Upload"]] == [
        (granted["fileId"], len(CONTENT))
    ]


@pytest.mark.parametrize("deleted", [False, True])
def test_motos_dashboard_works_after_an_upload_and_a_reset(qapps_server, qapps_mock, client, deleted):
    app = create_app(client, {"fileUpload": {"id": APP, "title": "File", "type": "file-upload"}})
    post(grant(client, appId=app["appId"], cardId=APP))
    if deleted:
        client.delete_q_app(instanceId=INSTANCE, appId=app["appId"])

    qapps_mock.reset()
    shown = requests.get(f"{qapps_server}/moto-api/data.json", timeout=30)

    assert shown.status_code == 200
    assert shown.json()["qapps"] == {"App": [], "LibraryItem": [], "Session": [], "Upload": []}
    assert shown.json()["s3"]["FakeKey"] == shown.json()["s3"]["FakeBucket"] == []


def test_a_reset_frees_the_objects_of_the_service(qapps_mock, qapps_client):
    granted = grant(qapps_client)
    requests.post(granted["presignedUrl"], data=granted["presignedUrlFields"], files={"file": CONTENT})
    before = len(s3_objects())

    qapps_mock.reset()

    assert (before, len(s3_objects())) == (1, 0)


def s3_objects():
    gc.collect()
    return [each for each in gc.get_objects() if type(each) is FakeKey]


def test_no_name_puts_markup_into_motos_dashboard(qapps_server, client):
    app = create_app(client, {"fileUpload": {"id": APP, "title": "File", "type": "file-upload"}}, title="R&D")
    grant(client, appId=app["appId"], cardId=APP, fileName="<img src=x onerror='alert(1)'>\".txt")

    shown = requests.get(f"{qapps_server}/moto-api/data.json", timeout=30).json()["qapps"]

    assert shown["App"][0]["title"] == "R&amp;D"
    assert shown["Upload"][0]["file_name"] == "&lt;img src=x onerror=&#x27;alert(1)&#x27;&gt;&quot;.txt"


def export(client):
    session = start(client, form_card(), FORM='{"a": "b"}')
    return client.export_q_app_session_data(instanceId=INSTANCE, sessionId=session)["csvFileLink"]


def test_exported_data_is_downloaded_from_the_server(qapps_server, client):
    link = export(client)

    answer = requests.get(link, timeout=30)
    head = requests.head(link, timeout=30)

    assert link.startswith(f"{qapps_server}/qapps-uploaded-files-us-east-1-")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.text.startswith("submission id,user,")
    assert (head.status_code, head.text) == (403, "")  # the method is signed as well


def test_the_head_of_an_object_of_the_service_has_its_length(qapps_mock, qapps_server, client):
    granted = grant(client)
    posted = post(granted)
    upload = qapps_mock.uploads[granted["fileId"]]
    s3 = aws("s3", qapps_server, config=Config(signature_version="s3v4"))
    link = s3.generate_presigned_url("head_object", {"Bucket": upload.bucket, "Key": upload.key})

    answer = requests.head(link, timeout=30)

    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(CONTENT)))
    assert answer.headers["ETag"] == posted.headers["ETag"]


def test_the_signature_and_expiry_of_a_link_to_exported_data_are_checked(qapps_server, qapps_mock):
    with freeze_time("2026-01-01 12:00:00") as clock:
        link = export(qapps_mock.client(endpoint_url=qapps_server))
        forged = requests.get(link.replace("X-Amz-Signature=", "X-Amz-Signature=0"), timeout=30)
        clock.tick(timedelta(days=8))

        late = requests.get(link, timeout=30)

    assert (forged.status_code, late.status_code) == (403, 403)
    assert "<Code>SignatureDoesNotMatch</Code>" in forged.text
    assert "<Message>Request has expired</Message>" in late.text


def test_a_link_to_a_deleted_object_gets_no_such_key(qapps_mock, client):
    link = export(client)
    app = qapps_mock.calls("CreateQApp")[0].result["appId"]
    client.delete_q_app(instanceId=INSTANCE, appId=app)

    answer = requests.get(link, timeout=30)

    assert (answer.status_code, "<Code>NoSuchKey</Code>" in answer.text) == (404, True)


def test_the_server_sets_nothing_global(qapps_server):
    assert not [name for name in os.environ if "ENDPOINT" in name or name.startswith("TEST_SERVER")]


def test_each_test_finds_the_server_empty_and_there_is_one_per_session(pytester):
    pytester.makepyfile(
        """
        import boto3, pytest

        URLS = set()

        @pytest.mark.parametrize("number", range(2))
        def test_calls(number, qapps_server, qapps_mock):
            URLS.add(qapps_server)
            qapps_mock.client(endpoint_url=qapps_server).create_q_app(
                instanceId="i", title="t", appDefinition={"cards": []})
            assert (len(qapps_mock.calls()), len(URLS)) == (1, 1)
        """
    )

    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_without_the_extra_the_fixture_names_what_to_install(pytester):
    pytester.makeconftest("import qapps_mock.server.server as server; server.has_extra = lambda: False")
    pytester.makepyfile("def test_server(qapps_server): ...")

    result = pytester.runpytest_subprocess(*PLAIN)

    result.stdout.fnmatch_lines(
        ["*The fixture qapps_server: Moto's server is not installed: pip install 'qapps-mock[[]server]'*"]
    )


def test_stopping_ends_idle_connections_and_leaves_no_thread():
    before = set(threading.enumerate())
    server = Server().start()
    with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port)) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\n")
        while not server._listener._open:  # until the server has accepted the connection
            time.sleep(0.01)

        server.stop()

        assert idle.recv(1) == b""
    assert set(threading.enumerate()) <= before
