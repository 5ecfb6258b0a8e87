"""What the probes are sent to: AWS, a server, or a mock in this process."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.utils import get_environ_proxies

from qapps_mock.conformance import wire
from qapps_mock.conformance.probe import ProbeError
from qapps_mock.conformance.wire import Answer
from qapps_mock.control.active import ACTIVE
from qapps_mock.endpoints import CONTROL_PATH, is_aws

Kind = Literal["aws", "server", "mock"]
FIRST, SECOND = "first", "second"
_EMAILS = {FIRST: "user@example.com", SECOND: "second@example.com"}
# The regions that have a dash before their name in the host of a website (AWS, "Amazon S3 website endpoints").
_DASH = re.compile(
    "us-(east-1|west-[12]|gov-west-1)|ap-(southeast-[12]|northeast-1)|eu-west-1|sa-east-1"
).fullmatch
# A scheme and a host: no other part of a URL, which the request itself has.
_ORIGIN = re.compile("https?://([a-z0-9.-]+)").fullmatch


class TargetError(ValueError):
    """A target that cannot be used; the message is for the user of the command."""


@dataclass(frozen=True)
class Target:
    """Where requests go, and whose keys sign them.

    Attributes:
        kind: AWS itself, a server of this mock or of something else, or the mock in this process.
        region: of the requests.
        qapps_url: of the service Q Apps.
        s3_url: of S3, without a bucket.
        hosts: of AWS, for a step that names one: of Q Apps, of S3, of websites in S3.
        keys: by user: first, and second when there is one.
        emails: by user, those that are known.
        send: sends a request.
        address: what ``--target`` was.
    """

    kind: Kind
    region: str
    qapps_url: str
    s3_url: str
    hosts: Mapping[str, str]
    keys: Mapping[str, Callable[[], Any]] = field(repr=False)
    emails: Mapping[str, str] = field(repr=False)
    send: Callable[[AWSPreparedRequest], Answer] = field(repr=False)
    address: str = ""

    def keys_of(self, user: str) -> Any:
        """Return the keys that sign a user's requests.

        Raises:
            NoAnswer: there is no second user.
        """
        if user not in self.keys:
            raise wire.NoAnswer(f"there are no keys of the {user} user: pass --second-profile")
        return self.keys[user]()

    def bucket_url(self, bucket: str) -> str:
        """Return the URL of a bucket, with a slash at its end."""
        scheme, _, host = self.s3_url.partition("://")
        return f"{self.s3_url}/{bucket}/" if self.kind == "server" else f"{scheme}://{bucket}.{host}/"

    def bucket_urls(self, bucket: str) -> list[str]:
        """Return the URLs that name a bucket in a response, without a slash at their end."""
        hosts = (self.hosts["s3"], f"s3.{self.hosts['suffix']}")
        of_aws = [f"{scheme}://{bucket}.{host}" for scheme in ("http", "https") for host in hosts]
        return [self.bucket_url(bucket)[:-1], *of_aws]

    def at(self, origin: str) -> tuple[str, dict[str, str]]:
        """Return a URL without a path, and headers, that reach an origin of AWS: a server reads the header Host.

        Raises:
            ProbeError: the origin is not AWS's.
        """
        match = _ORIGIN(str(origin))
        host = match[1] if match else ""
        if not is_aws(host):
            raise ProbeError(f"the origin {origin} is not a URL of AWS")
        return (self.qapps_url, {"Host": host}) if self.kind == "server" else (origin, {})


def aws(
    region: str | None,
    profile: str | None,
    second_profile: str | None = None,
    second_email: str | None = None,
) -> Target:
    """Return AWS as a target.

    Raises:
        TargetError: no region, no keys, or an endpoint that is not AWS's.
    """
    session = botocore.session.Session(profile=profile)
    try:
        region = region or session.get_config_variable("region")
        if not region:
            raise TargetError("no region is configured: pass --region, for example us-east-1")
        urls = _urls(session, region)
    except BotoCoreError as error:
        raise TargetError(str(error)) from None
    for url in urls:
        if not is_aws(urlsplit(url).hostname or ""):
            raise TargetError(
                f"{url} is configured as an endpoint, and it is not AWS: pass it as --target, or remove it"
            )
    if ACTIVE.runs:
        raise TargetError("a mock is active in this process, so nothing reaches AWS: stop it first")
    keys = {FIRST: _keys_of(session)}
    if second_profile:
        keys[SECOND] = _keys_of(botocore.session.Session(profile=second_profile))
    emails = {SECOND: second_email} if second_email else {}
    return Target(
        "aws",
        region,
        *urls,
        _hosts(urls, region),
        keys,
        emails,
        wire.Network(get_environ_proxies(urls[0]), session.get_config_variable("ca_bundle")),
        "aws",
    )


def _urls(session: Any, region: str, **options: Any) -> tuple[str, str]:
    """Return botocore's URLs of Q Apps and of S3."""
    qapps, s3 = (session.create_client(name, region, **options).meta.endpoint_url for name in ("qapps", "s3"))
    return qapps, s3


