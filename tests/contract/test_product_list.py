"""GET /products: filtered, sorted and paged, on a database that others may use at the same time."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.contract.answers import UPLOADED, assert_answer
from tests.contract.client import Client, exact_json, quote_id, unique
from tests.contract.products import COLUMNS, a_product
from tests.contract.uploads import send


def make(client: Client, *changes: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Upload products of a category of their own, and give it with them, in the order of their ids."""
    category = unique("category")
    products = [a_product(unique("SKU"), **{"category": category, **change}) for change in changes]
    assert_answer(client.upload(products), 200, UPLOADED)
    return category, sorted(products, key=lambda product: str(product["product_id"]).encode())


def listed(client: Client, **parameters: object) -> dict[str, Any]:
    """Give a page."""
    answer = client.get(f"/products?{urlencode(parameters)}")
    assert answer.status_code == 200, answer.text
    return exact_json(answer)


def pages(client: Client, **parameters: object) -> Iterator[list[dict[str, Any]]]:
    """Give the items of all pages."""
    page = listed(client, **parameters)
    yield page["items"]
    while page["next"] is not None:
        page = listed(client, **parameters, cursor=page["next"])
        yield page["items"]


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["product_id"] for item in items]


def test_products_come_whole_and_by_their_ids(client: Client) -> None:
    category, products = make(client, *[{"quantity_sold": number} for number in range(5)])
    assert listed(client, category=category) == {"items": products, "next": None}


def test_a_category_is_meant_exactly(client: Client) -> None:
    category, _ = make(client, {})
    for other in (category.upper(), category + " ", category[:-1], category + "%"):
        assert listed(client, category=other)["items"] == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"min_price": "10"}, "bc"),
        ({"min_price": "10.000001"}, "c"),
        ({"max_price": "10"}, "ab"),
        ({"min_price": "9.999999", "max_price": "10.000000"}, "b"),
        ({"min_price": "11", "max_price": "10"}, ""),
        ({"min_rating": "3.7"}, "bc"),
        ({"max_rating": "3.7"}, "ab"),
        ({"min_reviews": "9"}, "bc"),
        ({"min_reviews": "9223372036854775807"}, "c"),
        ({"min_price": "0"}, "abc"),
        ({"min_price": "0", "max_rating": "3", "min_reviews": "0"}, "a"),
    ],
)
def test_a_range_includes_its_ends_and_leaves_out_what_is_not_known(
    client: Client, filters: dict[str, str], expected: str
) -> None:
    category = unique("category")
    rows = [("a", "9.5", 0, "3", 0), ("b", "10", 1, "3.7", 9), ("c", "11.25", 2, "5", 2**63 - 1)]
    lines = [f"{category}{key},{key},{category},{','.join(map(str, cells))}" for key, *cells in rows]
    content = "\n".join([",".join(COLUMNS), *lines, f"{category}d,d,{category},,,,"]).encode()
    assert send(client, content, "?blank=null").status_code == 200

    found = listed(client, category=category, **filters)["items"]

    assert "".join(item["product_name"] for item in found) == expected


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_any_column_orders_and_ties_are_broken_by_the_id(client: Client, column: str, sign: str) -> None:
    category, products = make(
        client,
        *[
            {
                "product_name": "zZaéA"[number % 5],
                "price": Decimal(number % 3) / 4,
                "quantity_sold": number % 4,
                "rating": Decimal(number % 2) / 2,
                "review_count": 10**number,
            }
            for number in range(10)
        ],
    )

    def key(product: dict[str, Any]) -> tuple[Any, ...]:
        value = product[column]
        return (value.encode() if isinstance(value, str) else value, product["product_id"].encode())

    expected = sorted(products, key=key, reverse=bool(sign))
    for limit in (1, 3, 10, 50):
        found = list(pages(client, category=category, sort=sign + column, limit=limit))
        assert [item for page in found for item in page] == expected
        assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)


