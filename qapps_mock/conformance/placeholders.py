"""Placeholders for what must not be published: ids, ARNs, accounts, users, hosts, URLs, keys, tokens, times.

A placeholder keeps what a comparison needs: the kind of a value; a number, so that equal values stay equal; the
length and alphabet of a token, the version of a UUID, the seconds between the response and a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl, quote, urlsplit

_TIMES = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?",
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
    r"\b20\d{6}T\d{6}Z",
)
_UUID = r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
_WORD = "A-Za-z0-9"
# Each kind and its pattern, in the order in which they are tried at a place.
_PATTERNS = {
    "url": r"https?://[^\s\"'<>,)]+",
    "arn": r"arn:aws[a-z-]*:[^\s\"'<>,)]+",
    "email": rf"[{_WORD}._%+-]+@[{_WORD}-]+(?:\.[{_WORD}-]+)+",
    "time": "|".join(_TIMES),
    "user": rf"\b[0-9a-f]{{10}}-{_UUID}",
    "uuid": rf"(?<![{_WORD}]){_UUID}(?![{_WORD}])",
    "access-key": r"\b(?:AKIA|ASIA|AROA|AIDA|AGPA|ANPA|ABIA|ACCA)[A-Z0-9]{16,}",
    "ip": r"\b\d{1,3}(?:\.\d{1,3}){3}\b",
    "host": rf"\b(?:[{_WORD}-]+\.)+(?:com|net|org|io|aws|dev|cn|eu|us|uk|de|gov|mil|edu|internal|local)\b(?:\.cn)?",
    # Not the first digits of an ETag.
    "account": rf"(?<!\d)(?![0-9a-f]{{16,}}(?![{_WORD}+/_=-]))\d{{12}}(?!\d)",
    "day": r"\b20\d{6}\b",
    "token": rf"[{_WORD}+/]{{16,}}=*|[{_WORD}_-]{{16,}}=*",
}
_KINDS = "|".join(f"(?P<{kind.replace('-', '_')}>{pattern})" for kind, pattern in _PATTERNS.items())
_KIND = re.compile(_KINDS)
# What an ARN, a URL or a message may show: nouns of AWS, no names of people or companies.
_NOUNS = frozenset(
    [
        "qapps",
        "qbusiness",
        "s3",
        "sts",
        "iam",
        "sso",
        "application",
        "qapp",
        "session",
        "app",
        "user",
        "role",
        "assumed-role",
        "root",
        "bucket",
        "object",
    ]
)
# The alphabet of random text; base64 and base64url are one, for short texts show no difference.
_ALPHABETS = (("hex", "(?=.*[a-f])[0-9a-f]+"), ("upper", "[A-Z0-9]+"), ("base64", ".*"))
_QUERY = re.compile(r"(X-Amz-[A-Za-z-]+|bucket|key|etag|response-[a-z-]+)$").match
_WORDS = re.compile(r"[A-Za-z]*\d?|\d{1,3}").fullmatch
# Known values with fewer characters than the first number are not replaced. Those with fewer than the second
# are replaced only as whole words.
_AT_LEAST, _LONG = 3, 8
# How far a time is from a response is a fact about the service only if it is near.
_NEAR = timedelta(days=40)


class Placeholders:
    """The placeholders of one probe, numbered in the order in which the values come.

    Args:
        known: values of this run, and the words that replace them.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = {text: f"<{word}>" for text, word in known.items() if len(text) >= _AT_LEAST}
        self._numbers: dict[tuple[str, str], int] = {}
        self._names: set[str] = set()
        self._at = datetime.now(timezone.utc)
        self._pattern = self._compile()

    def _compile(self) -> re.Pattern[str]:
        literal = sorted([*self._known, *self._names], key=len, reverse=True)
        own = "|".join(
            re.escape(each) if len(each) >= _LONG else rf"(?<![{_WORD}]){re.escape(each)}(?![{_WORD}])"
            for each in literal
        )
        return re.compile(f"(?P<own>{own or '(?!)'})|{_KINDS}")

    def at(self, moment: datetime) -> None:
        """Measure times from *moment* from now on."""
        self._at = moment

    def learn(self, text: str) -> None:
        """Remember the names of people, roles and accounts in the ARNs of *text*, which may come again alone."""
        before = len(self._names)
        for arn in re.findall(_PATTERNS["arn"], text):
            for part in re.split("[:/]", arn)[4:]:
                is_name = len(part) >= _AT_LEAST and part not in _NOUNS and part not in self._known
                if is_name and not _KIND.fullmatch(part):
                    self._names.add(part)
        if len(self._names) > before:
            self._pattern = self._compile()

    def masked(self, text: str) -> str:
        """Return *text* with a placeholder for each value in it that must not be published."""
        return self._pattern.sub(self._replace, text)

    def typed(self, text: str) -> str | None:
        """Return the placeholder for *text* when all of it is such a value; None: it is other text."""
        found = self._pattern.fullmatch(text)
        if found and found.lastgroup == "token":  # random or not: the value is not shown anyway
            return f"<token:{self._number('token', text)} {_of_token(text)}>"
        placeholder = self._replace(found) if found else text
        return None if placeholder == text else placeholder

    def _replace(self, match: re.Match[str]) -> str:
        kind, text = (match.lastgroup or "").replace("_", "-"), match[0]
        if kind == "own":
            return self._known.get(text) or f"<name:{self._number('name', text)}>"
        describe = _DESCRIBED.get(kind)
        if kind == "time":
            return _time(text, self._at)
        if kind == "day":
            return "<day>"
        if kind == "token" and not _is_token(text):
            return text
        about = describe(text) if describe else ""
        name = f"uuid{match[0][14]}" if kind == "uuid" else kind
        name = name.upper() if kind == "uuid" and text != text.lower() else name
        return f"<{name}:{self._number(name, text)}{about and ' '}{about}>"

    def _number(self, kind: str, text: str) -> int:
        numbers = self._numbers
        of_kind = sum(1 for each, _ in numbers if each == kind)
        return numbers.setdefault((kind, text), of_kind + 1)


