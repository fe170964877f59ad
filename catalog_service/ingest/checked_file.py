"""The stages in one line: a file's text, its records, its good rows, those in key order, and the report."""

import itertools
from collections.abc import Callable, Iterator
from operator import eq
from typing import BinaryIO, NamedTuple, Protocol

from catalog_service.ingest.checks import Checker
from catalog_service.ingest.failures import NoRows, NotCsv, RejectedRows, TooLarge
from catalog_service.ingest.header import Layout, read_header
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.records import RecordReader
from catalog_service.ingest.report import Code, Findings, Report, RowError, shown
from catalog_service.ingest.row_format import origin
from catalog_service.ingest.runs import Rows, SortedRuns, as_lines
from catalog_service.ingest.source import LONGEST_LINE, Block, LineTooLong, refused, text_blocks


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
        self._duplicates_noted = False
        try:
            self._layout = self._read()
        except BaseException:
            self.close()
            raise

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
        for rows in self._in_order():
            if not self._findings:
                yield Chunk(as_lines(rows), len(rows))
        if self._findings:
            raise RejectedRows(self.report)

    def close(self) -> None:
        """Give temporary files back."""
        self._runs.close()

    def _read(self) -> Layout:
        blocks = self._counted(text_blocks(self._file, self._limits))
        first, line = _first_text(blocks)
        header = read_header(first.text, line)
        rest = first._replace(text=first.text[header.length :])
        reader = RecordReader(header.layout.separator, line + header.lines, self._findings)
        checker = Checker(header.layout, self._findings)
        for batch in reader.batches(itertools.chain([rest], blocks)):
            self._runs.add(checker.good_rows(batch))
            if self._runs.count + self._findings.rejected_total > self._limits.rows:
                raise TooLarge(f"The file has more than {self._limits.rows} rows.")
        if not (self._runs.count or self._findings):
            raise refused(NoRows, 1, Code.NO_ROWS, "The file holds no rows.")
        if self._runs.in_memory:
            # So few rows that their duplicates are found at once, before a database is asked for anything.
            for _ in self._in_order():
                pass
        return header.layout

    def _counted(self, blocks: Iterator[Block]) -> Iterator[Block]:
        for block in blocks:
            self._bytes_read += block.size
            yield block
            self._tell(Progress("checking", self._file.tell(), self._runs.count))

    def _in_order(self) -> Iterator[Rows]:
        """Give the rows in order and, the first time through, note the duplicates among them."""
        last: Rows = []
        for rows in self._runs.in_order():
            if not self._duplicates_noted:
                self._note_duplicates(last + rows)
                last = rows[-1:]
            yield rows
        self._duplicates_noted = True

    def _note_duplicates(self, rows: Rows) -> None:
        ids = [row.partition(b"\t")[0] for row in rows]
        if not any(map(eq, ids, ids[1:])):
            return
        for before, row in itertools.pairwise(rows):
            (product_id, line), (id_before, line_before) = origin(row), origin(before)
            if product_id == id_before:
                message = f"This product_id stands on line {line_before} too."
                error = RowError(line, "product_id", shown(product_id), Code.DUPLICATE, message)
                self._findings.reject(error)


def _first_text(blocks: Iterator[Block]) -> tuple[Block, int]:
    """Give the first block that is not blank, and its line."""
    line = 1
    try:
        for block in blocks:
            if block.text.strip("\r\n"):
                return block, line
            line += block.text.count("\n")
    except LineTooLong:
        message = f"A line is longer than {LONGEST_LINE} bytes before there is a header."
        raise refused(NotCsv, line, Code.RECORD_TOO_LONG, message) from None
    raise refused(NoRows, 1, Code.NO_ROWS, "The file is empty.")
