"""Uploads: run once for each idempotency key whatever crashes, kept account of, and looked up.

A request with a key that is known gets the first one's answer. What makes that safe is that an upload's end
is written in the transaction that loads its rows: there is no moment at which the rows are there and the
answer is not. Until then nothing was loaded, and the upload may be begun anew; then the answer stands.
"""

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from itertools import chain, count
from typing import BinaryIO, Final, NamedTuple

from catalog_service.ingest.options import Options
from catalog_service.stored_uploads import NewUpload, State, StoredUpload
from catalog_service.upload_answers import UploadAnswer
from catalog_service.upload_claims import UploadClaims
from catalog_service.upload_records import BeingCommitted, Overtaken, UploadRecords
from catalog_service.upload_runs import NoLongerUndoable, NotUndoable, UploadRunner
from common.cursors import Page, cursor_of_number, number_of, page_of
from common.refusals import RETRY_AFTER, Refusal

WAIT_SECONDS = 20
"""How long a request waits for the end of a running upload with the same key."""
WAITING = 2
"""How many requests of a process may do so at once: each holds a thread. Others are told to come again."""
FIRST_LOOK_SECONDS = 0.05
LATER_LOOKS_SECONDS = 0.5
LONGEST_FILE_NAME = 255
REJECTS: Final = "rejects"
UNDO: Final = "undo"


class NoSuchUpload(Refusal):
    """The caller has no upload of this id."""

    status = HTTPStatus.NOT_FOUND
    msg = "There is no upload with this id."


class NoRejects(Refusal):
    """No rejected rows of this upload are kept."""

    status = HTTPStatus.NOT_FOUND
    msg = "No rejected rows of this upload are kept."


class KeyUsedOtherwise(Refusal):
    """The idempotency key was used for another file, or with other options."""

    status = HTTPStatus.CONFLICT
    msg = "This Idempotency-Key was used for another file or with other options. Take a new one."


class StillRunning(Refusal):
    """The first upload with this idempotency key still runs."""

    status = HTTPStatus.CONFLICT
    msg = "The upload with this Idempotency-Key is still running. Ask for its answer again in a few seconds."

    def headers(self) -> Mapping[str, str]:
        """Say when to ask again."""
        return RETRY_AFTER


class UploadRequest(NamedTuple):
    """What a user asks for."""

    owner: str
    """The user's immutable id."""
    username: str
    key: str | None
    """The idempotency key."""
    file_name: str | None
    options: Options


