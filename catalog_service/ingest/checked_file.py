"""The stages in one line: a file's text, its records, its good rows, those in key order, and the report."""

import collections
import itertools
import os
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple, Protocol

from catalog_service.ingest.checks import Checker
from catalog_service.ingest.failures import NoRows, RejectedRows, TooLarge
from catalog_service.ingest.header import read_header
from catalog_service.ingest.later_part import LaterPart, Reading
from catalog_service.ingest.options import OnError, Plan
from catalog_service.ingest.records import RecordReader
from catalog_service.ingest.rejects import RejectsFile
from catalog_service.ingest.report import Code, Findings, Report
from catalog_service.ingest.runs import Rows, SortedRuns, as_lines
from catalog_service.ingest.singles import Singles
from catalog_service.ingest.source import Block, first_text, refused, text_blocks


class Progress(NamedTuple):
    """How far an upload has come."""

    stage: str
    """`checking`, `comparing` with what is stored, or `loading`."""
    bytes_read: int
    """Of the file as it was sent."""
    rows: int
    """Rows so far of the stage: those that were found good, were compared, or were sent to the database."""


Tell = Callable[[Progress], None]


def silent(_: object) -> None:
    """Tell nobody."""


class Spilled(NamedTuple):
    """How a file that is still being read stands, after some of its rows went to the temporary file."""

    end: int | None
    """How far that holds all rows so far, good ones in key order; None if it does not."""
    report: Report
    """What was found so far."""


TellSpilled = Callable[[Spilled], None]


class Chunk(NamedTuple):
    """Some rows in the form of row_format."""

    data: bytes
    rows: int


class TooEarly(Exception):
    """Rows can't be loaded after all while their file is being read: it has to be read to its end first."""


class CheckedRows(Protocol):
    """The rows of a file."""

    @property
    def report(self) -> Report:
        """What was found; duplicates only once `chunks` has come to its end."""

    def early(self) -> "CheckedRows | None":
        """Give the rows while the file is still being read, where so far they are good and in key order.

        Its `chunks` raises TooEarly if that does not hold to the end; its `report` is there from the end on.
        """

    def wait(self) -> None:
        """Wait until the file is read to its end, before `report` and `chunks` are asked for."""

    def chunks(self) -> Iterator[Chunk]:
        """Give the good rows in key order, as often as asked.

        Of a product_id that stands twice no row is good, as nothing says which one is meant. Unless bad rows
        are to be skipped, raises RejectedRows at the end if there were any; duplicates are found on the way,
        so that rows may have come before. Raises it too if no row is good.
        """


