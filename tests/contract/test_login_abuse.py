"""Abuse cases L: what people send to POST /login to get in, or to find out who has an account.

The bodies that are no pair of strings (L05, L07) go to both addresses in `test_signup_abuse.py`; the rates
(L09, L10) are in `test_rate_limits.py`. L12, L16 and L17 need a look into the database.
"""

import statistics
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
import requests

from tests.contract.answers import CREDENTIALS_REQUIRED, WRONG_CREDENTIALS, assert_answer
from tests.contract.client import Client, User, unique


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("wrong", id="L02-wrong"),
        pytest.param(" ", id="L02-space"),
        pytest.param("p" * 73, id="L04-73-bytes"),
        pytest.param("p" * 5_000, id="L04-5000-bytes"),
        pytest.param("\0", id="L05-NUL"),
        pytest.param("wrong\0", id="L05-NUL-at-the-end"),
        pytest.param("' OR '1'='1", id="S27-SQL"),
    ],
)
def test_a_wrong_password_gets_the_contracts_answer(anonymous: Client, password: str) -> None:
    """L02, L04, L05. On an account of its own: who guesses is made to wait."""
    user = anonymous.new_user()

    assert_answer(anonymous.login(user.username, password), 401, WRONG_CREDENTIALS)


def test_a_password_is_never_accepted_for_its_first_72_bytes(anonymous: Client) -> None:
    """L04."""
    user = anonymous.new_user(password="p" * 72)

    assert_answer(anonymous.login(user.username, "p" * 73), 401, WRONG_CREDENTIALS)
    assert_answer(anonymous.login(user.username, "p" * 71), 401, WRONG_CREDENTIALS)


@pytest.mark.parametrize(
    "username",
    [
        pytest.param("nobody", id="L02-unknown"),
        pytest.param("nobody\0", id="L05-NUL"),
        pytest.param("\u202enobody", id="S24-bidi"),
        pytest.param("nobody ", id="S24-space"),
        pytest.param("n" * 65, id="S25-65-characters"),
        pytest.param("n" * 100_000, id="S25-100000-characters"),
        pytest.param("' OR 1=1 -- ", id="S27-SQL"),
        pytest.param("%", id="S27-wildcard"),
        pytest.param("🦊", id="S26-emoji"),
    ],
)
def test_a_name_that_nobody_has_gets_the_same_answer_as_a_wrong_password(
    anonymous: Client, username: str
) -> None:
    """L02, L05: also a name that nobody can have, as /login tells no more than it must."""
    assert_answer(anonymous.login(username, "something"), 401, WRONG_CREDENTIALS)


def test_a_name_with_a_space_added_is_nobodys(anonymous: Client, user: User) -> None:
    """S24: no comparison that pads."""
    assert_answer(anonymous.login(user.username + " ", user.password), 401, WRONG_CREDENTIALS)


def test_an_empty_password_opens_nothing(anonymous: Client, user: User) -> None:
    """L13."""
    assert_answer(anonymous.login(user.username, ""), 400, CREDENTIALS_REQUIRED)


@pytest.mark.parametrize("path", ["/signup", "/login"])
def test_credentials_in_the_address_are_refused(anonymous: Client, user: User, path: str) -> None:
    """L14: addresses end up in logs."""
    credentials = {"username": user.username, "password": user.password}
    address = f"{path}?{urlencode(credentials)}"

    assert anonymous.request("POST", address).status_code == 400
    assert anonymous.request("POST", address, json=credentials).status_code == 400
    assert anonymous.get(address).status_code in (400, 405)
    for parameter in ("Password=x", "%70assword=x", "pass=x", "session=cookie", "x"):
        assert anonymous.request("POST", f"{path}?{parameter}", json=credentials).status_code == 400


@pytest.mark.gateway("the embedded program's bcrypt is too cheap here to be seen in the time")
def test_the_time_of_an_answer_does_not_tell_whether_a_name_exists(anonymous: Client) -> None:
    """L02, S30: a name that does not exist costs a hash too, at /login and at /signup."""
    user = anonymous.new_user()
    known = _median_seconds(lambda: anonymous.login(user.username, "wrong"))
    unknown = _median_seconds(lambda: anonymous.login(unique("nobody"), "wrong"))
    taken = _median_seconds(lambda: anonymous.signup(user.username, "something"))
    new = _median_seconds(lambda: anonymous.signup(unique("new"), "something"))

    # Without the hash it would be about 50 times.
    assert 1 / 3 < known / unknown < 3
    assert 1 / 3 < taken / new < 3


def _median_seconds(request: Callable[[], requests.Response]) -> float:
    return statistics.median(request().elapsed.total_seconds() for _ in range(5))
