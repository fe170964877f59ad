"""What stands in an address and can't be meant so is refused, and never guessed at or passed over."""

import pytest
import simplejson

from tests.contract.client import Client, quote_id, unique
from tests.contract.products import a_product

NOT_UTF8 = ["%ff", "a%FFb", "%c3%28", "%c3", "%ed%a0%80", "%c0%af"]
LISTS = ["/products", "/products.csv", "/products.jsonl", "/reports/top-products"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("text", NOT_UTF8)
def test_a_query_that_is_not_utf8_is_refused(client: Client, path: str, text: str) -> None:
    assert_not_utf8(client, f"{path}?category={text}")


@pytest.mark.parametrize(
    "path", ["/uploads?cursor=%ff", "/categories?%ff=1", "/reports/summary?format=%ff", "/uploads/x?%ff"]
)
def test_also_where_it_is_another_parameter_or_none(client: Client, path: str) -> None:
    assert_not_utf8(client, path)


@pytest.mark.parametrize("path", ["/users?cursor=%ff", "/audit?user_id=%ff"])
def test_also_of_an_administrator(administrator: Client, path: str) -> None:
    assert_not_utf8(administrator, path)


def assert_not_utf8(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (400, {"msg": "The query of the address is not UTF-8."})


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("category", ["", "a%00", "x" * 129])
def test_a_category_that_no_product_can_have_is_refused(client: Client, path: str, category: str) -> None:
    answer = client.get(f"{path}?category={category}")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["category"])


def test_a_category_that_reads_like_bytes_is_found_by_its_own_text(client: Client) -> None:
    product = a_product(unique("SKU"), category=unique("%FF é +"))
    client.upload([product])

    answer = client.get(f"/products?category={quote_id(product['category'])}&fields=product_id")

    assert answer.json()["items"] == [{"product_id": product["product_id"]}]


def test_an_id_whose_bytes_are_no_text_is_not_the_replacement_characters(client: Client) -> None:
    name = unique("SKU")
    product = a_product(f"{name}\N{REPLACEMENT CHARACTER}")
    client.upload([product])

    assert client.get(f"/products/{quote_id(product['product_id'])}").status_code == 200
    assert client.get(f"/products/{name}%ff").status_code == 404


def test_an_undo_that_is_asked_to_be_a_dry_run_does_nothing(client: Client) -> None:
    product = a_product(unique("SKU"))
    path = client.upload([product]).headers["Location"]

    answer = client.request("POST", f"{path}/undo?dry_run=true")

    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, ["dry_run"])
    assert client.get(path).json()["state"] == "succeeded"
    assert client.stored(product["product_id"]) == product


def test_an_uploads_record_and_rejected_rows_take_no_parameters(client: Client) -> None:
    path = client.upload([a_product(unique("SKU"))]).headers["Location"]

    for address in (f"{path}?fields=state", f"{path}/rejects.csv?format=json"):
        assert client.get(address).status_code == 400


@pytest.mark.parametrize("query", ["dry_run=true", "%ff", "a=1&a=2"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_a_product_takes_no_parameters(client: Client, method: str, query: str) -> None:
    product = a_product(unique("SKU"))
    client.upload([product])
    body = {"PUT": {**product, "price": 1}, "PATCH": {"price": 1}, "DELETE": None}[method]

    answer = client.request(
        method,
        f"/products/{quote_id(product['product_id'])}?{query}",
        headers={"Content-Type": "application/json"},
        data=simplejson.dumps(body),
    )

    assert answer.status_code == 400
    assert client.stored(product["product_id"]) == product
