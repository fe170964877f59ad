"""Who guesses at an account waits longer and longer; the work that a try costs tells nothing."""

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from auth_service.accounts import Accounts, WrongCurrentPassword
from auth_service.models import AuditEvent, FailedSignIns, db
from tests.unit.auth_service.accounts_on import make_accounts
from tests.unit.auth_service.guesses import FREE, Clock, fails, failures
from tests.unit.auth_service.hashing import CountingBcrypt
from tests.unit.auth_service.statements import statements

pytestmark = pytest.mark.usefixtures("_request_context")


@pytest.fixture
def bcrypt() -> CountingBcrypt:
    return CountingBcrypt()


@pytest.fixture
def accounts(clock: Clock, bcrypt: CountingBcrypt) -> Accounts:
    made = make_accounts(bcrypt, clock=clock)
    made.sign_up("ada", "secret")
    bcrypt.calls.clear()
    return made


def test_a_password_that_comes_too_soon_is_wrong_even_if_it_is_right(
    accounts: Accounts, clock: Clock
) -> None:
    for _ in range(FREE + 1):
        fails(accounts)

    fails(accounts, "secret")
    clock.pass_seconds(1)

    assert accounts.sign_in("ada", "secret").username == "ada"
    assert failures() == []


def test_the_right_password_among_the_guesses_is_refused_if_others_failed_while_it_was_compared(
    accounts: Accounts, bcrypt: CountingBcrypt
) -> None:
    """Else who guesses in parallel would have as many tries as the service compares at once."""

    def fail_meanwhile() -> None:
        bcrypt.meanwhile = lambda: None
        for _ in range(FREE + 1):
            fails(accounts)

    bcrypt.meanwhile = fail_meanwhile

    fails(accounts, "secret")


def test_an_unknown_name_is_counted_as_a_known_one(accounts: Accounts) -> None:
    for name in ("ada", "grace"):
        for _ in range(FREE + 3):
            fails(accounts, username=name)

    assert failures() == [FREE + 1, FREE + 1]


def work(
    accounts: Accounts, bcrypt: CountingBcrypt, username: str, password: str
) -> tuple[list[str], list[str]]:
    """Give what a failing sign-in asks of bcrypt and of the database."""
    bcrypt.calls.clear()
    with statements() as asked:
        fails(accounts, password, username)
    return bcrypt.calls[:], [statement.split("(")[0] for statement in asked]


def test_before_a_delay_a_known_and_an_unknown_name_cost_the_same(
    accounts: Accounts, bcrypt: CountingBcrypt
) -> None:
    for name in ("ada", "grace"):
        fails(accounts, username=name)

    assert work(accounts, bcrypt, "ada", "wrong") == work(accounts, bcrypt, "grace", "wrong")


def test_in_a_delay_a_right_password_a_wrong_one_and_an_unknown_name_cost_the_same(
    accounts: Accounts, bcrypt: CountingBcrypt
) -> None:
    for name in ("ada", "grace"):
        for _ in range(FREE + 1):
            fails(accounts, username=name)

    wrong = work(accounts, bcrypt, "ada", "wrong")
    assert wrong == work(accounts, bcrypt, "ada", "secret")
    assert wrong == work(accounts, bcrypt, "grace", "secret")


def test_a_sign_in_without_a_failure_before_it_asks_for_one_row_more(accounts: Accounts) -> None:
    with statements() as asked:
        accounts.sign_in("ada", "secret")

    assert [statement.split("FROM ")[1].split()[0] for statement in asked] == ["users", "failed_sign_ins"]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
    ],
)
def test_what_is_counted_belongs_to_an_address_or_to_a_network_of_ipv6(
    app: Flask, first: str, second: str, *, same: bool
) -> None:
    accounts = make_accounts(clock=Clock())
    accounts.sign_up("grace", "secret")
    with app.test_request_context(environ_base={"REMOTE_ADDR": first}):
        for _ in range(FREE + 1):
            fails(accounts, username="grace")

    with app.test_request_context(environ_base={"REMOTE_ADDR": second}):
        if same:
            fails(accounts, "secret", "grace")
        else:
            assert accounts.sign_in("grace", "secret")


def test_guesses_of_the_current_password_count_with_those_of_the_sign_in(accounts: Accounts) -> None:
    user_id = accounts.sign_in("ada", "secret").id
    for _ in range(2):
        fails(accounts)
        with pytest.raises(WrongCurrentPassword):
            accounts.change_password(user_id, "wrong", "new secret")
    with pytest.raises(WrongCurrentPassword):
        accounts.delete(user_id, "wrong")

    fails(accounts, "secret")
    with pytest.raises(WrongCurrentPassword):
        accounts.delete(user_id, "secret")


def test_the_table_holds_neither_names_nor_addresses(accounts: Accounts) -> None:
    fails(accounts)

    with Session(db.engine) as session:
        (row,) = session.scalars(select(FailedSignIns))
    assert len(row.guesser) == 32
    assert b"ada" not in row.guesser


def test_each_try_is_an_event_and_says_whether_it_came_too_soon(accounts: Accounts) -> None:
    for _ in range(FREE + 2):
        fails(accounts)

    with Session(db.engine) as session:
        details = list(
            session.scalars(select(AuditEvent.detail).where(AuditEvent.action == "sign_in_failed"))
        )
        assert session.scalar(select(func.count()).select_from(FailedSignIns)) == 1
    assert details == ['{"too_soon":false}'] * 5 + ['{"too_soon":true}']
