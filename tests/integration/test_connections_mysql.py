"""A connection that goes back to the pool leaves nothing open, and says no more to MySQL than it takes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import IntegrityError

from common.database import engine_options, prepare_engine


@pytest.fixture
def engine(schema_url: str) -> Iterator[Engine]:
    url = make_url(schema_url)
    made = create_engine(url, **engine_options(url, pool_size=1))
    prepare_engine(made)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY)"))
    yield made
    made.dispose()


def rollbacks(engine: Engine) -> int:
    with engine.connect() as connection:
        _, number = connection.execute(text("SHOW SESSION STATUS LIKE 'Com_rollback'")).one()
    return int(number)


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
