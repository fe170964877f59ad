"""Whole uploads, in this process and in a child, into a store that is a dictionary and into SQLite."""

import gzip
import io
import os
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar, cast

import pytest

from catalog_service.ingest.checked_file import Progress
from catalog_service.ingest.child import CheckingProcess
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.engine import ingest
from catalog_service.ingest.failures import (
    InvalidFile,
    MissingColumn,
    NoRows,
    RejectedRows,
    SpoolUnavailable,
    TookTooLong,
    TooLarge,
    WorkerDied,
    WrongEncoding,
)
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.options import Plan
from catalog_service.ingest.store import Table
from tests.unit.ingest.children import children
from tests.unit.ingest.files import HEADER, csv_file, ignore, in_a_child, line, load
from tests.unit.ingest.uploading import RecordOfOne, Shelf, upload

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[3]
IN_A_CHILD = Limits(in_process_bytes=0, run_bytes=16 * KIB)
MANY = csv_file(*(line(product_id=f"{number * 7919 % 10_000:05d}") for number in range(10_000)))


@pytest.fixture(params=[Limits(), IN_A_CHILD], ids=["here", "in a child"])
def limits(request: pytest.FixtureRequest) -> Limits:
    return request.param  # type: ignore[no-any-return]


def test_a_good_file_is_loaded_and_reported(limits: Limits, tmp_path: Path) -> None:
    shelf = Shelf()
    content = f"{HEADER},note\n{line()},x\n{line(product_id='P2')},\n"
    result = upload(content, shelf, tmp_path, limits)
    report = result.report
    assert set(shelf.products) == {"P1", "P2"}
    assert (result.created, result.updated, result.unchanged) == (2, 0, 0)
    assert (report.rows, report.rejected_total) == (2, 0)
    assert list(report.ignored_columns) == ["note"]
    assert list(report.columns) == [*COLUMNS, "note"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("", NoRows),
        ("a,b\n1,2\n", MissingColumn),
        (csv_file(line()).encode("utf-16"), WrongEncoding),
        (csv_file(line(price="x")), RejectedRows),
        (csv_file(line(), line()), RejectedRows),
        (csv_file(line(product_name='"open')), RejectedRows),
    ],
)
def test_a_refused_file_loads_nothing_and_says_why_the_same_everywhere(
    content: str | bytes, kind: type[InvalidFile], limits: Limits, tmp_path: Path
) -> None:
    shelf = Shelf()
    with pytest.raises(kind) as refusal:
        upload(content, shelf, tmp_path, limits)
    assert shelf.products == {}
    with pytest.raises(kind) as expected:
        load(content)
    found, wanted = refusal.value.report, expected.value.report
    assert list(found.errors) == list(wanted.errors)
    assert (found.rows, found.rejected_total) == (wanted.rows, wanted.rejected_total)
    assert found.totals_by_code == wanted.totals_by_code
    assert found.totals_by_column == wanted.totals_by_column
    assert list(found.columns) == list(wanted.columns)
    assert refusal.value.message == expected.value.message


def test_too_large_a_file_is_refused_the_same_everywhere(limits: Limits, tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="larger than 10 bytes"):
        upload(csv_file(line()), Shelf(), tmp_path, limits._replace(unpacked_bytes=10))


def test_the_store_is_not_asked_for_anything_if_a_row_is_bad(limits: Limits, tmp_path: Path) -> None:
    class Untouchable:
        def transact(self, work: Callable[[Table], T], *, locking: bool = True) -> T:
            raise AssertionError

    for content in (csv_file(line(), line(product_id="2", price="x")), csv_file(line(), line())):
        with pytest.raises(RejectedRows):
            upload(content, Untouchable(), tmp_path, limits)


def test_a_child_gives_the_same_rows_as_this_process(tmp_path: Path) -> None:
    assert in_a_child(MANY, tmp_path, run_bytes=16 * KIB) == load(MANY)
    assert in_a_child(gzip.compress(MANY.encode()), tmp_path) == load(MANY)


def test_a_child_starts_with_the_standard_library_alone() -> None:
    imported = "import catalog_service.ingest.worker, sys; print(*sys.modules)"
    command = [sys.executable, "-E", "-S", "-c", imported]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)  # noqa: S603
    assert not {"sqlalchemy", "pymysql", "flask", "subprocess", "dataclasses"} & set(done.stdout.split())


def test_files_of_every_kind_are_read_from_their_beginning(limits: Limits, tmp_path: Path) -> None:
    for make in (io.BytesIO, tempfile.TemporaryFile, tempfile.SpooledTemporaryFile):
        with cast("BinaryIO", make()) as file:
            file.write(MANY.encode())  # the position is the end now, and a part is not flushed
            result = ingest(file, Shelf(), record=RecordOfOne(), spool_dir=tmp_path, plan=Plan(limits=limits))
            assert result.report.rows == 10_000


def test_progress_tells_bytes_and_rows_that_only_grow(tmp_path: Path) -> None:
    told: list[Progress] = []
    shelf = Shelf()
    upload(csv_file(line(product_id="stored")), shelf, tmp_path)
    upload(MANY, shelf, tmp_path, IN_A_CHILD, progress=told.append)
    assert [each.stage for each in told] == sorted(each.stage for each in told)
    for stage in ("checking", "comparing", "loading"):
        steps = [each for each in told if each.stage == stage]
        assert steps == sorted(steps)
        assert steps[-1].bytes_read == len(MANY)
    assert told[-1].rows == 10_000


