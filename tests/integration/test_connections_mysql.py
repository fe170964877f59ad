"""A connection goes back to the pool with nothing open, and comes out of it alive, by few words."""

from collections.abc import Iterator

import pytest
from pymysql.constants import COMMAND
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import IntegrityError

from common.database import ImpatientConnection, engine_options, prepare_engine


@pytest.fixture
def engine(schema_url: str) -> Iterator[Engine]:
    url = make_url(schema_url)
    made = create_engine(url, **engine_options(url, pool_size=1))
    prepare_engine(made)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY)"))
    yield made
    made.dispose()


def counted(engine: Engine, what: str) -> int:
    """Give how often the engine's one connection has done something."""
    with engine.connect() as connection:
        _, number = connection.execute(text(f"SHOW SESSION STATUS LIKE '{what}'")).one()
    return int(number)


def rollbacks(engine: Engine) -> int:
    return counted(engine, "Com_rollback")


def pings(engine: Engine) -> int:
    return counted(engine, "Com_admin_commands")


def rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.scalar(text("SELECT COUNT(*) FROM t")) or 0)


def test_after_a_commit_nothing_is_rolled_back(engine: Engine) -> None:
    before = rollbacks(engine)
    for number in range(3):
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO t VALUES (:a)"), {"a": number})
    assert rollbacks(engine) == before + 1, "that of the count before"


def test_what_was_not_committed_is_rolled_back_by_the_pool_too(engine: Engine) -> None:
    before = rollbacks(engine)
    lent = engine.raw_connection()
    lent.cursor().execute("INSERT INTO t VALUES (1)")
    lent.close()
    assert rollbacks(engine) == before + 2
    assert rows(engine) == 0


def test_a_statement_after_a_commit_is_rolled_back(engine: Engine) -> None:
    lent = engine.raw_connection()
    lent.cursor().execute("INSERT INTO t VALUES (1)")
    lent.commit()
    lent.cursor().execute("INSERT INTO t VALUES (2)")
    lent.close()
    assert rows(engine) == 1


def test_a_statement_that_failed_holds_no_lock_on_a_connection_that_was_given_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    with pytest.raises(IntegrityError), engine.connect() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    with engine.connect() as connection:
        own = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = CONNECTION_ID()"
        assert connection.scalar(text(own)) == 0


def test_a_connection_that_answered_a_moment_ago_is_not_pinged(engine: Engine) -> None:
    assert pings(engine) == pings(engine)


def test_a_connection_that_has_rested_is_pinged(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.database.TRUSTED_SECONDS", 0)
    assert pings(engine) + 1 == pings(engine)


def test_a_connection_that_the_server_has_ended_is_replaced_without_an_error(
    engine: Engine, schema_url: str
) -> None:
    administrator = create_engine(schema_url)
    for _ in range(3):
        with engine.connect() as connection:
            number = connection.scalar(text("SELECT CONNECTION_ID()"))
        with administrator.connect() as other:
            other.execute(text(f"KILL {number}"))
            while other.scalar(
                text("SELECT COUNT(*) FROM performance_schema.processlist WHERE id = :n"), {"n": number}
            ):
                pass
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT CONNECTION_ID()")) != number
    administrator.dispose()


def test_what_was_sent_past_the_cursor_is_rolled_back_too(engine: Engine) -> None:
    """As LOAD DATA LOCAL is."""
    rows(engine)
    lent = engine.raw_connection()
    driver = lent.driver_connection
    assert isinstance(driver, ImpatientConnection)
    driver.commit()
    driver._execute_command(COMMAND.COM_QUERY, "INSERT INTO t VALUES (1)")  # noqa: SLF001
    driver._read_ok_packet()  # type: ignore[attr-defined]  # noqa: SLF001
    lent.close()
    assert rows(engine) == 0
