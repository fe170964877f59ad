"""Whichever call of the database fails, the answer is 503 in JSON, and nothing is half done."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from auth_service.administration import administration
from auth_service.models import db
from common.scopes import Scope
from tests.unit.database_faults import Faults

MOST_CALLS = 40
ADA = {"username": "ada", "password": "secret"}


@pytest.fixture
def faults(app: Flask) -> Faults:
    # The context ends here: a request within it would share its session with the next one.
    with app.app_context():
        return Faults(db.engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def assert_unavailable(answer: TestResponse) -> None:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert set(answer.get_json()) == {"msg"}
    assert "secret" not in answer.text


def assert_answered(answer: TestResponse, status: int, faults: Faults) -> None:
    """Hold an answer to a status, or to 503 if a call of the database failed on the way."""
    if faults.struck:
        assert_unavailable(answer)
    else:
        assert answer.status_code == status, answer.text


def failing_calls(faults: Faults) -> Iterator[int]:
    """Let the first call fail, then the second, until a request makes fewer."""
    for number in range(1, MOST_CALLS):
        faults.fail_at(number)
        yield number
        if not faults.struck:
            assert number > 2, "the faults met no call at all"
            return
        faults.fail_at(None)
    raise AssertionError("a request without end")


@pytest.mark.parametrize("path", ["/signup", "/users"])
def test_an_account_is_made_whole_or_can_be_made_again(
    app: Flask, client: FlaskClient, faults: Faults, path: str
) -> None:
    headers = sign_in_administrator(app, client)
    for number in failing_calls(faults):
        person = {"username": f"bob {number}", "password": "secret"}
        answer = client.post(path, json=person, headers=headers)
        if faults.struck:
            assert_unavailable(answer)
            faults.fail_at(None)
            assert client.post(path, json=person, headers=headers).status_code == 201
            faults.failing, faults.calls = number, number
        else:
            assert answer.status_code == 201


def test_a_sign_in_is_never_refused_for_the_databases_fault(client: FlaskClient, faults: Faults) -> None:
    assert client.post("/signup", json=ADA).status_code == 201
    assert client.post("/login", json=ADA).status_code == 200, "and the signing key is made"
    for _ in failing_calls(faults):
        answer = client.post("/login", json=ADA)
        assert_answered(answer, 200, faults)


def test_an_api_key_is_made_and_revoked_wholly_or_not_at_all(client: FlaskClient, faults: Faults) -> None:
    headers = sign_in(client)
    for number in failing_calls(faults):
        answer = client.post("/api-keys", json={"name": "CI"}, headers=headers)
        if faults.struck:
            assert_unavailable(answer)
            continue
        faults.fail_at(None)
        (key,) = client.get("/api-keys", headers=headers).get_json()["api_keys"]
        faults.fail_at(number)
    path = f"/api-keys/{key['client_id']}"
    for _ in failing_calls(faults):
        answer = client.delete(path, headers=headers)
        assert_answered(answer, 200, faults)


def test_a_token_exchange_is_never_refused_for_the_databases_fault(
    client: FlaskClient, faults: Faults
) -> None:
    key = client.post("/api-keys", json={"name": "CI"}, headers=sign_in(client)).get_json()
    form = {"grant_type": "client_credentials"} | {part: key[part] for part in ("client_id", "client_secret")}
    for _ in failing_calls(faults):
        answer = client.post("/token", data=form)
        assert_answered(answer, 200, faults)


def test_a_refused_exchange_is_an_event_or_is_not_answered(client: FlaskClient, faults: Faults) -> None:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x"}
    assert client.post("/token", data=form).status_code == 401, "and the signing key is made"
    for _ in failing_calls(faults):
        answer = client.post("/token", data=form)
        assert_answered(answer, 401, faults)


def test_a_session_cookie_outlives_the_databases_fault(client: FlaskClient, faults: Faults) -> None:
    assert client.post("/signup", json=ADA).status_code == 201
    assert client.post("/login", json={**ADA, "session": "cookie"}).status_code == 200
    for _ in failing_calls(faults):
        answer = client.post("/refresh", json={})
        assert ("Set-Cookie" in answer.headers) == (not faults.struck)
        assert_answered(answer, 200, faults)


@pytest.mark.parametrize("path", ["/logout", "/logout/all"])
def test_a_cookie_is_cleared_exactly_if_its_session_has_ended(
    client: FlaskClient, faults: Faults, path: str
) -> None:
    headers = sign_in(client)
    for _ in failing_calls(faults):
        answer = client.post(path, headers=headers)
        assert ("Set-Cookie" in answer.headers) == (not faults.struck)
        assert_answered(answer, 200, faults)


def test_an_administrators_change_is_done_exactly_if_it_is_answered(
    app: Flask, client: FlaskClient, faults: Faults
) -> None:
    headers = sign_in_administrator(app, client)
    bob = client.post("/users", json={**ADA, "username": "bob"}, headers=headers).get_json()
    address = f"/users/{bob['id']}"
    for number in failing_calls(faults):
        answer = client.patch(address, json={"disabled": True}, headers=headers)
        assert_answered(answer, 200, faults)
        done = not faults.struck
        faults.fail_at(None)
        assert client.get(address, headers=headers).get_json()["disabled"] == done
        if not done:
            faults.failing, faults.calls = number, number


def sign_in(client: FlaskClient) -> dict[str, str]:
    """Make an account and give the header of one who is signed in to it."""
    assert client.post("/signup", json=ADA).status_code == 201
    return credentials(client)


def sign_in_administrator(app: Flask, client: FlaskClient) -> dict[str, str]:
    """Make an administrator's account and give the header of one who is signed in to it."""
    assert client.post("/signup", json=ADA).status_code == 201
    with app.app_context():
        administration().grant("ada", [Scope.USERS_ADMIN])
    return credentials(client)


def credentials(client: FlaskClient) -> dict[str, str]:
    """Sign in to the account that is there and give the header for it."""
    token = client.post("/login", json=ADA).get_json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_the_first_key_is_made_whole_or_not_at_all(app: Flask, faults: Faults) -> None:
    for _ in failing_calls(faults):
        answer = app.test_client().get("/readyz")
        if not faults.struck:
            assert answer.status_code == 200
            return
        assert answer.status_code in {200, 503}
        assert answer.is_json


def test_the_service_is_ready_again_once_the_database_is(client: FlaskClient, faults: Faults) -> None:
    faults.fail_at(1)
    assert client.get("/readyz").status_code == 503
    faults.fail_at(None)
    assert client.get("/readyz").status_code == 200
