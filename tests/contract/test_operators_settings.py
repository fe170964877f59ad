"""`SIGNUP=closed`, `DEFAULT_SCOPES` and `PASSWORD_POLICY=nist`, as people meet them over HTTP."""

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import pytest

from tests.contract.answers import assert_answer
from tests.contract.client import Client, User, unique
from tests.contract.embedded_program import embedded_program, run_command

pytestmark = pytest.mark.own_program

STRICT = {"SIGNUP": "closed", "DEFAULT_SCOPES": "catalog:read", "PASSWORD_POLICY": "nist"}
CLOSED = {"msg": "Sign-up is closed. Ask an administrator for an account."}
SHORT = {"msg": "A password has at least 15 characters."}
COMMON = {"msg": "This password is one of the most common ones. Choose another."}
REPEATED = {"msg": "A password must not be one shorter part again and again."}
RUNS = {"msg": "A password must not be made of runs such as 12345, abcde, qwerty or aaaaa."}
NAMED = {"msg": "A password must not contain the username."}
GOOD = "seven wet lanterns"


class Shop(NamedTuple):
    """A server with other settings than it was first started with."""

    anonymous: Client
    administrator: Client
    old: User
    """An account from before, whose password is short."""


@pytest.fixture(scope="module")
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Start a program, make an administrator, and start it again with stricter settings."""
    if request.config.getoption("--base-url"):
        pytest.skip("starts embedded programs of its own, as `make test` does")
    data_dir = tmp_path_factory.mktemp("shop")
    with embedded_program(data_dir) as address, closing(Client(address, rate=None)) as client:
        owner, old = client.new_user(), client.new_user(password="short")
    run_command(data_dir, "grant", owner.username, "users:admin")
    with embedded_program(data_dir, **STRICT) as address, closing(Client(address, rate=None)) as client:
        token = client.login(owner.username, owner.password).json()["access_token"]
        yield Shop(client, client.with_token(token), old)


def make(shop: Shop, username: str, password: str) -> tuple[int, dict[str, object]]:
    credentials = {"username": username, "password": password}
    answer = shop.administrator.request("POST", "/users", json=credentials)
    return answer.status_code, answer.json()


def test_closed_sign_up_is_refused_also_for_a_name_that_is_taken(shop: Shop) -> None:
    assert_answer(shop.anonymous.signup(unique("stranger"), GOOD), 403, CLOSED)
    assert_answer(shop.anonymous.signup(shop.old.username, GOOD), 403, CLOSED)
    assert shop.anonymous.signup("", "").status_code == 400


def test_an_account_that_an_administrator_makes_has_the_default_scopes(shop: Shop) -> None:
    name = unique("reader")
    status, made = make(shop, name, GOOD)
    assert (status, made["scopes"]) == (201, ["catalog:read"])

    reader = shop.anonymous.with_token(shop.anonymous.login(name, GOOD).json()["access_token"])

    assert reader.me()["scopes"] == ["catalog:read"]
    assert reader.get("/reports/summary").status_code == 200
    assert_answer(reader.upload(b""), 403, {"msg": "This needs the scope catalog:write."})


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("fourteen chars", SHORT),
        ("1q2w3e4r5t6y7u8i", COMMON),
        ("passwordpassword", REPEATED),
        ("1234567890123456", RUNS),
        ("abcdefghijklmnop", RUNS),
        ("qwertyuiopasdfgh", RUNS),
        ("aaaaaaaaaaaaaaab", RUNS),
        ("my name is ada.lovelace", NAMED),
    ],
)
def test_a_new_password_keeps_the_policy(shop: Shop, password: str, refusal: dict[str, str]) -> None:
    assert make(shop, "ada.lovelace", password) == (400, refusal)


def test_an_old_password_signs_in_and_its_change_keeps_the_policy(shop: Shop) -> None:
    old = shop.old
    entered = shop.anonymous.login(old.username, old.password)
    assert entered.status_code == 200
    theirs = shop.anonymous.with_token(entered.json()["access_token"])

    assert_answer(theirs.change_password(old.password, "passwordpassword"), 400, REPEATED)
    assert theirs.change_password(old.password, GOOD).status_code == 200
    assert shop.anonymous.login(old.username, GOOD).status_code == 200
