"""What is known of an upload: values alone, as its record has them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from catalog_service.ingest.options import Options


class State(StrEnum):
    """What became of an upload."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    """It was refused, and would be again."""
    FAILED = "failed"
    """It could not be served then; sent again, it is begun anew."""
    UNDONE = "undone"
    INTERRUPTED = "interrupted"
    """Its process ended before it did. Nobody stores this: it's what a running one is found to be."""


@dataclass(frozen=True)
class NewUpload:
    """What is known of an upload before it runs."""

    owner: str
    upload_id: str
    username: str
    file_name: str | None
    sha256: str
    bytes: int
    options: Options
    undoes: "StoredUpload | None" = None


@dataclass(frozen=True)
class StoredUpload:
    """An upload as it stands in the database; the model says what the fields are."""

    number: int
    upload_id: str
    username: str
    file_name: str | None
    sha256: str
    bytes: int
    options: Options
    undoes: str | None
    """The id of the upload that this one undoes."""
    state: State
    stage: str | None = None
    bytes_read: int = 0
    rows_read: int = 0
    created: int | None = None
    updated: int | None = None
    unchanged: int | None = None
    deleted: int | None = None
    rejected: int | None = None
    kept: int | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    status: int | None = None
    answer: str | None = None
    report: str | None = None
