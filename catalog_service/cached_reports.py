"""Reports, worked out once for each version of the products, and never from another one than stands.

Whoever asks reads the version first. What was worked out from that version is answered from this process's
memory, else from the database, where all processes find what one of them has worked out. If there is nothing
one process works it out, and others wait for that. It does so in one snapshot together with the version, so a
report shows what was there before an upload or after it, and is known under the right version.
"""

import logging
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from catalog_service.catalog_version import NEVER_CHANGED, version_in
from catalog_service.models import CatalogVersion, StoredReport
from catalog_service.report_turns import WAIT_SECONDS, ReportBusy, ReportTurns
from catalog_service.reports.kinds import EDITION, Kind, report_json
from catalog_service.snapshot import begin_snapshot
from common.turns import Turns

REPORT_SECONDS = 10
"""How long one statement of a report may take."""
STORED_FROM_SECONDS = 0.1
"""What takes less to work out is not stored: that would save nothing, and small categories are many."""
MOST_ASKING = 10
"""How many requests of a process may wait for reports: each holds one of its threads."""
MOST_REMEMBERED = 64
LARGEST_REMEMBERED = 4 * 1024 * 1024
LARGEST_STORED = 8 * 1024 * 1024
_STEPS = 100_000

log = logging.getLogger(__name__)


class MadeReport(NamedTuple):
    """A report as it was worked out."""

    version: str
    """Of the products."""
    body: bytes
    """JSON."""
    began: float
    """When nothing of it had been read yet, by the clock of this process."""


@dataclass
class _Slot:
    """What this process knows of one report."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while it is worked out or fetched."""
    last: MadeReport | None = None


class CachedReports:
    """The reports of one process."""

    def __init__(  # noqa: PLR0913 - all but the first three are named
        self,
        reads: Engine,
        engine: Engine,
        turns: ReportTurns,
        *,
        stored_from_seconds: float = STORED_FROM_SECONDS,
        seconds: float = REPORT_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the version by `reads`, and work out by `engine`, whose statements may take `seconds`."""
        self._reads = reads
        self._engine = engine
        self._turns = turns
        self._stored_from_seconds = stored_from_seconds
        self._seconds = seconds
        self._clock = clock
        self._asking = Turns(MOST_ASKING, 0, WAIT_SECONDS, ReportBusy)
        self._slots: OrderedDict[tuple[str, str], _Slot] = OrderedDict()
        self._slots_lock = threading.Lock()

    def get(self, kind: Kind, category: str = "") -> MadeReport:
        """Give a report on the products as they stand. Raises ReportBusy, and SQLAlchemy's errors."""
        asked = self._clock()
        with self._reads.connect() as connection:
            version = version_in(connection)
        slot = self._slot(kind.name, category)
        if (last := slot.last) is not None and last.version == version:
            return last
        with self._asking.turn(), _held(slot.lock):
            # Another thread may have done it meanwhile. What it began after this was asked for is as new.
            if (last := slot.last) is not None and (last.version == version or last.began >= asked):
                return last
            made = self._shared(kind, category)
            slot.last = made if len(made.body) <= LARGEST_REMEMBERED else None
            return made

    def _slot(self, name: str, category: str) -> _Slot:
        with self._slots_lock:
            slot = self._slots.setdefault((name, category), _Slot())
            self._slots.move_to_end((name, category))
            if len(self._slots) > MOST_REMEMBERED:
                self._slots.popitem(last=False)
            return slot

    def _shared(self, kind: Kind, category: str) -> MadeReport:
        """Take what another process has stored, or work it out and store it."""
        name = f"{kind.name}.{EDITION}"
        with self._engine.connect() as connection, self._turns.turn(connection, f"{name} {category}"):
            began = self._clock()
            if (stored := _stored(connection, name, category)) is not None:
                return MadeReport(*stored, began)
            connection.rollback()
            made = self._made(connection, kind, category)
            if self._clock() - made.began >= self._stored_from_seconds:
                _store(connection, name, category, made)
            return made

    def _made(self, connection: Connection, kind: Kind, category: str) -> MadeReport:
        began = self._clock()
        with _ended_after(self._seconds, connection, self._clock):
            begin_snapshot(connection)
            version = version_in(connection)
            lines = kind.lines(connection, category)
        connection.rollback()
        return MadeReport(version, report_json(lines), began)


@contextmanager
def _held(lock: threading.Lock) -> Iterator[None]:
    if not lock.acquire(timeout=WAIT_SECONDS):
        raise ReportBusy
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _ended_after(seconds: float, connection: Connection, clock: Callable[[], float]) -> Iterator[None]:
    """Have SQLite end a statement that runs for longer; MySQL does so by itself."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = cast(Any, connection.connection.driver_connection)
    deadline = clock() + seconds
    driver.set_progress_handler(lambda: clock() > deadline, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _stored(connection: Connection, name: str, category: str) -> tuple[str, bytes] | None:
    """Give the stored report's version and body, if that version stands at this moment."""
    now = func.coalesce(
        select(CatalogVersion.version).where(CatalogVersion.id == 1).scalar_subquery(), NEVER_CHANGED
    )
    row = connection.execute(
        select(StoredReport.version, StoredReport.body).where(
            StoredReport.report == name, StoredReport.category == category, StoredReport.version == now
        )
    ).one_or_none()
    return None if row is None else (row.version, zlib.decompress(row.body))


def _store(connection: Connection, name: str, category: str, made: MadeReport) -> None:
    """Store a report for other processes, and drop those of other versions. What can't be stored is not."""
    packed = zlib.compress(made.body)
    if len(packed) > LARGEST_STORED:
        return
    same = (StoredReport.report == name) & (StoredReport.category == category)
    row = {"report": name, "category": category, "version": made.version, "body": packed}
    try:
        with _not_waiting_for_writers(connection):
            if version_in(connection) != made.version:
                # Nobody will ask for this one, and the others may be newer.
                return
            connection.execute(delete(StoredReport).where(same | (StoredReport.version != made.version)))
            connection.execute(insert(StoredReport).values(**row))
            connection.commit()
    except SQLAlchemyError:
        log.warning("a report could not be stored", exc_info=True)
        connection.rollback()


@contextmanager
def _not_waiting_for_writers(connection: Connection) -> Iterator[None]:
    """Have SQLite refuse at once while another one writes: that may be an upload that goes on for long."""
    if connection.dialect.name != "sqlite":
        yield
        return
    milliseconds = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    try:
        yield
    finally:
        # The connection goes back to its pool.
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
