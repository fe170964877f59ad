"""A browser's session: the refresh token in a cookie that no script reads and no other site uses."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.contract.answers import assert_answer, assert_bad_token
from tests.contract.client import Client, User

COOKIE = "refresh_token"
LONGEST_SECONDS = 400 * 24 * 3600
FOREIGN = {"msg": "A session cookie is for this site's own pages."}


class Browser:
    """Keeps cookies as browsers do, and sends those that are for an address."""

    def __init__(self, client: Client) -> None:
        """Have no cookies; `client` keeps them and shares its connections with nobody."""
        self.client = client

    def post(self, path: str, headers: Mapping[str, str] | None = None, **body: Any) -> requests.Response:
        """POST with the cookies for `path`; those of the answer are remembered as secrets."""
        kept = [f"{c.name}={c.value}" for c in self.client.cookies() if path.startswith(c.path)]
        cookies = {"Cookie": "; ".join(kept)} if kept else {}
        answer = self.client.request("POST", path, headers={**cookies, **(headers or {})}, **body)
        self.client.seen_secrets.update(filter(None, [self.cookie]))
        return answer

    def sign_in(self, person: User, **headers: str) -> requests.Response:
        """POST /login for a session in a cookie."""
        credentials = {"username": person.username, "password": person.password, "session": "cookie"}
        return self.post("/login", headers, json=credentials)

    def refresh(self, **headers: str) -> requests.Response:
        """POST /refresh by the cookie."""
        return self.post("/refresh", headers, json={})

    def signed_in(self) -> Client:
        """Give the page's client, with a fresh access token."""
        answer = self.refresh()
        assert answer.status_code == 200, answer.text
        return self.client.with_token(answer.json()["access_token"])

    @property
    def cookie(self) -> str | None:
        """The refresh token that it has."""
        return next((cookie.value for cookie in self.client.cookies() if cookie.name == COOKIE), None)

    def put_back(self, value: str | None) -> None:
        """Have an earlier cookie again, as a tab that was faster than the last answer."""
        (cookie,) = self.client.cookies()
        cookie.value = value


@pytest.fixture
def browser(anonymous: Client, person: User) -> Iterator[Browser]:
    """Make a browser that is signed in."""
    with closing(Client(anonymous.base_url, rate=anonymous.rate, seen_secrets=anonymous.seen_secrets)) as own:
        made = Browser(own)
        assert made.sign_in(person).status_code == 200
        yield made


def set_cookies(answer: requests.Response) -> dict[str, Any]:
    """Give the cookies that an answer sets."""
    return dict(SimpleCookie(answer.headers.get("Set-Cookie", "")))


def test_the_refresh_token_is_in_a_cookie_and_not_in_the_body(browser: Browser, person: User) -> None:
    answer = browser.sign_in(person)

    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert answer.headers["Cache-Control"] == "no-store"
    (cookie,) = set_cookies(answer).values()
    assert (cookie.key, cookie["path"], cookie["samesite"]) == (COOKIE, "/refresh", "Strict")
    assert (cookie["httponly"], cookie["secure"], cookie["domain"]) == (True, "", "")
    assert 3600 < int(cookie["max-age"]) <= LONGEST_SECONDS
    assert cookie.value not in answer.text


def test_a_refresh_by_cookie_gives_the_next_token_and_the_next_cookie(browser: Browser, person: User) -> None:
    before = browser.cookie
    answer = browser.refresh()

    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert browser.cookie not in (before, None)
    page = browser.client.with_token(answer.json()["access_token"])
    assert page.get("/protected").json() == {"logged_in_as": person.username}
    assert page.get("/uploads").status_code == 200


def test_two_tabs_that_refresh_by_one_cookie_both_stay_signed_in(browser: Browser) -> None:
    before = browser.cookie
    assert browser.signed_in().get("/protected").status_code == 200
    browser.put_back(before)
    assert browser.signed_in().get("/protected").status_code == 200
    assert browser.refresh().status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://{host}.evil.example"])
def test_a_page_of_another_site_neither_uses_nor_sets_a_cookie(
    browser: Browser, person: User, origin: str
) -> None:
    before, foreign = browser.cookie, origin.format(host=urlsplit(browser.client.base_url).netloc)

    assert_answer(browser.refresh(Origin=foreign), 403, FOREIGN)
    assert_answer(browser.sign_in(person, Origin=foreign), 403, FOREIGN)

    assert browser.cookie == before
    assert browser.refresh(Origin=browser.client.base_url).status_code == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_form_of_another_site_can_not_refresh(browser: Browser, content_type: str | None) -> None:
    before = browser.cookie
    headers = {"Content-Type": content_type} if content_type else {}

    assert browser.post("/refresh", headers, data=b"{}").status_code == 400

    assert browser.cookie == before
    assert browser.refresh().status_code == 200


def test_a_token_in_the_body_leaves_the_cookie_alone(browser: Browser, person: User) -> None:
    before, elsewhere = browser.cookie, browser.client.login(person.username, person.password).json()

    answer = browser.post("/refresh", json={"refresh_token": elsewhere["refresh_token"]})

    assert (answer.status_code, "refresh_token" in answer.json(), set_cookies(answer)) == (200, True, {})
    assert browser.cookie == before
    assert_bad_token(browser.post("/refresh", json={"refresh_token": "x"}))
    assert browser.refresh().status_code == 200


@pytest.mark.parametrize("end", ["logout", "logout/all", "password", "account"])
def test_the_end_of_the_session_clears_the_cookie(browser: Browser, person: User, end: str) -> None:
    page, cookie = browser.signed_in(), browser.cookie
    if end == "password":
        answer = page.change_password(person.password, "another good password")
    elif end == "account":
        answer = page.delete_account(person.password)
    else:
        answer = page.request("POST", f"/{end}")

    assert answer.status_code == 200
    assert browser.cookie is None
    assert browser.refresh().status_code == 400
    assert_bad_token(browser.refresh(Cookie=f"{COOKIE}={cookie}"))


def test_a_cookie_whose_session_was_ended_elsewhere_is_cleared(
    browser: Browser, anonymous: Client, person: User
) -> None:
    anonymous.with_token(person.access_token).request("POST", "/logout/all")

    assert_bad_token(browser.refresh())

    assert browser.cookie is None


@pytest.mark.parametrize("session", ["Cookie", "", None, 1])
def test_a_session_is_in_the_body_or_in_a_cookie(anonymous: Client, person: User, session: object) -> None:
    credentials = {"username": person.username, "password": person.password, "session": session}

    assert_answer(
        anonymous.request("POST", "/login", json=credentials),
        400,
        {"msg": 'The session is "body" or "cookie".'},
    )
