"""Does the code notice that a presigned URL has expired, or that a file has changed since the call?"""

from __future__ import annotations

from datetime import timedelta

import pytest
from freezegun import freeze_time
from uploader import request_upload, send

INSTANCE = "0b95c9c4-89cc-4aa8-9aae-aa91cbec699f"
CARD = "7d4b3b5c-6f0a-4f5e-9d3e-2c1b0a9f8e7d"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "report.txt"
    path.write_bytes(b"Quarterly figures")
    return path


@pytest.fixture
def grant(qapps_client, file):
    card = {"fileUpload": {"id": CARD, "title": "Report", "type": "file-upload"}}
    app = qapps_client.create_q_app(instanceId=INSTANCE, title="Reports", appDefinition={"cards": [card]})
    return request_upload(qapps_client, instance=INSTANCE, app=app["appId"], card=CARD, file=file)


def test_a_file_is_stored(qapps_mock, grant, file):
    response = send(grant, file)

    assert response.status_code == 204
    assert qapps_mock.uploads[grant["fileId"]].content == b"Quarterly figures"


def test_a_late_upload_is_refused(qapps_mock, grant, file):
    with freeze_time(grant["presignedUrlExpiration"] + timedelta(seconds=1)):
        response = send(grant, file)

    assert response.status_code == 403
    assert "<Code>AccessDenied</Code>" in response.text
    assert "<Message>Invalid according to Policy: Policy expired.</Message>" in response.text
    assert qapps_mock.uploads[grant["fileId"]].content is None


def test_another_file_is_refused(grant, file):
    file.write_bytes(b"Embellished figures")

    response = send(grant, file)

    assert response.status_code == 400
    assert "<Code>BadDigest</Code>" in response.text
