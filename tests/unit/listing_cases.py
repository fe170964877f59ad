"""Products with many ties and gaps, and what every list of them has to be; for SQLite and MySQL alike."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from catalog_service.product_list import Item, ProductList
from catalog_service.product_queries import TABLE_COLUMNS, Filters, Listing, Order

Row = dict[str, Any]

SEARCHED = ("ket", "KÉ", "é", "壺", "%", "я", "zzz")
FILTERS = (
    Filters(),
    Filters(category="Küche"),
    Filters(min_price=Decimal("0.5"), max_price=Decimal(2)),
    Filters(category="Kitchen", min_rating=0.1, max_rating=4.5),
    Filters(min_reviews=2),
    *(Filters(q=text) for text in SEARCHED),
    Filters(category="Küche", min_price=Decimal(1), min_rating=1, min_reviews=1, q="k"),
)


def products(count: int) -> list[Row]:
    """Make products whose values repeat, and a quarter of whose numbers is not known."""
    chance = random.Random(5)

    def number(*values: Any) -> Any:
        return chance.choice(values) if chance.random() < 0.75 else None

    return [
        {
            "product_id": f"{chance.choice('aAéz')}{chance.getrandbits(40):x} {index}",
            "product_name": chance.choice(["Kettle", "kettle", "Kéttle", "KÉTTLE", "100%", "壺", "ЯК"]),
            "category": chance.choice(["Kitchen", "kitchen", "Küche"]),
            "price": number(
                Decimal(0), Decimal("0.5"), Decimal("0.000001"), Decimal("999999999999.999999"), Decimal(2)
            ),
            "quantity_sold": number(0, 7, 2**63 - 1),
            "rating": number(0.0, 0.1, 0.30000000000000004, 4.5, 1e-5, 1e15),
            "review_count": number(0, 2, 3, 2**63 - 1),
        }
        for index in range(count)
    ]


def expected(rows: list[Row], filters: Filters, order: Order) -> list[Row]:
    """Pick and order products as Python does."""

    def fits(row: Row) -> bool:
        return (
            filters.category in (None, row["category"])
            and _within(row["price"], filters.min_price, filters.max_price)
            and _within(row["rating"], filters.min_rating, filters.max_rating)
            and _within(row["review_count"], filters.min_reviews, None)
            and (filters.q is None or filters.q.lower() in row["product_name"].lower())
        )

    def key(row: Row) -> tuple[Any, ...]:
        value = row[order.column]
        return (value.encode() if isinstance(value, str) else value, row["product_id"].encode())

    known = [row for row in rows if fits(row) and row[order.column] is not None]
    unknown = [row for row in rows if fits(row) and row[order.column] is None]
    by_id = sorted(unknown, key=lambda row: str(row["product_id"]).encode(), reverse=order.descending)
    return sorted(known, key=key, reverse=order.descending) + by_id


def _within(value: Any, least: Any, most: Any) -> bool:
    if least is None and most is None:
        return True
    return value is not None and (least is None or value >= least) and (most is None or value <= most)


def all_pages(of: ProductList, listing: Listing) -> Iterator[Item]:
    """Read a list to its end, page by page."""
    cursor = None
    while True:
        page = of.page(listing, cursor)
        assert len(page.items) == listing.limit or page.next is None
        yield from page.items
        cursor = page.next
        if cursor is None:
            return


def check_every_list(of: ProductList, rows: list[Row]) -> None:
    """Read every order of every filter, by pages of several sizes."""
    for filters in FILTERS:
        for column in TABLE_COLUMNS:
            for descending in (False, True):
                order = Order(column, descending=descending)
                wanted = expected(rows, filters, order)
                for limit in (7, 1000):
                    listing = Listing(filters, order, limit)
                    assert [dict(item) for item in all_pages(of, listing)] == wanted, listing
        listing = Listing(filters, Order("price"), limit=2, with_total=True)
        assert of.page(listing, None).total == len(expected(rows, filters, listing.order))
