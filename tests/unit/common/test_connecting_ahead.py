"""A worker of gunicorn opens its app's database connections before they are needed."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import Engine, QueuePool, create_engine, make_url

from auth_service.models import db
from common.connecting_ahead import connect_ahead
from common.database import engine_options
from common.gunicorn_config import post_worker_init
from tests.unit.auth_on_sqlite import make_auth_service
from tests.waiting import wait_until


def test_a_worker_of_the_auth_service_opens_all_that_its_engines_may_have(tmp_path: Path) -> None:
    app = make_auth_service(tmp_path)
    with app.app_context():
        engines: list[Engine] = [db.engine, app.extensions["reading_engine"]]
    pools = [engine.pool for engine in engines if isinstance(engine.pool, QueuePool)]
    assert [pool.checkedin() for pool in pools] == [0, 0]

    post_worker_init(SimpleNamespace(wsgi=app))

    wait_until(lambda: [pool.checkedin() for pool in pools] == [pool.size() for pool in pools], seconds=10)


def test_a_worker_starts_without_its_database(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask(__name__)
    nobody = make_url("mysql+pymysql://user@127.0.0.1:1/schema")
    connect_ahead(app, create_engine(nobody, **engine_options(nobody, pool_size=2)))

    with caplog.at_level(logging.INFO):
        post_worker_init(SimpleNamespace(wsgi=app))
        wait_until(lambda: caplog.messages, seconds=10)

    assert caplog.messages == ["not all connections were opened ahead: OperationalError"]


def test_an_app_that_wants_no_connections_gets_none() -> None:
    post_worker_init(SimpleNamespace(wsgi=lambda _environ, _start_response: []))
