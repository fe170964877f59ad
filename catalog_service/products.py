"""Reading products."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus

import simplejson
from sqlalchemy import Engine, String, cast, func, select

from catalog_service.models import Price, Product
from common.refusals import Refusal
from common.single_rows import RowByKey

_TAG_CHARACTERS = 32
_COLUMNS = [column for column in Product.__table__.columns if column.name != "revision"]
_PRODUCT = select(*_COLUMNS)
# One value instead of seven: the driver works on each column's description as long as on its value. The price
# as text, as JSON's numbers are inexact to most who read them.
_PRODUCT_AS_JSON = select(func.json_array(*(cast(c, String) if c.name == "price" else c for c in _COLUMNS)))


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

    @property
    def tag(self) -> str:
        """A text that is another one for any other content: the product's entity tag (RFC 9110, 8.8.3)."""
        # No cell holds a NUL, so it can't be confused with what stands between them.
        return hashlib.sha256("\0".join(map(str, vars(self).values())).encode()).hexdigest()[:_TAG_CHARACTERS]


class Products:
    """The stored products, read one at a time."""

    def __init__(self, engine: Engine) -> None:
        """Read by an engine of `make_reading_engine`."""
        self.engine = engine
        # SQLite's JSON has less digits than its numbers, and its driver no descriptions to read.
        self._as_json = engine.dialect.name == "mysql"
        self._by_id = RowByKey(engine, _PRODUCT_AS_JSON if self._as_json else _PRODUCT, Product.product_id)
        self._price = Price()

    def find(self, product_id: str) -> StoredProduct:
        """Give the product with this id, compared by bytes. Raises NoSuchProduct."""
        row = self._by_id.find(product_id)
        if row is None:
            raise NoSuchProduct
        key, name, category, price, *numbers = simplejson.loads(row[0]) if self._as_json else row
        exact = self._price.process_result_value(price, self.engine.dialect)
        return StoredProduct(key, name, category, exact, *numbers)
