"""POST /products:batch-get and GET /categories."""

from typing import Any

import pytest

from tests.contract.answers import UPLOADED, assert_answer
from tests.contract.client import Client, exact_json, unique
from tests.contract.products import a_product


def batch(client: Client, ids: list[str]) -> dict[str, Any]:
    """Ask for products."""
    answer = client.request("POST", "/products:batch-get", json={"ids": ids})
    assert answer.status_code == 200, answer.text
    return exact_json(answer)


def test_products_come_in_the_order_of_their_ids_and_the_others_are_named(client: Client) -> None:
    products = [a_product(unique(f"é/%'{number}")) for number in range(4)]
    client.upload(products)
    wanted = [products[2], products[0], products[3]]
    missing = [unique("nowhere"), "x" * 65, "", "\0", "' OR 1=1 -- "]
    ids = [product["product_id"] for product in wanted]

    assert batch(client, [*missing, *ids]) == {"items": wanted, "missing": missing}


def test_ids_are_compared_by_bytes(client: Client) -> None:
    product = a_product(unique("Éa"))
    client.upload([product])
    others = [
        product["product_id"].lower(),
        product["product_id"] + " ",
        product["product_id"].replace("É", "E"),
    ]
    assert batch(client, others) == {"items": [], "missing": others}


def test_an_id_that_is_given_twice_is_answered_once(client: Client) -> None:
    product, missing = a_product(unique("twice")), unique("nowhere")
    client.upload([product])
    assert batch(client, [product["product_id"], missing] * 2) == {"items": [product], "missing": [missing]}


def test_a_thousand_products_are_found_at_once_and_more_are_refused(client: Client) -> None:
    products = [a_product(unique("many")) for _ in range(1000)]
    assert_answer(client.upload(products), 200, UPLOADED)
    ids = [product["product_id"] for product in products]
    assert batch(client, ids) == {"items": products, "missing": []}
    assert client.request("POST", "/products:batch-get", json={"ids": [*ids, "x"]}).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"ids":[]}',
        '{"ids":"a"}',
        '{"ids":[1]}',
        '{"ids":[null]}',
        '{"ids":["a"],"x":1}',
        '{"ids":["a"],"ids":["b"]}',
        '{"ids":["\\ud800"]}',
        '{"ids":{"a":1}}',
    ],
)
def test_a_body_that_names_no_ids_is_refused(client: Client, body: str) -> None:
    assert client.post_json("/products:batch-get", body).status_code == 400


def test_a_parameter_of_it_is_refused(client: Client) -> None:
    assert client.post_json("/products:batch-get?fields=price", '{"ids":["a"]}').status_code == 400
    assert client.get("/categories?limit=1").status_code == 400


def test_each_category_comes_once_with_its_count_in_the_order_of_bytes(client: Client) -> None:
    ending = unique("")
    counts = {f"{name}{ending}": count for count, name in enumerate(("Zoo", "tea", "Tea", "téa", "語"), 1)}
    client.upload([a_product(unique("SKU"), category=name) for name in counts for _ in range(counts[name])])

    items = client.get("/categories").json()["items"]

    assert {one["category"]: one["product_count"] for one in items if one["category"] in counts} == counts
    names = [one["category"] for one in items]
    assert names == sorted(set(names), key=str.encode)
