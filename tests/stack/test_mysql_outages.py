"""A MySQL that is killed, restarted, frozen or read-only: 503 meanwhile, nothing lost, then all is well."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest
import requests

from tests.contract.answers import CREATED
from tests.contract.client import Client, User, unique
from tests.contract.products import a_product
from tests.stack.compose import Stack
from tests.stack.load import assert_whole, load, reads, uploads
from tests.stack.outages import (
    HEALED_SECONDS,
    Ask,
    assert_all_unavailable,
    run_out_of_memory,
    wait_for,
    wait_for_lock_waits,
)

pytestmark = pytest.mark.usefixtures("heals")

ASKED_AT_ONCE = 16
"""As many as a worker has threads."""
FROZEN_SECONDS = 5.5
"""The deadlines of one request, which nest, and what a busy machine adds."""
CHANGED_SECONDS = 10
"""The same, after a wait for a row that has come to nothing."""


def killed(stack: Stack) -> None:
    stack.kill("mysql", "mysqld")


def killed_by_the_kernel(stack: Stack) -> None:
    run_out_of_memory(stack, "mysql")


@pytest.mark.parametrize("end", [killed, killed_by_the_kernel])
def test_mysql_that_is_killed_under_load_is_back_within_ten_seconds(
    stack: Stack, client: Client, user: User, product_id: str, end: Callable[[Stack], None]
) -> None:
    """F09 to F16 in short, and F41: 503 meanwhile, no upload lost, none in part."""
    with load(uploads(client.base_url, user), threads=3) as made:
        made.go_on(10)
        end(stack)
        killed = time.monotonic()
        made.go_on(1)
        wait_for(200, lambda: client.product(product_id))
        assert time.monotonic() - killed < HEALED_SECONDS
        made.go_on(10)

    assert set(made.statuses) <= {200, 503}
    assert_whole(client, made)


def test_mysql_that_is_restarted_under_load_loses_nothing(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F21: each request before, meanwhile and after it is 200 or 503, the first one after it too."""
    reading = reads(client.base_url, user, product_id)
    with load(uploads(client.base_url, user), threads=2) as made, load(reading, threads=2) as read:
        made.go_on(10)
        stack.compose("restart", "mysql")
        restarted = time.monotonic()
        wait_for(200, lambda: client.upload([a_product(unique("restarted"))]), seconds=30)
        assert time.monotonic() - restarted < HEALED_SECONDS
        made.go_on(10)
        read.go_on(10)

    assert set(made.statuses) | set(read.statuses) <= {200, 503}
    assert_whole(client, made)


