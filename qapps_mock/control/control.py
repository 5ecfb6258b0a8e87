"""How a test controls a running mock and inspects it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qapps_mock import credentials
from qapps_mock.control import checks
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.options import option_names
from qapps_mock.service import exceptions, protocol

if TYPE_CHECKING:
    from qapps_mock.control.call import Call
    from qapps_mock.control.run import Run
    from qapps_mock.control.scripts import Progress, Value
    from qapps_mock.models.upload import Upload


class Control:
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

    def client(self, user: str | None = None, region_name: str | None = None, **kwargs: Any) -> Any:
        """Make a boto3 qapps client.

        Args:
            user: the e-mail of the user that the client acts as; None: the default user, unless
                *kwargs* or the environment hold keys of Moto's IAM or STS.
            region_name: None: boto3's own default, or us-east-1 when it has none.
            kwargs: passed on to ``boto3.client``.

        Raises:
            RuntimeError: the mock is not active, so the client would call AWS.
            ValueError: AWS cannot have a region of that name, or *user* is not an e-mail.
        """
        import boto3  # imported here for start-up time

        if self._run not in ACTIVE.runs:
            raise RuntimeError(
                "client() of a mock of Q Apps that is not active would call AWS. "
                "Call it after start(), or within the with block or the test."
            )
        if region_name is not None:
            checks.check_region(region_name)
        if user is not None:
            _require_no_keys(kwargs)
            kwargs |= self.credentials(user)
        if boto3.DEFAULT_SESSION is None:
            boto3.setup_default_session()
        session = boto3.DEFAULT_SESSION or boto3.Session()  # a mock in another thread may have dropped it
        config = kwargs.get("config")
        known = region_name or session.region_name or (config is not None and config.region_name)
        if not known:
            region_name = "us-east-1"
        # Not the session's: in Moto's server mode only boto3's function makes clients of the server.
        return boto3.client("qapps", region_name=region_name, **kwargs)

    def credentials(self, user: str) -> dict[str, str]:
        """Return the keys of a user, for code that makes its own client.

        They are arguments of ``boto3.client``, ``boto3.Session`` and aiobotocore's ``create_client``:
        aws_access_key_id and aws_secret_access_key.

        Args:
            user: the e-mail of the user.

        Raises:
            ValueError: *user* is not an e-mail.
        """
        keys = credentials.of_user(self._registered(user))
        return {"aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret.key}

    def user(self, email: str) -> str:
        """Return the stable user id behind *email*, in the form of IAM Identity Center."""
        return credentials.user_id(self._registered(email))

    def _registered(self, email: str) -> str:
        """Return *email*, whose keys identify its user from now on."""
        checks.check_email(email)
        credentials.of_user(email)
        return email

    def reset(self) -> None:
        """Empty the state of the service, the scripts and the history.

        A call that runs a scripted answer at that moment finishes with the old state.
        """
        from qapps_mock import models  # imported here for start-up time

        models.reset_all()
        self._run.clear()


def _require_no_keys(kwargs: dict[str, Any]) -> None:
    given = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"} & kwargs.keys()
    if given:
        raise TypeError(
            f"client(user=...) uses keys of its own. Leave out {', '.join(sorted(given))}, or leave out user."
        )
