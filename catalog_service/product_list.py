"""Lists of products: a page, some by their ids, and the categories."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Engine

from catalog_service.ingest.columns import RULE_FOR
from catalog_service.product_cursors import Position, cursor_at, position_at
from catalog_service.product_queries import (
    CATEGORIES,
    TABLE_COLUMNS,
    After,
    Listing,
    Order,
    find_query,
    prepared_page,
    teach_search,
    total_query,
)
from common.cursors import BadCursor

Item = Mapping[str, Any]
"""A product, or those of its columns that were asked for."""

_READ: dict[str, Callable[[str], Any]] = {
    "price": Decimal,
    "quantity_sold": int,
    "rating": float,
    "review_count": int,
}
"""How the sort values in cursors are read; the others are texts."""


class ProductPage(NamedTuple):
    """A part of the products."""

    items: Sequence[Item]
    next: str | None
    """The cursor of the page that follows, if one does."""
    total: int | None
    """How many products the filters let through in all, if that was asked for."""


class Found(NamedTuple):
    """What there is of the products that were asked for by their ids."""

    items: Sequence[Item]
    missing: Sequence[str]


class CategoryCount(NamedTuple):
    """A category, and how many products it has."""

    category: str
    product_count: int


class ProductList:
    """The stored products, read many at a time."""

    def __init__(self, engine: Engine) -> None:
        """Read by an engine of `make_reading_engine`: each answer is one statement."""
        self._engine = engine
        self._dialect = engine.dialect.name
        teach_search(engine)

    def page(self, listing: Listing, cursor: str | None) -> ProductPage:
        """Give some products, from where a page of the same filters and order ended. Raises BadCursor."""
        filters, order, limit, with_total = listing
        query = [order.column, str(order.descending), *(v if v is None else str(v) for v in filters)]
        after = None if cursor is None else _after(position_at(cursor, query), order)
        total = None
        with self._engine.connect() as connection:
            rows = connection.execute(*prepared_page(listing, after, self._dialect)).mappings()
            items = [dict(row) for row in rows]
            if with_total:
                # A page without products has no row for the total to stand in.
                totals = [item.pop("total") for item in items]
                total = totals[0] if totals else connection.scalar(total_query(filters, self._dialect))
        following = cursor_at(_position(items[limit - 1], order), query) if len(items) > limit else None
        return ProductPage(items[:limit], following, total)

    def find(self, ids: Sequence[str]) -> Found:
        """Give the products with these ids, each once and in the order of the ids."""
        wanted = list(dict.fromkeys(ids))
        with self._engine.connect() as connection:
            rows = connection.execute(find_query(wanted)).mappings()
            found = {row["product_id"]: row for row in rows}
        items = [dict(found[one]) for one in wanted if one in found]
        return Found(items, [one for one in wanted if one not in found])

    def categories(self) -> Sequence[CategoryCount]:
        """Count the products of each category, in the order of their bytes."""
        with self._engine.connect() as connection:
            return [CategoryCount(*row) for row in connection.execute(CATEGORIES)]


def _position(item: Item, order: Order) -> Position:
    value = item[order.column]
    return Position(None if value is None else str(value), item["product_id"])


def _after(position: Position, order: Order) -> After:
    """Read a cursor's position. Raises BadCursor for a value that its column can't have."""
    if position.value is None:
        if not TABLE_COLUMNS[order.column].nullable:
            raise BadCursor
        return After(None, position.item_id)
    # A double is written as Python does, with an exponent where it is shorter.
    if order.column != "rating" and RULE_FOR[order.column].problem(position.value):
        raise BadCursor
    try:
        value = _READ.get(order.column, str)(position.value)
    except ValueError as error:
        raise BadCursor from error
    # Python reads more spellings of a number than it writes.
    if isinstance(value, float) and not (math.isfinite(value) and str(value) == position.value):
        raise BadCursor
    return After(value, position.item_id)
