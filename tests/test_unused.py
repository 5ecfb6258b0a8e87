"""A script that no call has used fails a test that passed otherwise."""

from __future__ import annotations

import unittest
from typing import Any

import pytest
import requests

from qapps_mock import MockQApps, mock_qapps
from tests.conftest import CONTENT, INSTANCE, create_app, grant
from tests.conftest import qapps as client
from tests.running import query_card, start, text_card

DENIED = "AccessDeniedException"
CURE = "Remove what the test does not need, or pass assert_all_used=False to mock_qapps or to the marker."
GET = f"1 script was not used:\n  fail('GetQApp', '{DENIED}')\n    {{}}\n{CURE}"
NO_CALL = GET.format("No call of GetQApp came, and none of another operation.")
PREDICTION: Any = {"title": "T", "appDefinition": {"cards": []}}


def complaint(test: Any) -> str:
    """Run a test that must fail, and return the message."""
    with pytest.raises(AssertionError) as failed:
        test()
    return str(failed.value)


def test_with_a_context_manager():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail("GetQApp", DENIED)

    assert complaint(test) == NO_CALL


def test_with_a_decorator():
    q = mock_qapps()

    @q
    def test() -> None:
        q.fail("GetQApp", DENIED)

    assert complaint(test) == NO_CALL


def test_with_a_generator():
    q = mock_qapps()

    @q
    def function():
        q.fail("GetQApp", DENIED)
        yield

    assert complaint(lambda: list(function())) == NO_CALL


@pytest.mark.asyncio
async def test_with_coroutines():
    q = mock_qapps()

    @q
    async def function() -> None:
        q.fail("GetQApp", DENIED)

    with pytest.raises(AssertionError) as failed:
        await function()
    assert str(failed.value) == NO_CALL
    with pytest.raises(AssertionError):
        async with q:
            q.fail("GetQApp", DENIED)


def test_an_error_of_the_test_is_not_hidden():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail("GetQApp", DENIED)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as error:
        test()

    assert error.value.__context__ is None


def test_start_and_stop_do_not_check():
    mock = mock_qapps().start()
    mock.fail("GetQApp", DENIED)
    mock.stop()

    assert complaint(mock.assert_all_used) == NO_CALL  # also after the end


def test_only_the_last_end_checks():
    with mock_qapps() as mock:
        mock.fail("ListQApps", DENIED)
        with mock:
            pass
        with pytest.raises(Exception, match=DENIED):
            mock.client().list_q_apps(instanceId=INSTANCE)


def test_the_option_allows_it():
    with mock_qapps(assert_all_used=False) as mock:
        mock.fail("GetQApp", DENIED)

        assert complaint(mock.assert_all_used) == NO_CALL


def test_after_a_reset_nothing_is_missed():
    with mock_qapps() as mock:
        mock.fail("GetQApp", DENIED)
        mock.reset()
        mock.assert_all_used()


def test_one_call_is_enough():
    with mock_qapps() as mock:
        mock.fail("ListQApps", DENIED, times=3)
        with pytest.raises(Exception, match=DENIED):
            mock.client().list_q_apps(instanceId=INSTANCE)


def test_a_nested_mock_answers_for_its_own_scripts():
    with mock_qapps() as outer:
        outer.fail("ListQApps", DENIED)
        with mock_qapps():
            pass
        with mock_qapps(), pytest.raises(Exception, match=DENIED):
            client().list_q_apps(instanceId=INSTANCE)


def test_everything_that_is_missing_is_listed():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail("GetQApp", "ThrottlingException", when={"appId": "x"}, after=1, times=None)
            mock.answer("Summary", "x" * 100, "y")
            mock.predict(PREDICTION)

    assert complaint(test) == (
        "3 scripts were not used:\n"
        "  fail('GetQApp', 'ThrottlingException', when={'appId': 'x'}, after=1, times=None)\n"
        "    No call of GetQApp came, and none of another operation.\n"
        f"  answer('Summary', '{'x' * 27}...{'x' * 28}', 'y')\n"
        "    No app has a query card or a plugin card 'Summary'.\n"
        "  predict({'appDefinition': {'cards': []}, 'title': 'T'})\n"
        "    No call of PredictQApp came, and none of another operation.\n"
        f"{CURE}"
    )


def test_it_says_what_was_called_instead():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail("GetQAppSession", DENIED)
            create_app(mock.client())
            mock.client().list_q_apps(instanceId=INSTANCE)

    assert "No call of GetQAppSession came. Called: CreateQApp (1), ListQApps (1).\n" in complaint(test)


def test_it_says_that_the_calls_that_came_did_not_match():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail("CreateQApp", DENIED, when={"title": "Other"})
            mock.fail("ListQApps", DENIED, after=2)
            create_app(mock.client())
            mock.client().list_q_apps(instanceId=INSTANCE)

    text = complaint(test)
    assert (
        "1 call of CreateQApp came (success). None had the parameters of when, or another script took it.\n"
        in text
    )
    assert "1 call of ListQApps came (success). 1 matched, and after=2 lets the first 2 pass.\n" in text


def test_it_says_that_the_calls_that_came_were_refused_earlier():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail("CreateQApp", DENIED, times=None)
            mock.fail("CreateQApp", "ThrottlingException")
            for _ in range(6):
                with pytest.raises(Exception, match=DENIED):
                    create_app(mock.client())

    outcomes = f"{5 * f'{DENIED}, '}..."
    assert complaint(test) == (
        "1 script was not used:\n  fail('CreateQApp', 'ThrottlingException')\n"
        f"    6 calls of CreateQApp came ({outcomes}). Other scripts took them, or they were refused earlier.\n{CURE}"
    )


