"""More of something than there is room for: who finds none is told so in JSON, and the others are served."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import requests

from tests.contract.client import Client, User, unique
from tests.contract.products import a_product, products_csv
from tests.stack.compose import Stack
from tests.stack.load import load, reads, token_checks
from tests.stack.outages import HEALED_SECONDS, wait_for

pytestmark = pytest.mark.usefixtures("heals")

LOGINS_AT_ONCE = """
import collections, json, selectors, socket, sys

body = json.dumps({"username": sys.argv[1], "password": sys.argv[2]})
head = ["POST /login HTTP/1.1", "Host: auth_service", "Content-Type: application/json", "Connection: close"]
request = "\\r\\n".join([*head, f"Content-Length: {len(body)}", "", body]).encode()
clients, answers = selectors.DefaultSelector(), []
for _ in range(200):
    clients.register(socket.create_connection(("auth_service", 8000), 60), selectors.EVENT_READ, bytearray())
for client in list(clients.get_map().values()):
    client.fileobj.sendall(request)
while clients.get_map():
    # Who is through hangs up, as nginx does: gunicorn waits for that.
    for client, _ in clients.select():
        client.data.extend(part := client.fileobj.recv(65536))
        if not part:
            answers.append(client.data.partition(b"\\r\\n\\r\\n"))
            clients.unregister(client.fileobj)
            client.fileobj.close()
assert all(isinstance(json.loads(body), dict) for _, _, body in answers)
kinds = [(int(head.split()[1]), b"\\nretry-after:" in head.lower()) for head, _, _ in answers]
print(json.dumps(list(collections.Counter(kinds).items())))
"""

LIMIT_DESCRIPTORS = """
import itertools, pathlib, resource, sys

for process in pathlib.Path("/proc").glob("[0-9]*"):
    if (process / "comm").read_text() == "gunicorn\\n":
        number = int(process.name)
        open_ones = {int(one.name) for one in (process / "fd").iterdir()}
        most = next(one for one in itertools.count() if one not in open_ones)
        _, hard = resource.prlimit(number, resource.RLIMIT_NOFILE)
        resource.prlimit(number, resource.RLIMIT_NOFILE, (most if sys.argv[1] == "none left" else hard, hard))
"""


def test_two_hundred_logins_at_once_are_all_answered_and_starve_nobody(
    stack: Stack, client: Client, user: User
) -> None:
    """F30, past the gateway, which would not let them through."""
    checking = token_checks(client.base_url, user)
    with load(checking, threads=8) as warming:
        # Connections that were pooled before MySQL was last restarted cost one request each.
        warming.go_on(100)
    with load(checking, threads=2) as checked:
        checked.go_on(5)
        script = ("python", "-c", LOGINS_AT_ONCE, user.username, user.password)
        printed = stack.execute("catalog_service", *script)
        checked.go_on(5)

    ends = {(status, says_when): number for (status, says_when), number in json.loads(printed)}
    assert sum(ends.values()) == 200
    assert ends[200, False] > 0
    assert set(ends) <= {(200, False), (503, True)}
    assert set(checked.statuses) == {200}
    assert checked.slowest < HEALED_SECONDS


def test_a_catalog_that_may_start_no_process_and_no_thread_is_503_at_worst_and_heals(
    stack: Stack, client: Client, user: User, product_id: str
) -> None:
    """F42: it reads on, and checks only small files; nothing of it dies."""
    before = stack.inspect("catalog_service")["State"]["StartedAt"]
    prefix = unique("crowded")
    large = products_csv(a_product(f"{prefix}/{number}") for number in range(10_000))

    with stack.most_processes("catalog_service", 1):
        with load(reads(client.base_url, user, product_id), threads=24) as read:
            read.go_on(200)
            refused = client.upload(large).status_code
        taken = client.upload([a_product(unique("small"))]).status_code
    wait_for(200, lambda: client.upload(large))

    assert set(read.statuses) == {200}
    assert (refused, taken) == (503, 200)
    assert stack.inspect("catalog_service")["State"]["StartedAt"] == before
    assert not stack.inspect("catalog_service")["State"]["OOMKilled"]


@pytest.mark.parametrize("service", ["auth_service", "catalog_service"])
def test_a_service_that_has_no_descriptor_left_is_503_at_worst_and_heals(
    stack: Stack, client: Client, user: User, product_id: str, service: str
) -> None:
    """F42: who finds none waits for one, or is told 503."""
    asks: tuple[Callable[[Client], requests.Response], ...] = (
        lambda one: one.product(product_id),
        lambda one: one.get("/protected"),
        lambda one: one.upload([a_product(unique("crowded"))]),
    )

    def set_limit(to: str) -> None:
        stack.execute(service, "python", "-c", LIMIT_DESCRIPTORS, to)

    before = stack.inspect(service)["State"]["StartedAt"]
    with ThreadPoolExecutor(10 * len(asks)) as pool:
        set_limit("none left")
        try:
            asked = [pool.submit(ask, Client(client.base_url, user.access_token)) for ask in asks * 10]
            time.sleep(2)
        finally:
            set_limit("as before")

    assert {one.result().status_code for one in asked} <= {200, 503}
    for ask in asks:
        wait_for(200, partial(ask, client))
    assert stack.inspect(service)["State"]["StartedAt"] == before
