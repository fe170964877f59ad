"""Networks that are cut between containers: requests end in time, and nothing is held for who is gone."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.contract.client import Client, User, unique
from tests.contract.products import a_product, products_csv
from tests.contract.uploads import record, send
from tests.stack.compose import Stack
from tests.stack.outages import assert_unavailable, wait_for, wait_for_lock_waits
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("heals")

NOTICED_SECONDS = 40
"""How long MySQL may keep the locks of who vanished without a word: 25 s, and what a busy machine adds."""
ROWS = 20
HOLDING = (
    "SELECT COUNT(*) FROM performance_schema.metadata_locks JOIN performance_schema.threads "
    'ON THREAD_ID = OWNER_THREAD_ID WHERE PROCESSLIST_USER = "catalog_app"'
)


def test_a_catalog_cut_off_from_mysql_is_503_and_heals(stack: Stack, client: Client, product_id: str) -> None:
    """F34."""
    with stack.cut_off("catalog_service", "catalog_db"):
        for _ in range(3):
            assert_unavailable(lambda: client.product(product_id), seconds=10)

    wait_for(200, lambda: client.product(product_id))


def test_a_catalog_cut_off_from_the_gateway_is_503_and_heals(
    stack: Stack, client: Client, product_id: str
) -> None:
    """F35."""
    with stack.cut_off("catalog_service", "app"):
        for _ in range(3):
            assert_unavailable(lambda: client.product(product_id), seconds=6)
        assert client.get("/protected").status_code == 200

    wait_for(200, lambda: client.product(product_id))


def file_of(prefix: str, locked: str, name: str) -> bytes:
    """Make a file of products with one name, of which one is somebody else's."""
    ids = [f"{prefix}/{number}" for number in range(ROWS)]
    return products_csv(a_product(product_id, product_name=name) for product_id in (*ids, locked))


@pytest.mark.parametrize("killed", [False, True])
def test_an_upload_cut_off_from_mysql_half_way_is_there_or_absent_and_holds_no_rows(
    stack: Stack, client: Client, user: User, *, killed: bool
) -> None:
    """F34 with I2 and I6, and F01 to F08 where MySQL hears nothing of the process's end.

    The upload waits for a row when the network is cut, and gets it then: all its locks outlive it.
    """
    key, locked = unique("severed"), unique("locked")
    assert client.upload([a_product(locked)]).status_code == 200
    first = file_of(key, locked, "First")
    with ThreadPoolExecutor(1) as pool:
        with ExitStack() as cut:
            with stack.locked(locked):
                sent = pool.submit(send, Client(client.base_url, user.access_token), first, key=key)
                wait_for_lock_waits(stack, 1)
                cut.enter_context(stack.cut_off("catalog_service", "catalog_db"))
                since = time.monotonic()
            if killed:
                stack.kill("catalog_service", "gunicorn")
                # Not healed: where it comes back with its old address, that tells MySQL.
                wait_until(lambda: stack.as_root(HOLDING).split()[-1] == "0", NOTICED_SECONDS)
            else:
                time.sleep(3)
        second = wait_for(200, lambda: send(client, file_of(key, locked, "Second")), NOTICED_SECONDS)
        assert killed or time.monotonic() - since < NOTICED_SECONDS
        status = sent.result().status_code
    was_loaded = record(client, second)["created"] == 0

    assert record(client, second)["created"] in (0, ROWS)
    assert status in (200, 503)
    wait_until(lambda: state_of(client, key) != "running", NOTICED_SECONDS, pause=0.2)
    assert (state_of(client, key) == "succeeded") == was_loaded
    assert was_loaded or status == 503
    again = send(client, first, key=key)
    assert again.status_code == 200, again.text
    assert ("Idempotency-Replayed" in again.headers) == was_loaded


def state_of(client: Client, key: str) -> str | None:
    """Give the state of an upload, None if there is none."""
    known = client.get(f"/uploads/{key}")
    return str(known.json()["state"]) if known.status_code == 200 else None
