"""Loading into SQLite: one statement for each product in one transaction, in key order."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from catalog_service.ingest.checked_file import CheckedRows
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import StoreBusy, StoreUnavailable
from catalog_service.ingest.row_format import unescaped

_NAMES = ", ".join(COLUMNS)
_PLACES = ", ".join("?" * len(COLUMNS))
_NEW_VALUES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
_STATEMENT = (
    f"INSERT INTO products ({_NAMES}) VALUES ({_PLACES}) "  # noqa: S608 - our own names alone
    f"ON CONFLICT (product_id) DO UPDATE SET {_NEW_VALUES}"
)
_DECIMALS = 6

Product = tuple[str, str, str, int, int, float, int]


class SqliteStore:
    """The products table of a SQLite database."""

    def __init__(self, engine: Engine) -> None:
        """Load through the application's own engine."""
        self._engine = engine

    def load(self, rows: CheckedRows) -> None:
        """Load as Store says; OutcomeUnknown can't happen here."""
        with _named_errors(), self._connection() as connection:
            # Taking the write lock first: a transaction that read before it wrote could not wait for it.
            connection.execute("BEGIN IMMEDIATE")
            for chunk in rows.chunks():
                connection.executemany(_STATEMENT, _products(chunk.data))
            connection.commit()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        lent = self._engine.raw_connection()
        connection = cast("sqlite3.Connection", lent.driver_connection)
        try:
            yield connection
        except BaseException:
            with suppress(sqlite3.Error):
                connection.rollback()
            raise
        finally:
            lent.close()


def price_in_millionths(price: str) -> int:
    """Turn a price, checked, into the whole number that SQLite keeps: it has no exact decimals."""
    whole, _, decimals = price.partition(".")
    return int(whole + decimals.ljust(_DECIMALS, "0"))


def _products(data: bytes) -> Iterator[Product]:
    for row in data.decode().removesuffix("\n").split("\n"):
        product_id, _, name, category, price, quantity_sold, rating, review_count = row.split("\t")
        yield (
            unescaped(product_id),
            unescaped(name),
            unescaped(category),
            price_in_millionths(price),
            int(quantity_sold),
            float(rating),
            int(review_count),
        )


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, SQLAlchemyError) as error:
        cause = error.__cause__ if isinstance(error, SQLAlchemyError) else error
        code = getattr(cause, "sqlite_errorcode", 0)
        # The low byte is the code, those above it its variety.
        if code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StoreBusy from error
        raise StoreUnavailable from error
