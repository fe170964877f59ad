"""Reports are worked out once for each version of the products, and never shown late."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, insert, select, text
from sqlalchemy.exc import OperationalError

from catalog_service.cached_reports import MOST_REMEMBERED, CachedReports
from catalog_service.catalog_version import products_changed, version_in
from catalog_service.models import Base, Product, StoredReport
from catalog_service.report_turns import ReportTurns
from catalog_service.reports.kinds import SUMMARY, TOP_PRODUCTS, Kind
from common.database import prepare_engine
from tests.unit.catalog_service.stored_products import product


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/catalog.db", connect_args={"timeout": 10})
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


class Counted:
    """A kind of report that counts how often it was worked out, and may do something meanwhile."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.times = 0
        self._meanwhile = meanwhile
        self.kind = Kind("counted", Product, self._lines)

    def _lines(self, connection: Connection, category: str) -> list[Any]:
        self.times += 1
        ids = list(connection.scalars(select(Product.product_id).order_by(Product.product_id)))
        self._meanwhile()
        return list(SUMMARY.lines(connection, category)) if ids else []


Make = Callable[..., CachedReports]


@pytest.fixture
def make(engine: Engine, tmp_path: Path) -> Make:
    """Make the reports of one process; several of these are several processes."""

    def make(**options: Any) -> CachedReports:
        return CachedReports(engine, engine, ReportTurns(tmp_path), **{"stored_from_seconds": 0, **options})

    return make


def change(engine: Engine, *product_ids: str) -> str:
    """Have these products and no others, and give the version."""
    with engine.begin() as connection:
        connection.execute(delete(Product))
        if product_ids:
            connection.execute(insert(Product), [product(product_id) for product_id in product_ids])
        products_changed(connection)
        return version_in(connection)


def count_in(body: bytes) -> int:
    """Give the number of products that a summary tells of."""
    return sum(item["product_count"] for item in json.loads(body)["items"])


def test_a_report_is_worked_out_once_while_nothing_changes(engine: Engine, make: Make) -> None:
    counted, reports = Counted(), make()
    version = change(engine, "a", "b")
    made = [reports.get(counted.kind) for _ in range(3)]
    assert counted.times == 1
    assert {(one.version, count_in(one.body)) for one in made} == {(version, 2)}


def test_another_process_takes_what_one_has_worked_out(engine: Engine, make: Make) -> None:
    counted = Counted()
    change(engine, "a")
    bodies = {make().get(counted.kind).body for _ in range(3)}
    assert (counted.times, len(bodies)) == (1, 1)


def test_what_takes_no_time_is_not_stored(engine: Engine, make: Make) -> None:
    change(engine, "a")
    make(stored_from_seconds=60).get(SUMMARY)
    with engine.connect() as connection:
        assert connection.scalars(select(StoredReport.report)).all() == []


@pytest.mark.parametrize("stored_from", [0, 60])
def test_after_a_change_no_process_shows_what_was_before(
    engine: Engine, make: Make, stored_from: float
) -> None:
    one, other = make(stored_from_seconds=stored_from), make(stored_from_seconds=stored_from)
    for ids in ("a", "ab", "", "abc", "abcd"):
        change(engine, *ids)
        assert [count_in(reports.get(SUMMARY).body) for reports in (one, other, one)] == [len(ids)] * 3


def test_stored_reports_of_earlier_versions_are_dropped(engine: Engine, make: Make) -> None:
    change(engine, "a")
    make().get(SUMMARY)
    make().get(TOP_PRODUCTS, "Kitchen")
    version = change(engine, "a", "b")
    make().get(SUMMARY)
    with engine.connect() as connection:
        assert connection.scalars(select(StoredReport.version)).all() == [version]


