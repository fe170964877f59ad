"""Passwords: hashed with bcrypt, never cut, and by so few threads at once that no other request starves."""

import logging
import unicodedata

from flask_bcrypt import Bcrypt

from common.refusals import Refusal, Unavailable
from common.turns import Turns

LONGEST_PASSWORD = 72
"""Bytes in UTF-8; bcrypt reads no more."""
NUL = b"\0"
LONGEST_INPUT = 1_000
"""Characters; normalising more would only waste time, as no input this long shrinks to 72 bytes."""

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
        self._nobodys_hash = self._hash(b"nobody has this password")

    def hash(self, password: str) -> str:
        """Hash a new password. Raises PasswordTooLong, UnfitPassword, TooManyLogins."""
        secret = comparable(password)
        if NUL in secret:
            raise UnfitPassword
        if len(secret) > LONGEST_PASSWORD:
            raise PasswordTooLong
        with self.turns.turn():
            return self._hash(secret)

    def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether a password belongs to a stored hash; None, for no such account, takes as long.

        Raises TooManyLogins.
        """
        secret = comparable(password)
        if len(secret) > LONGEST_PASSWORD or NUL in secret:
            return False
        with self.turns.turn():
            try:
                matches = self.bcrypt.check_password_hash(
                    self._nobodys_hash if stored is None else stored, secret
                )
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
