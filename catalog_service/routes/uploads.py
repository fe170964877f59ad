"""`POST /upload`, and `/uploads`: what became of them."""

import logging
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, cast

from flask import Response, current_app, jsonify, request
from werkzeug.datastructures import FileStorage

from catalog_service.body_examples import REJECTS
from catalog_service.ingest.failures import IngestError
from catalog_service.upload_answers import UPLOADED, UploadAnswer, resource, summary
from catalog_service.upload_runs import NoLongerUndoable, NotUndoable
from catalog_service.upload_schemas import (
    RejectedUpload,
    UploadBody,
    UploadForm,
    UploadHeaders,
    UploadPath,
    UploadQuery,
    UploadsPage,
    UploadsQuery,
)
from catalog_service.uploads import (
    KeyUsedOtherwise,
    NoRejects,
    NoSuchUpload,
    StillRunning,
    UploadRequest,
    Uploads,
)
from common.ambiguous_queries import refuse_ambiguous_query
from common.authentication import Authentication, ServiceBlueprint, caller
from common.cursors import BadCursor
from common.parameters import NoParameters
from common.refusals import RETRY_AFTER, FieldRefusal, Refusal
from common.request_bodies import WholeRequest
from common.route_details import RouteDetails
from common.schemas import Message
from common.scopes import Scope

log = logging.getLogger(__name__)

ENGINE = "uploads"
"""The engine that writes uploads' records: on SQLite a write waits for the load that is running."""
UPLOAD_PATH = "/upload"
MULTIPART_FRAMING = 64 * 1024
"""Bytes that a body may have beyond its file: boundaries, part headers, small fields."""
PLAIN_TRANSFER_ENCODINGS = frozenset({"7bit", "8bit", "binary"})
_REFUSALS: dict[str | int, Any] = {400: Message, 401: Message, 403: Message}

blueprint = ServiceBlueprint("uploads", __name__, authentication=Authentication.TOKEN, tag="Uploads")
blueprint.before_request(refuse_ambiguous_query)


class NoSelectedFile(Refusal):
    """The file part has no file name, as a browser sends it when no file was chosen."""

    msg = "No selected file"


class EncodedPart(Refusal):
    """The part has a transfer encoding, which RFC 7578, section 4.7, deprecates."""

    msg = "The file part must not have a Content-Transfer-Encoding."


class AmbiguousForm(FieldRefusal):
    """The form says something that would be passed over: another file, or how the file is to be loaded."""

    def __init__(self, field: str, problem: str) -> None:
        """Name the field, and say in a sentence what is wrong with it."""
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


class SpoolingRequest(WholeRequest):
    """A request whose file parts are spooled to the upload folder, whatever their size."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        return cast("IO[bytes]", TemporaryFile("rb+", dir=current_app.config["SPOOL_DIR"]))


@blueprint.before_request
def admit_large_body() -> None:
    """Let the one route that takes a file take one as large as it may be."""
    # Werkzeug reads other forms into memory.
    if request.path == UPLOAD_PATH and request.mimetype == "multipart/form-data":
        request.max_content_length = current_app.config["UPLOAD_MAX_BYTES"] + MULTIPART_FRAMING


@blueprint.post(
    UPLOAD_PATH,
    scope=Scope.CATALOG_WRITE,
    responses={200: Message, **_REFUSALS, 400: RejectedUpload, 409: Message, 413: Message, 503: Message},
    details=RouteDetails(
        UPLOADED,
        sentences={"NoFilePart": "No file part", "MissingColumn": "Missing column: price"},
        refusals=(NoSelectedFile, EncodedPart, KeyUsedOtherwise, StillRunning),
        headers={
            200: ("Location", "Idempotency-Replayed"),
            400: ("Location", "Idempotency-Replayed"),
            409: ("Retry-After",),
            413: ("Location",),
            503: ("Location", "Retry-After"),
        },
    ),
)
def upload(header: UploadHeaders, query: UploadQuery, form: UploadForm) -> Response:
    """Load a product CSV: all of it, or, if any of it is wrong, none of it.

    The file may be gzip. `Location` names the upload, whatever became of it. Sent again with the same
    `Idempotency-Key`, the same file gets the first answer again.
    """
    file = cast("FileStorage", form.file)
    _refuse_ambiguous_form()
    if not file.filename:
        raise NoSelectedFile
    encodings = file.headers.getlist("Content-Transfer-Encoding")
    if not {encoding.lower() for encoding in encodings} <= PLAIN_TRANSFER_ENCODINGS:
        raise EncodedPart
    token = caller()
    wanted = UploadRequest(
        token.subject, token.username, header.idempotency_key, file.filename, query.options()
    )
    return _answered(uploads().upload(wanted, cast("BinaryIO", file.stream)))


@blueprint.get(
    "/uploads",
    scope=Scope.CATALOG_READ,
    responses={200: UploadsPage, **_REFUSALS},
    details=RouteDetails(refusals=(BadCursor,)),
)
def list_uploads(query: UploadsQuery) -> dict[str, Any]:
    """List one's own uploads, the newest first."""
    page = uploads().page(caller().subject, query.cursor, query.limit)
    return {"items": [summary(one) for one in page.items], "next": page.next}


