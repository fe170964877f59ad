"""Passwords: hashed with bcrypt, never cut, and by so few threads at once that no other request starves."""

import logging
import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import TypeVar

from flask_bcrypt import Bcrypt

from common.refusals import Refusal, Unavailable
from common.turns import Turns

LONGEST_PASSWORD = 72
"""Bytes in UTF-8; bcrypt reads no more."""
NICENESS = 10
NUL = b"\0"
LONGEST_INPUT = 1_000
"""Characters; normalising more would only waste time, as no input this long shrinks to 72 bytes."""

T = TypeVar("T")

log = logging.getLogger(__name__)


class PasswordTooLong(Refusal):
    """The password is longer than bcrypt reads; cutting it would let a part of it in."""

    msg = f"A password has at most {LONGEST_PASSWORD} bytes in UTF-8."


class UnfitPassword(Refusal):
    """The password holds a NUL: bcrypt repeats a password with one, so `a` and `a NUL a` are one."""

    msg = "A password must not hold a NUL character."


class TooManyLogins(Unavailable):
    """More passwords wait to be hashed than the service can get through in time."""

    msg = "Too many people sign in at the moment. Try again in a few seconds."


class PasswordHasher:
    """Makes and checks password hashes."""

    def __init__(self, bcrypt: Bcrypt, rounds: int, turns: Turns) -> None:
        """Hash with 2 to the power of `rounds` iterations, a few at a time by `turns`."""
        self.bcrypt = bcrypt
        self.rounds = rounds
        self.turns = turns
        # Threads of their own, as one that has given way may not take its priority back.
        self._threads = ThreadPoolExecutor(turns.running, "hashing", initializer=_give_way)
        self._nobodys_hash = self._hash(b"nobody has this password")

    def require_room(self) -> None:
        """Raise TooManyLogins if no more passwords may wait to be hashed at this moment."""
        self.turns.require_room()

    def hash(self, password: str) -> str:
        """Hash a new password. Raises PasswordTooLong, UnfitPassword, TooManyLogins."""
        secret = comparable(password)
        if NUL in secret:
            raise UnfitPassword
        if len(secret) > LONGEST_PASSWORD:
            raise PasswordTooLong
        return self._in_turn(lambda: self._hash(secret))

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether a password belongs to a stored hash; None, for no such account, takes as long.

        Raises TooManyLogins.
        """
        secret = comparable(password)
        if len(secret) > LONGEST_PASSWORD or NUL in secret:
            return False
        compared = self._nobodys_hash if stored is None else stored
        try:
            matches = self._in_turn(lambda: self.bcrypt.check_password_hash(compared, secret))
        except ValueError:
            log.critical("a stored password hash is damaged; its account can't sign in")
            return False
        return bool(matches) and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with fewer rounds than new ones are (`$2b$12$...` has 12)."""
        return int(stored.split("$")[2]) < self.rounds

    def _in_turn(self, work: Callable[[], T]) -> T:
        with self.turns.turn():
            # In the caller's context, so that what is logged there has the request's id.
            return self._threads.submit(copy_context().run, work).result()

    def _hash(self, secret: bytes) -> str:
        return str(self.bcrypt.generate_password_hash(secret, self.rounds).decode("ascii"))


def _give_way() -> None:
    """Let every other thread have a core before this one: hashing keeps one busy for a third of a second."""
    # Linux has a niceness for each thread; elsewhere hashing takes part as an equal.
    thread = os.PRIO_PROCESS, threading.get_native_id()
    with suppress(OSError):
        os.setpriority(*thread, max(os.getpriority(*thread), NICENESS))


def comparable(password: str) -> bytes:
    """Give the bytes that are hashed: NFKC in UTF-8, since keyboards differ in how they compose an accent.

    NIST SP 800-63B-4, section 3.1.1.2, asks for NFKC or NFKD before hashing.
    """
    return unicodedata.normalize("NFKC", password[:LONGEST_INPUT]).encode("utf-8")
