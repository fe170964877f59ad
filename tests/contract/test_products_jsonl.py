"""GET /products.jsonl: every product as a JSON line; and gzip, for it and for the CSV."""

import gzip
import json
from decimal import Decimal
from typing import Any

import pytest
import requests

from tests.contract.answers import assert_bad_token
from tests.contract.client import Client, unique
from tests.contract.products import COLUMNS, a_product, raw_row
from tests.contract.raw_http import RawAnswer, send

PATHS = ["/products.csv", "/products.jsonl"]


def lines(answer: requests.Response) -> dict[str, dict[str, Any]]:
    """Read the file as any program would; its products by their ids."""
    assert answer.status_code == 200, answer.text[:400]
    assert answer.content == b"" or answer.content.endswith(b"\n")
    products = [json.loads(line, parse_float=Decimal) for line in answer.content.split(b"\n")[:-1]]
    return {product["product_id"]: product for product in products}


def raw(client: Client, path: str, accept_encoding: str) -> RawAnswer:
    """Give an answer with its content as it was sent."""
    headers = [("Authorization", f"Bearer {client.token}"), ("Accept-Encoding", accept_encoding)]
    return send(client.base_url, "GET", path, headers)


def test_a_product_stands_in_the_file_as_it_is_stored(client: Client) -> None:
    texts = {"product_name": 'A "small",\nkettle =1+1 \u2028 \U0001f9f8', "category": "'=Tea"}
    largest = {"price": Decimal("999999999999.999999"), "quantity_sold": 2**63 - 1}
    product = a_product("=" + unique("SKU"), **texts, **largest)
    client.upload([product])

    found = lines(client.get("/products.jsonl"))[product["product_id"]]

    assert found == client.stored(product["product_id"])
    assert tuple(found) == COLUMNS


def test_a_number_that_is_not_known_is_null(client: Client) -> None:
    product_id = unique("SKU")
    row = raw_row(product_id, price="", quantity_sold="", rating="", review_count="")
    file = f"{','.join(COLUMNS)}\n{row}\n".encode()
    client.request("POST", "/upload?blank=null", files={"file": ("products.csv", file, "text/csv")})

    found = lines(client.get("/products.jsonl"))[product_id]

    assert [found[name] for name in COLUMNS[3:]] == [None] * 4


def test_products_stand_in_key_order_by_bytes(client: Client) -> None:
    ids = [unique(f"{start}SKU") for start in ("b", "B", "é", "1", "\U0001f9f8", "\uffee", "a ", "a")]
    client.upload([a_product(product_id) for product_id in ids])

    found = [product_id for product_id in lines(client.get("/products.jsonl")) if product_id in ids]

    assert found == sorted(ids, key=str.encode)


def test_the_file_of_an_empty_catalog_is_empty(other_installation: Client) -> None:
    empty = other_installation.with_token(other_installation.new_user().access_token)

    assert lines(empty.get("/products.jsonl")) == {}


def test_the_file_is_to_be_saved(client: Client) -> None:
    answer = client.get("/products.jsonl")

    assert answer.headers["Content-Type"] == "application/jsonl"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="products.jsonl"'


@pytest.mark.parametrize("path", PATHS)
def test_a_client_that_takes_gzip_gets_the_same_file_smaller(client: Client, path: str) -> None:
    client.upload([a_product(unique("SKU")) for _ in range(50)])

    packed, plain = (raw(client, path, encoding) for encoding in ("gzip", "identity"))

    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 2
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("accepted", ["gzip;q=0", "identity, gzip;q=0.1", "br", "*;q=0"])
def test_a_client_that_does_not_want_gzip_gets_none(client: Client, path: str, accepted: str) -> None:
    answer = raw(client, path, accepted)

    assert (answer.status, answer.headers.get("Content-Encoding")) == (200, None)


def test_a_gzip_export_is_an_upload_that_changes_nothing(client: Client) -> None:
    client.upload([a_product(unique("=SKU"), product_name="@home")])
    packed = raw(client, "/products.csv", "gzip").body

    answer = client.request(
        "POST",
        "/upload?dry_run=true&blank=null",
        files={"file": ("products.csv.gz", packed, "application/gzip")},
    )

    assert answer.status_code == 200, answer.text[:400]
    counts = {name: answer.json()[name] for name in ("created", "updated", "rejected")}
    assert counts == {"created": 0, "updated": 0, "rejected": 0}


def test_the_file_asks_for_a_token(anonymous: Client) -> None:
    assert_bad_token(anonymous.get("/products.jsonl"))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_file_is_only_read(client: Client, method: str) -> None:
    assert client.request(method, "/products.jsonl").status_code == 405


@pytest.mark.parametrize(
    "path", ["/products.jsonl/", "/productsXjsonl", "/products.json", "/products.jsonl/a"]
)
def test_addresses_beside_it_are_nothing(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404
