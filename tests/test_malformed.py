"""Requests to a server that no AWS client sends: a 4xx that says what is wrong, never Moto's 500."""

from __future__ import annotations

import re

import boto3
import pytest
import requests

from tests.conftest import APP, CARD, DIGEST, INSTANCE

INCOMPLETE = {
    "message": "The header Authorization is not complete: expected AWS4-HMAC-SHA256 "
    "Credential=KEY/DATE/REGION/SERVICE/aws4_request, SignedHeaders=..., Signature=..."
}
SIGNED = "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/{}/aws4_request"
FORM = "multipart/form-data; boundary=x"
MISSING = "qapps-uploaded-files-missing"


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=a/b/us-east-1/s3",
        "AWS4-HMAC-SHA256 Credential=/b/us-east-1/s3/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/b/us-east-1//aws4_request",
        "AWS4-HMAC-SHA256, Signature=x",
        "x",
        "x, y",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/apps.list"), ("POST", "/"), ("GET", "/bucket/key"), ("POST", "/apps.create")],
)
def test_an_incomplete_authorization_is_refused(qapps_server, authorization, method, path):
    response = requests.request(
        method, f"{qapps_server}{path}", headers={"Authorization": authorization}, timeout=30
    )

    assert (response.status_code, response.json()) == (403, INCOMPLETE)
    assert response.headers["x-amzn-ErrorType"] == "IncompleteSignatureException"


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer token", "AWS4-HMAC-SHA256 abc", SIGNED.format("s3"), SIGNED.format("qapps")],
)
def test_a_host_of_q_apps_is_for_q_apps_whatever_the_signature(qapps_server, authorization):
    headers = {
        "Host": "data.qapps.us-west-2.api.aws",
        "Authorization": authorization,
        "instance-id": INSTANCE,
    }

    listed = requests.get(f"{qapps_server}/apps.list", headers=headers, timeout=30)
    unknown = requests.get(f"{qapps_server}/bucket/key", headers=headers, timeout=30)

    assert (listed.status_code, listed.json()) == (200, {"apps": []})
    assert (unknown.status_code, unknown.headers["x-amzn-errortype"]) == (404, "UnknownOperationException")


def test_a_host_of_q_apps_gets_presigned_urls_of_aws(qapps_server):
    headers = {"Host": "data.qapps.us-west-2.api.aws", "instance-id": INSTANCE}
    body = {
        "appId": APP,
        "cardId": CARD,
        "fileName": "a",
        "fileContentsSha256": DIGEST,
        "scope": "APPLICATION",
    }

    url = requests.post(
        f"{qapps_server}/apps.createPresignedUrl", headers=headers, json=body, timeout=30
    ).json()["presignedUrl"]

    assert re.fullmatch(r"https://qapps-uploaded-files-us-west-2-\w+\.s3\.us-west-2\.amazonaws\.com/", url)


@pytest.mark.parametrize(
    "authorization",
    [
        f"{SIGNED.format('s3')}, SignedHeaders=host, Signature=0",
        "AWS key:signature",
        "Bearer token",
        "",
    ],
)
def test_every_complete_authorization_goes_to_moto(qapps_server, authorization):
    headers = {"Authorization": authorization}

    response = requests.get(f"{qapps_server}/bucket/key", headers=headers, timeout=30)

    assert (response.status_code, "<Code>NoSuchBucket</Code>" in response.text) == (404, True)


@pytest.mark.parametrize("headers", [{}, {"Authorization": SIGNED.format("s3")}])
@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        (FORM, b"", 400, "MalformedPOSTRequest"),
        (FORM, b"--x", 400, "MalformedPOSTRequest"),
        ("multipart/form-data", b"--x", 400, "MalformedPOSTRequest"),
        (
            FORM,
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--x--\r\n',
            400,
            "InvalidArgument",
        ),
        (
            FORM,
            b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n'
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--x--\r\n',
            404,
            "NoSuchBucket",
        ),
    ],
)
def test_a_form_to_a_missing_bucket_of_the_service_is_refused(
    qapps_server, headers, content_type, body, status, code
):
    headers = {"Content-Type": content_type, **headers}

    response = requests.post(f"{qapps_server}/{MISSING}/", data=body, headers=headers, timeout=30)

    assert (response.status_code, f"<Code>{code}</Code>" in response.text) == (status, True)


def test_a_bucket_of_that_prefix_that_a_test_made_is_moto_s(qapps_server, qapps_mock):
    s3 = boto3.client("s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    s3.create_bucket(Bucket=MISSING)

    response = requests.post(
        f"{qapps_server}/{MISSING}/", data={"key": "k"}, files={"file": b"hello"}, timeout=30
    )

    assert response.status_code == 204


@pytest.mark.parametrize("path", ["/MOTO-API/reset", "/Moto-Api/data.json", "/%2Fmoto-api/reset"])
def test_another_spelling_of_motos_api_is_no_resource(qapps_server, path):
    response = requests.post(f"{qapps_server}{path}", timeout=30)

    assert response.status_code == 404
    assert response.json() == {
        "error": "Refused",
        "message": f"No resource {path}. "
        "The paths of Moto's API start with /moto-api/, in lower case and with one slash.",
    }


@pytest.mark.parametrize("account", ["../../etc", "<script>", "12", "12345678901\u0661", "1" * 13])
def test_an_account_that_aws_cannot_have_is_refused(qapps_server, account):
    headers = {"instance-id": "i", "x-moto-account-id": account.encode()}

    response = requests.get(f"{qapps_server}/apps.list", headers=headers, timeout=30)

    assert (response.status_code, response.headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    assert response.json() == {"message": f"{account!r} is not an AWS account: expected 12 digits"}


@pytest.mark.parametrize("region", ["..", "<script>", "US-EAST-1", "us_east_1", "a" * 64])
def test_a_region_that_aws_cannot_have_is_refused(qapps_server, region):
    scope = f"a/20260101/{region}/qapps/aws4_request"
    headers = {"instance-id": "i", "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}"}

    response = requests.get(f"{qapps_server}/apps.list", headers=headers, timeout=30)

    assert (response.status_code, response.headers["x-amzn-ErrorType"]) == (400, "ValidationException")
    assert response.json() == {"message": f"{region!r} is not a region: expected a name such as us-east-1"}
