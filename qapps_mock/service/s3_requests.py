"""Requests to the mocked S3 that concern Q Apps: the S3 gate with this mock's clock, keys, options and uploads."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from datetime import datetime

from qapps_mock import clock, credentials, models
from qapps_mock.control.active import ACTIVE
from qapps_mock.http_message import ConnectionFailure, Headers, IncomingBody, Response, body_bytes
from qapps_mock.models.upload import Refusal, Upload
from qapps_mock.s3 import gate, request_ids
from qapps_mock.s3.errors import OUTAGES, S3Error
from qapps_mock.s3.receive import Received
from qapps_mock.s3.signature import Secret

FindUpload = Callable[[str, str], "Upload | None"]


def respond(
    method: str, url: str, headers: Headers, body: object, *, path_style: bool = False
) -> Response | None:
    """Respond to a request that the S3 gate handles; None: it is Moto's."""
    respond_to = find_responder(method, url, headers, path_style=path_style)
    return None if respond_to is None else respond_to(body)


def find_responder(
    method: str, url: str, headers: Headers, *, path_style: bool = False
) -> Callable[[object], Response] | None:
    """Return a function from the body of a request to the response; None: the request is Moto's.

    The body can be an `IncomingBody`. With *path_style* every host is S3.
    """
    enforce = ACTIVE.innermost.options.enforce_all_posts
    request = gate.classify(method, url, headers, path_style=path_style, enforce_all_posts=enforce)
    return None if request is None else functools.partial(_respond, request)


def _respond(request: gate.S3Request, body: object) -> Response:
    content, now = body if isinstance(body, IncomingBody) else body_bytes(body), clock.now()
    seeded = ACTIVE.innermost.seeded_ids
    with contextlib.nullcontext() if seeded is None else request_ids.made_of(seeded.s3_request):
        if not request.is_form:
            return gate.respond(request, now=now, secrets_of=_secrets_of)
        find_upload = functools.lru_cache(maxsize=1)(_find_upload)
        intervene = functools.partial(_intervene, now, find_upload)
        received = gate.receive_form(request, content, now=now, secrets_of=_secrets_of, intervene=intervene)
        _remember(now, find_upload, request.address.bucket, received)
        return received.response


def _secrets_of(access_key: str) -> Sequence[Secret]:
    return credentials.secrets_of(access_key, ACTIVE.innermost.options.upload_credentials)


def _remember(now: datetime, find_upload: FindUpload, bucket: str, received: Received) -> None:
    """Tell the mock about an upload that it has granted."""
    upload = find_upload(bucket, received.key or "")
    if upload is None:
        return
    if received.refusal is None:
        upload.content, upload.uploaded_at = received.content, now
    else:
        upload.refused.append(Refusal(now, received.refusal.code, received.refusal.message))


def _intervene(now: datetime, find_upload: FindUpload, bucket: str, key: str) -> bool:
    """Let an upload fail as the test has scripted; tell whether the test has let its URL expire."""
    upload = find_upload(bucket, key)
    if upload is None:
        return False
    failure = ACTIVE.next_upload_failure(upload.file_id)
    if failure == "ConnectionClosedError":
        upload.refused.append(Refusal(now, failure, "The connection was closed before S3 responded."))
        raise ConnectionFailure(failure)
    if failure is not None:
        raise S3Error(failure, OUTAGES[failure])
    return upload.expired


def _find_upload(bucket: str, key: str) -> Upload | None:
    file_id = key.rpartition("/")[0].rpartition("/")[2]
    for backend in models.all_backends():
        upload = backend.uploads.get(file_id)
        if upload is not None and (upload.bucket, upload.key) == (bucket, key):
            return upload
    return None
