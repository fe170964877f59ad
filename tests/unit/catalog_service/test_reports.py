"""The summary on SQLite, held to plain Python arithmetic on the same products."""

import csv
from collections.abc import Iterator
from dataclasses import fields, replace
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import groupby
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from catalog_service.models import Product
from catalog_service.reports.kinds import report_csv
from catalog_service.reports.summary import CategorySummary, category_summaries
from tests.unit.catalog_service.stored_products import product, products_database, store

HIGHEST_PRICE = Decimal("999999999999.999999")
HIGHEST_QUANTITY = 2**63 - 1
HIGHEST_RATING = 1.7976931348623157e308


@pytest.fixture
def connection() -> Iterator[Connection]:
    with products_database() as connection:
        yield connection


def summary_csv(summaries: list[CategorySummary]) -> Iterator[str]:
    return report_csv(CategorySummary, map(vars, summaries))


def only_summary(connection: Connection) -> CategorySummary:
    (summary,) = category_summaries(connection)
    return summary


def test_an_empty_table_has_no_summaries(connection: Connection) -> None:
    assert category_summaries(connection) == []


def test_a_category_is_summed_up_exactly(connection: Connection) -> None:
    store(
        connection,
        product("a", price=Decimal("0.10"), quantity_sold=3, rating=4.0),
        product("b", product_name="Pot", price=Decimal("19.99"), quantity_sold=7, rating=5.0),
    )
    assert only_summary(connection) == CategorySummary(
        category="Kitchen",
        product_count=2,
        total_revenue=Decimal("140.23"),
        top_product_id="b",
        top_product_name="Pot",
        top_product_quantity_sold=7,
        average_price=Decimal("10.045"),
        average_rating=4.5,
    )


def test_amounts_have_no_trailing_zeros(connection: Connection) -> None:
    store(connection, product("a", price=Decimal("20.500000"), quantity_sold=200))
    summary = only_summary(connection)
    assert (str(summary.total_revenue), str(summary.average_price)) == ("4100", "20.5")


@pytest.mark.parametrize("leader", ["1", "2"])
def test_of_equally_sold_products_the_first_name_is_top_whatever_its_id(
    connection: Connection, leader: str
) -> None:
    store(connection, *(product(key, product_name="Ab" if key == leader else "a") for key in ("1", "2")))
    assert only_summary(connection).top_product_id == leader


def test_of_equally_sold_namesakes_the_first_id_is_top(connection: Connection) -> None:
    store(connection, *(product(key) for key in ("b", "é", "a ", "a", "B1")))
    assert only_summary(connection).top_product_id == "B1"


def test_a_tie_is_broken_among_the_best_sellers_alone(connection: Connection) -> None:
    store(
        connection,
        product("1", product_name="A", quantity_sold=9),
        product("2", product_name="C", quantity_sold=10),
        product("3", product_name="B", quantity_sold=10),
    )
    assert only_summary(connection).top_product_name == "B"


def test_categories_differ_and_are_ordered_by_their_bytes(connection: Connection) -> None:
    names = ["z", "é", "É", "Z", "a", "a ", "e", "\U0001f9f8", "字", "\uffee"]
    store(connection, *(product(f"{number}", category=name) for number, name in enumerate(names)))
    found = [summary.category for summary in category_summaries(connection)]
    assert found == sorted(names, key=lambda name: name.encode())


def test_the_largest_legal_values_are_summed_up_exactly(connection: Connection) -> None:
    largest = {"price": HIGHEST_PRICE, "quantity_sold": HIGHEST_QUANTITY, "rating": HIGHEST_RATING}
    store(connection, *(product(f"{number:04}", **largest) for number in range(1000)))
    summary = only_summary(connection)
    assert str(summary.total_revenue) == "9223372036854775797776627963145224.193"
    assert summary.top_product_quantity_sold == HIGHEST_QUANTITY
    assert summary.average_price == HIGHEST_PRICE
    assert summary.average_rating == HIGHEST_RATING


def test_ratings_whose_sum_no_double_holds_have_an_average(connection: Connection) -> None:
    ratings = {"a": HIGHEST_RATING, "b": HIGHEST_RATING, "c": HIGHEST_RATING, "d": 0.0}
    store(connection, *(product(key, rating=rating) for key, rating in ratings.items()))
    assert only_summary(connection).average_rating == pytest.approx(HIGHEST_RATING / 4 * 3)


def test_an_average_price_is_rounded_half_up_to_the_decimals_of_a_price(connection: Connection) -> None:
    store(connection, product("a", price=Decimal("0.000002")), product("b", price=Decimal("0.000003")))
    assert only_summary(connection).average_price == Decimal("0.000003")


