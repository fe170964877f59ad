"""An auth service without HTTP, for the tests of what is done with the keys that it publishes."""

import threading
import time

from catalog_service.key_set import Keys
from tests.unit.signing import KID, PRIVATE_KEY

KEY = PRIVATE_KEY.public_key()
SOON = 5.0
"""Seconds that a test waits for what happens at once."""


class AuthService:
    """Publishes keys, and does not always answer."""

    def __init__(self) -> None:
        """Publish one key, at once."""
        self.now = 1_000.0
        self.keys: Keys = {KID: KEY}
        self.trouble: Exception | None = None
        self.takes_seconds = 0.0
        self.fetches = 0
        self.lock = threading.Lock()
        self.answers = threading.Event()
        self.answers.set()

    def fetch(self) -> Keys:
        """Answer, once `answers` is set."""
        with self.lock:
            self.fetches += 1
        assert self.answers.wait(SOON)
        self.now += self.takes_seconds
        if self.trouble:
            raise self.trouble
        return dict(self.keys)

    def wait_until_asked(self, number: int) -> None:
        """Wait for the beginning of a fetch."""
        deadline = time.monotonic() + SOON
        while self.fetches < number:
            assert time.monotonic() < deadline, f"{self.fetches} fetches"
            time.sleep(0.001)

    def wait_for_fetches(self, number: int) -> None:
        """Wait for the end of a regular fetch."""
        deadline = time.monotonic() + SOON
        while self.fetches < number or threads_that_refresh():
            assert time.monotonic() < deadline, f"{self.fetches} fetches"
            time.sleep(0.001)


def threads_that_refresh() -> list[threading.Thread]:
    """Give those that fetch behind the requests."""
    return [thread for thread in threading.enumerate() if thread.name == "key-set-refresh"]
