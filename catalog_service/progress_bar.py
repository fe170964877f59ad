"""How far an upload has come, on a terminal."""

import time
from collections.abc import Callable
from typing import Any, TextIO

import click

from catalog_service.ingest.checked_file import Progress


class ProgressBar:
    """Shows on a terminal how far an upload has come, stage by stage: rows, their rate and the time left."""

    def __init__(
        self, file_bytes: int, terminal: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Show an upload of a file of this size."""
        self._terminal = terminal
        self._clock = clock
        self._length = file_bytes
        self._stage = ""
        self._bar: Any = None
        self._rows = 0
        self._began = 0.0

    def __call__(self, progress: Progress) -> None:
        """Show a progress."""
        if progress.stage != self._stage:
            self._begin(progress.stage)
        self._rows = progress.rows
        done = progress.bytes_read if progress.stage == "checking" else progress.rows
        self._bar.update(done - self._bar.pos, progress.rows)

    def close(self) -> None:
        """Leave the last bar as it is."""
        if self._bar is not None:
            self._bar.render_finish()

    def _begin(self, stage: str) -> None:
        self.close()
        # How long checking takes is known by its bytes, how long loading does by the rows that were checked.
        length = self._length if stage == "checking" else self._rows
        self._bar = click.progressbar(
            length=length, label=stage, item_show_func=self._shown, file=self._terminal
        )
        self._stage = stage
        self._began = self._clock()

    def _shown(self, rows: int | None) -> str:
        if rows is None:
            return ""
        seconds = self._clock() - self._began
        rate = f", {rows / seconds:,.0f} a second" if seconds > 0 else ""
        return f"{rows:,} rows{rate}"
