"""The control of a mock in Moto's server mode (``TEST_SERVER_MODE=true``): requests to the server's control API."""

from __future__ import annotations

import json
import os
import re
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from qapps_mock import users
from qapps_mock.control import checks, coverage
from qapps_mock.control.active import ACTIVE
from qapps_mock.control.call import arrival_of
from qapps_mock.control.control import Control
from qapps_mock.control.run import Run
from qapps_mock.endpoints import CONTROL_PATH
from qapps_mock.server import control_json
from qapps_mock.server.access import require_token

if TYPE_CHECKING:
    from qapps_mock.control.call import Call
    from qapps_mock.control.options import Options
    from qapps_mock.control.scripts import Progress, Used, Value
    from qapps_mock.models.upload import Upload
    from qapps_mock.service.names import ExceptionName, OperationName, UploadFailureName

_TIMEOUT = 60
_TOKEN = "QAPPS_MOCK_CONTROL_TOKEN"
_RAISED: dict[str, type[Exception]] = {"TypeError": TypeError, "ValueError": ValueError}
# The active mocks, outermost first.
_active: list[RemoteControl] = []
# Never use the environment's HTTP proxy for a local test server.
_open = build_opener(ProxyHandler({})).open


class RemoteControl(Control):
    """Controls the server at ``TEST_SERVER_MODE_ENDPOINT``, which has the state, the scripts and the history.

    The server has one of each: nested mocks share them. A nested mock shows the calls since its start.
    """

    def __repr__(self) -> str:
        try:
            return super().__repr__()
        except Exception as error:  # the server has gone, or is another one
            return f"<MockQApps, calls unknown: {error}>"

    def fail(self, /, operation: OperationName, exception: ExceptionName, **members: Any) -> None:
        """Do what `Control.fail` does; a server cannot call a callable of this process.

        Raises:
            TypeError: also for a callable.
        """
        run = self._running("fail()")
        if callable(members.get("when")):
            raise TypeError(
                f"when is {members['when']!r}, which a server cannot call: pass a mapping of parameters"
            )
        _script(run, "failures", {"operation": operation, "exception": exception, **members})

    def _new_run(self, options: Options) -> Run:
        return _RemoteRun(options)

    def _uploads_of(self, run: Run) -> dict[str, Upload]:
        uploads = _ask("GET", "uploads")["uploads"]
        return {file_id: control_json.upload_from_json(upload) for file_id, upload in uploads.items()}

    def _unused_of(self, run: Run) -> dict[int, str]:
        own = run.numbers if isinstance(run, _RemoteRun) else set()
        unused = _ask("GET", "unused")["unused"] if own else []
        return {each["script"]: each["text"] for each in unused if each["script"] in own}

    def reset(self) -> None:
        """Do what `Control.reset` does."""
        self._running("reset()")
        coverage.note(self._latest("reset()").calls)
        _ask("POST", "reset", {})

    def async_client(
        self, user: str | None = None, region_name: str | None = None, **kwargs: Any
    ) -> AbstractAsyncContextManager[Any]:
        """Do what `Control.async_client` does; the client calls the server."""
        return super().async_client(user, region_name, **{"endpoint_url": _endpoint(), **kwargs})

    def user(self, email: str, id: str | None = None) -> str:
        """Do what `Control.user` does."""
        users.check_email(email)
        user: str = _ask("POST", "users", {"email": email, "id": id})["user"]
        return user

    def _registered(self, email: str) -> str:
        self.user(email)
        return email

    def _load(self, document: Any) -> None:
        try:
            text = json.dumps(document, default=_time_as_text)
        except (TypeError, ValueError) as error:
            raise ValueError(f"The document is not JSON: {error}") from None
        _ask("POST", "state", {"document": json.loads(text)})

    def _dump(self) -> dict[str, Any]:
        document: dict[str, Any] = _ask("GET", "state")
        return document

    @property
    def _default_user(self) -> str | None:
        self._running("as_user()")
        email: str | None = _ask("GET", "default-user")["email"]
        return email

    @_default_user.setter
    def _default_user(self, email: str | None) -> None:
        _ask("PUT", "default-user", {"email": email})

    def answer(self, card: str, *values: Value) -> None:
        """Do what `Control.answer` does; a server cannot call a callable of this process.

        Raises:
            TypeError: also for a callable.
        """
        run = self._running("answer()")
        checks.check_answers(card, values)
        answers = [control_json.answer_to_json(value) for value in values]
        _script(run, "answers", {"card": card, "values": answers})

    def fail_upload(
        self,
        code: UploadFailureName = "SlowDown",
        *,
        file_id: str | None = None,
        times: int | None = 1,
        after: int = 0,
    ) -> None:
        """Do what `Control.fail_upload` does."""
        members = {"code": code, "file_id": file_id, "times": times, "after": after}
        _script(self._running("fail_upload()"), "upload-failures", members)

    def expire(self, file_id: str) -> None:
        """Do what `Control.expire` does."""
        self._running("expire()")
        _ask("POST", "expirations", {"file_id": file_id})

    def predict(self, app: dict[str, Any]) -> None:
        """Do what `Control.predict` does."""
        run = self._running("predict()")
        checks.checked_prediction(app)
        _script(run, "predictions", {"app": app})

    @property
    def progress(self) -> Progress:
        """What `Control.progress` is."""
        run = self._latest("progress")
        if run.unused_at_end is not None:
            return "immediate" if run.scripts.progress is None else run.scripts.progress
        progress: Progress = control_json.progress_from_json(_ask("GET", "progress")["progress"])
        return progress

    @progress.setter
    def progress(self, value: Progress) -> None:
        run = self._running("progress")
        checks.check_progress(value)
        _ask("PUT", "progress", {"progress": control_json.progress_to_json(value)})
        run.scripts.progress = value  # tells it after the end

    def advance(self, session_id: str) -> None:
        """Do what `Control.advance` does."""
        self._running("advance()")
        _ask("POST", "advance", {"session_id": session_id})

    # The server's options before this mock; None: it is not active.
    _found: dict[str, Any] | None = None

    def _look_ahead(self) -> None:
        self._found = _ask("GET", "options")

    def _arrive(self) -> None:
        _active.append(self)
        options, found = control_json.options_to_json(self._run.options), self._found or {}
        # The server keeps the keys that were passed to it at its start.
        keys = {**(found.get("upload_credentials") or {}), **(options["upload_credentials"] or {})}
        _ask("PUT", "options", {**options, "upload_credentials": keys or None})
        self._empty_server()
        if isinstance(self._run, _RemoteRun):
            self._run.begin()

    def _depart(self) -> None:
        found, self._found = self._found, None
        if self not in _active:  # it has not arrived
            return
        place = _active.index(self)
        del _active[place]
        if place < len(_active):  # a mock that started later is still active: it keeps its options
            _active[place]._found = found
        else:
            _ask("PUT", "options", found)
        self._empty_server()

    def _empty_services(self) -> None:
        if os.environ.get("MOTO_CALL_RESET_API", "").lower() != "false":  # as Moto's own reset of a server
            _ask("POST", "empty", {})

    def _empty_server(self) -> None:
        if not ACTIVE.runs:  # the outermost mock finds an empty service, and leaves one
            _ask("POST", "reset", {})
            if os.environ.get(_TOKEN):  # Moto's own reset sends none
                self._empty_services()


