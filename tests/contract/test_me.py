"""GET /me, PATCH /me/password and DELETE /me: what people do to their own accounts."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from tests.contract.answers import (
    CREDENTIALS_IN_ADDRESS,
    WRONG_CREDENTIALS,
    assert_answer,
    assert_bad_token,
)
from tests.contract.api_keys import GRANT, exchange, make_api_key, program
from tests.contract.client import Client, User, unique

NEW_PASSWORD = "another good password"
CHANGED = {"msg": "Password changed. Sign in again."}
DELETED = {"msg": "Account deleted"}
WRONG = {"msg": "The current password is wrong"}
CATALOG_LAG_SECONDS = 5


def test_me_shows_the_account_of_the_token(anonymous: Client) -> None:
    person = anonymous.new_user(unique("\uff21da"))
    shown = anonymous.with_token(person.access_token).me()

    claims = jwt.decode(person.access_token, options={"verify_signature": False})
    assert set(shown) == {"id", "username", "scopes", "created_at"}
    assert (shown["id"], shown["username"]) == (claims["sub"], person.username)
    assert shown["scopes"] == ["catalog:read", "catalog:write"]
    age = datetime.now(UTC) - datetime.fromisoformat(shown["created_at"])
    assert abs(age) < timedelta(minutes=5)


def test_a_new_password_takes_the_place_of_the_old_one(
    anonymous: Client, person: User, theirs: Client
) -> None:
    assert_answer(theirs.change_password(person.password, NEW_PASSWORD), 200, CHANGED)

    assert_answer(anonymous.login(person.username, person.password), 401, WRONG_CREDENTIALS)
    assert anonymous.login(person.username, NEW_PASSWORD).status_code == 200


def test_a_new_password_ends_every_session(anonymous: Client, person: User, theirs: Client) -> None:
    """J42."""
    elsewhere = anonymous.login(person.username, person.password).json()

    assert_answer(theirs.change_password(person.password, NEW_PASSWORD), 200, CHANGED)

    assert_bad_token(theirs.get("/protected"))
    assert_bad_token(anonymous.with_token(elsewhere["access_token"]).get("/protected"))
    refreshed = anonymous.request("POST", "/refresh", json={"refresh_token": elsewhere["refresh_token"]})
    assert_bad_token(refreshed)
    _wait_until_the_catalog_refuses(theirs)


@pytest.mark.parametrize("current", ["wrong", " ", "p" * 73, "p" * 5_000, "\0"])
def test_a_wrong_current_password_changes_nothing(
    anonymous: Client, person: User, theirs: Client, current: str
) -> None:
    assert_answer(theirs.change_password(current, NEW_PASSWORD), 400, WRONG)
    assert_answer(theirs.delete_account(current), 400, WRONG)

    assert theirs.me()["username"] == person.username
    assert anonymous.login(person.username, person.password).status_code == 200


@pytest.mark.parametrize("new", ["p" * 73, "\ufdfa" * 24, "good\0password"])
def test_a_new_password_that_signup_would_refuse_is_refused(
    anonymous: Client, person: User, theirs: Client, new: str
) -> None:
    """S14, S16."""
    assert theirs.change_password(person.password, new).status_code == 400

    assert anonymous.login(person.username, person.password).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"current_password": "x"},
        {"new_password": "x"},
        {"current_password": "x", "new_password": ""},
        {"current_password": "x", "new_password": None},
        {"current_password": 1, "new_password": "x"},
        {"current_password": ["x"], "new_password": "x"},
        {"current_password": "x", "new_password": "\ud800"},
        {"current_password": "x", "new_password": "x", "username": "admin"},
    ],
)
def test_a_change_that_is_not_well_formed_is_refused(theirs: Client, body: dict[str, Any]) -> None:
    answer = theirs.request("PATCH", "/me/password", json=body)

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [{}, {"password": ""}, {"password": None}, {"password": {"$ne": 1}}])
def test_an_account_is_not_deleted_without_its_password(theirs: Client, body: dict[str, Any]) -> None:
    assert theirs.request("DELETE", "/me", json=body).status_code == 400
    assert theirs.request("DELETE", "/me").status_code == 400

    assert theirs.get("/me").status_code == 200


@pytest.mark.parametrize("query", ["password=x", "current_password=x&new_password=y", "x"])
def test_passwords_in_the_address_are_refused_and_change_nothing(
    anonymous: Client, person: User, theirs: Client, query: str
) -> None:
    """L14."""
    change = {"current_password": person.password, "new_password": NEW_PASSWORD}

    changed = theirs.request("PATCH", f"/me/password?{query}", json=change)
    deleted = theirs.request("DELETE", f"/me?{query}", json={"password": person.password})

    assert_answer(changed, 400, CREDENTIALS_IN_ADDRESS)
    assert_answer(deleted, 400, CREDENTIALS_IN_ADDRESS)
    assert anonymous.login(person.username, person.password).status_code == 200


def test_a_deleted_account_is_gone_at_once(anonymous: Client, person: User, theirs: Client) -> None:
    """J27: in the auth service at once, in the catalog within the stated lag."""
    session = anonymous.login(person.username, person.password).json()

    assert_answer(theirs.delete_account(person.password), 200, DELETED)

    assert_bad_token(theirs.get("/protected"))
    assert_bad_token(theirs.get("/me"))
    assert_bad_token(anonymous.request("POST", "/refresh", json={"refresh_token": session["refresh_token"]}))
    assert_answer(anonymous.login(person.username, person.password), 401, WRONG_CREDENTIALS)
    _wait_until_the_catalog_refuses(theirs)


def test_the_name_of_a_deleted_account_is_free_and_its_id_is_not(
    anonymous: Client, person: User, theirs: Client
) -> None:
    before = theirs.me()["id"]
    theirs.delete_account(person.password)

    again = anonymous.new_user(person.username, NEW_PASSWORD)

    assert anonymous.with_token(again.access_token).me()["id"] != before
    assert_bad_token(theirs.get("/me"))


def test_a_deleted_account_takes_its_api_keys_with_it(
    anonymous: Client, person: User, theirs: Client
) -> None:
    key = make_api_key(theirs)
    ci = program(anonymous, key)
    assert ci.get("/protected").status_code == 200

    theirs.delete_account(person.password)

    assert_bad_token(ci.get("/protected"))
    assert exchange(anonymous, GRANT | key.in_body).json()["error"] == "invalid_client"


def test_a_program_can_read_its_owners_account_but_not_change_it(
    anonymous: Client, person: User, theirs: Client
) -> None:
    """Who finds an API key can't take over the account."""
    ci = program(anonymous, make_api_key(theirs))

    assert ci.me()["username"] == person.username
    for refused in (ci.change_password(person.password, NEW_PASSWORD), ci.delete_account(person.password)):
        assert_answer(refused, 403, {"msg": "This needs a signed-in session."})
    assert anonymous.login(person.username, person.password).status_code == 200


def _wait_until_the_catalog_refuses(client: Client) -> None:
    deadline = time.monotonic() + CATALOG_LAG_SECONDS
    while (answer := client.get("/reports/summary")).status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert_bad_token(answer)
