"""On MySQL, a sign-in is as quick for an account with very many sessions as for one with few."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, event, func, insert, select
from sqlalchemy.orm import Session

from auth_service.accounts import Accounts
from auth_service.models import SignInSession, User, db, new_id
from auth_service.sessions import Sessions
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

MANY = 3_000


@pytest.fixture
def app(tmp_path: Path, schema_url: str) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path, database_url=schema_url)) as made, made.app_context():
        yield made


@pytest.fixture
def ada(app: Flask) -> User:
    accounts: Accounts = app.extensions["accounts"]
    accounts.sign_up("ada", "secret")
    return accounts.sign_in("ada", "secret")


@pytest.fixture
def sessions(app: Flask) -> Sessions:
    made: Sessions = app.extensions["sessions"]
    return made


def rows_read_by_a_sign_in(sessions: Sessions, user: User) -> int:
    """Begin a session, and tell how many rows the server has read for it."""
    read: list[int] = []

    def note(connection: Connection) -> None:
        status = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'")
        read.append(sum(int(value) for _, value in status))

    event.listen(db.engine, "begin", note)
    event.listen(db.engine, "commit", note)
    try:
        sessions.begin(user)
    finally:
        event.remove(db.engine, "begin", note)
        event.remove(db.engine, "commit", note)
    before, after = read[-2:]
    return after - before


def test_sessions_that_go_on_are_not_read_by_the_next_sign_in(sessions: Sessions, ada: User) -> None:
    few = rows_read_by_a_sign_in(sessions, ada)
    now = datetime.now(UTC)
    one = {"user_id": ada.id, "started_at": now, "expires_at": now + timedelta(days=1)}
    with Session(db.engine) as session:
        session.execute(insert(SignInSession), [one | {"id": new_id()} for _ in range(MANY)])
        session.commit()

    assert rows_read_by_a_sign_in(sessions, ada) < few + 50

    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(SignInSession)) == MANY + 2


def test_sessions_that_were_ended_are_gone_after_the_next_sign_in(sessions: Sessions, ada: User) -> None:
    for _ in range(3):
        sessions.begin(ada)

    sessions.sign_out_everywhere(ada)
    sessions.begin(ada)

    with Session(db.engine) as session:
        assert session.scalar(select(func.count()).select_from(SignInSession)) == 1