def test_nothing_is_left_behind(limits: Limits, tmp_path: Path) -> None:
    before = children()
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    threads = set(threading.enumerate())
    for content in (MANY, csv_file(line(price="x")), csv_file(line(), line())):
        with pytest.raises(RejectedRows) if content != MANY else open(os.devnull):  # noqa: PTH123
            upload(content, Shelf(), tmp_path, limits)
    assert list(tmp_path.iterdir()) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
    for thread in set(threading.enumerate()) - threads:
        # A timer that was cancelled takes a moment to end.
        thread.join(5)
        assert not thread.is_alive()
    assert children() == before


def test_what_progress_raises_gives_the_upload_up_and_ends_the_child(tmp_path: Path) -> None:
    class GivenUp(Exception):
        pass

    def give_up(progress: Progress) -> None:
        if progress.stage == "loading":
            raise GivenUp

    shelf, before = Shelf(), children()
    with pytest.raises(GivenUp):
        upload(MANY, shelf, tmp_path, IN_A_CHILD, progress=give_up)
    assert shelf.products == {}
    assert children() == before


@pytest.mark.parametrize("stage", ["checking", "giving rows"])
def test_a_child_that_is_killed_is_an_error_of_ours(stage: str, tmp_path: Path) -> None:
    def kill(progress: Progress) -> None:
        if progress.stage == stage:
            process._process.kill()  # noqa: SLF001

    path = tmp_path / "products.csv"
    path.write_text(csv_file(*(line(product_id=str(number)) for number in range(100_000))))
    with path.open("rb") as file, (tmp_path / "rejects").open("w+b") as rejects:
        process = CheckingProcess(file, rejects, tmp_path, Plan(limits=IN_A_CHILD), kill)
        with pytest.raises(WorkerDied), process:
            deque(map(lambda _: process._process.kill(), process.chunks()), maxlen=0)  # noqa: C417, SLF001


def test_a_child_that_is_dead_before_its_rows_are_asked_for_is_an_error_of_ours_and_leaves_nothing_open(
    tmp_path: Path,
) -> None:
    path = tmp_path / "products.csv"
    path.write_text(MANY)
    with path.open("rb") as file, (tmp_path / "rejects").open("w+b") as rejects:
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        process = CheckingProcess(file, rejects, tmp_path, Plan(limits=IN_A_CHILD), ignore)
        with process:
            process._process.kill()  # noqa: SLF001
            process._process.wait()  # noqa: SLF001
            with pytest.raises(WorkerDied):
                next(process.chunks())
        assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_a_child_that_hangs_is_killed_at_its_deadline(tmp_path: Path) -> None:
    read, write = os.pipe()  # a file whose end never comes
    with (
        open(read, "rb") as endless,  # noqa: PTH123
        open(write, "wb"),  # noqa: PTH123
        (tmp_path / "rejects").open("w+b") as rejects,
    ):
        plan = Plan(limits=Limits(seconds=0.3))
        process = CheckingProcess(endless, rejects, tmp_path, plan, ignore)
        with pytest.raises(WorkerDied), process:
            pass


def test_rows_are_loaded_within_the_deadline_or_not_at_all(tmp_path: Path) -> None:
    """Also those that are checked by then, so that no child is waited for."""
    shelf = Shelf()
    patient = Limits(in_process_bytes=len(MANY))
    with pytest.raises(TookTooLong):
        upload(MANY, shelf, tmp_path, patient._replace(seconds=0))
    assert shelf.products == {}
    upload(MANY, shelf, tmp_path, patient)
    with pytest.raises(TookTooLong):
        upload(MANY, shelf, tmp_path, patient._replace(seconds=0))


def test_a_child_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(MANY)
    with path.open("rb") as file, (tmp_path / "rejects").open("w+b") as rejects:
        process = CheckingProcess(file, rejects, tmp_path, Plan(), ignore)
        process.__enter__()
        for pipe in (process._commands, process._frames):  # noqa: SLF001 - as the kernel does for a dead parent
            pipe.close()
        assert process._process.wait(timeout=5) is not None  # noqa: SLF001
        process.close()


def test_a_spool_folder_that_is_gone_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SpoolUnavailable):
        upload(MANY, Shelf(), tmp_path / "gone", IN_A_CHILD)
    with pytest.raises(SpoolUnavailable):
        upload(MANY, Shelf(), tmp_path / "gone", Limits(in_process_bytes=10**9, run_bytes=1))


def a_full_disk(**_: object) -> BinaryIO:
    return open("/dev/full", "w+b", buffering=0)  # noqa: PTH123 - closed by whoever asked for it


def test_a_spool_without_room_is_said_so_wherever_it_is_met(
    limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F43: by what waits to be written, by rejected rows, by rows that are sorted."""
    shelf = Shelf()
    upload(MANY, shelf, tmp_path, limits)
    before = dict(shelf.products)
    monkeypatch.setattr("catalog_service.ingest.spool.tempfile.TemporaryFile", a_full_disk)
    changed = MANY.replace("Books", "Novels")
    bad = csv_file(*(line(product_id=f"{number}", price="cheap") for number in range(10_000)))
    for content in (changed, bad):
        with pytest.raises((SpoolUnavailable, WorkerDied)):
            upload(content, shelf, tmp_path, limits)
    assert shelf.products == before
