"""What waits in temporary files while a transaction runs: rows, and the parts of records."""

import io
import tempfile
import zlib
from typing import BinaryIO, cast

import pytest

from catalog_service.ingest.checked_file import Chunk
from catalog_service.ingest.limits import KIB
from catalog_service.ingest.parts import PART_BYTES, PartFile, compressed, keep_parts, stored_parts, undo_line
from catalog_service.ingest.spool import ChunkFile
from tests.unit.ingest.uploading import in_memory_engine


def test_chunks_come_back_as_they_were_as_often_as_asked() -> None:
    chunks = [Chunk(b"a\tb\nc\n", 2), Chunk(b"d\n", 1), Chunk(bytes(range(256)) * 300, 7)]
    with tempfile.TemporaryFile() as file:
        spooled = ChunkFile(cast("BinaryIO", file))
        assert (list(spooled.chunks()), spooled.rows) == ([], 0)
        for chunk in chunks:
            spooled.add(chunk)
        assert spooled.rows == 10
        next(spooled.chunks())
        assert [list(spooled.chunks()), list(spooled.chunks())] == [chunks, chunks]


@pytest.mark.parametrize("size", [1, 100, PART_BYTES, 2 * PART_BYTES])
def test_parts_hold_whole_lines_of_a_bounded_length(size: int) -> None:
    lines = [b"%d" % number + b"x" * size for number in range(2_000_000 // size % 20_000 + 2)]
    file = PartFile(io.BytesIO())
    for line in lines:
        file.add([line])
    parts = [zlib.decompress(part) for part in file.parts()]
    assert b"".join(parts) == b"\n".join(lines) + b"\n"
    assert all(part.endswith(b"\n") and len(part) < PART_BYTES + len(lines[-1]) + KIB for part in parts)


def test_no_lines_are_no_parts() -> None:
    file = PartFile(io.BytesIO())
    file.add([])
    assert list(file.parts()) == []
    assert list(compressed(io.BytesIO(), io.BytesIO())) == []


def test_texts_become_parts_one_behind_the_other_from_their_beginnings() -> None:
    first, second = io.BytesIO(b"x" * (PART_BYTES + 1)), io.BytesIO(b"second")
    first.read()
    for _ in range(2):
        parts = [zlib.decompress(part) for part in compressed(first, second)]
        assert parts == [b"x" * PART_BYTES, b"x", b"second"]


def test_parts_of_a_try_that_was_given_up_are_replaced_and_others_are_kept() -> None:
    engine = in_memory_engine()
    with engine.begin() as connection:
        keep_parts(connection, 1, "undo", map(zlib.compress, (b"a", b"b", b"c")))
        keep_parts(connection, 1, "rejects", [zlib.compress(b"r")])
        keep_parts(connection, 2, "undo", [zlib.compress(b"other")])
        keep_parts(connection, 1, "undo", map(zlib.compress, (b"d", b"e")))
        kept = [list(stored_parts(connection, *key)) for key in ((1, "undo"), (1, "rejects"), (2, "undo"))]
        assert kept == [[b"d", b"e"], [b"r"], [b"other"]]
        assert list(stored_parts(connection, 3, "undo")) == []
    engine.dispose()


def test_an_undo_line_tells_what_was_made_from_what_was_changed() -> None:
    assert undo_line(b"id", b"7") == b"id\t7"
    assert undo_line(b"id", b"7", b"3\tn\tc\t1") == b"id\t7\t3\tn\tc\t1"
