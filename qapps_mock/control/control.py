"""How a test controls a running mock and inspects it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from qapps_mock.control import checks, matching
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.clients import Clients
from qapps_mock.control.options import option_names
from qapps_mock.control.scripts import Script, script_text
from qapps_mock.control.states import States
from qapps_mock.control.unused import complaint, unused
from qapps_mock.service import exceptions, protocol

if TYPE_CHECKING:
    from qapps_mock.control.call import Call
    from qapps_mock.control.matching import When
    from qapps_mock.control.run import Run
    from qapps_mock.control.scripts import Progress, Value
    from qapps_mock.models.upload import Upload
    from qapps_mock.service.names import ExceptionName, OperationName, UploadFailureName


class Control(Clients, States):
    """What a test can do with one run of a mock: script it and inspect it."""

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
        /,
        operation: OperationName,
        exception: ExceptionName,
        *,
        when: When | None = None,
        after: int = 0,
        times: int | None = 1,
        message: str | None = None,
        **members: Any,
    ) -> None:
        """Let the next calls of an operation raise a documented exception, or fail before AWS responds.

        An UnauthorizedException is raised before the members of the call are checked, every other exception
        after that and after IAM. A call that is refused earlier uses no script. If several scripts of an
        operation match a call, the call uses the first of them.

        Args:
            operation: ``CreateQApp`` or ``create_q_app``; ``"*"``: every operation that documents it.
            exception: the exception's name, for example ``ThrottlingException``; or one of botocore's:
                ``EndpointConnectionError``, ``ReadTimeoutError``, ``ConnectionClosedError``. A call that
                these hit changes no state (assumed). A server cuts the connection; for a
                ReadTimeoutError, it sends nothing until the client closes the connection.
            when: only calls with these parameters: a mapping, for example ``{"appId": app_id}``. A
                nested mapping can have fewer members than the parameter; a list must be equal. Or a
                callable, which gets the parameters and returns whether the call matches. None: all.
            after: how many calls that match, and that no earlier script matches, succeed first.
            times: how many calls; None: all until `reset`.
            message: the message of the exception; None: AWS's own sentence.
            members: the exception's modelled members, for example ``retryAfterSeconds=3`` (seconds; None:
                leave it out; without it, 1 for the exceptions that have it).

        Raises:
            RuntimeError: the mock is not active.
            ValueError: an unknown operation, an exception that the operation does not document, a
                parameter that it does not have, an *after* or a *times* that is not valid.
            TypeError: a member that the exception does not have, a message that is not a text, a
                *when* that is neither a mapping nor a callable.
        """
        run = self._running("fail()")
        checks.check_failure(times, message)
        checks.check_after(after)
        names = checks.find_documenting(operation, exception)
        names = checks.find_matching(names, when)
        error = exceptions.find_failure(exception, message, members)
        text = script_text(
            "fail", operation, exception, when=when, after=after, times=times, message=message, **members
        )
        # A later change of the mapping changes no script; a callable is the test's own object.
        when = when if callable(when) else copy.deepcopy(when)
        run.add_script(Script("fail", text, names, (error,), times, after, when, early=error.is_early))

    def answer(self, card: str, *values: Value) -> None:
        """Script the answers of a q-query or q-plugin card, in order; the last one repeats.

        Args:
            card: the card's id or title.
            values: the answers. A text is the value of the card. A callable gets the rendered prompt, and
                returns a text. If it has a second parameter without a default, it also gets a list: an
                `Upload` for each file card that the prompt refers to, in the order of the prompt. An
                exception (class or instance) puts the card in ERROR. An exception that a callable raises
                does the same, and is logged. A callable can call the service, and blocks no other call.

        Raises:
            RuntimeError: the mock is not active.
            TypeError: no values.
            ValueError: a value of another kind, or a card that is not a text.
        """
        run = self._running("answer()")
        checks.check_answers(card, values)
        text = script_text("answer", card, *values)
        run.add_script(Script("answer", text, frozenset({card}), values))

    def predict(self, app: dict[str, Any]) -> None:
        """Script what the next call of PredictQApp returns; several are returned in their order.

        Args:
            app: as in PredictQApp's result: title, appDefinition and perhaps description.

        Raises:
            RuntimeError: the mock is not active.
            ValueError: it does not have the form that the service model gives it.
        """
        run = self._running("predict()")
        prediction = checks.checked_prediction(app)
        text = script_text("predict", app)
        run.add_script(Script("predict", text, frozenset({"PredictQApp"}), (prediction,), times=1))

    def fail_upload(
        self,
        code: UploadFailureName = "SlowDown",
        *,
        file_id: str | None = None,
        times: int | None = 1,
        after: int = 0,
    ) -> None:
        """Let the next form uploads to presigned URLs fail: with an error of S3, or with a cut connection.

        A form that cannot be read gets its own error, and uses no script.

        Args:
            code: ``SlowDown``, ``InternalError``, ``RequestTimeout``, ``ServiceUnavailable``, ``AccessDenied``
                (Policy expired), with S3's status and words; or ``ConnectionClosedError``.
            file_id: only uploads of this file, a fileId of CreatePresignedUrl; None: of every file.
            times: how many uploads; None: all until `reset`.
            after: how many uploads that match, and that no earlier script matches, succeed first.

        Raises:
            RuntimeError: the mock is not active.
            ValueError: another code, a file that nobody knows, a *times* or an *after* that is not valid.
        """
        run = self._running("fail_upload()")
        checks.check_upload_failure(code)
        checks.check_failure(times, None)
        checks.check_after(after)
        if file_id is not None:
            self._find_upload(run, file_id)
        text = script_text("fail_upload", code, file_id=file_id, times=times, after=after)
        names = frozenset[str]() if file_id is None else frozenset({file_id})
        run.add_script(Script("fail_upload", text, names, (code,), times, after))

    def expire(self, file_id: str) -> None:
        """Let the presigned URL of a file expire now: S3 refuses uploads to it as after its expiration.

        Args:
            file_id: a fileId of CreatePresignedUrl.

        Raises:
            RuntimeError: the mock is not active.
            ValueError: no such file.
        """
        self._find_upload(self._running("expire()"), file_id).expired = True

    def _find_upload(self, run: Run, file_id: str) -> Upload:
        upload = self._uploads_of(run).get(file_id) if isinstance(file_id, str) else None
        if upload is None:
            raise ValueError(f"No file {file_id!r}. Pass a fileId returned by CreatePresignedUrl.")
        return upload

    @property
    def progress(self) -> Progress:
        """When query cards complete.

        ``"immediate"`` (the default): when they start. A number N: after N calls of GetQAppSession that
        show them IN_PROGRESS. A timedelta: each card runs for that time; freezegun and time-machine control
        the clock. ``"manual"``: when the test calls `advance`. A nested mock that has not set it has that of the
        mock around it.
        """
        run, runs = self._latest("progress"), ACTIVE.runs
        to_this = runs[: runs.index(run) + 1] if run in runs else (run,)
        found = (each.scripts.progress for each in reversed(to_this))
        return next((progress for progress in found if progress is not None), "immediate")

    @progress.setter
    def progress(self, value: Progress) -> None:
        run = self._running("progress")
        checks.check_progress(value)
        run.scripts.progress = value

    def advance(self, session_id: str) -> None:
        """Complete the query cards of a session that can run now.

        Raises:
            RuntimeError: the mock is not active.
            ValueError: no such session.
        """
        from qapps_mock import models  # imported here for start-up time

        self._running("advance()")
        for backend in models.all_backends():
            with backend.lock:
                if backend.advance_session(str(session_id), ACTIVE):
                    return
        raise ValueError(f"No session {session_id!r}. Pass a sessionId returned by StartQAppSession.")

    def calls(self, /, operation: OperationName | None = None, **parameters: Any) -> list[Call]:
        """Return the finished calls that came while this mock was active, oldest first; also after its end.

        Args:
            operation: only this operation's, in either spelling.
            parameters: only calls with these parameters, by boto3's names. A nested mapping can have
                fewer members than the parameter; a list must be equal.

        Raises:
            RuntimeError: the mock has never been started.
            ValueError: an unknown operation, or a parameter that it does not have.
        """
        calls = self._latest("calls()").calls()
        if operation is None and not parameters:
            return calls
        asked = [protocol.find_operation(operation).name] if operation is not None else protocol.operations()
        names = matching.operations_with(parameters, asked)
        return [
            call for call in calls if call.operation in names and matching.has_part(call.params, parameters)
        ]

    @property
    def uploads(self) -> dict[str, Upload]:
        """The files of CreatePresignedUrl and ImportDocument, by file id.

        `Upload.content` is None until the file has been uploaded. After the mock has ended, the files are
        those at its end.

        Raises:
            RuntimeError: the mock has never been started.
        """
        run = self._latest("uploads")
        return self._uploads_of(run) if run.uploads_at_end is None else dict(run.uploads_at_end)

    def _uploads_of(self, run: Run) -> dict[str, Upload]:
        """Return the uploads of an active run."""
        from qapps_mock import models  # imported here for start-up time

        return {
            file_id: upload
            for backend in models.all_backends()
            for file_id, upload in backend.uploads.items()
        }

    def assert_all_used(self) -> None:
        """Check that a call has used each script: of `fail`, `answer`, `predict` and `fail_upload`.

        The end of a ``with`` block, of a decorated function and of the fixture ``qapps_mock`` checks it too,
        unless ``assert_all_used=False`` or the test has failed.

        Raises:
            AssertionError: some were not used; the message lists them.
            RuntimeError: the mock has never been started.
        """
        __tracebackhide__ = True
        run = self._latest("assert_all_used()")
        texts = self._unused_of(run) if run.unused_at_end is None else run.unused_at_end
        if texts:
            raise AssertionError(complaint(texts.values()))

    def _unused_of(self, run: Run) -> dict[int, str]:
        """Return a text for each script of an active run that no call has used, by the script's number."""
        from qapps_mock import models  # imported here for start-up time

        if not run.scripts.everything:
            return {}
        cards = (name for backend in models.all_backends() for name in backend.names_of_answered_cards())
        return unused(run.scripts.everything, run.calls(), cards)

    def reset(self) -> None:
        """Delete the state of the service, the scripts, the history, and what `user` and `as_user` have set.

        A call that runs a scripted answer at that moment finishes with the old state.

        Raises:
            RuntimeError: the mock is not active.
        """
        from qapps_mock import models  # imported here for start-up time

        run = self._running("reset()")
        models.reset_all()
        run.clear()
