"""A MySQL whose disk is full takes no upload, keeps nothing of it, and takes it once there is room again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.contract.products import raw_csv, raw_row
from tests.integration.conftest import MortalServer
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.signing import claims, sign
from tests.unit.tables import with_tables

DATA, TEMPORARY = "/var/lib/mysql", "/var/lib/mysql-tmp"
LEFT_MEGABYTES = 8
"""Of a folder that is full; the rows take more, and so does their part of the binary log."""
SOON_SECONDS = 20
NAME = "x" * 250


@pytest.fixture
def client(small_server: MortalServer, tmp_path: Path) -> Iterator[FlaskClient]:
    with with_tables(make_catalog_service(tmp_path, database_url=small_server.new_schema())) as app:
        client = app.test_client()
        token = sign(claims(scope="catalog:read catalog:write"))
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        yield client


@contextmanager
def nearly_full(server: MortalServer, folder: str) -> Iterator[None]:
    """Leave a folder of the server little room for the block."""
    ballast = f"{folder}/ballast"
    free = f"$(df --output=avail --block-size=1M {folder} | tail -n 1)"
    server.execute(f"head --bytes=$(({free} - {LEFT_MEGABYTES}))M /dev/zero >{ballast}")
    try:
        yield
    finally:
        server.execute(f"rm {ballast}")


def upload(client: FlaskClient, key: str, content: bytes) -> TestResponse:
    # The test client's own encoder leaves a file open.
    encoded = requests.Request("POST", "http://localhost/upload", files={"file": ("products.csv", content)})
    sent = encoded.prepare()
    headers = {"Content-Type": sent.headers["Content-Type"], "Idempotency-Key": key}
    return client.post("/upload", data=sent.body, headers=headers)


@pytest.mark.parametrize("folder", [DATA, TEMPORARY])
def test_an_upload_that_fills_mysqls_disk_is_503_and_loaded_once_there_is_room(
    small_server: MortalServer, client: FlaskClient, folder: str
) -> None:
    """F23: error 1114 and its like undo one statement alone, so that the service rolls back by itself."""
    assert upload(client, "before", raw_csv(raw_row("steady"))).status_code == 200
    large = raw_csv(*(raw_row(f"large/{number:06d}", product_name=NAME) for number in range(60_000)))

    started = time.monotonic()
    with nearly_full(small_server, folder):
        refused = upload(client, "large", large)
        reads = [client.get(path).status_code for path in ("/products/steady", "/products/large/000000")]
    took = time.monotonic() - started

    assert (refused.status_code, set(refused.get_json()) >= {"msg"}) == (503, True), refused.text
    assert refused.headers["Retry-After"]
    assert took < SOON_SECONDS
    assert reads == [200, 404]
    record = client.get("/uploads/large").get_json()
    assert record["state"] in ("failed", "interrupted")
    assert upload(client, "small", raw_csv(raw_row("small"))).status_code == 200
    again = upload(client, "large", large)
    assert again.status_code == 200, again.text
    assert client.get("/uploads/large").get_json()["created"] == 60_000
