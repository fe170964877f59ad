"""The copy of the key set is fresh where it can be, and serves on where it must: J14, J15, K03, K10."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from catalog_service.json_web_keys import InvalidKeySet
from catalog_service.key_set import KeySet, KeysUnavailable
from common.tokens import InvalidToken, TokenVerifier
from tests.unit.catalog_service.publishing import KEY, SOON, AuthService, threads_that_refresh
from tests.unit.signing import AUDIENCE, ISSUER, KID, RevokedIds, claims, sign

REFRESH, STALE, COOLDOWN = 60, 3600, 30


@pytest.fixture
def auth() -> AuthService:
    return AuthService()


@pytest.fixture
def key_set(auth: AuthService) -> KeySet:
    return KeySet(auth.fetch, REFRESH, STALE, COOLDOWN, clock=lambda: auth.now)


@pytest.fixture
def warm(key_set: KeySet, auth: AuthService) -> KeySet:
    """Give a key set that has its keys."""
    assert key_set.find(KID) == KEY
    assert auth.fetches == 1
    return key_set


TROUBLES = [
    InvalidKeySet("the answer was 500"),
    requests.ConnectionError(),
    requests.Timeout(),
    OSError(5, "no"),
]


def test_the_first_use_fetches_and_the_next_ones_do_not(warm: KeySet, auth: AuthService) -> None:
    for _ in range(100):
        assert warm.find(KID) == KEY
        warm.require()
    assert auth.fetches == 1


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
def test_a_cold_start_without_the_auth_service_is_unavailable_and_never_an_invalid_token(
    key_set: KeySet, auth: AuthService, trouble: Exception
) -> None:
    auth.trouble = trouble
    for kid in (KID, "unknown"):
        with pytest.raises(KeysUnavailable) as refused:
            key_set.find(kid)
        assert (refused.value.status, "Retry-After" in refused.value.headers()) == (503, True)
    with pytest.raises(KeysUnavailable):
        TokenVerifier(key_set, RevokedIds(), ISSUER, AUDIENCE).verify(sign(claims()))


def test_a_cold_start_asks_once_a_second_and_serves_as_soon_as_it_has_keys(
    key_set: KeySet, auth: AuthService
) -> None:
    auth.trouble = requests.ConnectionError()
    for _ in range(50):
        with pytest.raises(KeysUnavailable):
            key_set.find(KID)
    assert auth.fetches == 1
    auth.trouble = None
    auth.now += 1.5
    assert key_set.find(KID) == KEY


def test_requests_that_wait_at_a_cold_start_wait_for_one_fetch_together(
    key_set: KeySet, auth: AuthService
) -> None:
    auth.trouble, auth.takes_seconds = requests.Timeout(), 2.0
    auth.answers.clear()

    def outcome(_number: int) -> str:
        try:
            key_set.find(KID)
        except KeysUnavailable:
            return "unavailable"
        return "found"

    with ThreadPoolExecutor(10) as pool:
        outcomes = pool.map(outcome, range(10))
        time.sleep(0.2)
        auth.answers.set()
        assert set(outcomes) == {"unavailable"}
    assert auth.fetches == 1, "each further fetch would have held the last request up by two more seconds"


def test_an_old_copy_is_refreshed_behind_the_requests(warm: KeySet, auth: AuthService) -> None:
    auth.now += REFRESH + 1
    auth.keys = {"new": KEY}
    auth.answers.clear()
    assert warm.find(KID) == KEY, "the request does not wait for the fetch"
    auth.answers.set()
    auth.wait_for_fetches(2)
    assert (warm.find(KID), warm.find("new")) == (None, KEY)


def test_a_young_copy_is_not_refreshed(warm: KeySet, auth: AuthService) -> None:
    auth.now += REFRESH - 1
    warm.find(KID)
    auth.wait_for_fetches(1)
    assert auth.fetches == 1


def test_many_requests_cause_one_refresh(warm: KeySet, auth: AuthService) -> None:
    auth.now += REFRESH + 1
    auth.answers.clear()
    for _ in range(200):
        warm.find(KID)
    deadline = time.monotonic() + SOON
    while auth.fetches < 2 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert len(threads_that_refresh()) <= 1 + 5, "those that started before the first one took note"
    auth.answers.set()
    auth.wait_for_fetches(2)
    assert auth.fetches == 2


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
def test_the_last_copy_serves_on_while_the_auth_service_is_down(
    warm: KeySet, auth: AuthService, trouble: Exception
) -> None:
    auth.trouble = trouble
    for fetches, minute in enumerate(range(2, 50, 3), start=2):
        auth.now = 1_000 + 60 * minute
        assert warm.find(KID) == KEY
        auth.wait_for_fetches(fetches)


def test_the_last_copy_serves_while_a_fetch_hangs(warm: KeySet, auth: AuthService) -> None:
    auth.now += REFRESH + 1
    auth.answers.clear()
    warm.find(KID)
    auth.now += REFRESH
    for _ in range(50):
        assert warm.find(KID) == KEY
    assert len(threads_that_refresh()) <= 2
    auth.answers.set()
    auth.wait_for_fetches(2)


def test_a_copy_older_than_the_limit_serves_nobody(warm: KeySet, auth: AuthService) -> None:
    auth.trouble = requests.ConnectionError()
    auth.now += STALE
    assert warm.find(KID) == KEY
    auth.wait_for_fetches(2)
    auth.now += 2
    with pytest.raises(KeysUnavailable):
        warm.find(KID)
    auth.trouble = None
    auth.now += 2
    assert warm.find(KID) == KEY


def test_an_unknown_id_fetches_at_once_and_finds_a_new_key(warm: KeySet, auth: AuthService) -> None:
    auth.keys = {KID: KEY, "new": KEY}
    auth.now += COOLDOWN
    assert warm.find("new") == KEY
    assert auth.fetches == 2


def test_two_hundred_unknown_ids_cause_one_fetch_for_each_cool_down(warm: KeySet, auth: AuthService) -> None:
    for cooldowns in (1, 2):
        auth.now += COOLDOWN
        for number in range(200):
            assert warm.find(f"unknown {number}") is None
        assert auth.fetches == 1 + cooldowns


def test_a_new_key_is_found_also_right_after_a_regular_fetch(warm: KeySet, auth: AuthService) -> None:
    auth.keys = {KID: KEY, "new": KEY}
    assert warm.find("new") is KEY


def test_unknown_ids_of_many_threads_cause_one_fetch(warm: KeySet, auth: AuthService) -> None:
    auth.now += COOLDOWN
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(warm.find, [f"unknown {number}" for number in range(200)])) == {None}
    assert auth.fetches == 2


def test_an_unknown_id_is_an_invalid_token_while_the_auth_service_is_down(
    warm: KeySet, auth: AuthService
) -> None:
    auth.trouble = requests.Timeout()
    auth.now += COOLDOWN
    verifier = TokenVerifier(warm, RevokedIds(), ISSUER, AUDIENCE)
    with pytest.raises(InvalidToken):
        verifier.verify(sign(claims(), kid="unknown"))
    assert verifier.verify(sign(claims())).username == "ada"


def test_a_withdrawn_key_is_gone_with_the_next_refresh(warm: KeySet, auth: AuthService) -> None:
    auth.keys = {"other": KEY}
    auth.now += REFRESH + 1
    warm.find(KID)
    auth.wait_for_fetches(2)
    assert warm.find(KID) is None


def test_a_fetch_that_breaks_in_a_way_that_nobody_foresaw_takes_no_keys_away(
    warm: KeySet, auth: AuthService
) -> None:
    auth.trouble = RuntimeError("nobody foresaw this")
    auth.now += COOLDOWN
    assert warm.find("unknown") is None
    assert warm.find(KID) == KEY
