"""What an upload changes: its rows, in key order, held against the stored ones.

The one place that decides between created, updated, unchanged and refused, for every mode, for both databases
and for a dry run. It also writes down what was there before, from which an undo puts it back.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from typing import TypeVar

from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.columns import COLUMNS, TEXT_COLUMNS
from catalog_service.ingest.options import Blank, Mode, Options
from catalog_service.ingest.parts import undo_line
from catalog_service.ingest.report import Code, Findings, RowError, shown
from catalog_service.ingest.row_format import KEEP, NULL, cells_of, origin
from catalog_service.ingest.runs import as_lines
from catalog_service.ingest.store import Answer, Stored, content_of

Item = TypeVar("Item")
Done = TypeVar("Done")

TEXT_CELLS = TEXT_COLUMNS - 1
"""How many cells after the id, the first, hold text."""

EXISTS = "A product with this id exists already, and mode=insert changes none."
UNKNOWN = "There is no product with this id, and mode=update makes none."
NOTHING_TO_KEEP = "{column} is blank, and there is no stored product whose value could be kept."


Ask = Callable[[Sequence[bytes]], Answer]
"""Asks for those of some products that are stored, as Table has it."""
Note = Callable[[list[bytes]], None]
"""Takes the lines of an undo record, one for each product that is changed."""


class Comparison:
    """Compares rows with what is stored, and counts what becomes of them."""

    def __init__(self, options: Options, number: int, ask: Ask, findings: Findings, note: Note) -> None:
        """Compare for the upload with this number."""
        self.created = 0
        self.updated = 0
        self.unchanged = 0
        self._number = str(number).encode()
        self._options = options
        self._ask = ask
        self._findings = findings
        self._note = note

    def changes(self, chunks: Iterable[Chunk]) -> Generator[Chunk]:
        """Give the rows that have to be written, in their order.

        Between two of them the database is at work: nothing else can be asked of it until the iterator has
        come to its end or is closed.
        """
        makes_all = self._options.mode is not Mode.UPDATE and self._options.blank is not Blank.KEEP
        # The database reads the next rows while these are compared.
        with closing(
            _one_ahead(lambda parted: self._ask(parted[2]), map(_rows_and_ids, chunks))
        ) as looked_up:
            for (chunk, rows, ids), stored in looked_up:
                if makes_all and not stored:
                    self.created += len(rows)
                    self._note([undo_line(product_id, self._number) for product_id in ids])
                    yield chunk
                elif changed := list(self._compared(rows, ids, stored)):
                    yield Chunk(as_lines(changed), len(changed))

    def _compared(
        self, rows: Iterable[bytes], ids: Iterable[bytes], stored: Mapping[bytes, Stored]
    ) -> Iterator[bytes]:
        undo: list[bytes] = []
        for row, product_id in zip(rows, ids, strict=True):
            old = stored.get(product_id)
            new = self._created(row) if old is None else self._updated(row, old)
            if new is not None:
                undo.append(undo_line(product_id, self._number, old))
                yield new
        self._note(undo)

    def _created(self, row: bytes) -> bytes | None:
        if self._options.mode is Mode.UPDATE:
            self._refuse(row, "product_id", Code.UNKNOWN_PRODUCT, UNKNOWN)
            return None
        cells = row.split(b"\t")[2:] if self._options.blank is Blank.KEEP else ()
        if KEEP in cells:
            column = COLUMNS[1 + cells.index(KEEP)]
            self._refuse(row, column, Code.BLANK, NOTHING_TO_KEEP.format(column=column))
            return None
        self.created += 1
        return row

    def _updated(self, row: bytes, old: Stored) -> bytes | None:
        if self._options.mode is Mode.INSERT:
            self._refuse(row, "product_id", Code.EXISTS, EXISTS)
            return None
        product_id, label, content = row.split(b"\t", 2)
        before = content_of(old)
        if self._options.blank is Blank.KEEP:
            content = _filled(content, before)
            row = b"\t".join((product_id, label, content))
        if content == before or _mean_the_same(content, before):
            self.unchanged += 1
            return None
        self.updated += 1
        return row

    def _refuse(self, row: bytes, column: str, code: Code, message: str) -> None:
        product_id, line = origin(row)
        value = product_id if column == "product_id" else ""
        error = RowError(line, column, shown(value), code, message)
        self._findings.reject(error, cells=dict(zip(COLUMNS, cells_of(row), strict=True)))


def _filled(content: bytes, old: bytes) -> bytes:
    """Put the stored cells in place of those to keep."""
    cells = zip(content.split(b"\t"), old.split(b"\t"), strict=True)
    return b"\t".join(stored if cell == KEEP else cell for cell, stored in cells)


def _mean_the_same(content: bytes, old: bytes) -> bool:
    """Tell whether two contents differ only in how they write numbers: 4.50 is 4.5."""
    cells, stored = content.split(b"\t"), old.split(b"\t")
    if cells[:TEXT_CELLS] != stored[:TEXT_CELLS]:
        return False
    return all(map(_same_number, cells[TEXT_CELLS:], stored[TEXT_CELLS:], (Decimal, int, float, int)))


def _same_number(cell: bytes, stored: bytes, read: Callable[[str], object]) -> bool:
    if cell == stored or NULL in (cell, stored):
        return cell == stored
    # What differs as a float differs: only the others need the slow, exact look.
    return float(cell) == float(stored) and read(cell.decode()) == read(stored.decode())


def _rows_and_ids(chunk: Chunk) -> tuple[Chunk, list[bytes], list[bytes]]:
    rows = chunk.data[:-1].split(b"\n")
    return chunk, rows, [row.partition(b"\t")[0] for row in rows]


def _one_ahead(
    begin: Callable[[Item], Callable[[], Done]], items: Iterable[Item]
) -> Generator[tuple[Item, Done]]:
    """Give each item and what became of it; by then the work on the next has begun.

    What was begun is waited for, also where the iterator is closed before its end.
    """
    begun: deque[tuple[Item, Callable[[], Done]]] = deque()

    def ended() -> Iterator[tuple[Item, Done]]:
        while begun:
            item, wait = begun.popleft()
            yield item, wait()

    try:
        for item in items:
            done = list(ended())
            begun.append((item, begin(item)))
            yield from done
        yield from ended()
    finally:
        deque(ended(), maxlen=0)
