"""Reading products."""

from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus

from sqlalchemy import Engine, bindparam, select

from catalog_service.models import Product
from common.refusals import Refusal

_COLUMNS = [column for column in Product.__table__.columns if column.name != "revision"]
_BY_ID = select(*_COLUMNS).where(Product.product_id == bindparam("product_id"))


class NoSuchProduct(Refusal):
    """There is no product with this id."""

    status = HTTPStatus.NOT_FOUND
    msg = "There is no product with this id."


@dataclass(frozen=True)
class StoredProduct:
    """A product as it stands in the database; `price` is exact, and None is a number that is not known."""

    product_id: str
    product_name: str
    category: str
    price: Decimal | None
    quantity_sold: int | None
    rating: float | None
    review_count: int | None


def find_product(engine: Engine, product_id: str) -> StoredProduct:
    """Give the product with this id, compared by bytes. Raises NoSuchProduct."""
    with engine.connect() as connection:
        row = connection.execute(_BY_ID, {"product_id": product_id}).one_or_none()
    if row is None:
        raise NoSuchProduct
    return StoredProduct(*row)
