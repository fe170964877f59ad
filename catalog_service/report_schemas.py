"""How reports are asked for, and their bodies."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog_service.cell_schemas import Category
from common.json_provider import ExactNumber
from common.parameters import Parameters
from common.query_numbers import PlainInt


class ReportQuery(Parameters):
    """How a report is asked for."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "csv"] | None = Field(
        default=None, description="Else `Accept` decides, and JSON where that leaves the choice."
    )


class TopProductsQuery(ReportQuery):
    """How many products are wanted, and of which category."""

    limit: PlainInt = Field(default=10, ge=1, le=100)
    category: Category | None = Field(default=None, description="Exactly this category.")


class CategorySummaryBody(BaseModel):
    """One category's line in the summary."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "category": "Books",
                "product_count": 6,
                "total_revenue": 36454.58,
                "top_product_id": "BK-1001",
                "top_product_name": "The Long Way Home: A Novel",
                "top_product_quantity_sold": 842,
                "average_price": 17.281667,
                "average_rating": 3.4333333333333336,
            }
        }
    )

    category: str
    product_count: int
    total_revenue: ExactNumber
    top_product_id: str
    top_product_name: str
    top_product_quantity_sold: int | None
    average_price: ExactNumber | None
    average_rating: float | None


class Summary(BaseModel):
    """The report on all categories, ordered by category."""

    items: list[CategorySummaryBody]


class TopProductBody(BaseModel):
    """One of the products that earn most."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "product_id": "EL-2001",
                "product_name": "Wireless Earbuds with Charging Case",
                "category": "Electronics",
                "price": 59.9,
                "quantity_sold": 3120,
                "revenue": 186888,
                "revenue_percent": 15.58,
            }
        }
    )

    product_id: str
    product_name: str
    category: str
    price: ExactNumber
    quantity_sold: int
    revenue: ExactNumber
    revenue_percent: ExactNumber | None
    """Of what all products earn, or all of the category that is asked about."""


class TopProducts(BaseModel):
    """The products that earn most, ordered by revenue, then by name and id."""

    items: list[TopProductBody]


class CategoryShareBody(BaseModel):
    """One category's part of the whole revenue; the running numbers are of it and all before it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "category": "Electronics",
                "total_revenue": 542435.35,
                "revenue_percent": 45.22,
                "revenue_rank": 1,
                "running_revenue": 542435.35,
                "running_percent": 45.22,
            }
        }
    )

    category: str
    total_revenue: ExactNumber
    revenue_percent: ExactNumber | None
    revenue_rank: int
    running_revenue: ExactNumber
    running_percent: ExactNumber | None


class RevenueShare(BaseModel):
    """The categories, the one that earns most first."""

    items: list[CategoryShareBody]


class PriceBandBody(BaseModel):
    """The products that cost `price_from` or more, and less than `price_to`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "price_from": 10,
                "price_to": 25,
                "product_count": 12,
                "quantity_sold": 5210,
                "total_revenue": 88570.5,
            }
        }
    )

    price_from: int
    price_to: int | None
    product_count: int
    quantity_sold: int
    total_revenue: ExactNumber


class PriceDistribution(BaseModel):
    """The price bands, the lowest first."""

    items: list[PriceBandBody]


class QualityBody(BaseModel):
    """One thing to look at in one column, how many products have it, and the ids of some."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "column": "price",
                "finding": "zero",
                "meaning": "The price is 0.",
                "product_count": 1,
                "example_ids": ["GR-3001"],
            }
        }
    )

    column: str
    finding: Literal["blank", "zero", "suspicious"]
    meaning: str
    product_count: int
    example_ids: list[str]


class DataQuality(BaseModel):
    """What is missing in the catalog or looks wrong in it, column by column."""

    items: list[QualityBody]
