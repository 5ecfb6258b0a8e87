"""Form posts for the tests of uploads: bytes, policies and signatures, written out by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any
from xml.etree import ElementTree

import pytest

from qapps_mock.s3.errors import S3Error
from qapps_mock.s3.signature import Secret

BUCKET = "forms"
REGION = "us-east-1"
ACCESS_KEY = "AKIAI44QH8DHBEXAMPLE"
SECRET = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"
NOW = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
EXPIRATION = "2030-01-01T12:00:00.000Z"
BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"

Part = tuple[str, "str | bytes", "str | None"]


def multipart(parts: Iterable[Part], *, boundary: str = BOUNDARY) -> bytes:
    """Write the parts, each a name, a value and a file name or None."""
    body = b""
    for name, value, file_name in parts:
        disposition = f'form-data; name="{name}"'
        if file_name is not None:
            disposition += f'; filename="{file_name}"'
        data = value.encode() if isinstance(value, str) else value
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


def form(fields: Mapping[str, str], content: bytes = b"content", file_name: str | None = "f.txt") -> bytes:
    return multipart([*((name, each, None) for name, each in fields.items()), ("file", content, file_name)])


def encode(document: object) -> str:
    return base64.b64encode(json.dumps(document).encode()).decode()


def policy(*conditions: object, expiration: str = EXPIRATION) -> str:
    return encode({"expiration": expiration, "conditions": list(conditions)})


def sha256_hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def v4_signature(text: str, *, secret: str = SECRET, day: str = "20300101", region: str = REGION) -> str:
    key = f"AWS4{secret}".encode()
    for each in (day, region, "s3", "aws4_request"):
        key = sha256_hmac(key, each)
    return sha256_hmac(key, text).hex()


def v2_signature(text: str, *, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def credential(*, access_key: str = ACCESS_KEY, region: str = REGION, day: str = "20300101") -> str:
    return f"{access_key}/{day}/{region}/s3/aws4_request"


def signed(
    fields: Mapping[str, str],
    *conditions: object,
    expiration: str = EXPIRATION,
    bucket: str | None = BUCKET,
    access_key: str = ACCESS_KEY,
    secret: str = SECRET,
) -> dict[str, str]:
    """Return *fields* with a SigV4 signature whose policy has conditions for all of them and the bucket, and *conditions*."""
    signing = {
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": credential(access_key=access_key),
        "x-amz-date": "20300101T000000Z",
    }
    demands = [{name: value} for name, value in {**fields, **signing}.items()]
    if bucket is not None:
        demands.append({"bucket": bucket})
    text = policy(*demands, *conditions, expiration=expiration)
    return {**fields, **signing, "policy": text, "x-amz-signature": v4_signature(text, secret=secret)}


def secrets_of(access_key: str) -> list[Secret]:
    return [Secret(SECRET)] if access_key == ACCESS_KEY else []


def error_of(body: bytes) -> dict[str, str]:
    """Return the elements of an error in order, without the ids that are different each time."""
    root = ElementTree.fromstring(body)
    assert root.tag == "Error"
    elements = {each.tag: each.text or "" for each in root}
    assert list(elements)[-2:] == ["RequestId", "HostId"]
    assert elements.pop("RequestId")
    assert elements.pop("HostId")
    return elements


class Refused:
    """Expect an `S3Error`, and compare all of it."""

    def __init__(self, code: str, message: str, *, status: int = 400, **elements: Any) -> None:
        self._expected = (status, code, message, elements)
        self._raises = pytest.raises(S3Error)

    def __enter__(self) -> None:
        self._info = self._raises.__enter__()

    def __exit__(self, *error: Any) -> bool:
        caught = bool(self._raises.__exit__(*error))
        if caught:
            value = self._info.value
            assert (value.status, value.code, value.message, value.elements) == self._expected
        return caught


def refused(code: str, message: str, *, status: int = 400, **elements: Any) -> Refused:
    return Refused(code, message, status=status, **elements)


MALFORMED = (
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
)


def invalid_policy(why: str) -> Refused:
    return refused("InvalidPolicyDocument", f"Invalid Policy: {why}")


def against_policy(why: str) -> Refused:
    return refused("AccessDenied", f"Invalid according to Policy: {why}", status=403)
