"""The web process's side of the checking process: starting it, hearing it, and being rid of it."""

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Self, cast

from catalog_service.ingest import failures
from catalog_service.ingest.checked_file import CheckedRows, Chunk, Progress, Spilled, Tell, TooEarly, silent
from catalog_service.ingest.failures import (
    IngestError,
    InvalidFile,
    SpoolUnavailable,
    WorkerDied,
    spool_errors,
)
from catalog_service.ingest.frames import Frame, FrameKind, read_frame
from catalog_service.ingest.options import Plan
from catalog_service.ingest.report import Code, Report, RowError
from catalog_service.ingest.runs import stretches
from catalog_service.ingest.spool import temporary_file

_ROOT = Path(__file__).parents[2]
# No foreign environment (-E) and no site packages (-S): a quick start, and no secrets for it to hold.
_COMMAND = (sys.executable, "-E", "-S", "-m", "catalog_service.ingest.worker")


class CheckingProcess:
    """The CheckedRows of a file that a process of its own reads. Leaving the context ends the process."""

    def __init__(
        self,
        file: BinaryIO,
        rejects: BinaryIO,
        spool_dir: Path,
        plan: Plan,
        tell: Tell,
    ) -> None:
        """Begin to read a file that has a descriptor, from where that stands. Raises SpoolUnavailable."""
        self._tell = tell
        self._giving = False
        self._spilled: Spilled | None = None
        self._spill, self._second_spill = temporary_file(spool_dir), temporary_file(spool_dir)
        self._process = _start((file, rejects, self._spill, self._second_spill), plan)
        self._commands = cast("BinaryIO", self._process.stdin)
        self._frames = cast("BinaryIO", self._process.stdout)
        # A process that hangs would otherwise hold the request for ever.
        self._deadline = threading.Timer(plan.limits.seconds, self._process.kill)
        self._deadline.daemon = True
        try:
            self._deadline.start()
        except RuntimeError as error:
            self.close()
            # No thread is to be had.
            raise SpoolUnavailable from error

    def __enter__(self) -> Self:
        """Wait until the file is checked, or is known to begin in key order.

        Raises what CheckedFile raises, and WorkerDied.
        """
        try:
            self._hear(self._tell)
            if not self._begins_in_order():
                self.wait()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """Kill the process and reap it, whatever it is doing."""
        self._deadline.cancel()
        self._process.kill()
        self._process.wait()
        self._frames.close()
        self._commands.close()
        self._spill.close()
        self._second_spill.close()

    def early(self) -> CheckedRows | None:
        """Give the rows as CheckedRows says."""
        return _EarlyRows(self) if self._begins_in_order() else None

    def wait(self) -> None:
        """Wait as CheckedRows says. Raises what CheckedFile raises, and WorkerDied."""
        while self._spilled:
            self._hear(self._tell)

    def chunks(self) -> Iterator[Chunk]:
        """Give the rows as CheckedRows says. Raises WorkerDied too."""
        self._ask_for_rows()
        for frame in self._rows_frames():
            yield Chunk(frame.data, frame.rows)

    def _rows_frames(self) -> Iterator[Frame]:
        self._giving = True
        while (frame := self._receive()).kind is FrameKind.ROWS:
            yield frame
        self._giving = False
        self.report = _report(frame.content())

    def spilled(self) -> Iterator[Chunk]:
        """Give the rows of the temporary file as they come there. Raises TooEarly, and what `wait` raises."""
        begin = 0
        while self._spilled:
            if self._spilled.end is None:
                raise TooEarly
            for lines in stretches(self._spill, begin, self._spilled.end):
                yield Chunk(lines, lines.count(b"\n"))
            begin = self._spilled.end
            self._hear(silent)

    def _begins_in_order(self) -> bool:
        return self._spilled is not None and self._spilled.end is not None

    def _hear(self, tell: Tell) -> None:
        """Wait until some rows are spilled or the file is checked, and tell of progress meanwhile."""
        while (frame := self._receive()).kind is FrameKind.PROGRESS:
            tell(Progress(*frame.content()))
        if frame.kind is FrameKind.SPILLED:
            end, report = frame.content()
            self._spilled = Spilled(end, _report(report))
            self.report = self._spilled.report
        else:
            self._spilled, self.report = None, _report(frame.content())

    def _ask_for_rows(self) -> None:
        if self._giving:
            # Whoever asked before gave up on the way, and the process has still to give that rest.
            deque(self._rows_frames(), maxlen=0)
        try:
            # Past the buffer: what a dead process does not take would stay there, and close() fail at it.
            os.write(self._commands.fileno(), b"\n")
        except BrokenPipeError:
            raise WorkerDied from None

    def _receive(self) -> Frame:
        frame = read_frame(self._frames)
        if frame is None:
            raise WorkerDied
        if frame.kind is FrameKind.REFUSED:
            raise _refusal(*frame.content())
        return frame


class _EarlyRows:
    """The CheckedRows of a process that is still reading."""

    def __init__(self, process: CheckingProcess) -> None:
        self._process = process
        self._given = False

    @property
    def report(self) -> Report:
        return self._process.report

    def early(self) -> None:
        """Give nothing: these are early."""

    def wait(self) -> None:
        self._process.wait()

    def chunks(self) -> Iterator[Chunk]:
        if self._given:
            # What was read of the process's news does not come again.
            raise TooEarly
        self._given = True
        yield from self._process.spilled()
        if self.report.rejected_total:
            raise TooEarly


def _start(files: Sequence[BinaryIO], plan: Plan) -> "subprocess.Popen[bytes]":
    descriptors = [file.fileno() for file in files]
    with spool_errors():
        return subprocess.Popen(  # noqa: S603 - all of the command is ours
            [*_COMMAND, *map(str, descriptors), json.dumps(plan)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=descriptors,
            cwd=_ROOT,
            env={},
            # Ctrl-C at a terminal is for the web process, which ends this one in its own time.
            start_new_session=True,
        )


def _refusal(kind: str, message: str, report: list[object] | None) -> IngestError:
    error: type[IngestError] = getattr(failures, kind)
    return error(_report(report)) if report and issubclass(error, InvalidFile) else error(message)


def _report(content: list[object]) -> Report:
    report = Report(*content)  # type: ignore[arg-type]
    errors = [RowError(*error) for error in report.errors]  # JSON knows no named tuples
    return report._replace(errors=[error._replace(code=Code(error.code)) for error in errors])
