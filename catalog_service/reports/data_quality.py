"""What is missing in the catalog or looks wrong in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, case, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute

from catalog_service.models import Product
from catalog_service.reports.amounts import TABLE_SCAN

EXAMPLES = 5
"""How many ids are named for one finding at most."""
HIGH_PRICE = 1_000_000
LOW_PRICE = Decimal("0.01")
HIGH_QUANTITY = 1_000_000_000
HIGHEST_RATING = 5

Finding = Literal["blank", "zero", "suspicious"]

_ZERO: ColumnElement[Any] = literal_column("0")
_AT_ITS_ENDS = "begins or ends with a blank"
_SUSPICIOUS: Final[Mapping[str, str]] = {
    "product_id": f"{_AT_ITS_ENDS}, or reads like 4.01E+12, a barcode that a spreadsheet has rounded",
    "product_name": _AT_ITS_ENDS,
    "category": _AT_ITS_ENDS,
    "price": f"{HIGH_PRICE:,} or more, or less than {LOW_PRICE} but not 0",
    "quantity_sold": f"{HIGH_QUANTITY:,} or more, as a barcode in the wrong column",
    "rating": f"more than {HIGHEST_RATING}, or more than 0 without a review",
    "review_count": "more reviews than were sold",
}
_MEANINGS: Final[Mapping[Finding, str]] = {"blank": "not known", "zero": "0"}


@dataclass(frozen=True)
class Quality:
    """One thing to look at in one column: what it is, how many products have it, and the ids of some."""

    column: str
    finding: Finding
    meaning: str
    product_count: int
    example_ids: Sequence[str]


def _has_blank_ends(text: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return text.like(" %") | text.like("% ")


def _suspicions() -> dict[str, ColumnElement[bool]]:
    identifier, price, rating = Product.product_id, Product.price, Product.rating
    # By INSTR, which minds case on both databases, as LIKE does not.
    rounded = (func.instr(identifier, "E+") > 0) & (func.substr(identifier, 2, 1) == ".")
    return {
        "product_id": _has_blank_ends(identifier) | rounded,
        "product_name": _has_blank_ends(Product.product_name),
        "category": _has_blank_ends(Product.category),
        "price": (price >= Decimal(HIGH_PRICE)) | ((price < LOW_PRICE) & (price > _ZERO)),
        "quantity_sold": Product.quantity_sold >= HIGH_QUANTITY,
        "rating": (rating > HIGHEST_RATING) | ((rating > 0) & (Product.review_count == 0)),
        "review_count": Product.review_count > Product.quantity_sold,
    }


def _findings() -> dict[tuple[str, Finding], ColumnElement[bool]]:
    """Give what is looked for, in the order of the columns."""
    found: dict[tuple[str, Finding], ColumnElement[bool]] = {}
    for column, suspicious in _suspicions().items():
        if Product.__table__.c[column].nullable:
            number = getattr(Product, column)
            found |= {(column, "blank"): number.is_(None), (column, "zero"): number == _ZERO}
        found[column, "suspicious"] = suspicious
    return found


_FINDINGS = _findings()
# What is found in a product, as a number with a bit for each finding. Products in which the same is found are
# counted together: a count and two ids for each finding would take MySQL three times as long.
_MASK = sum(
    (case((condition, 1 << place), else_=0) for place, condition in enumerate(_FINDINGS.values())), _ZERO
).label("mask")
# Each group has its own first and last id, which makes some examples.
_GROUP = (func.char_length(Product.product_name) % EXAMPLES).label("part")
_COUNTS = (
    select(_MASK, _GROUP, func.count(), func.min(Product.product_id), func.max(Product.product_id))
    .prefix_with(TABLE_SCAN, dialect="mysql")
    .group_by("mask", "part")
)


def data_quality(connection: Connection) -> list[Quality]:
    """List every finding, column by column; of those that no product has the count is 0."""
    groups = [(mask, count, ids) for mask, _, count, *ids in connection.execute(_COUNTS)]
    return [
        _quality(*named, [(count, ids) for mask, count, ids in groups if mask >> place & 1])
        for place, named in enumerate(_FINDINGS)
    ]


def _quality(column: str, finding: Finding, groups: Sequence[tuple[int, Sequence[str]]]) -> Quality:
    count = sum(count for count, _ in groups)
    ids = {product_id for _, ids in groups for product_id in ids}
    meaning = _MEANINGS.get(finding) or _SUSPICIOUS[column]
    return Quality(column, finding, meaning, count, sorted(ids, key=str.encode)[:EXAMPLES])
