"""POST /refresh, /logout and /logout/all: a session goes on by refreshing, and is over once it has ended."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.contract.answers import CREDENTIALS_IN_ADDRESS, assert_answer, assert_bad_token
from tests.contract.client import Client, User
from tests.contract.embedded_program import embedded_program
from tests.waiting import wait_until

LOGGED_OUT = {"msg": "Logged out"}
CLOSED = [("GET", "/products/x"), ("POST", "/upload"), ("GET", "/uploads"), ("GET", "/reports/summary")]
IDLE_SECONDS = 12
"""Longer than the ten seconds for which a spent refresh token gives another pair."""


class Session:
    """One sign-in of a person."""

    def __init__(self, client: Client, person: User) -> None:
        """Sign in."""
        answer = client.login(person.username, person.password)
        assert answer.status_code == 200, answer.text
        self.client = client
        self.take(answer.json())

    def take(self, tokens: dict[str, Any]) -> None:
        """Go on with other tokens."""
        self.access, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.client.seen_secrets |= {self.access, self.refresh_token}

    def refresh(self, refresh_token: str | None = None) -> Any:
        """Spend a refresh token, the session's last one unless another is given."""
        body = {"refresh_token": refresh_token or self.refresh_token}
        return self.client.request("POST", "/refresh", json=body)

    def go_on(self) -> None:
        """Refresh, and go on with the new tokens."""
        answer = self.refresh()
        assert answer.status_code == 200, answer.text
        self.take(answer.json())

    def request(self, method: str, path: str) -> Any:
        """Send a request with the access token."""
        return self.client.with_token(self.access).request(method, path)


@pytest.fixture
def session(anonymous: Client, person: User) -> Session:
    return Session(anonymous, person)


@pytest.fixture
def lag_seconds(own_data_dir: Path | None) -> float:
    """Give how long the catalog may take to know of a revocation; in one program it is short."""
    return 5 if own_data_dir is None else 1


def assert_refused_everywhere(session: Session, lag_seconds: float) -> None:
    """Check that the auth service refuses at once, and the catalog within its lag, every worker of them."""
    for _ in range(4):
        assert_bad_token(session.request("GET", "/protected"))
    for method, path in CLOSED:
        wait_until(lambda: session.request(method, path).status_code == 401, lag_seconds)  # noqa: B023
    time.sleep(lag_seconds)
    for method, path in CLOSED * 4:
        assert_bad_token(session.request(method, path))


def test_a_sign_in_gives_a_pair_of_tokens(anonymous: Client, person: User) -> None:
    answer = anonymous.login(person.username, person.password)
    tokens = answer.json()
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 900
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


