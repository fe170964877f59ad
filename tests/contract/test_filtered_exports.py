"""GET /products.csv and .jsonl with the filters of GET /products: some products only, by the same rules."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.answers import UPLOADED, assert_answer
from tests.contract.client import Client, unique
from tests.contract.products import COLUMNS, a_product
from tests.contract.test_product_list import ids, listed
from tests.contract.test_product_list_parameters import ILL_FORMED_FILTERS, assert_refused
from tests.contract.test_products_csv import NEUTRALISED, assert_unchanged, nasty_products, rows, upload

PATHS = ["/products.csv", "/products.jsonl"]
FILTERS: list[dict[str, str]] = [
    {},
    {"min_price": "2", "max_price": "3.000000"},
    {"min_rating": "4.5"},
    {"max_rating": "4.49"},
    {"min_reviews": "2"},
    {"q": "ÉL"},
    {"q": "%"},
    {"q": "' OR 1=1 -- "},
    {"min_price": "1", "max_rating": "5", "min_reviews": "1", "q": "e"},
    {"min_price": "4"},
]


@pytest.fixture(scope="module")
def category(client: Client) -> str:
    """Make a category of products that differ in all that is filtered by."""
    category = unique("Tea & more")
    names = ("Élan", "élan %", "Kettle", "50% off")
    products = [
        a_product(unique("SKU"), category=category, product_name=name, price=Decimal(number), **cells)
        for number, name in enumerate(names)
        for cells in (
            {"rating": Decimal("4.5"), "review_count": number},
            {"rating": Decimal(3), "review_count": 0},
        )
    ]
    assert_answer(client.upload(products), 200, UPLOADED)
    return category


@pytest.mark.parametrize("filters", FILTERS, ids=urlencode)
def test_an_export_holds_what_the_list_holds(client: Client, category: str, filters: dict[str, str]) -> None:
    query = urlencode({"category": category, **filters})
    items = listed(client, category=category, **filters)["items"]

    lines, table = (client.get(f"{path}?{query}") for path in ("/products.jsonl", "/products.csv"))

    assert [json.loads(line, parse_float=Decimal) for line in lines.content.splitlines()] == items
    assert list(rows(table)) == ids(items)


def test_only_other_filters_let_other_categories_through(client: Client, category: str) -> None:
    answer = client.get("/products.jsonl?q=élan&max_price=1")

    found: list[dict[str, Any]] = [json.loads(line) for line in answer.content.splitlines()]
    assert [one["product_name"] for one in found if one["category"] == category] == ["Élan"] * 2 + [
        "élan %"
    ] * 2
    assert all("élan" in one["product_name"].lower() for one in found)


def test_an_export_that_nothing_fits_is_its_header_alone(client: Client) -> None:
    nothing = unique("none")

    table, lines = (client.get(f"{path}?category={nothing}") for path in PATHS)

    assert table.content.decode() == ",".join([*COLUMNS, NEUTRALISED]) + "\r\n"
    assert lines.content == b""


def test_uploading_a_part_again_changes_nothing(client: Client) -> None:
    """U37: also a category that could be a formula comes back as it was."""
    category = unique("=category")
    products = nasty_products(category)
    upload(client, products)

    part = client.get(f"/products.csv?{urlencode({'category': category})}")

    assert len(rows(part)) == len(products)
    assert_unchanged(upload(client, part.content), len(products))


def test_a_part_comes_as_gzip_too(client: Client, category: str) -> None:
    query = urlencode({"category": category, "min_price": "1"})

    packed = client.get(f"/products.csv?{query}", {"Accept-Encoding": "gzip"})
    plain = client.get(f"/products.csv?{query}", {"Accept-Encoding": "identity"})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.content == plain.content


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "query", [*ILL_FORMED_FILTERS, "sort=price", "limit=10", "fields=price", "cursor=x", "format=csv", "x"]
)
def test_a_parameter_that_is_unknown_repeated_or_ill_formed_is_refused(
    client: Client, path: str, query: str
) -> None:
    """Q01, Q08: whoever asks for a part of the products shall not take all of them for that part."""
    assert_refused(client.get(f"{path}?{query}"), query.partition("=")[0])
