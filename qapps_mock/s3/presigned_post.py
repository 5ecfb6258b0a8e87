"""The signature of a presigned upload: a SigV4 POST policy that covers every field of its form."""

from __future__ import annotations

import base64
import json
from datetime import datetime

from qapps_mock import clock
from qapps_mock.credentials import Credentials
from qapps_mock.s3.signature import sign_v4, signing_key


def sign(
    fields: dict[str, str],
    *,
    keys: Credentials,
    bucket: str,
    region: str,
    now: datetime,
    expires: str,
    max_size: int,
) -> None:
    """Add the signing fields of a SigV4 POST to *fields*, in the order of botocore's presigned posts.

    Args:
        fields: those that describe the object, with its key.
        keys: the temporary credentials that sign.
        bucket: the bucket of the object.
        region: the region of the bucket.
        now: the time of the signature, aware, in UTC.
        expires: the expiration of the policy, as `clock.timestamp` writes it.
        max_size: the maximum size of the file, in bytes.
    """
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
    conditions = [{name: value} for name, value in {"bucket": bucket, **exact}.items()]
    document = {"expiration": expires, "conditions": [*conditions, ["content-length-range", 0, max_size]]}
    return base64.b64encode(json.dumps(document).encode()).decode()
