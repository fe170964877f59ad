"""Overlapping uploads while MySQL and the catalog are killed at random: nothing lost, in part, or twice.

UPLOAD_SOAK makes it longer, as in `UPLOAD_SOAK=200x20`: 200 uploads and 20 kills. The checker is Jepsen's
`set`: what was acknowledged has to be there, what is there has to have been sent, and nobody may see a part.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal

import pytest
import requests

from tests.contract.client import Client, User, unique
from tests.contract.products import products_csv
from tests.stack.compose import Stack

UPLOADS, KILLS = map(int, os.environ.get("UPLOAD_SOAK", "40x6").split("x"))
CLIENTS = 8
ROWS = 400
SHARED_ROWS = 50
"""Products that every upload changes, so that all of them overlap."""
GIVE_UP_SECONDS = 180
SEED = 20261122


def category(upload: str) -> str:
    """Give the category that only one upload's own products have."""
    return f"soak {upload}"


def file_of(upload: str, shared: str) -> bytes:
    """Make an upload's file: products of its own, and some that all uploads write."""
    own = [(f"{upload}/{number}", category(upload)) for number in range(ROWS)]
    common = [(f"{shared}/{number}", f"shared {shared}") for number in range(SHARED_ROWS)]
    return products_csv(
        {
            "product_id": product_id,
            "product_name": upload,
            "category": of,
            "price": Decimal("1.25"),
            "quantity_sold": 2,
            "rating": 4,
            "review_count": 1,
        }
        for product_id, of in own + common
    )


def send_until_answered(client: Client, upload: str, content: bytes) -> None:
    """Send an upload under one key until it's acknowledged; each other answer must be 503 or 409."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while time.monotonic() < deadline:
        try:
            answer = client.request(
                "POST", "/upload", headers={"Idempotency-Key": upload}, files={"file": ("soak.csv", content)}
            )
        except requests.RequestException:
            continue
        if answer.status_code == 200:
            return
        assert answer.status_code in (409, 503), answer.text
        time.sleep(0.5)
    raise AssertionError(f"{upload} was not answered in {GIVE_UP_SECONDS} s")


@contextmanager
def killing(stack: Stack, finished: threading.Event) -> Iterator[None]:
    """Kill MySQL or the catalog's processes at random moments, so many times, while the block runs."""
    dice = random.Random(SEED)

    def nemesis() -> None:
        for _ in range(KILLS):
            if finished.wait(dice.uniform(1, 6)):
                return
            stack.kill(*dice.choice([("mysql", "mysqld"), ("catalog_service", "gunicorn")]))

    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(nemesis)
        try:
            yield
        finally:
            finished.set()
            killed.result()


@contextmanager
def reading(client: Client, prefix: str, finished: threading.Event) -> Iterator[list[str]]:
    """Poll the report while the block runs; gives what it saw that nobody may see."""
    seen: list[str] = []

    def read() -> None:
        while not finished.wait(0.2):
            try:
                answer = client.get("/reports/summary")
            except requests.RequestException:
                continue
            lines = answer.json()["items"] if answer.status_code == 200 else ()
            seen.extend(
                f"{line['category']}: {line['product_count']} products"
                for line in lines
                if line["category"].startswith(f"soak {prefix}") and line["product_count"] != ROWS
            )

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        finished.set()
        reader.join()


@pytest.mark.run_last
def test_no_upload_is_lost_in_part_or_twice_whatever_is_killed(
    stack: Stack, client: Client, user: User
) -> None:
    """F01 to F17 and F27, with I1, I2, I3 and I7."""
    prefix, finished = unique("soak"), threading.Event()
    names = [f"{prefix}-{number}" for number in range(UPLOADS)]
    clients = [Client(client.base_url).with_token(user.access_token) for _ in range(CLIENTS)]

    with reading(client, prefix, finished) as partial, killing(stack, finished):
        with ThreadPoolExecutor(CLIENTS) as pool:
            sent = [
                pool.submit(send_until_answered, clients[turn % CLIENTS], name, file_of(name, prefix))
                for turn, name in enumerate(names)
            ]
        for one in sent:
            one.result()
    stack.wait_until_healthy()

    assert partial == []
    lines = {line["category"]: line for line in client.summary()}
    assert {name: lines[category(name)]["product_count"] for name in names} == dict.fromkeys(names, ROWS)
    records = [client.get(f"/uploads/{name}").json() for name in names]
    assert {record["state"] for record in records} == {"succeeded"}
    # Loaded once: a second load would have found them there.
    assert [
        record["created"] - ROWS for record in records if record["created"] not in (ROWS, ROWS + SHARED_ROWS)
    ] == []
    assert [record["created"] for record in records].count(ROWS + SHARED_ROWS) == 1
    last = {client.stored(f"{prefix}/{number}")["product_name"] for number in range(SHARED_ROWS)}
    # The uploads end as one serial order: the shared products are all of the upload that came last.
    assert len(last) == 1
