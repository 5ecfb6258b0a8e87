"""Signatures over the policy's text."""

from __future__ import annotations

from qapps_mock.s3 import policy, signature
from tests.s3.posts import NOW, v2_signature, v4_signature

# Amazon S3 API reference, "Example: Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)".
EXAMPLE_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE_POLICY = (
    "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6"
    "ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFj"
    "bCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tl"
    "dC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5"
    "cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZl"
    "ci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoN"
    "CiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVx"
    "dWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAx"
    "NTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9"
)
EXAMPLE_SIGNATURE = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"


def test_aws_own_example_has_aws_own_signature():
    key = signature.signing_key(EXAMPLE_SECRET, date="20151229", region="us-east-1")

    assert signature.sign_v4(key, EXAMPLE_POLICY) == EXAMPLE_SIGNATURE


def test_aws_own_example_is_a_policy():
    parsed = policy.parse(EXAMPLE_POLICY)

    assert parsed.expiration.isoformat() == "2015-12-30T12:00:00+00:00"
    assert [str(each) for each in parsed.conditions][:2] == [
        '["eq", "$bucket", "sigv4examplebucket"]',
        '["starts-with", "$key", "user/user1/"]',
    ]


def test_signatures_are_those_of_the_definition():
    key = signature.signing_key("secret", date="20300101", region="eu-west-1")

    assert signature.sign_v4(key, "text") == v4_signature("text", secret="secret", region="eu-west-1")
    assert signature.sign_v2("secret", "text") == v2_signature("text", secret="secret")


def test_the_day_and_the_region_change_the_key():
    keys = {
        signature.signing_key("secret", date=day, region=region)
        for day in ("20300101", "20300102")
        for region in ("us-east-1", "us-west-2")
    }

    assert len(keys) == 4


def test_signatures_compare_by_every_character():
    assert signature.same("ab", "ab")
    assert not signature.same("ab", "aB")
    assert not signature.same("ab", "abc")
    assert not signature.same("ü", "u")
    assert signature.same(
        "\ud800", "?"
    )  # UTF-8 has no lone surrogates: they are compared as replacement characters


def test_a_secret_does_not_show():
    secret = signature.Secret("hidden-key", session_token="hidden-token", expiration=NOW)

    assert "hidden" not in repr(secret)
