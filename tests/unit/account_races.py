"""What many ask of one account at once, on whichever database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import TypeVar

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.administration import Administration
from auth_service.allowances import Allowance, TooManyAccounts, TooManyWrongPasswords
from auth_service.audit import Person
from auth_service.models import FailedSignIns, SpentAllowance, User, db
from auth_service.sessions import Sessions
from auth_service.sign_in_delays import FREE_FAILURES, SignInDelays
from common.refusals import Refusal
from common.scopes import Scope
from tests.unit.auth_service.accounts_on import make_accounts

RACERS = 6
ROUNDS = 10
GUESSER = b"g" * 32

Outcome = TypeVar("Outcome")


def at_once(app: Flask, racers: int, racer: Callable[[int], Outcome]) -> list[Outcome]:
    """Give what each racer gets, all of them starting at one moment."""
    start = Barrier(racers)

    def run(number: int) -> Outcome:
        with app.app_context():
            start.wait(10)
            return racer(number)

    with ThreadPoolExecutor(racers) as pool:
        return list(pool.map(run, range(racers)))


def assert_no_more_guesses_are_counted_than_one_after_the_other(app: Flask) -> None:
    """Each was compared with the password, but those after the fifth failure count for nothing."""

    def guess(_number: int) -> bool:
        unbound = Allowance(db.session, TooManyWrongPasswords, 0)
        counted = SignInDelays(db.session, unbound).count(GUESSER)
        db.session.commit()
        return counted

    counted = at_once(app, FREE_FAILURES + 4, guess)

    assert counted.count(True) == FREE_FAILURES + 1
    with app.app_context(), Session(db.engine) as session:
        assert list(session.scalars(select(FailedSignIns.failures))) == [FREE_FAILURES + 1]


def assert_all_that_is_spent_is_counted(app: Flask) -> None:
    """Six threads, ten times each, and none overwrites what another has counted."""
    now = datetime(2026, 1, 1, tzinfo=UTC)

    def spend(_number: int) -> None:
        with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.1"}):
            for _ in range(10):
                Allowance(db.session, TooManyAccounts, 1, lambda: now).spend()
                db.session.commit()

    at_once(app, 6, spend)

    with app.app_context(), Session(db.engine) as session:
        spent_until = session.scalars(select(SpentAllowance.spent_until)).one()
    assert spent_until == (now.timestamp() + 60 * TooManyAccounts.comes_back.total_seconds()) * 1000


def assert_all_right_sign_ins_begin_a_session_while_the_hash_is_renewed(app: Flask) -> None:
    """Each finds the hash outdated, and one of them renews it under the others' feet."""
    with app.app_context():
        make_accounts().sign_up("ada", "secret")

    def sign_in(_number: int) -> bool:
        sessions: Sessions = app.extensions["sessions"]
        return bool(sessions.begin(make_accounts(rounds=5).sign_in("ada", "secret")).access_token)

    assert at_once(app, RACERS, sign_in) == [True] * RACERS
    with app.app_context(), Session(db.engine) as session:
        assert session.scalars(select(User.password_hash)).one().startswith("$2b$05$")


def assert_one_of_two_administrators_is_left(app: Flask, first: str, second: str) -> None:
    """Each shuts the other out; who comes second is no administrator any more."""
    administration: Administration = app.extensions["administration"]
    with app.app_context():
        made = [make_accounts().sign_up(name, "secret") for name in (first, second)]
        people = [Person(user.id, user.username) for user in made]
        for person in people:
            administration.grant(person.username, [Scope.USERS_ADMIN])

    def shut_out(number: int) -> str:
        actor, other = people[number], people[1 - number]
        try:
            scopes = [Scope.CATALOG_READ] if number else None
            administration.change(other.id, actor, scopes, disabled=None if number else True)
        except Refusal:
            return "refused"
        return "done"

    assert sorted(at_once(app, 2, shut_out)) == ["done", "refused"]


def assert_grants_at_once_add_up(app: Flask) -> None:
    """Each adds to what is there when its turn comes, not to what was there when it was asked for."""
    administration: Administration = app.extensions["administration"]
    with app.app_context():
        make_accounts().sign_up("ada", "secret")

    for _ in range(ROUNDS):
        with app.app_context():
            administration.revoke("ada", Scope)
        at_once(app, len(Scope), lambda number: administration.grant("ada", [list(Scope)[number]]))
        with app.app_context(), Session(db.engine) as session:
            assert session.scalars(select(User.scope)).one() == " ".join(Scope)
