"""Reads one row at a time, by one trip to the database: for what nearly every request waits for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import URL, Engine, PoolProxiedConnection, Select, bindparam, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import InstrumentedAttribute

from common.database import ImpatientConnection, engine_options, prepare_engine
from common.gathered_lookups import GatheredLookups


class RowByKey:
    """One query for one row by a unique key, or for those that several threads ask for at the same time.

    The driver is asked straight: SQLAlchemy's work for a row takes as long as the database's. So what a row
    holds is the driver's, without what a column's type makes of it.
    """

    def __init__(
        self, engine: Engine, query: Select[*tuple[Any, ...]], key: InstrumentedAttribute[str]
    ) -> None:
        """Ask by an engine of `make_reading_engine`; `key` is compared by bytes."""
        self.engine = engine
        self._query = query.add_columns(key)
        self._key = key
        self._statement = lru_cache(self._make_statement)
        self._lookups = GatheredLookups(self._look_up)

    def find(self, value: str) -> Sequence[Any] | None:
        """Give the row, or None. Raises SQLAlchemy's errors, as an engine does."""
        return self._lookups.find(value)

    def _look_up(self, values: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        driver = self.engine.dialect.loaded_dbapi
        statement = self._statement(len(values))
        try:
            with closing(self.engine.raw_connection()) as connection, _given_up(connection):
                cursor = connection.cursor()
                cursor.execute(statement, values)
                return {row[-1]: row[:-1] for row in cursor.fetchall()}
        except driver.Error as error:
            raise DBAPIError.instance(statement, None, error, driver.Error) from error

    def _make_statement(self, keys: int) -> str:
        parameters = [bindparam(None, type_=self._key.type) for _ in range(keys)]
        return str(self._query.where(self._key.in_(parameters)).compile(dialect=self.engine.dialect))


@contextmanager
def _given_up(connection: PoolProxiedConnection) -> Iterator[None]:
    """Give a connection up after any error."""
    try:
        yield
    except BaseException:
        connection.invalidate()
        raise


def make_reading_engine(url: URL, pool_size: int) -> Engine:
    """Make an engine for queries that each stand alone.

    There is no transaction to begin or end. In place of a ping, a connection's socket is looked at before
    use: one that the server has closed has something to be read.
    """
    options = engine_options(url, pool_size)
    is_mysql = url.get_backend_name() == "mysql"
    if is_mysql:
        options |= {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None, "pool_pre_ping": False}
        options["skip_autocommit_rollback"] = True
        # Parameters by position, as SQLite's are.
        options["paramstyle"] = "format"
    engine = create_engine(url, **options)
    prepare_engine(engine)
    if is_mysql:
        event.listen(engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: ImpatientConnection, _record: object, _proxy: object) -> None:
    if connection.has_news:
        # The pool makes a new one then.
        raise DisconnectionError
