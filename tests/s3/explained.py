"""The table of S3's errors in docs/presigned_posts.md: the errors of tests/s3/test_error_tables.py, with cause and cure.

``python -m tests.s3.explained`` writes it; tests/s3/test_explained.py fails when the page lags behind.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from qapps_mock import mock_qapps
from tests.generated import Place
from tests.s3 import test_error_tables as tables
from tests.s3.test_error_tables import Error

PLACE = Place(
    Path(__file__).parent.parent.parent / "docs" / "presigned_posts.md",
    "<!-- errors: made by python -m tests.s3.explained -->\n",
)


class Explained(NamedTuple):
    """What a message of S3 usually means; ``…`` in the message stands for any text."""

    message: str
    cause: str
    cure: str

    def explains(self, error: Error) -> bool:
        pattern = ".*".join(map(re.escape, self.message.split("…")))
        return re.fullmatch(pattern, error.message, re.DOTALL) is not None


_RE_SIGN = "sign a new post, and send its fields unchanged"
_DOCUMENT = "let boto3's `generate_presigned_post` write the policy, or correct the document"
EXPLAINED = [
    Explained(
        "At least one of the pre-conditions you specified did not hold",
        "the body is JSON or URL-encoded: without a file, `requests.post(url, data=fields)` sends no multipart form",
        "send `multipart/form-data`: `requests.post(url, data=fields, files={'file': …})`",
    ),
    Explained(
        "The body of your POST request is not well-formed multipart/form-data.",
        "a header `Content-Type: multipart/form-data` without boundary, which the code has set itself; a truncated body",
        "do not set `Content-Type`: the HTTP library adds the boundary",
    ),
    Explained(
        "Bucket POST must contain a field named '…'.  If it is specified, please check the order of the fields.",
        "the field is missing, or comes after the file",
        "send all fields of the presigned post, and the file as the last one",
    ),
    Explained(
        "POST requires exactly one file upload per request.",
        "the file has another field name than `file`, or there are several files",
        "name the field `file`; sign and send one post for each file",
    ),
    Explained(
        "Your POST request fields preceeding the upload file was too large.",
        "more than 20 KB come before the file, for example because the file's field is not named `file`",
        "name the file's field `file`; shorten the other fields",
    ),
    Explained(
        "The specified method is not allowed against this resource.",
        "the form was posted to the URL of an object, to a website endpoint, or to a URL without the bucket",
        "post to the bucket: the `url` of the presigned post. The key is a field",
    ),
    Explained(
        "Unsupported Authorization Type",
        "the HTTP client adds an `Authorization` header of its own: an interceptor, a `.netrc`",
        "send the form without this header",
    ),
    Explained(
        "You must provide the Content-Length HTTP header.",
        "the body is a stream whose length nobody knows, so it is sent in chunks",
        "send bytes or a file, or set `Content-Length`",
    ),
    Explained(
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        "the host names another region than the bucket's",
        "make the client with the bucket's region, and sign again",
    ),
    Explained(
        "The specified bucket does not exist",
        "the bucket was not created in this mock, or its name is misspelt",
        "create it in the test, while the mock is active",
    ),
    Explained(
        "Access Denied",
        "the form is not signed, and the bucket is not public; or the bucket's policy denies everyone",
        "send the fields `policy` and `x-amz-signature` of the presigned post; correct the bucket's policy",
    ),
    Explained(
        "The AWS Access Key Id you provided does not exist in our records.",
        "nobody knows the key: it was deleted, or only other code has it; or temporary keys without their session token",
        "sign with a client that is made inside the mock, or name the key in `upload_credentials`",
    ),
    Explained(
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
        "the policy or the signature was changed, or it was signed with another secret",
        _RE_SIGN,
    ),
    Explained(
        "the region '…' is wrong; expecting '…'",
        "the post was signed for another region than the bucket's",
        "make the client with the bucket's region",
    ),
    Explained(
        "a non-empty Access Key (AKID) must be provided in the credential.",
        "the form was signed with an empty access key",
        "check the keys of the code that signs",
    ),
    Explained(
        'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        "`x-amz-credential` was built by hand, or cut off",
        _RE_SIGN,
    ),
    Explained(
        "X-Amz-Date must be formated via ISO8601 Long format",
        "`x-amz-date` is not a time such as `20300101T120000Z`",
        _RE_SIGN,
    ),
    Explained(
        "Only AWS4-HMAC-SHA256 is supported",
        "`x-amz-algorithm` has another value",
        _RE_SIGN,
    ),
    Explained(
        "The provided token is malformed or otherwise invalid.",
        "`x-amz-security-token` belongs to other keys, or the keys are not temporary",
        _RE_SIGN,
    ),
    Explained(
        "The provided token has expired.",
        "the temporary keys have expired, although the policy has not",
        "sign with new keys; a post lives no longer than the keys that signed it",
    ),
    Explained("Invalid Policy: invalid Base64 encoding.", "the policy was not encoded", _DOCUMENT),
    Explained(
        "Invalid Policy: Invalid JSON.",
        "single quotes, a comma too many, a fraction or `null` in the document",
        _DOCUMENT,
    ),
    Explained(
        "Invalid Policy: Invalid 'expiration' value: '…'",
        "the time has an offset, or no `Z` at its end",
        "write it as `2030-01-01T12:00:00Z`",
    ),
    Explained(
        "Invalid Policy: Policy missing expiration.", "the member is missing or misspelt", "add `expiration`"
    ),
    Explained(
        "Invalid Policy: Policy missing conditions.", "the member is missing or misspelt", "add `conditions`"
    ),
    Explained(
        "Invalid Policy: Invalid 'conditions' value: must be a List.",
        "`conditions` is an object",
        "write a list, with one object or list for each condition",
    ),
    Explained(
        "Invalid Policy: Unexpected: '…'",
        "the document has a third member: it is an IAM policy, for example",
        "keep `expiration` and `conditions` only",
    ),
    Explained(
        "Invalid Policy: Invalid Simple-Condition: …",
        "a condition `{}` has no or several names, or a value that is not a string",
        'write one object for each field: `{"acl": "private"}`',
    ),
    Explained(
        "Invalid Policy: Invalid Condition: …",
        "a condition `[]` is empty, or has an operator that S3 does not know",
        "use `eq`, `starts-with` or `content-length-range`",
    ),
    Explained(
        "Invalid Policy: Invalid content-length-range: wrong number of arguments.",
        "only one bound",
        "write both: `['content-length-range', 0, 10485760]`",
    ),
    Explained(
        "Invalid according to Policy: Policy expired.",
        "the form came after `ExpiresIn` seconds (boto3: 3600)",
        "sign a new post for each upload, or make `ExpiresIn` longer",
    ),
    Explained(
        "Invalid according to Policy: Policy Condition failed: …",
        "the field has another value than the condition allows, or the form does not have it; "
        "the name has no `$`; a bound is not a number",
        "send the field as it was signed; for the type of a file, send a field `Content-Type`",
    ),
    Explained(
        "Invalid according to Policy: Extra input fields: …",
        "the form has a field without a condition",
        "add a condition for it: `Conditions=[{'acl': 'private'}]`. `Fields` alone adds none",
    ),
    Explained(
        "Your proposed upload exceeds the maximum allowed size",
        "the file is larger than the `content-length-range`",
        "check the size before the upload",
    ),
    Explained(
        "Your proposed upload is smaller than the minimum allowed size",
        "the file is smaller than the `content-length-range`; an empty file",
        "check the size, and that a stream was not read before",
    ),
    Explained(
        "Value for … header is invalid.",
        "the checksum is not the base64 of its algorithm's bytes, for example hex",
        "encode the digest, not its hex text",
    ),
    Explained(
        "The … you specified did not match …",
        "the file is not the one that the checksum was calculated for",
        "calculate it over the bytes that are sent",
    ),
    Explained(
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        "two fields `x-amz-checksum-*`",
        "send one",
    ),
    Explained(
        "The algorithm type you specified in x-amz-checksum- header is invalid.",
        "S3 has no such algorithm",
        "use one of the algorithms of S3, for example `x-amz-checksum-sha256`",
    ),
    Explained(
        "Invalid keyId '…'",
        "the KMS key is not an id, an alias or an ARN",
        "pass one of these; the mock has no KMS, so any of them is accepted",
    ),
    Explained(
        "The storage class you specified is not valid",
        "`x-amz-storage-class` is misspelt, or one of other buckets",
        "use a storage class of the S3 user guide",
    ),
    Explained(
        "Bucket is missing Object Lock Configuration",
        "a lock field on a bucket that was created without object lock",
        "create the bucket with `ObjectLockEnabledForBucket=True`",
    ),
    Explained(
        "Specifying both Canned ACLs and Header Grants is not allowed",
        "the form has `acl` and `x-amz-grant-*`",
        "send one of them",
    ),
    Explained(
        "The TagKey you have provided is invalid",
        "a key is empty, too long, or has a character that is not allowed",
        "use up to 128 letters, numbers, spaces and `_.:/=+-@`",
    ),
    Explained(
        "The TagValue you have provided is invalid",
        "a tag has a character that is not allowed",
        "use letters, numbers, spaces and `_.:/=+-@`",
    ),
    Explained(
        "The XML you provided was not well-formed or did not validate against our published schema",
        "`tagging` is not XML, for example `key=value`",
        "send `<Tagging><TagSet><Tag><Key>…</Key><Value>…</Value></Tag></TagSet></Tagging>`",
    ),
]


def errors() -> list[Error]:
    """Return every error of the tests, each once, in the order of the tests."""
    with mock_qapps(enforce_all_posts=True) as mock:
        site = tables.user_site(mock)
        rows = [row(site)[1] for row in tables.ROWS.values()]
    return [tables.PRECONDITION, *rows, tables.redirected(site), tables.no_such_bucket(site.bucket)]


def find_explanation(error: Error) -> Explained:
    """Return the first explanation of an error."""
    return next(each for each in EXPLAINED if each.explains(error))


def generated() -> str:
    """Return the table between the marks: the errors that the tests hold S3's answers to."""
    found = {(find_explanation(error), error.status, error.code) for error in errors()}
    rows = [
        f"| {status} | {code} | {_cell(each.message)} | {_cell(each.cause)} | {_cell(each.cure)} |"
        for each, status, code in sorted(found, key=lambda one: (EXPLAINED.index(one[0]), *one[1:]))
    ]
    return (
        "\n".join(["| status | Code | Message | usual cause | cure |", "|---|---|---|---|---|", *rows]) + "\n"
    )


def _cell(text: str) -> str:
    # Outside code, Markdown would take what looks like a tag for one.
    return re.sub(r"`[^`]*`|<", lambda match: "&lt;" if match[0] == "<" else match[0], text)


if __name__ == "__main__":
    PLACE.write(generated())
