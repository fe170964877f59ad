"""One name, one account, whoever races for it; and nothing is told to who guesses."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from auth_service.accounts import UsernameTaken
from auth_service.models import User, db
from auth_service.sessions import InvalidCredentials
from auth_service.usernames import UnfitUsername
from tests.unit.auth_service.accounts_on import make_accounts
from tests.unit.auth_service.hashing import CountingBcrypt

pytestmark = pytest.mark.usefixtures("_app_context")

RACERS = 8


class Service:
    """The accounts of an app, with a record of what bcrypt did."""

    def __init__(self, rounds: int = 4) -> None:
        self.bcrypt = CountingBcrypt()
        self.accounts = make_accounts(self.bcrypt, rounds)
        self.bcrypt.calls.clear()


@pytest.fixture
def service() -> Service:
    return Service()


def number_of_users() -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def stored_hash_of(username: str) -> str:
    with Session(db.engine) as session:
        return session.scalars(select(User.password_hash).where(User.username == username)).one()


def store_hash(username: str, password_hash: str) -> None:
    with Session(db.engine) as session:
        session.scalars(select(User).where(User.username == username)).one().password_hash = password_hash
        session.commit()


def test_who_signed_up_can_sign_in_and_is_the_same(service: Service) -> None:
    made = service.accounts.sign_up("Ada", "secret").id
    assert service.accounts.sign_in("Ada", "secret").id == made


def test_a_name_signs_in_however_it_is_typed_and_is_shown_as_it_was_first(service: Service) -> None:
    service.accounts.sign_up("Café", "secret")
    assert service.accounts.sign_in("CAFE\u0301", "secret").username == "Café"


@pytest.mark.parametrize("again", ["ada", "Ada", "ADA", "\uff41da"])
def test_a_name_that_is_taken_is_taken_in_every_spelling(service: Service, again: str) -> None:
    service.accounts.sign_up("ada", "secret")
    with pytest.raises(UsernameTaken):
        service.accounts.sign_up(again, "other")
    assert number_of_users() == 1
    assert service.accounts.sign_in("ada", "secret")


def test_a_failed_signup_leaves_the_session_fit_for_the_next(service: Service) -> None:
    service.accounts.sign_up("ada", "secret")
    with pytest.raises(UsernameTaken):
        service.accounts.sign_up("ada", "secret")
    assert service.accounts.sign_up("grace", "secret").username == "grace"


def test_another_constraint_that_is_violated_is_no_name_that_is_taken(service: Service) -> None:
    """It is a fault of ours, and answered as one."""
    with db.engine.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX only_one ON audit_events (action)"))
    service.accounts.sign_up("ada", "secret")

    with pytest.raises(IntegrityError, match=r"audit_events\.action"):
        service.accounts.sign_up("grace", "secret")
    assert number_of_users() == 1


def test_a_name_that_is_taken_costs_the_same_work_as_a_new_one(service: Service) -> None:
    """S30."""
    service.accounts.sign_up("ada", "secret")
    of_a_new_name = service.bcrypt.calls[:]
    service.bcrypt.calls.clear()
    with pytest.raises(UsernameTaken):
        service.accounts.sign_up("ada", "secret")
    assert service.bcrypt.calls == of_a_new_name == ["hash"]


def test_an_unfit_name_is_refused_before_any_hashing(service: Service) -> None:
    with pytest.raises(UnfitUsername):
        service.accounts.sign_up("ada ", "secret")
    assert (service.bcrypt.calls, number_of_users()) == ([], 0)


def test_of_several_that_race_for_a_name_one_gets_it(app: Flask) -> None:
    start = Barrier(RACERS)

    def race(number: int) -> str:
        with app.app_context():
            accounts = Service().accounts
            start.wait(10)
            try:
                return accounts.sign_up("Ada" if number % 2 else "ada", f"secret {number}").id
            except UsernameTaken:
                return "taken"

    with ThreadPoolExecutor(RACERS) as pool:
        results = list(pool.map(race, range(RACERS)))
    assert results.count("taken") == RACERS - 1
    assert number_of_users() == 1


@pytest.mark.parametrize(
    ("username", "password"),
    [("ada", "wrong"), ("grace", "secret"), ("ada ", "secret"), ("a\0da", "secret"), ("x" * 70, "secret"),
     ("' OR 1=1 -- ", "secret"), ("ada", "secret\0"), ("ada", "x" * 5_000), ("", "secret"), ("ada", "")],
)  # fmt: skip
def test_whatever_does_not_match_is_refused_alike(service: Service, username: str, password: str) -> None:
    """L02, L04, L05."""
    service.accounts.sign_up("ada", "secret")
    with pytest.raises(InvalidCredentials) as refused:
        service.accounts.sign_in(username, password)
    assert refused.value.body() == {"msg": "Invalid username or password"}


@pytest.mark.parametrize("username", ["grace", "ada ", "a\0da", "x" * 5_000])
def test_an_unknown_name_costs_the_same_work_as_a_wrong_password(service: Service, username: str) -> None:
    """L02."""
    service.accounts.sign_up("ada", "secret")
    service.bcrypt.calls.clear()
    with pytest.raises(InvalidCredentials):
        service.accounts.sign_in("ada", "wrong")
    of_a_wrong_password = service.bcrypt.calls[:]
    service.bcrypt.calls.clear()
    with pytest.raises(InvalidCredentials):
        service.accounts.sign_in(username, "wrong")
    assert service.bcrypt.calls == of_a_wrong_password
    assert len(of_a_wrong_password) == 1


@pytest.mark.parametrize("damaged", ["", "$2b$04$", "not a hash"])
def test_an_account_with_a_damaged_hash_lets_nobody_in(service: Service, damaged: str) -> None:
    """L12."""
    service.accounts.sign_up("ada", "secret")
    store_hash("ada", damaged)
    for guess in ("secret", "nobody has this password", damaged or "x"):
        with pytest.raises(InvalidCredentials):
            service.accounts.sign_in("ada", guess)


def test_a_hash_with_fewer_rounds_is_made_anew_at_the_next_sign_in(service: Service) -> None:
    """L16."""
    service.accounts.sign_up("ada", "secret")
    stronger = Service(rounds=5).accounts
    assert stronger.sign_in("ada", "secret").username == "ada"
    assert stored_hash_of("ada").startswith("$2b$05$")
    assert stronger.sign_in("ada", "secret").username == "ada"


def test_a_wrong_password_makes_no_hash_anew(service: Service) -> None:
    service.accounts.sign_up("ada", "secret")
    with pytest.raises(InvalidCredentials):
        Service(rounds=5).accounts.sign_in("ada", "wrong")
    assert stored_hash_of("ada").startswith("$2b$04$")


def test_a_current_hash_stays(service: Service) -> None:
    service.accounts.sign_up("ada", "secret")
    before = stored_hash_of("ada")
    service.accounts.sign_in("ada", "secret")
    assert stored_hash_of("ada") == before


@pytest.mark.parametrize("username", ["ada", "grace"], ids=["known", "unknown"])
def test_no_connection_is_held_while_bcrypt_works(service: Service, username: str) -> None:
    service.accounts.sign_up("ada", "secret")
    db.session.rollback()
    assert isinstance(db.engine.pool, QueuePool)
    pool, held = db.engine.pool, []
    service.bcrypt.meanwhile = lambda: held.append(pool.checkedout())
    with pytest.raises(InvalidCredentials):
        service.accounts.sign_in(username, "wrong")
    assert held == [0]


def test_no_connection_is_held_while_a_new_account_is_hashed(service: Service) -> None:
    assert isinstance(db.engine.pool, QueuePool)
    pool, held = db.engine.pool, []
    service.bcrypt.meanwhile = lambda: held.append(pool.checkedout())
    service.accounts.sign_up("ada", "secret")
    assert held == [0]


def test_the_database_keeps_the_hash_and_not_the_password(service: Service, tmp_path: Path) -> None:
    service.accounts.sign_up("ada", "a very secret password")
    with sqlite3.connect(tmp_path / "auth.db") as connection:
        rows = connection.execute("SELECT * FROM users").fetchall()
    connection.close()
    assert "a very secret password" not in str(rows)
    assert "$2b$04$" in str(rows)
