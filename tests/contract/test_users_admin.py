"""/users, and the commands `grant` and `revoke`: what administrators do to other people's accounts."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from tests.contract.answers import (
    WRONG_CREDENTIALS,
    assert_answer,
    assert_bad_token,
)
from tests.contract.api_keys import GRANT, exchange, make_api_key, program
from tests.contract.client import Client, User, unique
from tests.contract.conftest import Command

ADMIN_SCOPES = ["catalog:read", "catalog:write", "users:admin"]
UNKNOWN = {"msg": "There is no account with this id."}
OWN = {"msg": "Administrators can't disable themselves, nor take users:admin from themselves."}
CATALOG_LAG_SECONDS = 5


def scopes_of_token(token: str) -> list[str]:
    scope: str = jwt.decode(token, options={"verify_signature": False})["scope"]
    return scope.split()


def sign_in(anonymous: Client, user: User) -> Client:
    answer = anonymous.login(user.username, user.password)
    assert answer.status_code == 200, answer.text
    return anonymous.with_token(answer.json()["access_token"])


def test_an_account_is_made_administrator_at_the_command_line(
    anonymous: Client, person: User, command: Command
) -> None:
    granted = command("grant", person.username, "users:admin")

    assert granted.strip() == f"{person.username} has now: catalog:read catalog:write users:admin."
    assert sign_in(anonymous, person).get("/users").status_code == 200
    assert anonymous.with_token(person.access_token).get("/users").status_code == 403


def test_what_is_revoked_at_the_command_line_is_gone_at_once(
    anonymous: Client, person: User, command: Command
) -> None:
    command("grant", person.username, "users:admin")
    admin = sign_in(anonymous, person)

    assert (
        command("revoke", person.username, "users:admin", "catalog:write").strip().endswith("catalog:read.")
    )

    assert_bad_token(admin.get("/users"))
    assert sign_in(anonymous, person).get("/users").status_code == 403


def test_nobody_else_sees_or_changes_accounts(client: Client, person_id: str) -> None:
    for method, path, body in (
        ("GET", "/users", None),
        ("POST", "/users", {"username": unique("made"), "password": "a good password"}),
        ("GET", f"/users/{person_id}", None),
        ("PATCH", f"/users/{person_id}", {"disabled": True}),
        ("GET", "/audit", None),
    ):
        answer = client.request(method, path, json=body)
        assert_answer(answer, 403, {"msg": "This needs the scope users:admin."})
        challenge = 'Bearer error="insufficient_scope", scope="users:admin"'
        assert answer.headers["WWW-Authenticate"] == challenge


def test_an_account_is_shown_with_all_but_its_secrets(
    administrator: Client, person: User, person_id: str
) -> None:
    answer = administrator.get(f"/users/{person_id}")

    assert answer.status_code == 200
    assert answer.json() | {"created_at": None} == {
        "id": person_id,
        "username": person.username,
        "scopes": ["catalog:read", "catalog:write"],
        "created_at": None,
        "disabled": False,
        "disabled_at": None,
    }


def test_a_scope_that_is_given_stands_in_the_next_token(
    administrator: Client, anonymous: Client, person: User, theirs: Client, person_id: str
) -> None:
    answer = administrator.change_account(person_id, scopes=ADMIN_SCOPES)

    assert answer.json()["scopes"] == theirs.me()["scopes"] == ADMIN_SCOPES
    assert scopes_of_token(sign_in(anonymous, person).token or "") == ADMIN_SCOPES


def test_a_scope_that_is_taken_away_ends_the_tokens_and_not_the_session(
    administrator: Client, anonymous: Client, person: User, person_id: str
) -> None:
    session = anonymous.login(person.username, person.password).json()
    before = anonymous.with_token(session["access_token"])

    assert administrator.change_account(person_id, scopes=["catalog:read"]).status_code == 200

    assert_bad_token(before.get("/protected"))
    after = anonymous.request("POST", "/refresh", json={"refresh_token": session["refresh_token"]}).json()
    assert scopes_of_token(after["access_token"]) == ["catalog:read"]
    reader = anonymous.with_token(after["access_token"])
    assert reader.get("/reports/summary").status_code == 200
    assert reader.upload(b"").status_code == 403


def test_a_disabled_account_is_shut_at_once(
    administrator: Client, anonymous: Client, person: User, theirs: Client, person_id: str
) -> None:
    session = anonymous.login(person.username, person.password).json()
    key = make_api_key(theirs)
    ci = program(anonymous, key)

    disabled = administrator.change_account(person_id, disabled=True).json()

    assert disabled["disabled"] is True
    assert disabled["disabled_at"] is not None
    for client in (theirs, ci, anonymous.with_token(session["access_token"])):
        assert_bad_token(client.get("/protected"))
    assert_bad_token(anonymous.request("POST", "/refresh", json={"refresh_token": session["refresh_token"]}))
    assert exchange(anonymous, GRANT | key.in_body).json()["error"] == "invalid_client"
    assert_answer(anonymous.login(person.username, person.password), 401, WRONG_CREDENTIALS)
    deadline = time.monotonic() + CATALOG_LAG_SECONDS
    while theirs.get("/reports/summary").status_code == 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_an_account_that_is_enabled_again_is_as_before_but_for_its_sessions(
    administrator: Client, anonymous: Client, person: User, theirs: Client, person_id: str
) -> None:
    administrator.change_account(person_id, disabled=True)
    enabled = administrator.change_account(person_id, disabled=False).json()

    assert (enabled["disabled"], enabled["disabled_at"]) == (False, None)
    assert_bad_token(theirs.get("/protected"))
    assert sign_in(anonymous, person).me()["id"] == person_id


def test_both_can_be_changed_at_once(administrator: Client, person_id: str) -> None:
    answer = administrator.change_account(person_id, scopes=[], disabled=True)

    assert (answer.json()["scopes"], answer.json()["disabled"]) == ([], True)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"scopes": None},
        {"disabled": None},
        {"disabled": "true"},
        {"disabled": 1},
        {"scopes": "catalog:read"},
        {"scopes": ["catalog:reed"]},
        {"scopes": [1]},
        {"scopes": ["catalog:read"], "disabled": None},
        {"username": "other"},
        {"disabled": True, "password_hash": "x"},
    ],
)
def test_a_change_that_is_not_well_formed_is_refused(
    administrator: Client, person_id: str, change: dict[str, Any]
) -> None:
    before = administrator.get(f"/users/{person_id}").json()

    assert administrator.request("PATCH", f"/users/{person_id}", json=change).status_code == 400

    assert administrator.get(f"/users/{person_id}").json() == before


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"scopes": ["catalog:reed"]}, ["scopes.0"]),
        ({"scopes": None, "disabled": "true"}, ["scopes", "disabled"]),
    ],
)
def test_what_is_wrong_with_a_change_is_told_by_its_own_names(
    administrator: Client, person_id: str, change: dict[str, Any], fields: list[str]
) -> None:
    answer = administrator.request("PATCH", f"/users/{person_id}", json=change)
    assert [error["field"] for error in answer.json()["errors"]] == fields


@pytest.mark.parametrize("user_id", ["nobody", "00000000-0000-4000-8000-000000000000", "%ff", "'"])
def test_an_account_that_there_is_not_is_not_found(administrator: Client, user_id: str) -> None:
    assert_answer(administrator.get(f"/users/{user_id}"), 404, UNKNOWN)
    assert_answer(administrator.change_account(user_id, disabled=True), 404, UNKNOWN)


@pytest.mark.parametrize("change", [{"disabled": True}, {"scopes": ["catalog:read"]}, {"scopes": []}])
def test_administrators_can_not_shut_themselves_out(administrator: Client, change: dict[str, Any]) -> None:
    own = administrator.me()["id"]

    assert_answer(administrator.change_account(own, **change), 400, OWN)

    assert administrator.get("/users").status_code == 200


def test_of_two_administrators_who_disable_each_other_one_is_left(
    anonymous: Client, command: Command
) -> None:
    for _ in range(3):
        users = [anonymous.new_user() for _ in range(2)]
        for user in users:
            command("grant", user.username, "users:admin")
        clients = [sign_in(anonymous, user) for user in users]
        first, second = (client.me()["id"] for client in clients)

        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda pair: pair[0].change_account(pair[1], disabled=True),
                    zip(clients, (second, first), strict=True),
                )
            )

        assert sorted(answer.status_code for answer in answers) == [200, 401]
