"""The messages to the author of a test, each in full: what was passed, what is valid, what to do.

What it tells the code under test, in AWS's place, is in the tests of the operations. Messages that need a
setting of their own are in test_plugin.py (the marker), test_server_fixture.py (the fixture), test_server.py
(the command), test_network.py (services that are not mocked), test_faults.py (clients that outlive their mock),
test_documents_of_state.py (load) and test_unused.py (unused scripts). The last test here finds messages without a test.
"""

from __future__ import annotations

import ast
import errno
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import qapps_mock
from qapps_mock import MockQApps, current, mock_qapps
from qapps_mock.endpoints import CONTROL_PATH
from qapps_mock.server import control_api, control_json, server
from qapps_mock.service import exceptions, protocol
from tests.running import FORM, QUERY, form_card, query_card, start, states, text_card

OPERATIONS = ", ".join(protocol.operations())
EXCEPTIONS = f"{', '.join(sorted(exceptions.MODELLED))}; and ConnectionClosedError, EndpointConnectionError, ReadTimeoutError"
OPTIONS = "strict, url_lifetime, max_file_size, enforce_all_posts, upload_host, config, page_size, seed, assert_all_used, upload_credentials"
LIFETIME = (
    "it must be a timedelta, or a number of seconds, of more than 0 and at most 7 days (604800 seconds)"
)
NOT_MOCKED = (
    "qapps_mock: nothing reaches AWS while a mock is active, and neither qapps_mock nor Moto serves {} "
    "(to let it through, name it in mock_qapps(config={{'core': {{'passthrough': {{'urls': [...]}}}}}}))"
)
THROTTLING = "ThrottlingException"
BEYOND = float("inf")
AFTER_START = "Call it after start(), or within the with block or the test."


@pytest.fixture
def mock():
    with mock_qapps() as running:
        yield running


def not_json(value: object) -> str:
    """Return the words of this Python for a number that JSON does not have."""
    with pytest.raises(ValueError, match="JSON") as refused:
        json.dumps(value, allow_nan=False)
    return str(refused.value)


def words(error: BaseException) -> str:
    """Return the message of an error, without the number of an OSError."""
    return str(getattr(error, "strerror", None) or error)


# Users


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            lambda mock: mock.user("ann@example.com", id=""),
            "id is '': it must be a text of 1 to 256 characters, for example the UserId of IAM Identity Center",
        ),
        (
            lambda mock: mock.user("ann@example.com", id=3),
            "id is 3: it must be a text of 1 to 256 characters, for example the UserId of IAM Identity Center",
        ),
        (
            lambda mock: [mock.user("ann@example.com", id="1"), mock.user("bob@example.com", id="1")],
            "The id '1' is that of ann@example.com: each user has an id of their own",
        ),
        (
            lambda mock: [mock.user("ann@example.com", id="1"), mock.user("ann@example.com", id="2")],
            "ann@example.com has the id '1' already. Fix the id of a user before anything else uses that user.",
        ),
    ],
)
def test_a_wrong_id_of_a_user(mock, wrong, text):
    with pytest.raises(ValueError, match="id") as refused:
        wrong(mock)

    assert words(refused.value) == text


# mock_qapps, and its options


def _fixture_below() -> Any:
    @mock_qapps
    @pytest.fixture
    def app():
        return None


