"""Every error of S3 for a form post, over real HTTP: on a user's bucket, and on Q Apps' own.

Each test runs with every URL of the bucket that the fixture `post` lists, and with a server.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple
from xml.etree import ElementTree

import boto3
import pytest
import requests
from freezegun import freeze_time

from qapps_mock import MockQApps, credentials, mock_qapps
from qapps_mock.s3 import gate
from qapps_mock.server.server import Server
from tests.conftest import grant
from tests.s3.posts import (
    CONTENT_TYPE,
    encode,
    error_of,
    multipart,
    v2_signature,
    v4_signature,
)
from tests.shapes import Headers

REGION = "us-east-1"
SHA256 = "x-amz-checksum-sha256"
Post = Callable[["Site", "Form"], requests.Response]


@dataclass
class Form:
    """A body with its content type, the path behind the bucket's URL, and further headers."""

    body: bytes
    content_type: str = CONTENT_TYPE
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    chunked: bool = False


class Error(NamedTuple):
    """An error of S3: status, Code, Message and the elements beside them."""

    status: int
    code: str
    message: str
    elements: dict[str, str]


@dataclass
class Site:
    """A bucket, keys that may write to it, and the version of the signatures, 4 or 2."""

    bucket: str
    key: str
    access_key: str
    secret: str
    token: str | None
    now: datetime
    version: int = 4

    @property
    def day(self) -> str:
        return f"{self.now:%Y%m%d}"

    def signing(self) -> dict[str, str]:
        token = {"x-amz-security-token": self.token} if self.token else {}
        if self.version == 2:
            return token
        return {
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"{self.access_key}/{self.day}/{REGION}/s3/aws4_request",
            "x-amz-date": f"{self.day}T000000Z",
            **token,
        }

    def expiration(self, **later: float) -> str:
        return f"{self.now + timedelta(**later or {'hours': 1}):%Y-%m-%dT%H:%M:%SZ}"

    def conditions(self, fields: dict[str, str]) -> list[object]:
        return [{name: each} for name, each in {"bucket": self.bucket, **fields}.items()]

    def sign(self, fields: dict[str, str], text: str) -> dict[str, str]:
        """Sign *text*, the policy, as it is."""
        if self.version == 2:
            signature = v2_signature(text, secret=self.secret)
            return {**fields, "AWSAccessKeyId": self.access_key, "policy": text, "signature": signature}
        return {
            **fields,
            "policy": text,
            "x-amz-signature": v4_signature(text, secret=self.secret, day=self.day),
        }

    def document(self, document: object) -> dict[str, str]:
        return self.sign({"key": self.key, **self.signing()}, encode(document))

    def fields(
        self,
        *conditions: object,
        more: dict[str, str] | None = None,
        expiration: str | None = None,
        date: str | None = None,
    ) -> dict[str, str]:
        """Return the fields of a post that S3 accepts, unless one of *conditions* or *more* fields is wrong."""
        fields = {"key": self.key, **self.signing(), **(more or {})}
        if date is not None:
            fields["x-amz-date"] = date
        demands = [*self.conditions(fields), *conditions]
        return self.sign(
            fields, encode({"expiration": expiration or self.expiration(), "conditions": demands})
        )

    def v2_fields(self, more: dict[str, str] | None = None) -> dict[str, str]:
        return replace(self, version=2).fields(more=more)


def form(fields: dict[str, str], *files: bytes, name: str = "file", file_name: str | None = "f.txt") -> Form:
    parts = [(field, each, None) for field, each in fields.items()]
    return Form(multipart([*parts, *((name, each, file_name) for each in files or (b"content",))]))


def without(fields: dict[str, str], *names: str) -> dict[str, str]:
    return {name: each for name, each in fields.items() if name not in names}


@pytest.fixture
def mock() -> Iterator[MockQApps]:
    with mock_qapps(enforce_all_posts=True) as qapps:
        yield qapps


@functools.cache
def s3() -> Any:
    """Make a client once for all tests; each call comes to the mock of its test."""
    return boto3.client("s3", region_name=REGION)


