"""Uploads that a test lets fail: with S3's own answers, by a connection that is cut, by a URL that expires now."""

from __future__ import annotations

import pytest
import requests
from freezegun import freeze_time

from qapps_mock import mock_qapps
from tests.conftest import CONTENT, grant
from tests.s3.posts import error_of

FAILURES = {
    "SlowDown": (503, "Please reduce your request rate."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "RequestTimeout": (
        400,
        "Your socket connection to the server was not read from or written to within the timeout period. "
        "Idle connections will be closed.",
    ),
    "ServiceUnavailable": (503, "Service is unable to handle request."),
    "AccessDenied": (403, "Invalid according to Policy: Policy expired."),
}
EXPIRED = (403, {"Code": "AccessDenied", "Message": "Invalid according to Policy: Policy expired."})


def post(granted, content=CONTENT, **changes):
    fields = {**granted["presignedUrlFields"], **changes}
    return requests.post(granted["presignedUrl"], data=fields, files={"file": content}, timeout=60)


def answer(response):
    error = error_of(response.content)
    return response.status_code, {name: error[name] for name in ("Code", "Message")}


@pytest.mark.parametrize("code", FAILURES)
def test_an_upload_gets_s3s_answer(qapps_mock, any_client, code):
    granted = grant(any_client)
    qapps_mock.fail_upload(code)

    failed, stored = post(granted), post(granted)

    status, message = FAILURES[code]
    assert answer(failed) == (status, {"Code": code, "Message": message})
    assert stored.status_code == 204
    upload = qapps_mock.uploads[granted["fileId"]]
    assert [(each.code, each.message) for each in upload.refused] == [(code, message)]
    assert upload.content == CONTENT


def test_without_a_code_it_is_slow_down(qapps_mock, any_client):
    granted = grant(any_client)
    qapps_mock.fail_upload(times=None)

    assert [post(granted).status_code for _ in range(3)] == [503] * 3
    assert qapps_mock.uploads[granted["fileId"]].content is None


def test_some_uploads_succeed_first(qapps_mock, any_client):
    granted = grant(any_client)
    qapps_mock.fail_upload(after=1, times=2)

    assert [post(granted).status_code for _ in range(4)] == [204, 503, 503, 204]


def test_only_the_uploads_of_one_file_fail(qapps_mock, any_client):
    one, two = grant(any_client), grant(any_client)
    qapps_mock.fail_upload("InternalError", file_id=two["fileId"])

    assert [post(granted).status_code for granted in (one, two, two)] == [204, 500, 204]


def test_the_connection_is_cut(qapps_mock, any_client):
    granted = grant(any_client)
    qapps_mock.fail_upload("ConnectionClosedError")

    with pytest.raises(requests.ConnectionError):
        post(granted)

    assert post(granted).status_code == 204
    [refusal] = qapps_mock.uploads[granted["fileId"]].refused
    assert refusal.code == "ConnectionClosedError"
    assert refusal.message == "The connection was closed before S3 responded."


def test_the_connection_of_a_loopback_upload_is_cut():
    with mock_qapps(upload_host="loopback") as mock:
        granted = grant(mock.client())
        mock.fail_upload("ConnectionClosedError")

        with pytest.raises(requests.ConnectionError):
            post(granted)
        assert post(granted).status_code == 204


def test_a_form_that_cannot_be_read_takes_no_failure(qapps_mock, any_client):
    granted = grant(any_client)
    qapps_mock.fail_upload()

    unreadable = requests.post(granted["presignedUrl"], data=b"no form", timeout=60)

    assert unreadable.status_code == 412
    assert post(granted).status_code == 503


def test_a_url_expires_now(qapps_mock, any_client):
    granted, other = grant(any_client), grant(any_client)
    qapps_mock.expire(granted["fileId"])

    assert answer(post(granted)) == EXPIRED
    assert post(other).status_code == 204
    upload = qapps_mock.uploads[granted["fileId"]]
    assert upload.expired
    assert [refusal.code for refusal in upload.refused] == ["AccessDenied"]


def test_an_expired_url_is_answered_as_after_its_expiration(qapps_mock, qapps_client):
    wrong = {"x-amz-signature": "0" * 64}
    with freeze_time("2026-01-01T12:00:00Z") as clock:
        granted = grant(qapps_client)
        clock.tick(3600)
        late = [answer(post(granted)), answer(post(granted, **wrong))[1]["Code"]]

    granted = grant(qapps_client)
    qapps_mock.expire(granted["fileId"])

    assert [answer(post(granted)), answer(post(granted, **wrong))[1]["Code"]] == late


def test_only_a_file_id_expires_or_fails(qapps_mock):
    for script in (qapps_mock.expire, lambda file_id: qapps_mock.fail_upload(file_id=file_id)):
        with pytest.raises(ValueError, match=r"^No file \['x'\]\. Pass a fileId returned by"):
            script(["x"])


def test_an_expiration_is_no_script_that_must_be_used():
    with mock_qapps() as mock:
        mock.expire(grant(mock.client())["fileId"])


def test_a_failure_that_no_upload_took_fails_the_test():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail_upload(times=2)

    with pytest.raises(AssertionError) as failed:
        test()

    assert (
        "  fail_upload('SlowDown', times=2)\n    No form upload to a presigned URL of Q Apps came that it could fail.\n"
        in str(failed.value)
    )
