"""Rows that wait in a temporary file until the database can take them."""

from collections.abc import Iterator
from typing import BinaryIO

from catalog_service.ingest.checked_file import Chunk


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
