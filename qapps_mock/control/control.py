"""What a test says to a running mock and asks of it: scripts, calls seen, users, uploads."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, get_args

from qapps_mock import credentials
from qapps_mock.control.scripts import Failed, Scripts, outcome
from qapps_mock.service import exceptions, protocol

if TYPE_CHECKING:
    from moto.core.config import DefaultConfig

    from qapps_mock.control.call import Call
    from qapps_mock.models.upload import Upload
    from qapps_mock.server.server import Server

UploadHost = Literal["aws", "loopback"]

_MEBIBYTE = 1024 * 1024
# A SigV4 signing key lives seven days, so no presigned URL can live longer (Amazon S3 API reference).
_LONGEST_LIFETIME = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `mock_qapps`, checked when they are given."""

    strict: bool = False
    url_lifetime: timedelta | float = timedelta(minutes=15)
    max_file_size: int = 50 * _MEBIBYTE
    enforce_all_posts: bool = False
    upload_host: UploadHost = "aws"
    config: DefaultConfig | None = None

    def __post_init__(self) -> None:
        for name in ("strict", "enforce_all_posts"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} is {getattr(self, name)!r}: it must be True or False")
        object.__setattr__(self, "url_lifetime", _lifetime(self.url_lifetime))
        size = self.max_file_size
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"max_file_size is {size!r}: it must be a whole number of bytes, 1 or more")
        if self.upload_host not in get_args(UploadHost):
            raise ValueError(f"upload_host is {self.upload_host!r}: it must be 'aws' or 'loopback'")
        if self.config is not None and not isinstance(self.config, dict):
            raise ValueError(
                f"config is {self.config!r}: it must be a dict as moto.mock_aws(config=...) takes it, or None"
            )

    @property
    def lifetime(self) -> timedelta:
        """The life of a presigned URL."""
        assert isinstance(self.url_lifetime, timedelta)
        return self.url_lifetime


def _lifetime(value: timedelta | float) -> timedelta:
    try:
        lifetime = value if isinstance(value, timedelta) else timedelta(seconds=value)
    except (TypeError, ValueError, OverflowError):
        lifetime = timedelta(0)
    if isinstance(value, bool) or not timedelta(0) < lifetime <= _LONGEST_LIFETIME:
        raise ValueError(
            f"url_lifetime is {value!r}: it must be a timedelta, or a number of seconds, "
            "of more than 0 and at most 7 days (604800 seconds)"
        )
    return lifetime


DEFAULTS = Options()


class Control(Scripts):
    """What a test can say to a running mock, and ask of it."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options
        self._history: list[Call] = []
        self._uploads_at_end: dict[str, Upload] = {}
        self._loopback: Server | None = None

    def __setattr__(self, name: str, value: object) -> None:
        # A misspelt `progress`, or an option that is set too late, would do nothing.
        if not name.startswith("_") and name != "options" and not hasattr(type(self), name):
            is_option = name in option_names()
            cure = f"give it to mock_qapps({name}=...)" if is_option else "what can be set is progress"
            raise AttributeError(f"{name} cannot be set on a mock of Q Apps: {cure}")
        super().__setattr__(name, value)

    def client(self, user: str | None = None, region_name: str | None = None, **kwargs: Any) -> Any:
        """Make a boto3 qapps client.

        Args:
            user: the e-mail of the user for whom it speaks; None: the default user, unless
                *kwargs* or the environment hold keys of Moto's IAM or STS.
            region_name: None: boto3's own default, or us-east-1 when it has none.
            kwargs: passed on to ``boto3.client``.

        Raises:
            RuntimeError: the mock is not active: it would be a client of AWS.
        """
        import boto3

        if self not in ACTIVE:
            raise RuntimeError(
                "client() of a mock of Q Apps that is not active would talk to AWS: "
                "call it after start(), or within the with block or the test"
            )
        if user is not None:
            kwargs = _with_keys(kwargs, credentials.of_user(self._known(user)))
        if boto3.DEFAULT_SESSION is None:
            boto3.setup_default_session()
        session = boto3.DEFAULT_SESSION or boto3.Session()  # a mock in another thread may have dropped it
        config = kwargs.get("config")
        known = region_name or session.region_name or (config is not None and config.region_name)
        if not known:
            region_name = "us-east-1"
        # Not the session's: in Moto's server mode it is boto3's function that leads to the server.
        return boto3.client("qapps", region_name=region_name, **kwargs)

    def user(self, email: str) -> str:
        """Return the stable user id behind *email*, in the form of IAM Identity Center."""
        return credentials.user_id(self._known(email))

    def _known(self, email: str) -> str:
        if not isinstance(email, str) or not email:
            raise ValueError(f"{email!r} is no user: give an e-mail address, for example 'ann@example.com'")
        USERS.setdefault(credentials.of_user(email).access_key, email)
        return email

    def calls(self, operation: str | None = None) -> list[Call]:
        """Return the calls that came while this mock was active, oldest first.

        Args:
            operation: only this operation's, in either spelling.

        Raises:
            ValueError: an unknown operation.
        """
        if operation is None:
            return list(self._history)
        name = protocol.operation(operation).name
        return [call for call in self._history if call.operation == name]

    def advance(self, session_id: str) -> None:
        """Let the query cards of a session that can run now come to their values.

        Raises:
            ValueError: no such session.
        """
        from qapps_mock import models

        for backend in models.all_backends():
            with backend.lock:
                if backend.advance_session(str(session_id), SCRIPTS):
                    return
        raise ValueError(f"{session_id!r} is no session: give the sessionId that StartQAppSession returned")

    @property
    def uploads(self) -> dict[str, Upload]:
        """The files that presigned URLs were made for, by file id; `Upload.content` is None until it came.

        After the mock: what they were at its end.
        """
        from qapps_mock import models

        if self not in ACTIVE:
            return dict(self._uploads_at_end)
        return {
            file_id: upload
            for backend in models.all_backends()
            for file_id, upload in backend.uploads.items()
        }

    def reset(self) -> None:
        """Empty the state of the service, the scripts and the history."""
        from qapps_mock import models

        models.reset_all()
        self.clear()

    def clear(self) -> None:
        """Forget everything that was scripted and called."""
        super().clear()
        self._history.clear()

    def s3_origin(self) -> str | None:
        """Return the origin of presigned URLs; None: AWS's. The loopback server starts when first asked for."""
        if self.options.upload_host == "aws":
            return None
        with self._lock:
            if self._loopback is None:
                from qapps_mock.server.server import Server

                self._loopback = Server().start()
            return self._loopback.url

    def _stop_loopback(self) -> None:
        """Stop the loopback server, if it runs."""
        with self._lock:
            server, self._loopback = self._loopback, None
        if server is not None:
            server.stop()

    def record(self, call: Call) -> None:
        """Add *call* to the history."""
        self._history.append(call)


