"""What an operator does to the keys, and to what an account may do."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from auth_service.models import AuditEvent, User, db
from auth_service.signing_keys import SigningKeys

Rotate = Callable[..., Result]


@pytest.fixture
def rotate(app: Flask) -> Rotate:
    return lambda *options: app.test_cli_runner().invoke(args=["rotate", *options])


@pytest.fixture
def keys(app: Flask) -> SigningKeys:
    made: SigningKeys = app.extensions["signing_keys"]
    with app.app_context():
        made.current()
    return made


def test_rotating_publishes_a_new_key_that_does_not_sign_yet(
    app: Flask, rotate: Rotate, keys: SigningKeys
) -> None:
    with app.app_context():
        old, _ = keys.current()
        result = rotate()
        (new,) = set(keys.published()) - {old}
        assert (result.exit_code, result.output) == (0, f"The new signing key is {new}.\n")
        assert keys.current()[0] == old


def test_rotating_now_makes_a_key_that_signs_at_once(app: Flask, rotate: Rotate, keys: SigningKeys) -> None:
    result = rotate("--now")
    with app.app_context():
        assert (result.exit_code, result.output) == (0, f"The new signing key is {keys.current()[0]}.\n")


@pytest.mark.usefixtures("keys")
def test_rotating_again_too_soon_is_refused_with_the_reason(rotate: Rotate) -> None:
    assert rotate().exit_code == 0
    result = rotate()
    assert result.exit_code == 1
    assert result.output == "Error: A new key waits already for its turn to sign.\n"


def test_no_private_key_and_no_passphrase_is_printed(rotate: Rotate) -> None:
    output = rotate("--now").output
    assert "PRIVATE" not in output
    assert "passphrase of the tests" not in output


@pytest.fixture
def run(app: Flask) -> Iterator[Callable[..., Result]]:
    credentials = {"username": "Ada", "password": "secret"}
    assert app.test_client().post("/signup", json=credentials).status_code == 201
    with app.app_context():
        yield lambda *arguments: app.test_cli_runner().invoke(args=arguments)


def scope() -> str:
    with Session(db.engine) as session:
        return session.scalars(select(User.scope)).one()


def actions() -> list[str]:
    with Session(db.engine) as session:
        return list(session.scalars(select(AuditEvent.action).order_by(AuditEvent.number)))


def test_an_account_is_granted_scopes_by_any_spelling_of_its_name(run: Callable[..., Result]) -> None:
    result = run("grant", "ada", "users:admin")

    assert (result.exit_code, result.output) == (0, "ada has now: catalog:read catalog:write users:admin.\n")
    assert scope() == "catalog:read catalog:write users:admin"
    assert actions() == ["signed_up", "scopes_changed"]


def test_a_scope_that_is_there_already_changes_nothing(run: Callable[..., Result]) -> None:
    assert run("grant", "ada", "catalog:read").exit_code == 0

    assert actions() == ["signed_up"]


def test_an_account_can_be_left_without_any_scope(run: Callable[..., Result]) -> None:
    result = run("revoke", "Ada", "catalog:write", "catalog:read")

    assert (result.exit_code, result.output) == (0, "Ada has now: no scope.\n")
    assert scope() == ""


@pytest.mark.parametrize("command", ["grant", "revoke"])
@pytest.mark.parametrize("name", ["grace", "ada ", "", "a\0da"])
def test_a_name_that_nobody_has_is_an_error(run: Callable[..., Result], command: str, name: str) -> None:
    result = run(command, name, "users:admin")

    assert (result.exit_code, result.output) == (1, "Error: There is no account of that name.\n")


@pytest.mark.parametrize("scopes", [[], ["users:root"], ["users:admin catalog:read"]])
def test_a_scope_that_there_is_not_is_an_error(run: Callable[..., Result], scopes: list[str]) -> None:
    assert run("grant", "ada", *scopes).exit_code == 2
    assert scope() == "catalog:read catalog:write"
