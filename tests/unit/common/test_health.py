"""Alive is not ready."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from flask_openapi3.models.info import Info
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from common.health import Check, ping, register_health
from common.service import Service


def client_of(**checks: Check) -> FlaskClient:
    app = Service("tests", info=Info(title="tests", version="1"), doc_ui=False)
    register_health(app, checks)
    return app.test_client()


def works() -> None:
    pass


def fails() -> None:
    raise RuntimeError("password=hunter2")


def test_a_service_is_ready_when_no_check_fails() -> None:
    answer = client_of(database=works, keys=works).get("/readyz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ready"})


def test_a_service_that_is_not_ready_names_all_that_it_lacks_and_nothing_more() -> None:
    answer = client_of(database=fails, disk=works, keys=fails).get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"msg": "Not ready: database, keys."})
    assert answer.headers["Retry-After"] == "2"


def test_a_service_that_is_not_ready_is_alive() -> None:
    answer = client_of(database=fails).get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "alive"})


def test_a_service_becomes_ready_as_soon_as_its_check_works() -> None:
    problems = [RuntimeError("not yet")]

    def check() -> None:
        if problems:
            raise problems.pop()

    client = client_of(database=check)
    assert [client.get("/readyz").status_code for _ in range(2)] == [503, 200]


def test_a_database_that_answers_passes_the_check(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/here.db")
    ping(engine)
    engine.dispose()


def test_a_database_that_is_not_there_fails_the_check(tmp_path: Path) -> None:
    with pytest.raises(OperationalError):
        ping(create_engine(f"sqlite:///{tmp_path}/missing/there.db"))
