"""The statements that pick, order and page products.

A page is found from the last item of the page before, never by counting rows off. A product may change its
place between two pages, but one that stays where it is comes exactly once, whatever comes and goes around it.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    String,
    bindparam,
    event,
    func,
    select,
    type_coerce,
    union_all,
)

from catalog_service.models import Product

TABLE_COLUMNS = {column.name: column for column in Product.__table__.columns if column.name != "revision"}
"""The columns of a product that clients see."""
KEY = TABLE_COLUMNS["product_id"]
CATEGORIES = select(Product.category, func.count()).group_by(Product.category).order_by(Product.category)
"""Counts the products of each category."""
_INDEXED = frozenset({"category", "price", "rating"})


class Filters(NamedTuple):
    """Which products are wanted; None asks for nothing."""

    category: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_rating: float | None = None
    max_rating: float | None = None
    min_reviews: int | None = None
    q: str | None = None
    """A text in the name, in any case."""

    def columns(self) -> set[str]:
        """Name the columns that the products are picked by, but for the text in their names."""
        picked = {
            "category": (self.category,),
            "price": (self.min_price, self.max_price),
            "rating": (self.min_rating, self.max_rating),
            "review_count": (self.min_reviews,),
        }
        return {column for column, values in picked.items() if any(value is not None for value in values)}

    def conditions(self, dialect: str) -> Iterator[ColumnElement[bool]]:
        """Give what the wanted products fulfil. A number that is not known is in no range."""
        compared = (
            (self.category, Product.category.__eq__),
            (self.min_price, Product.price.__ge__),
            (self.max_price, Product.price.__le__),
            (self.min_rating, Product.rating.__ge__),
            (self.max_rating, Product.rating.__le__),
            (self.min_reviews, Product.review_count.__ge__),
        )
        yield from (compare(value) for value, compare in compared if value is not None)
        if self.q is not None:
            # SQLite's own lower() knows ASCII alone. INSTR takes the text as it is: it has no wildcards.
            fold = func.casefold if dialect == "sqlite" else func.lower
            yield func.instr(fold(Product.product_name), fold(type_coerce(self.q, String))) > 0


def teach_search(engine: Engine) -> None:
    """Give an engine's connections the function that SQLite lacks for a search."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _teach_casefold)


def _teach_casefold(connection: Any, _record: object) -> None:
    connection.create_function("casefold", 1, str.casefold, deterministic=True)


class Order(NamedTuple):
    """By which column products come; the id decides between equals, and unknown numbers come last."""

    column: str
    descending: bool = False


class Listing(NamedTuple):
    """What a page is asked for."""

    filters: Filters = Filters()
    order: Order = Order("product_id")
    limit: int = 50
    with_total: bool = False


class After(NamedTuple):
    """The last item of the page before: its value in the column that orders, and its id."""

    value: Any
    product_id: str


class Prepared(NamedTuple):
    """A statement, and what it is executed with."""

    statement: Select[Any]
    parameters: dict[str, Any]


def prepared_page(listing: Listing, after: After | None, dialect: str) -> Prepared:
    """Give `page_query` with its values as parameters.

    To make a statement takes longer than to execute it, so that each is kept for the next page of its kind.
    """
    given = {**listing.filters._asdict(), **(after._asdict() if after else {})}
    parameters = {name: value for name, value in given.items() if value is not None}
    like = listing._replace(filters=Filters())
    return Prepared(_statement(tuple(parameters), like, dialect), parameters)


@lru_cache(maxsize=500)
def _statement(names: Sequence[str], like: Listing, dialect: str) -> Select[Any]:
    values: dict[str, Any] = {name: bindparam(name) for name in names}
    last = After(values.pop("value", None), values.pop("product_id", None))
    after = None if last.product_id is None else last
    return page_query(like._replace(filters=Filters(**values)), after, dialect)


