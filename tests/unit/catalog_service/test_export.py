"""The export of all products, on SQLite."""

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, QueuePool, create_engine, delete, insert, text, update
from sqlalchemy.exc import OperationalError

from catalog_service.export import (
    LONGEST_SECONDS,
    PAGE_ROWS,
    ExportTookTooLong,
    export_json_lines,
    export_products,
)
from catalog_service.formulas import MARK, NEUTRALISED, STARTS
from catalog_service.ingest.columns import COLUMNS, RULES
from catalog_service.models import Base, Product
from common.database import prepare_engine
from tests.unit.catalog_service import stored_products
from tests.unit.catalog_service.stored_products import product

RATING = RULES[COLUMNS.index("rating")].cell
HIGHEST_PRICE = Decimal("999999999999.999999")
MANY_ROWS = 100_000
MEMORY_BYTES = 4 * 1024 * 1024
"""Half of the file of MANY_ROWS; the products themselves would take twenty times as much."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/catalog.db")
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def store(engine: Engine, *products: dict[str, Any]) -> None:
    with engine.begin() as connection:
        stored_products.store(connection, *products)


def replace_all(engine: Engine, *products: dict[str, Any]) -> None:
    with engine.begin() as connection:
        connection.execute(delete(Product))
        for values in products:
            connection.execute(insert(Product), values)


def store_numbered(engine: Engine, count: int) -> None:
    """Store products with the ids 0000001, 0000002 and so on, in SQLite itself."""
    statement = f"""
        INSERT INTO products ({", ".join(COLUMNS)})
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT :count)
        SELECT printf('%07d', n), 'Kettle ' || n, 'Kitchen', n, n, 4.5, n FROM numbers
    """  # noqa: S608 - the columns' names are ours
    with engine.begin() as connection:
        connection.execute(text(statement), {"count": count})


def rows(content: bytes) -> list[dict[str, str]]:
    """Read an export as any program would."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


def exported(engine: Engine) -> list[dict[str, str]]:
    return rows(b"".join(export_products(engine)))


def restored(row: dict[str, str]) -> dict[str, Any]:
    """Read a row back into a product."""
    named = row[NEUTRALISED].split()
    cells = {name: row[name].removeprefix(MARK) if name in named else row[name] for name in COLUMNS}
    types = (str, str, str, Decimal, int, float, int)
    return {name: read(cells[name]) for name, read in zip(COLUMNS, types, strict=True)}


def test_the_export_of_no_products_is_the_header(engine: Engine) -> None:
    assert b"".join(export_products(engine)) == (
        b"product_id,product_name,category,price,quantity_sold,rating,review_count,neutralised_columns\r\n"
    )


def test_products_stand_in_key_order_by_bytes(engine: Engine) -> None:
    ids = ["b", "a ", "é", "a", "B", "\U0001f9f8", "10", "\uffee", "2"]
    store(engine, *map(product, ids))
    assert [row["product_id"] for row in exported(engine)] == sorted(ids, key=str.encode)


def test_a_line_is_as_rfc_4180_has_it(engine: Engine) -> None:
    store(engine, product('A,"1"', product_name="two\nlines"))
    _, line = b"".join(export_products(engine)).split(b"\r\n", 1)
    assert line == b'"A,""1""","two\nlines",Kitchen,24.9,10,4.5,3,\r\n'


@pytest.mark.parametrize(
    ("price", "cell"),
    [("20.500000", "20.5"), ("100", "100"), ("0", "0"), ("0.000001", "0.000001"), (HIGHEST_PRICE,) * 2],
)
def test_a_price_is_exact_and_has_no_trailing_zeros(
    engine: Engine, price: str | Decimal, cell: str | Decimal
) -> None:
    store(engine, product("a", price=Decimal(price)))
    assert exported(engine)[0]["price"] == str(cell)


@pytest.mark.parametrize(
    ("written", "cell"),
    [
        ("4.50", "4.5"),
        ("0.00000000000000001", "0.00000000000000001"),
        ("3.14159265358979323", "3.141592653589793"),
        ("999999999999999.99999", "999999999999999.99"),
    ],
)
def test_a_rating_is_written_as_short_as_reads_back(engine: Engine, written: str, cell: str) -> None:
    store(engine, product("a", rating=float(written)))
    assert exported(engine)[0]["rating"] == cell


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.from_regex(RATING, fullmatch=True).map(float))
def test_any_rating_that_an_upload_stores_is_one_that_it_takes_back(engine: Engine, rating: float) -> None:
    replace_all(engine, product("a", rating=rating))
    cell = exported(engine)[0]["rating"]
    assert RATING.fullmatch(cell)
    assert float(cell) == rating


@pytest.mark.parametrize("column", ["price", "quantity_sold", "rating", "review_count"])
def test_a_number_that_is_null_is_a_blank_cell(engine: Engine, column: str) -> None:
    store(engine, product("a", **{column: None}))
    assert exported(engine)[0][column] == ""


