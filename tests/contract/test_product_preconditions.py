"""Entity tags of products, and the conditions that keep a change from being lost (RFC 9110, section 13)."""

from decimal import Decimal

import pytest

from tests.contract.client import Client, quote_id, unique
from tests.contract.products import a_product
from tests.contract.test_product_edits import change, put, tag, uploaded


def test_a_reader_who_has_the_product_already_gets_no_body(client: Client) -> None:
    product = uploaded(client)
    path = f"/products/{quote_id(product['product_id'])}"
    known = tag(client, product["product_id"])
    assert known.startswith('"')

    for none_match in (known, f'"other", {known}', "*", f"W/{known}"):
        answer = client.get(path, {"If-None-Match": none_match})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", known)
    change(client, "PATCH", product["product_id"], {"price": 7})
    assert client.get(path, {"If-None-Match": known}).status_code == 200
    assert client.get(path, {"If-Match": known}).status_code == 412
    assert client.request("HEAD", path).headers["ETag"] == tag(client, product["product_id"])


def test_an_upload_that_changes_a_product_changes_its_tag(client: Client) -> None:
    product = uploaded(client)
    before = tag(client, product["product_id"])
    client.upload([product])
    assert tag(client, product["product_id"]) == before
    client.upload([{**product, "quantity_sold": 1}])
    assert tag(client, product["product_id"]) != before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_what_has_changed_meanwhile_is_refused(client: Client, method: str) -> None:
    product = uploaded(client)
    product_id = product["product_id"]
    seen = tag(client, product_id)
    theirs = {**product, "price": Decimal(7)}
    assert change(client, "PATCH", product_id, {"price": 7}, If_Match=seen).status_code == 200
    body = {"PUT": product, "PATCH": {"price": 8}, "DELETE": None}[method]

    for stale in (seen, f"W/{tag(client, product_id)}", '"x"'):
        answer = change(client, method, product_id, body, If_Match=stale)
        assert answer.status_code == 412
    assert client.stored(product_id) == theirs
    now = f'"x", {tag(client, product_id)}'
    assert change(client, method, product_id, body, If_Match=now).status_code in (200, 204)


def test_a_product_is_made_only_where_there_is_none_if_the_client_asks_so(client: Client) -> None:
    product = a_product(unique("SKU"))
    assert put(client, product, If_Match="*").status_code == 412
    assert client.product(product["product_id"]).status_code == 404
    assert put(client, product, If_None_Match="*").status_code == 201
    assert put(client, {**product, "price": 1}, If_None_Match="*").status_code == 412
    assert client.stored(product["product_id"]) == product
    assert put(client, {**product, "price": 1}, If_Match="*").status_code == 200
