"""Sorting more rows than memory holds: sorted runs in a temporary file, merged as one stream."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from operator import eq, lt
from os import pread
from typing import BinaryIO, NamedTuple

from catalog_service.ingest.failures import SpoolUnavailable, spool_errors
from catalog_service.ingest.limits import KIB

_OBJECT_BYTES = 41  # what CPython adds to a row: the object's header and its place in a list
_SLICE_ROWS = 2048  # a few hundred KiB at a time are written and sent
_SLICE_BYTES = 128 * KIB

Rows = list[bytes]


class Span(NamedTuple):
    """Where a sorted run stands in a file."""

    file: BinaryIO
    begin: int
    end: int


def _nobody(_: int) -> None:
    """Tell nobody."""


class SortedRuns:
    """Takes rows in any order and gives them back in the order of their bytes, as often as asked.

    Holds about `run_bytes` in memory while rows come, and as much again while they go. If they are more,
    `make_file` is called for a temporary file. Every method may raise SpoolUnavailable.
    """

    def __init__(
        self, make_file: Callable[[], BinaryIO], run_bytes: int, spilled: Callable[[int], None] = _nobody
    ) -> None:
        """Begin without rows; `spilled` is told the file's new size after each run that went there."""
        self.count = 0
        self.ascending = True
        """Whether the rows in the file came in order, and no product twice, so that all of it is in order."""
        self._make_file = make_file
        self._run_bytes = run_bytes
        self._spilled = spilled
        self._last: Rows = []
        self._rows: Rows = []
        self._held = 0
        self._file: BinaryIO | None = None
        self.spans: list[Span] = []
        """The runs that are in files."""

    def add(self, rows: Rows) -> None:
        """Take rows, which hold no LF."""
        self._rows += rows
        self.count += len(rows)
        self._held += sum(map(len, rows)) + _OBJECT_BYTES * len(rows)
        if self._held >= self._run_bytes:
            self.spill()

    def adopt(self, rows: int, spans: Iterable[Span]) -> None:
        """Take so many rows that stand in other files, sorted; some have been spilled before."""
        self.count += rows
        self.spans += spans

    @property
    def in_memory(self) -> bool:
        """Whether the rows are so few that no file is needed."""
        return self._file is None

    def finish(self) -> None:
        """Put the last rows into the file too, if there is one."""
        if self._file is not None:
            self.spill()

    def in_order(self) -> Iterator[Rows]:
        """Give all rows in order, some at a time. No rows may be added afterwards."""
        if self._file is None:
            self._rows.sort()
            yield from sliced(self._rows)
            return
        self.finish()
        for rows in self._merged():
            yield from sliced(rows)

    def close(self) -> None:
        """Give the temporary file back."""
        if self._file is not None:
            self._file.close()

    def spill(self) -> None:
        """Put the rows in memory into the file."""
        if not self._rows:
            return
        self.ascending = self.ascending and _ascends(self._last + self._rows)
        self._rows.sort()
        self._last = self._rows[-1:]
        with spool_errors():
            self._file = self._file or self._make_file()
            begin = self._file.tell()
            for rows in sliced(self._rows):
                self._file.write(as_lines(rows))
            self._file.flush()
            self.spans.append(Span(self._file, begin, self._file.tell()))
        self._rows, self._held = [], 0
        self._spilled(self.spans[-1].end)

    def _merged(self) -> Iterator[Rows]:
        """Merge by sorting: take from every run what is not above the lowest of their last rows, and sort it.

        The sort finds the runs in it and merges them at the speed of C; a heap would cost a call for a row.
        """
        share = max(self._run_bytes // (len(self.spans) + 1), 64 * KIB)
        runs = [_Run(span, share) for span in self.spans]
        while runs:
            bound = min((run.last for run in runs if run.has_more), default=None)
            rows = [row for run in runs for row in run.take(bound)]
            rows.sort()
            yield rows
            runs = [run for run in runs if run.refill()]


class _Run:
    """One sorted run in the file, of which a share is in memory."""

    def __init__(self, span: Span, share: int) -> None:
        self._file, self._position, self._end = span
        self._share = share
        self._cut = b""
        self._rows: Rows = []
        self._taken = 0
        self.refill()

    @property
    def has_more(self) -> bool:
        """Whether rows wait in the file behind those in memory."""
        return self._position < self._end

    @property
    def last(self) -> bytes:
        """The last row in memory."""
        return self._rows[-1]

    def take(self, bound: bytes | None) -> Rows:
        """Take the rows in memory up to and with `bound`; all of them if there is none."""
        begin = self._taken
        self._taken = len(self._rows) if bound is None else bisect_right(self._rows, bound, begin)
        return self._rows[begin : self._taken]

    def refill(self) -> bool:
        """Read on if all rows in memory are taken; say whether there are any now."""
        while self._taken == len(self._rows) and self.has_more:
            size = min(self._share, self._end - self._position)
            with spool_errors():
                data = pread(self._file.fileno(), size, self._position)
            if not data:
                raise SpoolUnavailable
            self._position += len(data)
            *self._rows, self._cut = (self._cut + data).split(b"\n")
            self._taken = 0
        return self._taken < len(self._rows)


def _ascends(rows: Rows) -> bool:
    """Tell whether rows are in order, each of a product of its own."""
    ids = [row.partition(b"\t")[0] for row in rows]
    return all(map(lt, rows, rows[1:])) and not any(map(eq, ids, ids[1:]))


def stretches(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    """Give the lines between two places of a file, some at a time. Raises SpoolUnavailable."""
    cut = b""
    while begin < end:
        with spool_errors():
            data = pread(file.fileno(), min(_SLICE_BYTES, end - begin), begin)
        if not data:
            raise SpoolUnavailable
        begin += len(data)
        lines, line_end, rest = (cut + data).rpartition(b"\n")
        cut = rest
        if line_end:
            yield lines + line_end


def as_lines(rows: Rows) -> bytes:
    """Write rows as lines, each with its LF."""
    return b"\n".join(rows) + b"\n"


def sliced(rows: Rows) -> Iterator[Rows]:
    """Cut many rows into lists of a bounded length."""
    for begin in range(0, len(rows), _SLICE_ROWS):
        yield rows[begin : begin + _SLICE_ROWS]
