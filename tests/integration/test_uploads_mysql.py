"""Uploads on a real MySQL: the locks that tell the living from the dead, and what their ends leave."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from pymysql import err
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import PendingRollbackError

from catalog_service.ingest.checked_file import Progress
from catalog_service.ingest.options import Options
from catalog_service.models import db
from catalog_service.stored_uploads import NewUpload, State
from catalog_service.upload_records import BeingCommitted
from catalog_service.uploads import StillRunning
from common.database import engine_options
from tests.unit.dying_uploads import OUTCOMES, check_an_upload_that_is_killed, process_stopped_at
from tests.unit.undo_races import check_two_undos_at_once
from tests.unit.uploads_on import Gate, UploadsOn, file_of, request, uploads_on

MIGRATIONS = str(Path(__file__).parents[2] / "catalog_service" / "migrations")
NEW = NewUpload("ada", "new", "Ada", None, "0" * 64, 1, Options())
MOST_STATEMENTS = 60


@pytest.fixture
def on(schema_url: str, tmp_path: Path) -> Iterator[UploadsOn]:
    with uploads_on(schema_url, tmp_path) as on:
        yield on


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(16) as pool:
        yield pool


@pytest.mark.parametrize("point", OUTCOMES)
def test_an_upload_whose_process_is_killed_is_loaded_once_by_a_second_request(
    point: str, on: UploadsOn, schema_url: str, tmp_path: Path
) -> None:
    """F01, F03 to F08: after the claim, before the load, in it, before COMMIT, and before the answer."""
    check_an_upload_that_is_killed(on, schema_url, tmp_path, point, OUTCOMES[point])


def test_an_interrupted_upload_that_many_send_again_is_loaded_once(
    on: UploadsOn, schema_url: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    with process_stopped_at("loading", schema_url, tmp_path):
        pass
    barrier = threading.Barrier(8)

    def send(_: int) -> str:
        barrier.wait()
        try:
            return on.uploads.upload(request(), file_of("a", "b")).body
        except StillRunning:
            return "later"

    answers = set(pool.map(send, range(8)))
    assert answers <= {'{"msg":"Data uploaded successfully"}', "later"}
    assert on.importer.loads == 1
    assert len(on.stored()) == 2


def test_two_at_once_under_one_new_key_load_once(on: UploadsOn, pool: ThreadPoolExecutor) -> None:
    for number in range(20):
        sent = request(f"key-{number}")
        answers = list(pool.map(lambda _, sent=sent: on.uploads.upload(sent, file_of("a")), range(2)))
        assert sorted(answer.replayed for answer in answers) == [False, True]
    assert on.importer.loads == 20


def test_of_two_undos_at_once_the_second_is_refused(on: UploadsOn, pool: ThreadPoolExecutor) -> None:
    check_two_undos_at_once(on, pool)


def test_a_run_that_lost_its_lock_loads_nothing_once_another_has_begun(
    on: UploadsOn, schema_url: str, tmp_path: Path, pool: ThreadPoolExecutor
) -> None:
    on.importer.at = gate = Gate("begun")
    first = pool.submit(on.uploads.upload, request(), file_of("a"))
    assert gate.reached.wait(20)
    kill_lock_holders(on.engine)
    with uploads_on(schema_url, tmp_path) as another:
        assert another.uploads.upload(request(), file_of("a")).status == 200
    gate.opened.set()
    assert first.result(20).status == 503
    upload = on.uploads.find("ada", "key")
    assert (upload.state, on.stored()) == (State.SUCCEEDED, {"a": upload.number})


def kill_lock_holders(engine: Engine) -> None:
    holders = text(
        "SELECT t.PROCESSLIST_ID FROM performance_schema.metadata_locks m JOIN performance_schema.threads t "
        "ON t.THREAD_ID = m.OWNER_THREAD_ID WHERE m.OBJECT_TYPE = 'USER LEVEL LOCK'"
    )
    with engine.connect() as connection:
        for holder in connection.scalars(holders).all():
            connection.execute(text(f"KILL {holder}"))
        deadline = time.monotonic() + 10
        while connection.scalars(holders).all():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_end_that_is_being_committed_is_not_taken_for_an_interruption(on: UploadsOn) -> None:
    upload, claim = on.records.begin(NEW, on.claims.take)
    claim.release()  # as if its process had died in its last command
    with on.engine.connect() as connection:
        connection.execute(text("UPDATE uploads SET state = 'succeeded'"))
        with pytest.raises(BeingCommitted):
            on.records.settled(upload.number)
        assert on.uploads.find("ada", "new").state is State.RUNNING
        connection.commit()
    assert on.uploads.find("ada", "new").state is State.SUCCEEDED


def test_progress_stands_in_the_row_while_the_load_has_not_committed(on: UploadsOn) -> None:
    _, claim = on.records.begin(NEW, on.claims.take)
    for progress in (Progress("checking", 123_456_789, 10), Progress("loading", 20, 5)):
        claim.tell(progress)
        seen = on.uploads.find("ada", "new")
        assert (seen.state, seen.stage, seen.bytes_read, seen.rows_read) == (State.RUNNING, *progress)
    claim.release()
    assert on.uploads.find("ada", "new").state is State.INTERRUPTED


def test_a_claim_whose_connection_is_gone_is_taken_again(on: UploadsOn) -> None:
    """Or its upload would be said to be interrupted while it goes on."""
    _, claim = on.records.begin(NEW, on.claims.take)
    for row in range(2):
        kill_lock_holders(on.engine)
        claim.tell(Progress("loading", 20, 2 * row))
        claim.tell(Progress("loading", 20, 2 * row + 1))
        seen = on.uploads.find("ada", "new")
        assert (seen.state, seen.rows_read) == (State.RUNNING, 2 * row + 1)
    claim.release()
    assert on.uploads.find("ada", "new").state is State.INTERRUPTED
    assert on.lock_engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_a_claim_that_can_not_be_taken_again_loses_progress_and_nothing_else(on: UploadsOn) -> None:
    _, claim = on.records.begin(NEW, on.claims.take)
    kill_lock_holders(on.engine)
    event.listen(on.lock_engine, "do_connect", refuse_to_connect, insert=True)
    claim.tell(Progress("loading", 20, 5))
    claim.tell(Progress("loading", 20, 6))
    event.remove(on.lock_engine, "do_connect", refuse_to_connect)
    claim.tell(Progress("loading", 20, 7))
    claim.tell(Progress("loading", 20, 8))
    seen = on.uploads.find("ada", "new")
    assert (seen.state, seen.rows_read) == (State.RUNNING, 8)
    claim.release()
    assert on.lock_engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def refuse_to_connect(*_: object) -> None:
    raise err.OperationalError(2003, "no server is there")


def test_locks_are_given_back_with_their_connections(on: UploadsOn) -> None:
    for number in range(30):
        on.uploads.upload(request(f"key-{number}"), file_of("a"))
    with on.engine.connect() as connection:
        held = "SELECT COUNT(*) FROM performance_schema.metadata_locks WHERE OBJECT_TYPE = 'USER LEVEL LOCK'"
        assert connection.scalar(text(held)) == 0
    assert on.lock_engine.pool.checkedin() <= 1  # type: ignore[attr-defined]


def test_locks_of_two_databases_on_one_server_are_strangers(on: UploadsOn, tmp_path: Path) -> None:
    with on.engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {on.engine.url.database}_twin"))
    twin = make_url(on.engine.url).set(database=f"{on.engine.url.database}_twin")
    try:
        with uploads_on(twin.render_as_string(hide_password=False), tmp_path) as other:
            numbers = {each.records.begin(NEW, each.claims.take)[0].number for each in (on, other)}
            assert len(numbers) == 1
    finally:
        with on.engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {twin.database}"))


def test_the_services_own_account_may_do_all_of_it(on: UploadsOn, schema_url: str, tmp_path: Path) -> None:
    schema = on.engine.url.database
    with on.engine.connect() as connection:
        connection.execute(text(f"CREATE USER {schema}@'%' IDENTIFIED BY 'secret'"))
        connection.execute(text(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {schema}.* TO {schema}@'%'"))
    limited = make_url(schema_url).set(username=schema, password="secret")
    account = UploadsOn(limited.render_as_string(hide_password=False), tmp_path)
    try:
        with process_stopped_at("loading", limited.render_as_string(hide_password=False), tmp_path):
            pass
        deadline = time.monotonic() + 10
        while account.uploads.find("ada", "key").state is State.RUNNING:
            assert time.monotonic() < deadline
        assert account.uploads.upload(request(), file_of("a", "b")).status == 200
    finally:
        account.close()
        with on.engine.connect() as connection:
            connection.execute(text(f"DROP USER {schema}"))


class ProcessKilled(BaseException):
    """Stands for the process's end."""


