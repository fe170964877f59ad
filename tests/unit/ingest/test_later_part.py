"""What a second process reads of a file counts exactly where one process would have read the same."""

import csv
import gzip
import io
import os
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_service.ingest import later_part
from catalog_service.ingest.checked_file import CheckedFile, Progress
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import InvalidFile, TooLarge
from catalog_service.ingest.limits import KIB, Limits
from catalog_service.ingest.options import Plan
from catalog_service.ingest.report import Report
from tests.unit.ingest.children import children
from tests.unit.ingest.files import Product, as_bytes, csv_file, line, products_of
from tests.unit.ingest.test_any_table import TABLES

# The parts of this program that fork have one thread; whoever runs the tests may have more.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")

SMALL = Limits(run_bytes=4 * KIB, block_bytes=KIB, shared_bytes=KIB)
ROWS = [line(product_id=f"{number * 7919 % 1000:03d}") for number in range(1000)]


class Outcome(NamedTuple):
    """What became of a file."""

    products: Sequence[Product]
    report: Report
    rejects: bytes


class Reading:
    """Reads files as the checking process does."""

    def __init__(self) -> None:
        self.read_first = 0
        """The good rows of the last file that the first process read by itself."""

    def __call__(self, content: str | bytes, limits: Limits = SMALL, *, shared: bool = True) -> Outcome:
        def tell(progress: Progress) -> None:
            self.read_first = progress.rows

        with (
            tempfile.TemporaryFile(buffering=0) as file,
            tempfile.TemporaryFile() as spill,
            tempfile.TemporaryFile() as rejects,
        ):
            file.write(as_bytes(content))
            file.seek(0)
            plan = Plan(limits=limits)
            second = {"second_spill": spill} if shared else {}
            checked = CheckedFile(file, rejects, tempfile.TemporaryFile, plan, tell, **second)  # type: ignore[arg-type]
            try:
                products = products_of(checked)
            except InvalidFile as refusal:
                products, report = [], refusal.report
            else:
                report = checked.report
            finally:
                checked.close()
            rejects.seek(0)
            return Outcome(products, report, rejects.read())


@pytest.fixture
def read() -> Reading:
    return Reading()


def test_rows_that_the_second_process_read_count_for_the_limit_too(read: Reading) -> None:
    content = csv_file(*ROWS)
    assert read(content, SMALL._replace(rows=len(ROWS))).report.rows == len(ROWS)
    assert read.read_first < len(ROWS)
    with pytest.raises(TooLarge):
        read(content, SMALL._replace(rows=len(ROWS) - 1))


def test_two_processes_share_the_reading_of_a_good_file(read: Reading) -> None:
    outcome = read(csv_file(*ROWS))
    assert read.read_first < len(ROWS) * 2 // 3
    assert outcome == read(csv_file(*ROWS), shared=False)
    assert read.read_first == len(outcome.products) == len(ROWS)


NOTE = "\n".join(["a quoted line", 'with ""quotes""', line(product_id="x"), "and, commas"] * 600)
FILES = {
    "a bad row in the later part": [*ROWS, line(product_id="x", price="free")],
    "a bad row in the first part": [*ROWS[:300], line(product_id="x", price="free"), *ROWS[300:]],
    "a bad row in each": [*ROWS[:300], "x,y", *ROWS[300:], "x,y"],
    "an id in both parts": [*ROWS, ROWS[0]],
    "a quote that is never closed": [*ROWS, line(product_id="x", product_name='"Lamp')],
    "a quote that the later part closes": [*ROWS[:300], line(product_id='"x'), *ROWS[300:], line(price='"')],
    "a NUL": [*ROWS, line(product_id="x\0")],
    "blank lines in the middle": [*ROWS[:400], *[""] * 30_000, *ROWS[400:]],
    "blank lines at the end": [*ROWS, *[""] * 30_000],
    "one long line": [*ROWS, line(product_id="x", category="c" * 100_000)],
    "line breaks in cells": [row.replace("Lamp", '"La\nmp"') for row in ROWS],
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_ends_as_if_one_process_had_read_it(read: Reading, name: str) -> None:
    content = csv_file(*FILES[name])
    assert read(content) == read(content, shared=False)


def test_a_quoted_cell_that_lies_in_the_middle_is_read_as_one(read: Reading) -> None:
    rows = [f"{row}," for row in ROWS]
    rows[300] = f'{ROWS[300]},"{NOTE}"'
    content = csv_file(*rows).replace("review_count", "review_count,note", 1)
    outcome = read(content)
    assert len(outcome.products) == len(ROWS)
    assert outcome == read(content, shared=False)


def test_a_file_in_key_order_is_read_by_one_process(read: Reading) -> None:
    outcome = read(csv_file(*sorted(ROWS)))
    assert read.read_first == len(outcome.products) == len(ROWS)


def test_a_packed_file_is_read_by_one_process(read: Reading) -> None:
    packed = gzip.compress(csv_file(*ROWS).encode(), compresslevel=0)
    outcome = read(packed)
    assert read.read_first == len(outcome.products) == len(ROWS)


def test_what_a_second_process_leaves_undone_the_first_one_does(
    read: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(later_part, "_good_rows", killed)
    outcome = read(csv_file(*ROWS))
    assert read.read_first == len(outcome.products) == len(ROWS)


def test_a_second_process_ends_with_a_file_that_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_text(csv_file(*ROWS))

    def give_up(progress: Progress) -> None:
        if progress.rows > len(ROWS) // 3:
            raise InterruptedError

    before = children()
    with path.open("rb", buffering=0) as file, tempfile.TemporaryFile() as spill:
        with pytest.raises(InterruptedError):
            CheckedFile(
                file, io.BytesIO(), tempfile.TemporaryFile, Plan(limits=SMALL), give_up, second_spill=spill
            )
        assert children() == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES, st.integers(40, 400), st.integers(1, 100))
def test_any_table_is_read_by_two_as_by_one(
    products: Sequence[Product], block_bytes: int, run_bytes: int
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *products])
    limits = Limits(run_bytes=run_bytes, block_bytes=block_bytes, shared_bytes=1)
    read = Reading()
    assert read(text.getvalue(), limits) == read(text.getvalue(), limits, shared=False)