def user_site(mock: MockQApps) -> Site:
    s3().create_bucket(Bucket="forms")
    keys = (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    return Site("forms", "up/a b.txt", *keys, None, datetime.now(timezone.utc))


def service_site(mock: MockQApps) -> Site:
    file_id = grant(mock.client())["fileId"]
    upload = mock.uploads[file_id]
    keys = credentials.service(None)
    now = datetime.now(timezone.utc)
    return Site(upload.bucket, upload.key, keys.access_key, keys.secret.key, keys.secret.session_token, now)


@pytest.fixture(params=[user_site, service_site], ids=["user's bucket", "Q Apps' bucket"])
def site(request: pytest.FixtureRequest, mock: MockQApps) -> Site:
    made: Site = request.param(mock)
    return made


def in_process(url: str, site: Site, form: Form) -> requests.Response:
    headers = {"Content-Type": form.content_type} if form.content_type else {}
    address = url.format(site.bucket)
    return requests.post(
        f"{address.rstrip('/')}/{form.path}" if form.path else address,
        data=iter([form.body[:9], form.body[9:]]) if form.chunked else form.body,
        headers={**headers, **form.headers},
        allow_redirects=False,
        timeout=60,
    )


URLS = {
    "virtual-hosted": "https://{}.s3.us-east-1.amazonaws.com/",
    "path-style": "https://s3.us-east-1.amazonaws.com/{}",
    "global": "https://{}.s3.amazonaws.com/",
    "with a query": "https://{}.s3.us-east-1.amazonaws.com/?x-id=PostObject",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with Server() as running:
        yield running.url


@pytest.fixture(params=["virtual-hosted", "path-style", "server"])
def post(request: pytest.FixtureRequest, server: str) -> Post:
    return functools.partial(in_process, URLS.get(request.param, f"{server}/{{}}"))


Row = Callable[[Site], tuple[Form, Error]]
ROWS: dict[str, Row] = {}
# What only forms with a signature of version 4 have.
OF_SIGV4: set[str] = set()


def row(name: str, *, sigv4: bool = False) -> Callable[[Row], Row]:
    """Add a function to the table; it returns the form for a site, and the expected error."""

    def enter(function: Row) -> Row:
        assert name not in ROWS
        ROWS[name] = function
        if sigv4:
            OF_SIGV4.add(name)
        return function

    return enter


def invalid_argument(message: str, name: str, value: str = "", **elements: str) -> Error:
    return Error(400, "InvalidArgument", message, {"ArgumentName": name, "ArgumentValue": value, **elements})


def missing(name: str) -> Error:
    return invalid_argument(
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields.",
        name,
    )


def failed(why: str) -> Error:
    return Error(403, "AccessDenied", f"Invalid according to Policy: {why}", {})


def bad_policy(why: str) -> Error:
    return Error(400, "InvalidPolicyDocument", f"Invalid Policy: {why}", {})


MALFORMED = Error(
    400, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.", {}
)
DENIED = Error(403, "AccessDenied", "Access Denied", {})
PRECONDITION = Error(
    412,
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold",
    {"Condition": "Bucket POST must be of the enclosure-type multipart/form-data"},
)


def redirected(site: Site) -> Error:
    message = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint."
    )
    elements = {"Endpoint": f"{site.bucket}.s3.us-east-1.amazonaws.com", "Bucket": site.bucket}
    return Error(301, "PermanentRedirect", message, elements)


def no_such_bucket(bucket: str) -> Error:
    return Error(404, "NoSuchBucket", "The specified bucket does not exist", {"BucketName": bucket})


def shown(response: requests.Response) -> Error:
    """Return the error that a response shows."""
    elements = error_of(response.content)
    return Error(response.status_code, elements.pop("Code"), elements.pop("Message"), elements)


def wrong_files(count: int) -> Error:
    return invalid_argument("POST requires exactly one file upload per request.", "file", str(count))


# --- The form


@row("body that is not a form")
def _(site: Site) -> tuple[Form, Error]:
    return Form(form(site.fields()).body, "text/plain"), PRECONDITION


@row("no body")
def _(site: Site) -> tuple[Form, Error]:
    return Form(b"", ""), PRECONDITION


@row("multipart without boundary")
def _(site: Site) -> tuple[Form, Error]:
    return Form(form(site.fields()).body, "multipart/form-data"), MALFORMED


@row("broken multipart")
def _(site: Site) -> tuple[Form, Error]:
    return Form(form(site.fields()).body[:-10]), MALFORMED


@row("no key")
def _(site: Site) -> tuple[Form, Error]:
    return form(without(site.fields(), "key")), missing("key")


@row("key after the file")
def _(site: Site) -> tuple[Form, Error]:
    parts = [(name, each, None) for name, each in without(site.fields(), "key").items()]
    return Form(multipart([*parts, ("file", b"content", "f"), ("key", site.key, None)])), missing("key")


@row("signature after the file", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    fields = site.fields()
    parts = [(name, each, None) for name, each in without(fields, "x-amz-signature").items()]
    late = ("x-amz-signature", fields["x-amz-signature"], None)
    return Form(multipart([*parts, ("file", b"content", "f"), late])), missing("X-Amz-Signature")


@row("no file")
def _(site: Site) -> tuple[Form, Error]:
    return Form(multipart([(name, each, None) for name, each in site.fields().items()])), wrong_files(0)


@row("two files")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields(), b"1", b"2"), wrong_files(2)


@row("too much before the file")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields(), b"a" * 20481, name="upload"), Error(
        400,
        "MaxPostPreDataLengthExceeded",
        "Your POST request fields preceeding the upload file was too large.",
        {"MaxPostPreDataLengthBytes": "20480"},
    )


# --- URL and headers


def _object_url(path: str, **changes: Any) -> Row:
    error = Error(
        405,
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        {"Method": "POST", "ResourceType": "OBJECT"},
    )
    return lambda site: (replace(form(site.fields()), path=path, **changes), error)


