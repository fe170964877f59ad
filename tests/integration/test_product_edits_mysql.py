"""Changes of single products on MySQL, beside each other and beside uploads."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, make_url, text

from catalog_service.catalog_version import products_changed
from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.failures import StoreBusy
from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
from catalog_service.ingest.store import Table
from catalog_service.models import Base
from catalog_service.product_edits import ProductEdits
from catalog_service.products import NoSuchProduct, Products, StoredProduct
from common.single_rows import make_reading_engine
from tests.integration.ingest.products_table import LOCK_WAITS, OTHER, SEEN_ANEW_SECONDS, locked
from tests.unit import edit_races
from tests.unit.edit_races import AT_ONCE, CELLS, Mismatch, anything, asks_for
from tests.waiting import wait_until

UPLOADED = Chunk(b"a\t1000000001\tUploaded\tKitchen\t5\t1\t2\t3\n", 1)


@pytest.fixture
def store(schema_url: str) -> Iterator[MySqlStore]:
    engine = make_ingest_engine(schema_url, seconds=2, pool_size=AT_ONCE + 1)
    Base.metadata.create_all(engine)
    yield MySqlStore(engine)
    engine.dispose()


@pytest.fixture
def edits(store: MySqlStore) -> ProductEdits:
    return ProductEdits(store)


@pytest.fixture
def products(store: MySqlStore, schema_url: str) -> Iterator[Products]:  # noqa: ARG001 - makes the table
    engine = make_reading_engine(make_url(schema_url), pool_size=1)
    yield Products(engine)
    engine.dispose()


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


@pytest.mark.parametrize("key", ["\\N", "a\tb\nc", "\\", "'", "é😀"])
def test_any_id_and_text_is_stored_as_it_is(edits: ProductEdits, products: Products, key: str) -> None:
    put = edits.put(key, {**CELLS, "product_name": key, "category": key}, anything)
    assert products.find(key) == put.product == StoredProduct(key, key, key, put.product.price, 0, None, 7)
    patched = edits.patch(key, {"rating": "0.30000000000000004", "price": "0.000001"}, anything)
    assert patched == products.find(key)
    edits.delete(key, anything)
    with pytest.raises(NoSuchProduct):
        products.find(key)


def test_the_tag_that_a_read_gives_is_the_one_that_a_change_is_held_to(
    edits: ProductEdits, products: Products
) -> None:
    """Whatever the numbers: a read takes them from JSON, a change from the row."""
    chance = random.Random(7)
    ratings = ["0", "4.0", "0.1", "0.30000000000000004", "0.00000000000000001", "999999999999999.99"]
    ratings += [
        format(Decimal(repr(chance.uniform(0, 10 ** chance.randint(-4, 14)))), "f") for _ in range(60)
    ]
    for rating in ratings:
        price = str(Decimal(chance.randrange(10**18)).scaleb(-6))
        edits.put("a", {**CELLS, "rating": rating, "price": price, "quantity_sold": str(2**63 - 1)}, anything)
        changed = edits.patch("a", {"product_name": "Pot"}, asks_for(products.find("a").tag))
        assert changed == products.find("a"), (rating, price)
    with pytest.raises(Mismatch):
        edits.patch("a", {"product_name": "Cup"}, asks_for("another"))


def test_a_change_waits_for_an_upload_of_its_product_and_comes_after_it(
    store: MySqlStore, edits: ProductEdits, products: Products
) -> None:
    """The upload looks first, so that the change has to see what it wrote."""
    edits.put("a", CELLS, anything)
    begun: list[threading.Thread] = []

    def load(table: Table) -> None:
        table.ask([b"a"])()
        change = threading.Thread(target=lambda: edits.patch("a", {"price": "9"}, anything))
        change.start()
        begun.append(change)
        change.join(0.5)
        assert change.is_alive()
        table.write([UPLOADED], revision=1)

    store.transact(load)
    begun[0].join()

    found = products.find("a")
    assert (found.product_name, found.price) == ("Uploaded", Decimal(9))


def test_an_upload_that_meets_a_new_product_is_done_again(
    store: MySqlStore, edits: ProductEdits, schema_url: str
) -> None:
    """A row that was made between an upload's look and its write is one more that is replaced."""
    replaced: list[int] = []

    def load(table: Table) -> None:
        known = table.ask([b"a"])()
        if not known:
            edits.put("a", CELLS, anything)
        replaced.append(table.write([UPLOADED], revision=1) - len(known))

    store.transact(load)
    assert replaced == [1]
    with create_engine(schema_url).connect() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM products")) == 1


def test_a_change_that_a_deadlock_undid_is_done_again(
    edits: ProductEdits, products: Products, schema_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """F25."""
    edits.put("a", CELLS, anything)
    engine = create_engine(schema_url)
    with engine.connect() as holder, ThreadPoolExecutor(1) as pool:
        # Having written more, the holder is the one that the server spares.
        for number in range(50):
            holder.execute(OTHER, {"id": f"P{number}"})
        products_changed(holder)
        change = pool.submit(edits.patch, "a", {"price": "9"}, anything)
        wait_until(lambda: holder.execute(LOCK_WAITS).scalar(), pause=SEEN_ANEW_SECONDS)
        locked(holder, "a")
        wait_until(lambda: "done again" in caplog.text)
        holder.rollback()
        assert change.result() == products.find("a")
    engine.dispose()
    assert "1213" in caplog.text
    assert products.find("a").price == Decimal(9)


@pytest.mark.parametrize("change", ["put", "delete"])
def test_a_change_that_an_upload_holds_for_too_long_is_told_to_come_again(
    store: MySqlStore, schema_url: str, change: str
) -> None:
    impatient = make_ingest_engine(schema_url, seconds=1, pool_size=1)
    edits = ProductEdits(MySqlStore(impatient))
    edits.put("a", CELLS, anything)

    def load(table: Table) -> None:
        table.ask([b"a"])()
        with pytest.raises(StoreBusy):
            edits.put("a", {**CELLS, "price": "3"}, anything) if change == "put" else edits.delete(
                "a", anything
            )

    store.transact(load)
    impatient.dispose()
