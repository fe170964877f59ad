"""A file in key order is loaded into an empty table while it is read, and nothing else comes of that."""

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import Connection

from catalog_service.ingest import child
from catalog_service.ingest.checked_file import Chunk, Progress
from catalog_service.ingest.failures import RejectedRows, WorkerDied
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.options import OnError, Plan
from catalog_service.ingest.report import Report
from catalog_service.ingest.result import Result
from catalog_service.ingest.store import Changed
from tests.unit.ingest.files import csv_file, line
from tests.unit.ingest.uploading import RecordOfOne, Shelf, ShelfTable, upload

HERE = Limits(in_process_bytes=10**9)
MANY_RUNS = Limits(in_process_bytes=0, run_bytes=64 * KIB)
ROWS = [line(product_id=f"{number:05d}") for number in range(10_000)]
OTHERWISE = {
    "an id out of order": [line(product_id="00000a")],
    "an id that stood before": [line(product_id="00007")],
    "the last id again": [line(product_id="09999")],
    "a bad row": [line(product_id="1", price="x")],
    "a bad row and good ones": [line(price="x"), *(line(product_id=f"2{n:04d}") for n in range(999))],
    "a row too short": ["1,x"],
}


class Uploads:
    """Uploads to a shelf of its own, and what the last one told of its progress."""

    def __init__(self, folder: Path, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or Shelf()
        self.record = RecordOfOne(1)
        self.told: list[Progress] = []
        self.folder = folder

    def __call__(self, rows: Sequence[str], limits: Limits = MANY_RUNS, **options: Any) -> Result | Report:
        """Give the result, or the refusal's report."""
        try:
            given = {"record": self.record, "progress": self.told.append, **options}
            return upload(csv_file(*rows), self.shelf, self.folder, limits, **given)
        except RejectedRows as refusal:
            return refusal.report

    @property
    def began_early(self) -> bool:
        """Whether rows were loaded before all were checked."""
        loading = next(n for n, progress in enumerate(self.told) if progress.stage == "loading")
        return max((progress.rows for progress in self.told[:loading]), default=0) < len(ROWS) // 2


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path)


def test_a_file_in_key_order_is_loaded_while_it_is_read(uploads: Uploads, tmp_path: Path) -> None:
    plain = Uploads(tmp_path)
    assert uploads(ROWS) == plain(ROWS, HERE)
    assert uploads.began_early
    assert not plain.began_early
    assert uploads.shelf.products == plain.shelf.products
    assert uploads.shelf.part(1, "undo") == plain.shelf.part(1, "undo")
    assert uploads.shelf.transactions == 1


@pytest.mark.parametrize("on_error", OnError)
@pytest.mark.parametrize("last", OTHERWISE.values(), ids=OTHERWISE)
def test_a_file_that_turns_out_otherwise_ends_as_one_that_was_read_first(
    last: list[str], on_error: OnError, uploads: Uploads, tmp_path: Path
) -> None:
    plain = Uploads(tmp_path)
    assert uploads(ROWS + last, on_error=on_error) == plain(ROWS + last, HERE, on_error=on_error)
    assert uploads.began_early
    assert uploads.shelf.products == plain.shelf.products
    assert uploads.record.rejects == plain.record.rejects
    assert uploads.shelf.part(1, "rejects") == plain.shelf.part(1, "rejects")


def test_a_table_with_products_is_compared_with_the_whole_file(uploads: Uploads) -> None:
    uploads(ROWS[:1], HERE)
    result = uploads(ROWS)
    assert isinstance(result, Result)
    assert (result.created, result.unchanged) == (len(ROWS) - 1, 1)


def test_a_dry_run_writes_nothing_early(uploads: Uploads) -> None:
    result = uploads(ROWS, dry_run=True)
    assert isinstance(result, Result)
    assert result.created == len(ROWS)
    assert uploads.shelf.products == {}


class InterruptedTable(ShelfTable):
    """A table whose first write the database gives up."""

    def write(self, chunks: Iterable[Chunk], revision: int | None) -> int:
        """Take some rows."""
        if self._shelf.transactions == 1:
            next(iter(chunks))
            raise Changed
        return super().write(chunks, revision)


class InterruptedShelf(Shelf):
    """A store whose first transaction is done again."""

    def table(self, connection: Connection) -> ShelfTable:
        """Give the table as one transaction has it."""
        return InterruptedTable(self, connection)


def test_a_transaction_that_is_done_again_has_all_rows(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path, InterruptedShelf())
    result = uploads(ROWS)
    assert isinstance(result, Result)
    assert result.created == len(uploads.shelf.products) == len(ROWS)


def test_a_process_that_dies_while_its_rows_are_loaded_leaves_nothing(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = child._start  # noqa: SLF001

    def start_and_note(files: Sequence[BinaryIO], plan: Plan) -> "subprocess.Popen[bytes]":
        started.append(start(files, plan))
        return started[0]

    def die(progress: Progress) -> None:
        if progress.stage == "loading":
            started[0].kill()

    monkeypatch.setattr(child, "_start", start_and_note)
    many = csv_file(*(line(product_id=f"{number:06d}") for number in range(100_000)))
    with pytest.raises(WorkerDied):
        upload(
            many,
            uploads.shelf,
            uploads.folder,
            MANY_RUNS,
            progress=die,
        )
    assert uploads.shelf.products == {}
