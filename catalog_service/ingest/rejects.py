"""The rejected rows of a file, as a CSV to repair and send again."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from catalog_service.formulas import NEUTRALISED, harmless, neutralised
from catalog_service.ingest.report import Cells, RowError

LINE = "line"
REASONS = "reasons"


class RejectsFile:
    """Writes rejected rows with their original cells, where they stood, and why they were rejected."""

    def __init__(self, file: BinaryIO, names: Sequence[str] = ()) -> None:
        """Write to a temporary file; `names` are the columns, if `begin` was done in another part."""
        self._file = file
        self._names = names

    def begin(self, names: Sequence[str]) -> None:
        """Take the file's own header; the columns that explain are put behind its."""
        self._names = names
        self._write([*map(harmless, self._kept(names)), LINE, REASONS, NEUTRALISED])

    def add(self, cells: Cells, errors: Sequence[RowError]) -> None:
        """Take a rejected row. Cells beyond the header's are lost, missing ones are blank."""
        if isinstance(cells, Mapping):
            named = {name: cells.get(name, "") for name in self._names}
        else:
            named = dict(zip(self._names, [*cells, *[""] * len(self._names)], strict=False))
        safe, changed = neutralised({name: named[name] for name in self._kept(self._names)})
        reasons = " ".join(error.message for error in errors)
        self._write([*safe, str(errors[0].line), reasons, changed])

    def flush(self) -> None:
        """Make what was written readable by others who have the file open."""
        self._file.flush()

    @staticmethod
    def _kept(names: Sequence[str]) -> list[str]:
        """Leave out what an earlier rejects file had put there, and all unnamed columns but one."""
        return [name for name in dict.fromkeys(names) if name not in (LINE, REASONS, NEUTRALISED)]

    def _write(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        # Up to Python 3.12 the writer leaves a CR bare that is not part of its line end: nobody can read it.
        bare = any("\r" in cell for cell in cells)
        writer = csv.writer(line, lineterminator="\n", quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL)
        writer.writerow(cells)
        # What was not UTF-8 has no character; the reason says so.
        self._file.write(line.getvalue().encode("utf-8", errors="replace"))
