"""Products in a SQLite database, for tests of what is worked out from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, StaticPool, create_engine, insert

from catalog_service.models import Base, Product


@contextmanager
def products_database() -> Iterator[Connection]:
    """Make an empty database in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def product(product_id: str, **changes: object) -> dict[str, Any]:
    """Make a product in which there is nothing to find."""
    values: dict[str, Any] = {
        "product_id": product_id,
        "product_name": "Kettle",
        "category": "Kitchen",
        "price": Decimal("24.90"),
        "quantity_sold": 10,
        "rating": 4.5,
        "review_count": 3,
    }
    return values | changes


def store(connection: Connection, *products: dict[str, Any]) -> None:
    """Store products."""
    connection.execute(insert(Product), list(products))