def known_values(words: Mapping[str, str]) -> dict[str, str]:
    """Return the words for values as they are written, and as a URL has them."""
    found = {value: word for word, value in words.items() if value}
    return {**{quote(value, safe=""): word for value, word in found.items()}, **found}


def _is_token(text: str) -> bool:
    """Tell whether *text* is random: words, names of fields and codes are not."""
    bare = text.rstrip("=")
    if "/" in bare and all(_WORDS(part) for part in bare.split("/")):
        return False
    has_digit, has_upper = bool(re.search(r"\d", bare)), bool(re.search("[A-Z]", bare))
    has_lower = bool(re.search("[a-z]", bare))
    if re.fullmatch("[0-9a-f]{16,}|[A-Z0-9]{16,}", bare):
        return has_digit
    if has_digit and has_upper and has_lower and len(text) >= 20:
        return "-" not in bare or len(text) >= 32
    return len(text) >= 40 and "-" not in bare and "_" not in bare


def _time(text: str, at: datetime) -> str:
    shape = re.sub(r"\d", "9", text)
    shape = re.sub("^[A-Z][a-z]{2}, 99 [A-Z][a-z]{2}", "Day, 99 Mon", shape)
    try:
        distance = _moment(text) - at
        far = "long after" if distance > timedelta() else "long before"
        seconds = f"{round(distance.total_seconds()):+d}s" if abs(distance) < _NEAR else far
    except (ValueError, OverflowError):
        seconds = "not a time"
    return f"<time:{seconds} {shape}>"


def _moment(text: str) -> datetime:
    if "," in text:
        found = parsedate_to_datetime(text)
    elif "-" in text:
        found = datetime.fromisoformat(re.sub(r"\.(\d{1,6})\d*", _six, text).replace("Z", "+00:00"))
    else:
        found = datetime.strptime(f"{text}+0000", "%Y%m%dT%H%M%SZ%z")
    return found.replace(tzinfo=found.tzinfo or timezone.utc)


def _six(match: re.Match[str]) -> str:
    return f".{match[1]:0<6}"


def _of_token(text: str) -> str:
    alphabet = next(name for name, pattern in _ALPHABETS if re.fullmatch(pattern, text))
    return f"{alphabet} {len(text)}"


def _of_arn(text: str) -> str:
    parts = text.split(":", 5)
    resource = "/".join(
        each if each in _NOUNS else "*" for each in re.split("[:/]", parts[5] if len(parts) > 5 else "")
    )
    return f"{parts[2] if len(parts) > 2 and parts[2] in _NOUNS else '*'} {resource}"


def _of_url(text: str) -> str:
    try:
        pairs = parse_qsl(urlsplit(text).query, keep_blank_values=True)
    except ValueError:
        return "broken"
    return "?" + ",".join(name if _QUERY(name) else "*" for name, _ in pairs) if pairs else ""


_DESCRIBED: Mapping[str, Callable[[str], str]] = {"token": _of_token, "arn": _of_arn, "url": _of_url}
