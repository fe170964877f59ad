"""A service whose clock is wrong, or goes backwards, trusts no token for longer and loses no order."""

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth_service.issued_tokens import revoked_and_unexpired
from auth_service.tokens import signing_keys
from catalog_service.key_set import Keys
from common.tokens import LEEWAY_SECONDS, TOKEN_LIFETIME_SECONDS
from tests.contract.products import raw_csv, raw_row
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service.signed_in import Person
from tests.unit.catalog_on_sqlite import make_catalog_service
from tests.unit.clocks import set_clock
from tests.unit.signing import claims, sign
from tests.unit.tables import with_tables

TEN_MINUTES = 600
STEP = 15
"""Seconds between two looks at whether a token is accepted."""


@dataclass
class Services:
    """Both services, and how many seconds the clock of each is ahead."""

    auth: Flask
    catalog: Flask
    ahead: dict[Flask, float]

    def status(self, tokens: dict[str, Any]) -> int:
        """Read from the catalog."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self.catalog.test_client().get("/products/none", headers=headers).status_code

    def seconds_accepted(self, tokens: dict[str, Any]) -> float:
        """For how long the catalog takes a token, now and later, as far as its clock tells."""
        accepted = 0
        wrong_by = dict(self.ahead)
        for passed in range(0, 3 * TOKEN_LIFETIME_SECONDS, STEP):
            self.ahead |= {app: seconds + passed for app, seconds in wrong_by.items()}
            status = self.status(tokens)
            assert status in (401, 404)
            accepted += STEP * (status == 404)
        self.ahead |= wrong_by
        return accepted


class Listed:
    """The auth service's list of revoked tokens as it is at the moment."""

    def __init__(self, auth: Flask) -> None:
        self.auth = auth

    def is_revoked(self, token_id: str) -> bool:
        with self.auth.app_context():
            return token_id in revoked_and_unexpired()


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    auth = make_auth_service(tmp_path)

    def fetch_keys() -> Keys:
        with auth.app_context():
            return signing_keys().published()

    catalog = make_catalog_service(tmp_path, fetch_keys)
    catalog.extensions["token_verifier"].revoked = Listed(auth)
    services = Services(auth, catalog, {auth: 0, catalog: 0})

    def clock_of(app: Flask) -> Callable[[], float]:
        return lambda: time.time() + services.ahead[app]

    for app in services.ahead:
        set_clock(app, app.name, clock_of(app), monkeypatch)
    with with_tables(auth), with_tables(catalog):
        yield services


@pytest.mark.parametrize("ahead", [-TEN_MINUTES, -20, 0, 20, TEN_MINUTES])
def test_a_token_is_taken_for_as_long_as_is_stated_and_no_longer(services: Services, ahead: int) -> None:
    """F38: a clock of the auth service is as far ahead as the catalog's is behind."""
    ada = Person(services.auth)
    services.ahead[services.auth] = ahead
    tokens = ada.sign_in()

    assert ada.may_enter(tokens), "its own clock is the one that it is held to"
    in_time = abs(ahead) <= LEEWAY_SECONDS
    assert services.status(tokens) == (404 if in_time or ahead < 0 else 401)
    stated = TOKEN_LIFETIME_SECONDS + LEEWAY_SECONDS + min(ahead, LEEWAY_SECONDS)
    assert services.seconds_accepted(tokens) == pytest.approx(stated, abs=STEP)


@pytest.mark.parametrize("ahead", [-TEN_MINUTES, 0, TEN_MINUTES])
def test_a_token_that_was_revoked_is_taken_by_no_clock(services: Services, ahead: int) -> None:
    """F38 with I5: it is listed until the last catalog has seen its end."""
    ada = Person(services.auth)
    services.ahead[services.auth] = ahead
    tokens = ada.sign_in()
    ada.call("/logout", tokens)

    assert not ada.may_enter(tokens)
    assert services.seconds_accepted(tokens) == 0


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """Sign in to a catalog whose clock steps back by ten minutes each time that it is read."""
    token = sign(claims(scope="catalog:read catalog:write"))
    began, steps = time.time(), itertools.count()
    with with_tables(make_catalog_service(tmp_path)) as app:
        set_clock(app, app.name, lambda: began - TEN_MINUTES * next(steps), monkeypatch)
        app.extensions["token_verifier"].clock = lambda: began
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        yield client


def test_uploads_keep_their_ids_and_order_while_the_clock_steps_back(client: FlaskClient) -> None:
    """F39 with I1."""

    def upload(price: str) -> str:
        data = {"file": (BytesIO(raw_csv(raw_row("pot", price=price))), "products.csv")}
        answer = client.post("/upload", data=data)
        assert answer.status_code == 200, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def price() -> object:
        return client.get("/products/pot").get_json()["price"]

    ids = [upload(price) for price in ("1", "2", "3")]

    assert len(set(ids)) == 3
    newest_first = client.get("/uploads").get_json()["items"]
    assert [upload["id"] for upload in newest_first] == ids[::-1]
    assert {upload["state"] for upload in newest_first} == {"succeeded"}
    assert newest_first[0]["started_at"] < newest_first[1]["started_at"], "by the clock it was earlier"
    first, second = (client.get(f"/uploads?limit={limit}").get_json() for limit in (1, 2))
    assert client.get(f"/uploads?cursor={first['next']}").get_json()["items"][0] == second["items"][1]
    assert price() == 3
    assert client.post(f"/uploads/{ids[2]}/undo").status_code == 200
    assert price() == 2
