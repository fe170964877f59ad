"""A browser's refresh token in a cookie: what the cookie is, how it goes on, and when it is cleared."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service.browsers import kept, refresh, sign_in
from tests.unit.auth_service.signed_in import Person, events, expire_sessions, spent_ago
from tests.unit.tables import with_tables

LIFETIME_SECONDS = 30 * 24 * 3600


def set_cookie(answer: TestResponse) -> dict[str, Any]:
    """Give the attributes of the one cookie that an answer sets."""
    (header,) = answer.headers.getlist("Set-Cookie")
    (cookie,) = SimpleCookie(header).values()
    # The older form of max-age.
    del cookie["expires"]
    return {name: value for name, value in cookie.items() if value not in ("", False)}


def test_the_cookie_is_for_no_script_no_other_site_and_no_other_address(app: Flask, ada: Person) -> None:
    answer = sign_in(app.test_client(), ada)
    assert set(answer.get_json()) == {"access_token", "token_type", "expires_in"}
    cookie = set_cookie(answer)
    assert LIFETIME_SECONDS - 60 < int(cookie.pop("max-age")) <= LIFETIME_SECONDS
    assert cookie == {"path": "/refresh", "httponly": True, "samesite": "Strict"}


def test_over_https_the_cookie_is_for_https_alone(app: Flask, ada: Person, browser: Client) -> None:
    over_https = {"base_url": "https://shop.example.com"}
    made = app.test_client()
    assert set_cookie(sign_in(made, ada, **over_https))["secure"] is True
    assert set_cookie(refresh(made, **over_https))["secure"] is True
    assert "secure" not in set_cookie(refresh(browser))


@pytest.fixture
def behind_a_proxy(tmp_path: Path) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path, trusted_proxies=1)) as made:
        yield made


@pytest.mark.parametrize(("said", "secure"), [("https", True), ("http", False), ("http, https", True)])
def test_a_trusted_proxy_says_whether_that_was_https(behind_a_proxy: Flask, said: str, secure: bool) -> None:  # noqa: FBT001
    headers = {"X-Forwarded-Proto": said}
    answer = sign_in(behind_a_proxy.test_client(), Person(behind_a_proxy), headers=headers)
    assert set_cookie(answer).get("secure", False) is secure


def test_without_a_proxy_nobody_is_believed_to_speak_https(app: Flask, ada: Person) -> None:
    answer = sign_in(app.test_client(), ada, headers={"X-Forwarded-Proto": "https"})
    assert "secure" not in set_cookie(answer)


def test_a_refresh_by_cookie_gives_the_next_token_in_the_next_cookie(browser: Client, ada: Person) -> None:
    before = kept(browser)
    answer = refresh(browser)
    assert set(answer.get_json()) == {"access_token", "token_type", "expires_in"}
    assert ada.may_enter(answer.get_json())
    assert kept(browser) not in (before, None)
    assert set_cookie(answer)["httponly"] is True
    assert refresh(browser).status_code == 200


def test_a_refresh_makes_the_cookie_live_no_longer_than_its_session(browser: Client, app: Flask) -> None:
    expire_sessions(app, datetime.now(UTC) + timedelta(hours=1))
    assert int(set_cookie(refresh(browser))["max-age"]) <= 3600


def test_two_tabs_that_refresh_by_one_cookie_both_stay_signed_in(browser: Client, ada: Person) -> None:
    before = kept(browser)
    assert before is not None
    assert ada.may_enter(refresh(browser).get_json())
    browser.set_cookie("refresh_token", before, path="/refresh")
    assert ada.may_enter(refresh(browser).get_json())
    assert refresh(browser).status_code == 200


def test_a_cookie_that_comes_back_later_ends_the_session_and_is_cleared(
    browser: Client, app: Flask, ada: Person
) -> None:
    before = kept(browser)
    assert before is not None
    tokens = refresh(browser).get_json()
    spent_ago(app, 11)
    browser.set_cookie("refresh_token", before, path="/refresh")
    assert refresh(browser).status_code == 401
    assert kept(browser) is None
    assert not ada.may_enter(tokens)
    assert events(app) == ["signed_up", "signed_in", "refresh_reused"]


def test_a_cookie_whose_session_is_over_is_cleared(browser: Client, app: Flask) -> None:
    expire_sessions(app)
    answer = refresh(browser)
    assert (answer.status_code, answer.get_json()) == (401, {"msg": "Missing or invalid token"})
    assert set_cookie(answer)["max-age"] == "0"
    assert kept(browser) is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/logout", None),
        ("POST", "/logout/all", None),
        ("PATCH", "/me/password", {"current_password": "secret", "new_password": "another"}),
        ("DELETE", "/me", {"password": "secret"}),
    ],
)
def test_what_ends_the_session_clears_the_cookie(
    browser: Client, method: str, path: str, body: dict[str, str] | None
) -> None:
    token = refresh(browser).get_json()["access_token"]
    for headers, status, cleared in (({}, 401, False), ({"Authorization": f"Bearer {token}"}, 200, True)):
        answer = browser.open(path, method=method, json=body, headers=headers)
        assert (answer.status_code, kept(browser) is None) == (status, cleared)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/me/password", {"current_password": "wrong", "new_password": "another"}),
        ("DELETE", "/me", {"password": "wrong"}),
    ],
)
def test_what_fails_leaves_the_cookie(browser: Client, method: str, path: str, body: dict[str, str]) -> None:
    token = refresh(browser).get_json()["access_token"]
    answer = browser.open(path, method=method, json=body, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (400, False)


def test_of_a_token_in_the_body_and_a_cookie_the_cookie_is_left_alone(browser: Client, ada: Person) -> None:
    before, elsewhere = kept(browser), ada.sign_in()
    answer = browser.post("/refresh", json={"refresh_token": elsewhere["refresh_token"]})
    assert (answer.status_code, "refresh_token" in answer.get_json()) == (200, True)
    assert "Set-Cookie" not in answer.headers
    assert browser.post("/refresh", json={"refresh_token": "x"}).status_code == 401
    assert kept(browser) == before
    assert refresh(browser).status_code == 200


@pytest.mark.parametrize("session", ["Cookie", "", None, True, 1, ["cookie"], "both"])
def test_a_session_is_kept_in_the_body_or_in_a_cookie(app: Flask, ada: Person, session: object) -> None:
    answer = app.test_client().post("/login", json={**ada.credentials, "session": session})
    assert (answer.status_code, answer.get_json()) == (400, {"msg": 'The session is "body" or "cookie".'})


def test_who_asks_for_no_cookie_gets_none(app: Flask, ada: Person) -> None:
    for extra in ({}, {"session": "body"}):
        answer = app.test_client().post("/login", json={**ada.credentials, **extra})
        assert list(answer.get_json()) == ["access_token", "refresh_token", "token_type", "expires_in"]
        assert "Set-Cookie" not in answer.headers
