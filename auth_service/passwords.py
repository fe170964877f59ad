"""Passwords: hashed with bcrypt, never cut, and by so few threads at once that no other request starves."""

import logging
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from flask_bcrypt import Bcrypt

from common.refusals import Refusal, Unavailable

LONGEST_PASSWORD = 72
"""Bytes in UTF-8; bcrypt reads no more."""
LONGEST_INPUT = 1_000
"""Characters; normalising more would only waste time, as no input this long shrinks to 72 bytes."""

log = logging.getLogger(__name__)


class PasswordTooLong(Refusal):
    """The password is longer than bcrypt reads; cutting it would let a part of it in."""

    msg = f"A password has at most {LONGEST_PASSWORD} bytes in UTF-8."


class TooManyLogins(Unavailable):
    """More passwords wait to be hashed than the service can get through in time."""

    msg = "Too many people sign in at the moment. Try again in a few seconds."


class HashingQueue:
    """Lets a few threads hash at once and a few more wait; the rest are turned away at once."""

    def __init__(self, running: int, waiting: int, seconds: float) -> None:
        """Let `running` threads in, `waiting` more wait up to `seconds` for their turn."""
        self._admitted = threading.BoundedSemaphore(running + waiting)
        self._running = threading.BoundedSemaphore(running)
        self._seconds = seconds

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and hold it. Raises TooManyLogins if there's none to be had."""
        if not self._admitted.acquire(blocking=False):
            raise TooManyLogins
        try:
            if not self._running.acquire(timeout=self._seconds):
                raise TooManyLogins
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._admitted.release()


class PasswordHasher:
    """Makes and checks password hashes."""

    def __init__(self, bcrypt: Bcrypt, rounds: int, queue: HashingQueue) -> None:
        """Hash with 2 to the power of `rounds` iterations, a few at a time by `queue`."""
        self.bcrypt = bcrypt
        self.rounds = rounds
        self.queue = queue
        self._nobodys_hash = self._hash(b"nobody has this password")

    def hash(self, password: str) -> str:
        """Hash a new password. Raises PasswordTooLong, TooManyLogins."""
        secret = comparable(password)
        if len(secret) > LONGEST_PASSWORD:
            raise PasswordTooLong
        with self.queue.turn():
            return self._hash(secret)

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether a password belongs to a stored hash; None, for no such account, takes as long.

        Raises TooManyLogins.
        """
        secret = comparable(password)
        if len(secret) > LONGEST_PASSWORD:
            return False
        with self.queue.turn():
            try:
                matches = self.bcrypt.check_password_hash(stored or self._nobodys_hash, secret)
            except ValueError:
                log.critical("a stored password hash is damaged; its account can't sign in")
                return False
        return bool(matches) and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with fewer rounds than new ones are (`$2b$12$...` has 12)."""
        return int(stored.split("$")[2]) < self.rounds

    def _hash(self, secret: bytes) -> str:
        return str(self.bcrypt.generate_password_hash(secret, self.rounds).decode("ascii"))


def comparable(password: str) -> bytes:
    """Give the bytes that are hashed: NFKC in UTF-8, since keyboards differ in how they compose an accent.

    NIST SP 800-63B-4, section 3.1.1.2, asks for NFKC or NFKD before hashing.
    """
    return unicodedata.normalize("NFKC", password[:LONGEST_INPUT]).encode("utf-8")
