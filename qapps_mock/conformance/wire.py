"""One request and its response, as they cross the wire: sent by botocore's HTTP session, retried by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session

LOST = "connection lost"
_TIMEOUT = 60


class NoAnswer(Exception):
    """A step has no response that its probe can use; the message is the reason."""


class ConnectionLost(NoAnswer):
    """No response came; whether the request arrived is unknown."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{LOST}: {why}")
        self.why = why


@dataclass(frozen=True)
class Answer:
    """A response of the target.

    Attributes:
        status: of HTTP.
        headers: by name in lower case.
        body: its bytes.
        at: when it was sent, by the clock of the target if it sends a Date.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    at: datetime

    @classmethod
    def of(cls, response: Any) -> Answer:
        """Read botocore's response."""
        headers = {name.lower(): str(value) for name, value in response.headers.items()}
        return cls(response.status_code, headers, response.content or b"", _moment(headers.get("date")))


def _moment(date: str | None) -> datetime:
    try:
        return parsedate_to_datetime(date or "").astimezone(timezone.utc)
    except ValueError:
        return datetime.now(timezone.utc)


class Network:
    """Sends requests over the network."""

    def __init__(self, proxies: Mapping[str, str] | None = None, ca_bundle: str | None = None) -> None:
        self._session = URLLib3Session(verify=ca_bundle or True, proxies=proxies, timeout=_TIMEOUT)

    def __call__(self, request: AWSPreparedRequest) -> Answer:
        """Send a request.

        Raises:
            ConnectionLost: no response came.
        """
        try:
            return Answer.of(self._session.send(request))
        except BotoCoreError as error:
            raise ConnectionLost(type(error).__name__) from None


class InProcess:
    """Sends requests to the mock in this process, as a client of botocore does."""

    def __init__(self, session: Any) -> None:
        self._events = session.get_component("event_emitter")

    def __call__(self, request: AWSPreparedRequest) -> Answer:
        """Send a request.

        Raises:
            NoAnswer: the mock does not serve this host, or breaks.
        """
        try:
            _, response = self._events.emit_until_response("before-send.conformance", request=request)
        except Exception as error:  # Moto's S3 raises where S3 responds
            raise NoAnswer(f"the mock raised {type(error).__name__}") from None
        if response is None:
            raise NoAnswer("the mock does not serve this host")
        return Answer.of(response)
