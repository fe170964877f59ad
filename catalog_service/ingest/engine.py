"""One upload from beginning to end."""

from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from catalog_service.ingest.changes import Comparison
from catalog_service.ingest.checked_file import CheckedRows, Progress, Tell
from catalog_service.ingest.checking import checked_rows, temporary_file
from catalog_service.ingest.failures import RejectedRows
from catalog_service.ingest.options import OnError, Options, Plan
from catalog_service.ingest.parts import PartFile, compressed, keep_parts
from catalog_service.ingest.record import Record
from catalog_service.ingest.rejects import RejectsFile
from catalog_service.ingest.report import Findings
from catalog_service.ingest.result import Result
from catalog_service.ingest.spool import ChunkFile
from catalog_service.ingest.store import Changed, Store, Stored, Table

DEFAULT_PLAN = Plan()


def _silent(_: Progress) -> None:
    pass


def ingest(  # noqa: PLR0913 - all but the first two are named
    file: BinaryIO,
    store: Store,
    *,
    record: Record,
    spool_dir: Path,
    plan: Plan = DEFAULT_PLAN,
    progress: Tell = _silent,
) -> Result:
    """Check a whole CSV file and load it, by its plan, in one transaction.

    `file` is read from its beginning and must be seekable; it is not closed. `spool_dir` takes temporary
    files of up to four times the file's size, gone afterwards. What `progress` raises gives the upload up.

    Raises InvalidFile, TooLarge or Unavailable, or one of their kinds; then nothing was loaded, except that
    after OutcomeUnknown either everything was or nothing.
    """
    with ExitStack() as stack:
        rejects, late_rejects = (stack.enter_context(temporary_file(spool_dir)) for _ in range(2))
        try:
            rows = stack.enter_context(checked_rows(file, rejects, spool_dir, plan, progress))
            if rows.report.rejected_total and plan.options.on_error is OnError.REJECT:
                _find_all_errors(rows)
            load = _Load(rows, (rejects, late_rejects), record, spool_dir, plan.options)
            return store.transact(load, locking=not plan.options.dry_run)
        except RejectedRows:
            record.keep_rejects(compressed(rejects, late_rejects))
            raise


def _find_all_errors(rows: CheckedRows) -> None:
    """Look for duplicates too, so that the report is whole. Raises RejectedRows, as some rows are bad."""
    for _ in rows.chunks():
        pass


class _Load:
    """The work of one upload's transaction, which can be done again from its beginning."""

    def __init__(
        self,
        rows: CheckedRows,
        rejects: tuple[BinaryIO, BinaryIO],
        record: Record,
        spool_dir: Path,
        options: Options,
    ) -> None:
        """`rejects` are the rows that the checks rejected, and a file for those that the comparison will."""
        self._rows = rows
        self._rejects = rejects
        self._record = record
        self._spool_dir = spool_dir
        self._options = options

    def __call__(self, table: Table) -> Result:
        """Compare, write, and complete the record. Raises RejectedRows, Changed."""
        late_file = self._rejects[1]
        late_file.seek(0)
        late_file.truncate()
        late = RejectsFile(late_file, self._rows.report.columns)
        findings = Findings(late)
        with temporary_file(self._spool_dir) as undo_file:
            undo = PartFile(undo_file)
            replaced, comparison = self._write(table, findings, undo)
            late.flush()
            report = self._rows.report.with_findings(findings)
            if report.rejected_total and (self._options.on_error is OnError.REJECT or not report.rows):
                raise RejectedRows(report)
            if replaced != comparison.updated:
                raise Changed
            result = Result(report, comparison.created, comparison.updated, comparison.unchanged)
            number = self._record.number
            if not self._options.dry_run:
                keep_parts(table.connection, number, "undo", undo.parts())
            if report.rejected_total:
                keep_parts(table.connection, number, "rejects", compressed(*self._rejects))
            self._record.complete(table.connection, result)
            return result

    def _write(self, table: Table, findings: Findings, undo: PartFile) -> tuple[int, Comparison]:
        """Write what has to be, and give the number of products that were replaced."""
        empty = table.is_empty()
        look = _nothing_stored if empty else table.look
        comparison = Comparison(self._options, self._record.number, look, findings, undo.add)
        changes = comparison.changes(self._rows.chunks())
        if self._options.dry_run:
            deque(changes, maxlen=0)
            return comparison.updated, comparison
        if empty:
            # Nothing has to be looked at first, so that rows need not wait until all were compared.
            return table.write(changes, self._record.number), comparison
        with temporary_file(self._spool_dir) as spool:
            spooled = ChunkFile(spool)
            for chunk in changes:
                if not self._refuses(findings):
                    spooled.add(chunk)
            if self._refuses(findings) or not spooled.rows:
                return comparison.updated, comparison
            return table.write(spooled.chunks(), self._record.number), comparison

    def _refuses(self, findings: Findings) -> bool:
        return bool(findings) and self._options.on_error is OnError.REJECT


def _nothing_stored(_: Sequence[bytes]) -> Mapping[bytes, Stored]:
    return {}