# In S3's order: URL, Authorization, length, form.
BEARER, BASIC = "Bearer eyJhbGciOiJIUzI1NiJ9", "Basic YWxhZGRpbjpvcGVuc2VzYW1l"
row("URL of an object")(_object_url("up/a.txt"))
row("URL of an object with a query")(_object_url("up/a.txt?x-id=PostObject"))
row("URL of an object without a form")(_object_url("up/a.txt", content_type="text/plain"))
row("URL of an object with Bearer")(
    _object_url("up/a.txt", content_type="text/plain", headers={"Authorization": BEARER}, chunked=True)
)


def _authorization(header: str, **changes: Any) -> Row:
    error = invalid_argument("Unsupported Authorization Type", "Authorization", header)
    return lambda site: (
        replace(form(site.fields()), headers={"Authorization": header}, **changes),
        error,
    )


row("Bearer")(_authorization(BEARER))
row("Basic")(_authorization(BASIC))
row("Bearer without a form")(_authorization(BEARER, content_type="text/plain"))
row("Basic and unknown length")(_authorization(BASIC, content_type="", chunked=True))


@row("Authorization of SigV4 without a form")
def _(site: Site) -> tuple[Form, Error]:
    header = f"AWS4-HMAC-SHA256 Credential={site.access_key}/{site.day}/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=0"
    return Form(b"content", "text/plain", headers={"Authorization": header}), PRECONDITION


@row("unknown length")
def _(site: Site) -> tuple[Form, Error]:
    message = "You must provide the Content-Length HTTP header."
    return replace(form(site.fields()), chunked=True), Error(411, "MissingContentLength", message, {})


# --- Authentication


@row("no policy and no signing field")
def _(site: Site) -> tuple[Form, Error]:
    return form({"key": site.key}), DENIED


@row("only key and policy")
def _(site: Site) -> tuple[Form, Error]:
    return form({"key": site.key, "policy": site.fields()["policy"]}), DENIED


def _without(name: str, printed: str) -> Row:
    return lambda site: (form(without(site.fields(), name)), missing(printed))


