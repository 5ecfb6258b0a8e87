"""Every probe against a server and in process: they agree. A server that lies is found out."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from qapps_mock import mock_qapps
from qapps_mock.conformance import command, difference, target
from qapps_mock.conformance.difference import Difference
from qapps_mock.server import application, server
from tests.conformance.conftest import run
from tests.conftest import MOTO

REGION = "us-east-1"


@contextlib.contextmanager
def serving() -> Iterator[str]:
    with mock_qapps(enforce_all_posts=True), server.Server(whole=True) as running:
        yield running.url


def compared(everything) -> tuple[dict[str, Any], dict[str, Any], list[Difference]]:
    with serving() as url:
        theirs = run(target.server(url, REGION), everything)
    ours = command.in_process(everything, theirs, REGION)
    return theirs, ours, difference.compare(theirs, ours)


def is_of_an_older_moto(each: Difference) -> bool:
    """Tell whether it is the content type that only the server of an older Moto gives its own 404 for a link."""
    of_links = all(probe.startswith("s3.link.") for probe in each.probes)
    return MOTO < (5, 2, 4) and of_links and each.where == "header content-type"


def test_a_server_says_what_the_mock_in_process_says(everything):
    theirs, ours, differences = compared(everything)

    assert [each for each in differences if not is_of_an_older_moto(each)] == []
    assert {
        probe: each.reason for probe, each in theirs.items() if each.reason.startswith("connection")
    } == {}
    assert theirs.keys() == everything.probes.keys()
    answered = [probe for probe, each in ours.items() if each.state == "answered"]
    assert len(answered) >= len(everything.probes) - 5
    assert {probe.level for probe in everything.probes.values()} == set(range(7))


class Sent(NamedTuple):
    """A response on its way, and the request."""

    request: bytes
    status: int
    headers: dict[str, str]
    body: bytes


def text_for(old: str, new: str):
    return lambda sent: sent._replace(body=sent.body.replace(old.encode(), new.encode()))


def status(new: int):
    return lambda sent: sent._replace(status=new)


def header(name: str, value: str | None):
    def change(sent: Sent) -> Sent:
        headers = {each: text for each, text in sent.headers.items() if each.lower() != name}
        return sent._replace(headers=headers if value is None else {**headers, name: value})

    return change


def member(name: str, make):
    def change(sent: Sent) -> Sent:
        document = json.loads(sent.body)
        document[name] = make(document.get(name))
        return sent._replace(
            body=json.dumps({key: each for key, each in document.items() if each is not None}).encode()
        )

    return change


def expired(sent: Sent) -> Sent:
    """Report the expiry first, as a server with another order of checks."""
    policy = re.search(rb'name="policy"\r\n\r\n(\S+)', sent.request)
    if policy is None or b'"expiration": "20' not in (text := base64.b64decode(policy[1] + b"==")):
        return sent
    year_and_time = re.search(rb'"expiration": "([^"]+)"', text)
    assert year_and_time
    if datetime.fromisoformat(year_and_time[1].decode().replace("Z", "+00:00")) > datetime.now(timezone.utc):
        return sent
    body = b"<Error><Code>AccessDenied</Code><Message>Invalid according to Policy: Policy expired.</Message><RequestId>A</RequestId><HostId>B</HostId></Error>"
    return sent._replace(body=body)


def shifted(text: str) -> str:
    return f"{text[:11]}{(int(text[11:13]) + 3) % 24:02}{text[13:]}"


# By what is in a response: the change, and a probe and a member that must show it.
LIES = {
    b"<Code>PreconditionFailed": (status(400), "s3.form.kind.text", "status"),
    b"<Code>PermanentRedirect": (header("x-amz-bucket-region", None), "s3.host.region.of-another-region", "header x-amz-bucket-region"),
    b"<li>Code: MethodNotAllowed": (text_for("<li>Method: POST</li>\n", ""), "s3.host.website.valid", "html/body/ul/li[]"),
    b"<Code>AuthorizationQueryParametersError": (status(403), "session.link", "no-expiry: status"),
    b"<Code>MalformedPOSTRequest": (text_for("MalformedPOST", "MalformedPost"), "s3.form.kind.empty", "Error/Code"),
    b"preceeding": (text_for("preceeding", "preceding"), "s3.form.size-of-fields.value-20481", "Error/Message"),
    b"field named 'key'.  If": (text_for("'key'.  If", "'key'. If"), "s3.form.key.missing", "Error/Message"),
    b"<Code>EntityTooLarge": (header("x-amz-request-id", None), "s3.conditions.size.too-large", "header x-amz-request-id"),
    b"<Code>EntityTooSmall": (header("content-type", "text/xml"), "s3.conditions.size.too-small", "header content-type"),
    b"<PostResponse>": (header("etag", None), "s3.object.status.201", "header etag"),
    b"<Code>InvalidStorageClass": (text_for("</Message>", "</Message><Resource>/</Resource>"), "s3.order.storage-class-or-tags", "Error/Resource"),
    b"is wrong; expecting": (text_for("<ArgumentName>X-Amz-Credential</ArgumentName>", ""), "s3.authentication.credential.another-region", "Error/ArgumentName"),
    b"Cannot provide multiple Tags": (status(204), "s3.object.tags.same-key-twice", "status"),
    b"<MaxSizeAllowed>6<": (text_for("<ProposedSize>7<", "<ProposedSize>8<"), "s3.conditions.size.too-large", "Error/ProposedSize"),
    b"<Code>SignatureDoesNotMatch": (expired, "s3.order.signature-or-expiry", "Error/Code"),
    b'Extra input fields: name': (text_for("fields: name", "fields: Name"), "s3.conditions.coverage.unknown", "Error/Message"),
    b'"resourceType":"Session"': (header("x-amzn-errortype", None), "instance.unknown.session", "header x-amzn-errortype"),
    b'"resourceType":"LibraryItem"': (member("resourceType", lambda old: None), "instance.unknown.item", "resourceType"),
    b'"appDefinition":{"appDefinitionVersion"': (member("appVersion", str), "app.made", "get: appVersion"),
    b'"presignedUrlExpiration"': (member("presignedUrlExpiration", shifted), "app.presigned-url", "grant: presignedUrlExpiration"),
    b'"userIsHost":true': (member("userIsHost", lambda old: False), "session.start", "get: userIsHost"),
    b'"sharingConfiguration"': (member("sessionArn", lambda old: old.replace("/session/", "/run/")), "session.metadata", "get: sessionArn"),
    b'"permissions":[': (member("appId", lambda old: "c232ab00-9414-11ec-b3c8-9f68deced846"), "app.made", "permissions: appId"),
    b'"csvFileLink"': (member("expiresAt", lambda old: old[:19] + "Z"), "session.values", "export: expiresAt"),
    b'"apps":[]': (member("apps", lambda old: None), "instance.lists.apps", "apps"),
    b'"sessionData":[]': (member("sessionData", lambda old: [{"cardId": None}]), "session.start", "data: sessionData[]/cardId"),
}  # fmt: skip


def lying(original):
    def respond(self, environ, start_response):
        taken: dict[str, Any] = {}

        def start(line, headers, *error):
            taken.update(status=int(line.split()[0]), headers=dict(headers))
            return lambda data: None

        length = int(environ.get("CONTENT_LENGTH") or 0)
        request = environ["wsgi.input"].read(length)
        environ["wsgi.input"] = io.BytesIO(request)
        body = b"".join(original(self, environ, start))
        sent = Sent(request, taken["status"], taken["headers"], body)
        for part, (change, _, _) in LIES.items():
            if part in body.replace(b'": ', b'":'):
                sent = change(sent)
        headers = {**sent.headers, "Content-Length": str(len(sent.body))}
        start_response(f"{sent.status} Lie", list(headers.items()))
        return [sent.body]

    return respond


def test_every_lie_of_a_server_is_found(everything, monkeypatch):
    original = application.Application.__call__
    with monkeypatch.context() as patch:
        patch.setattr(application.Application, "__call__", lying(original))
        with serving() as url:
            theirs = run(target.server(url, REGION), everything)

    differences = difference.compare(theirs, command.in_process(everything, theirs, REGION))

    seen = {(probe, each.where) for each in differences for probe in each.probes}
    missed = [(probe, where) for _, probe, where in LIES.values() if (probe, where) not in seen]
    assert missed == []
    assert len(LIES) >= 20
