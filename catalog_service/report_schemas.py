"""How reports are asked for, and their bodies."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class ReportQuery(BaseModel):
    """How a report is asked for."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "csv"] | None = None


class TopProductsQuery(ReportQuery):
    """How many products are wanted, and of which category."""

    limit: int = Field(default=10, ge=1, le=100)
    category: str | None = Field(default=None, min_length=1, max_length=128)


class CategorySummaryBody(BaseModel):
    """One category's line in the summary."""

    category: str
    product_count: int
    total_revenue: Decimal
    top_product_id: str
    top_product_name: str
    top_product_quantity_sold: int | None
    average_price: Decimal | None
    average_rating: float | None


class Summary(BaseModel):
    """The report on all categories, ordered by category."""

    items: list[CategorySummaryBody]


class TopProductBody(BaseModel):
    """One of the products that earn most."""

    product_id: str
    product_name: str
    category: str
    price: Decimal
    quantity_sold: int
    revenue: Decimal
    revenue_percent: Decimal | None
    """Of what all products earn, or all of the category that is asked about."""


class TopProducts(BaseModel):
    """The products that earn most, ordered by revenue, then by name and id."""

    items: list[TopProductBody]


class CategoryShareBody(BaseModel):
    """One category's part of the whole revenue; the running numbers are of it and all before it."""

    category: str
    total_revenue: Decimal
    revenue_percent: Decimal | None
    revenue_rank: int
    running_revenue: Decimal
    running_percent: Decimal | None


class RevenueShare(BaseModel):
    """The categories, the one that earns most first."""

    items: list[CategoryShareBody]


class PriceBandBody(BaseModel):
    """The products that cost `price_from` or more, and less than `price_to`."""

    price_from: int
    price_to: int | None
    product_count: int
    quantity_sold: int
    total_revenue: Decimal


class PriceDistribution(BaseModel):
    """The price bands, the lowest first."""

    items: list[PriceBandBody]


class QualityBody(BaseModel):
    """One thing to look at in one column, how many products have it, and the ids of some."""

    column: str
    finding: Literal["blank", "zero", "suspicious"]
    meaning: str
    product_count: int
    example_ids: list[str]


class DataQuality(BaseModel):
    """What is missing in the catalog or looks wrong in it, column by column."""

    items: list[QualityBody]
