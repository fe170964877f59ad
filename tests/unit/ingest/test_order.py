"""Order by key, duplicates, and memory that does not depend on the file."""

import errno
import random
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from catalog_service.ingest.checked_file import silent
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import RejectedRows, SpoolUnavailable
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.options import OnError
from catalog_service.ingest.report import Code, RowError
from catalog_service.ingest.runs import SortedRuns
from tests.unit.ingest.files import csv_file, line, load, open_file, problems, refuse
from tests.unit.ingest.uploading import Shelf, upload

REPOSITORY = Path(__file__).parents[3]
MANY_RUNS = Limits(run_bytes=4 * KIB)


@pytest.fixture(params=[Limits(), MANY_RUNS], ids=["one run", "many runs"])
def limits(request: pytest.FixtureRequest) -> Limits:
    return request.param  # type: ignore[no-any-return]


def shuffled(count: int) -> list[str]:
    ids = [f"P{number:05d}" for number in range(count)]
    random.Random(7).shuffle(ids)
    return ids


def test_rows_come_in_the_order_of_their_ids_bytes(limits: Limits) -> None:
    ids = shuffled(3_000)
    products = load(csv_file(*(line(product_id=each) for each in ids)), limits)
    assert [product[0] for product in products] == sorted(ids)


def test_rows_come_again_when_asked_again(limits: Limits) -> None:
    checked = open_file(csv_file(*(line(product_id=each) for each in shuffled(1_000))), limits)
    first = list(checked.chunks())
    assert list(checked.chunks()) == first
    assert sum(chunk.rows for chunk in first) == 1_000
    checked.close()


@pytest.mark.parametrize("other", ["", "another name"])
def test_of_an_id_that_stands_twice_both_rows_are_refused_each_naming_the_other(
    limits: Limits, other: str
) -> None:
    ids = shuffled(1_000)
    rows = [line(product_id=each) for each in ids]
    rows.append(line(product_id=ids[3], product_name=other or "Lamp"))
    report = refuse(csv_file(*rows), limits)
    assert [(error.line, error.column, error.value, error.code) for error in report.errors] == [
        (5, "product_id", ids[3], Code.DUPLICATE),
        (1_002, "product_id", ids[3], Code.DUPLICATE),
    ]
    assert [named_line(error) for error in report.errors] == [1_002, 5]
    assert (report.rows, report.rejected_total) == (999, 2)


def named_line(error: RowError) -> int:
    return int(error.message.rpartition("line ")[2].removesuffix(" too."))


def test_each_row_of_an_id_names_another_one(limits: Limits) -> None:
    rows = [line(product_id=each) for each in shuffled(500)]
    rows += [line(product_id="again", product_name=name) for name in ("z", "a", "m")]
    report = refuse(csv_file(*rows), limits)
    assert [(error.line, named_line(error)) for error in report.errors] == [
        (502, 503),
        (503, 502),
        (504, 502),
    ]
    assert (report.rows, report.rejected_total) == (500, 3)


def test_thousands_of_duplicates_are_counted_exactly_and_the_lowest_lines_listed(limits: Limits) -> None:
    rows = [line(product_id=each) for each in [*shuffled(2_000), *shuffled(2_000)]]
    report = refuse(csv_file(*rows), limits)
    assert report.totals_by_code == {Code.DUPLICATE: 4_000}
    assert report.totals_by_column == {"product_id": 4_000}
    assert [error.line for error in report.errors] == list(range(2, 102))


def test_thousands_of_rows_of_one_id_are_all_refused(limits: Limits) -> None:
    rows = [line(product_id="same", review_count=str(number)) for number in range(5_000)]
    report = refuse(csv_file(line(product_id="a"), *rows, line(product_id="z")), limits)
    assert (report.rows, report.totals_by_code) == (2, {Code.DUPLICATE: 5_000})


def test_duplicates_are_noted_once_however_often_and_far_the_rows_are_asked_for(limits: Limits) -> None:
    rows = [line(product_id=each) for each in [*shuffled(6_000), *shuffled(4_000)]]
    checked = open_file(csv_file(*rows), limits, on_error=OnError.SKIP)
    for _ in range(3):
        next(checked.chunks())
    whole = [list(checked.chunks()) for _ in range(2)]
    assert whole[0] == whole[1]
    assert sum(chunk.rows for chunk in whole[0]) == checked.report.rows == 2_000
    assert checked.report.totals_by_code == {Code.DUPLICATE: 8_000}
    checked.close()


def test_duplicates_are_found_beside_bad_cells(limits: Limits) -> None:
    rows = [line(product_id=each) for each in shuffled(500)]
    content = csv_file(line(product_id="a"), line(product_id="b", price="x"), *rows, line(product_id="a"))
    assert problems(content, limits) == [
        (2, "product_id", Code.DUPLICATE),
        (3, "price", Code.NOT_A_NUMBER),
        (504, "product_id", Code.DUPLICATE),
    ]


