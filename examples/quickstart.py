"""An upload, step by step: hash a file, call CreatePresignedUrl, upload, read back, upload after the expiry.

Run it: python examples/quickstart.py [FILE]
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import boto3
from freezegun import freeze_time
from uploader import request_upload, send

from qapps_mock import mock_qapps

INSTANCE = str(uuid4())
CARD = str(uuid4())


def main(file: Path) -> None:
    with freeze_time("2026-01-01T12:00:00Z") as clock, mock_qapps() as qapps:
        client = boto3.client("qapps", region_name="us-east-1")
        card = {"fileUpload": {"id": CARD, "title": "A file", "type": "file-upload"}}
        app = client.create_q_app(instanceId=INSTANCE, title="Quickstart", appDefinition={"cards": [card]})
        print(f"1. CreateQApp            app {app['appId']}, version {app['appVersion']}, {app['status']}")

        grant = request_upload(client, instance=INSTANCE, app=app["appId"], card=CARD, file=file)
        print(f"2. CreatePresignedUrl    file {grant['fileId']}")
        print(f"                         {grant['presignedUrl']}")
        print(f"                         valid until {grant['presignedUrlExpiration']:%H:%M:%S %Z}")

        sent = send(grant, file)
        print(f"3. POST {file.name:<16} {sent.status_code} {sent.reason}, ETag {sent.headers['ETag']}")

        upload = qapps.uploads[grant["fileId"]]
        stored = boto3.client("s3", region_name="us-east-1").get_object(Bucket=upload.bucket, Key=upload.key)
        same = stored["Body"].read() == file.read_bytes()
        print(f"4. GetObject             {stored['ContentLength']} bytes, the same: {same}")

        clock.tick(timedelta(minutes=15))
        print(f"5. POST at its expiration, {clock():%H:%M:%S}: {send(grant, file).status_code}")

        clock.tick(timedelta(milliseconds=1))
        late = send(grant, file)
        print(f"6. POST a millisecond later: {late.status_code} {late.reason}")
        print(late.text)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__))