for printed in ("policy", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature"):
    row(f"SigV4 without {printed}", sigv4=True)(_without(printed.lower(), printed))


@row("SigV4 without algorithm and credential", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    fields = without(site.fields(), "x-amz-algorithm", "x-amz-credential")
    return form(fields), missing("X-Amz-Algorithm")


@row("SigV2 without signature")
def _(site: Site) -> tuple[Form, Error]:
    return form(without(site.v2_fields(), "signature")), missing("Signature")


@row("SigV2 without access key")
def _(site: Site) -> tuple[Form, Error]:
    return form(without(site.v2_fields(), "AWSAccessKeyId")), missing("AWSAccessKeyId")


def unknown_key(access_key: str) -> Error:
    message = "The AWS Access Key Id you provided does not exist in our records."
    return Error(403, "InvalidAccessKeyId", message, {"AWSAccessKeyId": access_key})


@row("SigV4 with an unknown access key", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    credential = f"AKIAUNKNOWN/{site.day}/{REGION}/s3/aws4_request"
    return form({**site.fields(), "x-amz-credential": credential}), unknown_key("AKIAUNKNOWN")


@row("SigV2 with an unknown access key")
def _(site: Site) -> tuple[Form, Error]:
    return form({**site.v2_fields(), "AWSAccessKeyId": "AKIAUNKNOWN"}), unknown_key("AKIAUNKNOWN")


def mismatch(site: Site, policy: str, provided: str) -> Error:
    return Error(
        403,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        {
            "AWSAccessKeyId": site.access_key,
            "StringToSign": policy,
            "SignatureProvided": provided,
            "StringToSignBytes": policy.encode().hex(" "),
        },
    )


@row("wrong signature", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    fields = {**site.fields(), "x-amz-signature": "0" * 64}
    return form(fields), mismatch(site, fields["policy"], "0" * 64)


@row("wrong SigV2 signature")
def _(site: Site) -> tuple[Form, Error]:
    fields = {**site.v2_fields(), "signature": "AAAA"}
    return form(fields), mismatch(site, fields["policy"], "AAAA")


@row("policy altered to another", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    fields = site.fields()
    policy = site.fields({"acl": "private"})["policy"]
    return form({**fields, "policy": policy}), mismatch(site, policy, fields["x-amz-signature"])


@row("policy altered to no base64", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    fields = site.fields()
    return form({**fields, "policy": "<!>"}), mismatch(site, "<!>", fields["x-amz-signature"])


def _credential(credential: str, message: str, **elements: str) -> Row:
    error = invalid_argument(message, "X-Amz-Credential", credential, **elements)
    return lambda site: (form({**site.fields(), "x-amz-credential": credential}), error)


row("region of another bucket", sigv4=True)(
    _credential(
        "AKIA/20300101/us-west-1/s3/aws4_request",
        "the region 'us-west-1' is wrong; expecting 'us-east-1'",
        Region="us-east-1",
    )
)
row("empty access key", sigv4=True)(
    _credential(
        "/20300101/us-east-1/s3/aws4_request",
        "a non-empty Access Key (AKID) must be provided in the credential.",
    )
)
row("malformed credential", sigv4=True)(
    _credential(
        "AKIA", 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
    )
)


@row("unreadable date", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    error = invalid_argument("X-Amz-Date must be formated via ISO8601 Long format", "X-Amz-Date", "today")
    return form({**site.fields(), "x-amz-date": "today"}), error


@row("date without a day of the calendar", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    error = invalid_argument(
        "X-Amz-Date must be formated via ISO8601 Long format", "X-Amz-Date", "20300230T000000Z"
    )
    return form({**site.fields(), "x-amz-date": "20300230T000000Z"}), error


@row("another algorithm", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    error = invalid_argument("Only AWS4-HMAC-SHA256 is supported", "X-Amz-Algorithm", "AWS4-HMAC-SHA1")
    return form({**site.fields(), "x-amz-algorithm": "AWS4-HMAC-SHA1"}), error


@row("another session token")
def _(site: Site) -> tuple[Form, Error]:
    error = Error(
        400, "InvalidToken", "The provided token is malformed or otherwise invalid.", {"Token-0": "other"}
    )
    return form({**site.fields(), "x-amz-security-token": "other"}), error


@row("expired session token", sigv4=True)
def _(site: Site) -> tuple[Form, Error]:
    sts = boto3.client("sts", region_name=REGION)
    arn = "arn:aws:iam::123456789012:role/uploads"
    with freeze_time(site.now - timedelta(hours=2)):
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="uploads")["Credentials"]
    fields = {
        **site.fields(),
        "x-amz-credential": f"{keys['AccessKeyId']}/{site.day}/{REGION}/s3/aws4_request",
        "x-amz-security-token": keys["SessionToken"],
    }
    error = Error(400, "ExpiredToken", "The provided token has expired.", {"Token-0": keys["SessionToken"]})
    return form(fields), error


# --- The policy


def _document(document: object, why: str) -> Row:
    return lambda site: (form(site.document(document)), bad_policy(why))


def _text(text: str, why: str) -> Row:
    encoded = base64.b64encode(text.encode()).decode()
    return lambda site: (form(site.sign({"key": site.key, **site.signing()}, encoded)), bad_policy(why))


FUTURE = "2999-01-01T00:00:00Z"
row("policy that is no base64")(
    lambda site: (
        form(site.sign({"key": site.key, **site.signing()}, "?")),
        bad_policy("invalid Base64 encoding."),
    )
)
row("policy that is no JSON")(_text("{'a'}", "Invalid JSON."))
row("policy with a trailing comma")(_text('{"conditions": [],}', "Invalid JSON."))
row("policy with a fraction")(_text('{"conditions": [["content-length-range", 0, 1.5]]}', "Invalid JSON."))
row("policy with null")(
    _text(f'{{"expiration": "{FUTURE}", "conditions": [{{"acl": null}}]}}', "Invalid JSON.")
)
row("unreadable expiration")(
    _document(
        {"expiration": "2015-10-17 03:15:59 UTC", "conditions": []},
        "Invalid 'expiration' value: '2015-10-17 03:15:59 UTC'",
    )
)
row("expiration with an offset")(
    _document(
        {"expiration": "2999-01-01T00:00:00+00:00", "conditions": []},
        "Invalid 'expiration' value: '2999-01-01T00:00:00+00:00'",
    )
)
row("no expiration")(_document({"conditions": []}, "Policy missing expiration."))
row("no conditions")(_document({"expiration": FUTURE}, "Policy missing conditions."))
row("expiration in capitals")(_document({"EXPIRATION": FUTURE, "conditions": []}, "Unexpected: 'expiration'"))
row("conditions in capitals")(_document({"expiration": FUTURE, "CONDITIONS": []}, "Unexpected: 'conditions'"))
row("conditions that are no list")(
    _document({"expiration": FUTURE, "conditions": {}}, "Invalid 'conditions' value: must be a List.")
)
row("unknown member")(
    _document({"expiration": FUTURE, "conditions": [], "Statement": []}, "Unexpected: 'statement'")
)


def _condition(condition: object, why: str) -> Row:
    return lambda site: (form(site.fields(condition)), bad_policy(why))


ONE_PROPERTY = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
row("simple condition without property")(_condition({}, ONE_PROPERTY))
row("simple condition with two properties")(_condition({"a": "1", "b": "2"}, ONE_PROPERTY))
row("simple condition with a number")(
    _condition({"acl": 1}, "Invalid Simple-Condition: value must be a string.")
)
row("empty condition")(_condition([], "Invalid Condition: missing operation identifier."))
row("unknown operator")(
    _condition(["ends-with", "$key", "a"], "Invalid Condition: unknown operation 'ends-with'.")
)
row("wrong number of arguments")(
    _condition(["content-length-range", 0], "Invalid content-length-range: wrong number of arguments.")
)


@row("expired")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields(expiration=site.expiration(seconds=-60))), failed("Policy expired.")


# --- Conditions and coverage


def _fails(*condition: object, printed: str | None = None) -> Row:
    shown = printed or json.dumps(list(condition))
    return lambda site: (form(site.fields(list(condition))), failed(f"Policy Condition failed: {shown}"))


row("eq fails")(_fails("eq", "$key", "other"))
row("eq in another case fails as it is spelt")(_fails("EQ", "$KEY", 'oth"er'))


@row("eq with the value in another case")
def _(site: Site) -> tuple[Form, Error]:
    condition = ["eq", "$key", site.key.upper()]
    return form(site.fields(condition)), failed(f"Policy Condition failed: {json.dumps(condition)}")


row("starts-with fails")(_fails("starts-with", "$key", "other"))
row("eq without dollar")(_fails("eq", "key", "a"))
row("starts-with without dollar")(_fails("starts-with", "key", ""))
row("condition on a field that is not there")(_fails("eq", "$acl", "private"))
row("starts-with nothing on a field that is not there")(_fails("starts-with", "$Content-Length", ""))
row("bound that is no number")(_fails("content-length-range", "test", "10"))


@row("simple condition fails")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields({"Key": "v"})), failed('Policy Condition failed: ["eq", "$Key", "v"]')


@row("another bucket")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields({"bucket": "B"})), failed('Policy Condition failed: ["eq", "$bucket", "B"]')


@row("another bucket that a field names")
def _(site: Site) -> tuple[Form, Error]:
    error = failed('Policy Condition failed: ["eq", "$bucket", "B"]')
    return form({**site.fields({"bucket": "B"}), "bucket": "B"}), error


@row("field without condition")
def _(site: Site) -> tuple[Form, Error]:
    return form({**site.fields(), "StorageClass": "STANDARD"}), failed("Extra input fields: storageclass")


@row("checksum without condition")
def _(site: Site) -> tuple[Form, Error]:
    digest = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    return form({**site.fields(), SHA256: digest}), failed(f"Extra input fields: {SHA256}")


@row("bucket without condition")
def _(site: Site) -> tuple[Form, Error]:
    fields = {"key": site.key, **site.signing()}
    text = encode(
        {"expiration": site.expiration(), "conditions": [{name: each} for name, each in fields.items()]}
    )
    return form(site.sign(fields, text)), failed("Extra input fields: bucket")


@row("too large")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields(["content-length-range", 0, 6])), Error(
        400,
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        {"ProposedSize": "7", "MaxSizeAllowed": "6"},
    )


@row("negative bound")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields(["content-length-range", -1, 0])), Error(
        400,
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        {"ProposedSize": "7", "MaxSizeAllowed": "0"},
    )


@row("too small")
def _(site: Site) -> tuple[Form, Error]:
    return form(site.fields(["content-length-range", "8", "9"])), Error(
        400,
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        {"ProposedSize": "7", "MinSizeAllowed": "8"},
    )


# --- The object


def _object(status: int, code: str, message: str, elements: dict[str, str], **fields: str) -> Row:
    more = {name.replace("_", "-"): each for name, each in fields.items()}
    return lambda site: (form(site.fields(more=more)), Error(status, code, message, elements))


row("checksum of another size")(
    _object(400, "InvalidRequest", f"Value for {SHA256} header is invalid.", {}, x_amz_checksum_sha256="AAAA")
)
row("checksum of another file")(
    _object(
        400,
        "BadDigest",
        "The SHA256 you specified did not match the calculated checksum.",
        {},
        x_amz_checksum_sha256="A" * 43 + "=",
    )
)
row("several checksums")(
    _object(
        400,
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        {},
        x_amz_checksum_sha256="A" * 43 + "=",
        x_amz_checksum_crc32="AAAAAA==",
    )
)
row("Content-MD5 of another file")(
    _object(
        400,
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
        {
            "ExpectedDigest": "00" * 16,
            "CalculatedDigest": base64.b64encode(hashlib.md5(b"content").digest()).decode(),
        },
        content_md5="A" * 22 + "==",
    )
)
row("bad KMS key")(
    _object(
        400,
        "KMS.NotFoundException",
        "Invalid keyId 'not a key'",
        {},
        x_amz_server_side_encryption="aws:kms",
        x_amz_server_side_encryption_aws_kms_key_id="not a key",
    )
)
row("bad storage class")(
    _object(
        400,
        "InvalidStorageClass",
        "The storage class you specified is not valid",
        {"StorageClassRequested": "COLD"},
        x_amz_storage_class="COLD",
    )
)
row("storage class of directory buckets")(
    _object(
        400,
        "InvalidStorageClass",
        "The storage class you specified is not valid",
        {"StorageClassRequested": "EXPRESS_ONEZONE"},
        x_amz_storage_class="EXPRESS_ONEZONE",
    )
)
row("unknown checksum")(
    _object(
        400,
        "InvalidRequest",
        "The algorithm type you specified in x-amz-checksum- header is invalid.",
        {},
        x_amz_checksum_crc16="AAA=",
    )
)
row("checksum of another algorithm")(
    _object(
        400,
        "BadDigest",
        "The SHA1 you specified did not match the calculated checksum.",
        {},
        x_amz_checksum_sha256=base64.b64encode(hashlib.sha256(b"content").digest()).decode(),
        x_amz_sdk_checksum_algorithm="SHA1",
    )
)
row("object lock without that of the bucket")(
    _object(
        400,
        "InvalidRequest",
        "Bucket is missing Object Lock Configuration",
        {},
        x_amz_object_lock_legal_hold="ON",
    )
)
row("grant and canned ACL")(
    _object(
        400,
        "InvalidRequest",
        "Specifying both Canned ACLs and Header Grants is not allowed",
        {},
        acl="private",
        x_amz_grant_read='uri="http://acs.amazonaws.com/groups/global/AllUsers"',
    )
)
row("tag with a character that is not allowed")(
    _object(
        400,
        "InvalidTag",
        "The TagValue you have provided is invalid",
        {"TagKey": "a", "TagValue": "b#c"},
        tagging="<Tagging><TagSet><Tag><Key>a</Key><Value>b#c</Value></Tag></TagSet></Tagging>",
    )
)
row("tag with a comma")(
    _object(
        400,
        "InvalidTag",
        "The TagValue you have provided is invalid",
        {"TagKey": "a", "TagValue": "b,c"},
        tagging="<Tagging><TagSet><Tag><Key>a</Key><Value>b,c</Value></Tag></TagSet></Tagging>",
    )
)
row("tag key with a character that is not allowed")(
    _object(
        400,
        "InvalidTag",
        "The TagKey you have provided is invalid",
        {"TagKey": "a{}"},
        tagging="<Tagging><TagSet><Tag><Key>a{}</Key><Value>b</Value></Tag></TagSet></Tagging>",
    )
)
row("storage class in lower case")(
    _object(
        400,
        "InvalidStorageClass",
        "The storage class you specified is not valid",
        {"StorageClassRequested": "standard"},
        x_amz_storage_class="standard",
    )
)
row("tags that are not XML")(
    _object(
        400,
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
        {},
        tagging="not XML",
    )
)


@pytest.mark.parametrize("name", ROWS)
def test_a_refused_post_gets_the_error_of_s3(mock, site, post, name):
    check_refused(mock, site, post, name)


@pytest.mark.parametrize("name", [name for name in ROWS if name not in OF_SIGV4])
def test_a_refused_post_signed_with_sigv2_gets_the_same_error(mock, post, name):
    check_refused(mock, replace(user_site(mock), version=2), post, name)


def check_refused(mock: MockQApps, site: Site, post: Post, name: str) -> None:
    sent, expected = ROWS[name](site)

    response = post(site, sent)

    assert shown(response) == expected
    assert response.headers["Content-Type"] == "application/xml"
    assert stored(mock, site) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://{}.s3.eu-west-1.amazonaws.com/",
        "https://{}.s3-eu-west-1.amazonaws.com/",
        "https://{}.s3.dualstack.eu-west-1.amazonaws.com/",
        "https://s3.eu-west-1.amazonaws.com/{}",
    ],
)
def test_a_host_of_another_region_redirects_to_the_region_of_the_bucket(mock, site, url):
    response = in_process(url, site, form(site.fields()))

    assert shown(response) == redirected(site)
    assert response.headers["x-amz-bucket-region"] == "us-east-1"
    assert "Location" not in response.headers
    assert stored(mock, site) is None


@pytest.mark.parametrize("separator", ["-", "."])
@pytest.mark.parametrize("path", ["", "up/a.txt"])
def test_a_website_endpoint_accepts_no_form(mock, site, separator, path):
    url = f"https://{{}}.s3-website{separator}us-east-1.amazonaws.com/"

    response = in_process(url, site, replace(form(site.fields()), path=path))

    assert response.status_code == 405
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    lines = response.text.splitlines()
    assert lines[1] == "<head><title>405 Method Not Allowed</title></head>"
    assert lines[5:9] == [
        "<li>Code: MethodNotAllowed</li>",
        "<li>Message: The specified method is not allowed against this resource.</li>",
        "<li>Method: POST</li>",
        "<li>ResourceType: OBJECT</li>",
    ]
    assert stored(mock, site) is None


def test_the_website_endpoint_of_a_bucket_of_the_service_is_not_public(mock):
    site = service_site(mock)
    in_process(URLS["virtual-hosted"], site, form(site.fields()))

    response = requests.get(
        f"https://{site.bucket}.s3-website-us-east-1.amazonaws.com/{site.key}", timeout=60
    )

    assert (response.status_code, error_of(response.content)["Code"]) == (403, "AccessDenied")


def test_a_post_without_a_bucket_is_not_allowed(mock):
    site = user_site(mock)

    response = in_process("https://s3.us-east-1.amazonaws.com/", site, form(site.fields()))

    elements = {"Method": "POST", "ResourceType": "SERVICE"}
    message = "The specified method is not allowed against this resource."
    assert shown(response) == Error(405, "MethodNotAllowed", message, elements)
    assert response.headers["allow"] == "GET"


def test_a_server_knows_a_host_of_s3(mock):
    user_site(mock)

    def classify(host):
        return gate.classify("POST", f"http://{host}/", Headers({}), path_style=True, enforce_all_posts=True)

    assert classify("s3.us-east-1.amazonaws.com").is_form
    assert classify("127.0.0.1:5000") is None


OTHER_SERVICE = (
    "AWS4-HMAC-SHA256 Credential=a/20300101/us-east-1/lambda/aws4_request, SignedHeaders=a, Signature=0"
)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("oauth2/token", {"content-type": "application/x-www-form-urlencoded"}),
        ("restapis/1/test/_user_request_/a", {"authorization": "Bearer a"}),
        ("queue?Action=SendMessage", {}),
        ("forms/a", {"authorization": OTHER_SERVICE}),
        ("forms", {"authorization": OTHER_SERVICE, "content-type": CONTENT_TYPE}),
        ("", {"content-type": CONTENT_TYPE}),
    ],
)
def test_a_post_to_another_service_of_a_server_is_motos(mock, path, headers):
    user_site(mock)
    url = f"http://127.0.0.1:5000/{path}"

    assert gate.classify("POST", url, Headers(headers), path_style=True, enforce_all_posts=True) is None


