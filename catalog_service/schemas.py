"""The bodies that the catalog service reads and writes."""

from decimal import Decimal
from typing import Literal

import werkzeug.datastructures
from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, ConfigDict, Field, field_validator


class UploadForm(BaseModel):
    """The multipart form of an upload."""

    file: FileStorage

    @field_validator("file")
    @classmethod
    def is_a_file(cls, part: object) -> object:
        """Refuse a plain form field of that name. Raises ValueError, which pydantic makes a misfit of."""
        if not isinstance(part, werkzeug.datastructures.FileStorage):
            raise ValueError("not a file")  # noqa: TRY004
        return part


class Message(BaseModel):
    """A sentence about what happened."""

    msg: str


class CellErrorBody(BaseModel):
    """What is wrong with one cell or line of an uploaded file."""

    line: int
    """The line of the file on which the record begins, from 1."""
    column: str | None
    value: str | None
    code: str
    message: str


class RejectedUpload(Message):
    """Why an upload was refused: the first errors, and how many there are in all."""

    errors: list[CellErrorBody]
    total: int
    totals_by_code: dict[str, int]


class ProductPath(BaseModel):
    """The path of one product."""

    product_id: str = Field(description="Percent-encoded; it may hold slashes.")


class ProductBody(BaseModel):
    """A product, under the contract's CSV column names."""

    product_id: str
    product_name: str
    category: str
    price: Decimal
    quantity_sold: int
    rating: float
    review_count: int


class ReportQuery(BaseModel):
    """How a report is asked for."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "csv"] | None = None


class CategorySummaryBody(BaseModel):
    """One category's line in the summary."""

    category: str
    product_count: int
    total_revenue: Decimal
    top_product_id: str
    top_product_name: str
    top_product_quantity_sold: int
    average_price: Decimal
    average_rating: float


class Summary(BaseModel):
    """The report on all categories, ordered by category."""

    items: list[CategorySummaryBody]
