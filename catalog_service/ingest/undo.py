"""Putting back what an upload changed, from the record that it left of what was there before.

A record has a line for each product that its upload changed: `id TAB left` for one that it made, and
`id TAB left TAB revision TAB content` for one that was there before. `left` is the revision that the upload
left the product with, or nothing if it deleted it, as only an undo does. What is put back gets its old
revision too, so that uploads can be undone one after the other, the last one first.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.columns import COLUMNS
from catalog_service.ingest.failures import spool_errors
from catalog_service.ingest.parts import PartFile, compressed, keep_parts, stored_parts, undo_line
from catalog_service.ingest.record import Record
from catalog_service.ingest.rejects import RejectsFile
from catalog_service.ingest.report import Code, Findings, Report, RowError, shown
from catalog_service.ingest.result import Result
from catalog_service.ingest.row_format import FIRST_LINE, cells_of, unescaped
from catalog_service.ingest.runs import as_lines, sliced
from catalog_service.ingest.spool import ChunkFile, temporary_file
from catalog_service.ingest.store import Changed, Store, Stored, Table, content_of, revision_of

_CHANGED_SINCE = "The product was changed or deleted after the upload, so it is kept as it is."
_LABEL = str(FIRST_LINE).encode()


def undo(undone: int, store: Store, *, record: Record, spool_dir: Path) -> Result:
    """Put back, in one transaction, what the upload with the number `undone` changed.

    A product that was changed since is kept as it is, and named in the report and among the rejected rows.

    Raises StoreUnavailable, StoreBusy, SpoolUnavailable, when nothing was done; OutcomeUnknown.
    """
    with spool_errors():
        return store.transact(lambda table: _Undo(undone, table, record, spool_dir).run())


class _Undo:
    """The work of one undo's transaction."""

    def __init__(self, undone: int, table: Table, record: Record, spool_dir: Path) -> None:
        self._undone = undone
        self._table = table
        self._record = record
        self._spool_dir = spool_dir
        self._created = self._updated = self._deleted = 0

    def run(self) -> Result:
        """Compare, put back, and complete the record. Raises Changed."""
        with (
            temporary_file(self._spool_dir) as undo_file,
            temporary_file(self._spool_dir) as kept_file,
            temporary_file(self._spool_dir) as spool,
        ):
            record, rows = PartFile(undo_file), ChunkFile(spool)
            kept = RejectsFile(kept_file)
            kept.begin(COLUMNS)
            findings = Findings(kept)
            for lines in self._lines():
                restored = list(self._put_back(lines, findings, record))
                if restored:
                    rows.add(Chunk(as_lines(restored), len(restored)))
            if rows.rows and self._table.write(rows.chunks(), revision=None) != self._updated:
                raise Changed
            number = self._record.number
            keep_parts(self._table.connection, number, "undo", record.parts())
            if findings:
                keep_parts(self._table.connection, number, "rejects", compressed(kept_file))
            result = Result(self._report(findings), self._created, self._updated, 0, self._deleted)
            self._record.complete(self._table.connection, result)
            return result

    def _lines(self) -> Iterator[list[bytes]]:
        for text in stored_parts(self._table.connection, self._undone, "undo"):
            yield from sliced(text[:-1].split(b"\n"))

    def _put_back(self, lines: Iterable[bytes], findings: Findings, record: PartFile) -> Iterator[bytes]:
        """Delete what has to go, and give the rows to write."""
        parted = [line.split(b"\t", 3) for line in lines]
        stored = self._table.ask([product_id for product_id, *_ in parted])()
        deleted: list[bytes] = []
        before: list[bytes] = []
        for product_id, left, *old in parted:
            now = stored.get(product_id)
            if left != (revision_of(now) if now else b""):
                self._keep(product_id, now, findings)
            elif old:
                revision, content = old
                self._updated += now is not None
                self._created += now is None
                before.append(undo_line(product_id, revision, now))
                yield b"\t".join((product_id, _LABEL, content, revision))
            else:
                deleted.append(product_id)
                before.append(undo_line(product_id, b"", now))
        if deleted:
            self._deleted += len(deleted)
            self._table.delete(deleted)
        record.add(before)

    def _keep(self, product_id: bytes, now: Stored | None, findings: Findings) -> None:
        name = unescaped(product_id.decode())
        cells = cells_of(b"\t".join((product_id, _LABEL, content_of(now)))) if now else [name]
        error = RowError(0, "product_id", shown(name), Code.CHANGED_SINCE, _CHANGED_SINCE)
        findings.reject(error, cells=dict(zip(COLUMNS, cells, strict=False)))

    def _report(self, findings: Findings) -> Report:
        rows = self._created + self._updated + self._deleted
        return Report(rows, 0, (), {}, {}, COLUMNS, ()).with_findings(findings)._replace(rows=rows)
