"""PUT, PATCH and DELETE of one product."""

from decimal import Decimal
from typing import Any

import pytest
import requests
import simplejson

from tests.contract.client import Client, exact_json, quote_id, unique
from tests.contract.products import a_product
from tests.contract.raw_http import send as send_raw


def change(
    client: Client, method: str, product_id: str, body: Any = None, **headers: str
) -> requests.Response:
    """Send a change; headers are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = None if body is None else body if isinstance(body, str) else simplejson.dumps(body)
    return client.request(
        method,
        f"/products/{quote_id(product_id)}",
        headers={"Content-Type": "application/json", **named} if body is not None else named,
        data=content,
    )


def put(client: Client, product: dict[str, Any], **headers: str) -> requests.Response:
    return change(client, "PUT", product["product_id"], product, **headers)


def tag(client: Client, product_id: str) -> str:
    answer = client.product(product_id)
    assert answer.status_code == 200
    return answer.headers["ETag"]


def uploaded(client: Client, **changes: object) -> dict[str, Any]:
    product = a_product(unique("SKU"), **changes)
    assert client.upload([product]).status_code == 200
    return product


@pytest.mark.parametrize("form", ["SKU", "a/b//", "é %2F?#", "\\N\t\n", "'; DROP TABLE products; --"])
def test_a_product_is_made_once_and_then_replaced(client: Client, form: str) -> None:
    product = a_product(unique(form))

    made = put(client, product)

    assert (made.status_code, exact_json(made)) == (201, product)
    assert made.headers["Location"] == f"/products/{quote_id(product['product_id'])}"
    assert exact_json(client.get(made.headers["Location"])) == product
    changed = {**product, "product_name": 'New "name" \\N', "price": Decimal("999999999999.999999")}
    replaced = put(client, changed)
    assert (replaced.status_code, exact_json(replaced)) == (200, changed)
    assert client.stored(product["product_id"]) == changed
    assert replaced.headers["ETag"] == tag(client, product["product_id"]) != made.headers["ETag"]


def test_what_is_read_can_be_put_back_also_where_numbers_are_not_known(client: Client) -> None:
    nothing = dict.fromkeys(("price", "quantity_sold", "rating", "review_count"))
    product = a_product(unique("SKU"), **nothing)
    assert put(client, product).status_code == 201
    read = client.product(product["product_id"])
    assert exact_json(read) == product
    again = change(client, "PUT", product["product_id"], read.text)
    assert (again.status_code, again.headers["ETag"]) == (200, read.headers["ETag"])


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ('"price":0.1', Decimal("0.1")),
        ('"price":123456789012.345678', Decimal("123456789012.345678")),
        ('"price":1e2', 100),
        ('"price":-0.0', 0),
        ('"price":null', None),
        ('"quantity_sold":9223372036854775807', 2**63 - 1),
        ('"quantity_sold":3.0', 3),
        ('"rating":0.30000000000000004', Decimal("0.30000000000000004")),
        ('"rating":null', None),
        ('"review_count":0', 0),
        ('"product_name":"=1+1 \\u2028"', "=1+1 \u2028"),
        ('"category":" x "', " x "),
    ],
)
def test_a_patch_changes_what_it_names_and_nothing_else(client: Client, given: str, value: object) -> None:
    product = uploaded(client)
    expected = {**product, given[1:].partition('"')[0]: value}

    answer = change(client, "PATCH", product["product_id"], "{" + given + "}")

    assert (answer.status_code, exact_json(answer)) == (200, expected)
    assert client.stored(product["product_id"]) == expected
    assert answer.headers["ETag"] == tag(client, product["product_id"])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("price", "-1"),
        ("price", "1.1234567"),
        ("price", "1000000000000"),
        ("price", "1e309"),
        ("price", "1e999999999"),
        ("price", "0e999999999"),
        ("price", '"12"'),
        ("price", "true"),
        ("price", "[]"),
        ("quantity_sold", "1.5"),
        ("quantity_sold", "9223372036854775808"),
        ("rating", "-0.1"),
        ("rating", "1e15"),
        ("review_count", '""'),
        ("product_name", '""'),
        ("product_name", "null"),
        ("product_name", "1"),
        ("product_name", '"a\\u0000b"'),
        ("product_name", '"' + "x" * 256 + '"'),
        ("category", '"' + "x" * 129 + '"'),
        ("revision", "1"),
    ],
)
def test_a_value_that_no_file_may_have_is_refused_and_named(client: Client, column: str, value: str) -> None:
    product = uploaded(client)
    product_id = product["product_id"]
    whole = simplejson.dumps({key: cell for key, cell in product.items() if key != column})[:-1]

    for method, body in (("PATCH", f'{{"{column}":{value}}}'), ("PUT", f'{whole},"{column}":{value}}}')):
        answer = change(client, method, product_id, body)
        assert answer.status_code == 400
        if "9999999" not in value and "e309" not in value:
            assert [error["field"] for error in answer.json()["errors"]] == [column]
    assert client.stored(product_id) == product


@pytest.mark.parametrize(
    "body",
    [
        *("", "{}", "[]", "null", '{"price":1,"price":2}', '{"product_id":"x"}', "{"),
        *('{"price":NaN}', '{"rating":Infinity}', '{"rating":-Infinity}'),
    ],
)
def test_a_body_that_is_no_change_is_refused(client: Client, body: str) -> None:
    """Q08."""
    product = uploaded(client)
    for method in ("PUT", "PATCH"):
        assert change(client, method, product["product_id"], body).status_code == 400
    assert client.stored(product["product_id"]) == product


def test_a_whole_product_needs_every_column_and_its_own_id(client: Client) -> None:
    product = a_product(unique("SKU"))
    for column in set(product) - {"product_id"}:
        part = {key: cell for key, cell in product.items() if key != column}
        assert put(client, part).status_code == 400
    assert change(client, "PUT", product["product_id"], {**product, "product_id": "other"}).status_code == 400
    assert client.product(product["product_id"]).status_code == 404


@pytest.mark.parametrize("path", ["x" * 65, "%00", "a%00b", "%ff", "%ed%a0%80"])
def test_an_id_that_no_product_can_have_is_refused(client: Client, path: str) -> None:
    """Q05."""
    body = simplejson.dumps({**a_product("x"), "product_id": None})
    headers = {"Content-Type": "application/json"}
    for method in ("PUT", "PATCH", "DELETE"):
        answer = client.request(method, f"/products/{path}", headers=headers, data=body)
        assert answer.status_code in (400, 404), method
    assert client.product("\ufffd").status_code == 404


def test_a_deleted_product_is_gone(client: Client) -> None:
    product = uploaded(client)

    answer = change(client, "DELETE", product["product_id"])

    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert client.product(product["product_id"]).status_code == 404
    assert change(client, "DELETE", product["product_id"]).status_code == 404
    assert change(client, "PATCH", product["product_id"], {"price": 1}).status_code == 404


def test_the_undo_of_an_earlier_upload_keeps_what_was_changed_since(client: Client) -> None:
    products = {name: a_product(unique(name)) for name in ("put", "patched", "deleted", "same", "untouched")}
    upload = client.upload(products.values()).headers["Location"]
    put(client, {**products["put"], "price": 1})
    change(client, "PATCH", products["patched"]["product_id"], {"price": 2})
    change(client, "DELETE", products["deleted"]["product_id"])
    put(client, products["same"])

    undone = client.request("POST", f"{upload}/undo").json()

    changed = {products[name]["product_id"] for name in ("put", "patched", "deleted")}
    assert {error["value"] for error in undone["errors"]} == changed
    assert (undone["kept"], undone["deleted"]) == (3, 2)
    assert client.stored(products["put"]["product_id"])["price"] == 1
    assert client.stored(products["patched"]["product_id"])["price"] == 2
    assert client.product(products["deleted"]["product_id"]).status_code == 404


def test_what_was_changed_by_itself_is_put_back_with_the_upload_that_came_after(client: Client) -> None:
    product = uploaded(client)
    change(client, "PATCH", product["product_id"], {"price": 2})
    later = client.upload([{**product, "price": 3}]).headers["Location"]

    assert client.request("POST", f"{later}/undo").json()["updated"] == 1
    assert client.stored(product["product_id"])["price"] == 2


def test_a_body_is_not_read_without_a_token(anonymous: Client, base_url: str) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        assert anonymous.request(method, "/products/x").status_code == 401
    assert send_raw(base_url, "POST", "/products:batch-get", []).status in (401, 411)
