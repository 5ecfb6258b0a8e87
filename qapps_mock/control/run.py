"""One run of a mock, as the service sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qapps_mock.control import coverage
from qapps_mock.control.call import Call, arrival_of, by_arrival
from qapps_mock.control.options import Options
from qapps_mock.control.scripts import Script, Scripts, Used
from qapps_mock.control.seed import SeededIds

if TYPE_CHECKING:
    from qapps_mock.models.upload import Upload


class Run:
    """One run of a mock, from its first start to its last stop.

    Attributes:
        options: those of its mock.
        uploads_at_end: the uploads when it ended, by file id; None: it is active.
        unused_at_end: a text for each script that no call has used, by its number; None: it is active.
        test_failed: a test that it was part of has failed, so its unused scripts are not reported.
        seeded_ids: what makes its ids; None: they are random.
        scripts: what the test has scripted.
        history: the finished calls, in the order in which they finished.
        default_email: the user of calls that no user's key signs; None: the test has not set it.
        empty_services: deletes the state of all services, and no script; its mock sets it.
        s3_origin: returns the origin of presigned URLs; None: AWS's.
        unanswered: URLs of other hosts where clients of this process found no server.
    """

    def __init__(self, options: Options, s3_origin: Callable[[], str | None] = lambda: None) -> None:
        self.use(options)
        self.scripts: Scripts = Scripts()
        self.history: list[Call] = []
        self.unanswered: list[str] = []
        self.s3_origin = s3_origin
        self.empty_services: Callable[[], None] = lambda: None
        self.default_email: str | None = None
        self.uploads_at_end: dict[str, Upload] | None = None
        self.unused_at_end: dict[int, str] | None = None
        self.test_failed = False

    def use(self, options: Options) -> None:
        """Use these options from now on."""
        self.options = options
        self.seeded_ids: SeededIds | None = None if options.seed is None else SeededIds(options.seed)

    def calls(self) -> list[Call]:
        """Return the finished calls, in the order in which they came."""
        return by_arrival(self.history)

    def add_script(self, script: Script) -> None:
        """Add a script, which remembers the last call before it."""
        script.arrival_before = max(map(arrival_of, self.history), default=-1)
        self.scripts.add(script)

    def used(self) -> list[Used]:
        """Return how many calls have used each script, in the order in which the scripts were made."""
        return [script.used for script in self.scripts.everything]

    def end(self, uploads: dict[str, Upload], unused: dict[int, str]) -> None:
        """Keep the uploads and the texts about unused scripts: the state that they show is gone after the end."""
        coverage.note(self.calls)
        self.uploads_at_end, self.unused_at_end = uploads, unused

    def clear(self) -> None:
        """Forget everything that was scripted and called, and the calls that have not finished.

        A seed starts again.
        """
        coverage.note(self.calls)
        self.scripts.clear()
        self.history = []
        self.unanswered = []
        self.use(self.options)
        self.default_email = None
