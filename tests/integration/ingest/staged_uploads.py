"""Uploads by the engine itself, which stay at a point until their process is killed.

Run as ``python -m tests.integration.ingest.staged_uploads URL SPOOL_DIR POINT``.
"""

import sys
from collections.abc import Iterable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from catalog_service.importer import BoundedImporter
from catalog_service.ingest.checked_file import Progress, Tell
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.mysql_store import MySqlStore, make_ingest_engine
from catalog_service.ingest.options import Options
from catalog_service.ingest.record import Record
from catalog_service.ingest.result import Result
from catalog_service.upload_runs import UploadRunner
from catalog_service.uploads import Uploads
from tests.unit.ingest.files import csv_file, line
from tests.unit.uploads_on import KEPT_DAYS, At, UploadsOn, nothing, request, stop_at

ROWS = 20_000
"""More than what is checked in the web process, and than one chunk holds."""


class StagedImporter:
    """The service's importer, which calls `at` with each stage, before COMMIT and after it."""

    def __init__(self, importer: BoundedImporter, at: At) -> None:
        self._importer = importer
        self._at = at
        self.undo = importer.undo

    def load(self, file: BinaryIO, options: Options, record: Record, progress: Tell) -> Result:
        """Load as Importer says."""

        def tell(told: Progress) -> None:
            self._at(told.stage)
            progress(told)

        result = self._importer.load(file, options, StagedRecord(record, self._at), tell)
        self._at("committed")
        return result


class StagedRecord:
    """A record that calls `at` once it is complete."""

    def __init__(self, record: Record, at: At) -> None:
        self._record = record
        self._at = at

    @property
    def number(self) -> int:
        return self._record.number

    def keep_rejects(self, parts: Iterable[bytes]) -> None:
        self._record.keep_rejects(parts)

    def complete(self, connection: Connection, result: Result) -> None:
        self._record.complete(connection, result)
        self._at("completed")


class EngineUploads(UploadsOn):
    """Uploads as UploadsOn has them, but by the service's own importer."""

    def __init__(self, url: str, spool_dir: Path, at: At = nothing) -> None:
        super().__init__(url, spool_dir)
        self.ingesting = make_ingest_engine(url, seconds=10)
        importer = StagedImporter(BoundedImporter(MySqlStore(self.ingesting), spool_dir, Limits(), 1), at)
        runner = UploadRunner(self.records, importer, timedelta(days=KEPT_DAYS))
        self.uploads = Uploads(self.records, self.claims, runner)

    def close(self) -> None:
        """Close the connections."""
        super().close()
        self.ingesting.dispose()


def a_file(price: int) -> BytesIO:
    """Make a file of products in no order, all at one price."""
    ids = (f"{number * 7919 % ROWS:05d}" for number in range(ROWS))
    return BytesIO(csv_file(*(line(product_id=each, price=str(price)) for each in ids)).encode())


if __name__ == "__main__":
    EngineUploads(sys.argv[1], Path(sys.argv[2]), stop_at(sys.argv[3])).uploads.upload(request(), a_file(2))
