"""Where a file's columns stand: its separator, its header, its `sep=` line."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from catalog_service.formulas import NEUTRALISED
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import MissingColumn, NotCsv
from catalog_service.ingest.report import Code, shown
from catalog_service.ingest.source import CARRIAGE_RETURNS, illegible, refused

MOST_COLUMNS = 1_000
"""Each that is not ours is named in the upload's record."""
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
# Spreadsheets write such a first line to say how to read the others.
_LEAD = re.compile(r"[\r\n]*(?:[sS][eE][pP]=(?P<separator>[^\r\n]*)(?:[\r\n]+|\Z))?[\r\n]*")


class Layout(NamedTuple):
    """How the records of a file are to be read."""

    separator: str
    width: int
    """The number of cells in a record."""
    positions: Sequence[int]
    """Where COLUMNS stand."""
    ignored: Sequence[str]
    """The other columns."""
    names: Sequence[str]
    """All columns, as the header has them."""
    neutralised: int | None
    """Where the column stands by which an export names the cells that it made harmless."""


class Header(NamedTuple):
    """The file's first record and what stands before it."""

    layout: Layout
    length: int
    """Its characters."""
    lines: int
    """Its lines."""


def read_header(text: str, first_line: int) -> Header:
    """Find the header in `text`, which begins at `first_line` of its file and holds all of the first record.

    Raises MissingColumn; NotCsv for a header that can't be read, and for a name that stands in it twice.
    """
    lead = _LEAD.match(text)
    length = lead.end() if lead else 0
    line = first_line + text.count("\n", 0, length)
    declared_on = first_line + text.count("\n", 0, lead.start("separator")) if lead else first_line
    separators = _allowed(lead["separator"] if lead else None, declared_on)
    records = [_FirstRecord.read(text[length:], separator) for separator in separators]
    best = max(records, key=lambda record: len(set(record.cells) & set(COLUMNS)))
    layout = _layout(best, line)
    return Header(layout, length + best.length, line - first_line + best.lines)


def _allowed(declared: str | None, line: int) -> Sequence[str]:
    if declared is None:
        return list(_NAMES)
    if declared not in _NAMES:
        message = f"sep= names {shown(declared)!r}, but the separator must be a comma, a semicolon or a tab."
        raise refused(NotCsv, line, Code.BAD_SEPARATOR, message)
    return [declared]


class _FirstRecord(NamedTuple):
    separator: str
    cells: Sequence[str]
    length: int
    lines: int
    error: str

    @classmethod
    def read(cls, text: str, separator: str) -> "_FirstRecord":
        source = io.StringIO(text, newline="\n")
        reader = csv.reader(source, delimiter=separator, strict=True)
        try:
            cells = next(reader, [])
        except csv.Error as error:
            return cls(separator, (), 0, 0, str(error))
        return cls(separator, cells, source.tell(), reader.line_num, "")


def _layout(record: _FirstRecord, line: int) -> Layout:
    if record.error:
        if "new-line" in record.error:
            raise refused(NotCsv, line, Code.CARRIAGE_RETURN, CARRIAGE_RETURNS)
        if "larger" in record.error:
            raise refused(NotCsv, line, Code.CELL_TOO_LONG, "A column's name is far too long.")
        raise refused(NotCsv, line, Code.NOT_CSV, "The header's quotes are not closed, or closed too early.")
    if problem := next(filter(None, map(illegible, record.cells)), None):
        what = "holds a NUL character" if problem is Code.NUL else "is not UTF-8"
        raise refused(NotCsv, line, Code.NOT_CSV, f"The header {what}: save the file as CSV in UTF-8.")
    _check_names(record.cells, line)
    positions = [record.cells.index(column) for column in COLUMNS]
    ignored = [shown(name) for name in record.cells if name not in (*COLUMNS, NEUTRALISED)]
    neutralised = record.cells.index(NEUTRALISED) if NEUTRALISED in record.cells else None
    return Layout(record.separator, len(record.cells), positions, ignored, record.cells, neutralised)


def _check_names(names: Sequence[str], line: int) -> None:
    for column in COLUMNS:
        if column not in names:
            message = f"Missing column: {column}"  # the contract's sentence
            raise refused(MissingColumn, line, Code.MISSING_COLUMN, message, column)
    if len(names) > MOST_COLUMNS:
        message = f"The header names {len(names):,} columns; there may be {MOST_COLUMNS:,}."
        raise refused(NotCsv, line, Code.NOT_CSV, message)
    for name, count in Counter(names).items():
        # Spreadsheets leave several unnamed columns behind; they hold nothing of ours.
        if count > 1 and name:
            message = f"The header names the column {shown(name)!r} {count} times."
            raise refused(NotCsv, line, Code.DUPLICATE_COLUMN, message, shown(name))
