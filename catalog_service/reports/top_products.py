"""The products that earn most, of all or of one category."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from catalog_service.models import Product
from catalog_service.reports.amounts import TABLE_SCAN, ExactProduct, ExactSum, per_cent

LONGEST = 100
"""How many products are worked out, and so the most that can be asked for."""

_REVENUE = ExactProduct(Product.price, Product.quantity_sold).label("revenue")
_EARNERS = (
    select(
        Product.product_id,
        Product.product_name,
        Product.category,
        Product.price,
        Product.quantity_sold,
        _REVENUE,
    )
    .where(Product.price.is_not(None), Product.quantity_sold.is_not(None))
    .order_by(_REVENUE.desc(), Product.product_name, Product.product_id)
    .limit(LONGEST)
)
_TOTAL = select(ExactSum(Product.price, Product.quantity_sold))


@dataclass(frozen=True)
class TopProduct:
    """One of the products that earn most; `revenue_percent` is of all that the products asked about earn."""

    product_id: str
    product_name: str
    category: str
    price: Decimal
    quantity_sold: int
    revenue: Decimal
    revenue_percent: Decimal | None


def top_products(connection: Connection, category: str = "") -> list[TopProduct]:
    """List up to LONGEST products by revenue, then by name and id; of one category if one is named.

    Products of which price or quantity is not known are not listed. Query.txt's fifth query.
    """
    total = connection.execute(_of(category, _TOTAL)).scalar_one()
    rows = connection.execute(_of(category, _EARNERS))
    return [TopProduct(**row._asdict(), revenue_percent=per_cent(row.revenue, total)) for row in rows]


def _of(category: str, query: Any) -> Any:
    if category:
        return query.where(Product.category == category)
    return query.prefix_with(TABLE_SCAN, dialect="mysql")
