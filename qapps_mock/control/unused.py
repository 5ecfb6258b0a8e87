"""What a test has scripted and no call has used: a message that says why, as far as that can be known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from qapps_mock.close_match import did_you_mean
from qapps_mock.control.call import Call, arrival_of
from qapps_mock.control.scripts import Script

CURE = "Remove what the test does not need, or pass assert_all_used=False to mock_qapps or to the marker."


def unused(scripts: Iterable[Script], calls: Sequence[Call], cards: Iterable[str]) -> dict[int, str]:
    """Return a text for each script that no call has used, by the script's number.

    Args:
        scripts: those of a mock.
        calls: that came.
        cards: the ids and titles of the cards that were there.
    """
    left = [script for script in scripts if not script.taken]
    names = list(cards) if left else []
    return {script.number: f"{script.text}\n    {_why(script, calls, names)}" for script in left}


def complaint(texts: Iterable[str]) -> str:
    """Return the message about scripts that no call has used."""
    found = list(texts)
    what = "1 script was" if len(found) == 1 else f"{len(found)} scripts were"
    lines = "\n  ".join(found)
    return f"{what} not used:\n  {lines}\n{CURE}"


def _why(script: Script, calls: Sequence[Call], cards: list[str]) -> str:
    if script.problem is not None:
        return f"Its callable when raised {script.problem}"
    if script.kind == "fail_upload" and script.passed:
        return f"{_passed(script)} No other form upload to a presigned URL of Q Apps came that it could fail."
    if script.kind == "fail_upload":
        return "No form upload to a presigned URL of Q Apps came that it could fail."
    if script.kind == "answer":
        return _why_no_answer(script, cards)
    return _why_no_call(script, calls)


def _why_no_answer(script: Script, cards: list[str]) -> str:
    [card] = script.names
    if card in cards:
        return f"No session has run the card {card!r} since it was scripted, or another script answered it."
    return f"No app has a query card or a plugin card {card!r}.{did_you_mean(card, cards)}"


def _why_no_call(script: Script, calls: Sequence[Call]) -> str:
    what = next(iter(script.names)) if len(script.names) == 1 else "an operation that it is for"
    came = [call for call in calls if call.operation in script.names]
    later = [call for call in came if arrival_of(call) > script.arrival_before]
    if later:
        since = "" if len(later) == len(came) else " after this was scripted"
        return f"{_came(later, what)}{since} ({_outcomes(later)}). {_why_not_these(script, len(later))}"
    if came:
        return f"{_came(came, what)} before this was scripted ({_outcomes(came)}), and none after that."
    called = Counter(call.operation for call in calls)
    if not called:
        return f"No call of {what} came, and none of another operation."
    hint = did_you_mean(what, called) if script.kind == "fail" and len(script.names) == 1 else ""
    counted = ", ".join(f"{name} ({number})" for name, number in called.items())
    return f"No call of {what} came.{hint} Called: {counted}."


def _came(calls: list[Call], what: str) -> str:
    return f"{len(calls)} call{'s' if len(calls) != 1 else ''} of {what} came"


def _outcomes(calls: list[Call]) -> str:
    return ", ".join(call.error or "success" for call in calls[:5]) + ", ..." * (len(calls) > 5)


def _why_not_these(script: Script, number: int) -> str:
    """Say why a script did not apply to that number of calls that came after it."""
    if script.passed:
        return _passed(script)
    if script.when is not None:
        return "None had the parameters of when, or another script took it."
    if number == 1:
        return "Another script took it, or it was refused earlier."
    return "Other scripts took them, or they were refused earlier."


def _passed(script: Script) -> str:
    return f"{script.passed} matched, and after={script.after} lets the first {script.after} pass."
