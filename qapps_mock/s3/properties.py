"""The properties that a form gives to its object: storage class, ACL, encryption, tags, metadata."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qapps_mock.bridge import moto_names
from qapps_mock.s3.errors import S3Error, invalid_argument

# Amazon S3 user guide: the size of a key, of user-defined metadata, and the limits of object tags.
_MAX_KEY_BYTES = 1024
_MAX_METADATA_BYTES = 2048
_MAX_TAGS, _MAX_TAG_KEY, _MAX_TAG_VALUE = 10, 128, 256
META = "x-amz-meta-"
SYSTEM_METADATA = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
)
_CANNED_ACLS = (
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
)
_SSE = "x-amz-server-side-encryption"
_KMS = ("aws:kms", "aws:kms:dsse")
# The characters of a key id, an alias and their ARNs.
_KMS_KEY_ID = re.compile(r"[\w:/-]{1,2048}", re.ASCII).fullmatch
_HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII).fullmatch


@dataclass(frozen=True)
class Properties:
    """All of an object except its key and its bytes."""

    storage_class: str
    acl: str
    encryption: str | None
    kms_key_id: str | None
    bucket_key_enabled: str | None
    website_redirect_location: str | None
    tags: dict[str, str]
    metadata: dict[str, str]


def read(fields: Mapping[str, str]) -> Properties:
    """Return the properties of the object in *fields*, which have lower-cased names.

    Raises:
        S3Error: one of them is not valid.
    """
    _require_key_length(fields["key"])
    encryption = _encryption(fields)
    return Properties(
        storage_class=_storage_class(fields.get("x-amz-storage-class", "STANDARD")),
        acl=_acl(fields.get("acl", fields.get("x-amz-acl", "private"))),
        encryption=encryption,
        kms_key_id=fields.get(f"{_SSE}-aws-kms-key-id"),
        bucket_key_enabled=_bucket_key(fields.get(f"{_SSE}-bucket-key-enabled")),
        website_redirect_location=_website_redirect(fields.get("x-amz-website-redirect-location")),
        tags=_tags(fields.get("tagging")),
        metadata=_metadata(fields),
    )


def _require_key_length(key: str) -> None:
    size = len(key.encode())
    if size > _MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError", "Your key is too long", Size=size, MaxSizeAllowed=_MAX_KEY_BYTES)


def _storage_class(value: str) -> str:
    if value not in moto_names.STORAGE_CLASSES.find():
        message = "The storage class you specified is not valid"
        raise S3Error("InvalidStorageClass", message, StorageClassRequested=value)
    return value


def _acl(value: str) -> str:
    if value not in _CANNED_ACLS:
        valid = ", ".join(_CANNED_ACLS)
        raise invalid_argument(
            f"The canned ACL must be one of: {valid}", name="acl", value=value
        )  # words assumed
    return value


def _encryption(fields: Mapping[str, str]) -> str | None:
    method = fields.get(_SSE)
    if method is not None and method not in ("AES256", *_KMS):
        raise invalid_argument("The encryption method specified is not supported", name=_SSE, value=method)
    key_id = fields.get(f"{_SSE}-aws-kms-key-id")
    if key_id is not None and method not in _KMS:
        raise invalid_argument(
            f"Server Side Encryption with AWS KMS managed key requires HTTP header {_SSE} : aws:kms",
            name=_SSE,
            value=method or "",
        )
    if key_id is not None and not _KMS_KEY_ID(key_id):
        raise S3Error("KMS.NotFoundException", f"Invalid keyId '{key_id}'")
    context = fields.get(f"{_SSE}-context")
    if context is not None and not _is_string_map(context):
        raise invalid_argument(
            f"The header '{_SSE}-context' shall be Base64-encoded UTF-8 string holding JSON "
            "which represents a string-string map",
            name=f"{_SSE}-context",
            value=context,
        )
    return method


def _bucket_key(value: str | None) -> str | None:
    if value is not None and value.lower() not in ("true", "false"):
        raise invalid_argument(  # words assumed
            "The bucket key must be true or false", name=f"{_SSE}-bucket-key-enabled", value=value
        )
    return value


def _website_redirect(url: str | None) -> str | None:
    if url is not None and not (
        url.isascii() and url.isprintable() and url.startswith(("http://", "https://", "/"))
    ):
        message = "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."
        raise S3Error("InvalidRedirectLocation", message)
    return url


def _is_string_map(text: str) -> bool:
    try:
        value = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


def _tags(document: str | None) -> dict[str, str]:
    """Return the tags in an XML document; S3 accepts a document without tags."""
    if document is None:
        return {}
    tags: dict[str, str] = {}
    for key, value in _pairs(document):
        if key in tags:
            raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=key)
        if not 0 < len(key) <= _MAX_TAG_KEY or not _is_tag_text(key):
            raise S3Error("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if len(value) > _MAX_TAG_VALUE or not _is_tag_text(value):
            raise S3Error(
                "InvalidTag", "The TagValue you have provided is invalid", TagKey=key, TagValue=value
            )
        if key.lower().startswith("aws:"):
            raise S3Error("InvalidTag", "System tags cannot be added/updated by requester", TagKey=key)
        tags[key] = value
    if len(tags) > _MAX_TAGS:
        raise S3Error("BadRequest", f"Object tags cannot be greater than {_MAX_TAGS}")
    return tags


def _is_tag_text(text: str) -> bool:
    """Tell whether a tag can have this text: letters, numbers, separators and ``_.:/=+-@``."""
    return all(character in "_.:/=+-@" or unicodedata.category(character)[0] in "LNZ" for character in text)


def _pairs(document: str) -> Iterator[tuple[str, str]]:
    try:
        if "<!DOCTYPE" in document:
            raise ValueError("a tag set declares no entities")
        root = ElementTree.fromstring(document)
    except (ElementTree.ParseError, ValueError):
        raise _malformed_xml() from None
    for tag in root.findall("./{*}TagSet/{*}Tag"):
        key, value = tag.find("{*}Key"), tag.find("{*}Value")
        if key is None or value is None:
            raise _malformed_xml()
        yield key.text or "", value.text or ""


def _malformed_xml() -> S3Error:
    return S3Error(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def _metadata(fields: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in fields.items() if name.startswith(META)}
    for name in own:
        if not _HEADER_NAME(name):  # words assumed
            raise invalid_argument("The name of the metadata is not a valid header name", name=name)
    size = sum(len(name[len(META) :].encode()) + len(value.encode()) for name, value in own.items())
    if size > _MAX_METADATA_BYTES:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        raise S3Error("MetadataTooLarge", message, Size=size, MaxSizeAllowed=_MAX_METADATA_BYTES)
    system = {name: fields[name] for name in SYSTEM_METADATA if name in fields}
    return {name: _as_header(value) for name, value in {**system, **own}.items()}


def _as_header(value: str) -> str:
    """Write *value* as S3 sends it in a header: in RFC 2047's words unless it is printable ASCII."""
    if value.isascii() and (value.isprintable() or not value):
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="
