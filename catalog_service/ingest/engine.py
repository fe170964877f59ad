"""One upload from beginning to end."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from catalog_service.ingest.checked_file import CheckedFile, CheckedRows, Progress, Tell
from catalog_service.ingest.child import CheckingProcess
from catalog_service.ingest.failures import SpoolUnavailable
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.report import Report
from catalog_service.ingest.source import GZIP_MAGIC
from catalog_service.ingest.store import Store

DEFAULT_LIMITS = Limits()


def _silent(_: Progress) -> None:
    pass


def ingest(
    file: BinaryIO,
    store: Store,
    *,
    spool_dir: Path,
    limits: Limits = DEFAULT_LIMITS,
    progress: Tell = _silent,
) -> Report:
    """Check a whole CSV file and, if every row is good, load all of them in one transaction.

    `file` is read from its beginning and must be seekable; it is not closed. `spool_dir` takes temporary
    files of up to twice the file's size, gone afterwards. An exception of `progress` gives the upload up.

    Raises InvalidFile, TooLarge or Unavailable, or one of their kinds; then nothing was loaded, except that
    after OutcomeUnknown either everything was or nothing.
    """
    with checked_rows(file, spool_dir, limits, progress) as rows:
        if rows.report.rejected_total:
            _find_all_errors(rows)
        store.load(rows)
        return rows.report


def _find_all_errors(rows: CheckedRows) -> None:
    """Look for duplicates too, so that the report is whole. Raises RejectedRows, as some rows are bad."""
    for _ in rows.chunks():
        pass


@contextmanager
def checked_rows(file: BinaryIO, spool_dir: Path, limits: Limits, tell: Tell) -> Iterator[CheckedRows]:
    """Check a file: a small one here, others in a process of their own, by the same code.

    Raises what `ingest` raises for the file's sake, and WorkerDied.
    """
    if _is_small(file, limits):
        with closing(CheckedFile(file, lambda: _temporary_file(spool_dir), limits, tell)) as checked:
            yield checked
    else:
        with (
            _with_descriptor(file, spool_dir) as source,
            CheckingProcess(source, spool_dir, limits, tell) as process,
        ):
            yield process


def _is_small(file: BinaryIO, limits: Limits) -> bool:
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(len(GZIP_MAGIC))
    file.seek(0)
    return size <= limits.in_process_bytes and head != GZIP_MAGIC


@contextmanager
def _with_descriptor(file: BinaryIO, spool_dir: Path) -> Iterator[BinaryIO]:
    """Give the file, or a copy on the disk of one that is in memory only, standing at its beginning."""
    try:
        # Python's own position is in its buffer; the child shares the descriptor's.
        os.lseek(file.fileno(), 0, os.SEEK_SET)
    except OSError:
        with _spooled(file, spool_dir) as copy:
            yield copy
    else:
        yield file


def _spooled(file: BinaryIO, spool_dir: Path) -> BinaryIO:
    try:
        copy = _temporary_file(spool_dir)
        shutil.copyfileobj(file, copy)
        copy.seek(0)
    except OSError as error:
        raise SpoolUnavailable from error
    return copy


def _temporary_file(spool_dir: Path) -> BinaryIO:
    return cast("BinaryIO", tempfile.TemporaryFile(dir=spool_dir))