@pytest.mark.parametrize(
    "pair", [("a", "a\\"), ("a", "a\t"), ("a\tb", "a"), ("a\\tb", "a\tb"), ("a", "a\x01"), ("é", "e\u0301")]
)
def test_ids_that_nearly_agree_are_no_duplicates(limits: Limits, pair: tuple[str, str]) -> None:
    rows = [line(product_id=each) for each in [*pair, *shuffled(500)]]
    assert len(load(csv_file(*rows), limits)) == 502


def test_a_duplicate_is_found_wherever_the_merge_cuts() -> None:
    for count in range(2_040, 2_056):  # the rows of a slice and around
        ids = [f"{number:05d}" for number in range(count)]
        assert refuse(csv_file(*(line(product_id=each) for each in [*ids, ids[-1]]))).rejected_total == 2


def test_no_room_for_temporary_files_is_an_error_of_ours() -> None:
    def full() -> BinaryIO:
        raise OSError(errno.ENOSPC, "No space left on device")

    runs = SortedRuns(full, run_bytes=10, spilled=silent)
    with pytest.raises(SpoolUnavailable):
        runs.add([b"a row that is longer"])


def test_a_full_disk_is_an_error_of_ours_at_any_write() -> None:
    full = open("/dev/full", "wb", buffering=0)  # noqa: SIM115, PTH123
    runs = SortedRuns(lambda: full, run_bytes=10, spilled=silent)
    with full, pytest.raises(SpoolUnavailable):
        runs.add([b"a row that is longer"])


def test_nothing_is_given_to_load_once_a_bad_row_is_known() -> None:
    checked = open_file(csv_file(line(), line(product_id="2", price="x")))
    chunks = checked.chunks()
    with pytest.raises(RejectedRows):
        next(chunks)


PEAK = """
import sys, tempfile
from catalog_service.ingest.checked_file import CheckedFile
from catalog_service.ingest.options import Plan
with open(sys.argv[1], "rb", buffering=0) as file, tempfile.TemporaryFile() as rejects:
    checked = CheckedFile(file, rejects, tempfile.TemporaryFile, Plan(), lambda _: None)
    rows = sum(chunk.rows for chunk in checked.chunks())
# ru_maxrss would be that of the process that started this one, if it was larger.
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(rows, int(peak) // 1024)
"""


def peak_mebibytes(path: Path, rows: int) -> int:
    """Measure the peak memory of a process that reads a file of random ids."""
    numbers = random.Random(7)
    with path.open("w", encoding="utf-8") as file:
        print(",".join(COLUMNS), file=file)
        for number in range(rows):
            print(line(product_id=f"{numbers.randrange(10**9):09d}{number:07d}"), file=file)
    command = [sys.executable, "-c", PEAK, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY)  # noqa: S603
    found, peak = map(int, done.stdout.split())
    assert found == rows
    return peak


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    small, large = (peak_mebibytes(tmp_path / "rows.csv", rows) for rows in (150_000, 600_000))
    assert large < 64, "the process may be no larger than this, in MiB"
    assert large - small < 8


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (['P3,"Lamp,Home,1,1,1,1', *(line(product_id=f"q{n}") for n in range(200))], Code.UNCLOSED_QUOTE),
        (
            [
                'P3,"Lamp,Home,1,1,1,1',
                line(product_id="P4"),
                'P5,"Lamp" two,Home,1,1,1,1',
                line(product_id="P6"),
            ],
            Code.TEXT_AFTER_QUOTE,
        ),
        (['P3,"' + "x" * 100 + "\n" * 1_100_000], Code.UNCLOSED_QUOTE),
    ],
    ids=["to the end", "to the next quote", "too long"],
)
def test_no_row_is_lost_in_silence_in_an_open_quote(
    limits: Limits, tmp_path: Path, lines: list[str], code: Code
) -> None:
    """What a broken record has swallowed is in no report, so that skipping would lose it."""
    shelf = Shelf()
    content = csv_file(line(product_id="P1"), line(product_id="P2"), *lines)
    with pytest.raises(RejectedRows) as refused:
        upload(content, shelf, tmp_path, limits, on_error=OnError.SKIP)
    assert shelf.products == {}
    (error,) = refused.value.report.errors
    assert (error.line, error.code) == (4, code)


def test_a_broken_record_that_ends_with_its_line_is_skipped(limits: Limits, tmp_path: Path) -> None:
    shelf = Shelf()
    content = csv_file(line(product_id="P1"), 'P2,"Lamp" two,Home,1,1,1,1', line(product_id="P3"))
    upload(content, shelf, tmp_path, limits, on_error=OnError.SKIP)
    assert set(shelf.products) == {"P1", "P3"}


def test_a_broken_record_of_several_lines_says_where_it_ends() -> None:
    content = csv_file(line(product_id="P1"), 'P2,"Lamp,Home,1,1,1,1', 'P5,"Lamp" two,Home,1,1,1,1')
    (error,) = refuse(content).errors
    assert error.line == 3
    assert error.message.endswith("The record is read on to line 4.")
