"""Abuse cases U: bodies that are made to take memory or time, and clients that hang up in mid-upload."""

import bz2
import gzip
import lzma
import time
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
import requests

from tests.contract.client import Client, unique
from tests.contract.products import a_product, products_csv, raw_csv, raw_row
from tests.contract.uploads import BOUNDARY, form, raw_upload, send
from tests.stack.raw_http import connect
from tests.waiting import wait_until

SECONDS = 10
"""Far less than work for each byte would take, and more than a busy machine needs."""
MIB = 1024 * 1024
ROWS = 1_000
FILE_PART = b'Content-Disposition: form-data; name="file"; filename="a.csv"'


def send_body(client: Client, body: bytes) -> requests.Response:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}"}
    started = time.monotonic()
    answer = client.request("POST", "/upload", headers=headers, data=body)
    assert time.monotonic() - started < SECONDS
    return answer


def test_a_text_field_that_would_fill_the_memory_is_413_and_nothing_is_loaded(client: Client) -> None:
    """U07: a file's part goes to the disk, a text's into memory."""
    product_id = unique("field")
    files = {"note": (None, "x" * MIB), "file": ("a.csv", raw_csv(raw_row(product_id)))}

    assert client.request("POST", "/upload", files=files).status_code == 413
    assert client.product(product_id).status_code == 404


@pytest.mark.parametrize("filler", [b"\r", b"\r\n", b"\r\n--", b"\n"], ids=repr)
@pytest.mark.parametrize("make", [bytes, lambda filler: form(FILE_PART, filler)], ids=["a body", "a file"])
def test_nine_megabytes_of_what_a_boundary_begins_with_are_refused_soon(
    client: Client, filler: bytes, make: Callable[[bytes], bytes]
) -> None:
    """U10."""
    assert send_body(client, make(filler * (9 * MIB // len(filler)))).status_code in (400, 413)


def zipped(content: bytes) -> bytes:
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writing:
        writing.writestr("a.csv", content)
    return archive.getvalue()


@pytest.mark.parametrize(
    ("pack", "status"),
    [(gzip.compress, 413), (zipped, 400), (lzma.compress, 400), (bz2.compress, 400)],
    ids=["gzip", "zip", "xz", "bzip2"],
)
def test_a_bomb_is_refused_soon_and_nothing_of_it_is_loaded(
    client: Client, pack: Callable[[bytes], bytes], status: int
) -> None:
    """U13: of a gzip file no more is unpacked than is allowed, of the others nothing."""
    product_id = unique("bomb")
    bomb = pack(raw_csv(raw_row(product_id)) + b"\n" * 64 * MIB)

    assert send_body(client, form(FILE_PART, bomb)).status_code == status
    assert client.product(product_id).status_code == 404


@pytest.mark.parametrize("percent", [1, 50, 99, 100])
def test_an_upload_whose_client_is_gone_is_absent_or_wholly_there(client: Client, percent: int) -> None:
    """U46."""
    key = unique("gone")
    ids = [f"{key}/{number}" for number in range(ROWS)]
    content = products_csv(map(a_product, ids))
    whole = raw_upload(client.token, content, key)
    with connect(client.base_url) as connection:
        connection.sendall(whole[: len(whole) * percent // 100])

    def rows() -> int:
        return len(client.request("POST", "/products:batch-get", json={"ids": ids}).json()["items"])

    # What there is to notice is noticed by then.
    time.sleep(0.5)
    assert rows() in ((0, ROWS) if percent == 100 else (0,))
    assert percent == 100 or client.get(f"/uploads/{key}").status_code == 404
    wait_until(lambda: send(client, content, key=key).status_code == 200, SECONDS)
    assert rows() == ROWS
