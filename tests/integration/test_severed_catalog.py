"""Wherever the network to MySQL is severed, the catalog answers 503 or says rightly what it has done."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from catalog_service.ingest.failures import OutcomeUnknown
from tests.contract.products import raw_csv, raw_row
from tests.integration.severed_network import Lost, Network, severed
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.signing import claims, sign
from tests.unit.tables import with_tables

DEADLINE_SECONDS = 10
OUTCOME_UNKNOWN = OutcomeUnknown().message


@pytest.fixture
def client(network: Network, tmp_path: Path) -> Iterator[FlaskClient]:
    with with_tables(make_catalog_service(tmp_path, database_url=network.url)) as app:
        client = app.test_client()
        token = sign(claims(scope="catalog:read catalog:write"))
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        yield client


def upload(client: FlaskClient, *rows: str) -> TestResponse:
    return client.post("/upload", data={"file": (BytesIO(raw_csv(*rows)), "products.csv")})


@pytest.mark.parametrize("lost", Lost)
def test_an_upload_is_done_if_and_only_if_it_says_so(
    client: FlaskClient, network: Network, lost: Lost
) -> None:
    answers = severed(network, lost, lambda message: upload(client, raw_row(f"id {message}")))
    for message, answer in enumerate(answers, 1):
        if answer.get_json()["msg"] != OUTCOME_UNKNOWN:
            is_stored = client.get(f"/products/id {message}").status_code == 200
            assert is_stored == (answer.status_code == 200), answer.text


@pytest.mark.parametrize("lost", Lost)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_a_product_is_done_if_it_says_so_and_else_wholly_or_not_at_all(
    client: FlaskClient, network: Network, method: str, lost: Lost
) -> None:
    """I1 and I2."""
    assert upload(client, *(raw_row(f"id {number}") for number in range(30))).status_code == 200
    before = client.get("/products/id 0").get_json()
    changes = {"price": 2, "rating": 5}
    after = None if method == "DELETE" else {**before, **changes}
    body = {**before, **changes} if method == "PUT" else changes
    body.pop("product_id", None)

    def request(message: int) -> TestResponse:
        return client.open(f"/products/id {message}", method=method, json=None if after is None else body)

    for message, answer in enumerate(severed(network, lost, request), 1):
        found = client.get(f"/products/id {message}")
        stored = {**found.get_json(), "product_id": "id 0"} if found.status_code == 200 else None
        assert stored == after if answer.status_code < 300 else stored in (before, after)


def test_a_bad_file_is_refused_or_can_be_sent_again(client: FlaskClient, network: Network) -> None:
    bad = raw_row("bad", price="free")
    assert [answer.status_code for answer in severed(network, Lost.ANSWER, lambda _: upload(client, bad))]


@pytest.mark.parametrize("path", ["/products/pot", "/uploads", "/reports/summary"])
def test_a_read_is_answered_or_can_be_sent_again(client: FlaskClient, network: Network, path: str) -> None:
    assert upload(client, raw_row("pot")).status_code == 200
    assert [answer.status_code for answer in severed(network, Lost.MESSAGE, lambda _: client.get(path))]


def test_over_a_slow_network_what_takes_too_long_is_503_in_time_and_the_rest_is_done(
    client: FlaskClient, network: Network
) -> None:
    """F36: answers that are late, that drip, and that never come in time."""
    assert upload(client, raw_row("pot")).status_code == 200
    for late_seconds, piece_bytes in ((0.05, 1_000_000), (0.01, 100)):
        network.late_seconds, network.piece_bytes = late_seconds, piece_bytes
        assert upload(client, raw_row(f"late {late_seconds}")).status_code == 200
        assert client.get(f"/products/late {late_seconds}").status_code == 200

    network.late_seconds = 5
    requests: tuple[Callable[[], TestResponse], ...] = (
        lambda: upload(client, raw_row("too late")),
        lambda: client.patch("/products/pot", json={"price": 2}),
        lambda: client.get("/products/pot"),
    )
    started = time.monotonic()
    with ThreadPoolExecutor(len(requests)) as pool:
        asked = [pool.submit(request) for request in requests]
    assert time.monotonic() - started < DEADLINE_SECONDS
    assert [one.result().status_code for one in asked] == [503] * len(requests)

    network.late_seconds = 0
    assert client.get("/products/too late").status_code == 404
    assert client.get("/products/pot").get_json()["price"] != 2
    assert upload(client, raw_row("too late")).status_code == 200
