"""The cursors of lists of products, in any order."""

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from common import cursors
from common.cursors import BadCursor

_DIGEST_CHARACTERS = 16


class Position(NamedTuple):
    """Where a page ended: the sort value of its last item, as a text or None, and the item's id."""

    value: str | None
    item_id: str


def cursor_at(position: Position, query: Sequence[str | None]) -> str:
    """Write a position in the answer to a query as a cursor, which is good for this query alone."""
    text = json.dumps([_digest(query), *position], ensure_ascii=False, separators=(",", ":"))
    return cursors.cursor_of(text.encode())


def position_at(cursor: str, query: Sequence[str | None]) -> Position:
    """Read a cursor. Raises BadCursor for any text that `cursor_at` does not give for this query."""
    try:
        digest, value, item_id = json.loads(cursors.position_of(cursor))
        position = Position(value, item_id)
        is_text = isinstance(item_id, str) and isinstance(value, str | None)
        if not is_text or digest != _digest(query) or cursor_at(position, query) != cursor:
            raise BadCursor
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
    return position


def _digest(query: Sequence[str | None]) -> str:
    return hashlib.sha256(json.dumps(query).encode()).hexdigest()[:_DIGEST_CHARACTERS]
