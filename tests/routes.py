"""Every route by which Python code reaches AWS, and what leaves this process by it.

``python -m tests.routes outside`` (or ``inside`` a mock) prints a JSON object: for each route the names that were
looked up, or that an HTTP proxy was asked for. With ``isolated`` the process must be in a network namespace whose only
name server is 127.0.0.1: then it also sees what C code looks up. Without it, Python's own functions are replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import boto3
import botocore.session
import requests
import urllib3
from botocore.config import Config

from qapps_mock import mock_qapps

HOSTS = ("braket.us-east-1.amazonaws.com", "s3.us-east-1.api.aws", "abc.lambda-url.us-east-1.on.aws")
KEYS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "secret",
    "region_name": "us-east-1",
}
_TIMEOUT = 5
seen: set[str] = set()


def _name(name: str) -> Callable[[str, str], object]:
    return lambda host, proxy: getattr(socket, name)(host)


def _of_socket(name: str, *arguments: Any, kind: int = socket.SOCK_STREAM) -> Callable[[str, str], object]:
    def use(host: str, proxy: str) -> None:
        with socket.socket(type=kind) as one:
            getattr(one, name)(*arguments, (host, 443))

    return use


# --- Event loops


async def _open(host: str, proxy: str) -> None:
    await asyncio.open_connection(host, 443)


async def _look_up(host: str, proxy: str) -> None:
    await asyncio.get_running_loop().getaddrinfo(host, 443)


async def _sock_connect(host: str, proxy: str) -> None:
    with socket.socket() as one:
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, (host, 443))


async def _datagram(host: str, proxy: str) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, 443))


async def _aiohttp(host: str, proxy: str) -> None:
    import aiohttp

    resolver = aiohttp.ThreadedResolver()
    connector = aiohttp.TCPConnector(resolver=resolver)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(f"https://{host}/", proxy=proxy or None),
    ):
        pass


def _httpx(library: str) -> Callable[[str, str], Any]:
    async def use(host: str, proxy: str) -> None:
        httpx = import_module(library)
        async with httpx.AsyncClient(proxy=proxy or None, timeout=_TIMEOUT) as client:
            await client.get(f"https://{host}/")

    return use


async def _aiobotocore(host: str, proxy: str) -> None:
    from aiobotocore.session import get_session

    async with get_session().create_client(
        "s3", endpoint_url=f"https://{host}", config=_config(proxy), **KEYS
    ) as s3:
        await s3.list_buckets()


def _on_asyncio(body: Callable[[str, str], Any]) -> Callable[[str, str], object]:
    return lambda host, proxy: asyncio.run(body(host, proxy))


def _on_uvloop(body: Callable[[str, str], Any]) -> Callable[[str, str], object]:
    def run(host: str, proxy: str) -> None:
        import uvloop

        loop = uvloop.new_event_loop()
        try:
            loop.run_until_complete(body(host, proxy))
        finally:
            loop.close()

    return run


# --- HTTP clients


def _config(proxy: str) -> Config:
    proxies = {"https": proxy} if proxy else None
    return Config(retries={"total_max_attempts": 1}, connect_timeout=_TIMEOUT, proxies=proxies)


def _http_client(host: str, proxy: str) -> None:
    connection = http.client.HTTPConnection(proxy.rpartition("/")[2] or host, timeout=_TIMEOUT)
    if proxy:
        connection.set_tunnel(host, 443)
    with contextlib.closing(connection):
        connection.request("GET", "/")


def _urllib(scheme: str) -> Callable[[str, str], object]:
    def use(host: str, proxy: str) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({scheme: proxy} if proxy else {}))
        opener.open(f"{scheme}://{host}/", timeout=_TIMEOUT).close()

    return use


def _urllib3(scheme: str) -> Callable[[str, str], object]:
    def use(host: str, proxy: str) -> None:
        with urllib3.ProxyManager(proxy) if proxy else urllib3.PoolManager() as pool:
            pool.request("GET", f"{scheme}://{host}/", timeout=_TIMEOUT, retries=False)

    return use


def _requests(host: str, proxy: str) -> None:
    requests.get(f"https://{host}/", timeout=_TIMEOUT, proxies={"https": proxy} if proxy else None)


def _httpx_sync(library: str) -> Callable[[str, str], object]:
    def use(host: str, proxy: str) -> None:
        httpx = import_module(library)
        with httpx.Client(proxy=proxy or None, timeout=_TIMEOUT) as client:
            client.get(f"https://{host}/")

    return use


def _boto3(host: str, proxy: str) -> None:
    boto3.client("s3", endpoint_url=f"https://{host}", config=_config(proxy), **KEYS).list_buckets()


def _boto3_resource(host: str, proxy: str) -> None:
    s3 = boto3.resource("s3", endpoint_url=f"https://{host}", config=_config(proxy), **KEYS)
    list(s3.buckets.all())


def _botocore(host: str, proxy: str) -> None:
    session = botocore.session.Session()
    session.create_client("s3", endpoint_url=f"https://{host}", config=_config(proxy), **KEYS).list_buckets()


def _other_process(host: str, proxy: str) -> None:
    subprocess.run(
        [sys.executable, "-c", f"import socket; socket.getaddrinfo({host!r}, 443)"],
        check=True,
        capture_output=True,
    )


def _pycurl(host: str, proxy: str) -> None:
    import pycurl

    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"https://{host}/")
    curl.setopt(pycurl.TIMEOUT, _TIMEOUT)
    curl.perform()


_LOOPS = {
    "open_connection": _open,
    "getaddrinfo": _look_up,
    "sock_connect": _sock_connect,
    "datagram": _datagram,
}
DIRECT: dict[str, Callable[[str, str], object]] = {
    **{
        f"socket.{each}": _name(each)
        for each in ("gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getfqdn")
    },
    "socket.getaddrinfo": lambda host, proxy: socket.getaddrinfo(host, 443),
    "socket.create_connection": lambda host, proxy: socket.create_connection((host, 443), _TIMEOUT),
    "socket.connect": _of_socket("connect"),
    "socket.connect_ex": _of_socket("connect_ex"),
    "socket.sendto": _of_socket("sendto", b"x", kind=socket.SOCK_DGRAM),
    **{f"asyncio {name}": _on_asyncio(body) for name, body in _LOOPS.items()},
    **{f"uvloop {name}": _on_uvloop(body) for name, body in _LOOPS.items()},
}
CLIENTS: dict[str, Callable[[str, str], object]] = {
    "http.client": _http_client,
    "urllib https": _urllib("https"),
    "urllib http": _urllib("http"),
    "urllib3 https": _urllib3("https"),
    "urllib3 http": _urllib3("http"),
    "requests": _requests,
    "httpx": _httpx_sync("httpx"),
    "httpx asyncio": _on_asyncio(_httpx("httpx")),
    "httpx uvloop": _on_uvloop(_httpx("httpx")),
    "httpx2": _httpx_sync("httpx2"),
    "httpx2 asyncio": _on_asyncio(_httpx("httpx2")),
    "aiohttp": _on_asyncio(_aiohttp),
    "aiohttp uvloop": _on_uvloop(_aiohttp),
    "boto3": _boto3,
    "boto3 resource": _boto3_resource,
    "botocore": _botocore,
    "aiobotocore": _on_asyncio(_aiobotocore),
}
# The documented ones that a mock does not stop.
NOT_STOPPED: dict[str, Callable[[str, str], object]] = {"another process": _other_process, "pycurl": _pycurl}


# --- What leaves


def _note(name: str) -> None:
    seen.update(host for host in HOSTS if host in name.lower())


def _record_dns() -> None:
    """Be the only name server, and refuse every name."""
    server = socket.socket(type=socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def respond() -> None:
        while True:
            query, client = server.recvfrom(4096)
            labels, place = [], 12
            while query[place]:
                labels.append(query[place + 1 : place + 1 + query[place]].decode())
                place += query[place] + 1
            _note(".".join(labels))
            # The same question, with the flags of a response: no such name.
            server.sendto(query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12 : place + 5], client)

    threading.Thread(target=respond, daemon=True).start()


def _record_proxy() -> str:
    """Be an HTTP proxy that refuses every request, and return its URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def respond() -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                _note(connection.recv(4096).decode("latin-1").partition("\r\n")[0])
                connection.sendall(b"HTTP/1.1 502 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    threading.Thread(target=respond, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _record_calls() -> None:
    """Replace Python's own functions, where there is no network namespace."""

    def replace(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def recorded(*args: Any, **kwargs: Any) -> Any:
            _note(repr((args, kwargs)))
            if any(host in repr((args, kwargs)) for host in HOSTS):
                raise OSError(f"{name} was called")
            return original(*args, **kwargs)

        setattr(owner, name, recorded)

    for each in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr"):
        replace(socket, each)
    for each in ("connect", "connect_ex", "sendto"):
        replace(socket.socket, each)
    if find_spec("uvloop"):
        import uvloop

        for each in ("getaddrinfo", "create_connection", "sock_connect", "create_datagram_endpoint"):
            replace(uvloop.Loop, each)


def _left(routes: dict[str, Callable[[str, str], object]], proxy: str) -> Iterator[tuple[str, list[str]]]:
    for name, use in routes.items():
        seen.clear()
        installed = True
        for host in HOSTS:
            try:
                use(host, proxy)
            except ImportError:
                installed = False
            except Exception:  # what is raised is tested in tests/test_network.py
                pass
        if installed:
            yield name + (" by a proxy" if proxy else ""), sorted(seen)


def main(where: str, how: str) -> None:
    for name in ("aiohttp", "httpx", "httpx2", "uvloop", "aiobotocore.session"):
        with contextlib.suppress(ImportError):
            __import__(name)
    _record_dns() if how == "isolated" else _record_calls()
    proxy = _record_proxy()
    with mock_qapps() if where == "inside" else contextlib.nullcontext():
        left = dict([*_left(DIRECT | CLIENTS, ""), *_left(CLIENTS, proxy)])
        if how == "isolated":
            left |= _left(NOT_STOPPED, "")
    print(json.dumps(left))
    sys.stdout.flush()
    os._exit(0)  # not the threads of asyncio's resolvers


if __name__ == "__main__":
    main(*sys.argv[1:])
