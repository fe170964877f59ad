"""Lists of products on MySQL: what they answer, and which index answers them."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Select, create_engine, insert, make_url, text

from catalog_service.models import Base, Product
from catalog_service.product_list import ProductList
from catalog_service.product_queries import (
    CATEGORIES,
    After,
    Filters,
    Listing,
    Order,
    export_query,
    find_query,
    page_query,
    total_query,
)
from common.single_rows import make_reading_engine
from tests.unit.listing_cases import check_every_list, products

MANY = 20_000
FILL = text("""
    INSERT INTO products (product_id, product_name, category, price, quantity_sold, rating, review_count)
    WITH RECURSIVE numbers AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n < :many)
    SELECT CONCAT('SKU', SHA2(n, 224)), CONCAT('Kettle ', n), CONCAT('Category ', n % 20), n % 997 / 4,
           n % 50, IF(n % 40, n % 50 / 10, NULL), n % 256
    FROM numbers
""")


@pytest.fixture
def writer(schema_url: str) -> Iterator[Engine]:
    engine = create_engine(schema_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def product_list(writer: Engine, schema_url: str) -> Iterator[ProductList]:  # noqa: ARG001 - makes the table
    engine = make_reading_engine(make_url(schema_url), pool_size=1)
    yield ProductList(engine)
    engine.dispose()


@pytest.fixture
def many(writer: Engine) -> Iterator[Connection]:
    with writer.connect() as connection:
        connection.execute(text("SET SESSION cte_max_recursion_depth = :many"), {"many": MANY + 1})
        connection.execute(FILL, {"many": MANY})
        connection.commit()
        connection.execute(text("ANALYZE TABLE products")).all()
        yield connection


def test_every_list_is_what_python_makes_of_the_products(writer: Engine, product_list: ProductList) -> None:
    rows = products(60)
    with writer.begin() as connection:
        connection.execute(insert(Product), rows)
    check_every_list(product_list, rows)


def test_what_was_found_by_ids_and_counted_is_what_is_stored(
    writer: Engine, product_list: ProductList
) -> None:
    rows = products(60)
    with writer.begin() as connection:
        connection.execute(insert(Product), rows)
    found = product_list.find([*(row["product_id"] for row in rows), "nowhere", "A"])
    assert ([dict(item) for item in found.items], found.missing) == (rows, ["nowhere", "A"])
    assert [one.category for one in product_list.categories()] == ["Kitchen", "Küche", "kitchen"]


def explained(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Give the plan's lines on the products themselves."""
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    statement = str(compiled).replace("%%", "%")
    plan = connection.exec_driver_sql(f"EXPLAIN FORMAT=TRADITIONAL {statement}")
    return [dict(line) for line in plan.mappings() if line["table"] == "products"]


CASES: list[tuple[Listing, After | None, str]] = [
    (Listing(), None, "PRIMARY"),
    (Listing(), After("SKU5", "SKU5"), "PRIMARY"),
    (Listing(order=Order("product_id", descending=True)), After("SKU5", "SKU5"), "PRIMARY"),
    (Listing(order=Order("category")), After("Category 3", "SKU5"), "ix_products_category"),
    (Listing(Filters(category="Category 3")), None, "ix_products_category"),
    (Listing(Filters(category="Category 3")), After("SKU5", "SKU5"), "ix_products_category"),
    *(
        (Listing(order=Order(column, descending=down)), after, f"ix_products_{column}")
        for column in ("price", "rating")
        for down in (False, True)
        for after in (None, After(2, "SKU5"), After(None, "SKU5"))
    ),
    (Listing(Filters(min_price=240, max_price=241)), None, "ix_products_price"),  # type: ignore[arg-type]
    (Listing(Filters(min_price=100), Order("price")), After(120, "SKU5"), "ix_products_price"),  # type: ignore[arg-type]
    (Listing(Filters(min_rating=4), Order("rating", descending=True)), None, "ix_products_rating"),
    (Listing(Filters(q="kettle")), After("SKU5", "SKU5"), "PRIMARY"),
]


def test_an_index_answers_each_stretch_of_a_page_in_its_order(many: Connection) -> None:
    """The documented queries whose columns have an index."""
    for listing, after, index in CASES:
        plan = explained(many, page_query(listing, after, "mysql"))
        assert plan, listing
        for line in plan:
            shown = f"{listing} {after}: {line}"
            assert (line["key"], line["type"] != "ALL") == (index, True), shown
            # A few hundred products of a range are sorted sooner than they are met in another index's order.
            assert "filesort" not in (line["Extra"] or "") or listing.filters.max_price, shown


def test_a_text_is_not_looked_for_in_the_order_of_an_index(many: Connection) -> None:
    """If it is rare, each product would be looked up by its key."""
    query = page_query(Listing(Filters(q="zzz"), Order("price", descending=True)), None, "mysql")
    assert "ix_products_price" not in {line["key"] for line in explained(many, query)}


def test_all_pages_of_an_export_together_pass_over_the_products_once(many: Connection) -> None:
    """Also where another index would find fewer products, which it then had to sort for each page."""
    cases = [
        (Filters(), "PRIMARY"),
        (Filters(min_price=240, max_price=241), "PRIMARY"),  # type: ignore[arg-type]
        (Filters(min_reviews=250, min_rating=4, q="kettle"), "PRIMARY"),
        (Filters(category="Category 3"), "ix_products_category"),
        (Filters(category="Category 3", min_price=240), "ix_products_category"),  # type: ignore[arg-type]
    ]
    for filters, index in cases:
        for after in ("", "SKU5"):
            (line,) = explained(many, export_query(filters, 2000, after, "mysql"))
            assert (line["key"], line["type"]) == (index, "range"), f"{filters} {after}: {line}"
            assert "filesort" not in (line["Extra"] or "")


def test_an_index_answers_what_is_asked_for_by_ids_and_what_is_counted(many: Connection) -> None:
    (by_ids,) = explained(many, find_query(["SKU1", "SKU2"]))
    (counted,) = explained(many, CATEGORIES)
    (some,) = explained(many, total_query(Filters(category="Category 3"), "mysql"))
    assert (by_ids["key"], by_ids["type"]) == ("PRIMARY", "range")
    assert [line["key"] for line in (counted, some)] == ["ix_products_category"] * 2
    assert "Using index" in counted["Extra"]
    assert "Using temporary" not in counted["Extra"]


@pytest.mark.parametrize("column", ["product_name", "quantity_sold", "review_count"])
def test_columns_without_an_index_are_ordered_all_the_same(
    many: Connection, product_list: ProductList, column: str
) -> None:
    """Decision 25: what an index would cost each upload."""
    query = page_query(Listing(order=Order(column)), None, "mysql")
    assert {line["key"] for line in explained(many, query)} <= {None, "PRIMARY"}
    page = product_list.page(Listing(order=Order(column), limit=3), None)
    assert len(page.items) == 3


def test_a_page_by_cursor_reads_as_many_rows_at_the_end_as_at_the_start(many: Connection) -> None:
    def rows_read(after: After | None) -> int:
        many.execute(text("FLUSH STATUS"))
        many.execute(page_query(Listing(order=Order("rating")), after, "mysql")).all()
        status = many.execute(text("SHOW SESSION STATUS LIKE 'Handler_read%'"))
        return sum(int(value) for _, value in status)

    first = rows_read(None)
    (last,) = many.execute(text("SELECT MAX(rating) FROM products")).one()
    positions = [After(0.1, "SKUf"), After(2.5, "SKU8"), After(last, "SKU0"), After(None, "SKU8")]
    assert max(rows_read(after) for after in positions) < 3 * first
