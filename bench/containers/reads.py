"""One read after another: ``python -m bench.containers.reads WAY`` prints their milliseconds as JSON.

- ``http`` asks $ADDRESS for each of the paths in $PLAN, with $TOKEN.
- ``cold`` does so too, but changes the product at $PRODUCT before each.
- ``pymysql`` runs each of the lists of statements in $PLAN, as $ACCOUNT with $PASSWORD.

The plan is gone through again and again until $TIMES are done; the first is done once more before.
"""

import http.client
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Self

import pymysql

TIMEOUT_SECONDS = 60


def over_http() -> Iterator[float]:
    """Ask for each path."""
    with _Person() as person:
        first, paths = _plan()
        person.ask("GET", first)
        for path in paths:
            yield _timed(partial(person.ask, "GET", path))


def cold() -> Iterator[float]:
    """Ask for each path after a change of a product, so that no report is known any more."""
    with _Person() as person:
        numbers = itertools.count(int(time.time()))
        _, paths = _plan()
        for path in paths:
            person.ask("PATCH", os.environ["PRODUCT"], json.dumps({"review_count": next(numbers)}))
            yield _timed(partial(person.ask, "GET", path))


def by_pymysql() -> Iterator[float]:
    """Run the statements and fetch all their rows."""
    connection = pymysql.connect(
        host="mysql", user=os.environ["ACCOUNT"], password=os.environ["PASSWORD"], autocommit=True
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("USE catalog")

        def run(statements: Sequence[str]) -> None:
            for statement in statements:
                cursor.execute(statement)
                cursor.fetchall()

        first, plan = _plan()
        run(first)
        for statements in plan:
            yield _timed(partial(run, statements))


class _Person:
    """Somebody with a token, at one connection."""

    def __init__(self) -> None:
        self._connection = http.client.HTTPConnection(os.environ["ADDRESS"], timeout=TIMEOUT_SECONDS)
        self._headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: str | None = None) -> None:
        """Read an answer to its end. Raises RuntimeError for one that refuses."""
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200:  # noqa: PLR2004
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:500]!r}")


def _plan() -> tuple[Any, Iterator[Any]]:
    """Give the first thing to do, and all in turn."""
    plan = json.loads(os.environ["PLAN"])
    return plan[0], itertools.islice(itertools.cycle(plan), int(os.environ["TIMES"]))


def _timed(read: Callable[[], None]) -> float:
    begin = time.perf_counter()
    read()
    return (time.perf_counter() - begin) * 1000


WAYS: dict[str, Callable[[], Iterator[float]]] = {"http": over_http, "cold": cold, "pymysql": by_pymysql}

if __name__ == "__main__":
    print(json.dumps(list(WAYS[sys.argv[1]]())))  # noqa: T201
