"""Exports on a real MySQL: they show one moment, hold what lists hold, and their numbers read back equal."""

import csv
import io
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, delete, insert, make_url, text, update

from catalog_service import export
from catalog_service.export import PAGE_ROWS, export_json_lines, export_products
from catalog_service.models import Base, Product
from catalog_service.product_queries import Order
from common.database import engine_options
from tests.unit.listing_cases import FILTERS, expected, products


@pytest.fixture
def engine(schema_url: str) -> Iterator[Engine]:
    url = make_url(schema_url)
    engine = create_engine(url, **engine_options(url, pool_size=2))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def product(number: int, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "product_id": f"{number:07}",
        "product_name": "Kettle",
        "category": "Kitchen",
        "price": 1,
        "quantity_sold": 2**63 - 1,
        "rating": 4.5,
        "review_count": 0,
    }
    return values | changes


def store(engine: Engine, products: list[dict[str, Any]]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Product), products)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))


@pytest.mark.parametrize("isolation", ["REPEATABLE READ", "READ COMMITTED"])
def test_an_export_shows_one_moment_whatever_is_committed_meanwhile(engine: Engine, isolation: str) -> None:
    """Also on a server whose default would show each page as it is then."""
    store(engine, [product(number) for number in range(2 * PAGE_ROWS)])
    with engine.connect() as connection:
        connection.execute(text(f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}"))
    export = export_products(engine)
    pieces = [next(export)]

    with engine.begin() as connection:
        connection.execute(insert(Product), product(0, product_id=f"{PAGE_ROWS:07}b"))
        connection.execute(delete(Product).where(Product.product_id == f"{PAGE_ROWS + 1:07}"))
        connection.execute(update(Product).values(product_name="Other"))

    found = rows(b"".join([*pieces, *export]))
    assert [int(row["product_id"]) for row in found] == list(range(2 * PAGE_ROWS))
    assert {row["product_name"] for row in found} == {"Kettle"}


def test_an_export_leaves_its_connection_as_it_was(engine: Engine) -> None:
    store(engine, [product(1)])
    list(export_products(engine))
    store(engine, [product(2)])
    assert len(rows(b"".join(export_products(engine)))) == 2


def test_ratings_read_back_as_the_same_doubles(engine: Engine) -> None:
    some = random.Random(1)
    ratings = [some.choice([some.random(), 10 ** some.uniform(-16, 15)]) for _ in range(PAGE_ROWS)]
    store(engine, [product(number, rating=rating) for number, rating in enumerate(ratings)])
    found = rows(b"".join(export_products(engine)))
    assert [float(row["rating"]) for row in found] == ratings


def test_prices_are_exact_and_null_is_blank(engine: Engine) -> None:
    prices = ["999999999999.999999", "0.000001", "20.500000", None]
    store(engine, [product(number, price=price) for number, price in enumerate(prices)])
    found = rows(b"".join(export_products(engine)))
    assert [row["price"] for row in found] == ["999999999999.999999", "0.000001", "20.5", ""]


def test_an_export_of_some_products_holds_what_a_list_holds(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE_ROWS", 3)
    stored = products(60)
    store(engine, stored)
    for filters in FILTERS:
        lines = b"".join(export_json_lines(engine, filters)).splitlines()
        wanted = [row["product_id"] for row in expected(stored, filters, Order("product_id"))]
        assert [json.loads(line)["product_id"] for line in lines] == wanted, filters