def _urls_of_aws(session: Any, region: str, keys: Any) -> tuple[str, str]:
    """Return AWS's URLs of Q Apps and of S3, also when the environment names other ones."""
    return _urls(
        session,
        region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=Config(ignore_configured_endpoint_urls=True),
    )


def other_region(region: str) -> str:
    """Return another region of the same partition; *region* itself if there is none."""
    session = botocore.session.Session()
    try:
        partition = session.get_partition_for_region(region)
    except BotoCoreError:  # a name of no region
        partition = "aws"
    regions = session.get_available_regions("s3", partition)
    return next(
        (each for each in ("us-east-1", "us-west-2", *regions) if each in regions and each != region), region
    )


def _hosts(urls: tuple[str, str], region: str) -> dict[str, str]:
    qapps, s3 = (urlsplit(url).hostname or "" for url in urls)
    suffix = s3.removeprefix("s3.").removeprefix(f"{region}.")
    return {
        "qapps": qapps,
        "s3": f"s3.{region}.{suffix}",
        "suffix": suffix,
        "website": f"s3-website{'-' if _DASH(region) else '.'}{region}.{suffix}",
    }


def _keys_of(session: Any) -> Callable[[], Any]:
    try:
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise TargetError(str(error)) from None
    if credentials is None:
        raise TargetError("no AWS keys are configured: pass --profile, or set AWS_ACCESS_KEY_ID")
    # Temporary keys are renewed when they are read.
    return lambda: credentials.get_frozen_credentials()


def server(url: str, region: str | None, profiles: tuple[str | None, str | None] = (None, None)) -> Target:
    """Return the server at *url* as a target.

    Its control API makes the keys of two users. Another server gets those of two profiles.

    Raises:
        TargetError: not a URL, AWS's, or nothing listens there.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise TargetError(
            f"{url!r} is not a target: pass 'aws', 'mock', or a URL such as http://127.0.0.1:5000"
        )
    if is_aws(parts.hostname):
        raise TargetError(f"{url} is AWS: pass --target aws")
    url = url.rstrip("/")
    send = wire.Network()
    users = {}
    for (user, email), profile in zip(_EMAILS.items(), profiles, strict=True):
        keys = _keys_by_control_api(send, url, email)
        if keys is None and (user == FIRST or profile):
            keys = _keys_of(botocore.session.Session(profile=profile))
        if keys is not None:
            users[user] = keys
    region = region or "us-east-1"
    hosts = _hosts(_urls_of_aws(botocore.session.Session(), region, users[FIRST]()), region)
    return Target("server", region, url, url, hosts, users, _EMAILS, send, url)


def _keys_by_control_api(send: wire.Network, url: str, email: str) -> Callable[[], Any] | None:
    """Return the keys of a user; None: the server has no control API."""
    headers = {"Content-Type": "application/json"}
    if token := os.environ.get("QAPPS_MOCK_CONTROL_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps({"email": email}).encode()
    try:
        answer = send(AWSRequest("POST", f"{url}{CONTROL_PATH}users", headers, body).prepare())
    except wire.ConnectionLost as error:
        raise TargetError(f"nothing responds at {url} ({error.why})") from None
    if answer.status in (401, 403):
        raise TargetError(f"{url} wants the token of its control API: set QAPPS_MOCK_CONTROL_TOKEN")
    try:
        made = json.loads(answer.body)
        keys = Credentials(made["accessKeyId"], made["secretAccessKey"])
    except (ValueError, LookupError, TypeError):
        return None
    return lambda: keys


@contextmanager
def mock(region: str | None = None) -> Iterator[Target]:
    """Start a mock in this process, and yield it as a target."""
    from qapps_mock.mock import MockQApps  # start-up time, and a run against AWS needs no Moto

    with MockQApps(enforce_all_posts=True) as running:
        session = botocore.session.Session()
        region = region or "us-east-1"
        keys = {}
        for user, email in _EMAILS.items():
            made = running.credentials(email)
            keys[user] = Credentials(made["aws_access_key_id"], made["aws_secret_access_key"])
        urls = _urls_of_aws(session, region, keys[FIRST])
        getters = {user: (lambda each=each: each) for user, each in keys.items()}
        send = wire.InProcess(session)
        yield Target("mock", region, *urls, _hosts(urls, region), getters, _EMAILS, send, "mock")
