"""The later part of a large file, read by a second process while the first one reads what comes before it.

That is a guess: that the part begins with a record, and that all of its rows are good. Where the guess is
wrong nothing of it counts, and the first process reads that part too, so that each error is found as ever.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import BinaryIO, NamedTuple, Self

from catalog_service.ingest.checks import Checker
from catalog_service.ingest.forked import ForkedWork
from catalog_service.ingest.header import Layout
from catalog_service.ingest.limits import MIB, Limits
from catalog_service.ingest.options import Plan
from catalog_service.ingest.records import RecordReader
from catalog_service.ingest.report import Cells, Findings, RowError
from catalog_service.ingest.runs import SortedRuns, Span
from catalog_service.ingest.source import GZIP_MAGIC, following_blocks


class Reading(NamedTuple):
    """How the file is to be read."""

    layout: Layout
    plan: Plan


class ReadPart(NamedTuple):
    """The rows of the part, all of them good."""

    rows: int
    spans: Sequence[Span]


class LaterPart:
    """The part from a place of the file on, while a second process reads it."""

    def __init__(self, begin: int, spill: BinaryIO, work: ForkedWork) -> None:
        """`work` reads from `begin` on, and sorts into `spill`."""
        self.begin = begin
        """Its first byte in the file: the first one of a line."""
        self._spill = spill
        self._work = work

    @classmethod
    def of(cls, file: BinaryIO, spill: BinaryIO, reading: Reading) -> Self | None:
        """Have the later half of what is left of a file read; None if that isn't worth while, or can't be."""
        begin = _begin(file, reading.plan.limits)
        if begin is None:
            return None

        def read(is_wanted: Callable[[], bool]) -> object:
            return _good_rows(file.fileno(), begin, spill, reading, is_wanted)

        try:
            return cls(begin, spill, ForkedWork(read))
        except OSError:
            return None

    def result(self) -> ReadPart | None:
        """Wait until it is read; None if not all of its rows are good."""
        read = self._work.result()
        if read is None:
            return None
        rows, ends = read
        begins = [0, *ends]
        return ReadPart(rows, [Span(self._spill, *span) for span in zip(begins, ends, strict=False)])

    def abandon(self) -> None:
        """Read no further."""
        self._work.abandon()


class _Part:
    """A part of a file, read without moving the place that is common to all processes."""

    def __init__(self, descriptor: int, begin: int, end: int) -> None:
        self._descriptor = descriptor
        self._position = begin
        self._end = end

    def read(self, size: int) -> bytes:
        data = os.pread(self._descriptor, min(size, self._end - self._position), self._position)
        self._position += len(data)
        return data


class _NoRejects:
    def add(self, cells: Cells, errors: Sequence[RowError]) -> None:
        """Drop it: the guess was wrong then."""


def _begin(file: BinaryIO, limits: Limits) -> int | None:
    """Find a place in the middle of what is left at which a block of the first process will end."""
    descriptor, position = file.fileno(), file.tell()
    size = os.fstat(descriptor).st_size
    if os.pread(descriptor, len(GZIP_MAGIC), 0) == GZIP_MAGIC:
        return None
    if size - position < limits.shared_bytes or size > limits.unpacked_bytes:
        return None
    block = (position + size) // 2 // limits.block_bytes * limits.block_bytes
    whole_lines = os.pread(descriptor, limits.block_bytes, block).rfind(b"\n") + 1
    return block + whole_lines if whole_lines else None


def _good_rows(
    file: int, begin: int, spill: BinaryIO, reading: Reading, is_wanted: Callable[[], bool]
) -> tuple[int, Sequence[int]] | None:
    """Sort the rows into `spill`, and give their number and the ends of the runs; None if any is bad."""
    layout, plan = reading
    first_line = 1 + sum(data.count(b"\n") for data in iter(partial(_Part(file, 0, begin).read, MIB), b""))
    findings = Findings(_NoRejects())
    runs = SortedRuns(lambda: spill, plan.limits.run_bytes)
    reader = RecordReader(layout.separator, first_line, findings)
    checker = Checker(layout, plan.options.blank, findings)
    part = _Part(file, begin, os.fstat(file).st_size)
    for batch in reader.batches(following_blocks(part, plan.limits)):
        runs.add(checker.good_rows(batch))
        if findings or not is_wanted():
            return None
    runs.spill()
    return None if findings else (runs.count, [span.end for span in runs.spans])
