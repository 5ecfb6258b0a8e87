"""Who signed a form: the fields with the signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from qapps_mock.s3.authentication import authenticate
from qapps_mock.s3.errors import S3Error
from qapps_mock.s3.signature import Secret
from tests.s3.posts import (
    ACCESS_KEY,
    NOW,
    REGION,
    SECRET,
    Refused,
    credential,
    refused,
    secrets_of,
    v2_signature,
    v4_signature,
)

POLICY = "cG9saWN5"
V4 = {
    "key": "a",
    "policy": POLICY,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": credential(),
    "x-amz-date": "20300101T000000Z",
    "x-amz-signature": v4_signature(POLICY),
}
V2 = {"key": "a", "policy": POLICY, "awsaccesskeyid": ACCESS_KEY, "signature": v2_signature(POLICY)}
TOKEN = "session-token"


def authenticate_form(fields: dict[str, str], **changes: Any) -> frozenset[str] | None:
    return authenticate(fields, **{"region": REGION, "now": NOW, "secrets_of": secrets_of, **changes})


def without(fields: dict[str, str], *names: str) -> dict[str, str]:
    return {name: each for name, each in fields.items() if name not in names}


def missing(name: str) -> Refused:
    return refused(
        "InvalidArgument",
        f"Bucket POST must contain a field named '{name}'.  "
        "If it is specified, please check the order of the fields.",
        ArgumentName=name,
        ArgumentValue="",
    )


def mismatch(provided: str, policy: str = POLICY) -> Refused:
    return refused(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        status=403,
        AWSAccessKeyId=ACCESS_KEY,
        StringToSign=policy,
        SignatureProvided=provided,
        StringToSignBytes=" ".join(f"{byte:02x}" for byte in policy.encode()),
    )


def unknown_key(access_key: str) -> Refused:
    return refused(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        status=403,
        AWSAccessKeyId=access_key,
    )


def bad_credential(message: str, value: str, **elements: Any) -> Refused:
    return refused(
        "InvalidArgument", message, ArgumentName="X-Amz-Credential", ArgumentValue=value, **elements
    )


def test_a_valid_signature_exempts_the_fields_that_carry_it():
    assert authenticate_form(V4) == frozenset({"x-amz-signature"})
    assert authenticate_form(V2) == frozenset({"awsaccesskeyid", "signature"})


@pytest.mark.parametrize(
    "fields", [{"key": "a"}, {"key": "a", "policy": POLICY}, {"x-amz-security-token": "t"}]
)
def test_a_form_that_nothing_signs_is_anonymous(fields):
    assert authenticate_form(fields) is None


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("policy", "policy"),
        ("x-amz-algorithm", "X-Amz-Algorithm"),
        ("x-amz-credential", "X-Amz-Credential"),
        ("x-amz-date", "X-Amz-Date"),
        ("x-amz-signature", "X-Amz-Signature"),
    ],
)
def test_sigv4_needs_each_of_its_fields(name, printed):
    with missing(printed):
        authenticate_form(without(V4, name))


def test_the_algorithm_is_missed_before_the_credential():
    with missing("X-Amz-Algorithm"):
        authenticate_form(without(V4, "x-amz-credential", "x-amz-algorithm", "x-amz-date"))


@pytest.mark.parametrize(
    ("name", "printed"),
    [("policy", "policy"), ("awsaccesskeyid", "AWSAccessKeyId"), ("signature", "Signature")],
)
def test_sigv2_needs_each_of_its_fields(name, printed):
    with missing(printed):
        authenticate_form(without(V2, name))


@pytest.mark.parametrize("value", ["", "aws4-hmac-sha256", "AWS4-HMAC-SHA1"])
def test_another_algorithm_is_refused(value):
    with refused(
        "InvalidArgument",
        "Only AWS4-HMAC-SHA256 is supported",
        ArgumentName="X-Amz-Algorithm",
        ArgumentValue=value,
    ):
        authenticate_form({**V4, "x-amz-algorithm": value})


@pytest.mark.parametrize("value", ["", "AKIA", "AKIA/20300101/us-east-1/s3", ACCESS_KEY])
def test_a_credential_has_five_parts(value):
    with bad_credential(
        'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".', value
    ):
        authenticate_form({**V4, "x-amz-credential": value})


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "/20300101/us-east-1/s3/aws4_request",
            "a non-empty Access Key (AKID) must be provided in the credential.",
        ),
        *(
            (
                f"A/{day}/us-east-1/s3/aws4_request",
                f'incorrect date format "{day}". This date in the credential must be in the format "yyyyMMdd".',
            )
            for day in ("", "2030-01-01", "203001011", "2030010a")
        ),
        (
            "A/20300101/us-east-1/qapps/aws4_request",
            'incorrect service "qapps". This endpoint belongs to "s3".',
        ),
        ("A/20300101/us-east-1/s3/aws4", 'incorrect terminal "aws4". This endpoint uses "aws4_request".'),
    ],
)
def test_each_part_of_a_credential_is_checked(value, message):
    with bad_credential(message, value):
        authenticate_form({**V4, "x-amz-credential": value})


def test_the_region_of_the_bucket_is_expected():
    with bad_credential(
        "the region 'us-east-1' is wrong; expecting 'eu-west-1'", credential(), Region="eu-west-1"
    ):
        authenticate_form(V4, region="eu-west-1")


@pytest.mark.parametrize(
    "value",
    ["", "20300101", "2030-01-01T00:00:00Z", "20300101T000000", "20300101t000000z", "20300101T000000Z\n"],
)
def test_a_date_is_in_the_long_format(value):
    with refused(
        "InvalidArgument",
        "X-Amz-Date must be formated via ISO8601 Long format",
        ArgumentName="X-Amz-Date",
        ArgumentValue=value,
    ):
        authenticate_form({**V4, "x-amz-date": value})


def test_an_unknown_key_is_refused_whatever_its_signature():
    with unknown_key("AKIAUNKNOWN"):
        authenticate_form(
            {**V4, "x-amz-credential": credential(access_key="AKIAUNKNOWN"), "x-amz-signature": ""}
        )
    with unknown_key("AKIAUNKNOWN"):
        authenticate_form({**V2, "awsaccesskeyid": "AKIAUNKNOWN"})
    with unknown_key(""):
        authenticate_form({**V2, "awsaccesskeyid": ""})


@pytest.mark.parametrize(
    "value", ["", "0" * 64, v4_signature(POLICY).upper(), v4_signature(POLICY) + "0", "ü"]
)
def test_another_signature_is_refused(value):
    with mismatch(value):
        authenticate_form({**V4, "x-amz-signature": value})
    with mismatch(value):
        authenticate_form({**V2, "signature": value})


@pytest.mark.parametrize("policy", ["", "cG9saWN6", "no base64: ü", POLICY + "=", POLICY + "\n"])
def test_a_policy_that_was_altered_after_signing_is_refused_before_it_is_read(policy):
    with mismatch(V4["x-amz-signature"], policy):
        authenticate_form({**V4, "policy": policy})
    with mismatch(V2["signature"], policy):
        authenticate_form({**V2, "policy": policy})


@pytest.mark.parametrize("changes", [{"day": "20300102"}, {"secret": "other"}, {"region": "us-west-2"}])
def test_a_signature_of_another_day_secret_or_region_is_refused(changes):
    value = v4_signature(POLICY, **changes)

    with mismatch(value):
        authenticate_form({**V4, "x-amz-signature": value})


def temporary(access_key: str) -> list[Secret]:
    return [Secret(SECRET, session_token=TOKEN, expiration=NOW)]


@pytest.mark.parametrize("fields", [V4, V2])
def test_temporary_keys_need_their_session_token(fields):
    now = NOW - timedelta(microseconds=1)

    assert authenticate_form({**fields, "x-amz-security-token": TOKEN}, secrets_of=temporary, now=now)
    with unknown_key(ACCESS_KEY):
        authenticate_form(fields, secrets_of=temporary, now=now)


@pytest.mark.parametrize(
    ("source", "token"), [(temporary, "other"), (temporary, ""), (secrets_of, TOKEN), (secrets_of, "ü")]
)
def test_another_session_token_is_refused(source, token):
    elements: dict[str, Any] = {"Token-0": token}

    with refused("InvalidToken", "The provided token is malformed or otherwise invalid.", **elements):
        authenticate_form({**V4, "x-amz-security-token": token}, secrets_of=source)


@pytest.mark.parametrize("fields", [V4, V2])
def test_an_expired_session_token_is_refused(fields):
    elements: dict[str, Any] = {"Token-0": TOKEN}

    with refused("ExpiredToken", "The provided token has expired.", **elements):
        authenticate_form({**fields, "x-amz-security-token": TOKEN}, secrets_of=temporary)


def several(access_key: str) -> list[Secret]:
    return [Secret("another"), Secret("another", session_token=TOKEN), Secret(SECRET), *temporary(access_key)]


@pytest.mark.parametrize("fields", [V4, V2])
@pytest.mark.parametrize("token", [{}, {"x-amz-security-token": TOKEN}])
def test_each_secret_of_a_key_is_valid(fields, token):
    before = NOW - timedelta(microseconds=1)

    assert authenticate_form({**fields, **token}, secrets_of=several, now=before)


@pytest.mark.parametrize("fields", [V4, V2])
def test_a_secret_is_not_valid_with_the_token_of_another_one(fields):
    before = NOW - timedelta(microseconds=1)
    sent = {**fields, "x-amz-security-token": TOKEN}
    secrets = [Secret(SECRET), Secret("another", session_token=TOKEN)]

    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        authenticate_form(sent, secrets_of=lambda key: secrets, now=before)


def test_an_old_date_is_accepted():
    text = {**V4, "x-amz-date": "20000101T000000Z"}

    assert authenticate_form(text, now=NOW + timedelta(days=6)) == frozenset({"x-amz-signature"})
