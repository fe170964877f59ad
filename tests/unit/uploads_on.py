"""Uploads on a real database with an importer that is simple and does what a test tells it in between."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Engine, create_engine, delete, insert, make_url, select

from catalog_service.ingest.checked_file import Progress, Tell
from catalog_service.ingest.options import Options
from catalog_service.ingest.record import Record
from catalog_service.ingest.report import Report
from catalog_service.ingest.result import Result
from catalog_service.models import Base, Product
from catalog_service.upload_claims import Claim, FileClaims, MySqlClaims, UploadClaims, make_claims_engine
from catalog_service.upload_records import UploadRecords
from catalog_service.upload_runs import UploadRunner
from catalog_service.uploads import UploadRequest, Uploads
from common.database import engine_options, prepare_engine

KEPT_DAYS = 30
POINTS = ("claimed", "begun", "loading", "completed", "committed")
"""Where an upload can be met: its row not yet committed, before its load, in it, before and after COMMIT."""

At = Callable[[str], None]


def nothing(_: str) -> None:
    """Do nothing at any point."""


class LineImporter:
    """An Importer whose files hold one product id a line."""

    def __init__(self, engine: Engine, at: At) -> None:
        """Call `at` with each point of POINTS that a load comes by."""
        self.engine = engine
        self.at = at
        self.loads = 0

    def load(self, file: BinaryIO, options: Options, record: Record, progress: Tell) -> Result:
        """Load as Importer says."""
        self.loads += 1
        file.seek(0)
        ids = file.read().decode().split()
        self.at("begun")
        progress(Progress("loading", 7, len(ids)))
        with self.engine.connect() as connection:
            connection.execute(delete(Product).where(Product.product_id.in_(ids)))
            for product_id in ids:
                connection.execute(insert(Product).values(a_product(product_id, record.number)))
            self.at("loading")
            result = Result(a_report(rows=len(ids)), created=len(ids), updated=0, unchanged=0)
            record.complete(connection, result)
            self.at("completed")
            connection.commit()
        self.at("committed")
        return result

    def undo(self, number: int, record: Record) -> Result:
        """Delete the products that an upload left, and do no more of an undo: what it replaced stays gone."""
        self.at("begun")
        with self.engine.connect() as connection:
            deleted = connection.execute(delete(Product).where(Product.revision == number)).rowcount
            self.at("loading")
            result = Result(a_report(), created=0, updated=0, unchanged=0, deleted=deleted)
            record.complete(connection, result)
            connection.commit()
        return result


def a_product(product_id: str, revision: int) -> dict[str, object]:
    """Make a product, of which only the id is known."""
    return {"product_id": product_id, "product_name": "Pot", "category": "Kitchen", "revision": revision}


def a_report(rows: int = 0, rejected: int = 0, **changes: object) -> Report:
    """Make a report on a file."""
    fields = {
        "rows": rows,
        "rejected_total": rejected,
        "errors": [],
        "totals_by_code": {},
        "totals_by_column": {},
        "ignored_columns": [],
        "bytes_read": 0,
        "columns": [],
    }
    return Report(**{name: value for name, value in {**fields, **changes}.items() if name in Report._fields})  # type: ignore[arg-type]


class WatchedClaims:
    """Claims that tell when one was taken: its upload's row is not committed yet."""

    def __init__(self, claims: UploadClaims, at: At) -> None:
        """Call `at` with "claimed"."""
        self._claims = claims
        self._at = at
        self.is_taken = claims.is_taken
        self.progress = claims.progress

    def take(self, number: int) -> Claim:
        """Claim as UploadClaims says."""
        claim = self._claims.take(number)
        self._at("claimed")
        return claim


class UploadsOn:
    """Uploads as one process has them. Several of these on one database are several processes' view of it."""

    def __init__(self, url: str, spool_dir: Path, at: At = nothing, wait_seconds: float = 20) -> None:
        """Use the database at `url`; SQLite's locks are in `spool_dir`."""
        self.engine = create_engine(url, **engine_options(make_url(url), 10))
        prepare_engine(self.engine)
        self.importer = LineImporter(self.engine, at)
        self.records = UploadRecords(self.engine, self.engine)
        self.claims: UploadClaims = FileClaims(spool_dir)
        if self.engine.dialect.name == "mysql":
            self.lock_engine = make_claims_engine(make_url(url), 10)
            self.claims = MySqlClaims(self.lock_engine)
        runner = UploadRunner(self.records, self.importer, timedelta(days=KEPT_DAYS))
        self.uploads = Uploads(self.records, WatchedClaims(self.claims, at), runner, wait_seconds)

    def stored(self) -> dict[str, int]:
        """Give the ids of the products and their revisions."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(Product.product_id, Product.revision))
            return {row.product_id: row.revision for row in rows}

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()
        if self.engine.dialect.name == "mysql":
            self.lock_engine.dispose()


@contextmanager
def uploads_on(url: str, spool_dir: Path, at: At = nothing, wait_seconds: float = 20) -> Iterator[UploadsOn]:
    """Make the tables and give uploads on them."""
    on = UploadsOn(url, spool_dir, at, wait_seconds)
    Base.metadata.create_all(on.engine)
    yield on
    on.close()


def request(key: str | None = "key", owner: str = "ada", options: Options | None = None) -> UploadRequest:
    """Ask for an upload."""
    return UploadRequest(owner, owner.title(), key, "products.csv", options or Options())


def file_of(*product_ids: str) -> BytesIO:
    """Make a file for the importer."""
    return BytesIO("".join(f"{product_id}\n" for product_id in product_ids).encode())


def raising(error: BaseException, point: str = "begun") -> At:
    """Fail at a point."""

    def at(reached: str) -> None:
        if reached == point:
            raise error

    return at


class Gate:
    """Holds uploads at a point until it is opened."""

    def __init__(self, point: str = "begun") -> None:
        """Hold them at this one."""
        self.point = point
        self.reached = threading.Event()
        self.opened = threading.Event()

    def __call__(self, point: str) -> None:
        """Wait there for the opening."""
        if point == self.point:
            self.reached.set()
            assert self.opened.wait(20)


def stop_at(point: str) -> At:
    """Say on standard output that the point is reached, and stay there until killed."""

    def at(reached: str) -> None:
        if reached == point:
            print(point, flush=True)  # noqa: T201 - to the test that started this process
            time.sleep(600)

    return at


if __name__ == "__main__":
    UploadsOn(sys.argv[1], Path(sys.argv[2]), stop_at(sys.argv[3])).uploads.upload(
        request(), file_of("a", "b")
    )
