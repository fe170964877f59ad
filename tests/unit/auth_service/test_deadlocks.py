"""Whichever statement MySQL ends to end a deadlock, its transaction is done again: no client hears of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pymysql import err
from pymysql.constants import ER
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from auth_service.administration import administration
from auth_service.models import db
from auth_service.transactions import TRIES
from common.scopes import Scope
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.tables import with_tables

MOST_WRITES = 200


class Deadlocks:
    """Ends some of the statements that write, which alone wait for each other."""

    def __init__(self, app: Flask) -> None:
        """Watch an app's database; nothing is ended until it's said what."""
        self.writes, self.ended = 0, range(0)
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._before)

    def end(self, first: int, times: int = 1) -> None:
        """End a write by its number from now, from 1, and those that follow it."""
        self.writes, self.ended = 0, range(first, first + times)

    def _before(self, _connection: object, _cursor: object, statement: str, *_more: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            self.writes += 1
            if self.writes in self.ended:
                deadlock = err.OperationalError(ER.LOCK_DEADLOCK, "Deadlock found when trying to get lock")
                raise OperationalError(statement, {}, deadlock)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    # All these people share an address.
    allowances = {"signups_per_address": 1_000, "wrong_passwords_per_address": 1_000}
    with with_tables(make_auth_service(tmp_path, **allowances)) as made:
        yield made


@pytest.fixture
def deadlocks(app: Flask) -> Deadlocks:
    return Deadlocks(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def a_life(client: FlaskClient, administrator: dict[str, str], name: str) -> list[tuple[str, int]]:
    """Do all that changes something to one account, and give what was answered."""
    answers = []

    def send(method: str, path: str, expected: int = 200, token: str = "", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else more.pop("headers", {})
        answer = client.open(path, method=method, headers=headers, **more)
        answers.append((f"{method} {path}: {answer.text}", answer.status_code - expected))
        return answer.get_json()

    person = {"username": name, "password": "a password of ada's"}
    send("POST", "/signup", 201, json=person)
    send("POST", "/login", 401, json=person | {"password": "another"})
    tokens = send("POST", "/login", json=person)
    tokens = send("POST", "/refresh", json={"refresh_token": tokens["refresh_token"]})
    token = tokens["access_token"]
    key = send("POST", "/api-keys", 201, token, json={"name": "CI"})
    form = {"grant_type": "client_credentials", "client_id": key["client_id"]}
    send("POST", "/token", data=form | {"client_secret": key["client_secret"]})
    send("POST", "/token", 401, data=form | {"client_secret": "x"})
    send("DELETE", f"/api-keys/{key['client_id']}", token=token)
    user_id = send("GET", "/me", token=token)["id"]
    send("PATCH", f"/users/{user_id}", headers=administrator, json={"scopes": ["catalog:read"]})
    token = send("POST", "/login", json=person)["access_token"]
    passwords = {"current_password": person["password"], "new_password": "the next password"}
    send("PATCH", "/me/password", token=token, json=passwords)
    person["password"] = passwords["new_password"]
    for path in ("/logout", "/logout/all"):
        send("POST", path, token=send("POST", "/login", json=person)["access_token"])
    token = send("POST", "/login", json=person)["access_token"]
    send("DELETE", "/me", token=token, json={"password": person["password"]})
    return answers


@pytest.mark.usefixtures("_tidied_each_time")
def test_a_transaction_that_a_deadlock_undid_is_done_again(
    app: Flask, client: FlaskClient, deadlocks: Deadlocks
) -> None:
    administrator = sign_in_administrator(app, client)
    number = 0
    while number < deadlocks.writes or not number:
        number += 1
        deadlocks.end(number)
        answers = a_life(client, administrator, f"ada {number}")
        assert [answer for answer, difference in answers if difference] == [], f"write {number}"
    assert 20 < number < MOST_WRITES


def test_one_that_is_undone_again_and_again_is_503_and_leaves_nothing(
    client: FlaskClient, deadlocks: Deadlocks
) -> None:
    person = {"username": "ada", "password": "a password of ada's"}
    deadlocks.end(1, TRIES)
    answer = client.post("/signup", json=person)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert client.post("/signup", json=person).status_code == 201


def sign_in_administrator(app: Flask, client: FlaskClient) -> dict[str, str]:
    """Make an administrator's account and give the header of one who is signed in to it."""
    person = {"username": "root", "password": "a password of root's"}
    client.post("/signup", json=person)
    with app.app_context():
        administration().grant("root", [Scope.USERS_ADMIN])
    token = client.post("/login", json=person).get_json()["access_token"]
    return {"Authorization": f"Bearer {token}"}
