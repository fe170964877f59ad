"""Loads uploaded files into the catalog, a bounded number at a time."""

from pathlib import Path
from typing import BinaryIO

from catalog_service.ingest.engine import ingest
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.report import Report
from catalog_service.ingest.store import Store
from common.refusals import Unavailable
from common.turns import Turns

UPLOADS_WAITING = 4
"""With those that run, fewer than the threads of a worker, so that reads always find one."""
WAIT_SECONDS = 20


class TooManyUploads(Unavailable):
    """As many uploads are being loaded as this process takes at once."""

    msg = "Too many uploads are being loaded at the moment. Try again in a few seconds."


class Importer:
    """Takes files in, as many at once as it has slots."""

    def __init__(self, store: Store, spool_dir: Path, limits: Limits, slots: int) -> None:
        """Load into `store`, sorting in `spool_dir`."""
        self.store = store
        self.spool_dir = spool_dir
        self.limits = limits
        self._turns = Turns(slots, UPLOADS_WAITING, WAIT_SECONDS, TooManyUploads)

    def load(self, file: BinaryIO) -> Report:
        """Load a whole file or nothing of it. Raises TooManyUploads, and what `ingest` raises."""
        with self._turns.turn():
            return ingest(file, self.store, spool_dir=self.spool_dir, limits=self.limits)
