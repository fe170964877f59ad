"""What each fault leaves behind: nothing, or, lost at the commit, all or nothing."""

import time
from pathlib import Path

import pymysql
import pytest
from sqlalchemy import Engine, make_url, text

from catalog_service.ingest.checked_file import Progress
from catalog_service.ingest.child import CheckingProcess
from catalog_service.ingest.failures import (
    IngestUnavailable,
    OutcomeUnknown,
    StoreBusy,
    StoreUnavailable,
    WorkerDied,
)
from catalog_service.ingest.load_data import LoadDataConnection
from catalog_service.ingest.mysql_store import make_ingest_engine
from tests.integration.ingest.cutting_proxy import CuttingProxy
from tests.integration.ingest.products_table import (
    IN_A_CHILD,
    Upload,
    count,
    many,
    stored,
    wait_until_quiet,
)
from tests.waiting import wait_until

LOADING = "SELECT id FROM information_schema.processlist WHERE info LIKE 'LOAD DATA%' AND db = DATABASE()"


def test_the_server_gets_no_file_of_ours(engine: Engine, tmp_path: Path, admin: Engine) -> None:
    secret = tmp_path / "secret"
    secret.write_text("1\tstolen\tx\tx\t1\t1\t1\t1\n")
    lent = engine.raw_connection()
    connection = lent.driver_connection
    assert isinstance(connection, LoadDataConnection)
    for name in (str(secret), "/etc/passwd", "0" * 32):
        with pytest.raises(pymysql.err.InterfaceError):
            connection.query(f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE products")
        connection.rollback()
        with pytest.raises(pymysql.err.InterfaceError):
            connection.load_data(f"LOAD DATA LOCAL INFILE '{name}' INTO TABLE products", [b""])
        connection.rollback()
    lent.close()
    assert count(admin) == 0


@pytest.mark.parametrize("stored_before", [0, 100])
def test_a_child_killed_while_merging_leaves_nothing(
    stored_before: int, upload: Upload, admin: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stored_before:
        upload(many(stored_before))
    started: list[CheckingProcess] = []
    enter = CheckingProcess.__enter__

    def note(process: CheckingProcess) -> CheckingProcess:
        started.append(process)
        return enter(process)

    def kill(progress: Progress) -> None:
        # Its rows are asked for while they are loaded into an empty table, or compared with a full one.
        if progress.stage != "checking" and progress.rows > 10_000:
            started[0]._process.kill()  # noqa: SLF001

    monkeypatch.setattr(CheckingProcess, "__enter__", note)
    before = stored(admin)
    with pytest.raises(WorkerDied):
        upload(many(60_000, category="New"), IN_A_CHILD, progress=kill)
    assert len(started) == 1
    assert stored(admin) == before


def test_a_connection_killed_while_loading_leaves_nothing_and_the_next_upload_works(
    admin: Engine, upload: Upload
) -> None:
    def kill(progress: Progress) -> None:
        if progress.stage == "loading" and progress.rows > 10_000:
            with admin.connect() as connection:
                for (number,) in connection.execute(text(LOADING)).all():
                    connection.execute(text(f"KILL {number}"))

    with pytest.raises(StoreUnavailable):
        upload(many(60_000), IN_A_CHILD, progress=kill)
    assert count(admin) == 0
    assert upload(many(10)).created == 10


@pytest.mark.parametrize("delivered", [True, False])
def test_a_connection_lost_at_commit_leaves_the_outcome_open(
    *, delivered: bool, proxy: CuttingProxy, through_proxy: Engine, upload: Upload, admin: Engine
) -> None:
    """Case F22."""
    proxy.cut_at(b"\x03COMMIT", delivered=delivered)
    with pytest.raises(OutcomeUnknown):
        upload(many(100), through=through_proxy)
    wait_until(lambda: count(admin) == (100 if delivered else 0))
    proxy.cut_at(None)
    upload(many(101), through=through_proxy)
    assert count(admin) == 101


def test_a_connection_lost_at_any_packet_leaves_all_or_nothing(
    proxy: CuttingProxy, through_proxy: Engine, upload: Upload, admin: Engine
) -> None:
    """Case F28: the n-th message to the server is the last, n = 1, 2, ... until an upload ends untouched."""
    for packet in range(1, 40):
        through_proxy.dispose()
        proxy.cut_after(packet)
        before = count(admin)
        try:
            upload(many(before + 100, category=f"{packet}"), through=through_proxy)
            break
        except OutcomeUnknown:
            wait_until_quiet(admin)
            assert count(admin) in (before, before + 100)
        except IngestUnavailable:
            wait_until_quiet(admin)
            assert count(admin) == before
    assert packet > 6, "greeting, session, begin, load, rows, end and commit"
    assert {row[2] for row in stored(admin)} == {f"{packet}"}


def test_no_server_is_unavailable(upload: Upload) -> None:
    nowhere = make_ingest_engine("mysql+pymysql://nobody:x@127.0.0.1:1/nothing")
    with pytest.raises(StoreUnavailable):
        upload(many(1), through=nowhere)


def test_a_wrong_password_or_a_missing_table_is_unavailable(
    upload: Upload, schema_url: str, admin: Engine
) -> None:
    wrong = make_ingest_engine(make_url(schema_url).set(password="wrong"))
    with pytest.raises(StoreUnavailable):
        upload(many(1), through=wrong)
    with admin.begin() as connection:
        connection.execute(text("DROP TABLE products"))
    with pytest.raises(StoreUnavailable):
        upload(many(1))


def test_a_read_only_server_is_unavailable_and_heals(upload: Upload, admin: Engine) -> None:
    """Case F24."""
    with admin.connect() as connection:
        connection.execute(text("SET GLOBAL super_read_only = 1"))
        try:
            with pytest.raises(StoreUnavailable):
                upload(many(10))
        finally:
            connection.execute(text("SET GLOBAL super_read_only = 0"))
            connection.execute(text("SET GLOBAL read_only = 0"))
    assert upload(many(10)).created == 10


def test_more_uploads_at_once_than_connections_are_busy(schema_url: str, upload: Upload) -> None:
    """Case F29."""
    small = make_ingest_engine(schema_url, seconds=20, pool_size=1)
    lent = small.raw_connection()
    begin = time.monotonic()
    with pytest.raises(StoreBusy):
        upload(many(1), through=small)
    assert time.monotonic() - begin < 5
    lent.close()
    upload(many(1), through=small)
    small.dispose()
