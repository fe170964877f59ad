"""The rejected rows of a file, as a CSV to repair and send again."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from catalog_service.formulas import NEUTRALISED, harmless, neutralised
from catalog_service.ingest.report import Cells, RowError

LINE = "line"
REASONS = "reasons"
_EXPLANATIONS = (LINE, REASONS, NEUTRALISED)
"""What is put behind the file's own columns; what an earlier rejects file had put there is left out."""


class RejectsFile:
    """Writes rejected rows with their original cells, where they stood, and why they were rejected."""

    def __init__(self, file: BinaryIO, names: Sequence[str] = ()) -> None:
        """Write to a temporary file; `names` are the columns, if `begin` was done in another part."""
        self._file = file
        self._names = names

    def begin(self, names: Sequence[str]) -> None:
        """Take the file's own header; the columns that explain are put behind its."""
        self._names = names
        # One column for all that have the same name, as those without one.
        kept = [name for name in dict.fromkeys(names) if name not in _EXPLANATIONS]
        self._write([*map(harmless, kept), *_EXPLANATIONS])

    def add(self, cells: Cells, errors: Sequence[RowError]) -> None:
        """Take a rejected row. Cells beyond the header's are lost, missing ones are blank."""
        # For a header with very many columns, most of this is done in C.
        named = dict.fromkeys(self._names, "")
        if isinstance(cells, Mapping):
            named |= {name: cell for name, cell in cells.items() if name in named}
        else:
            named |= zip(self._names, cells, strict=False)
        for explanation in _EXPLANATIONS:
            named.pop(explanation, None)
        safe, changed = neutralised(named)
        reasons = " ".join(error.message for error in errors)
        self._write([*safe, str(errors[0].line), reasons, changed])

    def flush(self) -> None:
        """Make what was written readable by others who have the file open."""
        self._file.flush()

    def _write(self, cells: Sequence[str]) -> None:
        line = io.StringIO()
        # Up to Python 3.12 the writer leaves a CR bare that is not part of its line end: nobody can read it.
        bare = "\r" in "".join(cells)
        writer = csv.writer(line, lineterminator="\n", quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL)
        writer.writerow(cells)
        # What was not UTF-8 has no character; the reason says so.
        self._file.write(line.getvalue().encode("utf-8", errors="replace"))
