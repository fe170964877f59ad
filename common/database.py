"""How both services connect to their database: bounded in time and number, strict, and checked before use."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from pymysql import err
from pymysql.connections import Connection
from pymysql.constants import CR
from sqlalchemy import DateTime, Dialect, Engine, TypeDecorator, event
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from common.sockets import has_input
from common.tls_errors import forget_tls_errors

GREETING_SECONDS = 2
TRUSTED_SECONDS = 1
"""How long a connection that has answered is taken for alive, if its socket says nothing else.

But not where a query would wait for long: a server that hangs is to be found out soon.
"""
STATEMENT_SECONDS = 3
"""How long a statement may take where a person waits for a small answer."""

IsolationLevel = Literal["READ COMMITTED", "AUTOCOMMIT"] | None
"""MySQL's, or each statement for itself; None is its default, REPEATABLE READ."""

MYSQL_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY', time_zone = '+00:00', max_execution_time = {milliseconds}, "
    "innodb_lock_wait_timeout = {seconds}"
)
"""What every connection is told first, so that a server with other defaults behaves the same."""

TABLE_OPTIONS = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    # Compares by bytes and does not pad: case, accents and trailing blanks count.
    "mysql_collate": "utf8mb4_0900_bin",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time with microseconds, aware in Python and stored in UTC."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read UTC."""
        return value and value.replace(tzinfo=UTC)


def error_number(error: err.MySQLError | DBAPIError) -> object:
    """Give the server's number of an error, or the driver's."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return cause.args[0] if cause is not None and cause.args else None


def engine_options(
    url: URL,
    pool_size: int,
    statement_seconds: int = STATEMENT_SECONDS,
    isolation_level: IsolationLevel = None,
) -> dict[str, Any]:
    """Give the engine's options for a database; SQLite, where one writes at a time, has one isolation level.

    The deadlines nest: the server ends a statement, a second later the driver stops waiting for it.
    """
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": statement_seconds + 1}, "hide_parameters": True}
    return {
        # An error's text is logged, and parameters hold password hashes and private keys.
        "hide_parameters": True,
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": 3,
        "pool_recycle": 300,
        "pool_pre_ping": True,
        **({"isolation_level": isolation_level} if isolation_level else {}),
        "connect_args": {
            "connect_timeout": 3,
            "read_timeout": statement_seconds + 1,
            "write_timeout": statement_seconds + 1,
            "init_command": MYSQL_SESSION.format(
                milliseconds=statement_seconds * 1000, seconds=statement_seconds
            ),
        },
    }


class ImpatientConnection(Connection):
    """A connection that gives a server less time to greet, or to answer a ping, than to answer a query.

    And that doesn't bother it with a ping or a rollback that would change nothing.

    A server that hangs takes connections and says nothing; a pool tries it twice, with a ping and a greeting,
    before the query, and all of it has to fit into one request's deadline.
    """

    _read_timeout: float | None
    _sock: Any
    _is_clean = False
    """Whether nothing was asked for since the last transaction ended."""
    _answered_at = float("-inf")
    """When it last answered a query, by the monotonic clock."""

    def _execute_command(self, command: int, sql: str | bytes) -> None:
        # What every statement goes through, also one that is sent past `query`.
        self._is_clean = False
        super()._execute_command(command, sql)  # type: ignore[misc]

    @property
    def has_news(self) -> bool:
        """Whether the server has sent something that nobody asked for, such as the connection's end."""
        return self._sock is None or has_input(self._sock)

    def connect(self, sock: Any = None) -> None:
        """Connect as pymysql.connections.Connection does, within GREETING_SECONDS."""
        with self._hurried():
            super().connect(sock)

    def ping(self, *arguments: Any, **options: Any) -> None:
        """Ping as pymysql.connections.Connection does, within GREETING_SECONDS, if there is reason to."""
        if self.has_news:
            raise err.OperationalError(CR.CR_SERVER_GONE_ERROR, "The server has ended the connection")
        is_patient = self._read_timeout is None or self._read_timeout > STATEMENT_SECONDS + 1
        if is_patient or time.monotonic() - self._answered_at > TRUSTED_SECONDS:
            with self._hurried():
                super().ping(*arguments, **options)

    def query(self, *arguments: Any, **options: Any) -> int:
        """Query as pymysql.connections.Connection does."""
        affected = int(super().query(*arguments, **options))
        self._answered_at = time.monotonic()
        return affected

    def commit(self) -> None:
        """Commit as pymysql.connections.Connection does."""
        super().commit()
        self._is_clean = True

    def rollback(self) -> None:
        """Roll back as pymysql.connections.Connection does, if there is anything that could be.

        A pool does it to each connection that it gets back, also right after a commit.
        """
        if not self._is_clean:
            super().rollback()
            self._is_clean = True

    def _force_close(self) -> None:
        # What becomes of every connection that is lost.
        super()._force_close()  # type: ignore[misc]
        forget_tls_errors()

    @contextmanager
    def _hurried(self) -> Iterator[None]:
        patient, self._read_timeout = self._read_timeout, GREETING_SECONDS
        try:
            yield
        finally:
            self._read_timeout = patient


def prepare_engine(engine: Engine) -> None:
    """Set up how an engine's connections are made."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    else:
        event.listen(engine, "do_connect", _connect_impatiently)


def _set_pragmas(connection: Any, _record: object) -> None:
    # Readers go on while one connection writes.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def _connect_impatiently(_dialect: object, _record: object, arguments: Any, options: Any) -> Connection:
    return ImpatientConnection(*arguments, **options)
