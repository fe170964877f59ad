"""What is read, as requests and as the very statements that the service makes of them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Select
from sqlalchemy.dialects.mysql import pymysql

from bench.product_file import CATEGORIES
from bench.session import Session
from bench.wrk import CONNECTIONS
from catalog_service.product_queries import After, Filters, Listing, Order, find_query, page_query
from catalog_service.reports import kinds

PAGE = 50
STEP = 1_000
IDS = 200
FREQUENT, RARE = "kettle", "nothing is called so"
LOWEST, HIGHEST = Decimal(100), Decimal(200)
REPORTS = (
    kinds.SUMMARY,
    kinds.TOP_PRODUCTS,
    kinds.REVENUE_SHARE,
    kinds.PRICE_DISTRIBUTION,
    kinds.DATA_QUALITY,
)

Statements = Sequence[str]


class Source(NamedTuple):
    """Something that is read."""

    name: str
    paths: Sequence[str]
    statements: Sequence[Statements]
    """What is asked of the database for each path."""
    times: int = 200
    connections: int = CONNECTIONS
    """How many ask at once where a rate is measured."""


def product(ids: Sequence[str]) -> Source:
    """Give one product after another."""
    queries = [[sql(find_query([one]))] for one in ids]
    return Source("one product", [f"/products/{one}" for one in ids], queries)


def filtered() -> Source:
    """Give the first page of a category's products in a range of prices, by price."""
    categories = [f"Category {number:02d}" for number in range(CATEGORIES)]
    parameters = f"&min_price={LOWEST}&max_price={HIGHEST}&sort=price"
    listings = [Listing(Filters(one, LOWEST, HIGHEST), Order("price")) for one in categories]
    return Source(
        "a page filtered by category and price",
        [f"/products?category={one.replace(' ', '%20')}{parameters}" for one in categories],
        [[_page(listing)] for listing in listings],
    )


def searches() -> Iterator[Source]:
    """Give a search that many names match, and one that has to look at all of them."""
    for q, what, times, connections in (
        (FREQUENT, "many names match", 200, CONNECTIONS),
        (RARE, "no name matches", 5, 2),
    ):
        path = f"/products?q={q.replace(' ', '%20')}"
        statements = [_page(Listing(Filters(q=q)))]
        yield Source(f"a search that {what}", [path], [statements], times, connections)


def pages(session: Session, column: str, rows: int, number: int) -> Iterator[Source]:
    """Give page 1, page `number` and the last one in the order of a column."""
    path = f"/products?sort={column}"
    yield Source(f"page 1 by {column}", [path], [[_page(Listing(order=Order(column)))]])
    for name, skipped in ((f"page {number:,}", PAGE * (number - 1)), ("the last page", rows - PAGE)):
        cursor, after = _walk(session, column, skipped)
        query = _page(Listing(order=Order(column)), after)
        yield Source(f"{name} by {column}", [f"{path}&cursor={cursor}"], [[query]])


def report(kind: kinds.Kind) -> Source:
    """Give a report."""
    recorder = _Recorder()
    kind.lines(cast("Connection", recorder), "")
    return Source(f"/reports/{kind.name}", [f"/reports/{kind.name}"], [recorder.statements])


def stored_ids(session: Session, rows: int) -> Sequence[str]:
    """Give the ids of products from all over the file."""
    with session.products(rows).open(encoding="utf-8") as file:
        return [line.partition(",")[0] for line in islice(file, 1, None, max(1, rows // IDS))]


def sql(query: Select[Any]) -> str:
    """Write a query as the text that goes to the server."""
    # The driver's own dialect, whose percent signs are doubled for parameters that there are none of here.
    compiled = query.compile(dialect=pymysql.dialect(), compile_kwargs={"literal_binds": True})
    return str(compiled).replace("%%", "%")


def _page(listing: Listing, after: After | None = None) -> str:
    return sql(page_query(listing, after, "mysql"))


def _walk(session: Session, column: str, count: int) -> tuple[str, After]:
    """Go past `count` products, and give the cursor there and the last one of them."""
    token, path = session.client.log_in(), f"/products?sort={column}&fields=product_id,{column}"
    cursor, left = "", count
    while left:
        limit = min(STEP, left)
        page = session.client.get(f"{path}&limit={limit}{cursor}", token)
        cursor, left = f"&cursor={page['next']}", left - limit
    last = page["items"][-1]
    value = Decimal(str(last[column])) if column == "price" else last[column]
    return page["next"], After(value, last["product_id"])


class _Recorder:
    """Stands in for a connection to an empty table, and keeps what it is asked."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, query: Select[Any]) -> "_Recorder":
        self.statements.append(sql(query))
        return self

    def mappings(self) -> "_Recorder":
        return self

    def scalar_one(self) -> Decimal:
        return Decimal(0)

    def __iter__(self) -> Iterator[Any]:
        return iter(())
