"""Browsers, which keep their session in a cookie."""

from typing import Any

from werkzeug.test import Client, TestResponse

from tests.unit.auth_service.signed_in import Person


def sign_in(browser: Client, person: Person, **options: Any) -> TestResponse:
    """Sign in and have the refresh token kept in a cookie."""
    return browser.post("/login", json={**person.credentials, "session": "cookie"}, **options)


def refresh(browser: Client, **options: Any) -> TestResponse:
    """Ask for the next token by the cookie."""
    return browser.post("/refresh", json={}, **options)


def kept(browser: Client) -> str | None:
    """Give the refresh token that a browser has."""
    cookie = browser.get_cookie("refresh_token", path="/refresh")
    return cookie.value if cookie else None