class _RemoteRun(Run):
    """A run whose history is the server's; after its end, what it was.

    Attributes:
        numbers: of the scripts that this run has made in the server, which nested mocks share.
    """

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.numbers: set[int] = set()
        # The arrival of the last call before it, which a mock around this one has seen.
        self._arrival_before = -1
        # What they were when it ended; None: it is active.
        self._calls_at_end: list[Call] | None = None
        self._used_at_end: list[Used] | None = None

    def begin(self) -> None:
        """Leave out the calls that came before now."""
        if ACTIVE.runs:
            self._arrival_before = max(map(arrival_of, self.calls()), default=-1)

    def calls(self) -> list[Call]:
        if self._calls_at_end is not None:
            return list(self._calls_at_end)
        calls = (control_json.call_from_json(call) for call in _ask("GET", "calls")["calls"])
        return [call for call in calls if arrival_of(call) > self._arrival_before]

    def used(self) -> list[Used]:
        if self._used_at_end is not None:
            return list(self._used_at_end)
        scripts = _ask("GET", "scripts")["scripts"] if self.numbers else []
        return [control_json.used_from_json(each) for each in scripts if each["script"] in self.numbers]

    def end(self, uploads: dict[str, Upload], unused: dict[int, str]) -> None:
        super().end(uploads, unused)
        self._calls_at_end, self._used_at_end = self.calls(), self.used()


def _script(run: Run, resource: str, members: dict[str, Any]) -> None:
    """Make a script in the server, and remember its number."""
    number = _ask("POST", resource, members)["script"]
    if isinstance(run, _RemoteRun):
        run.numbers.add(number)


def _time_as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else _not_json(value)


def _not_json(value: object) -> NoReturn:
    raise TypeError(
        f"{value!r} cannot be sent to a server as JSON: pass texts, numbers, True, False, None, lists and dicts"
    )


def _endpoint() -> str:
    from moto import settings  # imported here for start-up time

    endpoint: str = settings.test_server_mode_endpoint()
    if re.match("https?://[^/]", endpoint) is None:
        raise ValueError(
            f"TEST_SERVER_MODE_ENDPOINT is {endpoint!r}: it must be a URL, for example http://127.0.0.1:5000"
        )
    return endpoint.rstrip("/")


def _ask(method: str, resource: str, members: dict[str, Any] | None = None) -> Any:
    """Send a request to the server, and raise what the method there raises."""
    endpoint = _endpoint()
    body = None if members is None else json.dumps(members, default=_not_json).encode()
    headers = {"Content-Type": "application/json"}
    token = os.environ.get(_TOKEN)
    if token:
        headers["Authorization"] = f"Bearer {_checked(token)}"
    request = Request(f"{endpoint}{CONTROL_PATH}{resource}", body, headers, method=method)
    try:
        with _open(request, timeout=_TIMEOUT) as response:
            content = response.read()
    except HTTPError as refusal:
        with refusal:
            raise _error(refusal, request.full_url) from None
    except (OSError, HTTPException) as error:
        why = getattr(error, "reason", error)
        raise ConnectionError(
            f"TEST_SERVER_MODE is on, and no server responds at {endpoint} ({why}). "
            "Start one with qapps-mock server, or set TEST_SERVER_MODE_ENDPOINT to its URL."
        ) from None
    try:
        return json.loads(content)
    except ValueError:
        raise _stranger(request.full_url, 200) from None


def _checked(token: str) -> str:
    try:
        return require_token(token)
    except ValueError as error:
        raise ValueError(f"{_TOKEN} is not a token: {error}") from None


def _error(refusal: HTTPError, url: str) -> Exception:
    try:
        error = json.load(refusal)
        return _RAISED.get(error["error"], RuntimeError)(error["message"])
    except (ValueError, LookupError, TypeError):
        return _stranger(url, refusal.code)


def _stranger(url: str, status: int) -> RuntimeError:
    return RuntimeError(
        f"{url} responded with status {status}. Was that server started with qapps-mock server?"
    )
