"""The cursors of lists that are ordered by a number."""

import re

from common import cursors
from common.cursors import BadCursor

_NUMBER = re.compile(rb"[1-9][0-9]{0,17}")


def cursor_of(number: int) -> str:
    """Write the number of the last item of a page as a cursor."""
    return cursors.cursor_of(b"%d" % number)


def number_of(cursor: str) -> int:
    """Read a cursor. Raises BadCursor for any text that `cursor_of` does not give."""
    position = cursors.position_of(cursor)
    if not _NUMBER.fullmatch(position):
        raise BadCursor
    return int(position)
