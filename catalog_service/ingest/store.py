"""What the ingest engine asks of a database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from catalog_service.ingest.checked_file import Chunk

T = TypeVar("T")


Stored = bytes
"""A product as the database has it: the number of the upload that last changed it, a TAB, and its cells after
the id in the form of row_format. So an undo record takes it as it is, a million at a time."""


Answer = Callable[[], Mapping[bytes, Stored]]
"""Waits for the products that were asked for, and gives them by id."""


def revision_of(product: Stored) -> bytes:
    """Give the number of the upload that last changed a product."""
    return product.partition(b"\t")[0]


def content_of(product: Stored) -> bytes:
    """Give a product's cells after its id."""
    return product.partition(b"\t")[2]


class Table(Protocol):
    """The products table in one transaction. Ids are in the form of row_format, in key order."""

    @property
    def connection(self) -> Connection:
        """The transaction, for records that have to become true with it."""

    def is_empty(self) -> bool:
        """Whether there is no product at all."""

    def ask(self, ids: Sequence[bytes]) -> Answer:
        """Ask for those of some products that are stored; they stay as they are until the transaction ends.

        The answer has to be waited for before anything else is asked of the table.
        """

    def write(self, chunks: Iterable[Chunk], revision: int | None) -> int:
        """Insert each row's product, or replace the one of its id; give the number of those replaced.

        All get `revision`; where it is None, each row has its own as a last cell.
        """

    def delete(self, ids: Sequence[bytes]) -> None:
        """Delete products."""


class Store(Protocol):
    """A place for products."""

    def transact(self, work: Callable[[Table], T], *, locking: bool = True) -> T:
        """Do all of the work in one transaction, again from its beginning where the database gave it up.

        Without `locking`, for work that writes no products, nothing that is looked at is kept as it is.

        Raises StoreUnavailable, StoreBusy (nothing was done), OutcomeUnknown (all or nothing was), and
        whatever the work raises, in which case nothing was done. Changed, raised by the work, is such a case
        that is tried again.
        """


class Changed(Exception):
    """Another transaction changed a product between the look and the write."""