def _with_keys(kwargs: dict[str, Any], keys: credentials.Credentials) -> dict[str, Any]:
    given = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"} & kwargs.keys()
    if given:
        raise TypeError(
            f"client(user=...) brings its own keys: leave out {', '.join(sorted(given))}, or leave out user"
        )
    return {**kwargs, "aws_access_key_id": keys.access_key, "aws_secret_access_key": keys.secret.key}


# The mocks that are active, innermost last. Written under mock.py's lock only, replaced as a whole.
ACTIVE: tuple[Control, ...] = ()
# The users that a test has named: access key -> e-mail. Derived from the e-mail alone, so never stale.
USERS: dict[str, str] = {}


def option_names() -> list[str]:
    """Return the names of the options, as `MockQApps` has them."""
    return [each.name for each in fields(Options)]


def options() -> Options:
    """Return the options in force: those of the innermost active mock."""
    return ACTIVE[-1].options if ACTIVE else DEFAULTS


def s3_origin() -> str | None:
    """Return where presigned URLs lead: as the innermost active mock has it."""
    return ACTIVE[-1].s3_origin() if ACTIVE else None


def record(call: Call) -> None:
    """Show *call* to every active mock."""
    for control in ACTIVE:
        control.record(call)


def next_failure(operation: str) -> exceptions.QAppsError | None:
    """Take the next scripted failure of *operation*; the innermost mock's go first."""
    for control in reversed(ACTIVE):
        failure = control.next_failure(operation)
        if failure is not None:
            return failure
    return None


_READS = {"immediate": 0, "manual": None}


class _InForce:
    """The scripts of all active mocks; the innermost mock's go first."""

    @property
    def reads(self) -> int | None:
        """How many reads of a session a card takes; 0: none; None: the test advances the session."""
        for control in reversed(ACTIVE):
            progress = control.own_progress
            if progress is not None:
                return progress if isinstance(progress, int) else _READS[progress]
        return _READS["immediate"]

    def answer(self, card_id: str, title: str, prompt: str) -> str | Failed | None:
        """Take a card's next scripted value; an exception: it fails; None: nothing is scripted."""
        for control in reversed(ACTIVE):
            for card in (card_id, title):
                value = control.next_answer(card)
                if value is not None:
                    return outcome(value, prompt)
        return None

    def predicted(self) -> dict[str, Any] | None:
        """Take the app that PredictQApp is to return next; None: nothing is scripted."""
        for control in reversed(ACTIVE):
            prediction = control.next_prediction()
            if prediction is not None:
                return prediction
        return None


SCRIPTS = _InForce()