@pytest.mark.parametrize("sort", ["price", "-price"])
def test_what_is_not_known_comes_last(client: Client, sort: str) -> None:
    category = unique("category")
    prices = ("", "2", "", "1", "")
    rows = [
        f"{category}{key},Kettle,{category},{price},,," for key, price in zip("abcde", prices, strict=True)
    ]
    content = "\n".join([",".join(COLUMNS), *rows]).encode()
    assert send(client, content, "?blank=null").status_code == 200

    for limit in (1, 2, 5):
        found = [item for page in pages(client, category=category, sort=sort, limit=limit) for item in page]
        assert "".join(one["product_id"][-1] for one in found) == ("dbace" if sort == "price" else "bdeca")


def test_pages_stay_right_while_products_come_and_go(client: Client) -> None:
    category, products = make(client, *[{"price": Decimal(number)} for number in range(10, 20)])
    by_price = sorted(products, key=lambda product: int(product["price"]))
    first = listed(client, category=category, sort="price", limit=4)

    gone = [by_price[1], by_price[3], by_price[4]]
    for product in gone:  # one of them is the one where the page ended
        assert client.request("DELETE", f"/products/{quote_id(product['product_id'])}").status_code == 204
    before, behind = (a_product(unique("SKU"), category=category, price=Decimal(p)) for p in ("1", "15.5"))
    client.upload([before, behind])
    second = listed(client, category=category, sort="price", limit=50, cursor=first["next"])

    assert first["items"] == by_price[:4]
    assert second["items"] == [by_price[5], behind, *by_price[6:]]


@pytest.mark.parametrize(
    "q", ["Blue Kettle", "blue kettle", "ÉLAN", "lue k", "élan", "水", "Я", "я", "50%", "_", "\\"]
)
def test_a_text_in_the_name_is_found_in_any_case_and_any_script(client: Client, q: str) -> None:
    """Q04: what other programs take for wildcards and operators stands for itself."""
    names = ["Blue Kettle", "Élan", "緑茶水", "Язык", "50% off", "a_b", "C:\\x", "Elan 50", "ab"]
    category, products = make(client, *[{"product_name": name} for name in names])
    expected = [one for one in products if q.lower() in one["product_name"].lower()]

    assert len(expected) == 1
    assert listed(client, category=category, q=q)["items"] == expected


@pytest.mark.parametrize(
    "q", ["%", "_", "+Kettle -Pot", '"Kettle"', "Kettle*", "Kettle OR Pot", "'", "(", "@", "~", "\\", "\x00"]
)
def test_an_operator_is_a_text_that_no_name_has(client: Client, q: str) -> None:
    """Q04, Q01."""
    category, _ = make(client, {"product_name": "Kettle"}, {"product_name": "Pot"})
    assert listed(client, category=category, q=q)["items"] == []


def test_a_search_is_paged_and_sorted_as_any_list(client: Client) -> None:
    category, products = make(client, *[{"product_name": f"Pot {number % 2}"} for number in range(8)])
    expected = [one for one in reversed(products) if one["product_name"] == "Pot 1"]
    found = pages(client, category=category, q="pot 1", sort="-product_id", limit=3)
    assert [item for page in found for item in page] == expected


def test_only_the_columns_that_are_asked_for_come(client: Client) -> None:
    category, (product,) = make(client, {})
    (item,) = listed(client, category=category, fields="price,product_name", sort="rating")["items"]
    assert item == {"product_name": product["product_name"], "price": product["price"]}


def test_the_total_is_exact_and_comes_if_it_is_asked_for(client: Client) -> None:
    category, _ = make(client, *[{}] * 7)
    assert "total" not in listed(client, category=category, include_total="false")
    page = listed(client, category=category, include_total="true", limit=3, sort="-price")
    assert (page["total"], len(page["items"])) == (7, 3)
    later = listed(client, category=category, include_total="true", sort="-price", cursor=page["next"])
    assert (later["total"], len(later["items"])) == (7, 4)
    assert listed(client, category=unique("none"), include_total="true") == {
        "items": [],
        "next": None,
        "total": 0,
    }


def test_a_page_has_50_products_unless_another_limit_is_given(client: Client) -> None:
    category, products = make(client, *[{}] * 60)
    assert listed(client, category=category)["items"] == products[:50]
    assert listed(client, category=category, limit=1000)["items"] == products
