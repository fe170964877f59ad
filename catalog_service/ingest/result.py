"""What an upload that was loaded did."""

from typing import NamedTuple

from catalog_service.ingest.report import Report


class Result(NamedTuple):
    """What became of the file's good rows, beside the report on all of them."""

    report: Report
    created: int
    """The products that were new."""
    updated: int
    """The stored products that now have other values."""
    unchanged: int
    """The stored products that had the file's values already."""
    deleted: int = 0
    """The products that an undo deleted, since the upload that it undoes had made them."""
