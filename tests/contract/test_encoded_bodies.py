"""Bodies with a content coding (RFC 9110, section 8.4): refused by name, not taken for what they are not."""

import gzip

import pytest

from tests.contract.client import Client, unique
from tests.contract.products import a_product, products_csv

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "br", "identity, gzip"])
@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/signup", JSON),
        ("POST", "/refresh", JSON),
        ("POST", "/token", FORM),
        ("PATCH", "/me/password", JSON),
        ("PUT", "/products/SKU", JSON),
        ("POST", "/products:batch-get", JSON),
    ],
)
def test_an_encoded_body_is_415(
    client: Client, method: str, path: str, headers: dict[str, str], coding: str
) -> None:
    answer = client.request(
        method, path, headers={**headers, "Content-Encoding": coding}, data=gzip.compress(b"{}")
    )
    assert (answer.status_code, list(answer.json())) == (415, ["msg"])


def test_a_json_body_that_is_said_to_be_encoded_is_not_read(anonymous: Client) -> None:
    username = unique("encoded")
    body = f'{{"username": "{username}", "password": "a good password"}}'
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert anonymous.request("POST", "/signup", headers=headers, data=body).status_code == 415
    assert anonymous.signup(username, "a good password").status_code == 201


def test_an_encoded_upload_is_415_and_not_loaded(client: Client) -> None:
    """U13."""
    sku = unique("SKU")
    files = {"file": ("products.csv", products_csv([a_product(sku)]))}
    answer = client.request("POST", "/upload", headers={"Content-Encoding": "gzip"}, files=files)
    assert answer.status_code == 415
    assert client.product(sku).status_code == 404


def test_an_encoded_body_of_somebody_without_a_token_is_401(anonymous: Client) -> None:
    headers = {**JSON, "Content-Encoding": "gzip"}
    assert anonymous.request("POST", "/upload", headers=headers, data=b"{}").status_code == 401


def test_the_coding_that_changes_nothing_is_read(anonymous: Client) -> None:
    body = f'{{"username": "{unique("plain")}", "password": "a good password"}}'
    headers = {**JSON, "Content-Encoding": "Identity"}
    assert anonymous.request("POST", "/signup", headers=headers, data=body).status_code == 201