def test_it_says_that_after_let_an_upload_pass():
    def test() -> None:
        with mock_qapps() as mock:
            granted = grant(mock.client())
            mock.fail_upload(after=2)
            requests.post(
                granted["presignedUrl"], data=granted["presignedUrlFields"], files={"file": CONTENT}
            )

    assert (
        "\n    1 matched, and after=2 lets the first 2 pass. "
        "No other form upload to a presigned URL of Q Apps came that it could fail.\n" in complaint(test)
    )


def test_it_says_that_calls_came_before_the_script():
    def test() -> None:
        with mock_qapps() as mock:
            create_app(mock.client())
            mock.fail("CreateQApp", DENIED)
            mock.fail("CreateQApp", DENIED, when={"title": "Other"})

    text = complaint(test)
    assert (
        text.count(
            "\n    1 call of CreateQApp came before this was scripted (success), and none after that.\n"
        )
        == 2
    )


def test_it_counts_only_the_calls_that_came_after_the_script():
    def test() -> None:
        with mock_qapps() as mock:
            create_app(mock.client())
            mock.fail("CreateQApp", DENIED)
            mock.fail("CreateQApp", "ConflictException")
            with pytest.raises(Exception, match=DENIED):
                create_app(mock.client())

    assert (
        f"\n    1 call of CreateQApp came after this was scripted ({DENIED}). "
        "Another script took it, or it was refused earlier.\n" in complaint(test)
    )


def test_it_suggests_no_other_operation_for_a_prediction():
    def test() -> None:
        with mock_qapps() as mock:
            mock.predict({"title": "T", "appDefinition": {"cards": []}})
            mock.client().get_q_app(instanceId=INSTANCE, appId=create_app(mock.client())["appId"])

    assert "\n    No call of PredictQApp came. Called: CreateQApp (1), GetQApp (1).\n" in complaint(test)


def test_it_says_what_a_callable_has_raised():
    def test() -> None:
        with mock_qapps() as mock:
            mock.fail("CreateQApp", DENIED, when=lambda parameters: parameters["titel"])
            create_app(mock.client())

    assert "\n    Its callable when raised KeyError: 'titel'\n" in complaint(test)


@pytest.mark.parametrize(
    ("card", "why"),
    [
        ("QERY", "No app has a query card or a plugin card 'QERY'. Did you mean 'QUERY'?"),
        ("query", "No app has a query card or a plugin card 'query'. Did you mean 'QUERY'?"),
        ("TEXT", "No app has a query card or a plugin card 'TEXT'."),
        (
            "QUERY",
            "No session has run the card 'QUERY' since it was scripted, or another script answered it.",
        ),
    ],
)
def test_it_knows_the_cards(card, why):
    def test() -> None:
        with mock_qapps() as mock:
            mock.answer(card, "text")
            body = query_card("Hello")
            body["qQuery"]["title"] = "QUERY"
            create_app(mock.client(), text_card(), body)

    assert f"\n    {why}\n" in complaint(test)


def test_an_answer_that_a_card_took_is_used():
    with mock_qapps() as mock:
        body = query_card("Hello")
        mock.answer(body["qQuery"]["title"], "a", "b")
        start(mock.client(), text_card(), body, TEXT="x")


def test_answers_that_were_replaced_are_not_missed():
    with mock_qapps() as mock:
        body = query_card("Hello")
        for text in "ab":
            mock.answer(body["qQuery"]["title"], text)
        start(mock.client(), text_card(), body, TEXT="x")


# Classes


q = mock_qapps()


@q
class Cases(unittest.TestCase):
    """Run by the tests below."""

    def missing(self) -> None:
        q.fail("GetQApp", DENIED)

    def failing(self) -> None:
        q.fail("GetQApp", DENIED)
        self.fail("of the test")

    @unittest.expectedFailure
    def expected(self) -> None:
        q.fail("GetQApp", DENIED)
        self.fail("of the test")

    def skipping(self) -> None:
        q.fail("GetQApp", DENIED)
        self.skipTest("of the test")

    def used_in_a_cleanup(self) -> None:
        q.fail("ListQApps", DENIED)
        self.addCleanup(self._list)

    def _list(self) -> None:
        with self.assertRaises(Exception):  # noqa: B017, PT027  # any
            client().list_q_apps(instanceId=INSTANCE)


@pytest.mark.parametrize("name", ["missing", "failing", "expected", "skipping", "used_in_a_cleanup"])
def test_a_test_case(name):
    result = unittest.TestResult()
    Cases(name).run(result)

    texts = [text.splitlines()[-1] for _, text in result.failures]
    assert result.errors == []
    assert texts == {"missing": [CURE], "failing": ["AssertionError: of the test"]}.get(name, [])


def test_a_test_case_that_is_debugged():
    assert complaint(Cases("missing").debug) == NO_CALL
    assert complaint(Cases("failing").debug) == "of the test"


def test_the_hooks_of_a_test_case():
    def run(method: str) -> list[str]:
        handle = mock_qapps()

        @handle
        class Case(unittest.TestCase):
            @classmethod
            def setUpClass(cls) -> None:
                handle.fail("GetQApp", DENIED)

            def passing(self) -> None:
                pass

            def failing(self) -> None:
                self.fail("of the test")

        result = unittest.TestResult()
        unittest.TestSuite([Case(method)]).run(result)
        return [text.splitlines()[-1] for _, text in result.failures + result.errors]

    assert run("passing") == [CURE]
    assert run("failing") == ["AssertionError: of the test"]


def test_a_subclass_can_check_by_hand():
    mock = MockQApps(assert_all_used=False)
    with mock:
        mock.assert_all_used()