@pytest.mark.parametrize("unknown", ["price", "quantity_sold", "rating"])
def test_numbers_that_are_not_known_count_in_no_sum_and_no_average(
    connection: Connection, unknown: str
) -> None:
    store(
        connection,
        product("a", price=Decimal(2), quantity_sold=3, rating=4.0),
        product("b", price=Decimal(4), quantity_sold=1, rating=2.0) | {unknown: None},
    )
    summary = only_summary(connection)
    assert summary.product_count == 2
    assert summary.total_revenue == (10 if unknown == "rating" else 6)
    assert summary.average_price == (2 if unknown == "price" else 3)
    assert summary.average_rating == (4 if unknown == "rating" else 3)
    assert summary.top_product_id == "a"


def test_a_product_that_is_known_to_have_sold_none_is_before_one_of_which_it_is_not_known(
    connection: Connection,
) -> None:
    store(connection, product("a", quantity_sold=None), product("b", quantity_sold=0))
    assert only_summary(connection).top_product_id == "b"


def test_a_category_of_which_nothing_is_known_has_a_summary(connection: Connection) -> None:
    unknown = {"price": None, "quantity_sold": None, "rating": None}
    store(connection, product("b", **unknown), product("a", **unknown))
    assert only_summary(connection) == CategorySummary(
        "Kitchen", 2, Decimal(0), "a", "Kettle", None, None, None
    )


def test_what_is_not_known_is_a_blank_cell_of_the_csv() -> None:
    line = list(summary_csv([CategorySummary("Toys", 1, Decimal(0), "T1", "Top", None, None, None)]))[1]
    assert line == "Toys,1,0,T1,Top,,,\r\n"


def expected(products: list[dict[str, Any]]) -> list[CategorySummary]:
    stored = [Product(**values) for values in products]
    by_category = sorted(stored, key=lambda one: one.category.encode())
    return [expected_summary(list(members)) for _, members in groupby(by_category, attrgetter("category"))]


def expected_summary(products: list[Product]) -> CategorySummary:
    def place(one: Product) -> tuple[int, bytes, bytes]:
        sold = -1 if one.quantity_sold is None else one.quantity_sold
        return (-sold, one.product_name.encode(), one.product_id.encode())

    top = min(products, key=place)
    ratings = [one.rating for one in products if one.rating is not None]
    average_rating: Any = pytest.approx(sum(one / len(ratings) for one in ratings)) if ratings else None
    prices = [one.price for one in products if one.price is not None]
    # What is not known adds nothing.
    sold = [(one.price or Decimal(0), one.quantity_sold or 0) for one in products]
    with localcontext() as context:
        context.prec = 100
        earned = [price * quantity for price, quantity in sold]
        average = sum(prices) / Decimal(len(prices)) if prices else None
        return CategorySummary(
            category=top.category,
            product_count=len(products),
            total_revenue=sum(earned, Decimal(0)),
            top_product_id=top.product_id,
            top_product_name=top.product_name,
            top_product_quantity_sold=top.quantity_sold,
            average_price=average and average.quantize(Decimal("0.000001"), ROUND_HALF_UP),
            average_rating=average_rating,
        )


def products() -> st.SearchStrategy[list[dict[str, Any]]]:
    characters = st.characters(exclude_categories=["Cs"])
    quantities = st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**32, HIGHEST_QUANTITY])
    one = st.builds(
        product,
        st.text(characters, min_size=1, max_size=64),
        product_name=st.sampled_from(["a", "A", "a ", "é", "Ab"])
        | st.text(characters, min_size=1, max_size=9),
        category=st.sampled_from(["a", "b", "é"]),
        price=st.none() | st.decimals(0, HIGHEST_PRICE, places=6),
        quantity_sold=st.none() | quantities | st.integers(0, HIGHEST_QUANTITY),
        rating=st.none() | st.floats(0, 5),
    )
    return st.lists(one, min_size=1, max_size=12, unique_by=lambda values: values["product_id"])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(products())
def test_any_products_are_summed_up_as_python_does(
    connection: Connection, some: list[dict[str, Any]]
) -> None:
    connection.execute(delete(Product))
    store(connection, *some)
    assert category_summaries(connection) == expected(some)


SUMMARY = CategorySummary("Toys", 2, Decimal("1234567890123.45"), "T1", "Top", 7, Decimal("0.5"), 4.25)


def test_summaries_become_csv_under_their_field_names() -> None:
    heading, line = summary_csv([SUMMARY])
    assert heading.rstrip() == ",".join(field.name for field in fields(CategorySummary))
    assert line == "Toys,2,1234567890123.45,T1,Top,7,0.5,4.25\r\n"


def test_the_csv_of_no_summaries_is_its_heading() -> None:
    assert len(list(summary_csv([]))) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
@pytest.mark.parametrize("cell", ["category", "top_product_id", "top_product_name"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str, cell: str) -> None:
    formula: dict[str, Any] = {cell: f"{start}1+1"}
    (row,) = csv.DictReader(summary_csv([replace(SUMMARY, **formula)]))
    assert row[cell] == f"'{start}1+1"


def test_other_texts_survive_the_csv_as_they_are() -> None:
    name = 'A "small", =odd\r\nname, déjà vu'
    (row,) = csv.DictReader(summary_csv([replace(SUMMARY, top_product_name=name)]))
    assert row["top_product_name"] == name
