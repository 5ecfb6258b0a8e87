"""The access control list of a form: a canned one, or grants."""

from __future__ import annotations

import botocore.session
import pytest

from qapps_mock.s3 import acl
from qapps_mock.s3.acl import Acl
from tests.s3.posts import refused

ID = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers"


def test_an_acl_is_a_canned_one():
    assert acl.read({}) == Acl()
    assert acl.read({"acl": "public-read"}) == Acl("public-read")
    assert acl.read({"x-amz-acl": "bucket-owner-read"}) == Acl("bucket-owner-read")
    with refused(
        "InvalidArgument",
        "The canned ACL must be one of: private, public-read, public-read-write, authenticated-read, "
        "aws-exec-read, bucket-owner-read, bucket-owner-full-control",
        ArgumentName="acl",
        ArgumentValue="log-delivery",
    ):
        acl.read({"acl": "log-delivery"})


def test_the_canned_acls_are_those_of_the_model_of_s3():
    model = botocore.session.get_session().get_service_model("s3")

    assert list(acl._CANNED) == model.shape_for("ObjectCannedACL").enum


def test_grants_name_ids_and_groups():
    fields = {"x-amz-grant-read": f'id="{ID}", uri="{EVERYONE}"', "x-amz-grant-full-control": f"ID={ID}"}

    assert acl.read(fields) == Acl(
        None, (("READ", "id", ID), ("READ", "uri", EVERYONE), ("FULL_CONTROL", "id", ID))
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x-amz-grant-read", ""),
        ("x-amz-grant-read", ID),
        ("x-amz-grant-read", f"name={ID}"),
        ("x-amz-grant-read", f"id={ID},"),
        ("x-amz-grant-write", f"id={ID}"),
        ("x-amz-grant-all", f"id={ID}"),
    ],
)
def test_other_grants_are_refused(name, text):
    with refused("InvalidArgument", "Argument format not recognized", ArgumentName=name, ArgumentValue=text):
        acl.read({name: text})


def test_grantees_are_valid():
    with refused("InvalidArgument", "Invalid id", ArgumentName="id", ArgumentValue="1"):
        acl.read({"x-amz-grant-read-acp": "id=1"})
    with refused("InvalidArgument", "Invalid group uri", ArgumentName="uri", ArgumentValue="http://a"):
        acl.read({"x-amz-grant-write-acp": 'uri="http://a"'})
    message = "The e-mail address you provided does not match any account on record."
    with refused("UnresolvableGrantByEmailAddress", message):
        acl.read({"x-amz-grant-read": "emailAddress=ann@example.com"})


def test_a_canned_acl_excludes_grants():
    with refused("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed"):
        acl.read({"acl": "private", "x-amz-grant-read": f"id={ID}"})


@pytest.mark.parametrize(
    "refused_acl", [Acl("private"), Acl("public-read"), Acl(None, (("READ", "id", ID),))]
)
def test_a_bucket_whose_owner_is_enforced_allows_no_acls(refused_acl):
    acl.require_allowed(Acl(), ownership="BucketOwnerEnforced")
    acl.require_allowed(Acl("bucket-owner-full-control"), ownership="BucketOwnerEnforced")
    for other in (None, "ObjectWriter", "BucketOwnerPreferred"):
        acl.require_allowed(refused_acl, ownership=other)

    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        acl.require_allowed(refused_acl, ownership="BucketOwnerEnforced")
