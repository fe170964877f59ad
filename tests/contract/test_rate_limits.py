"""Abuse cases S31, L09, L10, G25: guessing from one address is slowed down, and told to come back later.

These spend what the gateway allows this address, so they come last and wait until it has recovered.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import pytest
import requests

from tests.contract.answers import CREATED, assert_answer, first_refusal
from tests.contract.client import GATEWAYS_RATE, Client, unique

pytestmark = [pytest.mark.run_last, pytest.mark.gateway("only nginx limits rates")]

RECOVERY_SECONDS = 60 / GATEWAYS_RATE + 3  # a burst of 60, and some more
# Refused before anything is hashed, so that the requests come faster than bcrypt would let them.
TOO_LONG = "p" * 73
# Fewer than a burst, so that only what counts with requests before it is refused within these; and not one
# alone, since every moment that passes lets another one in.
LESS_THAN_A_BURST = 40


@pytest.fixture
def hasty(anonymous: Client) -> Iterator[Client]:
    """Make a client that keeps to no rate; after it the gateway's count runs down."""
    yield replace(anonymous, rate=None)
    time.sleep(RECOVERY_SECONDS)


def test_many_signups_from_one_address_are_slowed_down(hasty: Client) -> None:
    """S31. That a 429 says when to come back, the client checks."""
    first_refusal(lambda: hasty.signup(unique("many"), TOO_LONG), otherwise=400)

    # Another zone: who signs up too fast can still log in.
    assert hasty.login(unique("nobody"), TOO_LONG).status_code == 401


def test_one_password_over_many_names_from_one_address_is_slowed_down(hasty: Client) -> None:
    """L09, and L10: an address that the client makes up does not help."""
    refused = first_refusal(lambda: hasty.login(unique("nobody"), TOO_LONG), otherwise=401)

    assert int(refused.headers["Retry-After"]) > 0
    forged = (f"203.0.113.{number}" for number in count(1))
    first_refusal(lambda: _login_from(hasty, next(forged)), 401, LESS_THAN_A_BURST)


def test_guesses_of_a_current_password_count_with_those_at_the_sign_in(hasty: Client) -> None:
    """L09: every address that takes a password is one way to guess it."""
    change = {"current_password": TOO_LONG, "new_password": "x"}
    first_refusal(lambda: hasty.request("PATCH", "/me/password", json=change), otherwise=401)

    first_refusal(lambda: hasty.login(unique("nobody"), TOO_LONG), 401, LESS_THAN_A_BURST)
    first_refusal(lambda: hasty.request("DELETE", "/me", json={"password": TOO_LONG}), 401, LESS_THAN_A_BURST)
    assert hasty.get("/me").status_code == 401


@pytest.mark.parametrize("path", ["/token", "/refresh"])
def test_what_exchanges_tokens_has_a_rate_of_its_own(hasty: Client, path: str) -> None:
    first_refusal(lambda: hasty.request("POST", path, json={}), otherwise=400)

    assert hasty.login(unique("nobody"), TOO_LONG).status_code == 401


def test_after_a_while_the_address_is_welcome_again(hasty: Client) -> None:
    """S31."""
    first_refusal(lambda: hasty.signup(unique("many"), TOO_LONG), otherwise=400)

    time.sleep(RECOVERY_SECONDS)

    assert_answer(hasty.signup(unique("patient"), "a good password"), 201, CREATED)


def _login_from(client: Client, address: str) -> requests.Response:
    headers = {"X-Forwarded-For": address, "X-Real-IP": address, "Forwarded": f"for={address}"}
    credentials = {"username": unique("nobody"), "password": TOO_LONG}
    return client.request("POST", "/login", headers=headers, json=credentials)
