"""Counts what bcrypt is asked to do."""

from collections.abc import Callable

from flask_bcrypt import Bcrypt

from auth_service.passwords import PasswordHasher, TooManyLogins
from common.turns import Turns
from tests.unit.auth_on_sqlite import CHEAP_ROUNDS


class CountingBcrypt:
    """bcrypt itself, with a record of the calls and something to do at each."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Do `meanwhile` at each call, while the caller waits."""
        self.bcrypt = Bcrypt()
        self.meanwhile = meanwhile
        self.calls: list[str] = []

    def generate_password_hash(self, password: bytes, rounds: int) -> bytes:
        """Hash a password."""
        self.calls.append("hash")
        self.meanwhile()
        made: bytes = self.bcrypt.generate_password_hash(password, rounds)
        return made

    def check_password_hash(self, stored: str, password: bytes) -> bool:
        """Compare a password with a hash, whose rounds decide how much work that is."""
        self.calls.append(f"check at {stored[:7]}")
        self.meanwhile()
        return bool(self.bcrypt.check_password_hash(stored, password))


def make_hasher(bcrypt: CountingBcrypt | None = None, rounds: int = CHEAP_ROUNDS) -> PasswordHasher:
    """Make a hasher that never turns anybody away."""
    return PasswordHasher(bcrypt or CountingBcrypt(), rounds, Turns(8, 100, 10, TooManyLogins))