def test_the_gate_knows_every_operation_that_is_a_post(mock):
    site = user_site(mock)
    model = s3().meta.service_model
    found = set()
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.http["method"] != "POST" or operation.endpoint is not None:
            continue  # one with an endpoint has hosts of its own
        found.add(name)
        required = [
            operation.input_shape.members[each].serialization
            for each in operation.input_shape.required_members
        ]
        query = "&".join(f"{each['name']}=1" for each in required if each.get("location") == "querystring")
        # botocore removes the bucket from the path of an operation that it has called.
        path = operation.http["requestUri"].removeprefix("/{Bucket}").replace("{Key+}", "a")
        url = f"https://s3.us-east-1.amazonaws.com/{site.bucket}{path}{'&' if '?' in path else '?'}{query}"

        assert gate.classify("POST", url, Headers({}), enforce_all_posts=True) is None, name
    assert {"DeleteObjects", "CreateMultipartUpload", "CompleteMultipartUpload"} <= found


@pytest.mark.parametrize("query", ["uploads", "uploadId=1", "restore", "select&select-type=2"])
def test_a_post_for_an_operation_on_an_object_is_motos(mock, query):
    site = user_site(mock)
    headers = Headers({"content-type": CONTENT_TYPE})
    url = URLS["virtual-hosted"].format(site.bucket)

    assert gate.classify("POST", f"{url}a?{query}", headers, enforce_all_posts=True) is None
    assert gate.classify("POST", f"{url}a?x={query}", headers, enforce_all_posts=True) is not None


