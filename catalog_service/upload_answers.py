"""What an upload is answered, and what is kept of it: values alone, no database and no web."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from catalog_service.ingest.failures import IngestError, InvalidFile, MissingColumn, RejectedRows, TooLarge
from catalog_service.ingest.report import Report
from catalog_service.ingest.result import Result
from catalog_service.stored_uploads import State, StoredUpload
from common.refusals import Refusal, Unavailable

UPLOADED = "Data uploaded successfully"
WOULD_BE_UPLOADED = "This was a dry run: the file is good, and nothing was written."
UNDONE = "The upload was undone; products that were changed since are kept as they are."
INTERRUPTED = "The service ended before the upload did, so nothing of it was loaded. Send it again."
UNFORESEEN = "Something went wrong on our side, so nothing was loaded."

_COUNTS = ("created", "updated", "unchanged", "deleted", "rejected", "kept")
_NO_REPORT: Mapping[str, Any] = {
    "msg": None,
    "errors": [],
    "totals_by_code": {},
    "totals_by_column": {},
    "ignored_columns": [],
}


class Ending(NamedTuple):
    """How an upload ends."""

    state: State
    status: HTTPStatus
    body: Mapping[str, Any]
    """The JSON object that is answered."""
    report: Mapping[str, Any]
    """What its resource says beside that."""
    counts: Mapping[str, int]

    def values(self, now: datetime) -> Mapping[str, Any]:
        """Give the row's columns."""
        texts = {"answer": json_text(self.body), "report": json_text(self.report)}
        told = {"stage": None, "finished_at": now, "state": self.state, "status": self.status.value}
        return {**told, **texts, **self.counts}


class UploadAnswer(NamedTuple):
    """What the request for an upload is answered."""

    upload_id: str
    status: int
    body: str
    """JSON."""
    replayed: bool = False
    """Whether an earlier request was answered this first."""


def json_text(body: Mapping[str, Any]) -> str:
    """Write JSON as short as it can be."""
    return json.dumps(body, separators=(",", ":"))


def succeeded(upload: StoredUpload, result: Result, now: datetime) -> Ending:
    """Give the ending of an upload whose rows are loaded, or would have been."""
    created, updated, unchanged = result.created, result.updated, result.unchanged
    rejected = result.report.rejected_total
    counts = {"created": created, "updated": updated, "unchanged": unchanged, "rejected": rejected}
    read = {"bytes_read": upload.bytes, "rows_read": result.report.rows + rejected}
    msg = WOULD_BE_UPLOADED if upload.options.dry_run else UPLOADED
    ending = Ending(
        State.SUCCEEDED, HTTPStatus.OK, {"msg": msg}, _report(msg, result.report), {**counts, **read}
    )
    if upload.options.dry_run:
        # Its counts are all that a dry run is for.
        return ending._replace(body=resource(replace(upload, **ending.values(now))))
    return ending


def undone(upload: StoredUpload, result: Result, now: datetime) -> Ending:
    """Give the ending of an undo; its answer is its resource, as the contract has none for it."""
    counts = {"created": result.created, "updated": result.updated, "deleted": result.deleted}
    counts |= {"unchanged": 0, "rejected": 0, "kept": result.report.rejected_total}
    report = _report(UNDONE, result.report)
    ending = Ending(State.SUCCEEDED, HTTPStatus.OK, {}, report, counts)
    return ending._replace(body=resource(replace(upload, **ending.values(now))))


def not_loaded(upload: StoredUpload, error: IngestError | Refusal) -> Ending:
    """Give the ending of an upload of which nothing was loaded."""
    match error:
        case InvalidFile():
            report = error.report
            counts = {"created": 0, "updated": 0, "unchanged": 0, "rejected": report.rejected_total}
            counts["rows_read"] = report.rows + report.rejected_total
            if isinstance(error, RejectedRows):
                # Other files are refused before all of them is read.
                counts["bytes_read"] = upload.bytes
            kept = _report(error.message, report)
            return Ending(State.REJECTED, HTTPStatus.BAD_REQUEST, _refusal(error), kept, counts)
        case TooLarge():
            return _ending(State.REJECTED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error.message)
        case IngestError():
            return _ending(State.FAILED, HTTPStatus.SERVICE_UNAVAILABLE, error.message)
        case Unavailable():
            return _ending(State.FAILED, error.status, error.msg)
        case _:
            return _ending(State.REJECTED, error.status, error.msg)


def unforeseen() -> Ending:
    """Give the ending of an upload that a fault of ours ended."""
    return _ending(State.FAILED, HTTPStatus.INTERNAL_SERVER_ERROR, UNFORESEEN)


def summary(upload: StoredUpload) -> dict[str, Any]:
    """Give an upload's resource as lists have it."""
    return {
        "id": upload.upload_id,
        "state": upload.state.value,
        "stage": upload.stage,
        "username": upload.username,
        "file_name": upload.file_name,
        "sha256": upload.sha256,
        "bytes": upload.bytes,
        "options": _options(upload),
        "bytes_read": upload.bytes_read,
        "rows_read": upload.rows_read,
        **{name: getattr(upload, name) for name in _COUNTS},
        "started_at": _iso(upload.started_at),
        "finished_at": _iso(upload.finished_at),
        "seconds": _seconds(upload),
        "undoes": upload.undoes,
    }


def resource(upload: StoredUpload) -> dict[str, Any]:
    """Give an upload's whole resource."""
    report = json.loads(upload.report) if upload.report else _NO_REPORT
    if upload.state is State.INTERRUPTED:
        report = {**_NO_REPORT, "msg": INTERRUPTED}
    return {**summary(upload), **report}


def _ending(state: State, status: HTTPStatus, msg: str) -> Ending:
    return Ending(state, status, {"msg": msg}, {**_NO_REPORT, "msg": msg}, {})


def _refusal(error: InvalidFile) -> Mapping[str, Any]:
    if isinstance(error, MissingColumn):
        return {"msg": f"Missing column: {error.column}"}
    report = error.report
    return {
        "msg": error.message,
        "errors": [found._asdict() for found in report.errors],
        "total": report.errors_total,
        "totals_by_code": dict(report.totals_by_code),
    }


def _report(msg: str, report: Report) -> Mapping[str, Any]:
    return {
        "msg": msg,
        "errors": [found._asdict() for found in report.errors],
        "totals_by_code": dict(report.totals_by_code),
        "totals_by_column": dict(report.totals_by_column),
        "ignored_columns": list(report.ignored_columns),
    }


def _options(upload: StoredUpload) -> dict[str, Any]:
    mode, on_error, blank, dry_run = upload.options
    return {"mode": mode.value, "on_error": on_error.value, "blank": blank.value, "dry_run": dry_run}


def _iso(time: datetime | None) -> str | None:
    """Write a time as RFC 3339 has it, in UTC, with microseconds."""
    return None if time is None else time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _seconds(upload: StoredUpload) -> float | None:
    if upload.started_at is None or upload.finished_at is None:
        return None
    # A clock that was set back meanwhile makes no negative duration.
    return max(0.0, round((upload.finished_at - upload.started_at).total_seconds(), 6))
