"""Single products are read from MySQL in one trip, each time as they stand."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import Engine, create_engine, insert, make_url, text, update

from catalog_service.models import Base, Product
from catalog_service.products import NoSuchProduct, Products, StoredProduct
from common.single_rows import make_reading_engine

LAMP = StoredProduct("a", "Lampe", "Licht", Decimal("20.5"), 2**63 - 1, 0.1, None)


@pytest.fixture
def writer(schema_url: str) -> Iterator[Engine]:
    engine = create_engine(schema_url)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Product), vars(LAMP))
    yield engine
    engine.dispose()


@pytest.fixture
def products(writer: Engine, schema_url: str) -> Iterator[Products]:  # noqa: ARG001 - makes the table
    engine = make_reading_engine(make_url(schema_url), pool_size=1)
    yield Products(engine)
    engine.dispose()


def connection_ids(products: Products) -> set[int]:
    with products.engine.connect() as connection:
        return {int(connection.execute(text("SELECT CONNECTION_ID()")).scalar_one())}


def test_a_product_comes_back_whole(products: Products) -> None:
    assert products.find("a") == LAMP
    with pytest.raises(NoSuchProduct):
        products.find("A")


def test_what_others_commit_is_seen_at_once(products: Products, writer: Engine) -> None:
    assert products.find("a") == LAMP
    with writer.begin() as connection:
        connection.execute(update(Product).values(price=Decimal(3)))
    assert products.find("a").price == 3


def test_a_read_is_one_trip_to_the_server(products: Products, writer: Engine) -> None:
    def asked() -> int:
        with writer.connect() as connection:
            return int(connection.execute(text("SHOW GLOBAL STATUS LIKE 'Questions'")).one()[1])

    products.find("a")
    quiet = asked()
    own = asked() - quiet
    for _ in range(50):
        products.find("a")
    assert asked() - quiet - 2 * own == 50


def test_a_connection_that_the_server_has_closed_is_replaced(products: Products, writer: Engine) -> None:
    assert products.find("a") == LAMP
    (before,) = connection_ids(products)
    with writer.connect() as connection:
        connection.exec_driver_sql(f"KILL {before}")
    assert products.find("a") == LAMP
    assert connection_ids(products) != {before}


def test_many_at_once_get_each_their_own(writer: Engine, schema_url: str) -> None:
    ids = [f"{number}{end}" for number in range(40) for end in ("x", "X", "x ", "ẋ")]
    with writer.begin() as connection:
        connection.execute(insert(Product), [{**vars(LAMP), "product_id": id_} for id_ in ids])
    engine = make_reading_engine(make_url(schema_url), pool_size=16)
    products = Products(engine)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(products.find, ids * 5))
    engine.dispose()
    assert [product.product_id for product in found] == ids * 5
