"""The stages in one line: a file's text, its records, its good rows, those in key order, and the report."""

import itertools
from collections.abc import Callable, Iterator
from operator import eq
from typing import BinaryIO, NamedTuple, Protocol

from catalog_service.ingest.checks import Checker
from catalog_service.ingest.failures import NoRows, RejectedRows, TooLarge
from catalog_service.ingest.header import Layout, read_header
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.records import RecordReader
from catalog_service.ingest.report import Code, Findings, Report, RowError, shown
from catalog_service.ingest.row_format import origin
from catalog_service.ingest.runs import Rows, SortedRuns, as_lines
from catalog_service.ingest.source import Block, refused, text_blocks


class Progress(NamedTuple):
    """How far an upload has come."""

    stage: str
    """`checking` or `loading`."""
    bytes_read: int
    """Of the file as it was sent."""
    rows: int
    """Good rows so far that were checked, or sent to the database."""


Tell = Callable[[Progress], None]


class Chunk(NamedTuple):
    """Some rows in the form of row_format."""

    data: bytes
    rows: int


class CheckedRows(Protocol):
    """A file that was read to its end."""

    @property
    def report(self) -> Report:
        """What was found; duplicates only once `chunks` has come to its end."""

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows in key order, as often as asked.

        Raises RejectedRows at the end if any row of the file was rejected; duplicates are found on the way,
        so that rows may have come before.
        """


class CheckedFile:
    """The CheckedRows of a file that this process read."""

    def __init__(self, file: BinaryIO, make_file: Callable[[], BinaryIO], limits: Limits, tell: Tell) -> None:
        """Read and check a file from where it stands.

        Raises NoRows, NotCsv, WrongEncoding, MissingColumn, TooLarge, SpoolUnavailable.
        """
        self._file = file
        self._limits = limits
        self._tell = tell
        self._findings = Findings()
        self._bytes_read = 0
        self._runs = SortedRuns(make_file, limits.run_bytes)
        self._layout = self._read()
        self._duplicates_noted = False
        if not (self._runs.count or self._findings):
            raise refused(NoRows, 1, Code.NO_ROWS, "The file holds no rows.")
        if self._runs.in_memory:
            # So few rows that their duplicates are found at once, before a database is asked for anything.
            self._note_all_duplicates()

    @property
    def report(self) -> Report:
        """What was found so far."""
        return Report(
            rows=self._runs.count - self._findings.totals_by_code[Code.DUPLICATE],
            rejected_total=self._findings.rejected_total,
            errors=self._findings.lowest(),
            totals_by_code=self._findings.totals_by_code,
            ignored_columns=self._layout.ignored,
            bytes_read=self._bytes_read,
        )

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows as CheckedRows says."""
        last: Rows = []
        for rows in self._runs.in_order():
            if not self._duplicates_noted:
                self._note_duplicates(last + rows)
                last = rows[-1:]
            if not self._findings:
                yield Chunk(as_lines(rows), len(rows))
        self._duplicates_noted = True
        if self._findings:
            raise RejectedRows(self.report)

    def close(self) -> None:
        """Give temporary files back."""
        self._runs.close()

    def _read(self) -> Layout:
        blocks = self._counted(text_blocks(self._file, self._limits))
        line = 1
        for first in blocks:
            if first.text.strip("\r\n"):
                break
            line += first.text.count("\n")
        else:
            raise refused(NoRows, 1, Code.NO_ROWS, "The file is empty.")
        header = read_header(first.text, line)
        rest = first._replace(text=first.text[header.length :])
        reader = RecordReader(header.layout.separator, line + header.lines, self._findings)
        checker = Checker(header.layout, self._findings)
        for batch in reader.batches(itertools.chain([rest], blocks)):
            self._runs.add(checker.good_rows(batch))
            if self._runs.count + self._findings.rejected_total > self._limits.rows:
                raise TooLarge(f"The file has more than {self._limits.rows} rows.")
        return header.layout

    def _counted(self, blocks: Iterator[Block]) -> Iterator[Block]:
        for block in blocks:
            self._bytes_read += block.size
            yield block
            self._tell(Progress("checking", self._file.tell(), self._runs.count))

    def _note_all_duplicates(self) -> None:
        last: Rows = []
        for rows in self._runs.in_order():
            self._note_duplicates(last + rows)
            last = rows[-1:]
        self._duplicates_noted = True

    def _note_duplicates(self, rows: Rows) -> None:
        ids = [row.partition(b"\t")[0] for row in rows]
        if not any(map(eq, ids, ids[1:])):
            return
        for before, row in itertools.pairwise(rows):
            (product_id, line), (id_before, line_before) = origin(row), origin(before)
            if product_id == id_before:
                message = f"product_id stands on line {line_before} too."
                self._findings.reject(RowError(line, "product_id", shown(product_id), Code.DUPLICATE, message))
