"""From records to rows that the database can take as they stand; the others become findings.

Blocks are checked column by column, at the speed of one regular expression over all cells of a column. Only
where a block fails are its cells looked at one by one, by the same rules, to say what is wrong.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from catalog_service.formulas import MARK
from catalog_service.ingest.columns import COLUMNS, SEPARATOR, TEXT_COLUMNS, rules
from catalog_service.ingest.header import Layout
from catalog_service.ingest.options import Blank
from catalog_service.ingest.records import Batch
from catalog_service.ingest.report import Code, Findings, RowError, shown
from catalog_service.ingest.row_format import FIRST_LINE, KEEP, NULL, escaped
from catalog_service.ingest.source import illegible

_BLANK_CELLS = {Blank.ERROR: "", Blank.NULL: NULL.decode(), Blank.KEEP: KEEP.decode()}
_SENTENCES = {
    Code.NUL: "A cell holds a NUL character.",
    Code.NOT_UTF8: "A cell holds bytes that are not UTF-8: save the file as UTF-8.",
}


class _Column(NamedTuple):
    """A column of valid cells, apart and joined."""

    cells: Sequence[str]
    joined: str


class Checker:
    """Checks the records of one file."""

    def __init__(self, layout: Layout, blank: Blank, findings: Findings) -> None:
        """Check by the file's layout, with blank cells as `blank` says, and note what is wrong."""
        self._layout = layout
        self._blank = _BLANK_CELLS[blank]
        self._findings = findings
        self._rules = dict(zip(layout.positions, rules(blank), strict=True))

    def good_rows(self, batch: Batch) -> list[bytes]:
        """Give the good rows in the form of row_format, in the file's order."""
        batch = _without_blank_lines(batch)
        if self._layout.neutralised is not None:
            self._restore(batch.rows, self._layout.neutralised)
        columns = None if batch.suspect else self._valid_columns(batch.rows)
        if columns is None:
            batch = self._sifted(batch)
            columns = self._valid_columns(batch.rows)
        return _formatted(columns, batch.lines, self._blank) if columns else []

    def _restore(self, rows: list[list[str]], place: int) -> None:
        """Take the mark off again that an export has put before the cells that it names."""
        for row in rows:
            for name in row[place].split(" ") if len(row) == self._layout.width else ():
                if name in COLUMNS:
                    position = self._layout.names.index(name)
                    row[position] = row[position].removeprefix(MARK)

    def _valid_columns(self, rows: list[list[str]]) -> list[_Column] | None:
        """Give the columns, or None if any cell or the shape is not valid."""
        if not rows or set(map(len, rows)) != {self._layout.width}:
            return None
        all_cells = list(zip(*rows, strict=True))
        columns = []
        for position, rule in self._rules.items():
            cells = all_cells[position]
            columns.append(_Column(cells, SEPARATOR.join(cells)))
            if not rule.block.fullmatch(columns[-1].joined):
                return None
        return columns

    def _sifted(self, batch: Batch) -> Batch:
        rows, lines = [], []
        for row, line in zip(batch.rows, batch.lines, strict=True):
            if errors := list(self._errors(row, line)):
                self._findings.reject(*errors, cells=row)
            else:
                rows.append(row)
                lines.append(line)
        return Batch(rows, lines, suspect=False)

    def _errors(self, row: list[str], line: int) -> Iterator[RowError]:
        if len(row) != self._layout.width:
            code = Code.TOO_FEW_CELLS if len(row) < self._layout.width else Code.TOO_MANY_CELLS
            message = f"The record has {len(row)} cells, but the header has {self._layout.width}."
            yield RowError(line, None, None, code, message)
            return
        for position, cell in enumerate(row):
            rule = self._rules.get(position)
            column = rule.column if rule else None
            if problem := illegible(cell):
                yield RowError(line, column, shown(cell), problem, _SENTENCES[problem])
            elif rule and (problem := rule.problem(cell)):
                yield RowError(line, column, shown(cell), problem, rule.sentences[problem])


def _without_blank_lines(batch: Batch) -> Batch:
    if all(batch.rows):
        return batch
    kept = [(row, line) for row, line in zip(batch.rows, batch.lines, strict=True) if row]
    return Batch([row for row, _ in kept], [line for _, line in kept], batch.suspect)


def _formatted(columns: Sequence[_Column], lines: Sequence[int], blank: str) -> list[bytes]:
    texts = [_changed(column, escaped(column.joined)) for column in columns[:TEXT_COLUMNS]]
    # -0 is zero, but a DOUBLE would keep its sign; no other number that passed has one.
    numbers = [_changed(column, column.joined.replace("-", "")) for column in columns[TEXT_COLUMNS:]]
    if blank:
        texts = [_filled(cells, blank) for cells in texts]
        numbers = [_filled(cells, blank) for cells in numbers]
    labels = map(str, map(FIRST_LINE.__add__, lines))
    rows = map("\t".join, zip(texts[0], labels, *texts[1:], *numbers, strict=True))
    return "\n".join(rows).encode().split(b"\n")


def _changed(column: _Column, joined: str) -> Sequence[str]:
    return column.cells if joined == column.joined else joined.split(SEPARATOR)


def _filled(cells: Sequence[str], blank: str) -> Sequence[str]:
    return [cell or blank for cell in cells] if "" in cells else cells
