"""Reading one moment of the database by several statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

_SNAPSHOT = {
    # A server whose default is READ COMMITTED would ignore the snapshot without a word.
    "mysql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
    # Python's driver begins no transaction for a SELECT.
    "sqlite": ("BEGIN",),
}


def begin_snapshot(connection: Connection) -> None:
    """Begin a transaction that sees what was committed when it, or on SQLite its first read, began.

    The connection must be in no transaction yet.
    """
    for statement in _SNAPSHOT[connection.dialect.name]:
        connection.exec_driver_sql(statement)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Lend a connection in such a transaction."""
    with engine.connect() as connection:
        begin_snapshot(connection)
        yield connection
