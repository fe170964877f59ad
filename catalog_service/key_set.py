"""The auth service's public keys: fetched within limits, cached, and served on from when it is down."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from catalog_service.bounded_fetch import FETCH_SECONDS, fetch
from catalog_service.json_web_keys import parse_key_set
from common.refusals import Unavailable

LARGEST_KEY_SET = 64 * 1024
COLD_RETRY_SECONDS = 1.0
"""How soon a service that has no keys yet asks again."""

log = logging.getLogger(__name__)

Keys = dict[str, RSAPublicKey]


class KeysUnavailable(Unavailable):
    """No public keys could be had, so no token can be checked."""

    msg = "Tokens can't be checked at the moment. Try again in a few seconds."


def fetch_key_set(url: str) -> Keys:
    """Fetch and parse a key set.

    Raises InvalidKeySet, UnusableAnswer, requests.RequestException, urllib3.exceptions.HTTPError, OSError.
    """
    return parse_key_set(fetch(url, LARGEST_KEY_SET).body or b"")


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
        if kid not in self._keys:
            self._refresh_for(kid)
        return self._keys.get(kid)

    def require(self) -> None:
        """See to it that there are keys. Raises KeysUnavailable."""
        age = self._clock() - self._fetched_at
        if age > self._stale_seconds:
            self._refresh_cold()
        elif age > self._refresh_seconds and self._may_try(self._refresh_seconds / 2):
            # Where no thread is to be had the copy serves on, and the next request tries again.
            with suppress(RuntimeError):
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

    def _refresh_for(self, kid: str) -> None:
        """Wait for a fetch that is under way, and without the key from it fetch once for each cool-down."""
        if not self._one_fetch.acquire(timeout=FETCH_SECONDS):
            return
        try:
            # A clock of its own: a regular fetch a moment ago must not keep a newer key from being found.
            cooled_down = self._clock() - self._unknown_at >= self._cooldown_seconds
            if kid not in self._keys and cooled_down:
                self._try_fetch()
                self._unknown_at = self._clock()
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
