"""Logins, and what they are compared with: ``python -m bench.containers.logins WHAT ...`` prints JSON.

- ``bcrypt COUNT COST`` checks a password by bcrypt alone, with a thread for each core.
- ``logins COUNT CLIENTS`` signs in, and ends with an error if any is refused.
- ``crowd COUNT`` signs in COUNT times at once, and asks for /protected ten times a second meanwhile.

$ADDRESS is the server's host and port, $USERNAME and $PASSWORD an account, $TOKEN its token.
"""

import json
import os
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from functools import cache
from http.client import HTTPConnection
from statistics import quantiles
from typing import Any, NamedTuple

import bcrypt

TIMEOUT_SECONDS = 60
QUIET_REQUESTS = 200
PACE_SECONDS = 0.1
_SECRET = b"correct horse battery staple"


class Protected(NamedTuple):
    """An answer of /protected, whatever it was."""

    status: int
    milliseconds: float


def bare_bcrypt(count: int, cost: int) -> dict[str, Any]:
    """Give the seconds for `count` checks."""
    stored = bcrypt.hashpw(_SECRET, bcrypt.gensalt(cost))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        begin = time.perf_counter()
        checks = [pool.submit(bcrypt.checkpw, _SECRET, stored) for _ in range(count)]
        for check in checks:
            check.result()
        return {"seconds": time.perf_counter() - begin}


def logins(count: int, clients: int) -> dict[str, Any]:
    """Give the seconds for `count` logins by clients that keep a connection each, as wrk's do.

    Raises RuntimeError if one is refused.
    """
    left = iter(range(count))

    def client(_number: int) -> Counter[int]:
        with closing(_connect()) as connection:
            return Counter(_log_in(connection) for _ in left)

    with ThreadPoolExecutor(clients) as pool:
        begin = time.perf_counter()
        statuses = sum(pool.map(client, range(clients)), Counter[int]())
        seconds = time.perf_counter() - begin
    if statuses != {200: count}:
        raise RuntimeError(f"not all logins were answered: {statuses}")
    return {"seconds": seconds}


def crowd(count: int) -> dict[str, Any]:
    """Give the 95th percentile of /protected in milliseconds, in quiet and in the crowd, and all answers."""
    quiet = [_protected() for _ in range(QUIET_REQUESTS)]
    busy: list[Future[Protected]] = []
    # The crowd has a process of its own: a clock beside its threads would show how long one waits for them.
    with ProcessPoolExecutor(1) as elsewhere, ThreadPoolExecutor(count) as pool:
        logins = elsewhere.submit(_log_in_at_once, count)
        # At a steady pace: one client that waits for each answer would ask the less, the slower they are.
        while not logins.done():
            busy.append(pool.submit(_protected))
            time.sleep(PACE_SECONDS)
    answers = [future.result() for future in busy]
    return {
        "quiet": _percentile(quiet),
        "busy": _percentile(answers),
        "protected": Counter(answer.status for answer in answers),
        "logins": logins.result(),
    }


def _log_in_at_once(count: int) -> Counter[int]:
    def client(_number: int) -> int:
        with closing(_connect()) as connection:
            return _log_in(connection)

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(client, range(count)))


def _percentile(answers: list[Protected]) -> float:
    return quantiles((answer.milliseconds for answer in answers), n=20)[-1]


def _protected() -> Protected:
    token = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    begin = time.perf_counter()
    with closing(_connect()) as connection:
        status = _ask(connection, "GET", "/protected", None, token)
    return Protected(status, (time.perf_counter() - begin) * 1000)


def _log_in(connection: HTTPConnection) -> int:
    body = json.dumps({"username": os.environ["USERNAME"], "password": os.environ["PASSWORD"]})
    return _ask(connection, "POST", "/login", body, {"Content-Type": "application/json"})


@cache
def _address() -> tuple[str, int]:
    """Look the name up once: hundreds of clients at once are more than Docker's name server answers."""
    host, port = os.environ["ADDRESS"].split(":")
    return socket.gethostbyname(host), int(port)


def _connect() -> HTTPConnection:
    return HTTPConnection(*_address(), timeout=TIMEOUT_SECONDS)


def _ask(
    connection: HTTPConnection, method: str, path: str, body: str | None, headers: dict[str, str]
) -> int:
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    response.read()
    return response.status


WHAT: dict[str, Callable[..., dict[str, Any]]] = {"bcrypt": bare_bcrypt, "logins": logins, "crowd": crowd}

if __name__ == "__main__":
    print(json.dumps(WHAT[sys.argv[1]](*map(int, sys.argv[2:]))))  # noqa: T201