class CheckedFile:
    """The CheckedRows of a file that this process read."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it reads, where it writes, and who is told
        self,
        file: BinaryIO,
        rejects: BinaryIO,
        make_file: Callable[[], BinaryIO],
        plan: Plan,
        tell: Tell,
        tell_spilled: TellSpilled = silent,
        second_spill: BinaryIO | None = None,
    ) -> None:
        """Read and check a file from where it stands; rejected rows go to `rejects`.

        With another temporary file, `second_spill`, a second process may help to read a large file.

        Raises NoRows, NotCsv, WrongEncoding, MissingColumn, TooLarge, SpoolUnavailable.
        """
        self._file = file
        self._plan = plan
        self._options, self._limits = plan
        self._tell = tell
        self._rejects = RejectsFile(rejects)
        self._findings = Findings(self._rejects)
        self._bytes_read = 0
        self._tell_spilled = tell_spilled
        self._second_spill = second_spill
        self._later: LaterPart | None = None
        self._swallowed_lines = False
        self._runs = SortedRuns(make_file, self._limits.run_bytes, self._spilled)
        try:
            self._read()
            if self._runs.in_memory:
                # So few rows that their duplicates are found at once, before a database is asked for any.
                collections.deque(self._good_rows(), maxlen=0)
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
            totals_by_column=self._findings.totals_by_column,
            columns=self._layout.names,
            ignored_columns=self._layout.ignored,
        )

    def early(self) -> None:
        """Give nothing: the file is read already."""

    def wait(self) -> None:
        """Go on at once."""

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows as CheckedRows says."""
        # What may have been good rows is in no report: to load the others would lose them in silence.
        skip = self._options.on_error is OnError.SKIP and not self._swallowed_lines
        for rows in self._good_rows():
            if skip or not self._findings:
                yield Chunk(as_lines(rows), len(rows))
        self._rejects.flush()
        if self._findings and not (skip and self.report.rows):
            raise RejectedRows(self.report)

    def _good_rows(self) -> Iterator[Rows]:
        """Give the rows whose product_id stands once."""
        # Those that an earlier pass has noted, even one that was given up, are the first of this one.
        singles = Singles(self._findings, self._findings.totals_by_code[Code.DUPLICATE])
        for rows in self._runs.in_order():
            if good := singles.of(rows):
                yield good
        if good := singles.last():
            yield good

    def close(self) -> None:
        """Give temporary files back."""
        if self._later is not None:
            self._later.abandon()
        self._runs.close()

    def _read(self) -> None:
        blocks = self._counted(text_blocks(self._file, self._limits))
        first, line = first_text(blocks)
        header = read_header(first.text, line)
        self._layout = header.layout
        rest = first._replace(text=first.text[header.length :])
        self._rejects.begin(self._layout.names)
        reader = RecordReader(self._layout.separator, line + header.lines, self._findings)
        checker = Checker(self._layout, self._options.blank, self._findings)
        for batch in reader.batches(self._shared(itertools.chain([rest], blocks), reader)):
            self._runs.add(checker.good_rows(batch))
            self._hold_to_limit()
        # Once more: what a second process read came with no batch.
        self._hold_to_limit()
        if self._later is not None:
            # The records have ended before its part has begun.
            self._later.abandon()
            self._later = None
        self._swallowed_lines = reader.swallowed_lines
        self._runs.finish()
        self._rejects.flush()
        if not (self._runs.count or self._findings):
            raise refused(NoRows, 1, Code.NO_ROWS, "The file holds no rows.")

    def _hold_to_limit(self) -> None:
        if self._runs.count + self._findings.rejected_total > self._limits.rows:
            raise TooLarge(f"The file has more than {self._limits.rows} rows.")

    def _shared(self, blocks: Iterator[Block], reader: RecordReader) -> Iterator[Block]:
        """Give the blocks up to where a second process has read on rightly, if one has; else all of them."""
        for block in blocks:
            yield block
            if self._later is not None and self._bytes_read >= self._later.begin:
                later, self._later = self._later, None
                if self._goes_on_with(later, reader):
                    return
            elif self._second_spill is not None and self._can_be_shared():
                spill, self._second_spill = self._second_spill, None
                self._later = LaterPart.of(self._file, spill, Reading(self._layout, self._plan))

    def _can_be_shared(self) -> bool:
        # Rows in key order are loaded while they are read, which takes the other core.
        return not self._runs.in_memory and not self._runs.ascending and not self._findings

    def _goes_on_with(self, later: LaterPart, reader: RecordReader) -> bool:
        """Take what the second process read, if it began where this one has come to, and all is good."""
        if self._bytes_read != later.begin or reader.is_amid_record or self._findings:
            later.abandon()
            return False
        read = later.result()
        if read is None:
            return False
        self._runs.adopt(*read)
        self._bytes_read = self._file.seek(0, os.SEEK_END)
        return True

    def _spilled(self, end: int) -> None:
        good = self._runs.ascending and not self._findings
        self._tell_spilled(Spilled(end if good else None, self.report))

    def _counted(self, blocks: Iterator[Block]) -> Iterator[Block]:
        for block in blocks:
            self._bytes_read += block.size
            yield block
            self._tell(Progress("checking", self._file.tell(), self._runs.count))
