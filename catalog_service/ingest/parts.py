"""Records of an upload that are as long as its file: kept compressed, in parts of a bounded size."""

import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal

from sqlalchemy import Connection, column, delete, insert, select, table

from catalog_service.ingest.limits import KIB
from catalog_service.ingest.store import Stored

PartKind = Literal["undo", "rejects"]

PART_BYTES = 512 * KIB
"""The text in one part, before compression."""
_LEVEL = 1  # most of what compression can do here, at a tenth of the time of its default

_PARTS = table("upload_parts", column("number"), column("kind"), column("seq"), column("data"))


class PartFile:
    """Takes lines and spools them as compressed parts, since a connection that is loading takes no other."""

    def __init__(self, file: BinaryIO) -> None:
        """Spool to an empty temporary file."""
        self._file = file
        self._sizes: list[int] = []
        self._lines: list[bytes] = []
        self._held = 0

    def add(self, lines: list[bytes]) -> None:
        """Take lines, which hold no LF."""
        self._lines += lines
        self._held += sum(map(len, lines)) + len(lines)
        if self._held >= PART_BYTES:
            self._flush()

    def parts(self) -> Iterator[bytes]:
        """Give the parts; no lines may be added afterwards."""
        if self._lines:
            self._flush()
        self._file.seek(0)
        for size in self._sizes:
            yield self._file.read(size)

    def _flush(self) -> None:
        part = zlib.compress(b"\n".join(self._lines) + b"\n", _LEVEL)
        self._file.write(part)
        self._sizes.append(len(part))
        self._lines, self._held = [], 0


def undo_line(product_id: bytes, left: bytes, old: Stored | None = None) -> bytes:
    """Write a line of an undo record (see `undo`)."""
    return b"\t".join((product_id, left) if old is None else (product_id, left, old))


def compressed(*texts: BinaryIO) -> Iterator[bytes]:
    """Give the texts in some files, one behind the other, as parts."""
    for text in texts:
        text.seek(0)
        while piece := text.read(PART_BYTES):
            yield zlib.compress(piece, _LEVEL)


def keep_parts(connection: Connection, number: int, kind: PartKind, parts: Iterable[bytes]) -> None:
    """Store the parts of an upload's record in the transaction in hand; those of an earlier try go."""
    connection.execute(delete(_PARTS).where(_PARTS.c.number == number, _PARTS.c.kind == kind))
    for seq, part in enumerate(parts):
        connection.execute(insert(_PARTS).values(number=number, kind=kind, seq=seq, data=part))


def stored_parts(connection: Connection, number: int, kind: PartKind) -> Iterator[bytes]:
    """Give a record's text, a part at a time."""
    part = select(_PARTS.c.data).where(_PARTS.c.number == number, _PARTS.c.kind == kind)
    seq = 0
    while (data := connection.scalar(part.where(_PARTS.c.seq == seq))) is not None:
        yield zlib.decompress(data)
        seq += 1
