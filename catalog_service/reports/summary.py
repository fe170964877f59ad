"""For each category: its total revenue, its best seller and its averages."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import CTE, Connection, RowMapping, Select, func, select

from catalog_service.models import Product
from catalog_service.reports.amounts import EXACT, SMALLEST_AMOUNT, TABLE_SCAN, ExactSum
from common.json_provider import plain_decimal

# A power of two, so that scaling rounds nothing. The sum of two ratings near the largest double is beyond a
# double, and MySQL's AVG then answers 0 without an error.
_RATING_SCALE = 2.0**64


@dataclass(frozen=True)
class CategorySummary:
    """One category's line in the summary.

    `total_revenue`, the sum of price times quantity sold, is exact. `average_price` is rounded half up to the
    six decimals that a price has. Of products that sold equally many the first by name, then by id, is top.
    Numbers that are not known count in no sum and no average; None is what no product of the category knows.
    """

    category: str
    product_count: int
    total_revenue: Decimal
    top_product_id: str
    top_product_name: str
    top_product_quantity_sold: int | None
    average_price: Decimal | None
    average_rating: float | None


def _totals() -> CTE:
    return (
        select(
            Product.category,
            func.count().label("product_count"),
            ExactSum(Product.price, Product.quantity_sold).label("total_revenue"),
            func.max(Product.quantity_sold).label("quantity_sold"),
            ExactSum(Product.price).label("total_price"),
            func.count(Product.price).label("price_count"),
            func.avg(Product.rating * (1 / _RATING_SCALE)).label("scaled_rating"),
        )
        .prefix_with(TABLE_SCAN, dialect="mysql")
        .group_by(Product.category)
        .cte("totals")
    )


def _top_products(totals: CTE) -> CTE:
    """Find each category's best seller; of several the first by name, and of several of that name by id.

    By minima and not by ROW_NUMBER(): where nothing has been sold yet all products tie, and ranking 1,000,000
    of them takes twice the time that a statement has.
    """
    # Where no quantity is known, all are equally unknown.
    as_many = Product.quantity_sold.is_not_distinct_from(totals.c.quantity_sold)
    sold_most = (Product.category == totals.c.category) & as_many
    best = (
        select(Product.category, Product.product_name, Product.product_id)
        .join(totals, sold_most)
        .cte("best_sellers")
    )
    names = (
        select(best.c.category, func.min(best.c.product_name).label("product_name"))
        .group_by(best.c.category)
        .cte("first_names")
    )
    of_that_name = (best.c.category == names.c.category) & (best.c.product_name == names.c.product_name)
    return (
        select(best.c.category, best.c.product_name, func.min(best.c.product_id).label("product_id"))
        .join(names, of_that_name)
        .group_by(best.c.category, best.c.product_name)
        .cte("top_products")
    )


def _summary_query() -> Select[Any]:
    totals = _totals()
    top = _top_products(totals)
    return (
        select(totals, top.c.product_name, top.c.product_id)
        .join(top, totals.c.category == top.c.category)
        .order_by(totals.c.category)
    )


_SUMMARY = _summary_query()


def category_summaries(connection: Connection) -> list[CategorySummary]:
    """Sum up each category, ordered by its name's bytes: the answer to Query.txt's first query.

    One statement, so that a load that commits meanwhile is seen whole or not at all.
    """
    return [_category_summary(row) for row in connection.execute(_SUMMARY).mappings()]


def _category_summary(row: RowMapping) -> CategorySummary:
    rating = row["scaled_rating"]
    return CategorySummary(
        category=row["category"],
        product_count=row["product_count"],
        total_revenue=row["total_revenue"],
        top_product_id=row["product_id"],
        top_product_name=row["product_name"],
        top_product_quantity_sold=row["quantity_sold"],
        average_price=_average(row["total_price"], row["price_count"]),
        average_rating=None if rating is None else rating * _RATING_SCALE,
    )


def _average(total: Decimal, count: int) -> Decimal | None:
    if not count:
        return None
    return plain_decimal(EXACT.divide(total, count).quantize(SMALLEST_AMOUNT, context=EXACT))