@pytest.mark.parametrize("style", URLS)
def test_every_spelling_of_a_bucket_is_checked_against_the_policy(mock, site, style):
    late = in_process(URLS[style], site, form(site.fields(expiration=site.expiration(seconds=-60))))
    good = in_process(URLS[style], site, form(site.fields()))

    assert (late.status_code, good.status_code) == (403, 204)
    assert stored(mock, site) == b"content"


@pytest.mark.parametrize("style", [each for each in URLS if each != "with a query"])
@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_is_not_a_form_is_a_failed_precondition(mock, site, style, content_type):
    response = in_process(URLS[style], site, Form(form(site.fields()).body, content_type))

    assert shown(response) == PRECONDITION


def test_a_bucket_that_is_not_there_is_named(mock, post):
    site = Site("missing", "a", os.environ["AWS_ACCESS_KEY_ID"], "", None, datetime.now(timezone.utc))

    response = post(site, form(site.fields()))

    assert shown(response) == no_such_bucket("missing")


def stored(mock: MockQApps, site: Site) -> bytes | None:
    content: bytes | None = None
    try:
        content = s3().get_object(Bucket=site.bucket, Key=site.key)["Body"].read()
    except s3().exceptions.NoSuchKey:
        pass
    seen = [each for each in mock.uploads.values() if each.key == site.key]
    assert all(each.content == content for each in seen)
    return content


