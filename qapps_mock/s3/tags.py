"""The tags that a form gives to its object, as XML."""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

from qapps_mock.s3.errors import S3Error

# Amazon S3 user guide: the limits of object tags.
_MAX_TAGS, _MAX_TAG_KEY, _MAX_TAG_VALUE = 10, 128, 256


def read(document: str | None) -> dict[str, str]:
    """Return the tags in an XML document; S3 accepts a document without tags.

    Raises:
        S3Error: MalformedXML, InvalidTag or BadRequest.
    """
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
