"""Cursors: where a page ended, as an opaque text that clients hand back."""

import hashlib
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

from common.refusals import Refusal

_NUMBER = re.compile(rb"[1-9][0-9]{0,17}")
_DIGEST_CHARACTERS = 16


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


class Position(NamedTuple):
    """Where a page ended: the sort value of its last item, as a text or None, and the item's id."""

    value: str | None
    item_id: str


def cursor_at(position: Position, query: Sequence[str | None]) -> str:
    """Write a position in the answer to a query as a cursor, which is good for this query alone."""
    text = json.dumps([_digest(query), *position], ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_at(cursor: str, query: Sequence[str | None]) -> Position:
    """Read a cursor. Raises BadCursor for any text that `cursor_at` does not give for this query."""
    try:
        digest, value, item_id = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        position = Position(value, item_id)
        is_text = isinstance(item_id, str) and isinstance(value, str | None)
        if not is_text or digest != _digest(query) or cursor_at(position, query) != cursor:
            raise BadCursor
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
    return position


def _digest(query: Sequence[str | None]) -> str:
    return hashlib.sha256(json.dumps(query).encode()).hexdigest()[:_DIGEST_CHARACTERS]
