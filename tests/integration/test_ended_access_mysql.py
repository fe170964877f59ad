"""On MySQL, an account goes with all its sessions, and whatever is sent for an API key is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from auth_service.accounts import Accounts
from auth_service.api_keys import ApiKeys
from auth_service.client_credentials import InvalidClient, TokenRequest
from auth_service.models import AuditEvent, RefreshToken, SignInSession, User, db
from auth_service.sessions import FORGOTTEN_AT_ONCE, Sessions
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

MANY = 3 * FORGOTTEN_AT_ONCE + 1


@pytest.fixture
def app(tmp_path: Path, schema_url: str) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path, database_url=schema_url)) as made, made.app_context():
        yield made


def number_of(model: type[User | SignInSession | RefreshToken]) -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_an_account_with_very_many_refresh_tokens_is_deleted_and_no_other(app: Flask) -> None:
    accounts: Accounts = app.extensions["accounts"]
    sessions: Sessions = app.extensions["sessions"]
    for name in ("ada", "grace"):
        accounts.sign_up(name, "secret")
        sessions.begin(accounts.sign_in(name, "secret"))
    user_id = accounts.sign_in("ada", "secret").id
    with Session(db.engine) as session:
        family = session.scalars(select(SignInSession.id).where(SignInSession.user_id == user_id)).one()
        many = [{"token_hash": number.to_bytes(32), "session_id": family} for number in range(MANY)]
        session.execute(insert(RefreshToken), many)
        session.commit()

    accounts.delete(user_id, "secret")

    assert [number_of(model) for model in (User, SignInSession, RefreshToken)] == [1, 1, 1]


@pytest.mark.parametrize(
    "client_id", ["", "x" * 100_000, "\0", "\U0001f511", "' OR 1=1 -- ", "%", "0" * 36, "a\\"]
)
def test_credentials_of_no_key_are_refused_with_an_event(app: Flask, client_id: str) -> None:
    api_keys: ApiKeys = app.extensions["api_keys"]

    with pytest.raises(InvalidClient):
        api_keys.exchange(TokenRequest(client_id, "x", None))

    with Session(db.engine) as session:
        (event,) = session.scalars(select(AuditEvent))
        assert (event.action, event.subject_id) == ("token_refused", None)
        assert event.detail == '{"error":"invalid_client"}'
