"""Loading into SQLite."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from catalog_service.ingest.checked_file import Progress
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import IngestUnavailable, RejectedRows, StoreBusy, StoreUnavailable
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.result import Result
from catalog_service.ingest.sqlite_store import SqliteStore, price_in_millionths
from catalog_service.models import Base
from common.database import prepare_engine
from tests.unit.ingest.files import csv_file, line
from tests.unit.ingest.uploading import Shelf
from tests.unit.ingest.uploading import upload as upload_to


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.db"
    engine = create_engine(f"sqlite:///{path}")
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0.2})
    yield engine
    engine.dispose()


def stored(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM products ORDER BY product_id").fetchall()  # noqa: S608
    connection.close()
    return rows


def upload(content: str, engine: Engine, spool_dir: Path, limits: Limits = Limits()) -> Result:  # noqa: B008 - immutable
    return upload_to(content, SqliteStore(engine), spool_dir, limits)


def test_products_are_inserted_and_replaced_by_id(engine: Engine, path: Path, tmp_path: Path) -> None:
    upload(csv_file(line(), line(product_id="P2", product_name=r"\\N")), engine, tmp_path)
    upload(
        csv_file(
            line(price="0.000001", rating="0.1"), line(product_id="P3", quantity_sold="9223372036854775807")
        ),
        engine,
        tmp_path,
    )
    assert stored(path) == [
        ("P1", "Lamp", "Light", 1, 3, 0.1, 7),
        ("P2", r"\\N", "Light", 12_500_000, 3, 4.5, 7),
        ("P3", "Lamp", "Light", 12_500_000, 2**63 - 1, 4.5, 7),
    ]


@pytest.mark.parametrize(
    ("price", "millionths"),
    [
        ("0", 0),
        ("12.5", 12_500_000),
        ("0.000001", 1),
        ("999999999999.999999", 10**18 - 1),
        ("007.10", 7_100_000),
    ],
)
def test_a_price_is_kept_exactly(price: str, millionths: int) -> None:
    assert price_in_millionths(price) == millionths


def test_an_upload_with_one_bad_row_loads_nothing(engine: Engine, path: Path, tmp_path: Path) -> None:
    with pytest.raises(RejectedRows):
        upload(csv_file(line(), line(product_id="P2", price="x")), engine, tmp_path)
    assert stored(path) == []


def test_duplicates_found_while_loading_undo_what_was_loaded(
    engine: Engine, path: Path, tmp_path: Path
) -> None:
    rows = [line(product_id=f"{number:05d}") for number in range(9_000)]
    with pytest.raises(RejectedRows) as refusal:
        upload(csv_file(*rows, rows[-1]), engine, tmp_path, Limits(run_bytes=64 * KIB))
    assert [error.line for error in refusal.value.report.errors] == [9_001, 9_002]
    assert stored(path) == []


def test_a_database_that_another_writes_to_for_too_long_is_busy(
    engine: Engine, path: Path, tmp_path: Path
) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        upload(csv_file(line()), engine, tmp_path)
    writer.execute("ROLLBACK")
    writer.close()
    upload(csv_file(line()), engine, tmp_path)
    assert len(stored(path)) == 1


def test_a_database_that_cannot_be_written_is_unavailable(path: Path, tmp_path: Path) -> None:
    read_only = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreUnavailable):
        upload(csv_file(line()), read_only, tmp_path)
    missing = create_engine(f"sqlite:///{tmp_path}/no/such/folder.db")
    with pytest.raises(StoreUnavailable):
        upload(csv_file(line()), missing, tmp_path)
    read_only.dispose()


@pytest.mark.parametrize("call", range(1, 6))
def test_whichever_call_of_the_database_fails_nothing_is_loaded(
    call: int, engine: Engine, path: Path, tmp_path: Path
) -> None:
    """Case F28: the n-th statement is interrupted."""
    rows = csv_file(*(line(product_id=f"{number:05d}") for number in range(9_000)))
    connection = engine.raw_connection()
    driver = connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    calls = iter(range(1, 1_000_000))
    driver.set_progress_handler(lambda: next(calls) == call, 1_000)
    connection.close()
    with pytest.raises(IngestUnavailable):
        upload(rows, engine, tmp_path)
    assert stored(path) == []
    assert not driver.in_transaction


def test_overlapping_uploads_end_as_one_of_the_serial_orders(path: Path, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 20})
    files = [
        csv_file(*(line(product_id=f"{number:05d}", category=category) for number in range(3_000)))
        for category in ("first", "second")
    ]
    threads = [threading.Thread(target=upload, args=(content, engine, tmp_path)) for content in files * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row[2] for row in stored(path)} in ({"first"}, {"second"})
    assert len(stored(path)) == 3_000
    engine.dispose()


def test_a_reader_never_sees_a_part_of_an_upload(engine: Engine, path: Path, tmp_path: Path) -> None:
    seen: set[int] = set()

    def look(progress: Progress) -> None:
        if progress.stage == "loading":
            seen.add(len(stored(path)))

    content = csv_file(*(line(product_id=f"{number:05d}") for number in range(9_000)))
    limits = Limits(in_process_bytes=0)
    upload_to(content, SqliteStore(engine), tmp_path, limits, progress=look)
    assert seen == {0}
    assert len(stored(path)) == 9_000


def test_every_store_takes_the_same_rows(engine: Engine, path: Path, tmp_path: Path) -> None:
    content = csv_file(line(product_name='"a\tb\nc\\n"'), line(product_id="é", price="-0.0"))
    shelf = Shelf()
    for store in (SqliteStore(engine), shelf):
        upload_to(content, store, tmp_path)
    assert [row[:3] for row in stored(path)] == [product[:3] for product in shelf.products.values()]
