"""Finding the rows whose product_id stands twice in a file, among rows in key order."""

from operator import eq

from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.report import Code, Findings, RowError, shown
from catalog_service.ingest.row_format import cells_of, origin
from catalog_service.ingest.runs import Rows


class Singles:
    """Sifts rows in key order for those whose id no other row has."""

    def __init__(self, findings: Findings, noted: int) -> None:
        """Note the others in `findings`, but for as many, from the first on, as are noted there already."""
        self._findings = findings
        self._noted = noted
        self._held: bytes | None = None
        """The first row of the id that came last: the next rows may have that id too."""
        self._held_is_good = False

    def of(self, rows: Rows) -> Rows:
        """Give the good ones of some rows and of the one held before, without the last."""
        ids = [row.partition(b"\t")[0] for row in rows]
        held_id = self._held and self._held.partition(b"\t")[0]
        if held_id == ids[0] or any(map(eq, ids, ids[1:])):
            return self._sifted(rows)
        good = [*self.last(), *rows[:-1]]
        self._held, self._held_is_good = rows[-1], True
        return good

    def last(self) -> Rows:
        """Give the row that was held, if it is good."""
        return [self._held] if self._held and self._held_is_good else []

    def _sifted(self, rows: Rows) -> Rows:
        good: Rows = []
        for row in rows:
            if self._held and origin(self._held)[0] == origin(row)[0]:
                if self._held_is_good:
                    self._note(self._held, row)
                self._note(row, self._held)
                self._held_is_good = False
            else:
                good += self.last()
                self._held, self._held_is_good = row, True
        return good

    def _note(self, row: bytes, other: bytes) -> None:
        if self._noted:
            self._noted -= 1
            return
        product_id, line = origin(row)
        message = f"This product_id stands on line {origin(other)[1]} too."
        error = RowError(line, "product_id", shown(product_id), Code.DUPLICATE, message)
        self._findings.reject(error, cells=dict(zip(COLUMNS, cells_of(row), strict=True)))