def test_a_refresh_gives_the_next_pair(session: Session) -> None:
    before = (session.access, session.refresh_token)
    answer = session.refresh()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    session.take(answer.json())
    assert set(answer.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert session.access not in before
    assert session.refresh_token not in before
    assert session.request("GET", "/protected").status_code == 200
    assert session.request("GET", "/uploads").status_code == 200


def test_two_tabs_that_refresh_by_one_token_both_stay_signed_in(session: Session) -> None:
    one, other = session.refresh(), session.refresh()
    for answer in (one, other):
        session.take(answer.json())
        assert session.request("GET", "/protected").status_code == 200
        session.go_on()


def test_a_refresh_token_that_comes_back_later_ends_the_whole_session(
    session: Session, lag_seconds: float
) -> None:
    spent = session.refresh_token
    session.go_on()
    time.sleep(IDLE_SECONDS)
    assert_bad_token(session.refresh(spent))
    assert_bad_token(session.refresh())
    assert_refused_everywhere(session, lag_seconds)


def test_a_logout_ends_this_session_everywhere_and_no_other(
    anonymous: Client, person: User, session: Session, lag_seconds: float
) -> None:
    """J28."""
    elsewhere = Session(anonymous, person)
    assert session.request("GET", "/uploads").status_code == 200
    assert_answer(session.request("POST", "/logout"), 200, LOGGED_OUT)
    assert_refused_everywhere(session, lag_seconds)
    assert_bad_token(session.refresh())
    assert elsewhere.request("GET", "/uploads").status_code == 200
    elsewhere.go_on()


def test_a_logout_also_ends_the_tokens_that_the_session_was_given_before(
    session: Session, lag_seconds: float
) -> None:
    first = session.access
    session.go_on()
    assert_answer(session.request("POST", "/logout"), 200, LOGGED_OUT)
    session.access = first
    assert_refused_everywhere(session, lag_seconds)


def test_a_logout_everywhere_ends_every_session(
    anonymous: Client, person: User, session: Session, lag_seconds: float
) -> None:
    """J28."""
    elsewhere = Session(anonymous, person)
    assert_answer(session.request("POST", "/logout/all"), 200, LOGGED_OUT)
    assert_refused_everywhere(session, lag_seconds)
    assert_refused_everywhere(elsewhere, lag_seconds)
    assert_bad_token(elsewhere.refresh())
    assert Session(anonymous, person).request("GET", "/protected").status_code == 200


@pytest.mark.parametrize("path", ["/logout", "/logout/all"])
def test_only_who_is_signed_in_can_sign_out(anonymous: Client, session: Session, path: str) -> None:
    assert_bad_token(anonymous.request("POST", path))
    assert_answer(session.request("POST", path), 200, LOGGED_OUT)
    assert_bad_token(session.request("POST", path))


def test_a_refresh_token_opens_nothing_else_and_an_access_token_refreshes_nothing(session: Session) -> None:
    """J25."""
    for method, path in [("GET", "/protected"), *CLOSED]:
        assert_bad_token(session.client.with_token(session.refresh_token).request(method, path))
    assert_bad_token(session.refresh(session.access))


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 100_000, "é", "\0", "' OR 1=1 -- "])
def test_what_was_never_a_refresh_token_is_refused(session: Session, token: str) -> None:
    assert_bad_token(session.refresh(token))


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "7", "{}", *(f'{{"refresh_token": {wrong}}}' for wrong in ("null", "7", '["x"]', '""'))],
)
def test_a_body_without_a_refresh_token_is_400(anonymous: Client, body: str) -> None:
    assert anonymous.post_json("/refresh", body).status_code == 400


def test_a_refresh_token_in_the_address_is_refused(session: Session) -> None:
    """L14."""
    address = f"/refresh?refresh_token={session.refresh_token}"

    for body in ({}, {"refresh_token": session.refresh_token}):
        assert_answer(session.client.request("POST", address, json=body), 400, CREDENTIALS_IN_ADDRESS)
    session.go_on()


@pytest.mark.parametrize("path", ["/refresh", "/logout", "/logout/all"])
def test_sessions_are_only_changed_by_post(anonymous: Client, path: str) -> None:
    answer = anonymous.get(path)
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


@pytest.mark.parametrize("path", ["/revoked-tokens", "/revoked-tokens?x=1", "/%72evoked-tokens"])
def test_the_list_of_revoked_tokens_is_not_for_clients(
    anonymous: Client, session: Session, path: str
) -> None:
    session.request("POST", "/logout")
    assert anonymous.get(path).status_code == 404


@pytest.mark.own_program
def test_what_was_revoked_before_a_restart_stays_revoked_and_what_was_not_goes_on(tmp_path: Path) -> None:
    """J29."""
    with embedded_program(tmp_path) as address, closing(Client(address, rate=None)) as client:
        person = client.new_user()
        ended, lasting = Session(client, person), Session(client, person)
        assert_answer(ended.request("POST", "/logout"), 200, LOGGED_OUT)

    with embedded_program(tmp_path) as address, closing(Client(address, rate=None)) as client:
        ended.client = lasting.client = client
        for method, path in [("GET", "/protected"), *CLOSED]:
            assert_bad_token(ended.request(method, path))
        assert_bad_token(ended.refresh())
        assert lasting.request("GET", "/uploads").status_code == 200
        lasting.go_on()
