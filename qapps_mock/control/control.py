"""How a test controls a running mock and inspects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qapps_mock.control import checks
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.clients import Clients
from qapps_mock.control.options import option_names
from qapps_mock.service import exceptions, protocol

if TYPE_CHECKING:
    from qapps_mock.control.call import Call
    from qapps_mock.control.run import Run
    from qapps_mock.control.scripts import Progress, Value
    from qapps_mock.models.upload import Upload


class Control(Clients):
    """What a test can do with one run of a mock: script it and inspect it."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._uploads_at_end: dict[str, Upload] = {}

    def __setattr__(self, name: str, value: object) -> None:
        # Without this check a misspelt `progress`, or an option that is set too late, would have no effect.
        if not name.startswith("_") and not hasattr(type(self), name):
            cure = (
                f"Pass it to mock_qapps({name}=...)." if name in option_names() else "You can set progress."
            )
            raise AttributeError(f"{name} cannot be set on a mock of Q Apps. {cure}")
        super().__setattr__(name, value)

    def fail(
        self,
        operation: str,
        exception: str,
        *,
        times: int | None = 1,
        message: str | None = None,
        **members: Any,
    ) -> None:
        """Let the next calls of an operation raise a documented exception.

        An UnauthorizedException is raised before the members of the call are checked, every other exception
        after that and after IAM. A call that is refused earlier takes no scripted failure: it stays pending.

        Args:
            operation: ``CreateQApp`` or ``create_q_app``; ``"*"``: every operation that documents it.
            exception: the exception's name, for example ``ThrottlingException``.
            times: how many calls; None: all until `reset`.
            message: None: AWS's own sentence for it.
            members: the exception's modelled members, for example ``retryAfterSeconds=3`` (seconds; None:
                leave it out; without it, 1 for the exceptions that have it).

        Raises:
            ValueError: an unknown operation, an exception that the operation does not document, a
                *times* that is not valid.
            TypeError: a member that the exception does not have, a message that is not a text.
        """
        checks.check_failure(times, message)
        operations = checks.find_documenting(operation, exception)
        error = exceptions.find_exception(exception)(message, **members)
        self._run.scripts.add_failure(operations, error, times)

    def answer(self, card: str, *values: Value) -> None:
        """Script the answers of a q-query or q-plugin card, in order; the last one repeats.

        Args:
            card: the card's id or title.
            values: texts; callables, which get the rendered prompt and return a text; exceptions
                (classes or instances), which put the card in ERROR. An exception that a callable
                raises does so too, and is logged. A callable can call the service, and blocks no
                other call.

        Raises:
            TypeError: no values.
            ValueError: a value of another kind, or a card that is not a text.
        """
        checks.check_answers(card, values)
        self._run.scripts.set_answers(card, values)

    def predict(self, app: dict[str, Any]) -> None:
        """Script what the next call of PredictQApp returns; several are returned in their order.

        Args:
            app: as in PredictQApp's result: title, appDefinition and perhaps description.

        Raises:
            ValueError: it does not have the form that the service model gives it.
        """
        self._run.scripts.add_prediction(checks.checked_prediction(app))

    @property
    def progress(self) -> Progress:
        """When query cards complete.

        ``"immediate"``: at once. A number N: after N calls of GetQAppSession which show them
        IN_PROGRESS. ``"manual"``: when the test calls `advance`.
        """
        progress = self._run.scripts.progress
        return "immediate" if progress is None else progress

    @progress.setter
    def progress(self, value: Progress) -> None:
        checks.check_progress(value)
        self._run.scripts.progress = value

    def advance(self, session_id: str) -> None:
        """Complete the query cards of a session that can run now.

        Raises:
            ValueError: no such session.
        """
        from qapps_mock import models  # imported here for start-up time

        for backend in models.all_backends():
            with backend.lock:
                if backend.advance_session(str(session_id), ACTIVE):
                    return
        raise ValueError(f"No session {session_id!r}. Pass a sessionId returned by StartQAppSession.")

    def calls(self, operation: str | None = None) -> list[Call]:
        """Return the finished calls that came while this mock was active, oldest first.

        Args:
            operation: only this operation's, in either spelling.

        Raises:
            ValueError: an unknown operation.
        """
        if operation is None:
            return self._run.calls()
        name = protocol.find_operation(operation).name
        return [call for call in self._run.calls() if call.operation == name]

    @property
    def uploads(self) -> dict[str, Upload]:
        """The files that presigned URLs were made for, by file id; `Upload.content` is None until it came.

        After the mock has ended: what they were at its end.
        """
        from qapps_mock import models  # imported here for start-up time

        if self._run not in ACTIVE.runs:
            return dict(self._uploads_at_end)
        return {
            file_id: upload
            for backend in models.all_backends()
            for file_id, upload in backend.uploads.items()
        }

    def reset(self) -> None:
        """Empty the state of the service, the scripts and the history; users have no fixed ids any longer.

        A call that runs a scripted answer at that moment finishes with the old state.
        """
        from qapps_mock import models  # imported here for start-up time

        models.reset_all()
        self._run.clear()
