"""The products table, what is in it, and files for it."""

import random
from collections.abc import Callable

from sqlalchemy import Connection, Engine, text

from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.result import Result
from tests.unit.ingest.files import csv_file, line
from tests.waiting import wait_until

IN_A_CHILD = Limits(in_process_bytes=0, run_bytes=256 * KIB)
Upload = Callable[..., Result]
LOCK_WAITS = text("SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'")
SEEN_ANEW_SECONDS = 0.15
"""How long to wait before innodb_trx is read again; read oftener, it never changes."""

STORED = text(f"SELECT {', '.join(COLUMNS)} FROM products ORDER BY product_id")  # noqa: S608 - our own names

OTHER = text("INSERT INTO products VALUES (:id, 'Other', 'Other', 1, 1, 1, 1, 0)")
"""Stores a product of somebody else's."""


def stored(admin: Engine) -> list[tuple[object, ...]]:
    with admin.connect() as connection:
        return [tuple(row) for row in connection.execute(STORED)]


def count(admin: Engine) -> int:
    with admin.connect() as connection:
        return int(connection.execute(text("SELECT COUNT(*) FROM products")).scalar_one())


def many(rows: int, **cells: str) -> str:
    """Write that many products, always the same ids from P000000, in random order."""
    ids = [f"P{number:06d}" for number in range(rows)]
    random.Random(7).shuffle(ids)
    return csv_file(*(line(product_id=each, **cells) for each in ids))


def locked(connection: Connection, product_id: str) -> None:
    connection.execute(text("SELECT 1 FROM products WHERE product_id = :id FOR UPDATE"), {"id": product_id})


def wait_until_quiet(admin: Engine) -> None:
    """Wait until the server has noticed that a client is gone."""
    others = text("SELECT COUNT(*) FROM information_schema.innodb_trx")

    def quiet() -> bool:
        with admin.connect() as connection:
            return not connection.execute(others).scalar_one()

    wait_until(quiet, pause=SEEN_ANEW_SECONDS)
