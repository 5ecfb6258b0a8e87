"""Who calls: the identity and the options that come with a request, and what the test has scripted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from qapps_mock.control.options import Options


class Scripted(Protocol):
    """What the test's author wants the service to say, and how fast."""

    @property
    def reads(self) -> int | None:
        """How many reads of a session a card takes; 0: none; None: the test advances the session."""

    def answer(self, card_id: str, title: str, prompt: str) -> str | Exception | type[Exception] | None:
        """Take a card's next scripted value; an exception: it fails; None: nothing is scripted."""

    def predicted(self) -> dict[str, Any] | None:
        """Take the app that PredictQApp is to return next; None: nothing is scripted."""


class Caller(NamedTuple):
    """The user of a call, the options of the mock that it reached, the scripts in force, and where links lead."""

    user_id: str
    email: str
    options: Options
    scripts: Scripted
    # The origin of the server that is to stand for S3, or None: AWS itself.
    s3_origin: Callable[[], str | None] = lambda: None
