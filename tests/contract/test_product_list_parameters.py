"""GET /products: what no query may be is refused, and no parameter is more than a value."""

from urllib.parse import urlencode

import pytest
import requests

from tests.contract.client import Client
from tests.contract.test_product_list import ids, listed, make

ILL_FORMED_FILTERS = [
    "min_price=NaN",
    "min_price=inf",
    "min_price=1e309",
    "max_price=-1",
    "max_price=1,5",
    "max_price=0.0000001",
    "min_price=",
    "min_rating=1e1",
    "max_rating=%2B1",
    "min_reviews=-1",
    "min_reviews=1.5",
    "min_reviews=1_000",
    "min_reviews=9223372036854775808",
    "min_reviews=%D9%A3",
    "q=",
    "q=" + "x" * 201,
    "category=",
    "category=a%00",
    "category=" + "x" * 129,
    "q=a&q=b",
    "filter[price]=1",
]


def assert_refused(answer: requests.Response, field: str) -> None:
    """Check that a request was refused for a parameter, which is named."""
    assert answer.status_code == 400, answer.text
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    # A sentence for a person, which names no other column than the parameter's.
    assert "pattern" not in error["message"]
    assert not field.startswith(("min_", "max_")) or not error["message"].startswith(("price", "rating"))


def test_a_cursor_is_good_for_its_own_query_alone(client: Client) -> None:
    category, products = make(client, *[{}] * 5)
    cursor = listed(client, category=category, limit=2, sort="price")["next"]

    for other in (
        {"sort": "-price"},
        {"sort": "rating"},
        {"sort": "price", "q": "Kettle"},
        {"min_price": "1"},
    ):
        assert_refused(
            client.get(f"/products?{urlencode({'category': category, 'cursor': cursor, **other})}"), "cursor"
        )
    same = {"category": category, "sort": "price", "cursor": cursor, "fields": "product_id", "limit": 3}
    assert ids(listed(client, **same)["items"]) == ids(products[2:])


@pytest.mark.parametrize(
    "query",
    [
        *ILL_FORMED_FILTERS,
        "sort=password",
        "sort=revision",
        "sort=price;drop",
        "sort=price,rating",
        "sort=--price",
        "sort=",
        "sort=price%0A",
        "limit=0",
        "limit=1001",
        "limit=ten",
        "limit=%2B5",
        "limit=",
        "fields=",
        "fields=revision",
        "fields=price,",
        "fields=*",
        "include_total=yes",
        "cursor=",
        "cursor=x",
        "cursor=bnVsbA",
        "cursor=%00",
        "page=2",
        "offset=10",
        "limit=1&limit=1",
    ],
)
def test_a_parameter_that_is_unknown_repeated_or_ill_formed_is_refused(client: Client, query: str) -> None:
    """Q01, Q02, Q08."""
    assert_refused(client.get(f"/products?{query}"), query.partition("=")[0])


@pytest.mark.parametrize("path", ["/products?limit=1", "/categories", "/products/x"])
def test_a_browser_that_asks_for_html_gets_json(client: Client, path: str) -> None:
    """Q14."""
    answer = client.get(path, {"Accept": "text/html"})
    assert answer.status_code in (200, 404, 406)
    assert answer.headers["Content-Type"] == "application/json"
