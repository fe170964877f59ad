"""How both services connect to their database: bounded in time and number, strict, and checked before use."""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

STATEMENT_SECONDS = 3
"""How long a statement may take where a person waits for a small answer."""

MYSQL_SESSION = (
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_ENGINE_SUBSTITUTION,ONLY_FULL_GROUP_BY', time_zone = '+00:00', max_execution_time = {milliseconds}"
)
"""What every connection is told first, so that a server with other defaults behaves the same."""

TABLE_OPTIONS = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    # Compares by bytes and does not pad: case, accents and trailing blanks count.
    "mysql_collate": "utf8mb4_0900_bin",
}


def engine_options(url: URL, pool_size: int, statement_seconds: int = STATEMENT_SECONDS) -> dict[str, Any]:
    """Give the engine's options for a database.

    The deadlines nest: the server ends a statement, a second later the driver stops waiting for it.
    """
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": statement_seconds + 1}}
    return {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": 3,
        "pool_recycle": 300,
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": 3,
            "read_timeout": statement_seconds + 1,
            "write_timeout": statement_seconds + 1,
            "init_command": MYSQL_SESSION.format(milliseconds=statement_seconds * 1000),
        },
    }


def prepare_sqlite(engine: Engine) -> None:
    """Let readers go on while one connection writes (WAL); other databases are left alone."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
