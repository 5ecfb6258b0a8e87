"""Who may use the control API and Moto's ``/moto-api/``: checks of Host, Origin and token.

Calls of Q Apps and uploads are open to web pages of any origin. These paths are not: they show all
uploads, return keys of users, and delete the state. A browser states in ``Origin`` which page sends a
request, and in ``Host`` the name that the page was loaded from. A page whose name suddenly resolves to
127.0.0.1 (DNS rebinding) has an ``Origin`` of the server's own, so ``Host`` must be known, too.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from qapps_mock.http_message import Response

# Moto serves every path with this beginning, in lower case and with one slash.
_GUARDED = re.compile("/*moto-api", re.IGNORECASE).match
_AUTHORITY = re.compile(r"(\[[^\[\]]+\]|[^\[\]:/?#@\\\s]+)(?::([0-9]*))?").fullmatch
_ORIGIN = re.compile("(https?)://(.+)", re.IGNORECASE).fullmatch
_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*").fullmatch
_TOKEN = re.compile("[A-Za-z0-9._~+/-]+=*").fullmatch  # RFC 6750
_PORTS = {"http": "80", "https": "443"}
_WHERE = "The control API and Moto's /moto-api/"


class _Authority(NamedTuple):
    """Host and port; an address in its canonical form, a name in lower case without a dot at the end."""

    host: str
    port: str


class Access:
    """Decides which requests to the guarded paths a server accepts.

    Args:
        allowed_hosts: names that a Host header may have, besides ``localhost`` and all addresses.
        token: each request must send it; None: no token is needed.
    """

    def __init__(self, *, allowed_hosts: Iterable[str] = (), token: str | None = None) -> None:
        self._names = {"localhost", *map(host_name, allowed_hosts)}
        self._token = None if token is None else require_token(token).encode()

    def find_refusal(self, environ: WSGIEnvironment) -> Response | None:
        """Return the response to a request that is refused; None: the request is accepted."""
        problem = self._problem_of_host(environ.get("HTTP_HOST")) or _problem_of_page(environ)
        if problem is not None:
            return refusal(403, problem)
        if self._token is None or self._has_token(environ.get("HTTP_AUTHORIZATION", "")):
            return None
        return refusal(
            401,
            f"{_WHERE} of this server need a token: the one that was passed to --control-token, or that the "
            "server printed on stderr when it started. Send it as 'Authorization: Bearer TOKEN'; in Moto's server "
            "mode, set QAPPS_MOCK_CONTROL_TOKEN to it.",
            {"WWW-Authenticate": "Bearer"},
        )

    def _problem_of_host(self, sent: str | None) -> str | None:
        if sent is None:  # HTTP/1.0; every browser sends one
            return None
        authority = _authority(sent)
        if authority is not None and (authority.host in self._names or _address(authority.host) is not None):
            return None
        named = authority is not None and _NAME(authority.host)
        option = f"--allowed-host {authority.host}" if authority and named else "--allowed-host and its name"
        return (
            f"Host {_shown(sent)} is not allowed. {_WHERE} respond to an IP address, localhost, and the names passed "
            f"to --allowed-host. Use one of these, or start qapps-mock server with {option}."
        )

    def _has_token(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        # WSGI reads headers as Latin-1.
        sent, expected = token.strip().encode("latin-1", "replace"), self._token or b""
        return hmac.compare_digest(sent, expected) and scheme.lower() == "bearer"


def guards(path: str) -> bool:
    """Tell whether a decoded path needs `Access`."""
    return _GUARDED(path) is not None


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a host."""
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def host_name(text: str) -> str:
    """Return a name of `Access` in the form in which it is compared.

    Raises:
        ValueError: it is not a host name.
    """
    authority = _authority(text)
    if authority is None or ":" in text or not _NAME(authority.host):
        raise ValueError(
            f"{text!r} is not a host name: pass a name without scheme and port, for example mock.test"
        )
    return authority.host


def require_token(text: str) -> str:
    """Return a token.

    Raises:
        ValueError: a header cannot have it. The message does not contain the token.
    """
    if not _TOKEN(text):
        raise ValueError("pass a token of letters, digits and -._~+/, with = only at the end")
    return text


def _problem_of_page(environ: WSGIEnvironment) -> str | None:
    """Return why the page that sent a request must not send it."""
    origin = environ.get("HTTP_ORIGIN")
    if environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
        return f"{_WHERE} allow no requests of web pages that need a CORS preflight. Send the request from your test."
    if origin is not None:
        own = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST', '')}"
        parts = _split_origin(origin)
        if parts is not None and (parts == _split_origin(own) or is_loopback(parts[1].host)):
            return None
        page = f"Origin {_shown(origin)}"
    elif environ.get("HTTP_SEC_FETCH_SITE", "").lower() == "cross-site":
        # A browser sends no Origin with the GET of an image, a script, a frame or a link.
        page = "A request from a page of another site"
    else:
        return None
    return (
        f"{page} is not allowed. {_WHERE} accept requests of the server's own pages, of pages on loopback, and of "
        "clients that are not browsers. Send the request from your test, or type the URL into the browser."
    )


def _split_origin(origin: str) -> tuple[str, _Authority] | None:
    match = _ORIGIN(origin)
    authority = None if match is None else _authority(match[2])
    if match is None or authority is None:
        return None
    scheme = match[1].lower()
    return scheme, _Authority(authority.host, authority.port or _PORTS[scheme])


def _authority(text: str) -> _Authority | None:
    match = _AUTHORITY(text)
    if match is None:
        return None
    host = match[1].strip("[]").lower().removesuffix(".")
    address = _address(host)
    return _Authority(host if address is None else str(address), match[2] or "")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _shown(sent: str) -> str:
    return json.dumps(sent[:200].encode("latin-1", "replace").decode("utf-8", "replace"))


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response to a request that a server refuses."""
    body = json.dumps({"error": "Refused", "message": message}).encode()
    return status, {"Content-Type": "application/json", **(headers or {})}, body
