"""Changes of single products on SQLite."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url, select

from catalog_service.catalog_version import version_in
from catalog_service.ingest.failures import StoreBusy
from catalog_service.ingest.sqlite_store import SqliteStore
from catalog_service.models import Base, Product
from catalog_service.product_edits import ProductEdits
from catalog_service.products import NoSuchProduct, Products, StoredProduct
from common.database import engine_options, prepare_engine
from common.single_rows import make_reading_engine
from tests.unit import edit_races
from tests.unit.edit_races import CELLS, anything


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    options = engine_options(make_url(url), 10)
    engine = create_engine(url, **options)
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def edits(engine: Engine) -> ProductEdits:
    return ProductEdits(SqliteStore(engine))


@pytest.fixture
def products(url: str) -> Iterator[Products]:
    engine = make_reading_engine(make_url(url), pool_size=1)
    yield Products(engine)
    engine.dispose()


def state(engine: Engine) -> tuple[int, str]:
    """Give the revision of the one product, and the version of all."""
    with engine.connect() as connection:
        return connection.scalars(select(Product.revision)).one(), version_in(connection)


def test_a_change_gets_a_revision_that_no_upload_has_and_a_version(
    edits: ProductEdits, engine: Engine
) -> None:
    edits.put("a", CELLS, anything)
    made = state(engine)
    edits.patch("a", {"price": "2"}, anything)
    changed = state(engine)
    assert made[0] < 0
    assert changed[0] < 0
    assert made[0] != changed[0]
    assert made[1] != changed[1]


def test_what_changes_nothing_leaves_revision_and_version(edits: ProductEdits, engine: Engine) -> None:
    edits.put("a", CELLS, anything)
    before = state(engine)
    assert edits.put("a", {**CELLS, "price": "1.0"}, anything).created is False
    edits.patch("a", {"quantity_sold": "0"}, anything)
    assert state(engine) == before


def test_a_deletion_makes_a_version(edits: ProductEdits, engine: Engine) -> None:
    edits.put("a", CELLS, anything)
    _, before = state(engine)
    edits.delete("a", anything)
    with engine.connect() as connection:
        assert version_in(connection) != before
    with pytest.raises(NoSuchProduct):
        edits.delete("a", anything)


@pytest.mark.parametrize("key", ["\\N", "a\tb\nc", "\\", "'"])
def test_any_id_and_text_is_stored_as_it_is(edits: ProductEdits, products: Products, key: str) -> None:
    put = edits.put(key, {**CELLS, "product_name": key, "category": key}, anything)
    assert products.find(key) == put.product == StoredProduct(key, key, key, put.product.price, 0, None, 7)
    assert edits.patch(key, {"rating": "1e-05"}, anything).product_name == key


def test_a_change_during_a_load_is_told_to_come_again(url: str, engine: Engine) -> None:
    impatient = create_engine(url, connect_args={"timeout": 0.1})
    prepare_engine(impatient)
    with engine.connect() as load:
        load.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            ProductEdits(SqliteStore(impatient)).put("a", CELLS, anything)
    impatient.dispose()


@pytest.mark.parametrize(
    "check",
    [
        edit_races.check_one_of_many_creates,
        edit_races.check_one_of_many_changes_what_it_saw,
        edit_races.check_no_unconditional_change_is_lost,
    ],
)
def test_changes_at_once_come_one_after_the_other(
    edits: ProductEdits, products: Products, check: Callable[..., None]
) -> None:
    check(edits, products.find)
