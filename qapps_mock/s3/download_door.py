"""The download door: what is no form upload to the service's own buckets is judged here before Moto's S3 sees it.

Moto's own S3 serves a presigned link whatever its signature and its expiry, and lets the anonymous do all.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from qapps_mock import clock, credentials, endpoints
from qapps_mock.s3 import presigned_get, service_bucket
from qapps_mock.s3.errors import S3Error, request_ids
from qapps_mock.service import dispatch
from qapps_mock.service.protocol import Headers

# SigV4's, and SigV2's.
_QUERY_SIGNATURE = re.compile(r"[?&](?:X-Amz-)?Signature=").search


def judge(method: str, url: str, headers: Headers) -> dispatch.Response | None:
    """Refuse a presigned download, and an anonymous request, that S3 would refuse; None: it is for Moto."""
    presigned = method in ("GET", "HEAD") and presigned_get.SIGNATURE in url
    if not presigned and not is_anonymous(url, headers):
        return None
    parts = endpoints.s3_url(url)
    if parts is None:
        return None
    host_bucket, path, _ = parts
    bucket = host_bucket or unquote(path).strip("/").partition("/")[0]
    if not service_bucket.is_ours(bucket):
        return None
    return refuse(method, url, headers) if presigned else deny(method)


def is_anonymous(url: str, headers: Headers) -> bool:
    """Tell whether a request is signed neither in a header nor in its query."""
    return not headers.get("Authorization") and _QUERY_SIGNATURE(url) is None


def deny(method: str) -> dispatch.Response:
    """Answer a request that takes a permission which it has not."""
    return _answer(method, S3Error("AccessDenied", "Access Denied"))


def serve(method: str, bucket: str, key: str, url: str, headers: Headers) -> dispatch.Response:
    """Answer a presigned download from *bucket*, which is the service's."""
    refusal = refuse(method, url, headers)
    if refusal is not None:
        return refusal
    found = service_bucket.get(bucket, key)
    if found is None:
        return _answer(method, S3Error("NoSuchKey", "The specified key does not exist.", Key=key))
    kind = found.metadata.get("content-type", "binary/octet-stream")
    content = found.value
    about = {**request_ids(), "ETag": found.etag, "Content-Type": kind, "Content-Length": str(len(content))}
    return 200, about, b"" if method == "HEAD" else content


def refuse(method: str, url: str, headers: Headers) -> dispatch.Response | None:
    """Answer a presigned download that S3 would refuse; None: it would not."""
    try:
        presigned_get.refuse_unless_valid(
            method, url, headers, now=clock.now(), secret_of=credentials.secret_of
        )
    except S3Error as refusal:
        return _answer(method, refusal)
    return None


def _answer(method: str, refusal: S3Error) -> dispatch.Response:
    status, headers, body = refusal.answer()
    return status, headers, b"" if method == "HEAD" else body
