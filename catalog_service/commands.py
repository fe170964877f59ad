"""What an operator does by `flask --app catalog_service.wsgi`."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from catalog_service.ingest.checked_file import Progress, Tell
from catalog_service.ingest.options import Blank, Mode, OnError, Options
from catalog_service.ingest.record import Record
from catalog_service.ingest.result import Result
from catalog_service.progress_bar import ProgressBar
from catalog_service.stored_uploads import State
from catalog_service.upload_answers import resource
from catalog_service.upload_runs import Importer
from catalog_service.uploads import UploadRequest, Uploads

COMMAND_LINE_OWNER = "command-line"
"""The owner of uploads by command line: no user's id, which are UUIDs."""
COMMAND_LINE_USERNAME = "command line"

_EXIT_CODES = {State.SUCCEEDED: os.EX_OK, State.REJECTED: os.EX_DATAERR}
_COUNTS = ("rows_read", "created", "updated", "unchanged", "rejected")


class DatabaseUnavailable(click.ClickException):
    """The database can't be asked, so that it is not known what became of the upload."""

    exit_code = os.EX_TEMPFAIL


class WatchedImporter:
    """The Importer that tells a second listener too."""

    def __init__(self, importer: Importer, watch: Tell) -> None:
        """Import by `importer`, and let `watch` hear of every progress."""
        self._importer = importer
        self._watch = watch

    def load(self, file: BinaryIO, options: Options, record: Record, progress: Tell) -> Result:
        """Load as Importer says."""

        def tell(heard: Progress) -> None:
            progress(heard)
            self._watch(heard)

        return self._importer.load(file, options, record, tell)

    def undo(self, number: int, record: Record) -> Result:
        """Undo as Importer says."""
        return self._importer.undo(number, record)


def register_commands(app: Flask, make_uploads: Callable[[Tell], Uploads]) -> None:
    """Add the service's commands to an app. `make_uploads` is given who hears of each upload's progress."""

    @app.cli.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
    @_choice("--mode", Mode, "what becomes of products that are new, and of those that are stored")
    @_choice("--on-error", OnError, "whether a file with bad rows is rejected, or its good rows loaded")
    @_choice("--blank", Blank, "what a blank cell of a numeric column means")
    @click.option("--dry-run", is_flag=True, help="Do all but the writing.")
    def import_file(*, file: Path, mode: str, on_error: str, blank: str, dry_run: bool) -> None:
        """Load a product CSV as POST /upload does.

        Ends with 0 if it was loaded, 65 if it was rejected, and 75 if it could not be served now.
        """
        options = Options(Mode(mode), OnError(on_error), Blank(blank), dry_run)
        try:
            report = _upload(file, options, make_uploads)
        except SQLAlchemyError as error:
            raise DatabaseUnavailable("The database does not serve now. Please try again later.") from error
        click.echo("\n".join(report_lines(report)))
        sys.exit(_EXIT_CODES.get(State(report["state"]), os.EX_TEMPFAIL))


def _choice(name: str, choices: type[Mode | OnError | Blank], meaning: str) -> Callable[[Any], Any]:
    values = [choice.value for choice in choices]
    # As over HTTP, the first is the default.
    return click.option(
        name, type=click.Choice(values), default=values[0], show_default=True, help=f"Say {meaning}."
    )


def _upload(path: Path, options: Options, make_uploads: Callable[[Tell], Uploads]) -> Mapping[str, Any]:
    request = UploadRequest(COMMAND_LINE_OWNER, COMMAND_LINE_USERNAME, None, path.name, options)
    bar = ProgressBar(path.stat().st_size, sys.stderr) if sys.stderr.isatty() else None
    uploads = make_uploads(bar or _ignore)
    try:
        with path.open("rb") as file:
            answer = uploads.upload(request, file)
    finally:
        if bar:
            bar.close()
    return resource(uploads.find(COMMAND_LINE_OWNER, answer.upload_id))


def _ignore(_: Progress) -> None:
    pass


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Write an upload's resource for a terminal: its sentence, counts, first errors and totals."""
    yield report["msg"]
    for name in _COUNTS:
        if report[name] is not None:
            yield f"  {name:<12}{report[name]:>15,}"
    if report["ignored_columns"]:
        yield f"Ignored columns: {', '.join(report['ignored_columns'])}"
    for error in report["errors"]:
        yield _error_line(error)
    totals: Mapping[str, int] = report["totals_by_code"]
    if sum(totals.values()) > len(report["errors"]):
        yield f"The first {len(report['errors'])} of {sum(totals.values()):,} errors are shown. All of them:"
    for code, total in totals.items():
        yield f"  {code:<24}{total:>15,}"


def _error_line(error: Mapping[str, Any]) -> str:
    column = f", {error['column']}" if error["column"] else ""
    value = "" if error["value"] is None else f', "{error["value"]}"'
    return f"line {error['line']}{column}{value}: {error['message']} ({error['code']})"
