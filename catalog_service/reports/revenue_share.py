"""What share of the revenue each category brings in."""

from dataclasses import dataclass
from decimal import Decimal
from functools import reduce

from sqlalchemy import Connection, select

from catalog_service.models import Product
from catalog_service.reports.amounts import EXACT, TABLE_SCAN, ExactSum, per_cent
from common.json_provider import plain_decimal

_REVENUES = (
    select(Product.category, ExactSum(Product.price, Product.quantity_sold))
    .prefix_with(TABLE_SCAN, dialect="mysql")
    .group_by(Product.category)
)


@dataclass(frozen=True)
class CategoryShare:
    """One category's part of the whole revenue.

    The running numbers are of this category and all before it. Percentages are None while nothing is earned.
    """

    category: str
    total_revenue: Decimal
    revenue_percent: Decimal | None
    revenue_rank: int
    running_revenue: Decimal
    running_percent: Decimal | None


def revenue_shares(connection: Connection) -> list[CategoryShare]:
    """List the categories, the one that earns most first, then by name: Query.txt's third query.

    Categories that earn equally have one rank, and the ranks after it are left out.
    """
    revenues = [(category, revenue) for category, revenue in connection.execute(_REVENUES)]
    # Unary minus would round to the digits that Python takes by default.
    revenues.sort(key=lambda one: (one[1].copy_negate(), one[0].encode()))
    total = reduce(EXACT.add, (revenue for _, revenue in revenues), Decimal(0))
    shares: list[CategoryShare] = []
    running = Decimal(0)
    for place, (category, revenue) in enumerate(revenues, 1):
        running = EXACT.add(running, revenue)
        as_before = shares and shares[-1].total_revenue == revenue
        rank = shares[-1].revenue_rank if as_before else place
        share, so_far = per_cent(revenue, total), per_cent(running, total)
        shares.append(CategoryShare(category, revenue, share, rank, plain_decimal(running), so_far))
    return shares
