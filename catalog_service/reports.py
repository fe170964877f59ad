"""What the products add up to. Query.txt asks the same of a MySQL client, and a test holds the two equal."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from decimal import ROUND_HALF_UP, Context, Decimal
from io import StringIO
from itertools import product
from typing import Any

from sqlalchemy import CTE, Connection, Dialect, RowMapping, Select, String, TypeDecorator, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from catalog_service.formulas import harmless
from catalog_service.models import PRICE_SCALE, Product
from common.json_provider import plain_decimal

# Python's default of 28 digits is less than one product's largest revenue has (37).
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_SMALLEST_AMOUNT = Decimal(1).scaleb(-PRICE_SCALE)

# A power of two, so that scaling rounds nothing. The sum of two ratings near the largest double is beyond a
# double, and MySQL's AVG then answers 0 without an error.
_RATING_SCALE = 2.0**64

# Grouping in the index's order looks every product up by its key: at 1,000,000 products three times slower.
_WITHOUT_CATEGORY_INDEX = "/*+ NO_INDEX(products ix_products_category) */"


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


class _Amount(TypeDecorator[Decimal]):
    """An exact sum from the database: a decimal, or (SQLite) partial sums such as `3<<31 7<<0`."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: Decimal | str | None, _dialect: Dialect) -> Decimal | None:
        """Read the sum, without trailing zeros."""
        if isinstance(value, str):
            parts = (part.split("<<") for part in value.split())
            value = Decimal(sum(int(number) << int(shift) for number, shift in parts))
            value = value.scaleb(-PRICE_SCALE, _EXACT)
        return value if value is None else plain_decimal(value)


class _ExactSum(FunctionElement[Decimal]):
    """The sum of a price, or of a price times a whole number, with neither rounding nor overflow.

    As in any sum, a row that lacks one of them does not count; of no rows at all the sum is 0.
    """

    name = "exact_sum"
    type = _Amount()
    inherit_cache = True


@compiles(_ExactSum)
def _sum_decimals(element: _ExactSum, compiler: SQLCompiler, **kw: Any) -> str:
    # DECIMAL(18,6) times BIGINT, summed, is DECIMAL(59,6): room for 10^22 rows of the largest values.
    return f"COALESCE(SUM({' * '.join(compiler.process(factor, **kw) for factor in element.clauses)}), 0)"


@compiles(_ExactSum, "sqlite")
def _sum_in_parts(element: _ExactSum, compiler: SQLCompiler, **kw: Any) -> str:
    """Sum in parts: one product alone can have 123 bits, and SQLite's integers have 63 and a sign."""
    halves = [_halves(compiler.process(factor, **kw)) for factor in element.clauses]
    sums = []
    for parts in product(*halves):
        shift = sum(shift for shift, _ in parts)
        value = " * ".join(part for _, part in parts)
        # Below 2^63 each, so that 2^31 rows cannot overflow the sums of their 32-bit halves.
        low, high = f"SUM(({value}) & {2**32 - 1})", f"SUM(({value}) >> 32)"
        sums += [f"COALESCE({low}, 0) || '<<{shift}'", f"COALESCE({high}, 0) || '<<{shift + 32}'"]
    return " || ' ' || ".join(sums)


def _halves(number: str) -> list[tuple[int, str]]:
    return [(0, f"({number} & {2**31 - 1})"), (31, f"({number} >> 31)")]


def _totals() -> CTE:
    return (
        select(
            Product.category,
            func.count().label("product_count"),
            _ExactSum(Product.price, Product.quantity_sold).label("total_revenue"),
            func.max(Product.quantity_sold).label("quantity_sold"),
            _ExactSum(Product.price).label("total_price"),
            func.count(Product.price).label("price_count"),
            func.avg(Product.rating * (1 / _RATING_SCALE)).label("scaled_rating"),
        )
        .prefix_with(_WITHOUT_CATEGORY_INDEX, dialect="mysql")
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
    return plain_decimal(_EXACT.divide(total, count).quantize(_SMALLEST_AMOUNT, context=_EXACT))


def summary_csv(summaries: Iterable[CategorySummary]) -> Iterator[str]:
    """Write summaries as CSV (RFC 4180), a line at a time, the field names first.

    A text that a spreadsheet would run as a formula gets an apostrophe before it (OWASP, "CSV Injection").
    """
    yield _csv_line(field.name for field in fields(CategorySummary))
    for summary in summaries:
        yield _csv_line(harmless(value) if isinstance(value, str) else value for value in astuple(summary))


def _csv_line(cells: Iterable[object]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
