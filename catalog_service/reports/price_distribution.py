"""How many products there are in each price band, and what they earn."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from catalog_service.models import Product
from catalog_service.reports.amounts import TABLE_SCAN, ExactSum

BOUNDARIES = (0, 10, 25, 50, 100, 250, 500, 1000)
"""Where the bands begin: the round numbers that price tags are thought of in. The last band has no end."""

_BANDS = tuple(zip(BOUNDARIES, (*BOUNDARIES[1:], None), strict=True))
_BAND = case(
    *((Product.price < Decimal(end), begin) for begin, end in _BANDS if end is not None),
    else_=BOUNDARIES[-1],
).label("price_from")
_TOTALS = (
    select(
        _BAND,
        func.count().label("product_count"),
        ExactSum(Product.quantity_sold).label("quantity_sold"),
        ExactSum(Product.price, Product.quantity_sold).label("total_revenue"),
    )
    .prefix_with(TABLE_SCAN, dialect="mysql")
    .where(Product.price.is_not(None))
    .group_by("price_from")
)


@dataclass(frozen=True)
class PriceBand:
    """The products that cost `price_from` or more, and less than `price_to`; None is no end."""

    price_from: int
    price_to: int | None
    product_count: int
    quantity_sold: int
    total_revenue: Decimal


def price_bands(connection: Connection) -> list[PriceBand]:
    """Sum up each price band, also those without products: Query.txt's seventh query.

    Products whose price is not known are in no band.
    """
    totals = {row.price_from: row for row in connection.execute(_TOTALS)}
    return [_band(begin, end, totals.get(begin)) for begin, end in _BANDS]


def _band(begin: int, end: int | None, row: Row[Any] | None) -> PriceBand:
    if row is None:
        return PriceBand(begin, end, 0, 0, Decimal(0))
    return PriceBand(begin, end, row.product_count, int(row.quantity_sold), row.total_revenue)
