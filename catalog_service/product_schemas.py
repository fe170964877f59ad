"""What the catalog service reads and writes about products, one by one and in lists."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from catalog_service.body_examples import NEXT, PRODUCT
from catalog_service.cell_schemas import (
    Category,
    Name,
    PriceNumber,
    PriceText,
    QuantityNumber,
    RatingNumber,
    RatingText,
    ReviewsNumber,
)
from catalog_service.ingest.columns import COLUMNS, LARGEST_INTEGER
from catalog_service.product_queries import Filters, Listing, Order
from common.json_provider import ExactNumber
from common.parameters import Parameters
from common.query_numbers import WHOLE_NUMBER, PlainInt
from common.spelling import Spelling

LONGEST_SEARCH = 200
MOST_IDS = 1000
MOST_ITEMS = 1000
_COLUMN = f"({'|'.join(COLUMNS)})"
_SORT = Spelling(f"^-?{_COLUMN}$", "This must be a column, with a - before it for the other order.")
_FIELDS = Spelling(f"^{_COLUMN}(,{_COLUMN})*$", "This must be columns, separated by commas.")
_SORTS: list[JsonValue] = [sign + column for column in COLUMNS for sign in ("", "-")]


class ProductFilters(Parameters):
    """Which products are wanted: by default all."""

    model_config = ConfigDict(extra="forbid")

    category: Category | None = Field(default=None, description="Exactly this category.")
    min_price: PriceText | None = None
    max_price: PriceText | None = None
    min_rating: RatingText | None = None
    max_rating: RatingText | None = None
    min_reviews: Annotated[int, Field(ge=0, le=LARGEST_INTEGER), WHOLE_NUMBER] | None = None
    q: str | None = Field(
        default=None, min_length=1, max_length=LONGEST_SEARCH, description="A text in the name, in any case."
    )

    def filters(self) -> Filters:
        """Give what is asked for."""
        return Filters(
            self.category,
            min_price=None if self.min_price is None else Decimal(self.min_price),
            max_price=None if self.max_price is None else Decimal(self.max_price),
            min_rating=None if self.min_rating is None else float(self.min_rating),
            max_rating=None if self.max_rating is None else float(self.max_rating),
            min_reviews=self.min_reviews,
            q=self.q,
        )


class ProductsQuery(ProductFilters):
    """Which products are listed, and how."""

    sort: Annotated[str, _SORT] = Field(default="product_id", json_schema_extra={"enum": _SORTS})
    limit: PlainInt = Field(default=50, ge=1, le=MOST_ITEMS)
    cursor: str | None = Field(default=None, description="The `next` of the page before.")
    fields: Annotated[str, _FIELDS] | None = Field(default=None, description="Columns, separated by commas.")
    include_total: Literal["true", "false"] = "false"

    def listing(self) -> Listing:
        """Give what is asked for."""
        order = Order(self.sort.removeprefix("-"), descending=self.sort.startswith("-"))
        return Listing(self.filters(), order, self.limit, self.include_total == "true")

    def shown(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Give those columns of a product that are wanted."""
        wanted = COLUMNS if self.fields is None else self.fields.split(",")
        return {column: item[column] for column in COLUMNS if column in wanted}


class ProductPath(BaseModel):
    """The path of one product."""

    product_id: str = Field(description="Percent-encoded; it may hold slashes.")


class ProductBody(BaseModel):
    """A product, under the contract's CSV column names."""

    model_config = ConfigDict(json_schema_extra={"example": PRODUCT})

    product_id: str
    product_name: str
    category: str
    price: ExactNumber | None
    quantity_sold: int | None
    rating: float | None
    review_count: int | None


class ProductPart(BaseModel):
    """A product, or those of its columns that were asked for."""

    model_config = ConfigDict(json_schema_extra={"example": PRODUCT})

    product_id: str | None = None
    product_name: str | None = None
    category: str | None = None
    price: ExactNumber | None = None
    quantity_sold: int | None = None
    rating: float | None = None
    review_count: int | None = None


class ProductsPage(BaseModel):
    """A page of products."""

    items: list[ProductPart]
    next: str | None = Field(json_schema_extra={"example": NEXT})
    """The cursor of the page that follows."""
    total: int | None = Field(default=None, json_schema_extra={"example": 40})
    """How many there are in all; only if that was asked for."""


class ProductIds(BaseModel):
    """The products that are wanted."""

    model_config = ConfigDict(extra="forbid")

    ids: list[str] = Field(
        min_length=1, max_length=MOST_IDS, json_schema_extra={"example": ["BK-1001", "BK-9999"]}
    )


class ProductsFound(BaseModel):
    """The products that there are, in the order in which they were asked for."""

    items: list[ProductBody]
    missing: list[str] = Field(json_schema_extra={"example": ["BK-9999"]})
    """The ids that no product has."""


class CategoryBody(BaseModel):
    """A category."""

    category: str = Field(json_schema_extra={"example": "Books"})
    product_count: int = Field(json_schema_extra={"example": 6})


class CategoriesBody(BaseModel):
    """The categories, in the order of their bytes."""

    items: list[CategoryBody]


class ProductContent(BaseModel):
    """A whole product. A number that is null is not known."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": PRODUCT})

    product_id: str | None = Field(default=None, description="May be left out; else the id in the address.")
    product_name: Name
    category: Category
    price: PriceNumber
    quantity_sold: QuantityNumber
    rating: RatingNumber
    review_count: ReviewsNumber


class ProductChange(BaseModel):
    """Those columns of a product that change."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"minProperties": 1, "example": {"price": 12.5}}
    )

    product_name: Name = Field(default_factory=str)
    category: Category = Field(default_factory=str)
    price: PriceNumber = None
    quantity_sold: QuantityNumber = None
    rating: RatingNumber = None
    review_count: ReviewsNumber = None

    @model_validator(mode="after")
    def names_a_column(self) -> Self:
        """Refuse a change of nothing, which is a misunderstanding."""
        if not self.model_fields_set:
            raise PydanticCustomError("nothing", "At least one column is needed.")
        return self