@pytest.mark.parametrize(
    ("wrong", "kind", "text"),
    [
        (
            lambda: mock_qapps(strikt=True),  # type: ignore[call-overload]  # wrong on purpose
            TypeError,
            f"mock_qapps has no option 'strikt'. Did you mean 'strict'? Its options are: {OPTIONS}.",
        ),
        (
            lambda: MockQApps(colour=True),  # type: ignore[call-arg]  # wrong on purpose
            TypeError,
            f"mock_qapps has no option 'colour'. Its options are: {OPTIONS}.",
        ),
        (
            lambda: mock_qapps(True),  # type: ignore[call-overload]  # wrong on purpose
            TypeError,
            "mock_qapps decorates functions and classes, not bool objects. "
            "Its options are keyword-only, for example mock_qapps(strict=True).",
        ),
        (
            _fixture_below,
            TypeError,
            "put @mock_qapps below @pytest.fixture, not above it: pytest.fixture returns an object that is not a function",
        ),
        (
            lambda: mock_qapps(strict="yes"),  # type: ignore[call-overload]  # wrong on purpose
            ValueError,
            "strict is 'yes': it must be True or False",
        ),
        (
            lambda: mock_qapps(enforce_all_posts=1),  # type: ignore[call-overload]  # wrong on purpose
            ValueError,
            "enforce_all_posts is 1: it must be True or False",
        ),
        (lambda: mock_qapps(url_lifetime=0), ValueError, f"url_lifetime is 0: {LIFETIME}"),
        (
            lambda: mock_qapps(url_lifetime="15 minutes"),  # type: ignore[call-overload]  # wrong on purpose
            ValueError,
            f"url_lifetime is '15 minutes': {LIFETIME}",
        ),
        (
            lambda: mock_qapps(max_file_size="50MB"),  # type: ignore[call-overload]  # wrong on purpose
            ValueError,
            "max_file_size is '50MB': it must be a whole number of bytes, 1 or more",
        ),
        (
            lambda: mock_qapps(upload_host="localhost"),  # type: ignore[call-overload]  # wrong on purpose
            ValueError,
            "upload_host is 'localhost': it must be 'aws' or 'loopback'",
        ),
        (
            lambda: mock_qapps(config=3),  # type: ignore[call-overload]  # wrong on purpose
            ValueError,
            "config is 3: it must be None or a dict that moto.mock_aws(config=...) accepts",
        ),
        (
            lambda: mock_qapps(page_size=101),
            ValueError,
            "page_size is 101: it must be a whole number, 1 to 100",
        ),
        (
            lambda: mock_qapps(page_size=True),
            ValueError,
            "page_size is True: it must be a whole number, 1 to 100",
        ),
        (
            lambda: mock_qapps(seed="today"),  # type: ignore[call-overload]  # wrong on purpose
            ValueError,
            "seed is 'today': it must be a whole number, or None for ids made at random",
        ),
        (
            lambda: mock_qapps().stop(),
            RuntimeError,
            "stop() without start(): this mock of Q Apps is not active. Call stop() once for each start().",
        ),
        (
            lambda: setattr(mock_qapps(), "progres", 2),
            AttributeError,
            "progres cannot be set on a mock of Q Apps. You can set progress.",
        ),
        (
            lambda: setattr(mock_qapps(), "strict", True),
            AttributeError,
            "strict cannot be set on a mock of Q Apps. Pass it to mock_qapps(strict=...).",
        ),
        (
            lambda: mock_qapps().client(),
            RuntimeError,
            f"client(): this mock of Q Apps is not active. {AFTER_START}",
        ),
        (
            lambda: mock_qapps().fail("GetQApp", THROTTLING),
            RuntimeError,
            f"fail(): this mock of Q Apps is not active. {AFTER_START}",
        ),
        (
            lambda: mock_qapps().calls(),
            RuntimeError,
            f"calls(): this mock of Q Apps has never been started. {AFTER_START}",
        ),
        (
            current,
            RuntimeError,
            "qapps_mock.current(): no mock of Q Apps is active. Call it within a test that uses mock_qapps or "
            "the fixture qapps_mock.",
        ),
    ],
)
def test_a_mock_that_is_made_wrong(wrong, kind, text):
    with pytest.raises(kind) as refused:
        wrong()

    assert words(refused.value) == text


# The methods of a mock


def _scripted(mock: MockQApps, **changes: Any) -> Any:
    script: dict[str, Any] = {"operation": "GetQApp", "exception": THROTTLING, **changes}
    mock.fail(script.pop("operation"), script.pop("exception"), **script)


