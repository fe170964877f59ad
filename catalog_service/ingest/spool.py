"""Temporary files, and rows that wait in one until the database can take them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.failures import spool_errors


def temporary_file(spool_dir: Path) -> BinaryIO:
    """Open a file that is gone when it is closed. Raises SpoolUnavailable."""
    with spool_errors():
        return cast("BinaryIO", tempfile.TemporaryFile(dir=spool_dir))


class ChunkFile:
    """Takes chunks and gives them back."""

    def __init__(self, file: BinaryIO) -> None:
        """Use an empty temporary file."""
        self._file = file
        self._sizes: list[tuple[int, int]] = []
        self.rows = 0

    def add(self, chunk: Chunk) -> None:
        """Take a chunk."""
        self._file.write(chunk.data)
        self._sizes.append((len(chunk.data), chunk.rows))
        self.rows += chunk.rows

    def chunks(self) -> Iterator[Chunk]:
        """Give all chunks from the first on."""
        self._file.seek(0)
        for size, rows in self._sizes:
            yield Chunk(self._file.read(size), rows)
