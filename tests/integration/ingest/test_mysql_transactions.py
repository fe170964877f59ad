"""An upload is one transaction, alone and among others."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event, text

from catalog_service.ingest.checked_file import Chunk, Progress
from catalog_service.ingest.failures import (
    RejectedRows,
    StoreBusy,
    StoreUnavailable,
    WorkerDied,
)
from catalog_service.ingest.load_data import LoadDataConnection
from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
from tests.integration.ingest.products_table import (
    IN_A_CHILD,
    LOCK_WAITS,
    OTHER,
    SEEN_ANEW_SECONDS,
    Upload,
    count,
    locked,
    many,
    stored,
)
from tests.unit.ingest.files import csv_file, line
from tests.waiting import wait_until

GOOD_ROW = b"a\t1000000002\tn\tc\t1\t1\t1\t1\n"


def test_an_upload_with_one_bad_row_loads_nothing(upload: Upload, admin: Engine) -> None:
    with pytest.raises(RejectedRows):
        upload(many(1_000) + line(product_id="last", price="x"))
    assert count(admin) == 0


def test_duplicates_found_while_loading_undo_what_was_loaded(upload: Upload, admin: Engine) -> None:
    with pytest.raises(RejectedRows) as refusal:
        upload(many(30_000) + line(product_id="P029999"), IN_A_CHILD)
    assert refusal.value.report.totals_by_code == {"duplicate": 2}
    assert count(admin) == 0
    assert upload(many(10)).created == 10


def test_an_upload_given_up_while_the_server_reads_leaves_the_connection_fit_for_the_next(
    upload: Upload, admin: Engine, engine: Engine
) -> None:
    upload(many(6_000), IN_A_CHILD)
    connected: list[object] = []
    event.listen(engine, "connect", lambda connection, _: connected.append(connection))

    def give_up(progress: Progress) -> None:
        if progress.stage == "comparing":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        upload(many(6_000, price="2"), IN_A_CHILD, progress=give_up)
    assert upload(many(6_000), IN_A_CHILD).unchanged == 6_000
    assert count(admin) == 6_000
    assert connected == []


def test_products_whose_text_the_server_cut_are_not_taken_for_all(upload: Upload, schema_url: str) -> None:
    upload(many(100))
    tight = make_ingest_engine(schema_url)

    @event.listens_for(tight, "connect")
    def cut(connection: LoadDataConnection, _record: object) -> None:
        connection.query("SET SESSION group_concat_max_len = 1024")

    with pytest.raises(StoreUnavailable):
        upload(many(100, price="2"), through=tight)
    tight.dispose()


def written(engine: Engine, *rows: bytes, claimed: int | None = None, error: Exception | None = None) -> int:
    """Write rows that nobody has checked."""

    def chunks() -> Iterator[Chunk]:
        yield Chunk(b"".join(rows), len(rows) if claimed is None else claimed)
        if error:
            raise error

    return MySqlStore(engine).transact(lambda table: table.write(chunks(), 1))


@pytest.mark.parametrize(
    ("rows", "claimed"),
    [
        ([GOOD_ROW, GOOD_ROW.replace(b"a", b"b").replace(b"c\t1", b"c\tabc")], 2),
        ([GOOD_ROW.replace(b"c\t1", b"c\t1.9999999")], 1),
        ([GOOD_ROW.replace(b"n", b"n" * 300)], 1),
        ([GOOD_ROW.replace(b"n", b"\xff")], 1),
        ([b"a\t1000000002\tn\n"], 1),
        ([GOOD_ROW], 2),
    ],
    ids=["no number", "rounding", "cutting", "no UTF-8", "short", "fewer than claimed"],
)
def test_what_the_server_would_take_otherwise_than_sent_is_rolled_back(
    rows: list[bytes], claimed: int, engine: Engine, admin: Engine
) -> None:
    with pytest.raises(StoreUnavailable):
        written(engine, *rows, claimed=claimed)
    assert count(admin) == 0


def test_rows_that_end_in_an_error_are_rolled_back_and_the_connection_serves_on(
    engine: Engine, admin: Engine
) -> None:
    with pytest.raises(WorkerDied):
        written(engine, GOOD_ROW, error=WorkerDied())
    assert written(engine, GOOD_ROW.replace(b"a", b"b")) == 0
    assert [row[0] for row in stored(admin)] == ["b"]
    assert engine.pool.checkedin() == 1  # type: ignore[attr-defined]


def test_a_lock_held_too_long_is_busy_and_nothing_is_loaded(
    admin: Engine, schema_url: str, upload: Upload
) -> None:
    """Case F26: 1205 undoes the statement alone, and what it had loaded must go too."""
    upload(csv_file(line(product_id="z")))
    impatient = make_ingest_engine(schema_url, seconds=1)
    with admin.connect() as holder:
        locked(holder, "z")
        with pytest.raises(StoreBusy):
            upload(csv_file(line(product_id="a"), line(product_id="z", price="2")), through=impatient)
    impatient.dispose()
    assert [(row[0], row[3]) for row in stored(admin)] == [("z", Decimal("12.5"))]


def test_a_lock_released_in_time_is_waited_for_by_trying_again(
    admin: Engine, schema_url: str, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    upload(csv_file(line(product_id="z")))
    impatient = make_ingest_engine(schema_url, seconds=1)
    with admin.connect() as holder, ThreadPoolExecutor() as threads:
        locked(holder, "z")
        loading = threads.submit(
            upload, csv_file(line(product_id="a"), line(product_id="z")), through=impatient
        )
        wait_until(lambda: "done again" in caplog.text)
        holder.rollback()
        loading.result()
    impatient.dispose()
    assert count(admin) == 2


@pytest.mark.parametrize("reading", [True, False], ids=["while it looks", "while it writes"])
def test_a_deadlock_is_retried_whole(
    *, reading: bool, admin: Engine, upload: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    """Case F25: swallowing 1213 would lose the first half and commit the second."""
    if reading:
        upload(csv_file(line(product_id="a"), line(product_id="z")))
    # At a higher level it would lock the gaps between the rows too.
    calm = admin.execution_options(isolation_level="READ COMMITTED")
    with calm.connect() as holder, ThreadPoolExecutor() as threads:
        # Having written more, the holder is the one that the server spares.
        for number in range(50):
            holder.execute(OTHER, {"id": f"P{number}"})
        if reading:
            locked(holder, "z")
        else:
            holder.execute(OTHER, {"id": "z"})
        content = csv_file(line(product_id="a", price="3"), line(product_id="z", price="2"))
        loading = threads.submit(upload, content)
        wait_until(lambda: holder.execute(LOCK_WAITS).scalar(), pause=SEEN_ANEW_SECONDS)
        locked(holder, "a")
        wait_until(lambda: "done again" in caplog.text)
        holder.rollback()
        result = loading.result()
    assert "1213" in caplog.text
    assert (result.created, result.updated) == ((0, 2) if reading else (2, 0))
    assert [(row[0], row[3]) for row in stored(admin)] == [("a", Decimal(3)), ("z", Decimal(2))]


def test_overlapping_uploads_end_as_one_of_the_serial_orders_and_readers_see_no_part(
    admin: Engine, upload: Upload
) -> None:
    """Cases F25, F27 and I3."""
    sizes = {"few": 1_000, "some": 1_500, "many": 3_000}
    seen: set[tuple[tuple[str, int], ...]] = set()
    done = threading.Event()

    def watch() -> None:
        query = text("SELECT category, COUNT(*) FROM products GROUP BY category ORDER BY category")
        while not done.is_set():
            with admin.connect() as connection:
                seen.add(tuple((str(name), int(rows)) for name, rows in connection.execute(query)))

    with ThreadPoolExecutor(max_workers=4) as threads:
        watching = threads.submit(watch)
        files = [many(rows, category=name) for name, rows in sizes.items()]
        for loading in [threads.submit(upload, file) for _ in range(12) for file in files]:
            loading.result()
        done.set()
        watching.result()
    assert len(seen) > 1
    for rows in map(dict, seen):
        last_is_whole = any(rows.get(name) == size for name, size in sizes.items())
        assert last_is_whole or not rows