@pytest.mark.parametrize(
    ("wrong", "kind", "text"),
    [
        (
            lambda mock: _scripted(mock, operation="GetQAp"),
            ValueError,
            f"'GetQAp' is not an operation of Q Apps. Did you mean 'GetQApp'? The operations are: {OPERATIONS}.",
        ),
        (
            lambda mock: _scripted(mock, operation=["GetQApp", "CreateQApp"]),
            ValueError,
            f"['GetQApp', 'CreateQApp'] is not an operation of Q Apps. The operations are: {OPERATIONS}.",
        ),
        (
            lambda mock: _scripted(mock, exception="ThrottledException"),
            ValueError,
            "'ThrottledException' is not an exception of Q Apps. Did you mean 'ThrottlingException'? "
            f"The exceptions are: {EXCEPTIONS}.",
        ),
        (
            lambda mock: _scripted(mock, exception=exceptions.ThrottlingException),
            ValueError,
            "<class 'qapps_mock.service.exceptions.ThrottlingException'> is not an exception of Q Apps. "
            f"Did you mean 'ThrottlingException'? The exceptions are: {EXCEPTIONS}.",
        ),
        (
            lambda mock: _scripted(mock, exception=[THROTTLING]),
            ValueError,
            "['ThrottlingException'] is not an exception of Q Apps. Did you mean 'ThrottlingException'? "
            f"The exceptions are: {EXCEPTIONS}.",
        ),
        (
            lambda mock: _scripted(mock, operation="CreateQApp", exception="ResourceNotFoundException"),
            ValueError,
            "CreateQApp does not document ResourceNotFoundException. It documents: AccessDeniedException, "
            "ConflictException, ContentTooLargeException, InternalServerException, "
            "ServiceQuotaExceededException, ThrottlingException, UnauthorizedException, ValidationException",
        ),
        (
            lambda mock: _scripted(mock, times=0),
            ValueError,
            "times is 0: it must be a whole number, 1 or more, or None for every call",
        ),
        (
            lambda mock: _scripted(mock, after=-1),
            ValueError,
            "after is -1: it must be a whole number, 0 or more",
        ),
        (
            lambda mock: _scripted(mock, when=["appId"]),
            TypeError,
            "when is ['appId']: it must be a mapping of parameters, for example {'appId': app_id}, "
            "or a callable that gets them",
        ),
        (
            lambda mock: _scripted(mock, when={"app_id": "x"}),
            ValueError,
            "GetQApp has no parameter 'app_id'. Did you mean 'appId'? Its parameters are: "
            "instanceId, appId, appVersion.",
        ),
        (
            lambda mock: mock.fail("CreateQApp", THROTTLING, when={"appDefinition": {"cads": []}}),
            ValueError,
            "CreateQApp has no parameter 'appDefinition.cads'. Did you mean 'cards'? "
            "The members of 'appDefinition' are: cards, initialPrompt.",
        ),
        (
            lambda mock: mock.fail("*", THROTTLING, when={"card": "x"}),
            ValueError,
            "No operation has a parameter 'card'. Did you mean 'cardId'?",
        ),
        (
            lambda mock: mock.calls(fileName="x", title="y"),
            ValueError,
            "No operation has all of these parameters: 'fileName', 'title'.",
        ),
        (
            lambda mock: _scripted(mock, message=404),
            TypeError,
            "message is 404: it must be a str, or None for AWS's own sentence",
        ),
        (
            lambda mock: _scripted(mock, retryAfter=3),
            TypeError,
            "ThrottlingException has no member 'retryAfter'. Did you mean 'retryAfterSeconds'? "
            "Its members are: message, serviceCode, quotaCode, retryAfterSeconds.",
        ),
        (
            lambda mock: _scripted(mock, time=3),
            TypeError,
            "ThrottlingException has no member 'time'. Did you mean 'times'? "
            "Its members are: message, serviceCode, quotaCode, retryAfterSeconds.",
        ),
        (
            lambda mock: _scripted(mock, self=3),
            TypeError,
            "ThrottlingException has no member 'self'. "
            "Its members are: message, serviceCode, quotaCode, retryAfterSeconds.",
        ),
        (
            lambda mock: _scripted(mock, retryAfterSeconds="3"),
            TypeError,
            "ThrottlingException: retryAfterSeconds must be of type integer, not '3'.",
        ),
        (
            lambda mock: mock.answer("Summary"),
            TypeError,
            "answer() needs one or more values for the card: texts, callables that get the prompt, "
            "or exceptions, for example answer('Summary', 'A short text')",
        ),
        (
            lambda mock: mock.answer(query_card("Hello"), "text"),
            ValueError,
            f"card is {query_card('Hello')!r}: it must be the id or the title of a card",
        ),
        (
            lambda mock: mock.answer("Summary", ["one", "two"]),
            ValueError,
            "['one', 'two'] is not a valid card answer: pass a str, a callable that gets the prompt and "
            "returns a str, or an Exception",
        ),
        (
            lambda mock: mock.predict({"titel": "T", "appDefinition": {"cards": []}}),
            ValueError,
            'PredictQApp cannot return this app. Missing required parameter in input: "title"\n'
            'Unknown parameter in input: "titel", must be one of: title, description, appDefinition',
        ),
        (
            lambda mock: mock.predict({"title": "T", "appDefinition": {"cards": [form_card({"x": BEYOND})]}}),
            ValueError,
            f"PredictQApp cannot return this app. It is not JSON: {not_json(BEYOND)}",
        ),
        (
            lambda mock: mock.predict({"title": "T", "appDefinition": {"cards": [form_card({(1, 2): "x"})]}}),
            ValueError,
            "PredictQApp cannot return this app. It is not JSON: "
            "keys must be str, int, float, bool or None, not tuple",
        ),
        (
            lambda mock: setattr(mock, "progress", "slow"),
            ValueError,
            "progress is 'slow': it must be 'immediate', 'manual', a whole number, 1 or more, "
            "of GetQAppSession calls, or a timedelta of more than 0",
        ),
        (
            lambda mock: mock.advance("nobody"),
            ValueError,
            "No session 'nobody'. Pass a sessionId returned by StartQAppSession.",
        ),
        (
            lambda mock: mock.fail_upload("SlowDwn"),
            ValueError,
            "'SlowDwn' is not a failure of an upload. Did you mean 'SlowDown'? The failures are: "
            "SlowDown, InternalError, RequestTimeout, ServiceUnavailable, AccessDenied, ConnectionClosedError.",
        ),
        (
            lambda mock: mock.fail_upload(file_id="x"),
            ValueError,
            "No file 'x'. Pass a fileId returned by CreatePresignedUrl.",
        ),
        (
            lambda mock: mock.expire("x"),
            ValueError,
            "No file 'x'. Pass a fileId returned by CreatePresignedUrl.",
        ),
        (
            lambda mock: mock.user(5),
            ValueError,
            "5 is not a user: pass an e-mail address, for example 'ann@example.com'",
        ),
        (
            lambda mock: mock.client(user=""),
            ValueError,
            "'' is not a user: pass an e-mail address, for example 'ann@example.com'",
        ),
        (
            lambda mock: mock.client("ann@example.com", aws_secret_access_key="b", aws_access_key_id="a"),
            TypeError,
            "client(user=...) uses keys of its own. Leave out aws_access_key_id, aws_secret_access_key, "
            "or leave out user.",
        ),
    ],
)
def test_a_mock_that_gets_wrong_arguments(mock, wrong, kind, text):
    with pytest.raises(kind) as refused:
        wrong(mock)

    assert words(refused.value) == text


