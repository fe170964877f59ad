"""Runs an upload and writes down how it ended, in the load's own transaction if it has loaded anything."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import BinaryIO, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from catalog_service.catalog_version import products_changed
from catalog_service.ingest.checked_file import Progress, Tell
from catalog_service.ingest.failures import IngestError, IngestUnavailable, OutcomeUnknown, StoreUnavailable
from catalog_service.ingest.options import Options
from catalog_service.ingest.record import Record
from catalog_service.ingest.result import Result
from catalog_service.stored_uploads import State, StoredUpload
from catalog_service.upload_answers import (
    Ending,
    UploadAnswer,
    json_text,
    not_loaded,
    succeeded,
    undone,
    unforeseen,
)
from catalog_service.upload_claims import Claim
from catalog_service.upload_records import (
    BeingCommitted,
    UploadRecords,
    finish_in,
    mark_undone_in,
    undo_is_kept_in,
)
from common.refusals import Refusal

PROGRESS_SECONDS = 1

log = logging.getLogger(__name__)


class Importer(Protocol):
    """Loads files, and undoes that."""

    def load(self, file: BinaryIO, options: Options, record: Record, progress: Tell) -> Result:
        """Load a file and complete its record. Raises IngestError or Refusal; then nothing was loaded."""

    def undo(self, number: int, record: Record) -> Result:
        """Undo an upload and complete the undo's record. Raises as `load` does."""


class Superseded(IngestUnavailable):
    """The upload was begun anew by another process, which took this one for dead."""

    msg = "The upload was begun anew elsewhere, so nothing was loaded here. Please ask for its answer again."


class NotUndoable(Refusal):
    """The upload has changed nothing, or was undone already."""

    status = HTTPStatus.CONFLICT
    msg = "Only an upload that was loaded, and is not undone yet, can be undone."


class NoLongerUndoable(Refusal):
    """What the upload changed is not known any more."""

    status = HTTPStatus.CONFLICT
    msg = "What stood there before this upload is no longer kept, so it can't be undone."


class RunningUpload:
    """An upload that this process runs: the Record of its load."""

    def __init__(
        self,
        upload: StoredUpload,
        claim: Claim,
        records: UploadRecords,
        clock: Callable[[], float] = time.monotonic,
        undoes: int | None = None,
    ) -> None:
        """Keep account of an upload on which there is a claim; `undoes` numbers the one that it undoes."""
        self._undoes = undoes
        self._clock = clock
        self._records = records
        self.upload = upload
        self.claim = claim
        self.ending = unforeseen()
        """How it has ended, once it has."""
        self._next_told = clock() + PROGRESS_SECONDS

    @property
    def number(self) -> int:
        """The revision of the products that it changes."""
        return self.upload.number

    def keep_rejects(self, parts: Iterable[bytes]) -> None:
        """Store a refused file's rows as Record says. Raises StoreUnavailable."""
        try:
            self._records.keep(self.number, "rejects", parts)
        except SQLAlchemyError as error:
            raise StoreUnavailable from error

    def complete(self, connection: Connection, result: Result) -> None:
        """Write the end down as Record says.

        Raises Superseded if another process has taken it over, NotUndoable if another undo came first,
        NoLongerUndoable if what it undoes was pruned on the way.
        """
        # From here to the COMMIT the row is locked, and telling progress would wait for that.
        self._next_told = float("inf")
        now = datetime.now(UTC)
        if self._undoes is None:
            self.ending = succeeded(self.upload, result, now)
        else:
            self.ending = undone(self.upload, result, now)
            if not mark_undone_in(connection, self._undoes):
                raise NotUndoable
            if not undo_is_kept_in(connection, self._undoes):
                raise NoLongerUndoable
        if not finish_in(connection, self.number, self.ending.values(now)):
            raise Superseded
        if not self.upload.options.dry_run and result.created + result.updated + result.deleted:
            products_changed(connection)

    def tell(self, progress: Progress) -> None:
        """Let others know how far the upload has come, once a second at most."""
        now = self._clock()
        if now >= self._next_told:
            self._next_told = now + PROGRESS_SECONDS
            self.claim.tell(progress)


class UploadRunner:
    """Runs uploads in this process."""

    def __init__(self, records: UploadRecords, importer: Importer, kept: timedelta) -> None:
        """`kept` is how long what is as long as a file is kept of an upload."""
        self._records = records
        self._importer = importer
        self._kept = kept

    def load(self, upload: StoredUpload, claim: Claim, file: BinaryIO) -> UploadAnswer:
        """Load a file, and give the claim up in the end. Raises what nobody foresaw."""
        running = RunningUpload(upload, claim, self._records)
        return self._run(running, lambda: self._importer.load(file, upload.options, running, running.tell))

    def undo(self, upload: StoredUpload, claim: Claim, number: int) -> UploadAnswer:
        """Undo the upload with this number, and give the claim up in the end. Raises what nobody foresaw."""
        running = RunningUpload(upload, claim, self._records, undoes=number)
        return self._run(running, lambda: self._importer.undo(number, running))

    def _run(self, running: RunningUpload, work: Callable[[], Result]) -> UploadAnswer:
        try:
            work()
            return _answer(running, running.ending)
        except (IngestError, Refusal) as error:
            return self._not_loaded(running, error)
        except BaseException:
            self._write_end(running, unforeseen())
            raise
        finally:
            running.claim.release()
            self._prune()

    def _not_loaded(self, running: RunningUpload, error: IngestError | Refusal) -> UploadAnswer:
        ending = not_loaded(running.upload, error)
        if ending.state is State.FAILED:
            log.error("an upload could not be served", exc_info=error)
        # Once the record says that it failed, no COMMIT can be on its way any more, and nothing is unknown.
        is_known = not isinstance(error, OutcomeUnknown)
        certain = ending if is_known else not_loaded(running.upload, StoreUnavailable())
        stored = self._write_end(running, certain)
        if stored is None:
            return _answer(running, ending)
        return UploadAnswer(stored.upload_id, stored.status or 0, stored.answer or "")

    def _write_end(self, running: RunningUpload, ending: Ending) -> StoredUpload | None:
        """Write an end down and give the upload as it then is: succeeded, if its COMMIT was done after all.

        None if the database can't be asked. Then the upload is found to be interrupted or to have succeeded.
        """
        try:
            self._records.finish(running.number, ending.values(datetime.now(UTC)))
            upload = self._records.settled(running.number)
        except (SQLAlchemyError, BeingCommitted):
            log.exception("the end of upload %d could not be written", running.number)
            return None
        return upload if upload and upload.answer is not None else None

    def _prune(self) -> None:
        try:
            self._records.prune(datetime.now(UTC) - self._kept)
        except SQLAlchemyError:
            log.warning("what is kept of old uploads could not be pruned", exc_info=True)


def _answer(running: RunningUpload, ending: Ending) -> UploadAnswer:
    return UploadAnswer(running.upload.upload_id, ending.status, json_text(ending.body))
