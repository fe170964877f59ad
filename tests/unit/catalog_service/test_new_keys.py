"""A token of a new key is taken also while others ask for keys, and strangers cause few fetches: J14, J16."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from catalog_service.bounded_fetch import FETCH_SECONDS
from catalog_service.key_set import KeySet
from tests.unit.catalog_service.key_servers import done_within
from tests.unit.catalog_service.publishing import KEY, SOON, AuthService
from tests.unit.signing import KID

REFRESH = 60


@pytest.fixture
def auth() -> AuthService:
    return AuthService()


@pytest.fixture
def warm(auth: AuthService) -> KeySet:
    """Give a key set that has its keys."""
    key_set = KeySet(auth.fetch, REFRESH, stale_seconds=3600, cooldown_seconds=30, clock=lambda: auth.now)
    assert key_set.find(KID) == KEY
    return key_set


def find_at_once(key_set: KeySet, auth: AuthService, *kids: str) -> list[RSAPublicKey | None]:
    """Ask for keys by a thread each while the fetch that the first of them began lasts."""
    auth.answers.clear()
    with ThreadPoolExecutor(len(kids)) as pool:
        found = [pool.submit(key_set.find, kid) for kid in kids]
        auth.wait_until_asked(2)
        time.sleep(0.1)
        auth.answers.set()
        return [each.result(SOON) for each in found]


def test_requests_with_a_new_key_wait_for_the_fetch_that_the_first_of_them_began(
    warm: KeySet, auth: AuthService
) -> None:
    """J16."""
    auth.keys = {KID: KEY, "new": KEY}
    assert find_at_once(warm, auth, *["new"] * 8) == [KEY] * 8
    assert auth.fetches == 2


def test_a_request_with_a_new_key_waits_for_a_regular_fetch(warm: KeySet, auth: AuthService) -> None:
    """J16."""
    auth.keys = {KID: KEY, "new": KEY}
    auth.now += REFRESH + 1
    auth.answers.clear()
    assert warm.find(KID) == KEY, "a request that knows its key does not wait"
    auth.wait_until_asked(2)
    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(warm.find, "new")
        time.sleep(0.1)
        auth.answers.set()
        assert found.result(SOON) == KEY
    assert auth.fetches == 2


def test_strangers_at_once_cause_no_second_fetch_when_the_first_has_ended(
    warm: KeySet, auth: AuthService
) -> None:
    """J14."""
    assert find_at_once(warm, auth, *(f"unknown {number}" for number in range(8))) == [None] * 8
    assert auth.fetches == 2


def test_a_request_with_an_unknown_id_waits_no_longer_than_a_fetch_may_take(
    warm: KeySet, auth: AuthService
) -> None:
    auth.answers.clear()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(warm.find, "unknown")
        auth.wait_until_asked(2)
        with done_within(FETCH_SECONDS + 0.5):
            assert warm.find("another") is None
        auth.answers.set()
        assert first.result(SOON) is None
    assert auth.fetches == 2
