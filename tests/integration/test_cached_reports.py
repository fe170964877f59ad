"""Reports on a real MySQL: one moment each, worked out once for all processes, cut if they take too long."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, insert, make_url, select, text
from sqlalchemy.exc import OperationalError

from catalog_service.cached_reports import CachedReports
from catalog_service.catalog_version import products_changed, version_in
from catalog_service.models import Base, Product, StoredReport
from catalog_service.report_turns import ReportTurns
from catalog_service.reports.kinds import SUMMARY, TOP_PRODUCTS, Kind
from common.database import engine_options, prepare_engine
from common.single_rows import make_reading_engine

WRITES = 40


@pytest.fixture
def engine(schema_url: str) -> Iterator[Engine]:
    engine = create_engine(schema_url, **engine_options(make_url(schema_url), 10, statement_seconds=10))
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def processes(engine: Engine, schema_url: str, tmp_path: Path) -> Iterator[list[CachedReports]]:
    """Make the reports of two processes."""
    reads = make_reading_engine(make_url(schema_url), 10)
    turns = ReportTurns(tmp_path)
    yield [CachedReports(reads, engine, turns, stored_from_seconds=0) for _ in range(2)]
    reads.dispose()


def change(engine: Engine, count: int) -> str:
    """Have so many products, and give the version."""
    row: dict[str, Any] = {"product_name": "Pot", "category": "Kitchen", "price": 1, "quantity_sold": 1}
    with engine.begin() as connection:
        connection.execute(delete(Product))
        connection.execute(insert(Product), [row | {"product_id": f"{number}"} for number in range(count)])
        products_changed(connection)
        return version_in(connection)


def count_in(body: bytes) -> int:
    return sum(item["product_count"] for item in json.loads(body)["items"])


def test_after_a_change_no_process_shows_what_was_before(
    engine: Engine, processes: list[CachedReports]
) -> None:
    for count in (1, 3, 2):
        version = change(engine, count)
        made = [reports.get(SUMMARY) for reports in processes * 2]
        assert {(one.version, count_in(one.body)) for one in made} == {(version, count)}


def test_reports_while_writers_commit_are_of_one_version_each(
    engine: Engine, processes: list[CachedReports]
) -> None:
    """Q13."""
    counts = {change(engine, 1): 1}
    ended = threading.Event()

    def read(reports: CachedReports) -> set[tuple[str, int]]:
        seen = set()
        while not ended.is_set():
            made = reports.get(SUMMARY)
            seen.add((made.version, count_in(made.body)))
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, reports) for reports in processes * 2]
        for number in range(WRITES):
            counts[change(engine, 1 + number % 7)] = 1 + number % 7
        ended.set()
        seen = set().union(*(reader.result(30) for reader in readers))
    assert len(seen) > 2
    assert seen <= set(counts.items())


def test_of_many_who_ask_at_once_one_works_it_out(engine: Engine, processes: list[CachedReports]) -> None:
    change(engine, 2)
    worked_out = []

    def lines(connection: Connection, _: str) -> list[Any]:
        worked_out.append(1)
        time.sleep(0.5)
        return list(SUMMARY.lines(connection, ""))

    kind = Kind("slow", Product, lines)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda reports: reports.get(kind), processes * 4))
    assert len(worked_out) == 1
    assert {count_in(one.body) for one in made} == {2}


def test_a_slow_report_is_cut_and_leaves_no_lock(
    engine: Engine, schema_url: str, tmp_path: Path, processes: list[CachedReports]
) -> None:
    """Q12."""

    def endless(connection: Connection, _: str) -> list[Any]:
        return list(connection.execute(text("SELECT BENCHMARK(1000000000, SHA2('a', 512)) FROM products")))

    change(engine, 1)
    kind = Kind(SUMMARY.name, SUMMARY.line, endless)
    impatient = create_engine(schema_url, **engine_options(make_url(schema_url), 1, statement_seconds=1))
    reports = CachedReports(impatient, impatient, ReportTurns(tmp_path), stored_from_seconds=0)
    started = time.monotonic()
    with pytest.raises(OperationalError, match="3024"):
        reports.get(kind)
    assert time.monotonic() - started < 5
    assert count_in(processes[0].get(SUMMARY).body) == 1
    assert count_in(reports.get(SUMMARY).body) == 1
    impatient.dispose()


def test_a_report_leaves_its_connection_as_it_was(engine: Engine, processes: list[CachedReports]) -> None:
    change(engine, 1)
    processes[0].get(TOP_PRODUCTS, "Kitchen")
    change(engine, 2)
    processes[1].get(SUMMARY)
    with engine.connect() as connection:
        assert connection.scalars(select(StoredReport.category)).all() == [""]
