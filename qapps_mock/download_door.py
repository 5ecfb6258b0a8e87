"""The download door: presigned GETs of the service's own buckets are judged here before Moto's S3 serves them.

Moto's own S3 serves a presigned link whatever its signature and its expiry.
"""

from __future__ import annotations

import secrets
from urllib.parse import unquote

from qapps_mock import clock, credentials, download_link, endpoints, responses, upload_bucket
from qapps_mock.protocol import Headers
from qapps_mock.uploads.errors import S3Error


def judge(method: str, url: str, headers: Headers) -> responses.Answer | None:
    """Refuse a presigned download that S3 would refuse; None: it is for Moto."""
    if method not in ("GET", "HEAD") or download_link.SIGNATURE not in url:
        return None
    parts = endpoints.s3_url(url)
    if parts is None:
        return None
    host_bucket, path, _ = parts
    bucket = host_bucket or unquote(path).strip("/").partition("/")[0]
    if not upload_bucket.is_ours(bucket):
        return None
    try:
        download_link.refuse_unless_valid(
            method, url, headers, now=clock.now(), secret_of=credentials.secret_of
        )
    except S3Error as refusal:
        return _answer(method, refusal)
    return None


def _answer(method: str, refusal: S3Error) -> responses.Answer:
    ids = {"x-amz-request-id": secrets.token_hex(8).upper(), "x-amz-id-2": secrets.token_urlsafe(56)}
    body = refusal.to_xml(request_id=ids["x-amz-request-id"], host_id=ids["x-amz-id-2"])
    headers = {**ids, "Content-Type": "application/xml"}
    return refusal.status, headers, b"" if method == "HEAD" else body
