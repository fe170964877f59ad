"""Uploads as resources, on SQLite: what they tell, in what order, for how long, and to whom."""

import itertools
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from catalog_service.ingest.checked_file import Progress
from catalog_service.ingest.failures import MissingColumn, RejectedRows, TooLarge
from catalog_service.ingest.options import Options
from catalog_service.ingest.report import Code, RowError
from catalog_service.ingest.result import Result
from catalog_service.models import Upload, UploadPart
from catalog_service.stored_uploads import NewUpload, State
from catalog_service.upload_answers import resource, summary
from catalog_service.upload_claims import Claim
from catalog_service.upload_runs import RunningUpload
from catalog_service.upload_schemas import UploadBody, UploadSummaryBody
from catalog_service.uploads import (
    NoRejects,
    NoSuchUpload,
)
from common.cursors import BadCursor
from tests.unit.uploads_on import KEPT_DAYS, Gate, UploadsOn, a_report, file_of, raising, request

NEW = NewUpload("ada", "new", "Ada", None, "0" * 64, 1, Options())
UPLOADED = '{"msg":"Data uploaded successfully"}'


def test_progress_is_seen_while_the_upload_runs(
    on: UploadsOn, another: UploadsOn, pool: ThreadPoolExecutor
) -> None:
    _, claim = on.records.begin(NEW, on.claims.take)
    assert another.uploads.find("ada", "new").stage is None
    # Also while a load holds SQLite's one write lock.
    on.importer.at = gate = Gate("loading")
    load = pool.submit(on.uploads.upload, request(), file_of("a"))
    assert gate.reached.wait(20)
    for progress in (Progress("checking", 123_456_789, 10), Progress("loading", 20, 5)):
        claim.tell(progress)
        seen = another.uploads.find("ada", "new")
        assert (seen.state, seen.stage, seen.bytes_read, seen.rows_read) == (State.RUNNING, *progress)
    gate.opened.set()
    load.result(20)
    claim.release()


def test_progress_is_told_once_a_second_at_most_and_never_once_the_end_is_written(on: UploadsOn) -> None:
    upload, claim = on.records.begin(NEW, on.claims.take)
    told: list[Progress] = []
    clock = itertools.count(0, 0.25)
    running = RunningUpload(upload, Listening(claim, told), on.records, lambda: next(clock))
    for rows in range(20):
        running.tell(Progress("checking", 0, rows))
    assert 3 <= len(told) <= 5
    with on.engine.begin() as connection:
        running.complete(connection, Result(a_report(), 0, 0, 0))
    running.tell(Progress("loading", 0, 0))
    assert told[-1].stage == "checking"


class Listening:
    """A claim whose progress goes to a list."""

    def __init__(self, claim: Claim, told: list[Progress]) -> None:
        self.tell = told.append
        self.release = claim.release


def bad_row(line: int = 2) -> RowError:
    return RowError(line, "price", "x", Code.NOT_A_NUMBER, "price must be a plain number.")


def test_a_refused_file_is_answered_the_same_for_ever(on: UploadsOn) -> None:
    report = a_report(
        3, 1, errors=[bad_row()], totals_by_code={"not_a_number": 1}, totals_by_column={"price": 1}
    )
    on.importer.at = raising(RejectedRows(report))
    first, second = (on.uploads.upload(request(), file_of("a")) for _ in range(2))
    assert second == first._replace(replayed=True)
    assert first.status == 400
    body = json.loads(first.body)
    assert body == {
        "msg": "1 row has errors, so nothing was loaded.",
        "errors": [bad_row()._asdict()],
        "total": 1,
        "totals_by_code": {"not_a_number": 1},
    }
    upload = resource(on.uploads.find("ada", "key"))
    assert (upload["state"], upload["rejected"], upload["created"]) == ("rejected", 1, 0)
    assert (upload["bytes"], upload["bytes_read"], upload["rows_read"]) == (2, 2, 4)
    assert (upload["msg"], upload["errors"]) == (body["msg"], body["errors"])
    assert (upload["totals_by_code"], upload["totals_by_column"]) == ({"not_a_number": 1}, {"price": 1})


def test_a_missing_column_has_the_contracts_body_and_a_resource(on: UploadsOn) -> None:
    error = RowError(1, "price", None, Code.MISSING_COLUMN, "The column price is missing.")
    on.importer.at = raising(MissingColumn(a_report(errors=[error], totals_by_code={"missing_column": 1})))
    answer = on.uploads.upload(request(), file_of("a"))
    assert (answer.status, answer.body) == (400, '{"msg":"Missing column: price"}')
    assert resource(on.uploads.find("ada", "key"))["errors"] == [error._asdict()]


def test_too_large_a_file_is_refused_for_good(on: UploadsOn) -> None:
    on.importer.at = raising(TooLarge("The file is larger than 1 byte."))
    answers = [on.uploads.upload(request(), file_of("a")) for _ in range(2)]
    assert [each.status for each in answers] == [413, 413]
    assert [each.replayed for each in answers] == [False, True]


def test_a_dry_run_is_answered_with_its_resource(on: UploadsOn) -> None:
    dry = request(options=Options(dry_run=True))
    answer = on.uploads.upload(dry, file_of("a", "b"))
    body = json.loads(answer.body)
    assert body == resource(on.uploads.find("ada", "key"))
    assert (body["state"], body["created"], body["options"]["dry_run"]) == ("succeeded", 2, True)
    assert on.uploads.upload(dry, file_of("a", "b")).body == answer.body


