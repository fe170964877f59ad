"""Who guesses an account's password is made to wait, and is not told; its owner elsewhere is not.

Each further wrong password in a row, from the fifth on, doubles the wait. The tests wait for some of it: a
try while it lasts counts for nothing, and how soon a server answers is not theirs to say.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.contract.answers import WRONG_CREDENTIALS, assert_answer
from tests.contract.client import GATEWAYS_RATE, Client, User, unique

FREE_FAILURES = 4
LAST_WAIT_SECONDS = 4
ANOTHER_ADDRESS = "127.0.0.2"
AT_ONCE = 200
RECOVERY_SECONDS = 60 / GATEWAYS_RATE + 3  # a burst of 60, and some more


@pytest.fixture
def person(anonymous: Client) -> User:
    """Make an account to guess at."""
    return anonymous.new_user()


@pytest.fixture
def elsewhere(anonymous: Client, own_data_dir: Path | None) -> Iterator[Client]:
    """Make a client with another network address."""
    if own_data_dir is None:
        pytest.skip("who comes to a container from this machine has one address, whichever it sets out from")

    class FromAnotherAddress(HTTPAdapter):
        """Sets out from an address of this machine that is not the first."""

        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            """Make the connections."""
            super().init_poolmanager(*arguments, source_address=(ANOTHER_ADDRESS, 0), **options)

    session = requests.Session()
    session.mount("http://", FromAnotherAddress())
    with closing(replace(anonymous, _session=session)) as client:
        yield client


def guess(client: Client, username: str, times: int) -> None:
    for number in range(times):
        assert_answer(client.login(username, f"guess {number}"), 401, WRONG_CREDENTIALS)


def guess_until_a_long_wait(client: Client, username: str) -> None:
    """Fail seven times in a row, in spite of the waits of 1 and 2 seconds between."""
    guess(client, username, FREE_FAILURES + 1)
    for wait in (1, 2):
        time.sleep(wait + 0.1)
        guess(client, username, 1)


def test_a_few_wrong_passwords_cost_nothing(anonymous: Client, person: User) -> None:
    for _ in range(3):
        guess(anonymous, person.username, FREE_FAILURES)
        assert anonymous.login(person.username, person.password).status_code == 200


def test_after_more_of_them_the_right_one_too_is_wrong_for_a_while(anonymous: Client, person: User) -> None:
    guess_until_a_long_wait(anonymous, person.username)

    refused = anonymous.login(person.username, person.password)
    wrong = anonymous.login(person.username, "wrong")

    assert_answer(refused, 401, WRONG_CREDENTIALS)
    assert_answer(wrong, 401, WRONG_CREDENTIALS)
    assert refused.headers.keys() == wrong.headers.keys()
    time.sleep(LAST_WAIT_SECONDS)
    assert anonymous.login(person.username, person.password).status_code == 200
    guess(anonymous, person.username, FREE_FAILURES)
    assert anonymous.login(person.username, person.password).status_code == 200


def test_another_account_at_the_same_address_does_not_wait_with_it(anonymous: Client, person: User) -> None:
    """Who shares an office with a guesser signs in."""
    guess_until_a_long_wait(anonymous, person.username)

    other = anonymous.new_user()

    assert anonymous.login(other.username, other.password).status_code == 200


def test_a_stranger_elsewhere_can_not_lock_the_owner_out(
    anonymous: Client, person: User, elsewhere: Client
) -> None:
    guess_until_a_long_wait(elsewhere, person.username)

    assert_answer(elsewhere.login(person.username, person.password), 401, WRONG_CREDENTIALS)
    assert anonymous.login(person.username, person.password).status_code == 200


def test_an_address_that_is_made_up_brings_no_new_tries(anonymous: Client, person: User) -> None:
    """L10."""
    guess_until_a_long_wait(anonymous, person.username)

    forged = {"X-Forwarded-For": "203.0.113.77", "X-Real-IP": "203.0.113.77"}
    credentials = {"username": person.username, "password": person.password}
    answer = anonymous.request("POST", "/login", headers=forged, json=credentials)

    assert_answer(answer, 401, WRONG_CREDENTIALS)


def test_a_name_in_another_spelling_brings_no_new_tries(anonymous: Client) -> None:
    """S22: what is counted is the account."""
    person = anonymous.new_user(unique("guessed"))
    guess(anonymous, person.username, FREE_FAILURES + 1)
    for wait in (1, 2):
        time.sleep(wait + 0.1)
        guess(anonymous, person.username.upper(), 1)

    assert_answer(anonymous.login(person.username.title(), person.password), 401, WRONG_CREDENTIALS)


def test_guesses_of_the_current_password_count_too(anonymous: Client, person: User) -> None:
    """Who finds a browser signed in can't try passwords there for nothing."""
    theirs = anonymous.with_token(person.access_token)
    for wait in (0, 0, 0, 0, 0, 1, 2):
        time.sleep(wait + 0.1 if wait else 0)
        assert theirs.change_password("wrong", "another good password").status_code == 400

    refused = theirs.change_password(person.password, "another good password")

    assert_answer(refused, 400, {"msg": "The current password is wrong"})
    assert_answer(theirs.delete_account(person.password), 400, {"msg": "The current password is wrong"})
    assert_answer(anonymous.login(person.username, person.password), 401, WRONG_CREDENTIALS)


@pytest.mark.run_last
def test_many_right_sign_ins_at_once_are_never_refused_for_guessing(
    anonymous: Client, person: User, own_data_dir: Path | None
) -> None:
    """Some may be told to come back later; none is told that its password is wrong."""
    with (
        closing(replace(anonymous, rate=None, _session=requests.Session())) as hasty,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        right = partial(hasty.login, person.username, person.password)
        answers = [answer.status_code for answer in pool.map(lambda _: right(), range(AT_ONCE))]
    if own_data_dir is None:
        time.sleep(RECOVERY_SECONDS)

    assert set(answers) <= {200, 429, 503}
    assert answers.count(200) >= 10
