"""What the ingest engine asks of whoever keeps account of uploads."""

from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Connection

from catalog_service.ingest.result import Result


class Record(Protocol):
    """The record of the upload that is being loaded."""

    @property
    def number(self) -> int:
        """The upload's number, which the products that it changes get as their revision."""

    def keep_rejects(self, parts: Iterable[bytes]) -> None:
        """Store the rows of a refused file, in the form of `parts`, in a transaction of its own."""

    def complete(self, connection: Connection, result: Result) -> None:
        """Write down that the upload has succeeded, in the load's own transaction, just before its COMMIT.

        So the rows and their record become true at one instant. Called again if the transaction is redone.
        What it raises rolls the load back.
        """