def test_a_formula_is_made_harmless_and_its_column_named(engine: Engine) -> None:
    """U37."""
    store(engine, product("=1+1", product_name="'=mine", category="\tTea"))
    (row,) = exported(engine)
    assert (row["product_id"], row["product_name"], row["category"]) == ("'=1+1", "'=mine", "'\tTea")
    assert row[NEUTRALISED] == "product_id category"


def products() -> st.SearchStrategy[list[dict[str, Any]]]:
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    nasty = st.text(
        st.sampled_from([*STARTS, MARK, '"', ",", ";", "\\", "\n", "N", " "]), min_size=1, max_size=9
    )
    texts = nasty | st.text(characters, min_size=1, max_size=64)
    integers = st.sampled_from([0, 2**63 - 1]) | st.integers(0, 2**63 - 1)
    one = st.builds(
        product,
        texts,
        product_name=texts,
        category=texts,
        price=st.decimals(0, HIGHEST_PRICE, places=6),
        quantity_sold=integers,
        rating=st.floats(0, 1e15, allow_subnormal=False),
        review_count=integers,
    )
    return st.lists(one, max_size=8, unique_by=lambda values: values["product_id"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(products())
def test_any_products_are_read_back_equal(engine: Engine, some: list[dict[str, Any]]) -> None:
    replace_all(engine, *some)
    ordered = sorted(some, key=lambda values: values["product_id"].encode())
    assert [restored(row) for row in exported(engine)] == ordered


@pytest.mark.parametrize("count", [PAGE_ROWS - 1, PAGE_ROWS, PAGE_ROWS + 1, 2 * PAGE_ROWS])
def test_no_product_is_lost_or_doubled_where_pages_meet(engine: Engine, count: int) -> None:
    store_numbered(engine, count)
    assert [int(row["product_id"]) for row in exported(engine)] == list(range(1, count + 1))


def test_an_export_shows_one_moment_whatever_is_committed_meanwhile(engine: Engine) -> None:
    store_numbered(engine, 2 * PAGE_ROWS)
    last = f"{2 * PAGE_ROWS:07}"
    export = export_products(engine)
    pieces = [next(export)]

    with engine.begin() as connection:
        connection.execute(insert(Product), product(f"{PAGE_ROWS:07}b"))
        connection.execute(delete(Product).where(Product.product_id == f"{PAGE_ROWS + 1:07}"))
        connection.execute(update(Product).where(Product.product_id == last).values(product_name="Other"))

    pieces += export
    found = rows(b"".join(pieces))
    assert [row["product_name"] for row in found] == [f"Kettle {n}" for n in range(1, 2 * PAGE_ROWS + 1)]


def test_an_export_that_is_left_early_holds_nothing(engine: Engine) -> None:
    store_numbered(engine, PAGE_ROWS + 1)
    export = export_products(engine)
    next(export)
    assert lent_connections(engine) == 1
    export.close()
    assert lent_connections(engine) == 0


def test_an_export_that_takes_too_long_is_given_up(engine: Engine) -> None:
    store_numbered(engine, PAGE_ROWS + 1)
    now = 0.0
    export = export_products(engine, clock=lambda: now)
    next(export)
    now = LONGEST_SECONDS + 1
    with pytest.raises(ExportTookTooLong):
        next(export)
    assert lent_connections(engine) == 0


def test_json_lines_are_left_and_given_up_as_the_csv_is(engine: Engine) -> None:
    store_numbered(engine, PAGE_ROWS + 1)
    now = 0.0
    left, late = (export_json_lines(engine, clock=lambda: now) for _ in range(2))
    assert [next(one).count(b"\n") for one in (left, late)] == [PAGE_ROWS] * 2
    left.close()
    now = LONGEST_SECONDS + 1
    with pytest.raises(ExportTookTooLong):
        next(late)
    assert lent_connections(engine) == 0


def lent_connections(engine: Engine) -> int:
    assert isinstance(engine.pool, QueuePool)
    return engine.pool.checkedout()


def test_a_database_that_does_not_serve_is_told_before_the_first_piece(tmp_path: Path) -> None:
    without_tables = create_engine(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(OperationalError):
        next(export_products(without_tables))
    without_tables.dispose()


@pytest.mark.parametrize("export_all", [export_products, export_json_lines])
def test_the_memory_that_an_export_takes_does_not_grow_with_it(
    engine: Engine, export_all: Callable[[Engine], Iterator[bytes]]
) -> None:
    store_numbered(engine, MANY_ROWS)
    export = export_all(engine)
    size = len(next(export))
    tracemalloc.start()
    size += sum(map(len, export))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY_BYTES
    assert size > MANY_ROWS * len("0000001,Kettle 1,Kitchen,0.000001,1,4.5,1,\r\n")