def page_query(listing: Listing, after: After | None, dialect: str) -> Select[Any]:
    """Ask for the first products behind `after`: all columns that clients see, and `total` if it is wanted.

    One more than the limit, which tells whether another page follows.

    One statement, so that a page and its total are of one moment. Where the page may reach over a border
    (from the equals of the last item to the larger, from those to the unknown), each stretch is a query of
    its own that one range of an index answers: no database finds its way through their disjunction.
    """
    hint = _index_hint(listing.filters, listing.order)
    wanted, limit = list(listing.filters.conditions(dialect)), listing.limit + 1
    stretches = [
        select(*TABLE_COLUMNS.values())
        .prefix_with(hint, dialect="mysql")
        .where(*wanted, *stretch)
        .order_by(*by)
        .limit(limit)
        for stretch, by in _stretches(listing.order, after)
    ]
    if len(stretches) == 1 and not listing.with_total:
        return stretches[0]
    parts = [select(stretch.subquery()) for stretch in stretches]
    page = (union_all(*parts).limit(limit) if len(parts) > 1 else parts[0]).subquery()
    if not listing.with_total:
        return select(page)
    return select(page, total_query(listing.filters, dialect).scalar_subquery().label("total"))


def _index_hint(filters: Filters, order: Order) -> str:
    """Name the index that gives the page's rows in their order, and no others, where there is one.

    MySQL would often rather intersect it with the primary key, and sort what it finds: thousands of rows for
    fifty. Where filters on other columns may leave little to sort, it is left to choose. But a rare text in
    an index's order is a look for each product, ten times slower than the table from end to end.
    """
    if filters.category is not None and order.column in {"product_id", "category"}:
        return "/*+ INDEX(products ix_products_category) */"
    if order.column not in _INDEXED:
        return ""
    if filters.q is not None and order.column not in filters.columns():
        return f"/*+ NO_INDEX(products ix_products_{order.column}) */"
    alone = filters.columns() <= {order.column}
    return f"/*+ INDEX(products ix_products_{order.column}) */" if alone else ""


def export_query(filters: Filters, limit: int, after: str, dialect: str) -> Select[Any]:
    """Ask for the first products behind an id, in key order.

    Where others than the category pick, MySQL might sort all that it finds by their index for each page. In
    key order all pages together pass over the products once.
    """
    index = "PRIMARY" if filters.category is None else "ix_products_category"
    return (
        select(*TABLE_COLUMNS.values())
        .prefix_with(f"/*+ INDEX(products {index}) */", dialect="mysql")
        .where(Product.product_id > after, *filters.conditions(dialect))
        .order_by(KEY)
        .limit(limit)
    )


def find_query(ids: Sequence[str]) -> Select[Any]:
    """Ask for the products with these ids, in any order."""
    return select(*TABLE_COLUMNS.values()).where(Product.product_id.in_(ids))


def total_query(filters: Filters, dialect: str) -> Select[Any]:
    """Ask for the number of products that fulfil the filters."""
    return select(func.count()).select_from(Product).where(*filters.conditions(dialect))


Stretch = tuple[Sequence[ColumnElement[bool]], Sequence[ColumnElement[Any]]]


def _stretches(order: Order, after: After | None) -> Iterator[Stretch]:
    """Give the conditions and the order of each stretch of the answer, in turn."""
    column = TABLE_COLUMNS[order.column]
    by_key, by_column = (one.desc() if order.descending else one.asc() for one in (KEY, column))
    beyond = KEY.__lt__ if order.descending else KEY.__gt__
    behind = [] if after is None else [beyond(after.product_id)]
    if column is KEY:
        yield behind, [by_key]
        return
    if after is None:
        yield [column.is_not(None)] if column.nullable else [], [by_column, by_key]
    elif after.value is not None:
        yield [column == after.value, *behind], [by_key]
        yield [column < after.value if order.descending else column > after.value], [by_column, by_key]
    if column.nullable:
        past_known = after is not None and after.value is None
        yield [column.is_(None), *(behind if past_known else [])], [by_key]
