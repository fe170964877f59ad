"""No connection waits for ever, and no server's defaults matter."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from common.database import STATEMENT_SECONDS, engine_options, prepare_engine

MYSQL = make_url("mysql+pymysql://user@host/schema")


@pytest.mark.parametrize("seconds", [STATEMENT_SECONDS, 900])
def test_the_server_ends_a_statement_before_the_driver_stops_waiting(seconds: int) -> None:
    arguments = engine_options(MYSQL, pool_size=7, statement_seconds=seconds)["connect_args"]
    assert f"max_execution_time = {seconds}000" in arguments["init_command"]
    assert seconds < arguments["read_timeout"] <= seconds + 2


def test_an_answer_without_a_database_comes_within_five_seconds() -> None:
    options = engine_options(MYSQL, pool_size=7)
    assert all(
        options["connect_args"][name] <= 5 for name in ("connect_timeout", "read_timeout", "write_timeout")
    )
    assert options["pool_timeout"] <= 5


def test_a_mysql_service_opens_no_more_connections_than_it_was_given() -> None:
    options = engine_options(MYSQL, pool_size=7)
    assert options["pool_size"] + options["max_overflow"] == 7


def test_an_isolation_level_is_mysqls_alone() -> None:
    assert engine_options(MYSQL, 7, isolation_level="READ COMMITTED")["isolation_level"] == "READ COMMITTED"
    assert "isolation_level" not in engine_options(MYSQL, 7)
    assert "isolation_level" not in engine_options(make_url("sqlite://"), 7, isolation_level="READ COMMITTED")


def test_a_reader_on_sqlite_sees_the_last_commit_while_another_connection_writes(tmp_path: Path) -> None:
    url = make_url(f"sqlite:///{tmp_path}/shop.db")
    engine = create_engine(url, **engine_options(url, pool_size=7))
    prepare_engine(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
    with engine.begin() as writer, engine.connect() as reader:
        writer.execute(text("INSERT INTO t VALUES (1)"))
        assert reader.scalar(text("SELECT COUNT(*) FROM t")) == 0
        assert reader.scalar(text("PRAGMA journal_mode")) == "wal"
        full = 2
        assert reader.scalar(text("PRAGMA synchronous")) == full, "a commit survives a power cut"
    engine.dispose()


def test_an_engine_that_is_not_sqlite_is_left_alone() -> None:
    engine = create_engine(MYSQL)
    before = list(engine.pool.dispatch.connect)
    prepare_engine(engine)
    assert list(engine.pool.dispatch.connect) == before
