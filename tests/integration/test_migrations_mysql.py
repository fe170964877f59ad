"""On MySQL migrations run once, one process after the other, and again wherever they were cut short."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Engine, NullPool, create_engine, event, inspect, text

from tests.integration.processes import in_processes, kill_this_process, killed_within
from tests.unit.auth_on_sqlite import make_auth_service
from tests.unit.catalog_on_sqlite import make_catalog_service

MIGRATORS = 4
MOST_STATEMENTS = 50
HELD_SECONDS = 2.0

MakeApp = Callable[[], Flask]


@pytest.fixture(params=[make_auth_service, make_catalog_service], ids=["auth_service", "catalog_service"])
def make_app(request: pytest.FixtureRequest, tmp_path: Path, schema_url: str) -> MakeApp:
    make: Callable[..., Flask] = request.param
    return lambda: make(tmp_path, database_url=schema_url)


@pytest.fixture
def engine(schema_url: str) -> Engine:
    return create_engine(schema_url, poolclass=NullPool)


def migrate(make_app: MakeApp, before: Callable[[Engine], None] = lambda _engine: None) -> str:
    """Run the migrations as a process of its own does, with something done to its engine before."""
    app = make_app()
    db: SQLAlchemy = app.extensions["sqlalchemy"]
    with app.app_context():
        before(db.engine)
        upgrade()
        db.engine.dispose()
    return "done"


def differences(make_app: MakeApp, engine: Engine) -> list[Any]:
    """Give what the models have and the database lacks, or the other way round."""
    metadata = make_app().extensions["migrate"].db.metadata
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def kill_before_statement(number: int) -> Callable[[Engine], None]:
    """Kill the process before its statement with this number, from 1."""

    def watch(engine: Engine) -> None:
        seen = 0

        @event.listens_for(engine, "before_cursor_execute")
        def count(*_arguments: object) -> None:
            nonlocal seen
            seen += 1
            if seen == number:
                kill_this_process()

    return watch


@contextmanager
def held_lock(engine: Engine, name: str) -> Iterator[None]:
    with engine.connect() as connection:
        connection.execute(text("SELECT GET_LOCK(:name, 0)"), {"name": name})
        yield
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": name})


def test_the_migrations_make_what_the_models_describe(make_app: MakeApp, engine: Engine) -> None:
    assert differences(make_app, engine)
    migrate(make_app)
    assert differences(make_app, engine) == []


def test_every_table_compares_text_by_bytes(make_app: MakeApp, engine: Engine) -> None:
    migrate(make_app)
    inspector = inspect(engine)
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        assert inspector.get_table_options(table)["mysql_collate"] == "utf8mb4_0900_bin"
        assert inspector.get_table_options(table)["mysql_engine"] == "InnoDB"


def test_processes_that_migrate_at_once_come_one_after_the_other(make_app: MakeApp, engine: Engine) -> None:
    assert in_processes(MIGRATORS, lambda: migrate(make_app)) == ["done"] * MIGRATORS
    assert differences(make_app, engine) == []


def test_a_migration_waits_for_the_one_that_runs(make_app: MakeApp, engine: Engine) -> None:
    name = f"{make_app().name}.migrations"
    started = time.monotonic()
    with held_lock(engine, name):
        thread = threading.Thread(target=migrate, args=(make_app,))
        thread.start()
        thread.join(HELD_SECONDS)
        assert thread.is_alive()
        assert set(inspect(engine).get_table_names()) == set()
    thread.join(60)
    assert time.monotonic() - started > HELD_SECONDS
    assert differences(make_app, engine) == []


def test_two_services_on_one_server_do_not_wait_for_each_other(make_app: MakeApp, engine: Engine) -> None:
    other = {"auth_service": "catalog_service", "catalog_service": "auth_service"}[make_app().name]
    with held_lock(engine, f"{other}.migrations"):
        assert migrate(make_app) == "done"


def test_migrations_killed_anywhere_are_finished_by_the_next_run(make_app: MakeApp, engine: Engine) -> None:
    cuts = 0
    for number in range(1, MOST_STATEMENTS):
        kill = kill_before_statement(number)
        if not killed_within(lambda: migrate(make_app, before=kill)):  # noqa: B023 (the process ends before the next)
            break
        cuts += 1
        migrate(make_app)
        assert differences(make_app, engine) == [], f"killed before statement {number}"
        empty(engine)
    assert 3 < cuts < MOST_STATEMENTS - 1


def empty(engine: Engine) -> None:
    """Drop every table."""
    tables = inspect(engine).get_table_names()
    with engine.begin() as connection:
        for table in tables:
            connection.execute(text(f"DROP TABLE `{table}`"))
