"""Asks the auth service for a small document, within limits of time and size, and goes nowhere else."""

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple, Self, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

FETCH_SECONDS = 2.0


class UnusableAnswer(Exception):
    """The answer can't be used."""


class Fetched(NamedTuple):
    """An answer of 200, or of 304 to a conditional request."""

    body: bytes | None
    """None if what the client has is still right (304)."""
    etag: str | None


def fetch(url: str, largest: int, headers: Mapping[str, str] = MappingProxyType({})) -> Fetched:
    """Fetch up to `largest` bytes within FETCH_SECONDS, without following redirects.

    Raises UnusableAnswer, requests.RequestException, urllib3.exceptions.HTTPError, OSError.
    """
    with requests.Session() as session, _Deadline() as deadline:
        # No proxy and no .netrc of the environment stands between the services.
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, _BoundedAdapter(deadline))
        with session.get(
            url, headers=dict(headers), stream=True, allow_redirects=False, timeout=(1, FETCH_SECONDS)
        ) as response:
            etag = response.headers.get("ETag")
            if response.status_code == requests.codes.not_modified and "If-None-Match" in headers:
                return Fetched(None, etag)
            if response.status_code != requests.codes.ok:
                raise UnusableAnswer(f"the answer was {response.status_code}")
            body = _read_body(response, largest)
            if deadline.is_over:
                # An answer that says no length looks whole when its connection ends.
                raise UnusableAnswer("the answer takes too long")
            return Fetched(body, etag)


class _Deadline:
    """Ends a fetch's connections FETCH_SECONDS after it began: `requests` limits each wait alone."""

    def __init__(self) -> None:
        self.is_over = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(FETCH_SECONDS, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, sock: socket.socket) -> None:
        self._sockets.append(sock)
        if self.is_over:
            _shut_down(sock)

    def _end(self) -> None:
        self.is_over = True
        for sock in self._sockets:
            _shut_down(sock)


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, deadline: _Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def get_connection_with_tls_context(self, *arguments: Any, **options: Any) -> HTTPConnectionPool:
        pool: Any = super().get_connection_with_tls_context(*arguments, **options)
        pool.ConnectionCls = _watched(pool.ConnectionCls, self._deadline)
        return cast(HTTPConnectionPool, pool)


def _watched(kind: Any, deadline: _Deadline) -> Any:
    """Give a class of connections that end with the deadline; TLS has to be agreed on within a second."""

    class Watched(kind):  # type: ignore[misc]
        def connect(self) -> None:
            super().connect()
            deadline.watch(self.sock)

    return Watched


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):
        # Not TLS's own method, which takes the encryption away from who reads at this moment.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _read_body(response: requests.Response, largest: int) -> bytes:
    body = b""
    while chunk := response.raw.read1(65_536, decode_content=True):
        body += chunk
        if len(body) > largest:
            raise UnusableAnswer("the answer is too large")
    return body
