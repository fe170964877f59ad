"""What is asked of new passwords; those that are in use stay good."""

import unicodedata
from pathlib import Path
from typing import Literal

from auth_service.passwords import LONGEST_INPUT
from common.refusals import Refusal

LEAST_CHARACTERS = 15
"""NIST SP 800-63B-4, section 3.1.1.2: where a password is all that is asked for."""
LEAST_OF_USERNAME = 4
"""Characters; a shorter name stands in many a good password by chance."""
COMMON_PASSWORDS = Path(__file__).parent / "common_passwords.txt"


class WeakPassword(Refusal):
    """The password is one of those that are guessed first."""


class PasswordTooShort(WeakPassword):
    """Short passwords are found by trying all."""

    msg = f"A password has at least {LEAST_CHARACTERS} characters."


class CommonPassword(WeakPassword):
    """The password stands in lists that guessers go by."""

    msg = "This password is one of the most common ones. Choose another."


class RepeatedPassword(WeakPassword):
    """The password is made long by saying something short again."""

    msg = "A password must not be one shorter part again and again."


class PasswordHoldsUsername(WeakPassword):
    """The password is made from what everybody knows."""

    msg = "A password must not contain the username."


class PasswordPolicy:
    """The rules that a new password has to keep."""

    def __init__(self, name: Literal["none", "nist"]) -> None:
        """Take the rules of that name; raises OSError if their list can't be read."""
        self._asks = name == "nist"
        text = COMMON_PASSWORDS.read_text(encoding="utf-8") if self._asks else ""
        self._common = frozenset(text.split("\n"))

    def check(self, password: str, username: str) -> None:
        """Raise the WeakPassword that says which rule a new password breaks, if it breaks any."""
        if not self._asks:
            return
        # What is longer is refused for its length in any case.
        normal = unicodedata.normalize("NFKC", password[:LONGEST_INPUT])
        if len(normal) < LEAST_CHARACTERS:
            raise PasswordTooShort
        compared, name = _comparable(normal), _comparable(username)
        if compared in self._common:
            raise CommonPassword
        if _repeats_a_part(compared):
            raise RepeatedPassword
        if len(name) >= LEAST_OF_USERNAME and name in compared:
            raise PasswordHoldsUsername


def _comparable(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _repeats_a_part(password: str) -> bool:
    """Tell whether a text is a part that stands in it twice or more, the last time maybe not to its end."""
    return any(password[part:] == password[:-part] for part in range(1, len(password) // 2 + 1))
