"""Migrations make the tables that the models describe, and can be run again wherever they were cut short."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, event, text

from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.catalog_on_sqlite import make_catalog_service

MOST_STATEMENTS = 100


class ProcessKilled(BaseException):
    """Stands for the process's end: nothing catches it, and what was not committed is gone."""


@pytest.fixture(params=[make_auth_service, make_catalog_service], ids=["auth_service", "catalog_service"])
def make_service(request: pytest.FixtureRequest) -> Callable[[Path], Flask]:
    make: Callable[[Path], Flask] = request.param
    return make


def engine_of(app: Flask) -> Engine:
    db: SQLAlchemy = app.extensions["sqlalchemy"]
    return db.engine


def differences(app: Flask) -> list[Any]:
    """Give what the models have and the database lacks, or the other way round."""
    metadata = app.extensions["migrate"].db.metadata
    with engine_of(app).connect() as connection:
        # SQLite knows other types than were declared; on MySQL the integration tests compare these too.
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return list(compare_metadata(context, metadata))


def statements_that_make(app: Flask) -> list[str]:
    with engine_of(app).connect() as connection:
        return list(
            connection.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))
        )


@contextmanager
def killed_before_statement(engine: Engine, number: int) -> Iterator[None]:
    """Kill the process before the statement with this number, from 1."""
    seen = 0

    def count(*_arguments: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise ProcessKilled

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", count)
        engine.dispose()


def upgrade_killed_before(app: Flask, number: int) -> bool:
    """Tell whether the upgrade was killed before its statement `number`, and not through by then."""
    try:
        with killed_before_statement(engine_of(app), number):
            upgrade()
    except ProcessKilled:
        return True
    return False


def test_the_migrations_make_what_the_models_describe(
    make_service: Callable[[Path], Flask], tmp_path: Path
) -> None:
    app = make_service(tmp_path)
    with app.app_context():
        assert differences(app), "an empty database lacks the tables"
        upgrade()
        assert differences(app) == []
        engine_of(app).dispose()


def test_migrations_that_have_run_change_nothing_when_run_again(
    make_service: Callable[[Path], Flask], tmp_path: Path
) -> None:
    app = make_service(tmp_path)
    with app.app_context():
        upgrade()
        before = statements_that_make(app)
        upgrade()
        assert statements_that_make(app) == before
        engine_of(app).dispose()


def test_migrations_can_be_undone_and_done_again(
    make_service: Callable[[Path], Flask], tmp_path: Path
) -> None:
    app = make_service(tmp_path)
    with app.app_context():
        upgrade()
        downgrade(revision="base")
        assert differences(app)
        upgrade()
        assert differences(app) == []
        engine_of(app).dispose()


def test_migrations_cut_short_anywhere_are_finished_by_the_next_run(
    make_service: Callable[[Path], Flask], tmp_path: Path
) -> None:
    cuts = 0
    for number in range(1, MOST_STATEMENTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        app = make_service(folder)
        with app.app_context():
            killed = upgrade_killed_before(app, number)
            upgrade()
            assert differences(app) == [], f"cut short before statement {number}"
            engine_of(app).dispose()
        if not killed:
            break
        cuts += 1
    assert 3 < cuts < MOST_STATEMENTS - 1
