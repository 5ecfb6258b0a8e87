"""The S3 gate: says what a request to the mocked S3 is, and responds to those that are not for Moto.

Moto's own S3 stores a form upload whatever its policy, signature, expiry or size. It serves a
presigned link whatever its signature and expiry, and lets anonymous callers do everything.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from qapps_mock import endpoints
from qapps_mock.http_message import Headers, IncomingBody, header_text
from qapps_mock.s3 import download, errors, form, presigned_get, service_bucket, store
from qapps_mock.s3.address import Address, find_address, require_form_address
from qapps_mock.s3.authentication import SecretsOf
from qapps_mock.s3.errors import Response, S3Error, access_denied, invalid_argument
from qapps_mock.s3.receive import FormPost, Intervene, Received, find_refusal, receive, refuse

# SigV4's, and SigV2's.
_QUERY_SIGNATURE = re.compile(r"[?&](?:X-Amz-)?Signature=").search
# The operations of S3 that are a POST; a test compares them with the service model.
_BUCKET_OPERATION = re.compile(r"&(?:delete|metadataConfiguration|metadataTable)(?:[=&]|$)").search
_OBJECT_OPERATION = re.compile(r"&(?:restore|select|uploadId|uploads)(?:[=&]|$)").search
# The types of the header Authorization that S3 has: AWS4-HMAC-SHA256, AWS4-ECDSA-P256-SHA256 and AWS.
_SIGNED = "AWS"
# The parameters that ask for something else than the object.
_SUBRESOURCES = frozenset({"acl", "attributes", "legal-hold", "retention", "tagging", "torrent", "uploadId"})


class S3Request(NamedTuple):
    """A request that the gate responds to: a form upload, or else a presigned link or an anonymous request."""

    is_form: bool
    address: Address
    method: str
    url: str
    headers: Headers


def classify(
    method: str, url: str, headers: Headers, *, path_style: bool = False, enforce_all_posts: bool = False
) -> S3Request | None:
    """Return what a request is; None: it is Moto's.

    The gate responds to form uploads, presigned links and anonymous requests to the service's
    buckets. Each POST that is none of S3's operations counts as a form upload. All other requests
    that a client signs in a header are Moto's.

    Args:
        method: of the request.
        url: with a query, as it was sent.
        headers: of the request.
        path_style: a host that is not S3's is S3 too, and the path names the bucket, as on a server.
        enforce_all_posts: form uploads to all other buckets, too.
    """
    signed, link = _authorization(headers).startswith(_SIGNED), _QUERY_SIGNATURE(url) is not None
    if signed and not link and method != "POST":
        return None
    address = find_address(url, path_style=path_style)
    if address is None:
        return None
    path_style = path_style and endpoints.s3_url(url) is None
    # A server has Moto's other services at its root.
    is_post = method == "POST" and not (
        (path_style and not address.bucket) or _is_operation(address, headers)
    )
    is_form = is_post and (not link or _is_multipart(headers))
    if signed and not link and not is_form:
        return None
    request = S3Request(is_form, address, method, url, headers)
    if service_bucket.is_ours(address.bucket):
        return request
    if not is_post:
        return None
    if _is_missing_bucket_of_the_service(address.bucket):
        return request
    return request if enforce_all_posts and (not path_style or _is_for_s3(request)) else None


def _authorization(headers: Headers) -> str:
    return header_text(headers.get("authorization"))


def _is_missing_bucket_of_the_service(bucket: str) -> bool:
    # Moto's S3 ends in a KeyError for a form without a key, before it looks for the bucket.
    return bucket.startswith(service_bucket.PREFIX) and store.find_bucket(bucket) is None


def _is_operation(address: Address, headers: Headers) -> bool:
    """Tell whether a POST is one of S3's operations; every other one is a form, or a mistake."""
    query = f"&{address.query}"
    if address.is_object:
        # A multipart upload starts with the type of its object.
        return _OBJECT_OPERATION(query) is not None
    # The name of an operation must not bypass the policy of a form.
    return _BUCKET_OPERATION(query) is not None and not _is_multipart(headers)


def _is_multipart(headers: Headers) -> bool:
    return header_text(headers.get("content-type")).lower().startswith("multipart/form-data")


def _is_for_s3(request: S3Request) -> bool:
    """Tell whether a POST to a server is for S3: all services of Moto share its URL."""
    authorization, address = _authorization(request.headers), request.address
    if "/aws4_request" in authorization:
        return "/s3/aws4_request" in authorization
    is_plain = not (address.is_object or address.query or authorization)
    return is_plain or _is_multipart(request.headers) or store.find_bucket(address.bucket) is not None


def receive_form(
    request: S3Request,
    body: bytes | IncomingBody,
    *,
    now: datetime,
    secrets_of: SecretsOf,
    intervene: Intervene,
) -> Received:
    """Return the outcome of a form upload.

    Args:
        request: what `classify` returned for a form.
        body: of the request. That of a server is read only when the response depends on it.
        now: the time, aware; it decides what has expired.
        secrets_of: returns the secrets of an access key; an unknown key has none.
        intervene: called with the bucket and the key of a form; see `receive`.
    """
    address, content_type = request.address, header_text(request.headers.get("content-type"))
    beginning = body if isinstance(body, bytes) else body.read(form.BEGINNING_BYTES)
    unread = 0 if isinstance(body, bytes) else max(0, (body.size or 0) - len(beginning))
    post = FormPost(address.bucket, request.url, content_type, beginning, unread)
    try:
        require_form_address(address)
        _require_known_authorization(request.headers)
        _require_length(request.headers)
    except S3Error as refusal:
        return refuse(post, refusal)
    if not isinstance(body, bytes):
        refused = find_refusal(post, now=now, secrets_of=secrets_of) if unread else None
        if refused is not None:
            return refused
        post = FormPost(address.bucket, request.url, content_type, beginning + body.read())
    return receive(post, now=now, secrets_of=secrets_of, intervene=intervene)


def _require_known_authorization(headers: Headers) -> None:
    authorization = _authorization(headers)
    if authorization and not authorization.startswith(_SIGNED):
        message = "Unsupported Authorization Type"
        raise invalid_argument(message, name="Authorization", value=authorization)


def _require_length(headers: Headers) -> None:
    if header_text(headers.get("transfer-encoding")) and not headers.get("content-length"):
        raise S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.")


def respond(request: S3Request, *, now: datetime, secrets_of: SecretsOf) -> Response:
    """Respond to a presigned link, or to an anonymous request; the arguments are those of `receive_form`."""
    try:
        status, about, content = _download(request, now, secrets_of)
    except S3Error as refusal:
        status, about, content = refusal.response()
    return Response(status, about, b"" if request.method == "HEAD" else content)


def _download(request: S3Request, now: datetime, secrets_of: SecretsOf) -> Response:
    if _QUERY_SIGNATURE(request.url) is None:
        _require_known_authorization(request.headers)
        raise access_denied()
    authorization = _authorization(request.headers)
    if authorization:
        raise errors.several_mechanisms("Authorization", authorization)
    method, url, headers = request.method, request.url, request.headers
    query = presigned_get.require_valid(method, url, headers, now=now, secrets_of=secrets_of)
    bucket, key = request.address.bucket, request.address.key
    if method not in ("GET", "HEAD") or not key or query.keys() & _SUBRESOURCES:
        raise access_denied()  # the bucket is the service's
    stored = store.find_object(bucket, key)
    if stored is None:
        raise S3Error("NoSuchKey", "The specified key does not exist.", Key=key)
    return download.respond(stored, query, headers)