def test_a_report_that_took_too_long_to_be_the_newest_drops_no_newer_one(
    engine: Engine, make: Make, tmp_path: Path
) -> None:
    # Where reports of several kinds don't wait for each other.
    turns = ReportTurns(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()

    def meanwhile() -> None:
        if counted.times == 1:
            change(engine, "a", "b")
            CachedReports(engine, engine, turns, stored_from_seconds=0).get(SUMMARY)

    change(engine, "a")
    counted = Counted(meanwhile)
    make().get(counted.kind)
    with engine.connect() as connection:
        newest = version_in(connection)
        assert connection.scalars(select(StoredReport.version)).all() == [newest]


def test_reports_on_several_categories_are_several(engine: Engine, make: Make) -> None:
    change(engine, "a", "b")
    reports = make()
    lengths = [
        len(json.loads(reports.get(TOP_PRODUCTS, name).body)["items"]) for name in ("Kitchen", "x", "")
    ]
    assert lengths == [2, 0, 2]


def test_a_change_while_a_report_is_worked_out_is_not_in_it_and_not_lost(engine: Engine, make: Make) -> None:
    """Q13: the report is the one of its version, and the next who ask get the next one."""
    before = change(engine, "a")
    counted = Counted(meanwhile=lambda: change(engine, "a", "b") if counted.times == 1 else None)
    reports = make()
    first, second = reports.get(counted.kind), reports.get(counted.kind)
    assert (first.version, count_in(first.body)) == (before, 1)
    assert count_in(second.body) == 2


def test_what_is_not_committed_yet_is_in_no_report(engine: Engine, make: Make) -> None:
    """Q13."""
    change(engine, "a")
    reports = make(stored_from_seconds=60)
    with engine.connect() as connection:
        connection.execute(insert(Product), product("b"))
        products_changed(connection)
        assert count_in(reports.get(SUMMARY).body) == 1
        connection.commit()
    assert count_in(reports.get(SUMMARY).body) == 2


def test_a_change_that_is_rolled_back_leaves_reports_as_they_are(engine: Engine, make: Make) -> None:
    counted, reports = Counted(), make()
    change(engine, "a")
    reports.get(counted.kind)
    with engine.connect() as connection:
        products_changed(connection)
        connection.rollback()
    reports.get(counted.kind)
    assert counted.times == 1


def ask_together(asks: list[Callable[[], Any]]) -> list[Any]:
    barrier = threading.Barrier(len(asks))

    def ask(get: Callable[[], Any]) -> Any:
        barrier.wait(10)
        return get()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(ask, asks))


def test_of_many_who_ask_at_once_one_works_it_out_and_the_others_wait(engine: Engine, make: Make) -> None:
    change(engine, "a")
    counted = Counted(meanwhile=lambda: time.sleep(0.3))
    processes = [make(), make()]
    made = ask_together([lambda one=one: one.get(counted.kind) for one in processes * 4])  # type: ignore[misc]
    assert counted.times == 1
    assert {count_in(one.body) for one in made} == {1}


def test_who_asked_before_a_report_was_begun_takes_it_though_more_has_changed_since(
    engine: Engine, make: Make
) -> None:
    """So that under steady changes those who wait don't each work out a report of their own."""
    change(engine, "a")

    def another_change() -> None:
        time.sleep(0.2)
        change(engine, f"after {counted.times}")

    counted = Counted(meanwhile=another_change)
    reports = make()
    ask_together([lambda: reports.get(counted.kind)] * 8)
    assert counted.times <= 3


def test_a_report_that_fails_is_worked_out_by_the_next_who_asks(engine: Engine, make: Make) -> None:
    change(engine, "a")
    reports = make()

    def fail_once() -> None:
        if counted.times == 1:
            raise OperationalError("SELECT", {}, Exception())

    counted = Counted(meanwhile=fail_once)
    with pytest.raises(OperationalError):
        reports.get(counted.kind)
    assert count_in(reports.get(counted.kind).body) == 1


def test_a_slow_report_is_cut_and_the_connection_serves_on(engine: Engine, make: Make) -> None:
    """Q12."""

    def endless(connection: Connection, _: str) -> list[Any]:
        query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n"
        return list(connection.execute(text(query)))

    change(engine, "a")
    reports = make(seconds=0.2)
    started = time.monotonic()
    with pytest.raises(OperationalError, match="interrupted"):
        reports.get(Kind("endless", Product, endless))
    assert time.monotonic() - started < 5
    assert count_in(reports.get(SUMMARY).body) == 1


def test_a_report_is_answered_while_a_writer_goes_on_for_long(engine: Engine, make: Make) -> None:
    change(engine, "a")
    counted, reports = Counted(), make()
    with engine.connect() as connection:
        connection.execute(insert(Product), product("b"))
        started = time.monotonic()
        assert [count_in(reports.get(counted.kind).body) for _ in range(2)] == [1, 1]
    assert counted.times == 1, "it can't be stored meanwhile, but this process knows it"
    assert time.monotonic() - started < 2


def test_a_connection_that_stored_a_report_waits_for_writers_again(engine: Engine, make: Make) -> None:
    change(engine, "a")
    make().get(SUMMARY)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 10_000


def test_no_more_reports_are_remembered_than_is_said(engine: Engine, make: Make) -> None:
    change(engine, "a")
    counted, reports = Counted(), make(stored_from_seconds=60)
    for number in range(MOST_REMEMBERED + 1):
        reports.get(counted.kind, f"{number}")
    reports.get(counted.kind, f"{MOST_REMEMBERED}")
    assert counted.times == MOST_REMEMBERED + 1
    reports.get(counted.kind, "0")
    assert counted.times == MOST_REMEMBERED + 2
