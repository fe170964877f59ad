"""One upload from beginning to end."""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from catalog_service.ingest.changes import Comparison
from catalog_service.ingest.checked_file import CheckedRows, Chunk, Progress, Tell, TooEarly, silent
from catalog_service.ingest.checking import checked_rows
from catalog_service.ingest.failures import RejectedRows, TookTooLong, spool_errors
from catalog_service.ingest.options import OnError, Options, Plan
from catalog_service.ingest.parts import PartFile, compressed, keep_parts
from catalog_service.ingest.record import Record
from catalog_service.ingest.rejects import RejectsFile
from catalog_service.ingest.report import Findings
from catalog_service.ingest.result import Result
from catalog_service.ingest.spool import ChunkFile, temporary_file
from catalog_service.ingest.store import Answer, Changed, Store, Table

DEFAULT_PLAN = Plan()


def ingest(  # noqa: PLR0913 - all but the first two are named
    file: BinaryIO,
    store: Store,
    *,
    record: Record,
    spool_dir: Path,
    plan: Plan = DEFAULT_PLAN,
    progress: Tell = silent,
) -> Result:
    """Check a whole CSV file and load it, by its plan, in one transaction.

    `file` is read from its beginning and must be seekable; it is not closed. `spool_dir` takes temporary
    files of up to four times the file's size, gone afterwards. What `progress` raises gives the upload up.

    Raises InvalidFile, TooLarge or IngestUnavailable, or one of their kinds; then nothing was loaded, except
    that after OutcomeUnknown either everything was or nothing.
    """
    with spool_errors(), ExitStack() as stack:
        deadline = time.monotonic() + plan.limits.seconds
        file_bytes = file.seek(0, os.SEEK_END)
        rejects, late_rejects = (stack.enter_context(temporary_file(spool_dir)) for _ in range(2))
        try:
            rows = stack.enter_context(checked_rows(file, rejects, spool_dir, plan, progress))
            told = partial(_told, tell=progress, file_bytes=file_bytes, deadline=deadline)
            load = _Load(rows, (rejects, late_rejects), record, spool_dir, plan.options, told)
            early = None if plan.options.dry_run else rows.early()
            if early:
                with suppress(TooEarly):
                    return store.transact(replace(load, rows=early, into_empty_table=True))
            rows.wait()
            if rows.report.rejected_total and plan.options.on_error is OnError.REJECT:
                _find_all_errors(rows)
            return store.transact(load, locking=not plan.options.dry_run)
        except RejectedRows:
            record.keep_rejects(compressed(rejects, late_rejects))
            raise


def _find_all_errors(rows: CheckedRows) -> None:
    """Look for duplicates too, so that the report is whole. Raises RejectedRows, as some rows are bad."""
    for _ in rows.chunks():
        pass


@dataclass(frozen=True)
class _Load:
    """The work of one upload's transaction, which can be done again from its beginning."""

    rows: CheckedRows
    rejects: tuple[BinaryIO, BinaryIO]
    """The rows that the checks rejected, and a file for those that the comparison will."""
    record: Record
    spool_dir: Path
    options: Options
    told: "partial[Iterator[Chunk]]"
    """Hands chunks on and tells that they were."""
    into_empty_table: bool = False
    """Whether it raises TooEarly if there are products."""

    def __call__(self, table: Table) -> Result:
        """Compare, write, and complete the record. Raises RejectedRows, Changed, TooEarly."""
        late_file = self.rejects[1]
        late_file.seek(0)
        late_file.truncate()
        late = RejectsFile(late_file, self.rows.report.columns)
        findings = Findings(late)
        with temporary_file(self.spool_dir) as undo_file:
            undo = PartFile(undo_file)
            replaced, comparison = self._write(table, findings, undo)
            late.flush()
            report = self.rows.report.with_findings(findings)
            if report.rejected_total and (self.options.on_error is OnError.REJECT or not report.rows):
                raise RejectedRows(report)
            if replaced != comparison.updated:
                raise Changed
            result = Result(report, comparison.created, comparison.updated, comparison.unchanged)
            number = self.record.number
            if not self.options.dry_run:
                keep_parts(table.connection, number, "undo", undo.parts())
            if report.rejected_total:
                keep_parts(table.connection, number, "rejects", compressed(*self.rejects))
            self.record.complete(table.connection, result)
            return result

    def _write(self, table: Table, findings: Findings, undo: PartFile) -> tuple[int, Comparison]:
        """Write what has to be, and give the number of products that were replaced."""
        empty = table.is_empty()
        if self.into_empty_table and not empty:
            raise TooEarly
        ask = _nothing_stored if empty else table.ask
        comparison = Comparison(self.options, self.record.number, ask, findings, undo.add)
        stage = "loading" if empty and not self.options.dry_run else "comparing"
        with closing(comparison.changes(self.told(self.rows.chunks(), stage))) as changes:
            if self.options.dry_run:
                deque(changes, maxlen=0)
                return comparison.updated, comparison
            if empty:
                # Nothing has to be looked at first, so that rows need not wait until all were compared.
                return table.write(changes, self.record.number), comparison
            with temporary_file(self.spool_dir) as spool:
                spooled = ChunkFile(spool)
                for chunk in changes:
                    if not self._refuses(findings):
                        spooled.add(chunk)
                if self._refuses(findings) or not spooled.rows:
                    return comparison.updated, comparison
                told = self.told(spooled.chunks(), "loading")
                return table.write(told, self.record.number), comparison

    def _refuses(self, findings: Findings) -> bool:
        return bool(findings) and self.options.on_error is OnError.REJECT


def _told(
    chunks: Iterable[Chunk], stage: str, *, tell: Tell, file_bytes: int, deadline: float
) -> Iterator[Chunk]:
    """Hand chunks on, and tell how many rows have gone by. Raises TookTooLong."""
    rows = 0
    for chunk in chunks:
        if time.monotonic() > deadline:
            raise TookTooLong
        yield chunk
        rows += chunk.rows
        tell(Progress(stage, file_bytes, rows))


def _nothing_stored(_: Sequence[bytes]) -> Answer:
    return dict
