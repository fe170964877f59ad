"""Abuse cases S31, L09 and L10, each slower than the gateway's rates, and without a gateway.

By programs of their own: what one address may do is used up here.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.contract.answers import CREATED, WRONG_CREDENTIALS, assert_answer, first_refusal
from tests.contract.client import Client, unique
from tests.contract.embedded_program import embedded_program

pytestmark = pytest.mark.own_program

TOO_MANY_ACCOUNTS = {"msg": "Too many accounts were made from your address. Try again later."}
TOO_MANY_WRONG = {"msg": "Too many wrong passwords came from your address. Try again later."}
PASSWORD = "correct horse battery"


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Client]:
    """Start a program with the limits that it has by default, for a client that it doesn't know."""
    with (
        embedded_program(tmp_path, SIGNUPS_PER_ADDRESS="", WRONG_PASSWORDS_PER_ADDRESS="") as address,
        closing(Client(address, rate=None)) as client,
    ):
        yield client


def test_a_hundred_sign_ups_a_minute_are_too_many(stranger: Client) -> None:
    """S31. Who signs in is not kept from it."""
    assert_answer(stranger.signup("first", PASSWORD), 201, CREATED)

    refused = first_refusal(lambda: stranger.signup(unique("many"), PASSWORD), 201, tries=100)

    assert_answer(refused, 429, TOO_MANY_ACCOUNTS)
    assert 1 <= int(refused.headers["Retry-After"]) <= 2
    assert stranger.login("first", PASSWORD).status_code == 200


def test_one_password_over_many_names_is_too_much(stranger: Client) -> None:
    """L09, and L10: an address that the client makes up does not help, nor does the right password."""
    assert_answer(stranger.signup("owner", PASSWORD), 201, CREATED)
    owner = stranger.with_token(stranger.login("owner", PASSWORD).json()["access_token"])
    assert_answer(stranger.login(unique("nobody"), "Password1"), 401, WRONG_CREDENTIALS)

    refused = first_refusal(lambda: stranger.login(unique("nobody"), "Password1"), 401)

    assert_answer(refused, 429, TOO_MANY_WRONG)
    assert 1 <= int(refused.headers["Retry-After"]) <= 3
    forged = {"X-Forwarded-For": "203.0.113.77", "X-Real-IP": "203.0.113.77", "Forwarded": "for=203.0.113.77"}
    credentials = {"username": "owner", "password": PASSWORD}

    # Every 3 s another one is let in, which may be now: each is tried again, what is left being spent first.
    def login_of_the_owner() -> requests.Response:
        stranger.login(unique("nobody"), "Password1")
        return stranger.request("POST", "/login", headers=forged, json=credentials)

    for attempt, otherwise in (
        (login_of_the_owner, 200),
        (lambda: owner.change_password("Password1", "another good password"), 401),
        (lambda: owner.delete_account("Password1"), 401),
    ):
        assert_answer(first_refusal(attempt, otherwise, tries=3), 429, TOO_MANY_WRONG)
    assert owner.get("/protected").status_code == 200
