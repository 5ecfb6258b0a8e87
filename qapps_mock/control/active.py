"""The active mocks: what the service needs to know of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from qapps_mock.control.options import DEFAULTS
from qapps_mock.control.run import Run
from qapps_mock.control.scripts import Aside, Failed, Progress, Scripts
from qapps_mock.users import DEFAULT_EMAIL

if TYPE_CHECKING:
    from qapps_mock.models.upload import Upload

T = TypeVar("T")

# What holds while no mock is active.
_NO_RUN = Run(DEFAULTS)
_READS = {"immediate": 0, "manual": None}


class ActiveMocks:
    """The runs of the active mocks, innermost last; the scripts of the innermost one are used first.

    Reading needs no lock, because `push` and `remove` replace the tuple `runs` as a whole. These two
    must not run in two threads at the same time.

    Attributes:
        runs: the runs of the active mocks.
        innermost: the last of them; while there is none, one with the default options.
        ended: the runs that have ended, while somebody wants to know; None: nobody does.
        requests: grows with each request to any service. It shows whether one came, not how many.
    """

    def __init__(self) -> None:
        self.runs: tuple[Run, ...] = ()
        self.innermost = _NO_RUN
        self.requests = 0
        self.ended: list[Run] | None = None

    def push(self, run: Run) -> None:
        """Add *run* as the innermost one."""
        self._use((*self.runs, run))

    def note_failed_test(self) -> None:
        """Let the active runs know that a test has failed."""
        for run in self.runs:
            run.test_failed = True

    def remove(self, run: Run) -> None:
        """Remove *run*, wherever it is. Idempotent."""
        self._use(tuple(other for other in self.runs if other is not run))
        if self.ended is not None:
            self.ended.append(run)

    def _use(self, runs: tuple[Run, ...]) -> None:
        self.runs, self.innermost = runs, runs[-1] if runs else _NO_RUN

    @property
    def default_email(self) -> str:
        """The e-mail of the user of calls that no user's key signs."""
        for run in reversed(self.runs):
            if run.default_email:
                return run.default_email
        return DEFAULT_EMAIL

    def s3_origin(self) -> str | None:
        """Return the origin of presigned URLs; None: AWS's."""
        return self.innermost.s3_origin()

    def note_unanswered(self, url: str) -> None:
        """Note the URL of another host where a client found no server."""
        for run in self.runs:
            if url not in run.unanswered:
                run.unanswered.append(url)

    def raise_failure(self, operation: str, sent: dict[str, Any], *, early: bool) -> None:
        """Raise the next scripted failure of a call with the members *sent*, if there is one.

        *early*: only what AWS raises before it checks the input; else only others.
        """
        for run in reversed(self.runs):
            if run.scripts.left:  # every call comes here twice
                failure = run.scripts.next_failure(operation, sent, early=early)
                if failure is not None:
                    raise failure.with_traceback(None)

    def next_upload_failure(self, file_id: str) -> str | None:
        """Take the code of the next scripted failure of an upload; None: nothing is scripted."""
        return self._first(lambda scripts: scripts.next_upload_failure(file_id))

    @property
    def _progress(self) -> Progress:
        for run in reversed(self.runs):
            if run.scripts.progress is not None:
                return run.scripts.progress
        return "immediate"

    @property
    def reads(self) -> int | None:
        """How many reads of a session a card takes; 0: none; None: time or the test advances the session."""
        progress = self._progress
        if isinstance(progress, timedelta):
            return None
        return progress if isinstance(progress, int) else _READS[progress]

    @property
    def takes(self) -> timedelta | None:
        """How long a card runs; None: time does not advance the session."""
        progress = self._progress
        return progress if isinstance(progress, timedelta) else None

    def answer(
        self, card_id: str, title: str, prompt: str, uploads: Callable[[], list[Upload]], aside: Aside
    ) -> str | Failed | None:
        """Take a card's next scripted answer; an exception: the card fails; None: nothing is scripted.

        *uploads* returns the uploads of the file cards that the prompt refers to. *aside* is entered while
        a callable of the test runs.
        """
        return self._first(lambda scripts: scripts.next_answer(card_id, title, prompt, uploads, aside))

    def predicted(self) -> dict[str, Any] | None:
        """Take the app that PredictQApp returns next; None: nothing is scripted."""
        return self._first(Scripts.next_prediction)

    def _first(self, take: Callable[[Scripts], T]) -> T | None:
        for run in reversed(self.runs):
            taken = take(run.scripts)
            if taken is not None:
                return taken
        return None


ACTIVE = ActiveMocks()
