"""Loads uploaded files into the catalog, a bounded number at a time."""

from pathlib import Path
from typing import BinaryIO

from catalog_service.ingest.checked_file import Tell
from catalog_service.ingest.engine import ingest
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.options import Options, Plan
from catalog_service.ingest.record import Record
from catalog_service.ingest.result import Result
from catalog_service.ingest.store import Store
from catalog_service.ingest.undo import undo
from common.refusals import Unavailable
from common.turns import Turns

UPLOADS_WAITING = 4
WAIT_SECONDS = 20


class TooManyUploads(Unavailable):
    """As many uploads are being loaded as this process takes at once."""

    msg = "Too many uploads are being loaded at the moment. Try again in a few seconds."


class BoundedImporter:
    """Takes files in, as many at once as it has slots."""

    def __init__(self, store: Store, spool_dir: Path, limits: Limits, slots: int) -> None:
        """Load into `store`, sorting in `spool_dir`."""
        self.store = store
        self.spool_dir = spool_dir
        self.limits = limits
        self._turns = Turns(slots, UPLOADS_WAITING, WAIT_SECONDS, TooManyUploads)

    def load(self, file: BinaryIO, options: Options, record: Record, progress: Tell) -> Result:
        """Load a file as the options say and complete its record.

        Raises TooManyUploads, and what `ingest` raises.
        """
        with self._turns.turn():
            return ingest(
                file,
                self.store,
                record=record,
                spool_dir=self.spool_dir,
                plan=Plan(options, self.limits),
                progress=progress,
            )

    def undo(self, number: int, record: Record) -> Result:
        """Undo the upload with this number and complete the undo's record.

        Raises TooManyUploads, and what `ingest.undo.undo` raises.
        """
        with self._turns.turn():
            return undo(number, self.store, record=record, spool_dir=self.spool_dir)
