"""Cursors: where a page ended, as an opaque text that clients hand back."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from common.refusals import Refusal

_NUMBER = re.compile(rb"[1-9][0-9]{0,17}")


class BadCursor(Refusal):
    """The cursor is none that a page gave."""

    def body(self) -> dict[str, Any]:
        """Name the parameter."""
        return {"msg": self.msg, "errors": [{"field": "cursor", "message": "This is not a page's `next`."}]}


def cursor_of(number: int) -> str:
    """Write the number of the last item of a page as a cursor."""
    return urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def number_of(cursor: str) -> int:
    """Read a cursor. Raises BadCursor for any text that `cursor_of` does not give."""
    try:
        number = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:
        raise BadCursor from error
    if not _NUMBER.fullmatch(number) or cursor_of(int(number)) != cursor:
        raise BadCursor
    return int(number)
