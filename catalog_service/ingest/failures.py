"""The ways in which an upload fails. Each has a sentence, fit to be shown: no driver's text, no path."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from catalog_service.ingest.report import Report


class IngestError(Exception):
    """The upload failed."""

    msg: ClassVar[str] = "The upload failed, so nothing was loaded."

    @property
    def message(self) -> str:
        """A sentence for a person: the one that it was raised with, or else its kind's."""
        return str(self) or self.msg


class TooLarge(IngestError):
    """The file is larger than an upload may be."""

    msg = "The file is larger than an upload may be."


class InvalidFile(IngestError):
    """The file was refused and nothing was loaded; `report` says why."""

    def __init__(self, report: Report) -> None:
        """Refuse a file for the errors in its report, of which there is at least one."""
        super().__init__(report)
        self.report = report

    @property
    def message(self) -> str:
        """The sentence of the error that refused the file as a whole."""
        return self.report.errors[0].message


class RejectedRows(InvalidFile):
    """Rows of the file have errors, so that nothing was loaded."""

    @property
    def message(self) -> str:
        """The number of bad rows."""
        count = self.report.rejected_total
        rows = "1 row has" if count == 1 else f"{count} rows have"
        return f"{rows} errors, so nothing was loaded."


class NoRows(InvalidFile):
    """The file holds no rows."""


class NotCsv(InvalidFile):
    """The file is something else than CSV text, or its first line can't be read as a header."""


class WrongEncoding(InvalidFile):
    """The file is text in another encoding than UTF-8."""


class MissingColumn(InvalidFile):
    """The header lacks a column; `column` is the first missing one in the contract's order."""

    @property
    def column(self) -> str:
        """The missing column's name."""
        return str(self.report.errors[0].column)


class IngestUnavailable(IngestError):
    """The upload can't be served now; nothing was loaded, unless a kind of this says otherwise."""

    msg = "The upload can't be served now. Nothing was loaded, and the same upload may be sent again."


class SpoolUnavailable(IngestUnavailable):
    """There is no room for temporary files now."""

    msg = "There is no room for temporary files now, so nothing was loaded. Please try again later."


class WorkerDied(IngestUnavailable):
    """The process that checks the file ended before it was done."""

    msg = "The checking of the file was cut off, so nothing was loaded. Please try again."


class TookTooLong(IngestUnavailable):
    """The file could not be checked and loaded in the time that one may take."""

    msg = (
        "The upload took longer than one may, so nothing was loaded. Please try again, or send smaller files."
    )


class StoreUnavailable(IngestUnavailable):
    """The database can't be written to now."""

    msg = "The database can't be written to now, so nothing was loaded. Please try again."


class StoreBusy(IngestUnavailable):
    """Other uploads hold the same products for too long."""

    msg = "Other uploads hold the same products for too long, so nothing was loaded. Please try again."


class OutcomeUnknown(IngestUnavailable):
    """The connection to the database was lost at the last step, the COMMIT."""

    msg = "The connection to the database was lost at the last step: either all rows were loaded or none."


@contextmanager
def spool_errors() -> Iterator[None]:
    """Raise SpoolUnavailable for what the system refuses: a full disk, no descriptor, no thread left."""
    try:
        yield
    except OSError as error:
        raise SpoolUnavailable from error
