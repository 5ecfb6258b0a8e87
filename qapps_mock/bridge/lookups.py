"""HTTP clients that are not mocked: they neither look up a host of AWS nor pass its name to a proxy."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from qapps_mock import endpoints
from qapps_mock.bridge import server_mode
from qapps_mock.bridge.not_mocked import AWS_NEVER, why
from qapps_mock.bridge.start import STUBBER, passthrough
from qapps_mock.bridge.table import Make, Touch, in_place, put_in_place

_UPLOADS_IN_PROCESS = (
    "; presigned URLs are served in process to requests only, unless responses or requests-mock started inside the "
    "mock and handles them (start it before the mock), "
    "and with mock_qapps(upload_host='loopback') to every HTTP client"
)


def _refuse(host: Any) -> None:
    """Raise an error for a host of AWS.

    If the test lets anything through, every host of AWS can be looked up: a host does not show the URL.
    """
    name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else host
    if not isinstance(name, str) or not endpoints.is_aws(name.rstrip(".")):
        return
    in_process = STUBBER.find().enabled
    if passthrough() or not (in_process or (server_mode.is_on() and not server_mode.is_server(name))):
        return
    cure = _UPLOADS_IN_PROCESS if in_process and endpoints.s3_url(f"https://{name}") else ""
    raise socket.gaierror(socket.EAI_NONAME, why(f"requests of this client to {name}") + cure)


def _barred(place: int, keyword: str, host_of: Callable[[Any], Any] = lambda host: host) -> Make:
    """Return what makes a function refuse a host of AWS: in the argument at *place*, or of this name."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def barred(*args: Any, **kwargs: Any) -> Any:
            """Refuse to look up a host of AWS: nothing reaches AWS while a mock is active."""
            _refuse(host_of(kwargs.get(keyword) if keyword in kwargs or place >= len(args) else args[place]))
            return original(*args, **kwargs)

        return barred

    return make


def _first_of_httpx(original: Callable[..., None]) -> Callable[..., None]:
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        """Create a transport; httpx imports httpcore when it creates the first one."""
        original(self, *args, **kwargs)
        if in_place:
            put_in_place()

    return init


def _host_of_address(address: Any) -> Any:
    return address[0] if isinstance(address, tuple) and address else None


def _host_of_url(url: Any) -> Any:
    # A path names no host. A client sends a whole URL to a proxy.
    return urlsplit(url).hostname if isinstance(url, str) and "://" in url[:8] else None


def _host_of_authority(authority: Any) -> Any:
    return urlsplit(f"//{authority}").hostname if isinstance(authority, str) else authority


_BARS = "refuses AWS's hosts"
_PROXY = "no proxy reaches AWS while a mock is active"
_UVLOOP = "nothing reaches AWS by uvloop while a mock is active"
_SOCKET, _LOOP, _CONNECTION = "socket:socket", "uvloop:Loop", "http.client:HTTPConnection"

Touch("socket", "getaddrinfo", AWS_NEVER, _BARS, needed=True, make=_barred(0, "host"))
# The function that the one above calls: a test's own patch of that one can end while the mock is active.
Touch("_socket", "getaddrinfo", AWS_NEVER, _BARS, make=_barred(0, "host"))
for _name in ("gethostbyname", "gethostbyname_ex"):
    Touch("socket", _name, AWS_NEVER, _BARS, make=_barred(0, "hostname"))
Touch("socket", "gethostbyaddr", AWS_NEVER, _BARS, make=_barred(0, "ip_address"))
for _name in ("connect", "connect_ex"):
    Touch(_SOCKET, _name, AWS_NEVER, _BARS, make=_barred(1, "address", _host_of_address))
Touch(_SOCKET, "sendto", AWS_NEVER, _BARS, make=_barred(-1, "address", _host_of_address))
Touch(_LOOP, "getaddrinfo", _UVLOOP, _BARS, make=_barred(1, "host"))
Touch(_LOOP, "create_connection", _UVLOOP, _BARS, make=_barred(2, "host"))
Touch(_LOOP, "sock_connect", _UVLOOP, _BARS, make=_barred(2, "address", _host_of_address))
Touch(_LOOP, "create_datagram_endpoint", _UVLOOP, _BARS, make=_barred(3, "remote_addr", _host_of_address))
Touch(_CONNECTION, "set_tunnel", _PROXY, _BARS, make=_barred(1, "host", _host_of_authority))
Touch(_CONNECTION, "putrequest", _PROXY, _BARS, make=_barred(2, "url", _host_of_url))
_origin = _barred(1, "origin", lambda origin: origin.host)
for _fork in ("", "2"):  # httpx2 is a fork of httpx
    for _name in ("", "Async"):
        _transport, _proxy = f"httpx{_fork}:{_name}HTTPTransport", f"httpcore{_fork}:{_name}HTTPProxy"
        Touch(_transport, "__init__", _PROXY, "then httpcore is imported", make=_first_of_httpx)
        Touch(_proxy, "create_connection", _PROXY, _BARS, make=_origin)
_request = _barred(1, "req", lambda request: request.url.host)
Touch("aiohttp:TCPConnector", "_create_proxy_connection", _PROXY, _BARS, make=_request)
