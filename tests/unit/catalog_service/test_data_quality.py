"""What the report on data quality finds, on SQLite."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from sqlalchemy import Connection

from catalog_service.reports.data_quality import EXAMPLES, Quality, data_quality
from tests.unit.catalog_service.stored_products import product, products_database, store

NUMBERS = ("price", "quantity_sold", "rating", "review_count")


@pytest.fixture
def connection() -> Iterator[Connection]:
    with products_database() as connection:
        yield connection


def found(connection: Connection) -> dict[tuple[str, str], list[str]]:
    """Give the ids of what was found, where anything was."""
    return {
        (one.column, one.finding): list(one.example_ids)
        for one in data_quality(connection)
        if one.product_count
    }


def test_of_an_empty_table_every_finding_is_listed_with_zero(connection: Connection) -> None:
    findings = data_quality(connection)
    assert [(one.column, one.finding) for one in findings] == [
        ("product_id", "suspicious"),
        ("product_name", "suspicious"),
        ("category", "suspicious"),
        *((column, finding) for column in NUMBERS for finding in ("blank", "zero", "suspicious")),
    ]
    assert {(one.product_count, tuple(one.example_ids)) for one in findings} == {(0, ())}


def test_in_a_sound_product_nothing_is_found(connection: Connection) -> None:
    store(connection, product("a"), product("b", price=Decimal("999999.999999"), rating=5.0))
    assert found(connection) == {}


@pytest.mark.parametrize("column", NUMBERS)
def test_what_is_not_known_is_blank(connection: Connection, column: str) -> None:
    store(connection, product("a", **{column: None}), product("b"))
    assert found(connection) == {(column, "blank"): ["a"]}


@pytest.mark.parametrize("column", ["price", "rating"])
def test_a_zero_is_found(connection: Connection, column: str) -> None:
    zero = Decimal(0) if column == "price" else 0.0
    store(connection, product("a", **{column: zero}), product("b"))
    assert found(connection) == {(column, "zero"): ["a"]}


@pytest.mark.parametrize(
    ("column", "changes"),
    [
        ("product_id", {"product_id": " a"}),
        ("product_id", {"product_id": "a "}),
        ("product_id", {"product_id": "4.01E+12"}),
        ("product_name", {"product_name": "Kettle "}),
        ("category", {"category": " Kitchen"}),
        ("price", {"price": Decimal(1_000_000)}),
        ("price", {"price": Decimal("0.009999")}),
        ("quantity_sold", {"quantity_sold": 1_000_000_000}),
        ("rating", {"rating": 5.1}),
        ("review_count", {"review_count": 11}),
    ],
)
def test_what_is_suspicious_is_found(connection: Connection, column: str, changes: dict[str, object]) -> None:
    one = product("a") | changes
    store(connection, one, product("b"))
    assert found(connection) == {(column, "suspicious"): [one["product_id"]]}


def test_a_rating_without_a_review_is_suspicious(connection: Connection) -> None:
    store(connection, product("a", review_count=0), product("b", review_count=0, rating=0.0))
    assert found(connection)["rating", "suspicious"] == ["a"]


@pytest.mark.parametrize("product_id", ["e+12", "4.01e+12", "size-4.01", "A.E-1", "purple+ab"])
def test_an_id_that_is_no_rounded_number_is_not_suspicious(connection: Connection, product_id: str) -> None:
    store(connection, product(product_id))
    assert found(connection) == {}


def test_a_finding_names_some_of_its_products_and_counts_all(connection: Connection) -> None:
    names = ["a", "bb", "ccc", "dddd", "eeeee"]
    many = [product(f"{number:03}", product_name=names[number % 5], rating=None) for number in range(200)]
    store(connection, *many, product("sound"))
    (finding,) = [one for one in data_quality(connection) if one.product_count]
    assert finding == Quality("rating", "blank", "not known", 200, finding.example_ids)
    assert finding.example_ids == ["000", "001", "002", "003", "004"]
    assert len(finding.example_ids) == EXAMPLES
