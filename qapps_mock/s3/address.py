"""Where a request to S3 goes: the bucket and the key in its URL, and the region and kind of its host."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from qapps_mock import endpoints
from qapps_mock.http_message import split_url
from qapps_mock.s3 import store
from qapps_mock.s3.errors import S3Error, WebsiteError

_NOT_ALLOWED = "The specified method is not allowed against this resource."
_REDIRECT = (
    "The bucket you are attempting to access must be addressed using the specified endpoint. "
    "Please send all future requests to this endpoint."
)


class Address(NamedTuple):
    """What the URL of a request names.

    Attributes:
        bucket: its name, decoded.
        key: of an object, decoded; empty for the bucket itself.
        query: as it was sent.
        region: the region in the host; None: the host names none.
        is_website: whether the host is a website endpoint.
    """

    bucket: str
    key: str
    query: str
    region: str | None = None
    is_website: bool = False

    @property
    def is_object(self) -> bool:
        """Whether it is the URL of an object."""
        return bool(self.key.strip("/"))


def find_address(url: str, *, path_style: bool) -> Address | None:
    """Return the address in *url*; None: it is not a URL of S3.

    Args:
        url: as it was sent.
        path_style: every host is S3, and the path names the bucket, as on a server.
    """
    parts = endpoints.s3_url(url)
    if parts is None:
        if not path_style:
            return None
        parts = endpoints.S3Url(None, *split_url(url)[1:])
    path = unquote(parts.path)
    bucket, key = parts.bucket, path[1:]
    if not bucket:
        bucket, _, key = path.lstrip("/").partition("/")
    return Address(bucket, key, parts.query, parts.region, parts.is_website)


def require_form_address(address: Address) -> None:
    """Raise unless S3 accepts forms at *address*.

    Raises:
        S3Error: MethodNotAllowed for an object, a website or no bucket, PermanentRedirect for another region.
    """
    if address.is_website:
        raise WebsiteError("MethodNotAllowed", _NOT_ALLOWED, Method="POST", ResourceType="OBJECT")
    if address.is_object:
        raise S3Error("MethodNotAllowed", _NOT_ALLOWED, Method="POST", ResourceType="OBJECT")
    if not address.bucket:
        refusal = S3Error("MethodNotAllowed", _NOT_ALLOWED, Method="POST", ResourceType="SERVICE")
        raise refusal.with_headers({"Allow": "GET"})
    bucket = store.find_bucket(address.bucket)
    if bucket is not None and address.region not in (None, bucket.region_name):
        endpoint = endpoints.s3_host(bucket.name, region=bucket.region_name, partition=bucket.partition)
        refusal = S3Error("PermanentRedirect", _REDIRECT, Endpoint=endpoint, Bucket=bucket.name)
        raise refusal.with_headers({"x-amz-bucket-region": bucket.region_name})
