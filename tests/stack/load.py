"""Requests that go on while something happens to the stack, and what became of each."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import product

import jwt
import requests

from tests.contract.client import Client, User, unique
from tests.contract.products import a_product


@dataclass
class Load:
    """What became of the requests so far."""

    statuses: "Counter[int | str]" = field(default_factory=Counter)
    """How many were answered with each status; `cut` had no answer, `half` a part of one."""
    slowest: float = 0
    """Seconds that the slowest took."""
    acknowledged: list[str] = field(default_factory=list)
    """The first product's id of each upload that was answered with 200."""
    unknown: list[str] = field(default_factory=list)
    """The same of uploads with any other end."""
    key_ids: list[str] = field(default_factory=list)
    """The keys that signed the tokens of `sign_ins`."""

    def count(self, request: Callable[[], requests.Response]) -> int | str:
        """Send a request and note its end; broken answers raise AssertionError."""
        started = time.monotonic()
        try:
            end: int | str = request().status_code
        except requests.exceptions.ChunkedEncodingError:
            end = "half"
        except requests.RequestException:
            end = "cut"
        self.statuses[end] += 1
        self.slowest = max(self.slowest, time.monotonic() - started)
        if end == "cut":
            # A gateway that is down refuses at once.
            time.sleep(0.1)
        return end

    def go_on(self, requests: int) -> None:
        """Wait until so many more requests have ended; raises AssertionError if that takes a minute."""
        goal, deadline = self.statuses.total() + requests, time.monotonic() + 60
        while self.statuses.total() < goal:
            assert time.monotonic() < deadline, f"the load has stopped: {self.statuses}"
            time.sleep(0.05)


ROWS = 20
"""Products in each upload of `uploads`."""


def rows_of(upload: str) -> list[str]:
    """Give the ids of the products of one upload."""
    return [f"{upload}/{number}" for number in range(ROWS)]


@contextmanager
def load(work: Callable[[Load], None], threads: int = 4) -> Iterator[Load]:
    """Do `work` over and over in several threads while the block runs.

    Raises what `work` raised, when the block is left.
    """
    made, stop = Load(), threading.Event()
    errors: list[BaseException] = []

    def repeat() -> None:
        try:
            while not stop.is_set():
                work(made)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            errors.append(error)

    workers = [threading.Thread(target=repeat) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield made
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    if errors:
        raise errors[0]


def reads(base_url: str, user: User, product_id: str) -> Callable[[Load], None]:
    """Read one product, each time on a connection of its own.

    An idle connection may be closed at any time, a reload of the gateway included (RFC 9112, section 9.3).
    """

    def work(made: Load) -> None:
        made.count(lambda: Client(base_url, user.access_token).product(product_id))

    return work


def logins(base_url: str, user: User, pause: float) -> Callable[[Load], None]:
    """Sign in, each time on a connection of its own, with a pause after it for the gateway's rate."""

    def work(made: Load) -> None:
        made.count(lambda: _once(base_url, None, lambda one: one.login(user.username, user.password)))
        time.sleep(pause)

    return work


def token_checks(base_url: str, user: User) -> Callable[[Load], None]:
    """Have the auth service say whose token it is, each time on a connection of its own."""

    def work(made: Load) -> None:
        made.count(lambda: _once(base_url, user.access_token, lambda one: one.get("/protected")))

    return work


def sign_ins(base_urls: Sequence[str], user: User, product_id: str, pause: float) -> Callable[[Load], None]:
    """Sign in, and read at both services by the new token and by the one that `user` has had since before.

    Each time on a connection of its own, and at every address, so that any process may have to check what any
    other has signed.
    """

    def work(made: Load) -> None:
        for signing in base_urls:
            new = sign_in(made, signing)
            for reading, token in product((*base_urls, signing), (new, user.access_token)):
                made.count(partial(_once, reading, token, lambda one: one.get("/protected")))
                made.count(partial(_once, reading, token, lambda one: one.product(product_id)))
            made.key_ids.append(jwt.get_unverified_header(new)["kid"])
            time.sleep(pause)

    def sign_in(made: Load, address: str) -> str:
        entered = _once(address, None, lambda one: one.login(user.username, user.password))
        made.count(lambda: entered)
        token: str = entered.json()["access_token"]
        return token

    return work


def _once(
    base_url: str, token: str | None, request: Callable[[Client], requests.Response]
) -> requests.Response:
    with closing(Client(base_url, token, rate=None)) as client:
        return request(client)


def uploads(base_url: str, user: User) -> Callable[[Load], None]:
    """Upload new products, each time on a connection of its own."""

    def work(made: Load) -> None:
        upload = unique("upload")
        products = [a_product(product_id) for product_id in rows_of(upload)]
        end = made.count(lambda: Client(base_url, user.access_token).upload(products))
        (made.acknowledged if end == 200 else made.unknown).append(upload)

    return work


def assert_whole(client: Client, made: Load) -> None:
    """Raise AssertionError if an acknowledged upload is not there, or any other is there in part.

    The invariants I1 and I2 of uploads.
    """
    assert made.acknowledged
    for upload in made.acknowledged:
        assert _rows_there(client, upload) == ROWS
    for upload in made.unknown:
        assert _rows_there(client, upload) in (0, ROWS)


def _rows_there(client: Client, upload: str) -> int:
    answer = client.request("POST", "/products:batch-get", json={"ids": rows_of(upload)})
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"])
