"""One network makes so many accounts, and tries so many wrong passwords, and then has to wait."""

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auth_service.accounts import UsernameTaken
from auth_service.allowances import Allowance, AllowanceSpent, TooManyAccounts, TooManyWrongPasswords
from auth_service.models import SpentAllowance, db
from auth_service.password_policy import PasswordTooShort
from auth_service.sessions import InvalidCredentials
from tests.unit.auth_service.accounts_on import make_accounts
from tests.unit.auth_service.guesses import Clock, fails
from tests.unit.auth_service.hashing import CountingBcrypt

pytestmark = pytest.mark.usefixtures("_request_context")


@pytest.fixture
def allowance(clock: Clock) -> Allowance:
    return Allowance(db.session, TooManyAccounts, 3, clock)


def spend(allowance: Allowance, times: int) -> None:
    for _ in range(times):
        allowance.require()
        allowance.spend()
        db.session.commit()


def wait_of(allowance: Allowance) -> str:
    with pytest.raises(AllowanceSpent) as refused:
        allowance.require()
    assert refused.value.status == 429
    return refused.value.headers()["Retry-After"]


def rows() -> int:
    with Session(db.engine) as session:
        return session.scalar(select(func.count()).select_from(SpentAllowance)) or 0


def test_what_is_used_comes_back_one_by_one(allowance: Allowance, clock: Clock) -> None:
    spend(allowance, 3)
    assert wait_of(allowance) == "2"
    clock.pass_seconds(0.5)
    assert wait_of(allowance) == "1"
    clock.pass_seconds(1)
    spend(allowance, 1)
    assert wait_of(allowance) == "2"
    clock.pass_seconds(1_000)
    spend(allowance, 3)
    assert wait_of(allowance) == "2"


def test_a_clock_that_was_wrong_makes_nobody_wait_long(allowance: Allowance, clock: Clock) -> None:
    """F38."""
    clock.pass_seconds(600)
    spend(allowance, 1)
    clock.pass_seconds(-600)
    assert wait_of(allowance) == "2"


def test_each_network_and_each_thing_has_an_allowance_of_its_own(
    app: Flask, allowance: Allowance, clock: Clock
) -> None:
    spend(allowance, 3)
    spend(Allowance(db.session, TooManyWrongPasswords, 3, clock), 3)
    with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.2"}):
        spend(allowance, 3)
    assert wait_of(allowance) == "2"


def test_none_is_no_bound_and_writes_nothing(clock: Clock) -> None:
    spend(Allowance(db.session, TooManyAccounts, 0, clock), 10)
    assert rows() == 0


@pytest.mark.usefixtures("_tidied_each_time")
def test_what_has_come_back_is_forgotten(app: Flask, allowance: Allowance, clock: Clock) -> None:
    spend(allowance, 2)
    clock.pass_seconds(3)
    with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.2"}):
        spend(allowance, 1)
    assert rows() == 1


def test_no_more_accounts_are_made_than_the_network_may(clock: Clock) -> None:
    """S31."""
    bcrypt = CountingBcrypt()
    accounts = make_accounts(bcrypt, clock=clock, allowed=2, policy="nist")
    accounts.sign_up("ada", "a long enough password")
    with pytest.raises(UsernameTaken):
        accounts.sign_up("ada", "a long enough password")
    with pytest.raises(PasswordTooShort):
        accounts.sign_up("grace", "short")
    accounts.sign_up("grace", "a long enough password")
    hashed = len(bcrypt.calls)

    with pytest.raises(TooManyAccounts):
        accounts.sign_up("joan", "a long enough password")

    assert len(bcrypt.calls) == hashed
    administrator = accounts.sign_in("ada", "a long enough password")
    accounts.create("joan", "a long enough password", actor=administrator)
    clock.pass_seconds(1.5)
    accounts.sign_up("mary", "a long enough password")


def test_one_password_over_many_names_ends_in_a_refusal_of_all(clock: Clock) -> None:
    """L09: the right password too, or whoever guesses would go on; and before anything is hashed."""
    bcrypt = CountingBcrypt()
    accounts = make_accounts(bcrypt, clock=clock, allowed=5)
    ada = accounts.sign_up("ada", "secret")
    for number in range(5):
        fails(accounts, "Password1", f"name {number}")
    hashed = len(bcrypt.calls)

    for attempt in (
        lambda: accounts.sign_in("ada", "secret"),
        lambda: accounts.change_password(ada.id, "secret", "another"),
        lambda: accounts.delete(ada.id, "secret"),
    ):
        with pytest.raises(TooManyWrongPasswords) as refused:
            attempt()
        assert refused.value.headers() == {"Retry-After": "3"}

    assert len(bcrypt.calls) == hashed
    clock.pass_seconds(3)
    assert accounts.sign_in("ada", "secret").id == ada.id


def test_tries_at_one_name_that_come_too_soon_use_nothing_up(clock: Clock) -> None:
    """They are no guesses: whatever was tried, the answer is the same."""
    accounts = make_accounts(clock=clock, allowed=6)
    for _ in range(20):
        fails(accounts, username="nobody")

    with pytest.raises(InvalidCredentials):
        accounts.sign_in("somebody else", "wrong")
