"""What the ingest engine asks of a database."""

from typing import Protocol

from catalog_service.ingest.checked_file import CheckedRows


class Store(Protocol):
    """A place for products."""

    def load(self, rows: CheckedRows) -> None:
        """Insert each product, or replace the one of its id, all in one transaction.

        Raises StoreUnavailable, StoreBusy (nothing was loaded), OutcomeUnknown (all or nothing was), and
        whatever `rows.chunks` raises, in which case nothing was loaded.
        """
