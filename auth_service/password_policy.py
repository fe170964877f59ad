"""What is asked of new passwords; those that are in use stay good."""

import unicodedata
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path
from typing import Literal

from auth_service.passwords import LONGEST_INPUT
from common.refusals import Refusal

LEAST_CHARACTERS = 15
"""NIST SP 800-63B-4, section 3.1.1.2: where a password is all that is asked for."""
LEAST_OF_USERNAME = 4
"""Characters; a shorter name stands in many a good password by chance."""
ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
)
"""Neighbours on keyboards: English, German and French ones."""
NEIGHBOURS = frozenset(frozenset(pair) for row in ROWS for pair in pairwise(row))
MOST_NEIGHBOURS = 3 / 4
"""Of the steps from one character to the next. In a text it's a quarter, in random letters less."""
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


class SequentialPassword(WeakPassword):
    """The password is made of runs, which fingers and guessers go along."""

    msg = "A password must not be made of runs such as 12345, abcde, qwerty or aaaaa."


class PasswordHoldsUsername(WeakPassword):
    """The password is made from what everybody knows."""

    msg = "A password must not contain the username."


class PasswordPolicy:
    """The rules that a new password has to keep."""

    def __init__(self, name: Literal["none", "nist"], common: Collection[str] | None = None) -> None:
        """Take the rules of that name, with their list unless another is given.

        Raises OSError if the list can't be read.
        """
        self._asks = name == "nist"
        if common is None:
            common = COMMON_PASSWORDS.read_text(encoding="utf-8").split("\n") if self._asks else ()
        self._common = frozenset(common)

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
        if _is_made_of_runs(compared):
            raise SequentialPassword
        if len(name) >= LEAST_OF_USERNAME and name in compared:
            raise PasswordHoldsUsername


def _comparable(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _repeats_a_part(password: str) -> bool:
    """Tell whether a text is a part that stands in it twice or more, the last time maybe not to its end."""
    return any(password[part:] == password[:-part] for part in range(1, len(password) // 2 + 1))


def _is_made_of_runs(password: str) -> bool:
    """Tell whether most characters follow the one before: the same, or a neighbour of it."""
    steps = [_are_neighbours(one, next_one) for one, next_one in pairwise(password)]
    return sum(steps) >= MOST_NEIGHBOURS * len(steps)


def _are_neighbours(one: str, other: str) -> bool:
    """Tell whether two characters stand side by side, in an alphabet or on a keyboard, or are the same."""
    if not (one.isalnum() and other.isalnum()):
        return one == other
    return abs(ord(one) - ord(other)) <= 1 or frozenset((one, other)) in NEIGHBOURS
