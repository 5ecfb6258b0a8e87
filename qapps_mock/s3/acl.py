"""The access control list that a form gives to its object: a canned one, or grants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qapps_mock.bridge import moto_names
from qapps_mock.s3.errors import S3Error, invalid_argument

if TYPE_CHECKING:
    from moto.s3.models import FakeAcl

# A test compares them with botocore's model of S3, which takes too long to load for each upload.
_CANNED = (
    "private",
    "public-read",
    "public-read-write",
    "authenticated-read",
    "aws-exec-read",
    "bucket-owner-read",
    "bucket-owner-full-control",
)
_GRANT = "x-amz-grant-"
_PERMISSIONS = {
    "full-control": "FULL_CONTROL",
    "read": "READ",
    "read-acp": "READ_ACP",
    "write-acp": "WRITE_ACP",
}
_GROUPS = tuple(
    f"http://acs.amazonaws.com/groups/{group}"
    for group in ("global/AllUsers", "global/AuthenticatedUsers", "s3/LogDelivery")
)
_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)="?([^",]*)"?\s*', re.IGNORECASE).fullmatch
_CANONICAL_ID = re.compile("[0-9a-f]{64}").fullmatch


@dataclass(frozen=True)
class Acl:
    """The ACL in a form.

    Attributes:
        canned: its name; None: the form has none.
        grants: permission and grantee (``id`` or ``uri``, and its value) of each grant.
    """

    canned: str | None = None
    grants: tuple[tuple[str, str, str], ...] = ()

    def to_moto(self) -> FakeAcl:
        """Return it as Moto's."""
        if not self.grants:
            canned: FakeAcl = moto_names.CANNED_ACL.find()(self.canned or "private")
            return canned
        grant, grantee = moto_names.GRANT.find(), moto_names.GRANTEE.find()
        grants = [
            grant([grantee(**{"grantee_id" if kind == "id" else "uri": value})], [permission])
            for permission, kind, value in self.grants
        ]
        acl: FakeAcl = moto_names.ACL.find()(grants)
        return acl


def read(fields: Mapping[str, str]) -> Acl:
    """Return the ACL in *fields*, which have lower-cased names.

    Raises:
        S3Error: it is not valid.
    """
    canned = fields.get("acl", fields.get("x-amz-acl"))
    if canned is not None and canned not in _CANNED:
        valid = ", ".join(_CANNED)
        message = f"The canned ACL must be one of: {valid}"  # words assumed
        raise invalid_argument(message, name="acl", value=canned)
    grants = tuple(
        grant for name in fields if name.startswith(_GRANT) for grant in _grants(name, fields[name])
    )
    if canned is not None and grants:
        message = "Specifying both Canned ACLs and Header Grants is not allowed"
        raise S3Error("InvalidRequest", message)
    return Acl(canned, grants)


def _grants(name: str, text: str) -> Iterator[tuple[str, str, str]]:
    permission = _PERMISSIONS.get(name[len(_GRANT) :])
    for each in text.split(","):
        grantee = _GRANTEE(each)
        if permission is None or grantee is None:
            raise invalid_argument("Argument format not recognized", name=name, value=text)
        yield permission, *_grantee(grantee[1].lower(), grantee[2])


def _grantee(kind: str, value: str) -> tuple[str, str]:
    if kind == "emailaddress":  # no account has one here
        message = "The e-mail address you provided does not match any account on record."
        raise S3Error("UnresolvableGrantByEmailAddress", message)
    if kind == "id" and not _CANONICAL_ID(value):
        raise invalid_argument("Invalid id", name="id", value=value)
    if kind == "uri" and value not in _GROUPS:
        raise invalid_argument("Invalid group uri", name="uri", value=value)
    return kind, value


def require_allowed(acl: Acl, *, ownership: object) -> None:
    """Raise when a bucket of that object ownership allows no ACLs.

    Raises:
        S3Error: AccessControlListNotSupported.
    """
    if ownership == "BucketOwnerEnforced" and (acl.grants or acl.canned not in (None, _CANNED[-1])):
        raise S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs")