def test_once_mysql_is_back_nobody_is_refused(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F21: not by the connections that were there before, nor by what these leave behind."""
    # So few of those whose number is bounded that none is refused for that.
    few = (
        lambda: client.login(user.username, user.password),
        lambda: client.upload([a_product(unique("again"))]),
    )
    many = (
        lambda: client.product(product_id),
        lambda: client.get("/products?limit=2"),
        lambda: client.get("/uploads"),
        lambda: client.get("/protected"),
        lambda: client.get("/me"),
    )

    def ask_all(pool: ThreadPoolExecutor) -> set[int]:
        answers = [pool.submit(ask) for _ in range(4) for ask in (*few, *4 * many)]
        return {answer.result().status_code for answer in answers}

    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        assert ask_all(pool) == {200}, "and all connections are open"
        stack.compose("restart", "mysql")
        stack.wait_until_healthy("mysql")
        assert ask_all(pool) == {200}


def test_frozen_mysql_is_503_within_five_seconds(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F31: on pooled connections, on the new ones that replace them, and when keys should be read anew."""
    asked: dict[str, Callable[[Client], requests.Response]] = {
        "product": lambda one: one.product(product_id),
        "list": lambda one: one.get("/products?limit=1"),
        "upload": lambda one: one.upload([a_product(unique("frozen"))]),
        "uploads": lambda one: one.get("/uploads"),
        "login": lambda one: one.login(user.username, user.password),
        "protected": lambda one: one.get("/protected"),
        "me": lambda one: one.get("/me"),
    }

    def on_a_connection_of_its_own(ask: Callable[[Client], requests.Response]) -> Ask:
        return lambda: ask(Client(client.base_url, client.token, rate=None))

    everything = {name: on_a_connection_of_its_own(ask) for name, ask in asked.items()}
    with stack.paused("mysql"):
        for _ in range(3):
            assert_all_unavailable(everything, FROZEN_SECONDS)

    for ask in everything.values():
        wait_for(200, ask)


@contextmanager
def gone(stack: Stack) -> Iterator[None]:
    """Kill MySQL, and wait for nothing."""
    killed(stack)
    yield


def frozen(stack: Stack) -> AbstractContextManager[None]:
    """Freeze MySQL for the block."""
    return stack.paused("mysql")


@pytest.mark.parametrize("fault", [frozen, gone])
def test_a_change_in_the_middle_of_which_mysql_goes_is_503_in_time_and_holds_no_row(
    stack: Stack, client: Client, fault: Callable[[Stack], AbstractContextManager[None]]
) -> None:
    """F31 with I2: the changes wait for a row that somebody else has locked."""
    product_id = unique("edited")
    before = a_product(product_id)
    assert client.upload([before]).status_code == 200
    path = f"/products/{product_id}"

    def change(method: str, body: object = None) -> Ask:
        return lambda: Client(client.base_url, client.token).request(method, path, json=body)

    changes = {
        "PUT": change("PUT", {**before, "price": 7, "rating": 4}),
        "PATCH": change("PATCH", {"price": 7}),
        "DELETE": change("DELETE"),
    }
    with ThreadPoolExecutor(1) as pool, stack.locked(product_id):
        asked = pool.submit(assert_all_unavailable, changes, CHANGED_SECONDS)
        wait_for_lock_waits(stack, len(changes))
        with fault(stack):
            asked.result()

    assert wait_for(200, lambda: client.product(product_id)).json()["price"] == float(before["price"])
    assert wait_for(200, changes["PATCH"]).json()["price"] == 7
    assert wait_for(204, changes["DELETE"]).content == b""


READS = (
    "/products?limit=5",
    "/products.csv?category=none",
    "/categories",
    # The upload of a moment ago has made the cached ones obsolete.
    "/reports/summary",
    "/reports/top-products",
    "/uploads",
    "/protected",
    "/me",
)


@contextmanager
def read_only(stack: Stack, variable: str) -> Iterator[None]:
    """Let MySQL take no changes for the block."""
    stack.as_root(f"SET GLOBAL {variable} = 1")
    try:
        yield
    finally:
        # It takes the other one along.
        stack.as_root("SET GLOBAL read_only = 0")


@pytest.mark.parametrize("variable", ["read_only", "super_read_only"])
def test_a_read_only_mysql_is_read_and_not_written(
    stack: Stack, client: Client, user: User, product_id: str, variable: str
) -> None:
    """F24."""
    username, uploaded, edited, gone = (unique(name) for name in ("reader", "uploaded", "edited", "gone"))
    assert client.upload([a_product(edited), a_product(gone)]).status_code == 200
    writes: dict[str, tuple[int, Ask]] = {
        "login": (200, lambda: client.login(user.username, user.password)),
        "signup": (201, lambda: client.signup(username, "any password")),
        "upload": (200, lambda: client.upload([a_product(uploaded)])),
        "patch": (200, lambda: client.request("PATCH", f"/products/{edited}", json={"price": 7})),
        "delete": (204, lambda: client.request("DELETE", f"/products/{gone}")),
    }

    with read_only(stack, variable):
        refused = {name: write().status_code for name, (_, write) in writes.items()}
        read = {path: client.get(path).status_code for path in (f"/products/{product_id}", *READS)}

    assert refused == dict.fromkeys(writes, 503)
    assert set(read.values()) == {200}, read
    for name, (status, write) in writes.items():
        answer = wait_for(status, write)
        assert name != "signup" or answer.json() == CREATED
