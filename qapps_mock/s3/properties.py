"""The properties that a form gives to its object: all of it except its key and its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qapps_mock.bridge import moto_names
from qapps_mock.s3 import acl, encryption, metadata, object_lock, tags
from qapps_mock.s3.acl import Acl
from qapps_mock.s3.encryption import Encryption
from qapps_mock.s3.errors import S3Error
from qapps_mock.s3.object_lock import Lock

# Amazon S3 user guide.
_MAX_KEY_BYTES = 1024
# Directory buckets have it, which accept no forms.
_NOT_FOR_FORMS = "EXPRESS_ONEZONE"


@dataclass(frozen=True)
class Properties:
    """All of an object except its key and its bytes."""

    storage_class: str
    acl: Acl
    encryption: Encryption
    lock: Lock
    website_redirect_location: str | None
    tags: dict[str, str]
    metadata: dict[str, str]


def read(fields: Mapping[str, str]) -> Properties:
    """Return the properties of the object in *fields*, which have lower-cased names.

    Raises:
        S3Error: one of them is not valid.
    """
    _require_key_length(fields["key"])
    return Properties(
        encryption=encryption.read(fields),
        storage_class=_storage_class(fields.get("x-amz-storage-class", "STANDARD")),
        acl=acl.read(fields),
        lock=object_lock.read(fields),
        website_redirect_location=_website_redirect(fields.get("x-amz-website-redirect-location")),
        tags=tags.read(fields.get("tagging")),
        metadata=metadata.read(fields),
    )


def _require_key_length(key: str) -> None:
    size = len(key.encode())
    if size > _MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError", "Your key is too long", Size=size, MaxSizeAllowed=_MAX_KEY_BYTES)


def _storage_class(value: str) -> str:
    if value == _NOT_FOR_FORMS or value not in moto_names.STORAGE_CLASSES.find():
        message = "The storage class you specified is not valid"
        raise S3Error("InvalidStorageClass", message, StorageClassRequested=value)
    return value


def _website_redirect(url: str | None) -> str | None:
    if url is not None and not (
        url.isascii() and url.isprintable() and url.startswith(("http://", "https://", "/"))
    ):
        message = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
        raise S3Error("InvalidRedirectLocation", message)
    return url
