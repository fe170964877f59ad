"""POST /signup, POST /login and GET /protected as the contract words them."""

import time

import jwt
import pytest
import requests

from tests.contract.answers import (
    CREATED,
    CREDENTIALS_REQUIRED,
    NAME_TAKEN,
    WRONG_CREDENTIALS,
    assert_answer,
    assert_bad_token,
)
from tests.contract.client import Client, User, unique

LIFE_SECONDS = 15 * 60


def test_a_new_user_is_created(anonymous: Client) -> None:
    assert_answer(anonymous.signup(unique("new"), "any password"), 201, CREATED)


def test_a_taken_username_is_refused(anonymous: Client, user: User) -> None:
    assert_answer(anonymous.signup(user.username, "another password"), 400, NAME_TAKEN)


def test_a_refused_signup_leaves_the_first_password_in_force(anonymous: Client, user: User) -> None:
    anonymous.signup(user.username, "another password")

    assert anonymous.login(user.username, user.password).status_code == 200
    assert_answer(anonymous.login(user.username, "another password"), 401, WRONG_CREDENTIALS)


def test_a_login_answers_with_its_tokens_and_nothing_else(anonymous: Client, user: User) -> None:
    answer = anonymous.login(user.username, user.password)

    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert isinstance(answer.json()["access_token"], str)


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(anonymous: Client, user: User) -> None:
    """L02."""
    assert_answer(anonymous.login(user.username, "wrong"), 401, WRONG_CREDENTIALS)
    assert_answer(anonymous.login(unique("nobody"), "wrong"), 401, WRONG_CREDENTIALS)


@pytest.mark.parametrize("path", ["/signup", "/login"])
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "somebody"},
        {"password": "something"},
        {"username": "", "password": "something"},
        {"username": None, "password": "something"},
        {"username": "somebody", "password": None},
    ],
    ids=["neither", "no password", "no username", "empty username", "null username", "null password"],
)
def test_both_fields_are_required(anonymous: Client, path: str, body: dict[str, str]) -> None:
    assert_answer(anonymous.request("POST", path, json=body), 400, CREDENTIALS_REQUIRED)


def test_an_empty_password_is_no_password_at_signup(anonymous: Client) -> None:
    assert_answer(anonymous.signup(unique("empty"), ""), 400, CREDENTIALS_REQUIRED)


@pytest.mark.parametrize("path", ["/signup", "/login"])
def test_a_request_without_a_body_lacks_both_fields(anonymous: Client, path: str) -> None:
    assert_answer(anonymous.request("POST", path), 400, CREDENTIALS_REQUIRED)
    assert_answer(anonymous.post_json(path, b""), 400, CREDENTIALS_REQUIRED)


def test_the_protected_route_names_the_user(client: Client, user: User) -> None:
    assert_answer(client.get("/protected"), 200, {"logged_in_as": user.username})


def test_a_request_without_a_token_is_refused(anonymous: Client, closed_address: tuple[str, str]) -> None:
    assert_bad_token(anonymous.request(*closed_address))


def test_a_token_says_who_may_do_what_where_and_until_when(anonymous: Client, user: User) -> None:
    """The token contract: header and claims are complete, and the published keys verify it."""
    header = jwt.get_unverified_header(user.access_token)
    key = jwt.PyJWKSet.from_dict(anonymous.get("/.well-known/jwks.json").json())[header["kid"]]
    claims = jwt.decode(user.access_token, key.key, ["RS256"], options={"verify_aud": False})

    assert (header["alg"], header["typ"]) == ("RS256", "at+jwt")
    assert set(claims) >= {"iss", "aud", "sub", "exp", "iat", "nbf", "jti", "type", "username", "scope"}
    assert isinstance(claims["sub"], str)
    assert claims["sub"] != user.username
    assert claims["username"] == user.username
    assert 0 < claims["exp"] - claims["iat"] <= LIFE_SECONDS
    assert claims["nbf"] <= time.time() + LIFE_SECONDS


def test_two_logins_get_two_tokens_for_one_subject(anonymous: Client, user: User) -> None:
    first, second = (
        jwt.decode(_token(anonymous.login(user.username, user.password)), options={"verify_signature": False})
        for _ in range(2)
    )

    assert first["jti"] != second["jti"]
    assert first["sub"] == second["sub"]


def _token(answer: requests.Response) -> str:
    token: str = answer.json()["access_token"]
    return token
