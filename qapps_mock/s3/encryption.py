"""The encryption that a form asks for: AES256, unless it or its bucket says otherwise."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from qapps_mock.s3.errors import S3Error, invalid_argument

_SSE = "x-amz-server-side-encryption"
KMS = ("aws:kms", "aws:kms:dsse")
# The characters of a key id, an alias and their ARNs.
_KMS_KEY_ID = re.compile(r"[\w:/-]{1,2048}", re.ASCII).fullmatch


@dataclass(frozen=True)
class Encryption:
    """What a form says; the *method* None is the default of the bucket."""

    method: str | None = None
    kms_key_id: str | None = None
    bucket_key_enabled: str | None = None


def read(fields: Mapping[str, str]) -> Encryption:
    """Return the encryption in *fields*, which have lower-cased names.

    Raises:
        S3Error: it is not one that S3 has.
    """
    return Encryption(
        _method(fields),
        fields.get(f"{_SSE}-aws-kms-key-id"),
        _bucket_key(fields.get(f"{_SSE}-bucket-key-enabled")),
    )


def _method(fields: Mapping[str, str]) -> str | None:
    method = fields.get(_SSE)
    if method is not None and method not in ("AES256", *KMS):
        raise invalid_argument("The encryption method specified is not supported", name=_SSE, value=method)
    key_id = fields.get(f"{_SSE}-aws-kms-key-id")
    if key_id is not None and method not in KMS:
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


@functools.lru_cache(maxsize=64)  # the files of an instance of Q Apps have the same context
def _is_string_map(text: str) -> bool:
    try:
        value = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