def test_an_answer_that_is_not_a_text(mock, caplog):
    client = mock.client()
    card = len
    mock.answer(QUERY, card)

    session = start(client, text_card(), query_card("Hello"), TEXT="dogs")

    assert states(client, session)[0] == "ERROR"
    [record] = caplog.records
    assert record.getMessage() == "A scripted answer failed; its card is in ERROR. The prompt was: Hello"
    assert str(record.exc_info[1]) == f"{card!r} returned 5: a scripted answer must be a str"


def test_a_callable_answer_that_raises(mock, caplog):
    client = mock.client()
    mock.answer(QUERY, lambda prompt: {}[prompt])

    session = start(client, text_card(), query_card("Hello"), TEXT="dogs")

    assert states(client, session)[0] == "ERROR"
    [record] = caplog.records
    assert record.getMessage() == "A scripted answer failed; its card is in ERROR. The prompt was: Hello"
    assert repr(record.exc_info[1]) == "KeyError('Hello')"


def test_a_callable_when_that_raises(caplog):
    with mock_qapps(assert_all_used=False) as mock:
        mock.fail("ListQApps", THROTTLING, when=len, after=1)
        mock.fail("ListQApps", THROTTLING, when=lambda parameters: int("x"))

        mock.client().list_q_apps(instanceId="i")

    [record] = caplog.records
    script = record.args[0]
    assert script.startswith("fail('ListQApps', 'ThrottlingException', when=<function ")
    assert record.getMessage() == (
        f"The callable when of {script} failed; the script does not apply to the call."
    )


