"""What an upload in a test needs beside its file: a record, and a store that is a dictionary."""

import io
import itertools
import weakref
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, text

from catalog_service.ingest.checked_file import Chunk, Tell
from catalog_service.ingest.engine import ingest
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.options import Options, Plan
from catalog_service.ingest.parts import PartKind
from catalog_service.ingest.result import Result
from catalog_service.ingest.store import Answer, Changed, Store, Stored, Table, content_of
from catalog_service.models import Base
from tests.unit.ingest.files import Product, as_bytes, ignore, parsed

T = TypeVar("T")

_numbers = itertools.count(1)


class RecordOfOne:
    """Keeps account of one upload, in memory."""

    def __init__(self, number: int | None = None) -> None:
        """Begin; without a number, with one that no other upload of this process has."""
        self.number = next(_numbers) if number is None else number
        self.result: Result | None = None
        self.rejects = ""

    def keep_rejects(self, parts: Iterable[bytes]) -> None:
        """Keep them as text."""
        self.rejects = b"".join(map(zlib.decompress, parts)).decode()

    def complete(self, connection: Connection, result: Result) -> None:
        """Keep the result."""
        assert connection.in_transaction()
        self.result = result


class Shelf:
    """A store that keeps its products in memory, all of an upload or nothing."""

    def __init__(self, *, interrupted: Sequence[int] = ()) -> None:
        """Begin empty; questions with numbers in `interrupted` end a transaction, which is done again."""
        self.stored: dict[bytes, Stored] = {}
        self.transactions = 0
        self.looks = 0
        self.interrupted = interrupted
        self.engine = in_memory_engine()
        weakref.finalize(self, self.engine.dispose)

    @property
    def products(self) -> dict[str, Product]:
        """All products by their ids, in key order."""
        rows = [b"\t".join((key, b"0", content_of(each))) for key, each in sorted(self.stored.items())]
        return {product[0]: product for row in rows for product in parsed(row)}

    def part(self, number: int, kind: PartKind) -> str:
        """Give what was kept in parts for an upload."""
        with self.engine.connect() as connection:
            return part_of(connection, number, kind)

    def table(self, connection: Connection) -> "ShelfTable":
        """Give the table as one transaction has it."""
        return ShelfTable(self, connection)

    def transact(self, work: Callable[[Table], T], *, locking: bool = True) -> T:
        """Work as Store says."""
        while True:
            self.transactions += 1
            before = dict(self.stored)
            with self.engine.connect() as connection:
                connection.begin()
                try:
                    done = work(self.table(connection))
                    connection.commit()
                except Changed:
                    self.stored = before
                except BaseException:
                    self.stored = before
                    raise
                else:
                    return done


class ShelfTable:
    """The table of a Shelf."""

    def __init__(self, shelf: Shelf, connection: Connection) -> None:
        """Work in the transaction that a connection has."""
        self.connection = connection
        self._shelf = shelf

    def is_empty(self) -> bool:
        """Tell as Table says."""
        return not self._shelf.stored

    def ask(self, ids: Sequence[bytes]) -> Answer:
        """Ask as Table says."""
        self._shelf.looks += 1
        if self._shelf.looks in self._shelf.interrupted:
            raise Changed
        found = {key: self._shelf.stored[key] for key in ids if key in self._shelf.stored}
        return lambda: found

    def write(self, chunks: Iterable[Chunk], revision: int | None) -> int:
        """Write as Table says."""
        replaced = 0
        for row in (row for chunk in chunks for row in chunk.data[:-1].split(b"\n")):
            key, _, content = row.split(b"\t", 2)
            own = revision
            if own is None:
                content, _, last = content.rpartition(b"\t")
                own = int(last)
            replaced += key in self._shelf.stored
            self._shelf.stored[key] = b"%d\t%b" % (own, content)
        return replaced

    def delete(self, ids: Sequence[bytes]) -> None:
        """Delete as Table says."""
        for key in ids:
            del self._shelf.stored[key]


def in_memory_engine() -> Engine:
    """Make an empty database with the service's tables."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    return engine


def part_of(connection: Connection, number: int, kind: PartKind) -> str:
    """Give what a database keeps in parts for an upload."""
    statement = text("SELECT data FROM upload_parts WHERE number = :number AND kind = :kind ORDER BY seq")
    parts = connection.scalars(statement, {"number": number, "kind": kind}).all()
    return b"".join(map(zlib.decompress, parts)).decode()


def upload(  # noqa: PLR0913 - all but the first three are named
    content: str | bytes,
    store: Store,
    spool_dir: Path,
    limits: Limits = Limits(),  # noqa: B008 - immutable
    *,
    progress: Tell = ignore,
    record: RecordOfOne | None = None,
    **options: Any,
) -> Result:
    """Upload a file with some options."""
    record = record or RecordOfOne()
    plan = Plan(Options(**options), limits)
    file = io.BytesIO(as_bytes(content))
    return ingest(file, store, record=record, spool_dir=spool_dir, plan=plan, progress=progress)
