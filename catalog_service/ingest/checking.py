"""Has a file checked: here, or by a process of its own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

from catalog_service.ingest.checked_file import CheckedFile, CheckedRows, Tell
from catalog_service.ingest.child import CheckingProcess
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.options import Plan
from catalog_service.ingest.source import GZIP_MAGIC
from catalog_service.ingest.spool import temporary_file


@contextmanager
def checked_rows(
    file: BinaryIO, rejects: BinaryIO, spool_dir: Path, plan: Plan, tell: Tell
) -> Iterator[CheckedRows]:
    """Check a file: a small one here, others in a process of their own, by the same code.

    Rejected rows go to the temporary file `rejects`.

    Raises what `ingest` raises for the file's sake, and WorkerDied.
    """
    if _is_small(file, plan.limits):
        checked = CheckedFile(file, rejects, lambda: temporary_file(spool_dir), plan, tell)
        with closing(checked):
            yield checked
    else:
        with (
            _with_descriptor(file, spool_dir) as source,
            CheckingProcess(source, rejects, spool_dir, plan, tell) as process,
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
    """Give the file itself, or a copy on the disk of one in memory; both stand at their beginning."""
    try:
        # Python's own position is in its buffer; the child shares the descriptor's.
        os.lseek(file.fileno(), 0, os.SEEK_SET)
    except OSError:
        with temporary_file(spool_dir) as copy:
            shutil.copyfileobj(file, copy)
            copy.seek(0)
            yield copy
    else:
        yield file