def test_a_schema_of_a_form_that_cannot_be_used(mock, caplog):
    start(mock.client(), form_card({"type": 3}), FORM="{}")

    [record] = caplog.records
    assert record.getMessage() == (
        f"The responses to form card {FORM} are not checked: its schema cannot be used: "
        "3 is not valid under any of the given schemas"
    )


def test_an_upload_by_a_client_that_is_not_mocked_in_process(mock):
    with pytest.raises(socket.gaierror) as refused:
        socket.create_connection(("bucket.s3.us-east-1.amazonaws.com", 443))

    assert words(refused.value) == (
        NOT_MOCKED.format("requests of this client to bucket.s3.us-east-1.amazonaws.com")
        + "; presigned URLs are served in process to requests only, unless responses or requests-mock started "
        "inside the mock and handles them (start it before the mock), and with mock_qapps(upload_host='loopback') to every HTTP client"
    )


# The server's own resources


def _said(method: str, resource: str, body: Any = b"", query: str = "") -> tuple[int, str, str]:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, _, answer = control_api.respond(method, resource, query, sent)
    refused = json.loads(answer)
    return status, refused["error"], refused["message"]


RESOURCES = ", ".join(
    CONTROL_PATH + name
    for name in (
        "advance",
        "answers",
        "calls",
        "default-user",
        "empty",
        "expirations",
        "failures",
        "options",
        "predictions",
        "progress",
        "reset",
        "scripts",
        "state",
        "unused",
        "upload-failures",
        "uploads",
        "users",
    )
)


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        (
            lambda: _said("GET", "call"),
            (404, "Refused", f"No resource {CONTROL_PATH}call. The resources are: {RESOURCES}."),
        ),
        (
            lambda: _said("GET", "failures"),
            (405, "Refused", f"{CONTROL_PATH}failures allows POST, not GET"),
        ),
        (
            lambda: _said("POST", "failures", b"{operation: GetQApp}"),
            (400, "Refused", 'The body must be a JSON object in UTF-8, not "{operation: GetQApp}"'),
        ),
        (
            lambda: _said("POST", "failures", ["GetQApp"]),
            (400, "Refused", 'The body must be a JSON object, not ["GetQApp"]'),
        ),
        (
            lambda: _said("POST", "failures", {"operation": "GetQApp"}),
            (
                400,
                "TypeError",
                "missing a required argument: 'exception'; "
                "the members are: operation, exception, when, after, times, message",
            ),
        ),
        (
            lambda: _said("POST", "failures", {"operation": 5, "exception": THROTTLING}),
            (400, "TypeError", "operation is 5: it must be a string"),
        ),
        (
            lambda: _said("POST", "answers", {"card": "Summary", "values": "text"}),
            (
                400,
                "TypeError",
                'values is "text": it must be a list of texts, or of {"error": "why"}, with one or more',
            ),
        ),
        (
            lambda: _said(
                "POST", "failures", {"operation": "GetQApp", "exception": THROTTLING, "when": "appId"}
            ),
            (
                400,
                "TypeError",
                'when is "appId": it must be an object with some of the call\'s parameters',
            ),
        ),
        (
            lambda: _said("GET", "calls", query="operation=GetQApp&operation=ListQApps"),
            (400, "Refused", "The query has 2 values for operation: pass one"),
        ),
        (
            lambda: _said("POST", "answers", {"card": "Summary", "values": [1]}),
            (
                400,
                "ValueError",
                '1 is not a valid card answer: pass a text, or {"error": "why"}, which puts the card in ERROR',
            ),
        ),
        (
            lambda: _said("GET", "calls", query="user=ann"),
            (400, "ValueError", "No operation has a parameter 'user'."),
        ),
        (
            lambda: _said("PUT", "options", {"upload_host": "loopback"}),
            (
                400,
                "TypeError",
                "A server has no option 'upload_host'. "
                "Its options are: strict, url_lifetime, max_file_size, enforce_all_posts, page_size, seed, upload_credentials.",
            ),
        ),
    ],
)
def test_a_request_that_is_wrong(mock, asked, refused):
    assert asked() == refused


