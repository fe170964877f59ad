"""Reading products."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection, bindparam, select
from sqlalchemy.exc import DBAPIError

from catalog_service.models import Price, Product
from common.refusals import Refusal

_ID = "product_id"
_TAG_CHARACTERS = 32
_COLUMNS = [column for column in Product.__table__.columns if column.name != "revision"]
_BY_ID = select(*_COLUMNS).where(Product.product_id == bindparam(_ID))


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
    """The stored products, read one at a time.

    The driver is asked straight: SQLAlchemy's work for one row takes as long as the database's.
    """

    def __init__(self, engine: Engine) -> None:
        """Read by an engine of `make_reading_engine`."""
        self.engine = engine
        compiled = _BY_ID.compile(dialect=engine.dialect)
        self._by_id = str(compiled)
        self._positional = bool(compiled.positional)
        self._price = Price()

    def find(self, product_id: str) -> StoredProduct:
        """Give the product with this id, compared by bytes. Raises NoSuchProduct."""
        row = self._row(product_id)
        if row is None:
            raise NoSuchProduct
        key, name, category, price, *numbers = row
        exact = self._price.process_result_value(price, self.engine.dialect)
        return StoredProduct(key, name, category, exact, *numbers)

    def _row(self, product_id: str) -> Sequence[Any] | None:
        driver = self.engine.dialect.loaded_dbapi
        try:
            with closing(self.engine.raw_connection()) as connection, _given_up(connection):
                cursor = connection.cursor()
                cursor.execute(self._by_id, (product_id,) if self._positional else {_ID: product_id})
                row: Sequence[Any] | None = cursor.fetchone()
                return row
        except driver.Error as error:
            raise DBAPIError.instance(self._by_id, None, error, driver.Error) from error


@contextmanager
def _given_up(connection: PoolProxiedConnection) -> Iterator[None]:
    """Give a connection up after any error."""
    try:
        yield
    except BaseException:
        connection.invalidate()
        raise
