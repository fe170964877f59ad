"""From blocks of text to records, each with the line of the file on which it begins.

One reader, the standard library's in strict mode, parses every record. It is run over one block at a time
and not over the whole file, so that the memory for cells is bounded whatever the file holds; a record that a
block cuts is read again with the next one.
"""

import csv
import io
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import NamedTuple

from catalog_service.ingest.report import Code, Findings, RowError
from catalog_service.ingest.source import LONGEST_LINE, Block, LineTooLong

LONGEST_CELL = 128 * 1024
"""In characters. Far above any column's limit, so that it bounds ignored columns and quotes left open."""
_NOT_CHECKED = "The rest of the file was not checked."
_SENTENCES = {
    Code.TEXT_AFTER_QUOTE: "Text follows a closing quote: inside a quoted cell a quote is written twice.",
    Code.CARRIAGE_RETURN: "A carriage return stands in the middle of a line: quote the cell that holds it.",
    Code.CELL_TOO_LONG: f"A cell is longer than {LONGEST_CELL} characters.",
    Code.UNCLOSED_QUOTE: f"A quote that opens in this record is not closed. {_NOT_CHECKED}",
    Code.RECORD_TOO_LONG: f"The record is longer than {LONGEST_LINE} bytes. {_NOT_CHECKED}",
}

# The limit is the process's own; this is the module's default, said here so that nothing else decides it.
csv.field_size_limit(LONGEST_CELL)


class Batch(NamedTuple):
    """Records that follow one another; a blank line is a record without cells."""

    rows: list[list[str]]
    lines: Sequence[int]
    """The line on which each begins."""
    suspect: bool
    """Whether a cell may hold a NUL, or bytes that are not UTF-8."""


class _Pass(NamedTuple):
    """What one run of the reader gave, up to an error or the end of its text."""

    rows: list[list[str]]
    lines: Sequence[int]
    end: int
    """The line after the last one read."""
    error: Code | None
    error_line: int
    """The line on which the record with the error begins."""
    error_offset: int
    """Where in the text that record begins."""


class _UnclosedQuote(Exception):
    """A quote swallows what follows it."""


class RecordReader:
    """Reads a file's records; those that are no CSV become findings."""

    def __init__(self, separator: str, first_line: int, findings: Findings) -> None:
        """Begin at a line of the file."""
        self._separator = separator
        self._line = first_line
        self._findings = findings
        self.is_amid_record = False
        """Whether a record has begun that the blocks so far don't end."""
        self.swallowed_lines = False
        """Whether a broken record has taken lines with it that may have been records of their own."""

    def batches(self, blocks: Iterable[Block]) -> Iterator[Batch]:
        """Give all records in order. Where reading can't go on, a finding says so and the records end."""
        try:
            rest = yield from self._all(blocks)
        except LineTooLong:
            self._reject(Code.RECORD_TOO_LONG, self._line)
            self.swallowed_lines = True
        except _UnclosedQuote:
            self._reject(Code.UNCLOSED_QUOTE, self._line)
            self.swallowed_lines = True
        else:
            if rest:
                self._reject(Code.UNCLOSED_QUOTE, self._line)
                self.swallowed_lines |= "\n" in rest.rstrip("\r\n")

    def _all(self, blocks: Iterable[Block]) -> Generator[Batch, None, str]:
        """Give all records and return the beginning of one that the file's end cuts."""
        rest, suspect = "", False
        for block in blocks:
            if not rest and not block.text.strip("\r\n"):
                self._line += block.text.count("\n")  # millions of blank lines cost nothing
                continue
            suspect = block.suspect or (suspect and rest != "")
            rest = yield from self._read(rest + block.text, suspect=suspect)
            self.is_amid_record = rest != ""
            if len(rest) > LONGEST_LINE:
                raise LineTooLong
        return rest

    def _read(self, text: str, *, suspect: bool) -> Generator[Batch, None, str]:
        """Give the records of a text and return the beginning of one that it cuts."""
        # Splits at LF alone: str.splitlines would break cells at U+2028 and U+0085.
        source = io.StringIO(text, newline="\n")
        while True:
            done = self._parse(source)
            yield Batch(done.rows, done.lines, suspect)
            self._line = done.end if done.error is None else done.error_line
            if done.error is None:
                return ""
            if done.error is Code.UNCLOSED_QUOTE:
                return text[done.error_offset :]
            if done.error is Code.CELL_TOO_LONG and done.end > done.error_line + 1:
                raise _UnclosedQuote
            self._reject(done.error, done.error_line, done.end - 1)
            self._line = done.end

    def _parse(self, source: io.StringIO) -> _Pass:
        begin = source.tell()
        rows: list[list[str]] = []
        reader = csv.reader(source, delimiter=self._separator, strict=True)
        try:
            rows.extend(reader)
        except csv.Error:
            pass
        else:
            end = self._line + reader.line_num
            if reader.line_num == len(rows):
                return _Pass(rows, range(self._line, end), end, None, end, 0)
        # A record with line breaks, or an error: once more, to learn where each record begins.
        source.seek(begin)
        return self._parse_numbered(source)

    def _parse_numbered(self, source: io.StringIO) -> _Pass:
        rows: list[list[str]] = []
        lines: list[int] = []
        line, offset, error = self._line, source.tell(), None
        reader = csv.reader(source, delimiter=self._separator, strict=True)
        try:
            for row in reader:
                rows.append(row)
                lines.append(line)
                line, offset = self._line + reader.line_num, source.tell()
        except csv.Error as problem:
            error = _code(problem)
        return _Pass(rows, lines, self._line + reader.line_num, error, line, offset)

    def _reject(self, code: Code, first: int, last: int = 0) -> None:
        sentence = _SENTENCES[code]
        if last > first:
            self.swallowed_lines = True
            sentence += f" The record is read on to line {last}."
        self._findings.reject(RowError(first, None, None, code, sentence))


def _code(error: csv.Error) -> Code:
    """Tell the reader's errors apart; their texts are the same in Python 3.11 and 3.13."""
    text = str(error)
    if text.startswith("field larger"):
        return Code.CELL_TOO_LONG
    if text.startswith("new-line"):
        return Code.CARRIAGE_RETURN
    return Code.UNCLOSED_QUOTE if text.startswith("unexpected end") else Code.TEXT_AFTER_QUOTE
