"""The process that reads, checks, sorts and merges a large file beside the web process.

``python -m catalog_service.ingest.worker FILE REJECTS SPILL SECOND_SPILL PLAN`` reads the file that is open
as the descriptor FILE, writes rejected rows to REJECTS, may use two temporary files, and answers on standard
output in frames. Then it gives the rows once for each line on standard input. It ends when its parent does:
its input ends, or a pipe breaks. It needs nothing but the standard library.
"""

import gc
import json
import os
import sys
from functools import partial
from typing import BinaryIO

from catalog_service.ingest.checked_file import CheckedFile, Progress
from catalog_service.ingest.failures import IngestError, InvalidFile
from catalog_service.ingest.frames import Frame, FrameKind, write_frame, write_json
from catalog_service.ingest.options import plan_from


def main(file: str, rejects: str, spill: str, second_spill: str, plan: str) -> None:
    """Serve one parent."""
    # Nothing here makes cycles, and looking for them doubles the time of parsing.
    gc.disable()
    pipe = sys.stdout.buffer
    try:
        _serve(
            CheckedFile(
                os.fdopen(int(file), "rb", buffering=0),
                os.fdopen(int(rejects), "wb"),
                lambda: os.fdopen(int(spill), "w+b"),
                plan_from(json.loads(plan)),
                partial(_tell, pipe),
                partial(write_json, pipe, FrameKind.SPILLED),
                os.fdopen(int(second_spill), "w+b"),
            ),
            pipe,
        )
    except IngestError as error:
        report = error.report if isinstance(error, InvalidFile) else None
        write_json(pipe, FrameKind.REFUSED, [type(error).__name__, error.message, report])


def _serve(checked: CheckedFile, pipe: BinaryIO) -> None:
    write_json(pipe, FrameKind.CHECKED, checked.report)
    while sys.stdin.buffer.readline():
        for chunk in checked.chunks():
            write_frame(pipe, Frame(FrameKind.ROWS, chunk.data, chunk.rows))
        write_json(pipe, FrameKind.MERGED, checked.report)


def _tell(pipe: BinaryIO, progress: Progress) -> None:
    write_json(pipe, FrameKind.PROGRESS, progress)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except BrokenPipeError:
        os._exit(1)  # the parent is gone, and flushing the pipe at a usual exit would complain of it
