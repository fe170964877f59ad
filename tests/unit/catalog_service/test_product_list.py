"""Lists of products on SQLite, whose filters, orders and pages are held against Python's."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Select, insert, make_url
from sqlalchemy.dialects import mysql

from catalog_service.models import Base, Product
from catalog_service.product_cursors import Position, cursor_at
from catalog_service.product_list import CategoryCount, ProductList
from catalog_service.product_queries import After, Filters, Listing, Order, page_query, prepared_page
from common.cursors import BadCursor
from common.single_rows import make_reading_engine
from tests.unit.listing_cases import FILTERS, check_every_list, products

QUERY = ["price", "False", *[None] * len(Filters())]
BY_PRICE = Listing(order=Order("price"), limit=2)


@pytest.fixture
def product_list(url: str) -> Iterator[ProductList]:
    engine = make_reading_engine(make_url(url), pool_size=1)
    made = ProductList(engine)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Product), products(60))
    yield made
    engine.dispose()


def test_every_list_is_what_python_makes_of_the_products(product_list: ProductList) -> None:
    check_every_list(product_list, products(60))


def test_a_page_of_no_products_has_a_total_all_the_same(product_list: ProductList) -> None:
    nothing = Listing(Filters(category="none"), with_total=True)
    assert product_list.page(nothing, None) == ([], None, 0)
    far = cursor_at(Position(None, "\U0010ffff"), QUERY)
    assert product_list.page(BY_PRICE._replace(with_total=True), far) == ([], None, 60)


def test_categories_are_counted(product_list: ProductList) -> None:
    counted = product_list.categories()
    assert [one.category for one in counted] == ["Kitchen", "Küche", "kitchen"]
    assert sum(one.product_count for one in counted) == 60
    assert isinstance(counted[0], CategoryCount)


def written(*document: object) -> str:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("value", ["1e5", "-1", "NaN", "x", "", "9" * 13, "1.2345678", "1 ", "٣"])
def test_a_forged_value_is_refused(product_list: ProductList, value: str) -> None:
    with pytest.raises(BadCursor):
        product_list.page(BY_PRICE, cursor_at(Position(value, "a"), QUERY))


@pytest.mark.parametrize("value", ["nan", "inf", "1e999", "x", "0x1", "1_0", "\u0661", "+1.0", "1"])
def test_a_forged_rating_is_refused(product_list: ProductList, value: str) -> None:
    query = ["rating", *QUERY[1:]]
    with pytest.raises(BadCursor):
        product_list.page(Listing(order=Order("rating")), cursor_at(Position(value, "a"), query))


@pytest.mark.parametrize("column", ["product_id", "product_name", "category"])
def test_a_text_that_is_not_known_is_refused(product_list: ProductList, column: str) -> None:
    query = [column, *QUERY[1:]]
    with pytest.raises(BadCursor):
        product_list.page(Listing(order=Order(column)), cursor_at(Position(None, "a"), query))


@pytest.mark.parametrize(
    "forge",
    [
        lambda digest: written(digest, "1", 7),
        lambda digest: written(digest, 1, "a"),
        lambda digest: written(digest, "1"),
        lambda digest: written(digest, "1", "a", "b"),
        lambda digest: written(digest[::-1], "1", "a"),
        lambda digest: written(digest, "1", "a") + "=",
        lambda digest: urlsafe_b64encode(f'["{digest}","1","\\ud800"]'.encode()).decode().rstrip("="),
        lambda _: urlsafe_b64encode(b"[" * 3000).decode(),
        lambda _: written(None),
        lambda _: "é",
        lambda _: "",
    ],
)
def test_a_cursor_of_another_form_is_refused(product_list: ProductList, forge: Callable[[str], str]) -> None:
    genuine = product_list.page(BY_PRICE, None).next
    assert genuine is not None
    assert product_list.page(BY_PRICE, genuine).items
    padded = genuine + "=" * (-len(genuine) % 4)
    digest = json.loads(urlsafe_b64decode(padded))[0]
    assert product_list.page(BY_PRICE, written(digest, "1", "a")).items
    with pytest.raises(BadCursor):
        product_list.page(BY_PRICE, forge(digest))


def test_a_page_may_begin_behind_a_product_that_is_gone(product_list: ProductList) -> None:
    behind = cursor_at(Position("0.7", "nowhere"), QUERY)
    assert product_list.page(BY_PRICE, behind).items[0]["price"] == Decimal(2)


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("after", [None, After(Decimal(2), "a"), After(None, "a")])
def test_a_prepared_page_is_the_query_with_its_values_as_parameters(
    filters: Filters, after: After | None
) -> None:
    for order in (Order("price"), Order("price", descending=True)):
        listing = Listing(filters, order, limit=7, with_total=True)
        prepared = prepared_page(listing, after, "mysql")
        assert as_text(prepared.statement.params(prepared.parameters)) == as_text(
            page_query(listing, after, "mysql")
        )


def test_the_statement_of_a_kind_of_page_is_made_once() -> None:
    first, second, other = (
        prepared_page(Listing(filters, Order("price")), After(price, "a"), "mysql")
        for price, filters in ((1, Filters(q="a")), (2, Filters(q="b")), (1, Filters(category="a")))
    )
    assert first.statement is second.statement
    assert first.parameters != second.parameters
    assert other.statement is not first.statement


def as_text(statement: Select[Any]) -> str:
    compiled = statement.compile(dialect=mysql.dialect(), compile_kwargs={"literal_binds": True})
    return str(compiled)
