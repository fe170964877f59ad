"""Reads one row at a time, by one trip to the database: for what nearly every request waits for."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import URL, Engine, PoolProxiedConnection, Select, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError

from common.database import ImpatientConnection, engine_options, prepare_engine


class SingleRow:
    """One query for one row by one value.

    The driver is asked straight: SQLAlchemy's work for a row takes as long as the database's. So what a row
    holds is the driver's, without what a column's type makes of it.
    """

    def __init__(self, engine: Engine, query: Select[*tuple[Any, ...]], parameter: str) -> None:
        """Ask by an engine of `make_reading_engine`; `parameter` is the name of the query's only one."""
        self.engine = engine
        compiled = query.compile(dialect=engine.dialect)
        self._statement = str(compiled)
        self._parameter = None if compiled.positional else parameter

    def find(self, value: str) -> Sequence[Any] | None:
        """Give the row, or None. Raises SQLAlchemy's errors, as an engine does."""
        driver = self.engine.dialect.loaded_dbapi
        parameters = (value,) if self._parameter is None else {self._parameter: value}
        try:
            with closing(self.engine.raw_connection()) as connection, _given_up(connection):
                cursor = connection.cursor()
                cursor.execute(self._statement, parameters)
                row: Sequence[Any] | None = cursor.fetchone()
                return row
        except driver.Error as error:
            raise DBAPIError.instance(self._statement, None, error, driver.Error) from error


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
    engine = create_engine(url, **options)
    prepare_engine(engine)
    if is_mysql:
        event.listen(engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: ImpatientConnection, _record: object, _proxy: object) -> None:
    if connection.has_news:
        # The pool makes a new one then.
        raise DisconnectionError