def test_a_request_without_a_mock():
    text = (
        "No mock of Q Apps is active in the process of this server. Start one, for example with mock_qapps()."
    )

    assert _said("GET", "calls") == (409, "Refused", text)


def test_a_request_to_a_server_of_uploads_alone():
    with server.Server() as uploads_alone:
        answer = requests.get(uploads_alone.url, timeout=30)

    assert (answer.status_code, answer.text) == (
        404,
        "Only Amazon Q Apps and its presigned URLs are served here; "
        "the fixture qapps_server and the command qapps-mock server serve all of Moto.\n",
    )


# Moto's server mode


@pytest.fixture
def server_mode(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let Moto use a server at a URL."""
    from moto import settings

    monkeypatch.setattr(settings, "TEST_SERVER_MODE", True)
    return lambda url: monkeypatch.setenv("TEST_SERVER_MODE_ENDPOINT", url)


def test_server_mode_without_a_server(server_mode):
    server_mode("http://127.0.0.1:9")

    with pytest.raises(ConnectionError) as refused:
        mock_qapps().start()

    assert words(refused.value) == (
        "TEST_SERVER_MODE is on, and no server responds at http://127.0.0.1:9 "
        f"([Errno {errno.ECONNREFUSED}] Connection refused). Start one with qapps-mock server, "
        "or set TEST_SERVER_MODE_ENDPOINT to its URL."
    )


def test_server_mode_with_a_server_of_another_kind(server_mode):
    with server.Server() as other:
        server_mode(f"{other.url}/elsewhere")

        with pytest.raises(RuntimeError) as refused:
            mock_qapps().start()

    assert words(refused.value) == (
        f"{other.url}/elsewhere{CONTROL_PATH}options responded with status 404. "
        "Was that server started with qapps-mock server?"
    )


def test_a_callable_answer_in_server_mode():
    with pytest.raises(TypeError) as refused:
        control_json.answer_to_json(str.upper)

    text = "<method 'upper' of 'str' objects> cannot be called by a server: pass texts or exceptions"
    assert words(refused.value) == text


# All of them

PACKAGE = Path(qapps_mock.__file__).parent
# S3's errors and those of connections are for the code under test; the command conformance has its own tests.
ELSEWHERE = ("s3/", "conformance/", "bridge/failures.py")
TO_THE_AUTHOR = (
    "ArgumentTypeError",
    "AssertionError",
    "AttributeError",
    "ConnectionError",
    "ImportError",
    "RuntimeError",
    "TypeError",
    "UsageError",
    "ValueError",
    "_Refused",
    # Functions that log, warn, or end the command.
    "_fail",
    "error",
    "exception",
    "warn",
    "warning",
)


def _texts(tree: ast.AST) -> list[str]:
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _messages(module: ast.Module) -> Iterator[str]:
    """Yield the fixed parts of each message in a module."""
    constants = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in TO_THE_AUTHOR:
            used = [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
            for tree in (node, *(constants[name] for name in used if name in constants)):
                yield from (part for text in _texts(tree) for part in re.split(r"%s|\{\}", text))


def test_every_message_is_in_a_test():
    tests = "\n".join(
        text for path in Path(__file__).parent.rglob("*.py") for text in _texts(ast.parse(path.read_text()))
    )

    missing = {
        part.strip()
        for path in PACKAGE.rglob("*.py")
        if not path.relative_to(PACKAGE).as_posix().startswith(ELSEWHERE)
        for part in _messages(ast.parse(path.read_text()))
        if len(part.strip()) > 5 and part.strip() not in tests
    }
    assert missing == set()