@blueprint.get(
    "/uploads/<upload_id>",
    scope=Scope.CATALOG_READ,
    responses={200: UploadBody, **_REFUSALS, 404: Message},
    details=RouteDetails(refusals=(NoSuchUpload,)),
)
def one_upload(path: UploadPath, query: NoParameters) -> dict[str, Any]:  # noqa: ARG001 - any parameter is refused
    """Read one of one's own uploads, also while it runs."""
    return resource(uploads().find(caller().subject, path.upload_id))


@blueprint.get(
    "/uploads/<upload_id>/rejects.csv",
    scope=Scope.CATALOG_READ,
    responses={
        200: {"description": "The rejected rows", "content": {"text/csv": {"schema": {"type": "string"}}}},
        **_REFUSALS,
        404: Message,
    },
    details=RouteDetails(
        refusals=(NoSuchUpload, NoRejects),
        headers={200: ("Content-Disposition",)},
        files={"text/csv": REJECTS},
    ),
)
def rejects(path: UploadPath, query: NoParameters) -> Response:  # noqa: ARG001 - any parameter is refused
    """Download the rejected rows, to be repaired and sent again.

    The file's columns, and beside them `line`, `reasons` and `neutralised_columns`.
    """
    pieces = uploads().rejects(caller().subject, path.upload_id)
    response = Response(pieces, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="rejects.csv"'
    return response


@blueprint.post(
    "/uploads/<upload_id>/undo",
    scope=Scope.CATALOG_WRITE,
    responses={200: UploadBody, **_REFUSALS, 404: Message, 409: Message, 503: Message},
    details=RouteDetails(
        refusals=(NoSuchUpload, NotUndoable, NoLongerUndoable),
        headers={200: ("Location",), 409: ("Location",), 503: ("Location", "Retry-After")},
    ),
)
def undo(path: UploadPath, query: NoParameters) -> Response:  # noqa: ARG001 - any parameter is refused
    """Put back what an upload changed; products that were changed since are kept, and named.

    The answer is the record of the undo, which is an upload of its own.
    """
    token = caller()
    return _answered(uploads().undo(token.subject, token.username, path.upload_id))


@blueprint.errorhandler(IngestError)
def answer_ingest_error(error: IngestError) -> tuple[Response, HTTPStatus]:
    """Turn what kept an upload from being begun into 503."""
    log.error("an upload could not be begun", exc_info=error)
    response = jsonify(msg=error.message)
    response.headers.update(RETRY_AFTER)
    return response, HTTPStatus.SERVICE_UNAVAILABLE


def _refuse_ambiguous_form() -> None:
    if len(request.files.getlist("file")) + len(request.form.getlist("file")) > 1:
        raise AmbiguousForm("file", "This is given more than once.")
    for option in UploadQuery.model_fields:
        if option in request.form or option in request.files:
            raise AmbiguousForm(option, "This belongs in the address, not in the form.")


def _answered(answer: UploadAnswer) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json")
    # An id has no character that a path segment would have to encode (RFC 3986, section 3.3).
    response.headers["Location"] = f"/uploads/{answer.upload_id}"
    response.autocorrect_location_header = False
    if answer.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers.update(RETRY_AFTER)
    return response


def uploads() -> Uploads:
    """Give the uploads, which the app's factory has put there."""
    return cast("Uploads", current_app.extensions["uploads"])