# --- Success

ETAG = f'"{hashlib.md5(b"content").hexdigest()}"'
Success = Callable[[Site], Form]
SUCCESSES: dict[str, tuple[Success, int]] = {
    "default": (lambda site: form(site.fields()), 204),
    "SigV2": (lambda site: form(site.v2_fields()), 204),
    "status 200": (lambda site: form(site.fields(more={"success_action_status": "200"})), 200),
    "status 201": (lambda site: form(site.fields(more={"success_action_status": "201"})), 201),
    "status 204": (lambda site: form(site.fields(more={"success_action_status": "204"})), 204),
    "another status": (lambda site: form(site.fields(more={"success_action_status": "301"})), 204),
    "redirect": (
        lambda site: form(site.fields(more={"success_action_redirect": "http://a.example/?b=1"})),
        303,
    ),
    "relative redirect": (lambda site: form(site.fields(more={"success_action_redirect": "/done"})), 204),
    "metadata": (
        lambda site: form(site.fields(more={"x-amz-meta-a": "1", "content-type": "text/plain"})),
        204,
    ),
    "tags": (lambda site: form(site.fields(more={"tagging": "<Tagging><TagSet/></Tagging>"})), 204),
    "parts after the file": (
        lambda site: Form(
            multipart(
                [
                    *((name, each, None) for name, each in site.fields().items()),
                    ("file", b"content", "f"),
                    ("late", "1", None),
                ]
            )
        ),
        204,
    ),
    "file names on every part": (
        lambda site: Form(
            multipart(
                [*((name, each, "x") for name, each in site.fields().items()), ("file", b"content", "f")]
            )
        ),
        204,
    ),
    "no file name": (lambda site: form(site.fields(), file_name=None), 204),
    "names in capitals": (
        lambda site: form({name.upper(): each for name, each in site.fields().items()}, name="FILE"),
        204,
    ),
    "operators in capitals": (
        lambda site: form(site.fields(["StArTs-WiTh", "$KEY", site.key[:2]], ["EQ", "$Key", site.key])),
        204,
    ),
    "starts-with nothing on a field that is there": (
        lambda site: form(site.fields(["starts-with", "$key", ""])),
        204,
    ),
    "date with nine digits": (lambda site: form(site.fields(date=f"{site.day}T120000123Z")), 204),
    "date with five digits": (lambda site: form(site.fields(date=f"{site.day}T00000Z")), 204),
    "SigV2 with fields of SigV4": (lambda site: form(site.v2_fields(site.signing())), 204),
    "ignored fields": (lambda site: form({**site.fields(), "x-ignore-a": "1"}), 204),
    "size equal to its bounds": (lambda site: form(site.fields(["content-length-range", 7, 7])), 204),
    "bounds as text": (lambda site: form(site.fields(["content-length-range", "7", "7"])), 204),
    "filename in the key": (
        lambda site: form(
            {**site.fields(), "key": site.key.rpartition("/")[0] + "/${filename}"},
            file_name=f"C:\\\\up\\\\{site.key.rpartition('/')[2]}",
        ),
        204,
    ),
}


