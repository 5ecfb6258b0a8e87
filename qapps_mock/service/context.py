"""The context of one request: who calls, with which options and scripts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from datetime import timedelta

    from qapps_mock.control.options import Options
    from qapps_mock.models.upload import Upload


class ScriptsInForce(Protocol):
    """What the test has scripted: the results of cards and predictions, and how fast sessions progress."""

    def next_failure(
        self, operation: str, parameters: Callable[[], dict[str, Any]], *, early: bool
    ) -> Exception | None:
        """Take the next scripted exception of a call; None: nothing is scripted.

        *parameters* returns those of the call by boto3's names. *early*: only what AWS raises before it checks
        the input, for example UnauthorizedException; else only others.
        """

    @property
    def reads(self) -> int | None:
        """The number of GetQAppSession calls a card needs; 0: none; None: time or the test advances the session."""

    @property
    def takes(self) -> timedelta | None:
        """How long a card runs; None: time does not advance the session."""

    def answer(
        self,
        card_id: str,
        title: str,
        prompt: str,
        uploads: Callable[[], list[Upload]],
        aside: Callable[[], AbstractContextManager[None]],
    ) -> str | Exception | type[Exception] | None:
        """Take a card's next scripted answer. An exception makes the card fail; None: nothing is scripted.

        *uploads* returns the uploads of the file cards that the prompt refers to. *aside* is entered while
        a callable of the test runs.
        """

    def predicted(self) -> dict[str, Any] | None:
        """Take the app that PredictQApp returns next; None: nothing is scripted."""


class Context(NamedTuple):
    """The user of a request, and the options and scripts of the mock that received it.

    Attributes:
        s3_origin: returns the origin of the server that stands in for S3 in presigned URLs; None: AWS itself.
    """

    user_id: str
    email: str
    options: Options
    scripts: ScriptsInForce
    s3_origin: Callable[[], str | None] = lambda: None
