"""Pairs of requests about one account, of which one gives tokens and the other ends them, in every order."""

import itertools
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from werkzeug.test import TestResponse

from tests.unit.interruptions import Interrupted

PASSWORD = "secret"
MOST_STEPS = 60

Request = Callable[["Account"], TestResponse]


class Account:
    """An account with two sessions."""

    def __init__(self, app: Flask, name: str) -> None:
        """Sign up and sign in twice."""
        self.app = app
        self.name = name
        self.credentials = {"username": name, "password": PASSWORD}
        assert self.post("/signup", self.credentials).status_code == 201
        self.tokens = self.post("/login", self.credentials).get_json()
        self.others_tokens = self.post("/login", self.credentials).get_json()

    def post(self, path: str, body: object = None, token: str = "", method: str = "POST") -> TestResponse:
        """Send a request by a client of its own."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.app.test_client().open(path, method=method, json=body, headers=headers)

    def is_signed_in_by(self, tokens: dict[str, str]) -> bool:
        """Tell whether any of two tokens is still good."""
        access = self.app.test_client().get(
            "/protected", headers={"Authorization": f"Bearer {tokens['access_token']}"}
        )
        refresh = self.post("/refresh", {"refresh_token": tokens["refresh_token"]})
        assert {access.status_code, refresh.status_code} <= {200, 401}
        return 200 in {access.status_code, refresh.status_code}


def sign_in(account: Account) -> TestResponse:
    """Begin a session."""
    return account.post("/login", account.credentials)


def refresh(account: Account) -> TestResponse:
    """Go on with a session."""
    return account.post("/refresh", {"refresh_token": account.tokens["refresh_token"]})


def sign_out(account: Account) -> TestResponse:
    """End a session."""
    return account.post("/logout", token=account.tokens["access_token"])


def sign_out_everywhere(account: Account) -> TestResponse:
    """End all sessions."""
    return account.post("/logout/all", token=account.others_tokens["access_token"])


def change_password(account: Account) -> TestResponse:
    """Change the password, in another session."""
    body = {"current_password": PASSWORD, "new_password": "another secret"}
    return account.post("/me/password", body, account.others_tokens["access_token"], "PATCH")


def delete_account(account: Account) -> TestResponse:
    """Delete the account, in another session."""
    return account.post("/me", {"password": PASSWORD}, account.others_tokens["access_token"], "DELETE")


class Race(NamedTuple):
    """Two requests of which the second ends what the first gives."""

    giving: Request
    ending: Request


RACES = [
    Race(refresh, sign_out),
    Race(refresh, sign_out_everywhere),
    Race(refresh, change_password),
    Race(refresh, delete_account),
    Race(sign_in, change_password),
    Race(sign_in, delete_account),
]


def race_names() -> list[str]:
    """Name the races for a report."""
    return [f"{race.giving.__name__}-{race.ending.__name__}" for race in RACES]


def interruptions(app: Flask) -> Iterator[tuple[Interrupted, Account]]:
    """Give an interruption at the first step, then at the second, until a request has no more."""
    db: SQLAlchemy = app.extensions["sqlalchemy"]
    with app.app_context():
        engine = db.engine
    for step in itertools.count(1):
        assert step < MOST_STEPS, "a request without end"
        interrupted = Interrupted(engine, step)
        yield interrupted, Account(app, f"ada {step}")
        if not interrupted.reached:
            assert step > 3, "the requests asked the database for hardly anything"
            return


def given_beside_end(
    interrupted: Interrupted,
    give: Callable[[], TestResponse],
    end: Callable[[], TestResponse],
    *,
    ending_first: bool,
) -> TestResponse:
    """Interrupt the giving by the end, or the end by the giving, and give what was given."""
    if ending_first:
        ended, given = interrupted.run(end, give)
    else:
        given, ended = interrupted.run(give, end)
    assert ended.status_code == 200, ended.text
    assert given.status_code in {200, 401}, given.text
    return given


def assert_no_session_is_left(app: Flask, race: Race, *, ending_first: bool) -> None:
    """Run a race in every order: what was given is good for nothing once both are answered."""
    for interrupted, account in interruptions(app):
        give, end = partial(race.giving, account), partial(race.ending, account)
        given = given_beside_end(interrupted, give, end, ending_first=ending_first)
        assert not account.is_signed_in_by(account.tokens)
        if given.status_code == 200:
            assert not account.is_signed_in_by(given.get_json()), f"interrupted at step {interrupted.step}"


def assert_two_tabs_both_stay_signed_in(app: Flask) -> None:
    """Refresh by one token twice at once: both get tokens that are good."""
    for interrupted, account in interruptions(app):
        for answer in interrupted.run(partial(refresh, account), partial(refresh, account)):
            assert answer.status_code == 200
            assert account.is_signed_in_by(answer.get_json())
