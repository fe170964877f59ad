"""`/api-keys`: a person makes keys for programs, sees them without their secrets, and takes them back."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from tests.contract.answers import assert_answer, assert_bad_token
from tests.contract.api_keys import GRANT, exchange, make_api_key, program
from tests.contract.client import Client

SHOWN = {"client_id", "name", "scopes", "created_at", "expires_at", "last_used_at"}
REVOKED = {"msg": "API key revoked"}
UNKNOWN = {"msg": "There is no API key with this id."}


def create(client: Client, **body: Any) -> requests.Response:
    """POST /api-keys."""
    return client.request("POST", "/api-keys", json=body)


def keys_of(client: Client) -> list[dict[str, Any]]:
    """GET /api-keys."""
    answer = client.get("/api-keys")
    assert answer.status_code == 200, answer.text
    keys: list[dict[str, Any]] = answer.json()["api_keys"]
    return keys


def test_a_key_is_shown_once_with_its_secret_and_later_without(newcomer: Client) -> None:
    answer = create(newcomer, name="nightly import")
    made = answer.json()

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert set(made) == SHOWN | {"client_secret"}
    assert len(made["client_secret"]) >= 43
    assert keys_of(newcomer) == [{name: value for name, value in made.items() if name != "client_secret"}]
    assert made["client_secret"] not in newcomer.get("/api-keys").text


def test_a_key_has_its_owners_catalog_scopes_for_90_days_unless_asked_otherwise(newcomer: Client) -> None:
    made = create(newcomer, name="CI").json()

    assert made["name"] == "CI"
    assert made["scopes"] == ["catalog:read", "catalog:write"]
    assert made["last_used_at"] is None
    assert _lifetime(made) == timedelta(days=90)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made["created_at"])


def test_a_key_may_have_less_and_live_for_less(newcomer: Client) -> None:
    made = create(newcomer, name="reader", scopes=["catalog:read"], expires_in_days=1).json()

    assert made["scopes"] == ["catalog:read"]
    assert _lifetime(made) == timedelta(days=1)


def _lifetime(key: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(key["expires_at"]) - datetime.fromisoformat(key["created_at"])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"name": ""}, id="empty-name"),
        pytest.param({"name": "  \u3000"}, id="blank-name"),
        pytest.param({"name": "n" * 65}, id="65-characters"),
        pytest.param({"name": "a\nb"}, id="line-break-in-name"),
        pytest.param({"name": "a\0b"}, id="NUL-in-name"),
        pytest.param({"name": 7}, id="int-name"),
        pytest.param({"name": None}, id="null-name"),
        pytest.param({"name": "CI", "scopes": []}, id="no-scopes"),
        pytest.param({"name": "CI", "scopes": "catalog:read"}, id="scopes-as-text"),
        pytest.param({"name": "CI", "scopes": ["catalog:everything"]}, id="unknown-scope"),
        pytest.param({"name": "CI", "scopes": ["Catalog:Read"]}, id="scope-in-another-case"),
        pytest.param({"name": "CI", "scopes": [7]}, id="int-scope"),
        pytest.param({"name": "CI", "scopes": ["catalog:read"] * 4}, id="more-scopes-than-there-are"),
        pytest.param({"name": "CI", "scopes": ["users:admin"]}, id="scope-that-the-owner-lacks"),
        pytest.param({"name": "CI", "scopes": ["catalog:read", "users:admin"]}, id="one-scope-too-many"),
        pytest.param({"name": "CI", "expires_in_days": 0}, id="0-days"),
        pytest.param({"name": "CI", "expires_in_days": -1}, id="-1-days"),
        pytest.param({"name": "CI", "expires_in_days": 366}, id="366-days"),
        pytest.param({"name": "CI", "expires_in_days": 1.5}, id="fraction-of-days"),
        pytest.param({"name": "CI", "expires_in_days": "7"}, id="days-as-text"),
        pytest.param({"name": "CI", "expires_in_days": True}, id="days-as-bool"),
        pytest.param({"name": "CI", "expires_in_days": None}, id="days-null"),
        pytest.param({"name": "CI", "expires_in": 7}, id="a-misspelt-field"),
        pytest.param({"name": "CI", "client_secret": "my own"}, id="a-secret-of-ones-own"),
    ],
)
def test_a_key_that_can_not_be_is_refused_and_not_made(newcomer: Client, body: dict[str, Any]) -> None:
    answer = create(newcomer, **body)
    assert answer.status_code == 400
    assert "pattern" not in answer.text
    assert keys_of(newcomer) == []


@pytest.mark.parametrize("name", ["n" * 64, "🔑 für die Nacht", "' OR 1=1 -- ", "<script>alert(1)</script>"])
def test_a_name_is_kept_as_it_is(newcomer: Client, name: str) -> None:
    assert create(newcomer, name=name).status_code == 201
    assert [key["name"] for key in keys_of(newcomer)] == [name]


def test_keys_are_listed_the_newest_first(newcomer: Client) -> None:
    for name in ("first", "second", "third"):
        make_api_key(newcomer, name=name)

    assert [key["name"] for key in keys_of(newcomer)] == ["third", "second", "first"]


def test_the_last_use_is_shown(anonymous: Client, newcomer: Client) -> None:
    key = make_api_key(newcomer)
    program(anonymous, key)
    (shown,) = keys_of(newcomer)

    assert datetime.fromisoformat(shown["last_used_at"]) >= datetime.fromisoformat(shown["created_at"])


def test_a_revoked_key_is_gone_and_so_are_its_tokens(anonymous: Client, newcomer: Client) -> None:
    key, other = make_api_key(newcomer), make_api_key(newcomer)
    of_key, of_other = program(anonymous, key), program(anonymous, other)

    assert_answer(newcomer.request("DELETE", f"/api-keys/{key.client_id}"), 200, REVOKED)

    assert_bad_token(of_key.get("/protected"))
    assert exchange(anonymous, GRANT | key.in_body).status_code == 401
    assert [shown["client_id"] for shown in keys_of(newcomer)] == [other.client_id]
    assert of_other.get("/protected").status_code == 200
    assert newcomer.get("/protected").status_code == 200, "its owner stays signed in"
    assert_answer(newcomer.request("DELETE", f"/api-keys/{key.client_id}"), 404, UNKNOWN)


@pytest.mark.parametrize(
    "key_id", ["x", "%27%20OR%201=1%20--", "%F0%9F%94%91", "00000000-0000-0000-0000-000000000000"]
)
def test_a_key_that_there_is_not_is_not_found(newcomer: Client, key_id: str) -> None:
    make_api_key(newcomer)

    assert_answer(newcomer.request("DELETE", f"/api-keys/{key_id}"), 404, UNKNOWN)
    assert len(keys_of(newcomer)) == 1


def test_the_key_of_another_is_not_found(anonymous: Client, client: Client, newcomer: Client) -> None:
    key = make_api_key(newcomer)

    assert_answer(client.request("DELETE", f"/api-keys/{key.client_id}"), 404, UNKNOWN)
    assert key.client_id not in client.get("/api-keys").text
    assert program(anonymous, key).get("/protected").status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("DELETE", "/x")])
def test_an_api_keys_token_makes_sees_and_revokes_no_keys(
    anonymous: Client, newcomer: Client, method: str, path: str
) -> None:
    """Who finds a program's token in a log could live on by it."""
    holder = program(anonymous, make_api_key(newcomer))

    answer = holder.request(
        method, f"/api-keys{path}", json={"name": "another"} if method == "POST" else None
    )

    assert_answer(answer, 403, {"msg": "This needs a signed-in session."})
    assert len(keys_of(newcomer)) == 1


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("DELETE", "/x")])
def test_strangers_make_see_and_revoke_no_keys(anonymous: Client, method: str, path: str) -> None:
    assert_bad_token(anonymous.request(method, f"/api-keys{path}"))


def test_an_account_has_at_most_fifty_keys(newcomer: Client) -> None:
    for _ in range(50):
        make_api_key(newcomer)

    answer = create(newcomer, name="one more")

    assert answer.status_code == 400
    assert "50" in answer.json()["msg"]
    assert len(keys_of(newcomer)) == 50


def test_an_administrators_key_administers_only_if_that_was_asked_for(
    anonymous: Client, administrator: Client
) -> None:
    plain, admin = make_api_key(administrator), make_api_key(administrator, scopes=["users:admin"])

    assert program(anonymous, plain).get("/users").status_code == 403
    assert program(anonymous, admin).get("/users").status_code == 200
    assert program(anonymous, admin).get("/products/x").status_code == 403
    for key in (plain, admin):
        assert administrator.request("DELETE", f"/api-keys/{key.client_id}").status_code == 200
