"""Which requests may use a browser's session cookie: not those of another site."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from auth_service.models import RefreshToken
from tests.unit.auth_service.browsers import kept, refresh, sign_in
from tests.unit.auth_service.signed_in import Person, stored

FOREIGN = {"msg": "A session cookie is for this site's own pages."}
OWN = ["http://shop.example.com", "HTTP://Shop.Example.COM", "http://shop.example.com:80"]
STRANGE = [
    "null",
    "",
    "https://evil.example",
    "http://shop.example.com.evil.example",
    "http://evil.example#shop.example.com",
    "http://evil.example/shop.example.com",
    "http://shop.example.com@evil.example",
    "http://evil@shop.example.com",
    "http://shop.example.com:8080",
    "http://shop.example.com:x",
    "http://shop.example.com, http://evil.example",
    "http://sub.shop.example.com",
    "http://example.com",
    "http://[shop.example.com",
    "shop.example.com",
    "//shop.example.com",
    "ftp://shop.example.com",
    "http://shop\uff0eexample.com".encode().decode("latin-1"),
]


@pytest.mark.parametrize("origin", OWN)
def test_the_sites_own_pages_use_the_cookie(app: Flask, ada: Person, origin: str) -> None:
    browser, options = (
        app.test_client(),
        {"base_url": "http://shop.example.com", "headers": {"Origin": origin}},
    )
    assert sign_in(browser, ada, **options).status_code == 200
    assert refresh(browser, **options).status_code == 200


@pytest.mark.parametrize("origin", STRANGE)
def test_a_page_of_another_site_neither_uses_nor_sets_a_cookie(app: Flask, ada: Person, origin: str) -> None:
    own = {"base_url": "http://shop.example.com"}
    strange = {**own, "headers": {"Origin": origin}}
    browser = app.test_client()
    sign_in(browser, ada, **own)
    before = stored(app, RefreshToken)
    for answer in (refresh(browser, **strange), sign_in(browser, ada, **strange)):
        assert (answer.status_code, answer.get_json()) == (403, FOREIGN)
        assert "Set-Cookie" not in answer.headers
    after = stored(app, RefreshToken)
    assert [(token.token_hash, token.spent_at) for token in after] == [(before[0].token_hash, None)]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("shop.example.com", "https://shop.example.com"),
        ("shop.example.com:8443", "https://shop.example.com:8443"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("[::1]:5000", "http://[::1]:5000"),
    ],
)
def test_the_host_counts_and_a_proxy_before_may_have_spoken_https(
    app: Flask, browser: Client, host: str, origin: str
) -> None:
    headers = {"Host": host, "Origin": origin, "Cookie": f"refresh_token={kept(browser)}"}
    answer = app.test_client(use_cookies=False).post("/refresh", json={}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"data": b"{}", "content_type": "text/plain"},
        {"data": b"{}", "content_type": "text/plain; application/json"},
        {"data": b"{}", "content_type": "application/x-www-form-urlencoded"},
        {"data": {"x": "{}"}, "content_type": "multipart/form-data"},
        {"data": b"{}"},
        {"data": b""},
        {"data": b"", "content_type": "application/json"},
        {"data": b"[]", "content_type": "application/json"},
        {"json": {"refresh_token": ""}},
        {"json": {"refresh_token": None}},
    ],
)
def test_a_cookie_needs_a_json_body_which_no_form_of_another_site_can_send(
    browser: Client, app: Flask, sent: dict[str, Any]
) -> None:
    answer = browser.post("/refresh", **sent)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (400, False)
    assert [token.spent_at for token in stored(app, RefreshToken)] == [None]


@pytest.mark.parametrize(
    "cookies", ["", "refresh_token=", "other=x", "refresh_token", "REFRESH_TOKEN=x", 'refresh_token="']
)
def test_without_a_token_anywhere_the_field_is_named(app: Flask, cookies: str) -> None:
    answer = app.test_client(use_cookies=False).post("/refresh", json={}, headers={"Cookie": cookies})
    assert answer.status_code == 400
    assert answer.get_json()["errors"] == [{"field": "refresh_token", "message": "Field required"}]


@pytest.mark.parametrize("value", ["x", '"a\\377b"', "\xff", "x" * 6_000, "%00", "a=b"])
def test_a_cookie_that_was_never_a_refresh_token_is_refused(app: Flask, value: str) -> None:
    headers = {"Cookie": f"refresh_token={value}"}
    assert app.test_client(use_cookies=False).post("/refresh", json={}, headers=headers).status_code == 401
