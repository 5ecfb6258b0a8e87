"""The signature of a presigned upload: a SigV4 POST policy that covers every field of its form."""

from __future__ import annotations

import base64
from datetime import datetime
from json.encoder import encode_basestring_ascii as quote

from qapps_mock import clock, credentials
from qapps_mock.s3.signature import sign_v4, signing_key


def sign(
    fields: dict[str, str], *, bucket: str, region: str, now: datetime, expires: str, max_size: int
) -> None:
    """Add to *fields* what makes them a SigV4 POST, in the order of botocore's presigned posts.

    Args:
        fields: what the object is to be, its key included.
        bucket: where the object is to go.
        region: the bucket's.
        now: the time of the signature, aware, in UTC.
        expires: until when it is good, as `clock.timestamp` writes it.
        max_size: of the file, in bytes.
    """
    keys = credentials.service()
    moment = clock.basic_timestamp(now)
    date = moment[:8]
    assert keys.secret.session_token is not None
    fields["x-amz-algorithm"] = "AWS4-HMAC-SHA256"
    fields["x-amz-credential"] = f"{keys.access_key}/{date}/{region}/s3/aws4_request"
    fields["x-amz-date"] = moment
    fields["x-amz-security-token"] = keys.secret.session_token
    policy = _policy(bucket, fields, expires, max_size)
    key = signing_key(keys.secret.key, date=date, region=region)
    fields["policy"] = policy
    fields["x-amz-signature"] = sign_v4(key, policy)


def _policy(bucket: str, exact: dict[str, str], expires: str, max_size: int) -> str:
    # json.dumps takes six times as long, and this is most of the cost of a presigned URL. The names are
    # this module's and upload_bucket's own, as is the bucket's: nothing in them needs an escape.
    conditions = "".join([f'{{"{name}": {quote(value)}}}, ' for name, value in exact.items()])
    document = (
        f'{{"expiration": "{expires}", "conditions": '
        f'[{{"bucket": "{bucket}"}}, {conditions}["content-length-range", 0, {max_size}]]}}'
    )
    return base64.b64encode(document.encode()).decode()
