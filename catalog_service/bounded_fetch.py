"""Asks the auth service for a small document, within limits of time and size, and goes nowhere else."""

import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
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
    deadline = time.monotonic() + FETCH_SECONDS
    with requests.Session() as session:
        # No proxy and no .netrc of the environment stands between the services.
        session.trust_env = False
        session.mount("http://", _BoundedAdapter())
        with session.get(
            url, headers=dict(headers), stream=True, allow_redirects=False, timeout=(1, FETCH_SECONDS)
        ) as response:
            etag = response.headers.get("ETag")
            if response.status_code == requests.codes.not_modified and "If-None-Match" in headers:
                return Fetched(None, etag)
            if response.status_code != requests.codes.ok:
                raise UnusableAnswer(f"the answer was {response.status_code}")
            return Fetched(_read_body(response, largest, deadline), etag)


class _BoundedConnection(HTTPConnection):
    """Ends FETCH_SECONDS after it began: the time limit of `requests` is for each read alone."""

    def connect(self) -> None:
        super().connect()
        self._end = threading.Timer(FETCH_SECONDS, _shut_down, [self.sock])
        self._end.daemon = True
        self._end.start()

    def close(self) -> None:
        if hasattr(self, "_end"):
            self._end.cancel()
        super().close()


class _BoundedPool(HTTPConnectionPool):
    ConnectionCls = _BoundedConnection


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _BoundedPool}


def _shut_down(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _read_body(response: requests.Response, largest: int, deadline: float) -> bytes:
    """Read a body that may arrive a byte at a time: the time limit of `requests` is for each read alone."""
    body = b""
    while chunk := response.raw.read1(65_536, decode_content=True):
        body += chunk
        if len(body) > largest:
            raise UnusableAnswer("the answer is too large")
        if time.monotonic() > deadline:
            raise UnusableAnswer("the answer takes too long")
    return body
