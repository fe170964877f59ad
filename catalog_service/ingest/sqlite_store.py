"""The products table of a SQLite database: one statement for each product, in key order."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import StoreBusy, StoreUnavailable
from catalog_service.ingest.row_format import NULL, escaped, unescaped
from catalog_service.ingest.store import Answer, Stored, Table

T = TypeVar("T")

_NAMES = ", ".join((*COLUMNS, "revision"))
_PLACES = ", ".join("?" * (len(COLUMNS) + 1))
_WRITE = f"INSERT OR REPLACE INTO products ({_NAMES}) VALUES ({_PLACES})"  # noqa: S608 - our own names alone
_COUNT = "SELECT COUNT(*) FROM products"
_READ = f"SELECT {_NAMES} FROM products WHERE product_id = ?"  # noqa: S608
_DECIMALS = 6
NULL_TEXT = NULL.decode()

Product = tuple[str, str, str, int | None, int | None, float | None, int | None, int]


class SqliteStore:
    """The products table of a SQLite database."""

    def __init__(self, engine: Engine) -> None:
        """Load through the application's own engine."""
        self._engine = engine

    def transact(self, work: Callable[[Table], T], *, locking: bool = True) -> T:
        """Work as Store says; OutcomeUnknown can't happen here."""
        with _named_errors(), self._engine.connect() as connection:
            try:
                # Taking the write lock first: a transaction that read before it wrote could not wait for it.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                done = work(SqliteTable(connection))
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            return done


class SqliteTable:
    """The products table in one transaction of SQLite's."""

    def __init__(self, connection: Connection) -> None:
        """Work on a connection that holds the write lock."""
        self.connection = connection
        self._driver = cast("sqlite3.Connection", connection.connection.driver_connection)

    def is_empty(self) -> bool:
        """Tell as Table says."""
        return self._driver.execute("SELECT 1 FROM products LIMIT 1").fetchone() is None

    def ask(self, ids: Sequence[bytes]) -> Answer:
        """Ask as Table says."""
        return partial(self._look, ids)

    def write(self, chunks: Iterable[Chunk], revision: int | None) -> int:
        """Write as Table says."""
        before, rows = self._count(), 0
        for chunk in chunks:
            rows += chunk.rows
            self._driver.executemany(_WRITE, _products(chunk.data, revision))
        return rows - (self._count() - before)

    def delete(self, ids: Sequence[bytes]) -> None:
        """Delete as Table says."""
        keys = ((unescaped(product_id.decode()),) for product_id in ids)
        self._driver.executemany("DELETE FROM products WHERE product_id = ?", keys)

    def _look(self, ids: Sequence[bytes]) -> Mapping[bytes, Stored]:
        found: dict[bytes, Stored] = {}
        for product_id in ids:
            row = self._driver.execute(_READ, (unescaped(product_id.decode()),)).fetchone()
            if row is not None:
                found[product_id] = _stored(row)
        return found

    def _count(self) -> int:
        return int(self._driver.execute(_COUNT).fetchone()[0])


def price_in_millionths(price: str) -> int:
    """Turn a price, checked, into the whole number that SQLite keeps: it has no exact decimals."""
    whole, _, decimals = price.partition(".")
    return int(whole + decimals.ljust(_DECIMALS, "0"))


def _products(data: bytes, revision: int | None) -> Iterator[Product]:
    for row in data.decode().removesuffix("\n").split("\n"):
        product_id, _, name, category, price, quantity_sold, rating, review_count, *own = row.split("\t")
        yield (
            unescaped(product_id),
            unescaped(name),
            unescaped(category),
            None if price == NULL_TEXT else price_in_millionths(price),
            None if quantity_sold == NULL_TEXT else int(quantity_sold),
            None if rating == NULL_TEXT else float(rating),
            None if review_count == NULL_TEXT else int(review_count),
            int(own[0]) if revision is None else revision,
        )


def _stored(row: Product) -> Stored:
    _, name, category, price, quantity_sold, rating, review_count, revision = row
    cells = [
        str(revision),
        escaped(name),
        escaped(category),
        _price(price),
        *map(_number, (quantity_sold, rating, review_count)),
    ]
    return "\t".join(cells).encode()


def _price(millionths: int | None) -> str:
    if millionths is None:
        return NULL_TEXT
    text = format(Decimal(millionths).scaleb(-_DECIMALS), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _number(value: float | None) -> str:
    return NULL_TEXT if value is None else repr(value)


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
