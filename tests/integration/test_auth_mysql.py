"""On MySQL a name belongs to one account and a generation to one key, however many ask at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from auth_service.accounts import Accounts, UsernameTaken
from auth_service.models import SigningKey, User, db
from auth_service.signing_keys import RotationUnderWay, SigningKeys
from tests.integration.processes import in_processes
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

RACERS = 6
ROUNDS = 4

MakeApp = Callable[[], Flask]


@pytest.fixture
def make_app(tmp_path: Path, schema_url: str) -> MakeApp:
    return lambda: make_auth_service(tmp_path, database_url=schema_url)


@pytest.fixture
def app(make_app: MakeApp) -> Iterator[Flask]:
    with with_tables(make_app()) as made, made.app_context():
        yield made


@pytest.fixture
def accounts(app: Flask) -> Accounts:
    made: Accounts = app.extensions["accounts"]
    return made


def keys_of(app: Flask) -> SigningKeys:
    made: SigningKeys = app.extensions["signing_keys"]
    return made


def stored_kids() -> list[str]:
    with Session(db.engine) as session:
        return list(session.scalars(select(SigningKey.kid).order_by(SigningKey.generation)))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("admin", "ADMIN"),
        ("straße", "STRASSE"),
        ("é", "e\u0301"),
        ("fish", "\ufb01sh"),
        ("k", "\u212a"),
        ("ab", "\uff41\uff42"),
    ],
)
def test_one_name_in_two_spellings_is_one_account(accounts: Accounts, first: str, second: str) -> None:
    accounts.sign_up(first, "secret")
    with pytest.raises(UsernameTaken):
        accounts.sign_up(second, "secret")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("admin", "ádmin"),
        ("o", "ø"),
        ("ae", "æ"),
        ("\u0438", "\u0439"),
        ("\u304b", "\u30ab"),
        ("\u306f", "\u3070"),
        ("\U0001f600", "\U0001f601"),
        ("l", "ł"),
        ("i", "\u0131"),
        ("a b", "ab"),
        ("a-b", "ab"),
    ],
)
def test_names_that_a_collation_would_confuse_are_two_accounts(
    accounts: Accounts, first: str, second: str
) -> None:
    ids = {accounts.sign_up(first, "secret one").id, accounts.sign_up(second, "secret two").id}
    assert len(ids) == 2
    assert accounts.sign_in(second, "secret two").username == second


@pytest.mark.parametrize("username", ["😀" * 64, "' OR 1=1 -- x", "\\'", "%bf%27", "Ångström", "x" * 64])
def test_a_name_is_kept_to_the_letter(accounts: Accounts, username: str) -> None:
    accounts.sign_up(username, "secret")
    db.session.expire_all()
    assert accounts.sign_in(username, "secret").username == username


@pytest.mark.usefixtures("app")
def test_the_index_compares_bytes_and_pads_nothing() -> None:
    keys = [b"admin", b"Admin", b"admin ", b"admin\0", b"admi", "ádmin".encode(), b"\xff" * 1024]
    rows = [
        {
            "id": str(number),
            "username": "x",
            "username_key": key,
            "password_hash": "x",
            "created_at": func.now(),
        }
        for number, key in enumerate(keys)
    ]
    with db.engine.begin() as connection:
        for row in rows:
            connection.execute(insert(User).values(**row))
    with pytest.raises(IntegrityError, match="uq_users_username_key"), db.engine.begin() as connection:
        connection.execute(insert(User).values(**rows[0] | {"id": "again"}))


def test_another_constraint_that_is_violated_is_no_name_that_is_taken(accounts: Accounts) -> None:
    accounts.sign_up("ada", "secret")
    with db.engine.begin() as connection:
        connection.execute(text("CREATE UNIQUE INDEX only_one ON audit_events (action)"))
    with pytest.raises(IntegrityError, match=r"audit_events\.only_one"):
        accounts.sign_up("grace", "secret")


def test_of_threads_that_race_for_a_name_one_gets_it(app: Flask) -> None:
    start = Barrier(RACERS)

    def race(number: int) -> str:
        with app.app_context():
            made: Accounts = app.extensions["accounts"]
            start.wait(30)
            try:
                return made.sign_up("Ada" if number % 2 else "ada", f"secret {number}").id
            except UsernameTaken:
                return "taken"

    with ThreadPoolExecutor(RACERS) as pool:
        outcomes = list(pool.map(race, range(RACERS)))
    assert outcomes.count("taken") == RACERS - 1


@pytest.mark.usefixtures("app")
def test_processes_that_start_at_once_on_an_empty_database_agree_on_one_key(make_app: MakeApp) -> None:
    def first_use() -> str:
        app = make_app()
        with app.app_context():
            return keys_of(app).current()[0]

    for _ in range(ROUNDS):
        with db.engine.begin() as connection:
            connection.execute(delete(SigningKey))
        db.engine.dispose()
        kids = in_processes(RACERS, first_use)
        assert stored_kids() == [*set(kids)]


def test_of_processes_that_rotate_at_once_one_makes_a_key(app: Flask, make_app: MakeApp) -> None:
    def rotate() -> str:
        app = make_app()
        with app.app_context():
            try:
                return keys_of(app).rotate()
            except RotationUnderWay:
                return ""

    keys_of(app).current()
    for _ in range(ROUNDS):
        with db.engine.begin() as connection:
            connection.execute(delete(SigningKey).where(SigningKey.generation > 1))
        db.engine.dispose()
        made = [kid for kid in in_processes(RACERS, rotate) if kid]
        assert len(made) == 1
        assert stored_kids()[1:] == made


def test_of_processes_that_find_the_key_too_old_at_once_one_makes_the_next(
    app: Flask, make_app: MakeApp
) -> None:
    def use() -> str:
        app = make_app()
        with app.app_context():
            return keys_of(app).current()[0]

    old, _ = keys_of(app).current()
    for _ in range(ROUNDS):
        with db.engine.begin() as connection:
            connection.execute(delete(SigningKey).where(SigningKey.generation > 1))
            connection.execute(update(SigningKey).values(signs_from=datetime.now(UTC) - timedelta(days=91)))
        db.engine.dispose()
        assert set(in_processes(RACERS, use)) == {old}
        assert len(stored_kids()) == 2


def test_times_are_kept_to_the_microsecond_in_utc(app: Flask) -> None:
    keys_of(app).current()
    keys_of(app).rotate()
    with Session(db.engine) as session:
        first, second = session.scalars(select(SigningKey).order_by(SigningKey.generation))
        assert (second.signs_from - second.created_at).total_seconds() == 120
        assert first.created_at.microsecond + second.created_at.microsecond > 0
        assert first.created_at.tzname() == "UTC"
