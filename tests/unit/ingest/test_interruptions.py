"""A transaction that is done again counts, rejects and reports nothing twice, and misses nothing."""

from pathlib import Path

import pytest

from catalog_service.ingest.failures import RejectedRows
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.options import Mode, OnError
from catalog_service.ingest.report import Code
from catalog_service.ingest.undo import undo
from tests.unit.ingest.files import csv_file, line
from tests.unit.ingest.uploading import RecordOfOne, Shelf, upload

HERE = Limits(in_process_bytes=10**9)
SPILLED = HERE._replace(run_bytes=16 * KIB)
IN_A_CHILD = Limits(in_process_bytes=0)
STORED = csv_file(*(line(product_id=f"{number:05d}") for number in range(0, 15_000, 3)))
ROWS = [line(product_id=f"{number:05d}", category="New") for number in range(15_000)]
BAD = [
    line(product_id="00000"), line(product_id="14999"),
    line(product_id="bad", price="x"), line(product_id="formula", product_name="=1", price=""),
]  # fmt: skip
FILE = csv_file(*ROWS, *BAD)


@pytest.mark.parametrize("limits", [HERE, SPILLED, IN_A_CHILD], ids=["here", "spilled", "in a child"])
@pytest.mark.parametrize("interrupted", [(1,), (3, 6), (8,)], ids=str)
@pytest.mark.parametrize("mode", [Mode.UPSERT, Mode.INSERT, Mode.UPDATE])
def test_an_upload_that_is_interrupted_anywhere_ends_as_one_that_is_not(
    limits: Limits, interrupted: tuple[int, ...], mode: Mode, tmp_path: Path
) -> None:
    outcomes = []
    for shelf in (Shelf(), Shelf(interrupted=[1_000 + look for look in interrupted])):
        upload(STORED, shelf, tmp_path, record=RecordOfOne(1))
        shelf.looks, shelf.transactions = 1_000, 0
        record = RecordOfOne(2)
        result = upload(FILE, shelf, tmp_path, limits, record=record, mode=mode, on_error=OnError.SKIP)
        assert shelf.transactions == 1 + len(interrupted) * bool(shelf.interrupted)
        assert record.result == result
        parts = [shelf.part(2, "undo"), shelf.part(2, "rejects")]
        outcomes.append((result, parts, list(shelf.products.items())))
    assert outcomes[0] == outcomes[1]
    result = outcomes[0][0]
    assert result.report.rows == result.created + result.updated + result.unchanged
    assert result.report.rows + result.report.rejected_total == len(ROWS) + len(BAD)


@pytest.mark.parametrize("limits", [HERE, SPILLED, IN_A_CHILD], ids=["here", "spilled", "in a child"])
def test_a_refusal_after_an_interruption_names_each_row_once(limits: Limits, tmp_path: Path) -> None:
    shelf = Shelf(interrupted=[1_005])
    upload(STORED, shelf, tmp_path, record=RecordOfOne(1))
    before, shelf.looks = shelf.products, 1_000
    record = RecordOfOne(2)
    with pytest.raises(RejectedRows) as refusal:
        upload(csv_file(*ROWS), shelf, tmp_path, limits, record=record, mode=Mode.INSERT)
    assert shelf.transactions == 3, "one for what is stored, and two for the file"
    assert refusal.value.report.totals_by_code == {Code.EXISTS: 5_000}
    assert refusal.value.report.rows == 10_000
    assert record.rejects.count("\n") == 1 + 5_000
    assert record.result is None
    assert shelf.products == before


def test_an_undo_that_is_interrupted_puts_back_and_counts_once(tmp_path: Path) -> None:
    outcomes = []
    for interrupted in ((), (1_002,), (1_001, 1_005)):
        shelf = Shelf(interrupted=interrupted)
        upload(STORED, shelf, tmp_path, record=RecordOfOne(1))
        before = shelf.products
        upload(csv_file(*ROWS), shelf, tmp_path, record=RecordOfOne(2))
        upload(csv_file(line(product_id="00001", category="Newer")), shelf, tmp_path, record=RecordOfOne(3))
        shelf.looks, shelf.transactions = 1_000, 0
        record = RecordOfOne(4)
        result = undo(2, shelf, record=record, spool_dir=tmp_path)
        assert shelf.transactions == 1 + len(interrupted)
        assert (result.created, result.updated, result.deleted) == (0, 5_000, 9_999)
        assert result.report.totals_by_code == {Code.CHANGED_SINCE: 1}
        assert record.result == result
        kept = shelf.products
        assert kept.pop("00001")[2] == "Newer"
        assert kept == before
        outcomes.append((result, shelf.part(4, "undo"), shelf.part(4, "rejects")))
    assert outcomes[0] == outcomes[1] == outcomes[2]
