"""`POST /upload`."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, cast

from flask import Request, current_app, request
from werkzeug.datastructures import FileStorage

from catalog_service.importer import Importer
from catalog_service.ingest.failures import IngestError, InvalidFile, MissingColumn, TooLarge
from catalog_service.schemas import Message, RejectedUpload, UploadForm
from common.authentication import Authentication, ServiceBlueprint
from common.refusals import RETRY_AFTER_SECONDS, Refusal

log = logging.getLogger(__name__)

MULTIPART_FRAMING = 64 * 1024
"""Bytes that a body may have beyond its file: boundaries, part headers, small fields."""
PLAIN_TRANSFER_ENCODINGS = frozenset({"7bit", "8bit", "binary"})

blueprint = ServiceBlueprint("uploads", __name__, authentication=Authentication.TOKEN)


class NoSelectedFile(Refusal):
    """The file part has no file name, as a browser sends it when no file was chosen."""

    msg = "No selected file"


class EncodedBody(Refusal):
    """The request's body has a content coding; a gzip file as the file part is what is read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    msg = "The request's body must not have a Content-Encoding; a gzip file may be sent as the file itself."


class EncodedPart(Refusal):
    """The part has a transfer encoding, which RFC 7578, section 4.7, deprecates."""

    msg = "The file part must not have a Content-Transfer-Encoding."


class SpoolingRequest(Request):
    """A request whose file parts are spooled to the upload folder, whatever their size."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        return cast("IO[bytes]", TemporaryFile("rb+", dir=current_app.config["SPOOL_DIR"]))


@blueprint.before_request
def admit_large_body() -> None:
    """Let this one route's bodies be as large as a file may be. Raises EncodedBody."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise EncodedBody
    # Werkzeug reads other forms into memory.
    if request.mimetype == "multipart/form-data":
        request.max_content_length = current_app.config["UPLOAD_MAX_BYTES"] + MULTIPART_FRAMING


@blueprint.post(
    "/upload", responses={200: Message, 400: RejectedUpload, 401: Message, 413: Message, 503: Message}
)
def upload(form: UploadForm) -> Mapping[str, str]:
    """Load a product CSV: all of it, or, if any of it is wrong, none of it."""
    file = cast("FileStorage", form.file)
    if not file.filename:
        raise NoSelectedFile
    if file.headers.get("Content-Transfer-Encoding", "binary").lower() not in PLAIN_TRANSFER_ENCODINGS:
        raise EncodedPart
    importer().load(cast("BinaryIO", file.stream))
    return {"msg": "Data uploaded successfully"}


@blueprint.errorhandler(IngestError)
def answer_ingest_error(error: IngestError) -> tuple[dict[str, Any], HTTPStatus, dict[str, str]]:
    """Turn what the ingest engine raises into an HTTP answer."""
    match error:
        case MissingColumn():
            return {"msg": f"Missing column: {error.column}"}, HTTPStatus.BAD_REQUEST, {}
        case InvalidFile():
            return _rejection(error), HTTPStatus.BAD_REQUEST, {}
        case TooLarge():
            return {"msg": error.message}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {}
        case _:
            log.error("an upload could not be served", exc_info=error)
            retry = {"Retry-After": str(RETRY_AFTER_SECONDS)}
            return {"msg": error.message}, HTTPStatus.SERVICE_UNAVAILABLE, retry


def _rejection(error: InvalidFile) -> dict[str, Any]:
    report = error.report
    return {
        "msg": error.message,
        "errors": [found._asdict() for found in report.errors],
        "total": report.errors_total,
        "totals_by_code": dict(report.totals_by_code),
    }


def importer() -> Importer:
    """Give the importer, which the app's factory has put there."""
    return cast("Importer", current_app.extensions["importer"])