@pytest.fixture
def app(schema_url: str) -> Iterator[Flask]:
    app = Flask("catalog_service")
    app.config["SQLALCHEMY_DATABASE_URI"] = schema_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(make_url(schema_url), 5)
    db.init_app(app)
    Migrate(app, db)
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def connection(schema_url: str) -> Iterator[Connection]:
    engine = create_engine(schema_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


PRODUCT = ("P1", "Kettle", "Kitchen", Decimal("24.950001"), 2**63 - 1, 4.5, 27)
INSERT = "INSERT INTO products VALUES ('P1', 'Kettle', 'Kitchen', 24.950001, 9223372036854775807, 4.5, 27)"


@pytest.mark.usefixtures("app")
def test_a_migration_cut_short_anywhere_is_finished_by_the_next_and_keeps_the_products(
    connection: Connection,
) -> None:
    upgrade(MIGRATIONS, revision="0001")
    connection.execute(text(INSERT))
    connection.commit()
    cuts = 0
    for number in range(1, MOST_STATEMENTS):
        killed = upgrade_killed_before(number)
        upgrade(MIGRATIONS)
        assert tuple(connection.execute(text("SELECT * FROM products")).one()) == (*PRODUCT, 0)
        connection.rollback()
        downgrade(MIGRATIONS, revision="0001")
        assert tuple(connection.execute(text("SELECT * FROM products")).one()) == PRODUCT
        connection.rollback()
        if not killed:
            break
        cuts += 1
    assert 5 < cuts < MOST_STATEMENTS - 1


def upgrade_killed_before(number: int) -> bool:
    """Tell whether the upgrade was killed before its statement of this number, and not through by then."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            raise ProcessKilled

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        upgrade(MIGRATIONS)
    except (ProcessKilled, PendingRollbackError):
        # SQLAlchemy gives the killed connection up; giving the migrations' lock back then fails.
        return True
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
        db.engine.dispose()
    return False


def test_a_migration_waits_longer_for_the_table_than_a_request_would(
    app: Flask, connection: Connection, pool: ThreadPoolExecutor
) -> None:
    upgrade(MIGRATIONS, revision="0001")
    connection.execute(text("SELECT * FROM products"))  # holds the table's metadata

    def migrate() -> None:
        with app.app_context():
            upgrade(MIGRATIONS)

    migration = pool.submit(migrate)
    time.sleep(6)
    assert not migration.done()
    connection.rollback()
    migration.result(30)
    assert connection.execute(text("SELECT revision FROM products")).all() == []
