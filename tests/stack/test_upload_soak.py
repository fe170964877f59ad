"""Overlapping uploads while MySQL and the catalog are killed at random: nothing lost, in part, or twice.

UPLOAD_SOAK makes it longer, as in `UPLOAD_SOAK=200x20`: 200 uploads and 20 kills, three minutes. The checker
is Jepsen's `set`: what was acknowledged has to be there, what is there has to have been sent, and nobody may
see a part.
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

from tests.contract.client import Client, unique
from tests.contract.products import products_csv
from tests.stack.compose import Stack

UPLOADS, KILLS = map(int, os.environ.get("UPLOAD_SOAK", "32x4").split("x"))
CLIENTS = 8
ROWS = 400
SHARED_ROWS = 50
"""Products that every upload changes, so that all of them overlap."""
GIVE_UP_SECONDS = 180
LOT_SECONDS = 0.5
"""About as long as the uploads of one lot take if nothing is killed."""
PAUSE_SECONDS = (3, 9)
"""Docker waits twice as long before each restart of what has not run for 10 s."""
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


def send_until_answered(client: Client, upload: str, content: bytes, allowed: threading.Semaphore) -> int:
    """Send an upload, once it is allowed, under one key until it's acknowledged.

    Each other answer must be 503 or 409. Gives how often it was sent.
    """
    allowed.acquire()
    deadline = time.monotonic() + GIVE_UP_SECONDS
    times = 0
    while True:
        times += 1
        assert time.monotonic() < deadline, f"{upload} was not answered in {GIVE_UP_SECONDS} s"
        try:
            answer = client.request(
                "POST", "/upload", headers={"Idempotency-Key": upload}, files={"file": ("soak.csv", content)}
            )
        except requests.RequestException:
            continue
        if answer.status_code == 200:
            return times
        assert answer.status_code in (409, 503), answer.text
        time.sleep(0.5)


@contextmanager
def killing(stack: Stack, allowed: threading.Semaphore) -> Iterator[None]:
    """Kill MySQL or the catalog's processes while the block runs, and before its end so many times in all.

    The uploads are allowed in as many lots as there are kills, so that each kill meets some of them.
    """
    dice = random.Random(SEED)

    def nemesis() -> None:
        try:
            for lot in range(KILLS):
                allowed.release(UPLOADS * (lot + 1) // KILLS - UPLOADS * lot // KILLS)
                time.sleep(dice.uniform(0, LOT_SECONDS))
                stack.kill(*dice.choice([("mysql", "mysqld"), ("catalog_service", "gunicorn")]))
                time.sleep(dice.uniform(*PAUSE_SECONDS))
        finally:
            # If it fails, nobody is to wait for it.
            allowed.release(UPLOADS)

    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(nemesis)
        yield
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
def test_no_upload_is_lost_in_part_or_twice_whatever_is_killed(stack: Stack, anonymous: Client) -> None:
    """F01 to F17 and F27, with I1, I2, I3 and I7."""
    prefix, finished, allowed = unique("soak"), threading.Event(), threading.Semaphore(0)
    names = [f"{prefix}-{number}" for number in range(UPLOADS)]
    # Of its own, since a long soak takes a third of a token's life.
    token = anonymous.new_user().access_token
    client, *clients = (anonymous.with_token(token) for _ in range(1 + CLIENTS))

    with reading(client, prefix, finished) as partial, ThreadPoolExecutor(CLIENTS) as pool:
        with killing(stack, allowed):
            sent = [
                pool.submit(
                    send_until_answered, clients[turn % CLIENTS], name, file_of(name, prefix), allowed
                )
                for turn, name in enumerate(names)
            ]
        times = [one.result() for one in sent]
    stack.wait_until_healthy()

    assert max(times) > 1, "no kill met an upload"
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
