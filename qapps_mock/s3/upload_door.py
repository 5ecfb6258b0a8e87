"""The upload door: form posts to a bucket are judged here before Moto's S3 sees them.

Moto's own S3 stores a form upload whatever its policy, signature, expiry or size.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote

from qapps_mock import clock, credentials, endpoints, models
from qapps_mock.control.active import ACTIVE
from qapps_mock.models.upload import Refusal, Upload
from qapps_mock.s3 import service_bucket
from qapps_mock.s3.receive import FormPost, Received, receive
from qapps_mock.service import dispatch
from qapps_mock.service.protocol import Headers


def judge(method: str, url: str, headers: Headers, body: object) -> dispatch.Response | None:
    """Answer a form upload that the mock holds to its policy; None: it is for Moto."""
    if method != "POST":
        return None
    bucket = posted_bucket(url, headers)
    if bucket is None or not is_enforced(bucket):
        return None
    return take(bucket, url, headers, body)


def take(bucket: str, url: str, headers: Headers, body: object) -> dispatch.Response:
    """Judge a form posted to *bucket*, and answer as S3 does."""
    now = clock.now()
    post = FormPost(bucket=bucket, url=url, content_type=_content_type(headers), body=_bytes(body))
    received = receive(post, now=now, secret_of=credentials.secret_of)
    _remember(bucket, received, now)
    return received.answer


def posted_bucket(url: str, headers: Headers) -> str | None:
    """Return the bucket that a POST to *url* is a form upload to; None: it is none to S3."""
    parts = endpoints.s3_url(url)
    if parts is None:
        return None
    return bucket_of(*parts, headers)


def bucket_of(host_bucket: str | None, path: str, query: str, headers: Headers) -> str | None:
    """Return the bucket that a form is posted to, in the host or in the path; None: it is no such post."""
    # With a query it is ?delete or its kin, unless it is a form: no query opens a way around the policy.
    if query and not _content_type(headers).lower().startswith("multipart/form-data"):
        return None
    path = unquote(path).strip("/")
    if host_bucket:
        return None if path else host_bucket
    return path if path and "/" not in path else None


def is_enforced(bucket: str) -> bool:
    """Tell whether uploads to *bucket* are held to their policy."""
    if service_bucket.is_ours(bucket):
        return True
    return ACTIVE.options.enforce_all_posts


def _content_type(headers: Headers) -> str:
    value = headers.get("Content-Type")
    return value.decode("latin-1") if isinstance(value, bytes) else value or ""


def _bytes(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if hasattr(body, "read"):
        return _bytes(body.read())
    return b"".join(map(_bytes, body))  # type: ignore[call-overload]  # requests streams an iterable of chunks


def _remember(bucket: str, received: Received, now: datetime) -> None:
    upload = _expected(bucket, received.key)
    if upload is None:
        return
    if received.refusal is not None:
        upload.refused.append(Refusal(now, received.refusal.code, received.refusal.message))
    else:
        upload.content, upload.uploaded_at = received.content, now


def _expected(bucket: str, key: str | None) -> Upload | None:
    file_id = (key or "").rpartition("/")[0].rpartition("/")[2]
    for backend in models.all_backends():
        upload = backend.uploads.get(file_id)
        if upload is not None and (upload.bucket, upload.key) == (bucket, key):
            return upload
    return None
