"""Reports are never older than what was changed, nor of between, and say whether they are still the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.client import Client, unique
from tests.contract.products import a_product
from tests.contract.reports import REPORTS, earners, items, upload

ROUNDS = 6


@pytest.fixture(params=REPORTS)
def path(request: pytest.FixtureRequest) -> str:
    return f"/reports/{request.param}"


@pytest.mark.parametrize("asks", ["", "?format=csv"])
def test_who_has_the_report_already_is_told_so_until_something_changes(
    client: Client, path: str, asks: str
) -> None:
    tag = client.get(path + asks).headers["ETag"]
    product = a_product(unique("SKU"), category=unique("category"), price=Decimal(7))

    unchanged = client.get(path + asks, {"If-None-Match": f'"other", {tag}'})
    upload(client, product)
    changed = client.get(path + asks, {"If-None-Match": tag})
    upload(client, product)
    still = client.get(path + asks, {"If-None-Match": changed.headers["ETag"]})

    assert (unchanged.status_code, unchanged.content, unchanged.headers["ETag"]) == (304, b"", tag)
    assert (changed.status_code, still.status_code) == (200, 304)
    assert changed.headers["Vary"] == "Accept"
    assert "private" in changed.headers["Cache-Control"]


def test_json_and_csv_have_different_tags(client: Client, path: str) -> None:
    assert client.get(path).headers["ETag"] != client.get(path, {"Accept": "text/csv"}).headers["ETag"]


def test_an_undo_is_in_the_next_report(client: Client) -> None:
    category = unique("category")
    answer = client.upload(earners(category, ("25", 2)))
    assert [line["category"] for line in items(client, "/reports/summary")].count(category) == 1

    assert client.request("POST", f"{answer.headers['Location']}/undo").status_code == 200

    assert category not in [line["category"] for line in items(client, "/reports/summary")]


def test_a_change_of_one_product_is_in_the_next_report(client: Client) -> None:
    category, product_id = unique("category"), unique("SKU")

    def revenue() -> Any:
        return sum(one["revenue"] for one in items(client, f"/reports/top-products?category={category}"))

    def send(method: str, **cells: object) -> None:
        answer = client.request(method, f"/products/{product_id}", json=cells or None)
        assert answer.status_code in (200, 201, 204), answer.text

    assert revenue() == 0
    send("PUT", **a_product(product_id, category=category, price=2, quantity_sold=3, rating=4))
    assert revenue() == 6
    send("PATCH", quantity_sold=5)
    assert revenue() == 10
    send("DELETE")
    assert revenue() == 0


def test_a_report_while_uploads_commit_is_of_before_or_after(client: Client) -> None:
    """Q13: never of between, and never of before once the upload was answered."""
    category = unique("category")
    ids = [unique("SKU") for _ in range(500)]

    def load(price: int) -> None:
        upload(client, *(a_product(one, category=category, price=price, quantity_sold=1) for one in ids))

    def revenue() -> Any:
        (line,) = [one for one in items(client, "/reports/revenue-share") if one["category"] == category]
        return line["total_revenue"]

    def read() -> Iterator[Any]:
        while not ended:
            yield revenue()

    ended: list[bool] = []
    load(1)
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(lambda: set(read())) for _ in range(2)]
        for price in [2, 1] * (ROUNDS // 2):
            load(price)
            assert revenue() == price * len(ids)
        ended.append(True)
        seen = set().union(*(reader.result() for reader in readers))
    assert seen <= {len(ids), 2 * len(ids)}
    assert seen


def test_many_who_ask_at_once_are_all_answered(client: Client, path: str) -> None:
    upload(client, *earners(unique("category"), ("3", 1)))
    with ThreadPoolExecutor(8) as pool:
        bodies = set(pool.map(lambda _: client.get(path).content, range(16)))
    assert len(bodies) == 1
