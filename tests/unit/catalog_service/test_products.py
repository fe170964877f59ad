"""A product is read back exactly as it was stored, under exactly its own id."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select, text

from catalog_service.models import Base, Price, Product, db
from catalog_service.products import NoSuchProduct, StoredProduct
from catalog_service.routes.products import products
from tests.unit.database_faults import Faults
from tests.unit.signing import claims, sign

HEADERS = {"Authorization": f"Bearer {sign(claims())}"}
LARGEST = 2**63 - 1


@pytest.fixture(autouse=True)
def _app_context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def store(product_id: str, **changes: Any) -> dict[str, Any]:
    product = {
        "product_id": product_id,
        "product_name": "Lamp",
        "category": "Light",
        "price": Decimal("20.5"),
        "quantity_sold": 3,
        "rating": 4.5,
        "review_count": 7,
        **changes,
    }
    with db.engine.begin() as connection:
        connection.execute(insert(Product), product)
    return product


def find(product_id: str) -> StoredProduct:
    return products().find(product_id)


@pytest.mark.parametrize(
    "price", ["0", "0.000001", "0.1", "20.5", "100", "19.99", "999999999999.999999", "123456789012.000001"]
)
def test_a_price_comes_back_exactly_and_without_trailing_zeros(price: str) -> None:
    store("a", price=Decimal(price))
    assert str(find("a").price) == price


def test_a_price_written_with_more_zeros_is_the_same_price() -> None:
    store("a", price=Decimal("20.500000"))
    assert str(find("a").price) == "20.5"


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.999999"), places=6))
def test_any_price_with_six_decimals_survives_sqlite(price: Decimal) -> None:
    dialect = create_engine("sqlite://").dialect
    stored = Price().process_bind_param(price, dialect)
    assert isinstance(stored, int)
    assert Price().process_result_value(stored, dialect) == price


def test_prices_sort_and_add_up_in_the_database_as_numbers() -> None:
    for product_id, price in {"a": "100", "b": "20.5", "c": "9.99"}.items():
        store(product_id, price=Decimal(price))
    with db.engine.connect() as connection:
        assert list(connection.scalars(select(Product.product_id).order_by(Product.price))) == ["c", "b", "a"]
        assert connection.scalar(text("SELECT SUM(price) FROM products")) == 130_490_000


def test_a_price_that_is_absent_stays_absent() -> None:
    dialect = create_engine("sqlite://").dialect
    assert Price().process_bind_param(None, dialect) is None
    assert Price().process_result_value(None, dialect) is None


def test_a_product_comes_back_whole() -> None:
    stored = store(
        "a", product_name='Lampe "Él" \\N\r\n😀', quantity_sold=LARGEST, review_count=LARGEST, rating=0.1
    )
    assert vars(find("a")) == stored


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Lamp", "lamp"),
        ("lamp", "lamp "),
        ("lamp ", "lamp"),
        ("é", "e"),
        ("é", "e\u0301"),
        ("a/b", "a"),
        ("a", "a\0"),
    ],
)
def test_ids_differ_by_bytes(stored: str, asked: str) -> None:
    store(stored)
    assert find(stored).product_id == stored
    with pytest.raises(NoSuchProduct):
        find(asked)


@pytest.mark.parametrize("asked", ["", "' OR 1=1 -- ", "%", "_", "x" * 10_000])
def test_an_id_is_a_value_and_nothing_more(asked: str) -> None:
    store("a")
    with pytest.raises(NoSuchProduct):
        find(asked)


@pytest.mark.parametrize(
    "product_id", ["a/b", "/a", "a//b", "//", "a b", "é😀", "a\nb", "a%2Fb", "..", "a?b#c", "+", " "]
)
def test_any_id_can_be_asked_for_once_it_is_percent_encoded(client: FlaskClient, product_id: str) -> None:
    store(product_id)
    answer = client.get(f"/products/{quote(product_id, safe='')}", headers=HEADERS)
    assert (answer.status_code, answer.get_json()["product_id"]) == (200, product_id)


def test_numbers_are_numbers_with_all_their_digits(client: FlaskClient) -> None:
    store("a", price=Decimal("123456789012.345678"), quantity_sold=LARGEST)
    answer = client.get("/products/a", headers=HEADERS)
    body = json.loads(answer.text, parse_float=Decimal)
    assert (body["price"], body["quantity_sold"]) == (Decimal("123456789012.345678"), LARGEST)


def test_a_product_that_is_not_there_is_404_in_json(client: FlaskClient) -> None:
    answer = client.get("/products/nothing", headers=HEADERS)
    assert (answer.status_code, answer.get_json()) == (404, {"msg": "There is no product with this id."})


def test_whichever_call_of_the_database_fails_the_answer_is_503(client: FlaskClient) -> None:
    store("a")
    faults, outcomes = Faults(products().engine), []
    for number in range(1, 20):
        faults.fail_at(number)
        answer = client.get("/products/a", headers=HEADERS)
        assert answer.status_code == (503 if faults.struck else 200)
        assert answer.is_json
        outcomes.append(answer.status_code)
        if not faults.struck:
            break
    faults.fail_at(None)
    assert outcomes.count(200) == 1
    assert outcomes.count(503) >= 2


def test_the_models_base_holds_the_products_alone() -> None:
    tables = {"products", "uploads", "upload_parts", "catalog_version", "stored_reports"}
    assert set(Base.metadata.tables) == tables