def test_resources_have_the_members_that_their_schemas_promise(on: UploadsOn) -> None:
    on.uploads.upload(request(), file_of("a"))
    upload = on.uploads.find("ada", "key")
    assert set(resource(upload)) == set(UploadBody.model_fields)
    assert set(summary(upload)) == set(UploadSummaryBody.model_fields)
    UploadBody.model_validate(resource(upload))
    UploadBody.model_validate(resource(replace(upload, state=State.INTERRUPTED, finished_at=None)))


def test_times_are_utc_and_a_clock_set_back_makes_no_negative_duration(on: UploadsOn) -> None:
    on.uploads.upload(request(), file_of("a"))
    upload = on.uploads.find("ada", "key")
    body = resource(upload)
    started = datetime.fromisoformat(body["started_at"])
    assert body["started_at"].endswith("Z")
    assert abs(datetime.now(UTC) - started) < timedelta(minutes=1)
    assert 0 <= body["seconds"] < 60
    assert resource(replace(upload, finished_at=started - timedelta(hours=1)))["seconds"] == 0


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "../../etc/passwd"),
        ("a\0\r\n\ud800b", "a\ufffd\ufffd\ufffd\ufffdb"),
        ("é" * 999, "é" * 255),
    ],
)
def test_a_file_name_is_made_fit_to_be_shown(on: UploadsOn, given: str, shown: str) -> None:
    on.uploads.upload(request()._replace(file_name=given), file_of("a"))
    assert on.uploads.find("ada", "key").file_name == shown


def test_an_upload_of_another_user_is_not_found(on: UploadsOn) -> None:
    on.uploads.upload(request(owner="ada"), file_of("a"))
    for look in (on.uploads.find, on.uploads.rejects):
        with pytest.raises(NoSuchUpload):
            look("bob", "key")


def test_pages_go_from_the_newest_to_the_oldest_while_uploads_are_added(on: UploadsOn) -> None:
    sent = [on.uploads.upload(request(f"key-{number}"), file_of()).upload_id for number in range(7)]
    found: list[str] = []
    cursor = None
    while True:
        page = on.uploads.page("ada", cursor, 3)
        found += [upload.upload_id for upload in page.items]
        on.uploads.upload(request(f"late-{len(found)}"), file_of())
        cursor = page.next
        if cursor is None:
            break
    assert found == sent[::-1]


def test_a_last_page_that_is_full_says_that_it_is_the_last(on: UploadsOn) -> None:
    for number in range(3):
        on.uploads.upload(request(f"key-{number}"), file_of())
    assert on.uploads.page("ada", None, 3).next is None
    assert on.uploads.page("ada", None, 2).next is not None
    assert on.uploads.page("nobody", None, 2) == ([], None)


@pytest.mark.parametrize(
    "cursor", ["", "x", "MA", "LTE", "MQ==", "MQ\n", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "é", "MDE"]
)
def test_a_cursor_that_no_page_gave_is_refused(on: UploadsOn, cursor: str) -> None:
    with pytest.raises(BadCursor) as refusal:
        on.uploads.page("ada", cursor, 3)
    assert refusal.value.body()["errors"][0]["field"] == "cursor"


def keep(on: UploadsOn, number: int, *parts: bytes, kind: str = "rejects") -> None:
    with on.engine.begin() as connection:
        for seq, part in enumerate(parts):
            values = {"number": number, "kind": kind, "seq": seq, "data": zlib.compress(part)}
            connection.execute(insert(UploadPart).values(values))


def test_rejects_are_streamed_in_small_pieces(on: UploadsOn) -> None:
    on.uploads.upload(request(), file_of("a"))
    keep(on, on.uploads.find("ada", "key").number, b"line\n" * 100_000, b"the end")
    pieces = list(on.uploads.rejects("ada", "key"))
    assert b"".join(pieces) == b"line\n" * 100_000 + b"the end"
    assert max(map(len, pieces)) <= 64 * 1024


def test_an_upload_without_rejects_has_none(on: UploadsOn) -> None:
    on.uploads.upload(request(), file_of("a"))
    keep(on, on.uploads.find("ada", "key").number, b"x", kind="undo")
    with pytest.raises(NoRejects):
        on.uploads.rejects("ada", "key")


def test_the_rejects_that_an_engine_hands_over_can_be_read(on: UploadsOn) -> None:
    begun, claim = on.records.begin(NEW, on.claims.take)
    on.records.keep(begun.number, "rejects", [zlib.compress(b"one,"), zlib.compress(b"two")])
    claim.release()
    assert b"".join(on.uploads.rejects("ada", "new")) == b"one,two"


def test_parts_are_dropped_once_they_are_old_and_their_uploads_stay(on: UploadsOn) -> None:
    for key in ("old", "older", "young"):
        on.uploads.upload(request(key), file_of())
        keep(on, on.uploads.find("ada", key).number, b"x", b"y")
    past = datetime.now(UTC) - timedelta(days=KEPT_DAYS, seconds=1)
    with on.engine.begin() as connection:
        old = Upload.upload_id.in_(["old", "older"])
        connection.execute(update(Upload).where(old).values(started_at=past, finished_at=past))
        # One that was interrupted has no end.
        connection.execute(update(Upload).where(Upload.upload_id == "old").values(finished_at=None))
    on.uploads.upload(request("last"), file_of())
    with on.engine.connect() as connection:
        left = set(connection.scalars(select(UploadPart.number)))
    assert left == {on.uploads.find("ada", "young").number}
    assert on.uploads.find("ada", "older").state is State.SUCCEEDED
