"""The catalog knows of a revocation within seconds, and accepts nothing once it can't know any more."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Flask

from catalog_service.bounded_fetch import UnusableAnswer
from catalog_service.revoked_tokens import RevokedTokens, RevokedTokensUnavailable
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.catalog_service.key_servers import done_within
from tests.unit.signing import claims, sign
from tests.unit.tables import with_tables
from tests.waiting import wait_until

STALE = 900
SOON = 5.0
"""Seconds that a test waits for what happens at once."""


class AuthService:
    """Lists revoked tokens, and does not always answer."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.token_ids: frozenset[str] = frozenset()
        self.trouble: Exception | None = None
        self.fetches = 0

    def fetch(self) -> frozenset[str]:
        self.fetches += 1
        if self.trouble:
            raise self.trouble
        return self.token_ids


@pytest.fixture
def auth() -> AuthService:
    return AuthService()


@pytest.fixture
def revoked(auth: AuthService) -> Iterator[RevokedTokens]:
    """Give a copy whose thread sleeps for longer than any test: the tests refresh by themselves."""
    made = RevokedTokens(auth.fetch, 3_600, STALE, clock=lambda: auth.now)
    yield made
    made.stop()


def polling(auth: AuthService, seconds: float = 0.01) -> RevokedTokens:
    return RevokedTokens(auth.fetch, seconds, STALE)


def test_the_first_use_fetches_and_the_next_ones_do_not(revoked: RevokedTokens, auth: AuthService) -> None:
    auth.token_ids = frozenset({"a"})
    for _ in range(100):
        assert revoked.is_revoked("a")
        assert not revoked.is_revoked("b")
        revoked.require()
    assert auth.fetches == 1


def test_the_list_is_fetched_again_and_again_without_being_asked_for(auth: AuthService) -> None:
    revoked = polling(auth)
    assert not revoked.is_revoked("a")
    auth.token_ids = frozenset({"a"})
    wait_until(lambda: revoked.is_revoked("a"))
    auth.token_ids = frozenset()
    wait_until(lambda: not revoked.is_revoked("a"))
    revoked.stop()
    assert auth.fetches >= 3


def test_one_thread_polls_however_many_ask(auth: AuthService) -> None:
    revoked = polling(auth, 3_600)
    before = threading.active_count()
    for _ in range(5):
        revoked.require()
        auth.now += 10_000
    assert threading.active_count() == before + 1
    revoked.stop()


def test_polling_begins_again_in_a_process_that_was_forked_off(auth: AuthService) -> None:
    revoked = polling(auth)
    revoked.require()
    # A fork takes the copy along, and not the thread.
    revoked._stopped.set()  # noqa: SLF001
    wait_until(lambda: not revoked._poller.is_alive())  # type: ignore[union-attr]  # noqa: SLF001
    revoked._stopped.clear()  # noqa: SLF001
    auth.token_ids = frozenset({"a"})
    revoked._expected_until = float("-inf")  # noqa: SLF001 - as when nobody has polled for a while
    wait_until(lambda: revoked.is_revoked("a"))
    revoked.stop()


TROUBLES = [UnusableAnswer("the answer was 500"), requests.ConnectionError(), OSError(5, "no"), KeyError("x")]


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
def test_a_cold_start_without_the_auth_service_accepts_nothing_and_blames_no_token(
    revoked: RevokedTokens, auth: AuthService, trouble: Exception
) -> None:
    auth.trouble = trouble
    with pytest.raises(RevokedTokensUnavailable) as refused:
        revoked.is_revoked("a")
    assert (refused.value.status, "Retry-After" in refused.value.headers()) == (503, True)


def test_a_cold_start_asks_once_a_second_and_serves_as_soon_as_it_has_the_list(
    revoked: RevokedTokens, auth: AuthService
) -> None:
    auth.trouble = requests.ConnectionError()
    for _ in range(50):
        with pytest.raises(RevokedTokensUnavailable):
            revoked.is_revoked("a")
    assert auth.fetches == 1
    auth.trouble = None
    auth.now += 1.1
    assert not revoked.is_revoked("a")


def test_the_last_copy_serves_on_until_it_is_stale_and_then_nothing_is_accepted(
    revoked: RevokedTokens, auth: AuthService
) -> None:
    auth.token_ids = frozenset({"a"})
    assert revoked.is_revoked("a")
    auth.trouble = requests.ConnectionError()
    auth.now += STALE
    revoked.refresh()
    assert [revoked.is_revoked(token_id) for token_id in "ab"] == [True, False]
    auth.now += 1
    for ask in (revoked.require, lambda: revoked.is_revoked("b")):
        with pytest.raises(RevokedTokensUnavailable):
            ask()
    auth.trouble = None
    auth.now += 1.1
    assert not revoked.is_revoked("b")


def test_a_copy_is_as_old_as_the_question_for_it(auth: AuthService) -> None:
    def slow() -> frozenset[str]:
        auth.now += 1.5
        return auth.fetch()

    revoked = RevokedTokens(slow, 3_600, STALE, clock=lambda: auth.now)
    revoked.require()
    auth.trouble = requests.ConnectionError()
    auth.now += STALE - 1.4
    with pytest.raises(RevokedTokensUnavailable):
        revoked.require()
    revoked.stop()


def test_a_fetch_that_hangs_holds_up_nobody_whom_the_last_copy_can_serve(auth: AuthService) -> None:
    answers = threading.Event()
    answers.set()

    def fetch() -> frozenset[str]:
        assert answers.wait(SOON)
        return auth.fetch()

    revoked = RevokedTokens(fetch, 3_600, 7_200, clock=lambda: auth.now)
    revoked.require()
    answers.clear()
    hanging = threading.Thread(target=revoked.refresh)
    hanging.start()
    auth.now += 7_200
    with done_within(1):
        assert not revoked.is_revoked("a")
    answers.set()
    hanging.join(SOON)
    revoked.stop()


def test_an_outage_is_logged_once_and_so_is_its_end(
    revoked: RevokedTokens, auth: AuthService, caplog: pytest.LogCaptureFixture
) -> None:
    revoked.require()
    for _ in range(2):
        auth.trouble = requests.ConnectionError()
        for _ in range(5):
            revoked.refresh()
        auth.trouble = None
        revoked.refresh()
        revoked.refresh()
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING] * 2


def call(app: Flask, token: str) -> tuple[int, str]:
    answer = app.test_client().get("/products/x", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.get_json()["msg"]


def test_a_revoked_token_is_refused_also_if_it_was_accepted_before(tmp_path: Path, auth: AuthService) -> None:
    """J28, at the catalog."""
    made = make_catalog_service(tmp_path, fetch_revoked=auth.fetch, revoked_tokens_refresh_seconds=0.05)
    token = sign(claims(jti="a"))
    with with_tables(made) as app:
        assert call(app, token)[0] == 404
        auth.token_ids = frozenset({"a"})
        wait_until(lambda: call(app, token) == (401, "Missing or invalid token"))
        assert call(app, sign(claims(jti="b")))[0] == 404


def test_a_catalog_that_can_not_know_says_so_and_is_not_ready(tmp_path: Path, auth: AuthService) -> None:
    auth.trouble = requests.ConnectionError()
    with with_tables(make_catalog_service(tmp_path, fetch_revoked=auth.fetch)) as app:
        assert call(app, sign(claims()))[0] == 503
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.get_json()["msg"]) == (503, "Not ready: revoked tokens.")
