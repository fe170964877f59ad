"""The auth service on a SQLite file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from auth_service.api_keys import ApiKeys
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service.browsers import sign_in
from tests.unit.auth_service.guesses import Clock
from tests.unit.auth_service.key_database import Database
from tests.unit.auth_service.keys_and_owners import make_user
from tests.unit.auth_service.signed_in import Person
from tests.unit.tables import with_tables


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with with_tables(make_auth_service(tmp_path)) as made:
        yield made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path)
    yield made
    for engine in made.engines:
        engine.dispose()


@pytest.fixture
def _read_always_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test wait for the seconds after which the keys are read again."""
    monkeypatch.setattr("auth_service.signing_keys.RELOAD_SECONDS", 0.0)


@pytest.fixture
def _tidied_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let old rows be looked for whenever others are added, and not once a minute."""
    monkeypatch.setattr("auth_service.housekeeping.LOOK_AGAIN_SECONDS", 0.0)


@pytest.fixture
def _app_context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def _request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context(environ_base={"REMOTE_ADDR": "192.0.2.1"}):
        yield


@pytest.fixture
def clock() -> Clock:
    """Make a clock that is set by hand."""
    return Clock()


@pytest.fixture
def ada(app: Flask) -> Person:
    """Make somebody with an account."""
    return Person(app)


@pytest.fixture
def tokens(ada: Person) -> dict[str, Any]:
    """Give the tokens of a session of hers."""
    return ada.sign_in()


@pytest.fixture
def api_keys(app: Flask) -> ApiKeys:
    """Give the app's API keys."""
    made: ApiKeys = app.extensions["api_keys"]
    return made


@pytest.fixture
def owner(_app_context: None) -> str:
    """Make an account for API keys, without a password, and give its id."""
    return make_user("ada", "catalog:read catalog:write users:admin")


@pytest.fixture
def browser(app: Flask, ada: Person) -> Client:
    """Ada's browser, which is signed in with a cookie."""
    made = app.test_client()
    assert sign_in(made, ada).status_code == 200
    return made