def test_text_outside_ascii_comes_back_as_s3_writes_it(qapps_server, mock, post):
    site = user_site(mock)
    more = {"x-amz-meta-a": "grün", "x-amz-meta-b": "1\t2", "cache-control": "é—"}

    assert post(site, form(site.fields(more=more))).status_code == 204

    over_http = boto3.client("s3", region_name=REGION, endpoint_url=qapps_server)
    for client in (s3(), over_http):
        found = client.get_object(Bucket=site.bucket, Key=site.key)
        assert found["Metadata"] == {"a": "=?UTF-8?Q?gr=C3=BCn?=", "b": "1\t2"}
        assert found["CacheControl"] == "é "


@pytest.mark.parametrize("name", SUCCESSES)
def test_an_accepted_post_is_stored_and_gets_the_response_of_s3(mock, site, post, name):
    check_accepted(mock, site, post, name)


@pytest.mark.parametrize("name", [name for name in SUCCESSES if not name.startswith("date ")])
def test_an_accepted_post_signed_with_sigv2_gets_the_same_response(mock, post, name):
    check_accepted(mock, replace(user_site(mock), version=2), post, name)


def check_accepted(mock: MockQApps, site: Site, post: Post, name: str) -> None:
    make, status = SUCCESSES[name]

    response = post(site, make(site))

    assert response.status_code == status, response.text
    assert response.headers["ETag"] == ETAG
    assert stored(mock, site) == b"content"
    if status == 303:
        key = site.key.replace("/", "%2F").replace(" ", "+")
        redirected = f"bucket={site.bucket}&key={key}&etag=%22{ETAG[1:-1]}%22"
        assert response.headers["Location"] == f"http://a.example/?b=1&{redirected}"
        return
    assert response.headers["Location"].endswith("/" + site.key.replace("/", "%2F").replace(" ", "%20"))
    if status == 201:
        root = ElementTree.fromstring(response.content)
        assert [(each.tag, each.text) for each in root] == [
            ("Location", response.headers["Location"]),
            ("Bucket", site.bucket),
            ("Key", site.key),
            ("ETag", ETAG),
        ]
    else:
        assert response.content == b""
