"""Pages of lists, and cursors: where a page ended, as an opaque text that clients hand back."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from common.refusals import FieldRefusal

Item = TypeVar("Item")

_NUMBER = re.compile(rb"[1-9][0-9]{0,17}")


class BadCursor(FieldRefusal):
    """The cursor is none that a page gave."""

    field = "cursor"
    problem = "This is not a page's `next`."


class Page(NamedTuple, Generic[Item]):
    """A part of a list."""

    items: Sequence[Item]
    next: str | None
    """The cursor of the page that follows, if one does."""


def page_of(found: Sequence[Item], limit: int, cursor: Callable[[Item], str]) -> Page[Item]:
    """Make a page of up to `limit` items; whether one more was found tells whether another page follows."""
    return Page(found[:limit], cursor(found[limit - 1]) if len(found) > limit else None)


def cursor_of(position: bytes) -> str:
    """Write where a page ended, by what its items are ordered by, as a cursor."""
    return urlsafe_b64encode(position).decode("ascii").rstrip("=")


def position_of(cursor: str) -> bytes:
    """Read a cursor. Raises BadCursor for any text that `cursor_of` does not give for some position."""
    try:
        position = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError as error:
        raise BadCursor from error
    if not position or cursor_of(position) != cursor:
        raise BadCursor
    return position


def cursor_of_number(number: int) -> str:
    """Write the number of the last item of a page as a cursor."""
    return cursor_of(b"%d" % number)


def number_of(cursor: str) -> int:
    """Read a cursor. Raises BadCursor for any text that `cursor_of_number` does not give."""
    position = position_of(cursor)
    if not _NUMBER.fullmatch(position):
        raise BadCursor
    return int(position)
