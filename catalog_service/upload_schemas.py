"""How uploads are asked for, and their bodies."""

from datetime import datetime
from typing import Annotated, Literal

import werkzeug.datastructures
from flask_openapi3.models.file import FileStorage
from pydantic import BaseModel, ConfigDict, Field, field_validator

from catalog_service.body_examples import CELL_ERROR, UPLOAD
from catalog_service.ingest.options import Blank, Mode, OnError, Options
from common.parameters import Parameters
from common.query_numbers import PlainInt
from common.schemas import Message
from common.spelling import Spelling


class UploadForm(BaseModel):
    """The multipart form of an upload."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "file": "product_id,product_name,category,price,quantity_sold,rating,review_count\n"
                "BK-1001,The Long Way Home: A Novel,Books,14.99,842,4.6,310\n"
            }
        }
    )

    file: FileStorage

    @field_validator("file")
    @classmethod
    def is_a_file(cls, part: object) -> object:
        """Refuse a plain form field of that name. Raises ValueError, which pydantic makes a misfit of."""
        if not isinstance(part, werkzeug.datastructures.FileStorage):
            raise ValueError("not a file")  # noqa: TRY004
        return part


class CellErrorBody(BaseModel):
    """What is wrong with one cell or line of an uploaded file."""

    model_config = ConfigDict(json_schema_extra={"example": CELL_ERROR})

    line: int
    """The line of the file on which the record begins, from 1; 0 in an undo, which has no file."""
    column: str | None
    value: str | None
    code: str
    message: str


class RejectedUpload(Message):
    """Why an upload was refused: the first errors, and how many there are in all."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "msg": "1 row has errors, so nothing was loaded.",
                "errors": [CELL_ERROR],
                "total": 1,
                "totals_by_code": {"not_a_number": 1},
            }
        }
    )

    errors: list[CellErrorBody]
    total: int
    totals_by_code: dict[str, int]


class UploadQuery(Parameters):
    """How a file is to be loaded."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Literal["true", "false"] = Field(
        default="false", description="`true`: check the file and count, but change nothing."
    )
    mode: Mode = Field(default=Mode.UPSERT, description="Which products may be made and which replaced.")
    on_error: OnError = Field(
        default=OnError.REJECT, description="`skip` loads the good rows of a file that has bad ones too."
    )
    blank: Blank = Field(default=Blank.ERROR, description="What an empty number means.")

    def options(self) -> Options:
        """Give the engine's options."""
        return Options(self.mode, self.on_error, self.blank, self.dry_run == "true")


KEY = Spelling(
    # Not dots alone: `..` is no path segment that a client can send (RFC 3986, section 5.2.4).
    "^[A-Za-z0-9._:-]*[A-Za-z0-9_:-][A-Za-z0-9._:-]*$",
    "This must be of letters, digits, dots, underscores, colons and hyphens, and not of dots alone.",
)


class UploadHeaders(Parameters):
    """The headers of an upload's own."""

    idempotency_key: Annotated[str, Field(max_length=64), KEY] | None = Field(
        default=None,
        alias="Idempotency-Key",
        description="The upload's id, of the client's choosing; sent again, it gets the first answer again.",
    )


class UploadPath(BaseModel):
    """The path of one upload."""

    upload_id: str


class UploadsQuery(Parameters):
    """Which of the caller's uploads are listed."""

    model_config = ConfigDict(extra="forbid")

    limit: PlainInt = Field(default=20, ge=1, le=100)
    cursor: str | None = Field(default=None, description="The `next` of the page before.")


class UploadOptionsBody(BaseModel):
    """The options that an upload was sent with."""

    mode: Mode
    on_error: OnError
    blank: Blank
    dry_run: bool


class UploadSummaryBody(BaseModel):
    """An upload in a list."""

    model_config = ConfigDict(json_schema_extra={"example": UPLOAD})

    id: str
    state: Literal["running", "interrupted", "succeeded", "rejected", "failed", "undone"]
    stage: str | None
    """`checking`, `comparing` or `loading`, while it runs."""
    username: str
    file_name: str | None
    sha256: str
    bytes: int
    options: UploadOptionsBody
    bytes_read: int
    rows_read: int
    created: int | None
    updated: int | None
    unchanged: int | None
    deleted: int | None
    rejected: int | None
    kept: int | None
    """Of an undo: the products that it left alone, as they had changed since."""
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    undoes: str | None
    """The id of the upload that this one undoes."""


class UploadBody(UploadSummaryBody):
    """An upload."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": UPLOAD
            | {
                "msg": "Data uploaded successfully",
                "errors": [],
                "totals_by_code": {},
                "totals_by_column": {},
                "ignored_columns": [],
            }
        }
    )

    msg: str | None
    """What became of it, in a sentence, once it has ended."""
    errors: list[CellErrorBody]
    totals_by_code: dict[str, int]
    totals_by_column: dict[str, int]
    ignored_columns: list[str]


class UploadsPage(BaseModel):
    """A page of the caller's uploads, the newest first."""

    items: list[UploadSummaryBody]
    next: str | None = Field(json_schema_extra={"example": "Nw"})
    """The cursor of the page that follows."""
