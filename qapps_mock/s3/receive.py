"""A form upload to a bucket: checked in S3's order, stored in Moto's S3, with S3's response."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from qapps_mock.s3 import acl, checksums, conditions, form, object_lock, policy, properties, store
from qapps_mock.s3.authentication import SecretsOf, authenticate
from qapps_mock.s3.errors import Response, S3Error, access_denied, xml
from qapps_mock.s3.request_ids import request_ids

if TYPE_CHECKING:
    from moto.s3.models import FakeBucket

    from qapps_mock.s3.form import Form

_END_OF_TIME = datetime.max.replace(tzinfo=timezone.utc)
Intervene = Callable[[str, str], bool]
# Every character that a URL may have, and the percent sign of those that are encoded already.
_URL_CHARACTERS = ":/?#[]@!$&'()*+,;=%~"


class FormPost(NamedTuple):
    """A form upload as it was sent.

    Attributes:
        bucket: its name.
        url: of the request.
        content_type: the header Content-Type.
        body: all of it, or its first `form.BEGINNING_BYTES`.
        unread: how many bytes of the body follow.
    """

    bucket: str
    url: str
    content_type: str
    body: bytes
    unread: int = 0


@dataclass(frozen=True)
class Received:
    """The outcome of a form upload.

    Attributes:
        response: for the client.
        key: of the object, None when the form has no readable key.
        content: the stored bytes, None when S3 refused the upload.
        refusal: the error, None when the file was stored.
    """

    response: Response
    key: str | None
    content: bytes | None = field(default=None, repr=False)
    refusal: S3Error | None = None


def receive(
    post: FormPost, *, now: datetime, secrets_of: SecretsOf, intervene: Intervene = lambda bucket, key: False
) -> Received:
    """Check a form upload at the time *now* (aware), and store its file when all of it is valid.

    Args:
        post: the request.
        now: decides whether the policy has expired.
        secrets_of: returns the secrets of an access key; an unknown key has none.
        intervene: called with the bucket and the key of each form that can be read. It can raise an S3Error,
            and returns True when the policy is to count as expired.
    """
    try:
        return _store(post, form.parse(post.content_type, post.body), now, secrets_of, intervene)
    except S3Error as refusal:
        return refuse(post, refusal)


def find_refusal(post: FormPost, *, now: datetime, secrets_of: SecretsOf) -> Received | None:
    """Return the refusal of a form upload of which only the beginning has been read; None: the rest decides.

    The fields before the file have the policy, and Content-Length tells the size of the file. So a
    server refuses a large file before it arrives. The arguments are those of `receive`.
    """
    try:
        sent = form.parse(post.content_type, post.body, unread=post.unread)
        _authorize(_find_bucket(post), sent, now, secrets_of)
    except S3Error as refusal:
        return refuse(post, refusal)
    return None


def refuse(post: FormPost, refusal: S3Error) -> Received:
    """Return the outcome of a form upload that S3 refuses."""
    key = form.find_key(post.content_type, post.body)
    return Received(refusal.response(), key, refusal=refusal)


def _store(
    post: FormPost, sent: Form, now: datetime, secrets_of: SecretsOf, intervene: Intervene
) -> Received:
    bucket = _find_bucket(post)
    expired = intervene(post.bucket, sent.fields["key"])
    _authorize(bucket, sent, now, secrets_of, expired=expired)
    fields, key = sent.fields, sent.fields["key"]
    wanted, declared = properties.read(fields), checksums.declared(fields)
    under_kms = store.is_under_kms(bucket, wanted.encryption)
    with checksums.md5_of(sent.content, ahead="content-md5" in fields or not under_kms) as md5:
        content = bytes(sent.content)
        acl.require_allowed(wanted.acl, ownership=bucket.ownership_rule)
        has_digest = declared is not None or "content-md5" in fields
        object_lock.require_allowed(wanted.lock, bucket, has_digest=has_digest, now=now)
        checksums.check(content, declared, md5=md5, declared_md5=fields.get("content-md5"))
        checksum = declared or checksums.default(content)
        etag = checksums.etag_under_kms(key, content, checksum) if under_kms else md5().hex()
        headers = store.put(bucket, key, content, wanted, etag=etag, checksum=checksum)
    return Received(_respond(post, fields, headers), key, content)


def _find_bucket(post: FormPost) -> FakeBucket:
    bucket = store.find_bucket(post.bucket)
    if bucket is None:
        raise S3Error("NoSuchBucket", "The specified bucket does not exist", BucketName=post.bucket)
    return bucket


def _authorize(
    bucket: FakeBucket, sent: Form, now: datetime, secrets_of: SecretsOf, *, expired: bool = False
) -> None:
    exempt = authenticate(sent.fields, region=bucket.region_name, now=now, secrets_of=secrets_of)
    if exempt is None:
        if not store.anyone_may_write(bucket, sent.fields["key"]):
            raise access_denied()
        return
    demands = policy.parse(sent.fields["policy"])
    policy.require_unexpired(demands, now=_END_OF_TIME if expired else now)
    # The URL's bucket counts, whatever a field of that name says.
    conditions.require_all(demands.conditions, {**sent.fields, "bucket": bucket.name})
    conditions.require_coverage(demands.conditions, sent.fields, exempt=exempt)
    conditions.require_size(demands.conditions, sent.size, at_least=sent.least_size)
    if store.nobody_may_write(bucket, sent.fields["key"]):
        raise access_denied()


def _respond(post: FormPost, fields: dict[str, str], headers: dict[str, str]) -> Response:
    key, etag = fields["key"], headers["ETag"]
    location = f"{post.url.partition('?')[0].rstrip('/')}/{quote(key, safe='')}"
    redirect = _redirect(fields.get("success_action_redirect", fields.get("redirect", "")))
    status = 303 if redirect else _status(fields.get("success_action_status"))
    body, kind = b"", {}
    if redirect:
        query = urlencode({"bucket": post.bucket, "key": key, "etag": etag})
        location = f"{redirect}{'&' if '?' in redirect else '?'}{query}"
    elif status == 201:
        kind = {"Content-Type": "application/xml"}
        body = xml("PostResponse", {"Location": location, "Bucket": post.bucket, "Key": key, "ETag": etag})
    return Response(status, {**request_ids(), **headers, "Location": location, **kind}, body)


def _redirect(url: str) -> str | None:
    """Return the URL to redirect to; None: S3 ignores every URL that is not absolute."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc or not url.isprintable():
        return None
    return quote(url.partition("#")[0], safe=_URL_CHARACTERS)


def _status(wanted: str | None) -> int:
    return int(wanted) if wanted in ("200", "201") else 204
