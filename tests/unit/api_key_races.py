"""An exchange of an API key beside a request that ends what it gives, in every order."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from flask import Flask
from werkzeug.test import TestResponse

from tests.unit.session_races import Account, delete_account, given_beside_end, interruptions

GRANT = {"grant_type": "client_credentials"}


class Program:
    """A program with an API key, its owner, and an administrator who can do without either."""

    def __init__(self, owner: Account) -> None:
        """Make the key, and the administrator."""
        self.owner = owner
        token = owner.tokens["access_token"]
        self.key = owner.post("/api-keys", {"name": "CI"}, token).get_json()
        self.owner_id = owner.app.test_client().get("/me", headers=bearer(token)).get_json()["id"]
        self.administrator = Account(owner.app, f"administrator of {owner.name}")
        granted = owner.app.test_cli_runner().invoke(args=["grant", self.administrator.name, "users:admin"])
        assert granted.exit_code == 0, granted.output
        self.administrator.tokens = self.administrator.post(
            "/login", self.administrator.credentials
        ).get_json()

    def exchange(self) -> TestResponse:
        """Get a token for the key."""
        credentials = {part: self.key[part] for part in ("client_id", "client_secret")}
        return self.owner.app.test_client().post("/token", data=GRANT | credentials)

    def change_owner(self, **changes: object) -> TestResponse:
        """Let the administrator change the owner's account."""
        token = self.administrator.tokens["access_token"]
        return self.administrator.post(f"/users/{self.owner_id}", changes, token, "PATCH")


def bearer(token: str) -> dict[str, str]:
    """Give the header with a token."""
    return {"Authorization": f"Bearer {token}"}


def revoke_key(program: Program) -> TestResponse:
    """Revoke the key."""
    path = f"/api-keys/{program.key['client_id']}"
    return program.owner.post(path, None, program.owner.tokens["access_token"], "DELETE")


def delete_owner(program: Program) -> TestResponse:
    """Delete the owner's account."""
    return delete_account(program.owner)


def disable_owner(program: Program) -> TestResponse:
    """Disable the owner's account."""
    return program.change_owner(disabled=True)


def take_scope_from_owner(program: Program) -> TestResponse:
    """Take from the owner what the key gives, too."""
    return program.change_owner(scopes=["catalog:read"])


class End(NamedTuple):
    """What ends the tokens of a key, or what they are good for."""

    request: Callable[[Program], TestResponse]
    left: str | None
    """The scope of the tokens that the key gives afterwards; None if it gives none."""


ENDS = [End(revoke_key, None), End(delete_owner, None), End(disable_owner, None)]
ENDS.append(End(take_scope_from_owner, "catalog:read"))


def names_of_ends() -> list[str]:
    """Name the ends for a report."""
    return [end.request.__name__ for end in ENDS]


def assert_nothing_is_left_but(app: Flask, end: End, *, ending_first: bool) -> None:
    """Exchange a key while its end comes, in every order: no token is good for more than it should be."""
    for interrupted, owner in interruptions(app):
        program = Program(owner)
        give, ending = program.exchange, partial(end.request, program)
        given = given_beside_end(interrupted, give, ending, ending_first=ending_first)
        _assert_good_for(app, given, end.left)
        _assert_good_for(app, program.exchange(), end.left)


def _assert_good_for(app: Flask, given: TestResponse, scope: str | None) -> None:
    if given.status_code == 200:
        token = given.get_json()["access_token"]
        status = app.test_client().get("/protected", headers=bearer(token)).status_code
        assert status == 401 or (status, given.get_json()["scope"]) == (200, scope)
