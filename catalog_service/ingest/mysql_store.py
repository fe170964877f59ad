"""Loading into MySQL: one LOAD DATA statement in one transaction, in key order."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from pymysql import err
from pymysql.constants import ER
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from catalog_service.ingest.checked_file import CheckedRows
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import OutcomeUnknown, StoreBusy, StoreUnavailable
from catalog_service.ingest.load_data import LoadDataConnection

ATTEMPTS = 3
"""How often a transaction that the server gave up for another's sake is tried in all."""
_STATEMENT = (
    "LOAD DATA LOCAL INFILE '{name}' REPLACE INTO TABLE products CHARACTER SET utf8mb4 "
    r"FIELDS TERMINATED BY '\t' ENCLOSED BY '' ESCAPED BY '\\' LINES TERMINATED BY '\n' "
    f"({COLUMNS[0]}, @line, {', '.join(COLUMNS[1:])})"
)
_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', "
    "transaction_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = {seconds}"
)
_READ_ONLY = (ER.OPTION_PREVENTS_STATEMENT, 1836)  # the latter, ER_READ_ONLY_MODE, is unnamed in PyMySQL
_CONNECT_SECONDS = 3
_MARGIN_SECONDS = 10  # the server gives up first, and says so

log = logging.getLogger(__name__)


def make_ingest_engine(url: str | URL, *, seconds: int = 840, pool_size: int = 4) -> Engine:
    """Make the engine whose connections load uploads: the only ones with LOAD DATA LOCAL.

    `seconds` bounds each wait for another upload's rows, and so, a little later, each answer of the server.
    """
    engine = create_engine(
        make_url(url).update_query_dict({"charset": "utf8mb4"}),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
        pool_recycle=300,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": seconds + _MARGIN_SECONDS,
            "write_timeout": seconds + _MARGIN_SECONDS,
            "init_command": _SESSION.format(seconds=seconds),
        },
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> LoadDataConnection:
        return LoadDataConnection(*arguments, **options)

    return engine


class MySqlStore:
    """The products table of a MySQL database."""

    def __init__(self, engine: Engine) -> None:
        """Load through an engine of make_ingest_engine."""
        self._engine = engine

    def load(self, rows: CheckedRows) -> None:
        """Load as Store says."""
        for _ in range(ATTEMPTS):
            try:
                return self._load_once(rows)
            except _GivenUp as error:
                log.warning("the server gave the transaction up, so all of it is done again", exc_info=error)
        raise StoreBusy

    def _load_once(self, rows: CheckedRows) -> None:
        with self._connection() as connection:
            with _named_errors():
                connection.begin()
                _send(connection, rows)
            try:
                connection.commit()
            except err.MySQLError as error:
                raise (StoreUnavailable if _number(error) in _READ_ONLY else OutcomeUnknown) from error

    @contextmanager
    def _connection(self) -> Iterator[LoadDataConnection]:
        """Lend a connection; after any error it is rolled back, or closed, which does the same."""
        try:
            lent = self._engine.raw_connection()
        except PoolTimeoutError as error:
            raise StoreBusy("Too many uploads are being loaded, so nothing was. Please try again.") from error
        except (SQLAlchemyError, err.MySQLError) as error:
            raise StoreUnavailable from error
        connection = cast("LoadDataConnection", lent.driver_connection)
        try:
            yield connection
        except BaseException:
            try:
                connection.rollback()
            except err.MySQLError:
                lent.invalidate()
            raise
        finally:
            lent.close()


class _GivenUp(Exception):
    """The server gave the transaction up for another's sake: it may be tried again, as a whole."""


def _send(connection: LoadDataConnection, rows: CheckedRows) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for chunk in rows.chunks():
            sent += chunk.rows
            yield chunk.data

    loaded = connection.load_data(_STATEMENT, pieces())
    # LOAD DATA LOCAL turns what it can't take into warnings, even in strict mode.
    if loaded.warnings or loaded.skipped or not loaded.records == sent == rows.report.rows:
        log.critical("the server took checked rows otherwise than sent: %s of %d", loaded, sent)
        raise StoreUnavailable("The database did not take every row as it was sent, so nothing was loaded.")


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except err.MySQLError as error:
        # 1205 undoes the statement alone, 1213 the whole transaction: both are rolled back and begun anew.
        if _number(error) in (ER.LOCK_DEADLOCK, ER.LOCK_WAIT_TIMEOUT):
            raise _GivenUp from error
        raise StoreUnavailable from error


def _number(error: err.MySQLError) -> object:
    """Give the server's number of an error, or the driver's."""
    return error.args[0] if error.args else None
