"""Accounts and a key of the service's first version, and what they are good for after the migrations."""

from collections.abc import Callable

import jwt
from flask import Flask
from flask_bcrypt import Bcrypt
from flask_migrate import upgrade
from sqlalchemy import text

from auth_service.models import db
from auth_service.tokens import signing_keys
from tests.unit.auth_on_sqlite import CHEAP_ROUNDS
from tests.unit.tables import close_connections

FIRST_VERSION = "0001"
ADAS_ID = "0d9e7a52-38a5-4f35-9a9c-0c55ccf86a9d"
CREDENTIALS = {"username": "ADA", "password": "secret"}
INSERT = text(
    "INSERT INTO users (id, username, username_key, password_hash, created_at) "
    "VALUES (:id, 'Ada', :key, :hash, '2026-01-01 00:00:00.000000')"
)


def assert_accounts_of_the_first_version_stay_usable(make_app: Callable[[], Flask]) -> None:
    """Make an account as the first version did, upgrade, and use it by an app of its own."""
    earlier = make_app()
    with earlier.app_context():
        upgrade(revision=FIRST_VERSION)
        kid, _ = signing_keys().current()
        stored = Bcrypt(earlier).generate_password_hash("secret", CHEAP_ROUNDS).decode()
        with db.engine.begin() as connection:
            connection.execute(INSERT, {"id": ADAS_ID, "key": b"ada", "hash": stored})
        upgrade()
    close_connections(earlier)
    later = make_app()
    _assert_usable(later, kid)
    close_connections(later)


def _assert_usable(app: Flask, kid: str) -> None:
    client = app.test_client()
    tokens = client.post("/login", json=CREDENTIALS).get_json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    me = client.get("/me", headers=headers).get_json()
    assert (me["id"], me["username"], me["created_at"]) == (ADAS_ID, "Ada", "2026-01-01T00:00:00Z")
    assert me["scopes"] == ["catalog:read", "catalog:write"]
    assert jwt.get_unverified_header(tokens["access_token"])["kid"] == kid
    assert client.post("/refresh", json={"refresh_token": tokens["refresh_token"]}).status_code == 200
    assert client.post("/login", json={**CREDENTIALS, "password": "wrong"}).status_code == 401
    assert client.post("/signup", json=CREDENTIALS).get_json() == {"msg": "Username already exists"}
