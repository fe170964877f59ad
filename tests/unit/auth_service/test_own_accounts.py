"""What people do to their own accounts, and what the operator decides about new ones."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from auth_service.accounts import Accounts, WrongCurrentPassword
from auth_service.models import ApiKey, IssuedToken, RefreshToken, SignInSession, User, db
from auth_service.passwords import PasswordTooLong
from auth_service.sessions import FORGOTTEN_AT_ONCE, InvalidCredentials, Sessions
from common.tokens import InvalidToken
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service.accounts_on import make_accounts
from tests.unit.auth_service.hashing import CountingBcrypt
from tests.unit.tables import with_tables

pytestmark = pytest.mark.usefixtures("_app_context")

MANY = 2 * FORGOTTEN_AT_ONCE + 1


@pytest.fixture
def bcrypt() -> CountingBcrypt:
    return CountingBcrypt()


@pytest.fixture
def accounts(bcrypt: CountingBcrypt) -> Accounts:
    made = make_accounts(bcrypt)
    made.sign_up("ada", "secret")
    return made


@pytest.fixture
def user_id(accounts: Accounts) -> str:
    return accounts.sign_in("ada", "secret").id


def stored(user_id: str) -> User:
    with Session(db.engine) as session:
        return session.get_one(User, user_id)


def disable(user_id: str) -> None:
    with Session(db.engine) as session:
        session.execute(update(User).where(User.id == user_id).values(disabled_at=User.created_at))
        session.commit()


def test_a_disabled_account_is_answered_as_a_wrong_password_is(
    accounts: Accounts, bcrypt: CountingBcrypt, user_id: str
) -> None:
    disable(user_id)
    bcrypt.calls.clear()

    with pytest.raises(InvalidCredentials):
        accounts.sign_in("ada", "secret")

    assert len(bcrypt.calls) == 1


def test_a_password_that_is_changed_while_it_is_compared_changes_nothing_twice(
    accounts: Accounts, bcrypt: CountingBcrypt, user_id: str
) -> None:
    def change_meanwhile() -> None:
        bcrypt.meanwhile = lambda: None
        accounts.change_password(user_id, "secret", "the other's")

    bcrypt.meanwhile = change_meanwhile

    with pytest.raises(InvalidToken):
        accounts.change_password(user_id, "secret", "mine")
    assert accounts.sign_in("ada", "the other's")


def test_an_account_that_is_deleted_while_its_password_is_compared_stays_deleted(
    accounts: Accounts, bcrypt: CountingBcrypt, user_id: str
) -> None:
    def delete_meanwhile() -> None:
        bcrypt.meanwhile = lambda: None
        accounts.delete(user_id, "secret")

    bcrypt.meanwhile = delete_meanwhile

    with pytest.raises(InvalidToken):
        accounts.change_password(user_id, "secret", "new secret")
    with pytest.raises(InvalidToken):
        accounts.delete(user_id, "secret")


def test_a_new_password_that_can_not_be_hashed_changes_nothing(accounts: Accounts, user_id: str) -> None:
    with pytest.raises(PasswordTooLong):
        accounts.change_password(user_id, "secret", "p" * 73)

    assert accounts.sign_in("ada", "secret")


def test_a_wrong_current_password_is_never_rehashed_into_the_new_one(
    accounts: Accounts, user_id: str
) -> None:
    before = stored(user_id).password_hash

    with pytest.raises(WrongCurrentPassword):
        accounts.change_password(user_id, "wrong", "new secret")

    assert stored(user_id).password_hash == before


def test_a_hash_that_is_renewed_never_undoes_a_change_of_the_password(
    accounts: Accounts, bcrypt: CountingBcrypt, user_id: str
) -> None:
    """The sign-in that found the old hash outdated must not write it back."""
    stronger = make_accounts(bcrypt, rounds=5)
    steps = iter((lambda: None, lambda: accounts.change_password(user_id, "secret", "new secret")))

    def change_while_it_is_hashed() -> None:
        next(steps, lambda: None)()

    bcrypt.calls.clear()
    bcrypt.meanwhile = change_while_it_is_hashed

    with pytest.raises(InvalidCredentials):
        stronger.sign_in("ada", "secret")
    assert bcrypt.calls[:2] == ["check at $2b$04$", "hash"]
    assert accounts.sign_in("ada", "new secret")


def test_deleting_leaves_nothing_of_an_account_but_revoked_tokens(
    app: Flask, accounts: Accounts, user_id: str
) -> None:
    sessions: Sessions = app.extensions["sessions"]
    other = accounts.sign_up("grace", "secret").id
    for name in ("ada", "grace"):
        sessions.begin(accounts.sign_in(name, "secret"))
    with Session(db.engine) as session:
        session.add(
            ApiKey(
                user_id=user_id, name="CI", secret_hash=b"x" * 32, scope="catalog:read",
                created_at=stored(user_id).created_at, expires_at=stored(user_id).created_at,
            )
        )  # fmt: skip
        session.commit()

    accounts.delete(user_id, "secret")

    with Session(db.engine) as session:
        assert list(session.scalars(select(User.id))) == [other]
        (family,) = session.scalars(select(SignInSession))
        assert family.user_id == other
        assert list(session.scalars(select(RefreshToken.session_id))) == [family.id]
        assert list(session.scalars(select(ApiKey))) == []
        revoked = {
            token.user_id: token.revoked_at is not None for token in session.scalars(select(IssuedToken))
        }
    assert revoked == {user_id: True, other: False}


def test_an_account_with_very_many_refresh_tokens_is_deleted_by_statements_of_bounded_size(
    app: Flask, accounts: Accounts, user_id: str
) -> None:
    """One for all of them would last longer than a statement may."""
    sessions: Sessions = app.extensions["sessions"]
    sessions.begin(accounts.sign_in("ada", "secret"))
    with Session(db.engine) as session:
        (family,) = session.scalars(select(SignInSession.id))
        many = [{"token_hash": number.to_bytes(32), "session_id": family} for number in range(MANY)]
        session.execute(insert(RefreshToken), many)
        session.commit()
    sizes = []

    def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("DELETE"):
            sizes.append(cursor.rowcount)

    event.listen(db.engine, "after_cursor_execute", note)
    accounts.delete(user_id, "secret")
    event.remove(db.engine, "after_cursor_execute", note)

    with Session(db.engine) as session:
        assert list(session.scalars(select(RefreshToken.token_hash))) == []
    assert max(sizes) <= FORGOTTEN_AT_ONCE
    assert sum(sizes) >= MANY


def test_closed_to_strangers_sign_up_is_refused_before_anything_is_hashed(tmp_path: Path) -> None:
    with with_tables(make_auth_service(tmp_path, signup="closed")) as closed:
        answer = closed.test_client().post("/signup", json={"username": "ada", "password": "secret"})

    assert answer.status_code == 403
    assert answer.get_json() == {"msg": "Sign-up is closed. Ask an administrator for an account."}


def test_a_new_account_may_do_what_the_operator_says(tmp_path: Path) -> None:
    with with_tables(make_auth_service(tmp_path, default_scopes="catalog:read")) as app:
        client = app.test_client()
        credentials = {"username": "reader", "password": "secret"}
        client.post("/signup", json=credentials)
        token = client.post("/login", json=credentials).get_json()["access_token"]
        shown = client.get("/me", headers={"Authorization": f"Bearer {token}"}).get_json()

    assert shown["scopes"] == ["catalog:read"]
