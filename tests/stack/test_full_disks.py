"""A catalog whose disk is full: 503 in JSON, nothing of the upload stays, and the next one works."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.contract.client import Client, unique
from tests.contract.products import a_product, raw_csv, raw_row
from tests.contract.uploads import send
from tests.stack.compose import Stack


@pytest.fixture(scope="module", autouse=True)
def _small_spool(stack: Stack) -> Iterator[None]:
    """Give the catalog 1 MiB for the files that are being uploaded."""
    replace(stack, files=(*stack.files, "tests/stack/small_spool.yml")).recreate("catalog_service")
    yield
    stack.recreate("catalog_service")


@pytest.mark.parametrize(
    ("rows", "price"),
    [
        pytest.param(100_000, "24.95", id="for the file"),
        pytest.param(13_000, "cheap", id="for its rejected rows, beside the file"),
    ],
)
def test_an_upload_for_which_there_is_no_room_is_503_and_loads_nothing(
    client: Client, rows: int, price: str
) -> None:
    """F23, F43."""
    key, last = unique("large"), unique("last")
    large = raw_csv(*(raw_row(f"{key}/{number}", price=price) for number in range(rows)), raw_row(last))

    refused = [send(client, large, key=key).status_code for _ in range(2)]

    assert refused == [503, 503]
    assert client.product(last).status_code == 404
    record = client.get(f"/uploads/{key}")
    assert record.status_code == 404 or record.json()["state"] == "failed"
    assert client.upload([a_product(last)]).status_code == 200
    assert client.product(last).status_code == 200
