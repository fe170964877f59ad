"""Idempotency keys: one effect and one answer for each; and what else may be asked for beside a file."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pytest
import requests

from tests.contract.answers import UPLOADED, assert_answer
from tests.contract.client import Client, unique
from tests.contract.products import a_product, products_csv, raw_csv, raw_row
from tests.contract.uploads import counts, history, record, send


def test_what_holds_no_file_has_no_record(newcomer: Client) -> None:
    newcomer.request("POST", "/upload", data=b"")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert newcomer.request("POST", "/upload", headers=kind, data=body).status_code == 400
    assert send(newcomer, b"x", "?mode=replace").status_code == 400

    assert history(newcomer) == []


def test_a_second_request_with_the_key_gets_the_first_answer_and_changes_nothing(client: Client) -> None:
    key, product = unique("key"), a_product(unique("SKU"))
    first = send(client, products_csv([product]), key=key)
    later = product | {"price": Decimal("99.5")}
    send(client, products_csv([later]))

    second = send(client, products_csv([product]), key=key)

    assert_answer(second, 200, UPLOADED)
    assert first.headers["Location"] == second.headers["Location"] == f"/uploads/{key}"
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert client.stored(product["product_id"]) == later


def test_a_refusal_is_replayed_too(client: Client) -> None:
    key, content = unique("key"), raw_csv(raw_row(unique("SKU"), price="x"))

    first, second = (send(client, content, key=key) for _ in range(2))

    assert (second.status_code, second.json()) == (400, first.json())
    assert second.headers["Idempotency-Replayed"] == "true"


def test_another_file_under_the_key_is_refused(client: Client) -> None:
    key, product, another = unique("key"), a_product(unique("SKU")), a_product(unique("SKU"))
    send(client, products_csv([product]), key=key)

    assert send(client, products_csv([another]), key=key).status_code == 409
    assert client.product(another["product_id"]).status_code == 404


@pytest.mark.parametrize("query", ["?mode=insert", "?on_error=skip", "?blank=null", "?dry_run=true"])
def test_other_options_under_the_key_are_refused(client: Client, query: str) -> None:
    key, content = unique("key"), products_csv([a_product(unique("SKU"))])
    send(client, content, key=key)

    assert send(client, content, query, key).status_code == 409


def test_options_that_are_the_defaults_need_not_be_repeated(client: Client) -> None:
    key, content = unique("key"), products_csv([a_product(unique("SKU"))])
    send(client, content, key=key)

    again = send(client, content, "?mode=upsert&dry_run=false&on_error=reject&blank=error", key)

    assert again.headers["Idempotency-Replayed"] == "true"


def test_two_at_once_under_one_key_have_one_effect(client: Client, newcomer: Client) -> None:
    key, product_id = unique("key"), unique("SKU")
    content = raw_csv(*(raw_row(f"{product_id}.{n}") for n in range(20_000)))
    barrier = threading.Barrier(3)

    def send_own(_: int) -> requests.Response:
        with closing(replace(newcomer, _session=requests.Session())) as own:
            barrier.wait()
            return send(own, content, key=key)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(send_own, range(3)))

    assert {answer.status_code for answer in answers} <= {200, 409}
    done = [answer for answer in answers if answer.status_code == 200]
    assert [("Idempotency-Replayed" in answer.headers) for answer in done].count(False) == 1
    assert history(newcomer) == [key]
    assert counts(record(newcomer, done[0])) == (20_000, 0, 0, 0)
    assert client.product(f"{product_id}.0").status_code == 200


@pytest.mark.parametrize("key", ["", "a b", "a/b", "a,b", "\u00e9", "x" * 65, "..", "."])
def test_a_key_that_is_none_is_refused(newcomer: Client, key: str) -> None:
    answer = send(newcomer, products_csv([a_product(unique("SKU"))]), key=key)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert "pattern" not in answer.text
    assert "items" not in answer.text
    assert history(newcomer) == []


@pytest.mark.parametrize("key", ["x", "X" * 64, "a.b_c:d-9", ".a."])
def test_any_other_key_names_the_upload(client: Client, newcomer: Client, key: str) -> None:
    answer = send(newcomer, products_csv([a_product(unique("SKU"))]), key=key)

    assert answer.status_code == 200
    assert record(newcomer, answer)["id"] == key
    assert client.get(f"/uploads/{key}").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?mode=replace", "mode"),
        ("?mode=", "mode"),
        ("?mode=UPSERT", "mode"),
        ("?on_error=ignore", "on_error"),
        ("?blank=zero", "blank"),
        ("?dry_run=1", "dry_run"),
        ("?dry_run=True", "dry_run"),
        ("?dry_run", "dry_run"),
        ("?dryrun=true", "dryrun"),
        ("?mode=insert&mode=insert", "mode"),
        ("?dry_run=true&dry_run=false", "dry_run"),
        ("?x=1&x=1", "x"),
    ],
)
def test_parameters_that_are_unknown_bad_or_repeated_are_refused(
    client: Client, query: str, field: str
) -> None:
    product = a_product(unique("SKU"))

    answer = send(client, products_csv([product]), query)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert client.product(product["product_id"]).status_code == 404
