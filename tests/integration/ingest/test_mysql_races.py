"""What others do between an upload's look at the stored products and its write."""

from collections.abc import Callable, Iterable
from functools import partial

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.failures import RejectedRows, StoreBusy
from catalog_service.ingest.mysql_store import MySqlTable
from catalog_service.ingest.options import Mode, OnError
from tests.integration.ingest.products_table import OTHER, Upload, stored
from tests.unit.ingest.files import csv_file, line
from tests.unit.ingest.uploading import RecordOfOne, part_of


def before_each_write(monkeypatch: pytest.MonkeyPatch, *interruptions: Callable[[], object]) -> None:
    """Have things happen between the looks of each next transaction and its write."""
    write, left = MySqlTable.write, list(interruptions)

    def interrupted(table: MySqlTable, chunks: Iterable[Chunk], revision: int | None) -> int:
        if left:
            left.pop(0)()
        return write(table, chunks, revision)

    monkeypatch.setattr(MySqlTable, "write", interrupted)


def inserted(admin: Engine, product_id: str) -> None:
    with admin.begin() as connection:
        connection.execute(OTHER, {"id": product_id})


@pytest.mark.parametrize("stored_before", [["z"], []], ids=["a stored product", "an empty table"])
def test_a_product_made_between_look_and_write_is_counted_as_updated_and_nothing_twice(
    stored_before: list[str], admin: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    for product_id in stored_before:
        inserted(admin, product_id)
    before_each_write(monkeypatch, lambda: inserted(admin, "b"))
    record = RecordOfOne()
    bad = [line(product_id="bad", price="x"), line(product_id="2"), line(product_id="2")]
    content = csv_file(line(product_id="a"), line(product_id="b"), *bad)
    result = upload(content, record=record, on_error=OnError.SKIP)
    assert (result.created, result.updated, result.unchanged) == (1, 1, 0)
    assert result.report.rejected_total == 3
    assert result.report.totals_by_code == {"not_a_number": 1, "duplicate": 2}
    with admin.connect() as connection:
        undo = part_of(connection, record.number, "undo").splitlines()
        rejects = part_of(connection, record.number, "rejects").splitlines()
    own = str(record.number)
    assert undo == [f"a\t{own}", f"b\t{own}\t0\tOther\tOther\t1\t1\t1\t1"]
    assert sorted(row.partition(",")[0] for row in rejects[1:]) == ["2", "2", "bad"]
    assert {row[0]: row[1] for row in stored(admin)} == {
        "a": "Lamp", "b": "Lamp", **dict.fromkeys(stored_before, "Other"),
    }  # fmt: skip


def test_under_insert_a_product_made_between_look_and_write_is_refused(
    admin: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_each_write(monkeypatch, lambda: inserted(admin, "b"))
    record = RecordOfOne()
    with pytest.raises(RejectedRows) as refusal:
        upload(csv_file(line(product_id="a"), line(product_id="b")), record=record, mode=Mode.INSERT)
    assert refusal.value.report.totals_by_code == {"exists": 1}
    assert record.rejects.count("\n") == 2
    assert [row[:2] for row in stored(admin)] == [("b", "Other")]


def test_under_update_a_product_deleted_between_look_and_write_cannot_be(
    admin: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserted(admin, "a")

    def delete() -> None:
        with admin.connect() as connection:
            connection.execute(text("SET innodb_lock_wait_timeout = 1"))
            with pytest.raises(OperationalError, match="1205"):
                connection.execute(text("DELETE FROM products"))
            connection.rollback()
            connection.invalidate()  # the pool's others wait as long as usual

    before_each_write(monkeypatch, delete)
    result = upload(csv_file(line(product_id="a")), mode=Mode.UPDATE)
    assert (result.created, result.updated, result.unchanged) == (0, 1, 0)


def test_products_that_others_make_again_and_again_are_busy_and_nothing_is_loaded(
    admin: Engine, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserted(admin, "z")
    before_each_write(monkeypatch, *(partial(inserted, admin, each) for each in "bcd"))
    record = RecordOfOne()
    with pytest.raises(StoreBusy):
        upload(csv_file(*(line(product_id=each) for each in "abcd")), record=record)
    assert [row[:2] for row in stored(admin)] == [(each, "Other") for each in "bcdz"]
    with admin.connect() as connection:
        assert part_of(connection, record.number, "undo") == ""