class Uploads:
    """The uploads of all users."""

    def __init__(
        self,
        records: UploadRecords,
        claims: UploadClaims,
        runner: UploadRunner,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        """`claims` tell which of the uploads that have no end yet still run."""
        self._wait_seconds = wait_seconds
        self._records = records
        self._claims = claims
        self._runner = runner
        self._waiting = threading.BoundedSemaphore(WAITING)

    def upload(self, request: UploadRequest, file: BinaryIO) -> UploadAnswer:
        """Load a file, or give the answer that the request's idempotency key got before.

        Raises KeyUsedOtherwise, StillRunning, and SQLAlchemy's errors if the database can't be asked.
        """
        new = _described(request, file)
        while True:
            earlier = self._records.find(new.owner, new.upload_id) if request.key else None
            if earlier is not None:
                earlier = self._ended(new, earlier)
                if earlier.answer is not None and earlier.state is not State.FAILED:
                    return UploadAnswer(earlier.upload_id, earlier.status or 0, earlier.answer, replayed=True)
            try:
                begun = self._records.begin(new, self._claims.take, earlier.number if earlier else None)
            except Overtaken:
                continue
            return self._runner.load(*begun, file)

    def undo(self, owner: str, username: str, upload_id: str) -> UploadAnswer:
        """Put back what an upload changed.

        Raises NoSuchUpload, NotUndoable, NoLongerUndoable, and SQLAlchemy's errors if the database can't be
        asked.
        """
        nothing = hashlib.sha256().hexdigest()
        while True:
            undone = self._undoable(owner, upload_id)
            new = NewUpload(owner, str(uuid.uuid4()), username, None, nothing, 0, Options(), undone)
            try:
                begun = self._records.begin(new, self._claims.take)
            except Overtaken:
                continue
            return self._runner.undo(*begun, undone.number)

    def find(self, owner: str, upload_id: str) -> StoredUpload:
        """Give a user's upload as it stands now. Raises NoSuchUpload."""
        while (upload := self._records.find(owner, upload_id)) is not None:
            if (now := self._as_it_stands(upload)) is not None:
                return now
        raise NoSuchUpload

    def page(self, owner: str, cursor: str | None, limit: int) -> Page[StoredUpload]:
        """Give some of a user's uploads, the newest first, from where a page ended. Raises BadCursor."""
        before = None if cursor is None else number_of(cursor)
        found = self._records.newest(owner, before, limit + 1)
        page = page_of(found, limit, lambda last: cursor_of_number(last.number))
        uploads = [now for upload in page.items if (now := self._as_it_stands(upload)) is not None]
        return page._replace(items=uploads)

    def rejects(self, owner: str, upload_id: str) -> Iterator[bytes]:
        """Give the CSV file of the rows that were rejected, in pieces. Raises NoSuchUpload, NoRejects."""
        number = self.find(owner, upload_id).number
        first = self._records.part(number, REJECTS, 0)
        if first is None:
            raise NoRejects
        return chain(first, self._further_parts(number))

    def _undoable(self, owner: str, upload_id: str) -> StoredUpload:
        """Give an upload that can be undone as it stands now. Raises what `undo` does."""
        upload = self.find(owner, upload_id)
        changed = (upload.created or 0) + (upload.updated or 0) + (upload.deleted or 0)
        if upload.state is not State.SUCCEEDED or upload.options.dry_run:
            raise NotUndoable
        if changed and self._records.part(upload.number, UNDO, 0) is None:
            raise NoLongerUndoable
        return upload

    def _further_parts(self, number: int) -> Iterator[bytes]:
        # Each asked for by itself, so that a slow reader holds no connection.
        for seq in count(1):
            part = self._records.part(number, REJECTS, seq)
            if part is None:
                return
            yield from part

    def _ended(self, new: NewUpload, upload: StoredUpload) -> StoredUpload:
        """Wait for the end of an upload that is running. Raises KeyUsedOtherwise, StillRunning."""
        if (upload.sha256, upload.options) != (new.sha256, new.options):
            raise KeyUsedOtherwise
        ended = self._as_it_stands(upload) or upload
        if ended.state is not State.RUNNING:
            return ended
        if not self._waiting.acquire(blocking=False):
            raise StillRunning
        try:
            return self._awaited(new)
        finally:
            self._waiting.release()

    def _awaited(self, new: NewUpload) -> StoredUpload:
        pause = FIRST_LOOK_SECONDS
        deadline = time.monotonic() + self._wait_seconds
        while time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(2 * pause, LATER_LOOKS_SECONDS)
            upload = self.find(new.owner, new.upload_id)
            if upload.state is not State.RUNNING:
                return upload
        raise StillRunning

    def _as_it_stands(self, upload: StoredUpload) -> StoredUpload | None:
        """Tell an upload that runs from one that only says so; None if it was begun anew."""
        if upload.state is not State.RUNNING:
            return upload
        if self._claims.is_taken(upload.number):
            return self._with_progress(upload)
        try:
            settled = self._records.settled(upload.number)
        except BeingCommitted:
            return upload
        if settled is not None and settled.state is State.RUNNING:
            return replace(settled, state=State.INTERRUPTED, stage=None)
        return settled

    def _with_progress(self, upload: StoredUpload) -> StoredUpload:
        told = self._claims.progress(upload.number)
        if told is None:
            return upload
        return replace(upload, stage=told.stage, bytes_read=told.bytes_read, rows_read=told.rows)


def _described(request: UploadRequest, file: BinaryIO) -> NewUpload:
    """Read the file for its hash: what a key stands for has to be known before anything is begun."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")  # type: ignore[arg-type]
    size = file.seek(0, os.SEEK_END)
    upload_id = request.key or str(uuid.uuid4())
    name = request.file_name and _shown(request.file_name)
    return NewUpload(
        request.owner, upload_id, request.username, name, digest.hexdigest(), size, request.options
    )


def _shown(file_name: str) -> str:
    """Make a file's name fit to be stored and shown: it is a stranger's text and never a path."""
    name = file_name[:LONGEST_FILE_NAME]
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
