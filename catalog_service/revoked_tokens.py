"""Which tokens were revoked, as the auth service lists them: polled in the background, never per request."""

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from catalog_service.bounded_fetch import FETCH_SECONDS, UnusableAnswer, fetch
from common.refusals import Unavailable

LARGEST_FEED = 8 * 1024 * 1024
"""Bytes: some 200,000 tokens, all revoked within the quarter of an hour that a token lives."""
COLD_RETRY_SECONDS = 1.0
"""How soon a service that has no list, or too old a one, asks again."""

log = logging.getLogger(__name__)


class RevokedTokensUnavailable(Unavailable):
    """It can't be known which tokens were revoked, so none can be accepted."""

    msg = "Tokens can't be checked at the moment. Try again in a few seconds."


class RevokedTokensFeed:
    """The auth service's list, which it sends only if it has changed (RFC 9110, section 13.1.2)."""

    def __init__(self, url: str) -> None:
        """`url` is where the auth service has the list."""
        self._url = url
        self._etag: str | None = None
        self._token_ids: frozenset[str] = frozenset()

    def fetch(self) -> frozenset[str]:
        """Give the ids of the revoked tokens.

        Raises UnusableAnswer, requests.RequestException, urllib3.exceptions.HTTPError, OSError.
        """
        headers = {} if self._etag is None else {"If-None-Match": self._etag}
        body, etag = fetch(self._url, LARGEST_FEED, headers)
        if body is not None:
            self._token_ids, self._etag = _parse(body), etag
        return self._token_ids


def _parse(body: bytes) -> frozenset[str]:
    try:
        token_ids = json.loads(body)["token_ids"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnusableAnswer("not a list of revoked tokens") from error
    if not isinstance(token_ids, list) or not all(isinstance(token_id, str) for token_id in token_ids):
        raise UnusableAnswer("not a list of revoked tokens")
    return frozenset(token_ids)


class RevokedTokens:
    """A copy of the list, fetched again every few seconds by a thread that the first use starts."""

    def __init__(
        self,
        fetch_ids: Callable[[], frozenset[str]],
        refresh_seconds: float,
        stale_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """See `CatalogSettings` for the times."""
        self._fetch_ids = fetch_ids
        self._refresh_seconds = refresh_seconds
        self._stale_seconds = stale_seconds
        self._clock = clock
        self._token_ids: frozenset[str] = frozenset()
        self._fetched_at = self._tried_at = self._expected_until = float("-inf")
        self._failing = False
        self._one_fetch = threading.Lock()
        self._one_start = threading.Lock()
        self._poller: threading.Thread | None = None
        self._stopped = threading.Event()

    def is_revoked(self, token_id: str) -> bool:
        """Tell whether a token was revoked. Raises RevokedTokensUnavailable without a young enough copy."""
        if self._clock() > self._expected_until:
            self._require_copy()
        return token_id in self._token_ids

    def require(self) -> None:
        """See to it that there is a copy. Raises RevokedTokensUnavailable."""
        if self._clock() > self._expected_until:
            self._require_copy()

    def refresh(self) -> None:
        """Fetch the list; if it can't be had, the last copy stays."""
        with self._one_fetch:
            self._try_fetch()

    def stop(self) -> None:
        """Stop the polling, in a program that goes on without the service."""
        self._stopped.set()
        if self._poller is not None:
            self._poller.join()

    def _require_copy(self) -> None:
        """Do what a look-up leaves out while the polling goes well."""
        self._keep_polling()
        if self._is_stale():
            # With the request waiting, since nothing can be served without.
            with self._one_fetch:
                if self._is_stale() and self._clock() - self._tried_at >= COLD_RETRY_SECONDS:
                    self._try_fetch()
        if self._is_stale():
            raise RevokedTokensUnavailable

    def _keep_polling(self) -> None:
        with self._one_start:
            # A thread does not live on in a process that was forked off.
            if self._poller is None or not self._poller.is_alive():
                poller = threading.Thread(target=self._poll, daemon=True, name="revoked-tokens")
                # Where no thread is to be had the copy serves on, and the next request tries again.
                with suppress(RuntimeError):
                    poller.start()
                    self._poller = poller

    def _is_stale(self) -> bool:
        return self._clock() - self._fetched_at > self._stale_seconds

    def _poll(self) -> None:
        while not self._stopped.wait(self._refresh_seconds):
            self.refresh()

    def _try_fetch(self) -> None:
        # As old as the question: what is revoked while it is answered need not be in the answer.
        asked_at = self._clock()
        try:
            self._token_ids = self._fetch_ids()
            self._fetched_at = asked_at
            # The next one may well come late.
            late = 2 * (self._refresh_seconds + FETCH_SECONDS)
            self._expected_until = asked_at + min(late, self._stale_seconds)
            if self._failing:
                log.warning("the revoked tokens are fetched again")
            self._failing = False
        except Exception:
            # Whatever breaks in a fetch must not end the polling, nor reach what the last copy can serve.
            if not self._failing:
                log.exception("the revoked tokens could not be fetched, the last copy stays")
            self._failing = True
        finally:
            self._tried_at = self._clock()
