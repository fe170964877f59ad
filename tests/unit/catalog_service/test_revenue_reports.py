"""The reports on revenue and prices, on SQLite, held to plain Python arithmetic on the same products."""

from collections.abc import Iterator
from dataclasses import astuple
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete

from catalog_service.models import Product
from catalog_service.reports.price_distribution import BOUNDARIES, price_bands
from catalog_service.reports.revenue_share import revenue_shares
from catalog_service.reports.top_products import LONGEST, top_products
from tests.unit.catalog_service.stored_products import product, products_database, store

HIGHEST_PRICE = Decimal("999999999999.999999")
HIGHEST_QUANTITY = 2**63 - 1

Products = list[dict[str, Any]]


@pytest.fixture
def connection() -> Iterator[Connection]:
    with products_database() as connection:
        yield connection


def revenue(one: dict[str, Any]) -> Fraction:
    """Give what a product earns, where that is known; by fractions, which never round."""
    return Fraction(one["price"]) * int(one["quantity_sold"])


def known(products: Products) -> Products:
    return [one for one in products if None not in (one["price"], one["quantity_sold"])]


def earned(products: Products) -> Fraction:
    return sum(map(revenue, known(products)), Fraction(0))


def per_cent(part: Fraction, whole: Fraction) -> Fraction | None:
    """Round half up to hundredths."""
    return None if not whole else Fraction((20_000 * part / whole + 1) // 2, 100)


def as_fractions(line: object) -> tuple[object, ...]:
    return tuple(Fraction(cell) if isinstance(cell, Decimal) else cell for cell in astuple(line))  # type: ignore[call-overload]


def expected_top(products: Products) -> list[tuple[object, ...]]:
    def place(one: dict[str, Any]) -> tuple[Any, ...]:
        return (-revenue(one), one["product_name"].encode(), one["product_id"].encode())

    return [
        (
            one["product_id"],
            one["product_name"],
            one["category"],
            Fraction(one["price"]),
            one["quantity_sold"],
            revenue(one),
            per_cent(revenue(one), earned(products)),
        )
        for one in sorted(known(products), key=place)[:LONGEST]
    ]


def expected_shares(products: Products) -> list[tuple[object, ...]]:
    by_name = sorted(products, key=lambda one: one["category"].encode())
    revenues = [(name, earned(list(some))) for name, some in groupby(by_name, lambda one: one["category"])]
    revenues.sort(key=lambda one: -one[1])
    lines: list[tuple[object, ...]] = []
    running = Fraction(0)
    for name, amount in revenues:
        running += amount
        rank = 1 + sum(other > amount for _, other in revenues)
        share, so_far = (per_cent(part, earned(products)) for part in (amount, running))
        lines.append((name, amount, share, rank, running, so_far))
    return lines


def expected_bands(products: Products) -> list[tuple[object, ...]]:
    lines: list[tuple[object, ...]] = []
    for begin, end in zip(BOUNDARIES, (*BOUNDARIES[1:], None), strict=True):
        inside = [
            one
            for one in products
            if one["price"] is not None and begin <= one["price"] and (end is None or one["price"] < end)
        ]
        sold = sum(one["quantity_sold"] or 0 for one in inside)
        lines.append((begin, end, len(inside), sold, earned(inside)))
    return lines


def products() -> st.SearchStrategy[Products]:
    quantities = st.sampled_from([0, 1, 2**31 - 1, 2**31, 2**32, 2**62, HIGHEST_QUANTITY])
    edges = st.sampled_from(
        [Decimal(edge) - tiny for edge in BOUNDARIES[1:] for tiny in (0, Decimal("1e-6"))]
    )
    one = st.builds(
        product,
        st.text(st.sampled_from("aAé\uffee\U0001f9f8 "), min_size=1, max_size=5),
        product_name=st.sampled_from(["a", "A", "a ", "é"]),
        category=st.sampled_from(["a", "b", "é", "a "]),
        price=st.none() | edges | st.decimals(0, HIGHEST_PRICE, places=6),
        quantity_sold=st.none() | quantities | st.integers(0, HIGHEST_QUANTITY),
    )
    return st.lists(one, max_size=12, unique_by=lambda values: values["product_id"])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(products())
def test_any_products_are_reported_as_python_does(connection: Connection, some: Products) -> None:
    connection.execute(delete(Product))
    if some:
        store(connection, *some)
    assert list(map(as_fractions, top_products(connection))) == expected_top(some)
    assert list(map(as_fractions, revenue_shares(connection))) == expected_shares(some)
    assert list(map(as_fractions, price_bands(connection))) == expected_bands(some)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(products())
def test_the_top_products_of_a_category_are_those_of_its_products(
    connection: Connection, some: Products
) -> None:
    connection.execute(delete(Product))
    if some:
        store(connection, *some)
    inside = [one for one in some if one["category"] == "a"]
    assert list(map(as_fractions, top_products(connection, "a"))) == expected_top(inside)


def test_revenues_that_no_double_tells_apart_are_in_their_order(connection: Connection) -> None:
    quantities = {"a": HIGHEST_QUANTITY - 2, "b": HIGHEST_QUANTITY, "c": HIGHEST_QUANTITY - 1}
    store(
        connection,
        *(product(key, price=HIGHEST_PRICE, quantity_sold=sold) for key, sold in quantities.items()),
    )
    top = top_products(connection)
    assert [one.product_id for one in top] == ["b", "c", "a"]
    assert Fraction(top[0].revenue) == Fraction(HIGHEST_PRICE) * HIGHEST_QUANTITY


def test_no_more_products_are_listed_than_can_be_asked_for(connection: Connection) -> None:
    store(connection, *(product(f"{number:04}", quantity_sold=number) for number in range(LONGEST + 50)))
    top = top_products(connection)
    assert [one.quantity_sold for one in top] == list(range(LONGEST + 49, 49, -1))


def test_categories_that_earn_equally_share_a_rank_and_the_next_is_left_out(connection: Connection) -> None:
    sold = {"a": 1, "b": 2, "c": 2, "d": 3}
    store(
        connection,
        *(product(name, category=name, quantity_sold=number) for name, number in sold.items()),
    )
    shares = revenue_shares(connection)
    assert [(one.category, one.revenue_rank) for one in shares] == [("d", 1), ("b", 2), ("c", 2), ("a", 4)]
    assert shares[-1].running_percent == 100


def test_of_a_catalog_that_earns_nothing_no_share_is_known(connection: Connection) -> None:
    store(connection, product("a", quantity_sold=0))
    (share,) = revenue_shares(connection)
    assert astuple(share)[1:] == (0, None, 1, 0, None)
    assert top_products(connection)[0].revenue_percent is None


def test_an_empty_table_has_every_price_band_with_zeros_and_nothing_else(connection: Connection) -> None:
    assert top_products(connection) == []
    assert revenue_shares(connection) == []
    assert [astuple(band)[2:] for band in price_bands(connection)] == [(0, 0, 0)] * len(BOUNDARIES)


def test_amounts_have_no_trailing_zeros(connection: Connection) -> None:
    store(connection, product("a", price=Decimal("20.500000"), quantity_sold=200))
    (top,), (share,) = top_products(connection), revenue_shares(connection)
    assert [str(top.price), str(top.revenue), str(top.revenue_percent)] == ["20.5", "4100", "100"]
    assert [str(share.total_revenue), str(share.running_revenue)] == ["4100", "4100"]
