"""The auth service on a SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.auth_service.key_database import Database
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
