"""The auth service's public keys: fetched within limits, cached, and served on from when it is down."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from catalog_service.json_web_keys import InvalidKeySet, parse_key_set
from common.refusals import Unavailable

FETCH_SECONDS = 2.0
LARGEST_KEY_SET = 64 * 1024
COLD_RETRY_SECONDS = 1.0
"""How soon a service that has no keys yet asks again."""

log = logging.getLogger(__name__)

Keys = dict[str, RSAPublicKey]


class KeysUnavailable(Unavailable):
    """No public keys could be had, so no token can be checked."""

    msg = "Tokens can't be checked at the moment. Try again in a few seconds."


def fetch_key_set(url: str) -> Keys:
    """Fetch and parse a key set within FETCH_SECONDS, without following redirects.

    Raises InvalidKeySet, requests.RequestException, urllib3.exceptions.HTTPError, OSError.
    """
    deadline = time.monotonic() + FETCH_SECONDS
    with requests.Session() as session:
        # No proxy and no .netrc of the environment stands between the services.
        session.trust_env = False
        session.mount("http://", _BoundedAdapter())
        with session.get(url, stream=True, allow_redirects=False, timeout=(1, FETCH_SECONDS)) as response:
            if response.status_code != requests.codes.ok:
                raise InvalidKeySet(f"the answer was {response.status_code}")
            return parse_key_set(_read_body(response, deadline))


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


def _read_body(response: requests.Response, deadline: float) -> bytes:
    """Read a body that may arrive a byte at a time: the time limit of `requests` is for each read alone."""
    body = b""
    while chunk := response.raw.read1(8192, decode_content=True):
        body += chunk
        if len(body) > LARGEST_KEY_SET:
            raise InvalidKeySet("the answer is too large")
        if time.monotonic() > deadline:
            raise InvalidKeySet("the answer takes too long")
    return body


class KeySet:
    """A copy of the auth service's key set, kept fresh without holding up a request that it can serve."""

    def __init__(
        self,
        fetch: Callable[[], Keys],
        refresh_seconds: float,
        stale_seconds: float,
        cooldown_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """See `CatalogSettings` for the times."""
        self._fetch = fetch
        self._refresh_seconds = refresh_seconds
        self._stale_seconds = stale_seconds
        self._cooldown_seconds = cooldown_seconds
        self._clock = clock
        self._keys: Keys = {}
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._unknown_at = float("-inf")
        self._one_fetch = threading.Lock()

    def find(self, kid: str) -> RSAPublicKey | None:
        """Give the key with this id, or None. Raises KeysUnavailable without a copy that is young enough."""
        self.require()
        key = self._keys.get(kid)
        # A clock of its own: a regular fetch a moment ago must not keep a key that is newer from being found.
        if key is None and self._clock() - self._unknown_at >= self._cooldown_seconds:
            self._unknown_at = self._clock()
            self._refresh()
            key = self._keys.get(kid)
        return key

    def require(self) -> None:
        """See to it that there are keys. Raises KeysUnavailable."""
        age = self._clock() - self._fetched_at
        if age > self._stale_seconds:
            self._refresh_cold()
        elif age > self._refresh_seconds and self._may_try(self._refresh_seconds / 2):
            threading.Thread(target=self._refresh, daemon=True, name="key-set-refresh").start()

    def _refresh_cold(self) -> None:
        """Fetch with the request waiting, since nothing can be served without."""
        with self._one_fetch:
            if self._clock() - self._fetched_at > self._stale_seconds and self._may_try(COLD_RETRY_SECONDS):
                self._try_fetch()
        if self._clock() - self._fetched_at > self._stale_seconds:
            raise KeysUnavailable

    def _refresh(self) -> None:
        """Fetch, unless another thread does so already."""
        if self._one_fetch.acquire(blocking=False):
            try:
                self._try_fetch()
            finally:
                self._one_fetch.release()

    def _may_try(self, least_seconds: float) -> bool:
        return self._clock() - self._tried_at >= least_seconds

    def _try_fetch(self) -> None:
        # Noted before and after, so that those that waited for this fetch don't each try in turn.
        self._tried_at = self._clock()
        try:
            self._keys = self._fetch()
            self._fetched_at = self._clock()
        except Exception:
            # Whatever breaks in a fetch must not reach a request that the last copy can serve.
            log.exception("the key set could not be fetched, the last copy stays")
        finally:
            self._tried_at = self._clock()
