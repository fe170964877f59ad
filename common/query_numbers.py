"""Whole numbers in a query, where all is text: ASCII digits, and nothing else that int() would read."""

import re
from typing import Annotated

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

_DIGITS = re.compile("[0-9]{1,19}")


def _whole_number(text: object) -> object:
    """Refuse signs, blanks, underscores, fractions and the digits of other scripts."""
    if isinstance(text, str) and not _DIGITS.fullmatch(text):
        raise PydanticCustomError("whole_number", "This must be a whole number.")
    return text


WHOLE_NUMBER = BeforeValidator(_whole_number)
PlainInt = Annotated[int, WHOLE_NUMBER]
"""A whole number that is not negative."""
