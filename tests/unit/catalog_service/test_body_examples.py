"""What the OpenAPI document gives as examples is what the program answers."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog_service.body_examples import CELL_ERROR, NEXT, REJECTS, UPLOAD
from catalog_service.ingest.failures import RejectedRows
from catalog_service.ingest.options import Options
from catalog_service.ingest.result import Result
from catalog_service.product_cursors import Position, position_at
from catalog_service.product_queries import Filters
from catalog_service.stored_uploads import State, StoredUpload
from catalog_service.upload_answers import succeeded, summary
from tests.unit.ingest.uploading import RecordOfOne, Shelf, upload
from tests.unit.uploads_on import a_report

HEADER = "product_id,product_name,category,price,quantity_sold,rating,review_count"


def test_a_cells_error_and_the_rejected_rows(tmp_path: Path) -> None:
    record = RecordOfOne()
    with pytest.raises(RejectedRows) as refusal:
        upload(f"{HEADER}\nBK-1,A Novel,Books,cheap,3,4.5,7\n", Shelf(), tmp_path, record=record)
    assert [error._asdict() for error in refusal.value.report.errors] == [CELL_ERROR]
    assert record.rejects == REJECTS


def test_the_cursor_of_a_page() -> None:
    asked = ["product_id", "False", *(None for _ in Filters())]
    assert position_at(NEXT, asked) == Position("BK-1001", "BK-1001")


def test_an_upload() -> None:
    given: dict[str, Any] = {**UPLOAD}
    running = StoredUpload(
        number=1,
        upload_id=given["id"],
        options=Options(),
        undoes=None,
        state=State.RUNNING,
        started_at=datetime.fromisoformat(given["started_at"]),
        **{name: given[name] for name in ("username", "file_name", "sha256", "bytes")},
    )
    assert running.started_at is not None
    now = running.started_at + timedelta(seconds=given["seconds"])
    ending = succeeded(running, Result(a_report(rows=40), created=40, updated=0, unchanged=0), now)
    assert summary(replace(running, **ending.values(now))) == UPLOAD
